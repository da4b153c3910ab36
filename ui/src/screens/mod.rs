//! The screens. One file each; [`Screen`] chooses by the address.

pub mod bill;
pub mod bind;
pub mod card;
pub mod drafts;
pub mod edit;
pub mod emergency;
pub mod enrol;
pub mod form;
pub mod history;
pub mod home;
pub mod new_subject;
pub mod office;
pub mod order;
pub mod orders;
pub mod outcome;
pub mod questions;
pub mod refused;
pub mod round;
pub mod saved;
pub mod scan;
pub mod search;
pub mod settings;
pub mod unusable;

use crate::app::app;
use crate::route::Route;
use leptos::prelude::*;

/// The screen the address names; enrolment as long as the device is not known to any office.
#[component]
pub fn Screen() -> impl IntoView {
    let app = app();
    let enrolled = Memo::new(move |_| {
        let arriving = app.arriving.get();
        app.status.with(|status| status.as_ref().map(|status| status.enrolled.is_some() && !arriving))
    });
    let opening = move || {
        view! { <main class="screen"><p class="waiting" role="status">{app.t().opening}</p></main> }
            .into_any()
    };
    move || match (enrolled.get(), app.route.get()) {
        (None, _) => opening(),
        (_, Route::Enrol(code)) => view! { <enrol::Enrol code=code/> }.into_any(),
        (Some(false), Route::Settings) => view! { <settings::Settings/> }.into_any(),
        (Some(false), _) => view! { <enrol::Enrol code=String::new()/> }.into_any(),
        (Some(true), Route::Home | Route::Office(_)) => view! { <home::Home/> }.into_any(),
        (Some(true), Route::Settings) => view! { <settings::Settings/> }.into_any(),
        // The other screens speak a programme's words throughout.
        (Some(true), _) if !app.programmes_known.get() => opening(),
        (Some(true), route) => match route {
            Route::Scan => view! { <scan::Scan/> }.into_any(),
            Route::Round(programme) => view! { <round::Round programme=programme/> }.into_any(),
            Route::Search => view! { <search::Search/> }.into_any(),
            Route::Card(id) => view! { <card::Card id=id/> }.into_any(),
            Route::Bill(subject, entry) => view! { <bill::Bill subject=subject entry=entry/> }.into_any(),
            Route::History(id) => view! { <history::History id=id/> }.into_any(),
            Route::Edit(id) => view! { <edit::Edit id=id/> }.into_any(),
            Route::Form(form) => view! { <form::Form at=form/> }.into_any(),
            Route::Outcome(form) => view! { <outcome::Outcome at=form/> }.into_any(),
            Route::Saved => view! { <saved::Saved/> }.into_any(),
            Route::New(programme, code) => {
                view! { <new_subject::NewSubject programme=programme code=code/> }.into_any()
            }
            Route::Bind(programme, code) => {
                view! { <bind::BindCodeToSubject programme=programme code=code/> }.into_any()
            }
            Route::BindTo(id) => view! { <bind::BindSubjectToCode id=id/> }.into_any(),
            Route::Questions => view! { <questions::Questions/> }.into_any(),
            Route::Refused => view! { <refused::Refused/> }.into_any(),
            Route::Drafts => view! { <drafts::Drafts/> }.into_any(),
            Route::Orders => view! { <orders::Orders/> }.into_any(),
            Route::Order(id) => view! { <order::Order id=id/> }.into_any(),
            Route::Emergency => view! { <emergency::Emergency/> }.into_any(),
            Route::Home | Route::Enrol(_) | Route::Office(_) | Route::Settings => {
                view! { <home::Home/> }.into_any()
            }
        },
    }
}
