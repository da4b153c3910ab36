//! Tying a code to a subject: from the code ("whose label is this?") and from the subject ("scan its new label").
//!
//! Three things are asked, and only when they arise: whether a code that none of our labels has was mistyped; whether
//! the code, which hangs somewhere else, is right here; and whether the subject's old label came off.

use crate::app::{App, app};
use crate::backend::ask;
use crate::browser::today_iso;
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::icon::Icon;
use crate::components::scanner::{Scanner, inert, readable};
use crate::components::shell::Shell;
use crate::position;
use crate::route::{Route, replace};
use crate::screens::search::SearchList;
use domain::api;
use domain::api::SubjectRow;
use domain::code::{self, Scanned};
use domain::ids::RecordId;
use domain::problem::Code;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A tie that somebody wants to make.
#[derive(Clone, PartialEq)]
struct Wish {
    subject: RecordId,
    code: String,
    although_taken: bool,
    /// It is a maker's number, although it looks like a code of ours with a slip in it.
    is_makers: bool,
    /// What becomes of the labels that hang there; `None` until it was asked.
    replaces: Option<Vec<String>>,
}

impl Wish {
    fn new(subject: RecordId, code: String) -> Wish {
        Wish { subject, code, although_taken: false, is_makers: false, replaces: None }
    }
}

/// A tie in the making: what is wished, and which question is open about it.
#[derive(Clone, Copy)]
struct Tie {
    app: App,
    wish: RwSignal<Option<Wish>>,
    taken: RwSignal<bool>,
    slip: RwSignal<bool>,
    /// The codes of ours that hang there already, while it is asked about them.
    old: RwSignal<Vec<String>>,
    asks_about_old: RwSignal<bool>,
    /// What to do when it did not come about.
    failed: Callback<()>,
}

impl Tie {
    fn new(app: App, failed: Callback<()>) -> Tie {
        Tie {
            app,
            wish: RwSignal::new(None),
            taken: RwSignal::new(false),
            slip: RwSignal::new(false),
            old: RwSignal::new(Vec::new()),
            asks_about_old: RwSignal::new(false),
            failed,
        }
    }

    /// Makes the tie, asking what has to be asked first.
    fn make(self, wish: Wish) {
        self.shut();
        self.wish.set(Some(wish.clone()));
        spawn_local(async move {
            if wish.replaces.is_none() && self.asked_about_old(&wish).await {
                return;
            }
            let replaces = wish.replaces.unwrap_or_default();
            let said = if replaces.is_empty() { self.app.t().bound } else { self.app.t().bound_replaced };
            let request = api::BindCode {
                subject: wish.subject,
                text: wish.code,
                although_taken: wish.although_taken,
                is_makers: wish.is_makers,
                replaces,
                place: position::stamped(self.app),
            };
            let answer = ask(request).await;
            if let Ok(saved) = &answer {
                self.app.saved(saved.counts);
                self.app.say(said);
            }
            // Whoever went back meanwhile is somewhere else, and stays there.
            if self.wish.is_disposed() {
                return;
            }
            match answer {
                Ok(_) => replace(&Route::Card(wish.subject)),
                Err(problem) if problem.code == Code::CodeTaken => {
                    self.taken.try_set(true);
                }
                Err(problem) if problem.code == Code::CodeMistyped => {
                    self.slip.try_set(true);
                }
                Err(problem) => {
                    self.app.say_problem(&problem);
                    self.failed.run(());
                }
            }
        });
    }

    /// Asks about labels of ours that hang there already, if a label of ours is to join them. A maker's serial and a
    /// label of ours belong side by side, so those are not asked about.
    async fn asked_about_old(self, wish: &Wish) -> bool {
        let ours = |text: &str| match code::read(text) {
            Ok(Scanned::Ours { code, .. }) => Some(code),
            _ => None,
        };
        let Some(new) = ours(&wish.code) else { return false };
        let card = api::Card { subject: wish.subject, today: today_iso() };
        let Ok(card) = ask(card).await else { return false };
        if card.codes.contains(&new) {
            return false;
        }
        let old: Vec<String> = card.codes.into_iter().filter(|code| ours(code).is_some()).collect();
        if old.is_empty() {
            return false;
        }
        self.old.try_set(old);
        self.asks_about_old.try_set(true);
        true
    }

    fn change(self, change: impl FnOnce(&mut Wish)) {
        if let Some(mut wish) = self.wish.get_untracked() {
            change(&mut wish);
            self.make(wish);
        }
    }

