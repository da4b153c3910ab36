//! Filling a form: the engine of crate `forms` runs here, in the page, so that every answer is checked at once.
//!
//! [`session`] holds the record being filled and keeps its draft; [`question`] draws one question; the files of
//! `widgets` draw the answers of one kind each; [`sheets`] says what one screen shows. This file moves between screens
//! and saves.

mod begun;
mod finish;
mod focus;
pub mod labels;
mod occasion;
mod overview;
mod question;
mod session;
mod sheets;
mod trial;
mod widgets;
mod world;

use crate::app::{App, app};
use crate::backend::ask;
use crate::browser::today_iso;
use crate::components::bars;
use crate::components::button::{Button, Weight};
use crate::components::field::Line;
use crate::components::icon::{Icon, icon};
use crate::components::markdown::marked;
use crate::components::notice;
use crate::components::shell::Shell;
use crate::components::visit::form_title;
use crate::position;
use crate::route::{self, FormRoute, Route, go};
use crate::strings::fill;
use domain::api;
use domain::problem::{Code, Problem};
use leptos::prelude::*;
use leptos::task::spawn_local;
pub use occasion::{Desk, Occasion};
use question::question_view;
pub use session::Session;

/// The screen of a form.
#[component]
pub fn Form(
    /// Which form, of which programme, about whom.
    at: FormRoute,
) -> impl IntoView {
    let app = app();
    position::stamp_if_missing(app, at.subject);
    let opened = RwSignal::new_local(None::<Result<Session, Problem>>);
    let title = form_title(app, &at.programme, &at.form);
    let owner = Owner::current();
    let wanted = at.clone();
    spawn_local(async move {
        let request = api::OpenForm {
            programme: wanted.programme.clone(),
            form: wanted.form.clone(),
            subject: wanted.subject,
            corrects: wanted.corrects,
            code: if wanted.subject.is_none() { wanted.code.clone() } else { String::new() },
            today: today_iso(),
        };
        let answer = ask(request).await;
        // The person went back meanwhile: nobody would end what begins here.
        if opened.is_disposed() {
            return;
        }
        let open = move |form: api::OpenedForm| Session::open(app, wanted, &form, Occasion::Visit);
        // The session's signals belong to this screen, and end with it.
        opened.try_set(owner.map(|owner| owner.with(|| answer.and_then(open))));
    });
    let about = Signal::derive(move || {
        opened.with(|opened| match opened {
            Some(Ok(session)) => session.heading(),
            _ => String::new(),
        })
    });
    let subject = at.subject;
    // One question at a time, the way back leads to the question before, and from a page of a correction to all of them; a
    // draft is kept of whatever is left.
    let back = move |()| {
        let corrected = opened.with_untracked(|opened| match opened {
            Some(Ok(session)) => Some(*session).filter(|s| untrack(|| s.has_overview())),
            _ => None,
        });
        if let Some(session) = corrected.filter(|session| !session.overview.get_untracked()) {
            return to_overview(session);
        }
        let page = opened.with_untracked(|opened| match opened {
            Some(Ok(session)) if session.one_by_one && corrected.is_none() => {
                Some(*session).filter(|s| s.page.get_untracked() > 0)
            }
            _ => None,
        });
        match page {
            Some(session) => backward(session),
            None => route::back(),
        }
    };
    view! {
        <Shell title=title about=about bare=true back=Callback::new(back)>
            {move || match opened.get() {
                None => view! { <p class="waiting" role="status">{app.t().loading}</p> }.into_any(),
                Some(Ok(session)) => view! { <Filling session=session at=at.clone()/> }.into_any(),
                Some(Err(problem)) => {
                    view! {
                        {notice::problem(app, &problem)}
                        {subject
                            .map(|id| {
                                view! {
                                    <Button
                                        label=app.t().back_to_card
                                        press=move || route::replace(&Route::Card(id))
                                    />
                                }
                            })}
                    }
                        .into_any()
                }
            }}
        </Shell>
    }
}

/// Goes to the screen before.
fn backward(session: Session) {
    session.turn_to(session.page.get_untracked().saturating_sub(1));
    to_top(session);
}

