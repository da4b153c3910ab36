//! What all screens share: the language, the device's state, the programmes, and the frame around every screen.

use crate::backend::{self, Event, Progress, ask};
use crate::browser;
use crate::components::lost::Lost;
use crate::components::toast::Toasts;
use crate::position::Stamp;
use crate::route::{self, FormRoute, Route};
use crate::screens;
use crate::strings::{EN, Language, Strings, TH};
use crate::synchronise;
use domain::api::{Ask, Programmes, Status, StatusReply};
use domain::ids::RecordId;
use domain::problem::{Code, Problem};
use domain::programme::Programme;
use domain::schedule::Standing;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::sync::Arc;

/// A message that passes.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// Grows, so that the same text twice is two messages.
    pub number: u32,
    /// What it says.
    pub text: String,
    /// What kind of message it is.
    pub tone: Tone,
}

/// The kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A word about what was done.
    Done,
    /// Why something was not done, in words of a screen's own. It stays longer.
    Warning,
    /// A problem. It stays longer, too.
    Problem(Code),
}

/// What was saved last, for the screen after saving.
#[derive(Clone, Debug, PartialEq)]
pub struct JustSaved {
    /// Programme id.
    pub programme: String,
    /// The subject.
    pub subject: Option<RecordId>,
    /// Its heading.
    pub heading: String,
    /// What was saved, such as the form's title or the outcome.
    pub what: String,
    /// It was one of a round, so that the next one opens by itself.
    pub in_round: bool,
    /// The form that corrects it; nothing where it was no form.
    pub correction: Option<FormRoute>,
}

/// What the person looked at in the round, kept for the way back.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RoundView {
    /// Programme id.
    pub programme: String,
    /// One zone, or all.
    pub zone: Option<String>,
    /// Which ones; empty for all.
    pub standing: Vec<Standing>,
    /// Only those tried in vain, with this outcome; empty for any.
    pub failed: Option<String>,
    /// How many rows were loaded.
    pub loaded: u32,
    /// The row whose card was opened: the list comes back to it.
    pub opened: Option<RecordId>,
}

/// Shared state. A handle: copying it copies nothing.
#[derive(Clone, Copy)]
pub struct App {
    /// The screen.
    pub route: RwSignal<Route>,
    /// The language.
    pub language: RwSignal<Language>,
    /// Large type.
    pub large: RwSignal<bool>,
    /// A form shows one question at a time.
    pub one_by_one: RwSignal<bool>,
    /// The device's state, once known.
    pub status: RwSignal<Option<StatusReply>>,
    /// The programmes on this device.
    pub programmes: RwSignal<Vec<Arc<Programme>>>,
    /// They were asked for once: an empty list means that there are none.
    pub programmes_known: RwSignal<bool>,
    /// Grows whenever records changed.
    pub changed: RwSignal<u32>,
    /// Something long that goes on.
    pub progress: RwSignal<Option<Progress>>,
    /// The first shelves arrive: enrolment is not over before they are here.
    pub arriving: RwSignal<bool>,
    /// A sync goes on.
    pub syncing: RwSignal<bool>,
    /// Why the last sync failed.
    pub sync_problem: RwSignal<Option<Problem>>,
    /// The message shown.
    pub toast: RwSignal<Option<Toast>>,
    /// How many messages were shown.
    said: StoredValue<u32>,
    /// The store cannot be used.
    pub unusable: RwSignal<Option<Problem>>,
    /// The place of this visit.
    pub stamp: RwSignal<Stamp>,
    /// The card was opened from the round.
    pub in_round: RwSignal<bool>,
    /// What was looked at in the round.
    pub round: RwSignal<RoundView>,
    /// What was saved last.
    pub just_saved: RwSignal<Option<JustSaved>>,
    /// What was typed into the search.
    pub search: RwSignal<String>,
    /// A newer version of the app waits.
    pub update_ready: RwSignal<bool>,
}

