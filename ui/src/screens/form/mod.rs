//! Filling a form: the engine of crate `forms` runs here, in the page, so that every answer is checked at once.
//!
//! [`session`] holds the record being filled and keeps its draft; [`question`] draws one question; the files of
//! `widgets` draw the answers of one kind each. This file moves between pages and saves.

mod finish;
pub mod labels;
mod question;
mod session;
mod widgets;
mod world;

use crate::app::{App, app};
use crate::backend::ask;
use crate::browser::today_iso;
use crate::components::button::{Button, Weight};
use crate::components::icon::Icon;
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
use question::question_view;
use session::Session;

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
            today: today_iso(),
        };
        let answer = ask(request).await;
        // The person went back meanwhile: nobody would end what begins here.
        if opened.is_disposed() {
            return;
        }
        // The session's signals belong to this screen, and end with it.
        let session =
            owner.map(|owner| owner.with(|| answer.and_then(|form| Session::open(app, wanted, &form))));
        opened.try_set(session);
    });
    let subject = at.subject;
    view! {
        <Shell title=title bare=true>
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

/// The pages of an opened form.
#[component]
fn Filling(session: Session, at: FormRoute) -> impl IntoView {
    let app = app();
    let t = app.t();
    let page = session.page;
    let count = move || session.pages.with(Vec::len).max(1);
    let last = Memo::new(move |_| page.get() + 1 >= count());
    let paths = Memo::new(move |_| {
        session.pages.with(|pages| {
            pages.get(page.get()).map_or(Vec::new(), |page| {
                page.items.iter().map(|item| (item.path.clone(), item.kind, item.readonly)).collect()
            })
        })
    });
    let heading = Memo::new(move |_| {
        session.pages.with(|pages| pages.get(page.get()).map_or(String::new(), |page| page.title.clone()))
    });
    let to_top = move || {
        window().scroll_to_with_x_and_y(0.0, 0.0);
        session.focus_page();
    };
    let forward = move || {
        if session.page_is_fine() {
            page.update(|page| *page += 1);
            to_top();
        } else {
            session.focus_first_wrong();
        }
    };
    let backward = move || {
        page.update(|page| *page = page.saturating_sub(1));
        to_top();
    };
    let programme = at.programme.clone();
    let colour = app.programme(&programme).map(|programme| programme.colour.clone()).unwrap_or_default();
    let zone = RwSignal::new(String::new());
    let makes_subject = at.subject.is_none();
    let code = crate::components::scanner::inert(&at.code);
    let finish = finish::Finish::new(session, at.clone(), zone);
    view! {
        <div class="form" style=("--accent", colour)>
            <p class="form-about">{session.heading()}</p>
            {(!code.is_empty()).then(|| view! { <p class="inert code">{code}</p> })}
            {move || {
                (count() > 1)
                    .then(|| {
                        view! {
                            <div class="form-progress">
                                <progress
                                    max=count().to_string()
                                    value=(page.get() + 1).to_string()
                                    aria-label=t.form_progress
                                ></progress>
                                <span>{fill(t.page_of, &[&(page.get() + 1).to_string(), &count().to_string()])}</span>
                            </div>
                        }
                    })
            }}
            <h2 id="form-page" tabindex="-1" class:empty=move || heading.with(String::is_empty)>
                {move || heading.get()}
            </h2>
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
            {could_not(app, &at, page)}
            <div class="actions">
                {move || {
                    session
                        .is_held_up()
                        .then(|| {
                            view! { <p class="wrong" role="alert">{app.explain(&Code::FormIncomplete.into())}</p> }
                        })
                }}
                {move || {
                    (page.get() > 0)
                        .then(|| {
                            view! {
                                <Button label=t.previous drawing=Icon::Back press=backward/>
                            }
                        })
                }}
                {move || {
                    if last.get() {
                        view! {
                            <Button
                                label=t.save
                                weight=Weight::Main
                                drawing=Icon::Check
                                disabled=finish.saving
                                press=move || finish.ask_to_save(app)
                            />
                        }
                            .into_any()
                    } else {
                        view! { <Button label=t.next weight=Weight::Main drawing=Icon::Next press=forward/> }
                            .into_any()
                    }
                }}
            </div>
            <finish::Doubts finish=finish/>
        </div>
    }
}

/// The way out for a locked gate, on the first page where it is found out.
fn could_not(app: App, at: &FormRoute, page: RwSignal<usize>) -> impl IntoView + use<> {
    let t = app.t();
    let at = at.clone();
    move || {
        let outcomes = app.programme(&at.programme).is_some_and(|programme| !programme.outcomes.is_empty());
        (page.get() == 0 && outcomes && at.subject.is_some()).then(|| {
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
