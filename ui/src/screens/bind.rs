//! Tying a code to a subject: from the code ("whose label is this?") and from the subject ("scan its new label").

use crate::app::{App, app};
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::icon::Icon;
use crate::components::scanner::{Scanner, inert};
use crate::components::shell::Shell;
use crate::position;
use crate::route::{Route, replace};
use crate::screens::search::SearchList;
use domain::api;
use domain::api::SubjectRow;
use domain::ids::RecordId;
use domain::problem::Code;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A tie that somebody wants to make.
#[derive(Clone, PartialEq)]
struct Wish {
    subject: RecordId,
    heading: String,
    code: String,
}

/// Makes the tie; a code that is taken raises `taken`, anything else is said.
fn bind(app: App, wish: Wish, although_taken: bool, taken: RwSignal<bool>, failed: impl Fn() + 'static) {
    let request = api::BindCode {
        subject: wish.subject,
        text: wish.code,
        although_taken,
        place: position::stamped(app),
    };
    spawn_local(async move {
        match ask(request).await {
            Ok(saved) => {
                app.saved(saved.counts);
                app.say(app.t().bound);
                replace(&Route::Card(wish.subject));
            }
            Err(problem) if problem.code == Code::CodeTaken => {
                taken.try_set(true);
            }
            Err(problem) => {
                app.say_problem(&problem);
                failed();
            }
        }
    });
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
    let wish = RwSignal::new(None::<Wish>);
    let asking = RwSignal::new(false);
    let taken = RwSignal::new(false);
    let shown = inert(&code);
    let choose = move |row: SubjectRow| {
        wish.set(Some(Wish { subject: row.id, heading: row.heading, code: code.clone() }));
        asking.set(true);
    };
    let confirm = move |although_taken: bool| {
        asking.set(false);
        taken.set(false);
        if let Some(wish) = wish.get_untracked() {
            bind(app, wish, although_taken, taken, || {});
        }
    };
    view! {
        <Shell title=t.bind_label>
            <p class="lead">{t.bind_lead}</p>
            <p class="inert code">{shown.clone()}</p>
            <SearchList text=text programme=programme chosen=Callback::new(choose)/>
            <Dialog open=asking title=t.bind_sure>
                <p class="large-text">{move || wish.get().map(|wish| wish.heading)}</p>
                <p class="inert code">{shown.clone()}</p>
                <Button label=t.bind_yes weight=Weight::Main drawing=Icon::Label press=move || confirm(false)/>
                <Button label=t.cancel weight=Weight::Quiet press=move || asking.set(false)/>
            </Dialog>
            <Taken open=taken yes=Callback::new(move |()| confirm(true)) no=Callback::new(|()| {})/>
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
    let taken = RwSignal::new(false);
    let last = RwSignal::new(String::new());
    let wish = move |code: String| Wish { subject: id, heading: String::new(), code };
    view! {
        <Shell title=t.bind_label>
            <p class="lead">{t.bind_scan_lead}</p>
            <Scanner
                label=t.type_code
                paused=paused
                found=Callback::new(move |text: String| {
                    last.set(text.clone());
                    bind(app, wish(text), false, taken, move || { paused.try_set(false); });
                })
            />
            <Taken
                open=taken
                yes=Callback::new(move |()| {
                    taken.set(false);
                    bind(app, wish(last.get_untracked()), true, taken, move || { paused.try_set(false); });
                })
                no=Callback::new(move |()| paused.set(false))
            />
        </Shell>
    }
}

/// The code hangs somewhere else already: a person says whether it is right here, and the office sees a question.
#[component]
fn Taken(open: RwSignal<bool>, yes: Callback<()>, no: Callback<()>) -> impl IntoView {
    let app = app();
    let t = app.t();
    view! {
        <Dialog open=open title=t.code_taken>
            <p>{app.explain(&Code::CodeTaken.into())}</p>
            <Button
                label=t.cancel
                weight=Weight::Main
                press=move || {
                    open.set(false);
                    no.run(());
                }
            />
            <Button label=t.bind_although press=move || yes.run(())/>
        </Dialog>
    }
}