    fn shut(self) {
        self.taken.set(false);
        self.slip.set(false);
        self.asks_about_old.set(false);
    }

    fn give_up(self) {
        self.shut();
        self.failed.run(());
    }
}

/// Chooses the subject that a code is tied to.
#[component]
pub fn BindCodeToSubject(
    /// Programme id.
    programme: String,
    /// The code.
    code: String,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    let text = RwSignal::new(String::new());
    let chosen = RwSignal::new(None::<SubjectRow>);
    let asking = RwSignal::new(false);
    let tie = Tie::new(app, Callback::new(|()| {}));
    let shown = readable(&code);
    let choose = move |row: SubjectRow| {
        chosen.set(Some(row));
        asking.set(true);
    };
    let confirm = move || {
        asking.set(false);
        if let Some(row) = chosen.get_untracked() {
            // The scan screen has asked already whether it was mistyped.
            tie.make(Wish { is_makers: true, ..Wish::new(row.id, code.clone()) });
        }
    };
    view! {
        <Shell title=t.bind_label>
            <p class="lead">{t.bind_lead}</p>
            <p class="inert code">{shown.clone()}</p>
            <SearchList text=text programme=programme chosen=Callback::new(choose)/>
            <Dialog open=asking title=t.bind_sure>
                <p class="large-text">{move || chosen.get().map(|row| row.heading)}</p>
                <p>{move || chosen.get().map(|row| row.second_line)}</p>
                <p class="inert code">{shown.clone()}</p>
                <Button label=t.bind_yes weight=Weight::Main drawing=Icon::Label press=confirm.clone()/>
                <Button label=t.cancel weight=Weight::Quiet press=move || asking.set(false)/>
            </Dialog>
            <Asked tie=tie/>
        </Shell>
    }
}

/// Scans the code that is tied to a subject.
#[component]
pub fn BindSubjectToCode(
    /// The subject.
    id: RecordId,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    let paused = RwSignal::new(false);
    let again = move |()| {
        paused.try_set(false);
    };
    let tie = Tie::new(app, Callback::new(again));
    view! {
        <Shell title=t.bind_label>
            <p class="lead">{t.bind_scan_lead}</p>
            <Scanner
                label=t.type_code
                paused=paused
                found=Callback::new(move |text: String| tie.make(Wish::new(id, text)))
            />
            <Asked tie=tie/>
        </Shell>
    }
}

/// The questions that may arise: the code was mistyped; it hangs somewhere else already, and the office will be asked too;
/// or another label of ours hangs here. Whoever closes one without an answer has given up.
#[component]
fn Asked(tie: Tie) -> impl IntoView {
    let app = app();
    let t = app.t();
    let old = move || {
        tie.old.get().iter().map(|code| view! { <p class="inert code">{readable(code)}</p> }).collect_view()
    };
    let typed = move || tie.wish.get().map(|wish| inert(&wish.code));
    let dismissed = Callback::new(move |()| tie.give_up());
    view! {
        <Dialog open=tie.slip dismissed=dismissed title=t.bind_slip_title>
            <p class="inert code">{typed}</p>
            <p>{t.bind_slip_lead}</p>
            <Button label=t.type_again weight=Weight::Main press=move || tie.give_up()/>
            <Button label=t.bind_makers press=move || tie.change(|wish| wish.is_makers = true)/>
        </Dialog>
        <Dialog open=tie.taken dismissed=dismissed title=t.code_taken>
            <p>{app.explain(&Code::CodeTaken.into())}</p>
            <Button label=t.cancel weight=Weight::Main press=move || tie.give_up()/>
            <Button label=t.bind_although press=move || tie.change(|wish| wish.although_taken = true)/>
        </Dialog>
        <Dialog open=tie.asks_about_old dismissed=dismissed title=t.bind_old_title>
            <p>{t.bind_old_codes}</p>
            {old}
            <p class="large-text">{t.bind_old_lead}</p>
            <Button
                label=t.bind_replace
                weight=Weight::Main
                drawing=Icon::Label
                press=move || {
                    let old = tie.old.get_untracked();
                    tie.change(|wish| wish.replaces = Some(old));
                }
            />
            <Button
                label=t.bind_beside
                drawing=Icon::Plus
                press=move || tie.change(|wish| wish.replaces = Some(Vec::new()))
            />
            <Button label=t.cancel weight=Weight::Quiet press=move || tie.give_up()/>
        </Dialog>
    }
}