impl App {
    fn new() -> App {
        let language = match browser::setting("language").as_deref() {
            Some("en") => Language::English,
            _ => Language::Thai,
        };
        App {
            route: RwSignal::new(route::current()),
            language: RwSignal::new(language),
            large: RwSignal::new(browser::setting("large").as_deref() == Some("yes")),
            one_by_one: RwSignal::new(browser::setting("one-by-one").as_deref() == Some("yes")),
            status: RwSignal::new(None),
            programmes: RwSignal::new(Vec::new()),
            programmes_known: RwSignal::new(false),
            changed: RwSignal::new(0),
            progress: RwSignal::new(None),
            arriving: RwSignal::new(false),
            syncing: RwSignal::new(false),
            sync_problem: RwSignal::new(None),
            toast: RwSignal::new(None),
            said: StoredValue::new(0),
            unusable: RwSignal::new(None),
            stamp: RwSignal::new(Stamp::default()),
            in_round: RwSignal::new(false),
            round: RwSignal::new(RoundView::default()),
            just_saved: RwSignal::new(None),
            search: RwSignal::new(String::new()),
            update_ready: RwSignal::new(false),
        }
    }

    /// The strings of the language. A change of language draws every screen anew, so nobody needs to watch it.
    pub fn t(self) -> &'static Strings {
        match self.language.get_untracked() {
            Language::Thai => &TH,
            Language::English => &EN,
        }
    }

    /// The language now.
    pub fn lang(self) -> Language {
        self.language.get_untracked()
    }

    /// Shows a message for a while.
    pub fn say(self, text: impl Into<String>) {
        self.show(text.into(), Tone::Done);
    }

    /// Says in words of a screen's own why something was not done.
    pub fn warn(self, text: impl Into<String>) {
        self.show(text.into(), Tone::Warning);
    }

    /// Shows what a problem means and what to do next.
    pub fn say_problem(self, problem: &Problem) {
        self.show(self.explain(problem), Tone::Problem(problem.code));
    }

    /// A problem's sentence in the language.
    pub fn explain(self, problem: &Problem) -> String {
        crate::strings::problem(problem, self.lang())
    }

    fn show(self, text: String, tone: Tone) {
        let number = self.said.get_value() + 1;
        self.said.set_value(number);
        self.toast.set(Some(Toast { number, text, tone }));
    }

    /// An exchange with the office went well: that there was no way to it is over, wherever it was said.
    pub fn got_through(self) {
        self.sync_problem.set(None);
        self.hush(|tone| matches!(tone, Tone::Problem(Code::Offline | Code::NotOurServer)));
    }

    /// Takes away the message about a problem that is over, or that belonged to a screen which was left. A word about what was
    /// done goes by itself: it is often said on the way to the next screen.
    fn hush(self, over: impl FnOnce(Tone) -> bool) {
        let shown = self.toast.with_untracked(|toast| toast.as_ref().map(|toast| toast.tone));
        if shown.is_some_and(over) {
            self.toast.set(None);
        }
    }

    /// A programme of this device, by id. Watches the list.
    pub fn programme(self, id: &str) -> Option<Arc<Programme>> {
        self.programmes.with(|all| all.iter().find(|programme| programme.id == id).cloned())
    }

    /// Asks for the device's state anew.
    pub fn refresh_status(self) {
        spawn_local(async move {
            match ask(Status {}).await {
                Ok(status) => self.status.set(Some(status)),
                Err(problem) => self.unusable_or_say(problem),
            }
        });
    }

    /// Without its state known once, no screen means anything.
    fn unusable_or_say(self, problem: Problem) {
        if self.status.with_untracked(Option::is_none) {
            self.unusable.set(Some(problem));
        } else {
            self.say_problem(&problem);
        }
    }

    fn refresh_programmes(self) {
        spawn_local(async move {
            if let Ok(programmes) = ask(Programmes {}).await {
                let programmes: Vec<Arc<Programme>> = programmes.into_iter().map(Arc::new).collect();
                let same = self.programmes.with_untracked(|held| {
                    held.len() == programmes.len()
                        && held.iter().zip(&programmes).all(|(a, b)| a.id == b.id && a.version == b.version)
                });
                if !same {
                    self.programmes.set(programmes);
                }
            }
            if !self.programmes_known.get_untracked() {
                self.programmes_known.set(true);
            }
        });
    }

    /// After something was saved: the numbers and the lists. The door sends it by itself.
    pub fn saved(self, counts: domain::api::Counts) {
        self.status.update(|status| {
            if let Some(status) = status {
                status.counts = counts;
            }
        });
        self.changed.update(|n| *n += 1);
    }

    fn hear(self, event: Event) {
        match event {
            Event::Changed => self.changed.update(|n| *n += 1),
            Event::Progress(progress) => self.progress.set(Some(progress)),
            Event::Status(status) => {
                // The door got through by itself: what kept the last attempt from it is over.
                if self.status.with_untracked(|held| held.as_ref().and_then(|held| held.last_sync_ms))
                    < status.last_sync_ms
                {
                    self.got_through();
                }
                self.status.set(Some(status));
            }
            Event::Unusable(problem) => self.unusable.set(Some(problem)),
        }
    }
}