/// Goes to the next screen, unless something on this one stands in the way.
fn forward(session: Session) {
    session.when_known(move || {
        if session.page_is_fine() {
            session.turn_to(session.page.get_untracked() + 1);
            to_top(session);
        } else {
            session.focus_first_wrong();
        }
    });
}

/// Shows all pages of a correction, whatever stands on the one that is left: saving looks at them all.
fn to_overview(session: Session) {
    session.overview.set(true);
    if !session.is_trial() {
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }
    focus::focus_soon("#form-overview");
}

fn to_top(session: Session) {
    if !session.is_trial() {
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }
    session.focus_page();
}

/// The screens of an opened form.
#[component]
pub fn Filling(
    /// The form being filled.
    session: Session,
    /// Which one it is.
    at: FormRoute,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    let page = session.page;
    // Where a draft was taken up, its first screen says so.
    let began_at = page.get_untracked();
    let count = move || session.sheets.with(Vec::len).max(1);
    let last = Memo::new(move |_| page.get() + 1 >= count());
    let paths = Memo::new(move |_| {
        session.items.with(|items| {
            items.iter().map(|item| (item.path.clone(), item.kind, item.readonly)).collect::<Vec<_>>()
        })
    });
    let head = session.head;
    let programme = at.programme.clone();
    let colour = app.programme(&programme).map(|programme| programme.colour.clone()).unwrap_or_default();
    let zone = session.zone;
    // Another zone is an answer, too; the first one is put there by the form.
    Effect::new(move |before: Option<String>| {
        let now = zone.get();
        if before.is_some_and(|before| !before.is_empty() && before != now) {
            session.note_change();
        }
        now
    });
    let makes_subject = at.subject.is_none() && !session.is_trial();
    let code = crate::components::scanner::inert(&at.code);
    let correcting = at.corrects.is_some();
    // Its bar says whom it is about.
    let is_visit = matches!(session.occasion, Occasion::Visit);
    let finish = finish::Finish::new(session, at.clone());
    let listed = Memo::new(move |_| session.has_overview());
    let over = Memo::new(move |_| listed.get() && session.overview.get());
    // Where the form is saved: at its end, and of a correction where all of it is seen.
    let ends = Memo::new(move |_| if listed.get() { over.get() } else { last.get() });
    let go_on = move || {
        if ends.get_untracked() {
            finish.ask_to_save(app);
        } else if listed.get_untracked() {
            session.when_known(move || {
                if session.page_is_fine() {
                    to_overview(session);
                } else {
                    session.focus_first_wrong();
                }
            });
        } else {
            forward(session);
        }
    };
    let open = Callback::new(move |page: usize| {
        session.overview.set(false);
        session.turn_to(page);
        to_top(session);
    });
    focus::provide_go_on(Callback::new(move |()| go_on()));
    if over.get_untracked() {
        focus::focus_soon("#form-overview");
    } else if !session.is_trial() {
        session.focus_page();
    }
    view! {
        <div class="form" class:one-by-one=session.one_by_one class:seen-whole=move || over.get() style=("--accent", colour)>
            {(!is_visit).then(|| view! { <p class="form-about">{session.heading()}</p> })}
            {before(app, session, &at)}
            {correcting.then(|| view! { <p class="form-correcting">{icon(Icon::Edit)}{t.correcting_lead}</p> })}
            {move || {
                (session.resumed.get_value() && page.get() == began_at)
                    .then(|| view! { <p class="form-resumed" role="status">{icon(Icon::Check)}{t.draft_taken_up}</p> })
            }}
            {(!code.is_empty()).then(|| view! { <p class="inert code">{code}</p> })}
            {move || over.get().then(|| view! { <overview::Overview session=session open=open/> })}
            {move || {
                (count() > 1)
                    .then(|| {
                        let words = if session.one_by_one { t.question_of } else { t.page_of };
                        view! {
                            <div class="form-progress">
                                <progress
                                    max=count().to_string()
                                    value=(page.get() + 1).to_string()
                                    aria-label=t.form_progress
                                ></progress>
                                <span>{fill(words, &[&(page.get() + 1).to_string(), &count().to_string()])}</span>
                            </div>
                        }
                    })
            }}
            <h2 id="form-page" tabindex="-1" class:empty=move || head.with(|head| head.title.is_empty())>
                {move || marked(&head.with(|head| head.title.clone()))}
            </h2>
            {move || {
                let hint = head.with(|head| head.hint.clone());
                (!hint.is_empty()).then(|| view! { <div class="hint">{marked(&hint)}</div> })
            }}
            {move || session.cut.get().then(|| view! { <p class="odd" role="status">{icon(Icon::Warning)}{t.registry_cut}</p> })}
            <div class="questions">
                <For
                    each=move || paths.get()
                    key=|key| key.clone()
                    children=move |(path, kind, _)| question_view(app, session, path, kind)
                />
            </div>
            {move || {
                (makes_subject && last.get())
                    .then(|| {
                        view! { <crate::screens::new_subject::ZoneChoice programme=programme.clone() zone=zone/> }
                    })
            }}
            {move || {
                (correcting && ends.get())
                    .then(|| {
                        let wrong = Signal::derive(move || finish.reason_wrong());
                        view! {
                            <div
                                class="question-box correction-reason"
                                class:wrong=move || wrong.with(Option::is_some)
                            >
                                <Line label=t.correcting_reason needed=true value=finish.reason wrong=wrong/>
                            </div>
                        }
                    })
            }}
            {could_not(app, session, &at)}
            <div class="actions">
                {move || {
                    session
                        .is_held_up()
                        .then(|| {
                            view! { <p class="wrong" role="alert">{app.explain(&Code::FormIncomplete.into())}</p> }
                        })
                }}
                {move || {
                    (page.get() > 0 && !listed.get())
                        .then(|| {
                            view! {
                                <Button label=t.previous drawing=Icon::Back press=move || backward(session)/>
                            }
                        })
                }}
                {move || {
                    if ends.get() {
                        view! {
                            <Button
                                label=t.save
                                weight=Weight::Main
                                drawing=Icon::Check
                                disabled=finish.saving
                                press=go_on
                            />
                        }
                            .into_any()
                    } else if listed.get() {
                        view! { <Button label=t.overview_back weight=Weight::Main drawing=Icon::Check press=go_on/> }
                            .into_any()
                    } else {
                        view! { <Button label=t.next weight=Weight::Main drawing=Icon::Next press=go_on/> }
                            .into_any()
                    }
                }}
            </div>
            <finish::Doubts finish=finish/>
            <trial::Tried finish=finish/>
        </div>
    }
}