/// The shared state, inside a view.
pub fn app() -> App {
    expect_context::<App>()
}

/// Something asked of the store, as a screen holds it.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded<T> {
    /// The answer is not here yet.
    Waiting,
    /// The answer.
    Ready(T),
    /// Why there is none.
    Failed(Problem),
}

/// Asks for something, and again whenever records change or what `make` watches does. The old answer stays until
/// the new one is here, so that a list does not blink; and an answer that says the same draws nothing anew.
pub fn load<A>(app: App, make: impl Fn() -> A + 'static) -> RwSignal<Loaded<A::Reply>>
where
    A: Ask + Clone + PartialEq + Send + Sync + 'static,
    A::Reply: PartialEq + Send + Sync + 'static,
{
    let state = RwSignal::new(Loaded::<A::Reply>::Waiting);
    let asked = StoredValue::new(0u32);
    // What the answer that is held was an answer to.
    let answered = StoredValue::new(None::<A>);
    Effect::new(move |_| {
        app.changed.track();
        let question = make();
        let mine = asked.with_value(|n| n + 1);
        asked.set_value(mine);
        spawn_local(async move {
            let answer = ask(question.clone()).await;
            // Something else was asked meanwhile, with another filter perhaps: a slow answer never stands under that.
            if asked.try_get_value() != Some(mine) {
                return;
            }
            let is_same = answered.try_with_value(|held| held.as_ref() == Some(&question)).unwrap_or(false);
            if answer.is_ok() {
                answered.try_set_value(Some(question));
            }
            state.try_maybe_update(|held| {
                let Some(new) = after(held, is_same, answer) else { return (false, ()) };
                let differs = *held != new;
                *held = new;
                (differs, ())
            });
        });
    });
    state
}

/// What a screen holds once a question was answered, `None` if that stays as it is: `is_same` says that it is held as the
/// answer to this very question. An answer from before is better than a sentence about why there is no newer one; but not
/// under another question, and not where the problem is the newer answer, such as a bill that is no more.
fn after<T>(held: &Loaded<T>, is_same: bool, answer: Result<T, Problem>) -> Option<Loaded<T>> {
    match (answer, held) {
        (Ok(reply), _) => Some(Loaded::Ready(reply)),
        (Err(problem), Loaded::Ready(_)) if is_same && is_silence(problem.code) => None,
        (Err(problem), _) => Some(Loaded::Failed(problem)),
    }
}

/// Problems of the way to the store, or of the store itself, that say nothing of what was asked for. Where somebody has to
/// sign in, that stands above the page, and what is below it waits.
fn is_silence(code: Code) -> bool {
    use Code::{DiskFull, Internal, LoginNeeded, NotOurServer, Offline, StoreLocked};
    matches!(code, Offline | NotOurServer | DiskFull | StoreLocked | Internal | LoginNeeded)
}

/// Draws what was loaded; a problem is its sentence.
pub fn drawn<T, V>(
    app: App,
    state: RwSignal<Loaded<T>>,
    draw: impl Fn(&T) -> V + Send + 'static,
) -> impl IntoView
where
    T: Send + Sync + 'static,
    V: IntoView + 'static,
{
    move || state.with(|state| drawn_now(app, state, |found| draw(found).into_any()))
}

/// Like [`drawn`], but only the first answer: what somebody types over it is her word, and what a sync brings meanwhile must not
/// take it away.
pub fn drawn_once<T, V>(
    app: App,
    state: RwSignal<Loaded<T>>,
    draw: impl Fn(&T) -> V + Send + 'static,
) -> impl IntoView
where
    T: Send + Sync + 'static,
    V: IntoView + 'static,
{
    let come = Memo::new(move |before: Option<&Loaded<()>>| {
        state.with(|state| match state {
            // Also when there is none any more: what was typed can still be read, and saving it says why it cannot be.
            _ if matches!(before, Some(Loaded::Ready(()))) => Loaded::Ready(()),
            Loaded::Waiting => Loaded::Waiting,
            Loaded::Ready(_) => Loaded::Ready(()),
            Loaded::Failed(problem) => Loaded::Failed(problem.clone()),
        })
    });
    move || {
        come.with(|come| {
            drawn_now(app, come, |()| {
                state.with_untracked(|state| drawn_now(app, state, |found| draw(found).into_any()))
            })
        })
    }
}

fn drawn_now<T>(app: App, state: &Loaded<T>, draw: impl FnOnce(&T) -> AnyView) -> AnyView {
    match state {
        Loaded::Waiting => view! { <p class="waiting" role="status">{app.t().loading}</p> }.into_any(),
        Loaded::Failed(problem) => crate::components::notice::problem(app, problem).into_any(),
        Loaded::Ready(found) => draw(found),
    }
}

/// The whole page.
#[component]
pub fn Root() -> impl IntoView {
    let app = App::new();
    provide_context(app);
    backend::open(move |event| app.hear(event));

    window_event_listener(ev::hashchange, move |_| {
        let next = route::current();
        if app.route.get_untracked() != next {
            app.route.set(next);
            app.hush(|tone| tone != Tone::Done);
        }
    });
    window_event_listener(ev::Custom::<web_sys::CustomEvent>::new("sanam:update-ready"), move |_| {
        app.update_ready.set(true);
    });
    if !backend::is_office() {
        Effect::new(move |_| {
            app.changed.track();
            app.refresh_status();
            app.refresh_programmes();
        });
        synchronise_once_enrolled(app);
    }

    Effect::new(move |_| {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("lang", app.language.get().code());
            let _ = root.class_list().toggle_with_force("large", app.large.get());
            let _ = root.class_list().toggle_with_force("one-by-one", app.one_by_one.get());
        }
    });

    view! {
        {(!backend::is_office()).then(|| view! { <Lost/> })}
        {move || {
            app.language.track();
            match app.unusable.get() {
                Some(problem) => screens::unusable::Unusable(screens::unusable::UnusableProps { problem }).into_any(),
                None if backend::is_office() => screens::office::Office().into_any(),
                None => screens::Screen().into_any(),
            }
        }}
        <Toasts/>
    }
}

/// Coming back to the screen syncs once the device is known to an office; before that nothing could be sent.
fn synchronise_once_enrolled(app: App) {
    let started = StoredValue::new(false);
    Effect::new(move |_| {
        let enrolled =
            app.status.with(|status| status.as_ref().is_some_and(|status| status.enrolled.is_some()));
        if enrolled && !started.get_value() {
            started.set_value(true);
            synchronise::start(app);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_stays_under_its_own_question_while_nobody_answers() {
        let failed = |code: Code| Some(Loaded::<u32>::Failed(code.into()));
        let held = Loaded::Ready(11);
        for silent in [Code::Offline, Code::NotOurServer, Code::DiskFull, Code::Internal, Code::LoginNeeded] {
            assert_eq!(after(&held, true, Err(silent.into())), None, "{silent:?}");
            assert_eq!(after(&held, false, Err(silent.into())), failed(silent), "October is not November");
            assert_eq!(after(&Loaded::Waiting, false, Err(silent.into())), failed(silent));
        }
        // A bill that was cancelled, a visit that waits: that is what there is to know now.
        for said in [Code::NoBill, Code::BillWaits, Code::NotFound, Code::Forbidden] {
            assert_eq!(after(&held, true, Err(said.into())), failed(said), "{said:?}");
        }
        assert_eq!(after(&held, false, Ok(10)), Some(Loaded::Ready(10)));
        assert_eq!(after(&Loaded::Failed(Code::Offline.into()), true, Ok(10)), Some(Loaded::Ready(10)));
    }
}