/// What the last visits counted, as a picture on the first page: a number is typed beside those before it.
fn before(app: App, session: Session, at: &FormRoute) -> impl IntoView + use<> {
    let counted = app
        .programme(&at.programme)
        .filter(|programme| programme.round.as_ref().is_some_and(|round| round.form == at.form));
    let picture = counted.zip(at.subject).filter(|_| !session.is_trial()).map(|(programme, subject)| {
        let card = crate::app::load(app, move || api::Card { subject, today: today_iso() });
        move || {
            let first = session.page.get() == 0;
            card.with(|card| match card {
                crate::app::Loaded::Ready(card) if first => {
                    bars::of_visits(app, Some(&*programme), &card.visits).map(IntoAny::into_any)
                }
                _ => None,
            })
        }
    });
    view! { {picture} }
}

/// The way out for a locked gate, on the first page where it is found out.
fn could_not(app: App, session: Session, at: &FormRoute) -> impl IntoView + use<> {
    let t = app.t();
    let at = at.clone();
    move || {
        let outcomes = app.programme(&at.programme).is_some_and(|programme| !programme.outcomes.is_empty());
        // At a desk nobody stood in front of a gate.
        let is_visit = matches!(session.occasion, Occasion::Visit);
        let open = session.page.get() == 0 && is_visit && at.corrects.is_none();
        (open && outcomes && at.subject.is_some()).then(|| {
            let to = at.clone();
            view! {
                <Button
                    label=t.could_not
                    weight=Weight::Quiet
                    drawing=Icon::Blocked
                    press=move || go(&Route::Outcome(to.clone()))
                />
            }
        })
    }
}
