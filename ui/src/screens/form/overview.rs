//! A correction at a glance: every page with its answers, each a tap away, so that one slip of the finger is mended without
//! walking through the whole form.

use crate::app::{App, app};
use crate::components::markdown::plain;
use crate::format;
use crate::screens::form::session::Session;
use crate::strings::fill;
use forms::{Item, Kind};
use leptos::prelude::*;

/// A screen of the form, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its place among the screens.
    pub page: usize,
    /// Its heading; may be empty.
    pub title: String,
    /// What was answered: question and answer.
    pub answers: Vec<(String, String)>,
}

/// Says whether a person does something at an item.
pub fn is_asked(item: &Item) -> bool {
    !item.readonly && !matches!(item.kind, Kind::Note | Kind::Group)
}

/// An answer as a person reads it; `None` for a question without one.
pub fn answered(app: App, item: &Item) -> Option<(String, String)> {
    let t = app.t();
    if !is_asked(item) || item.value.is_empty() || item.kind == Kind::Repeat {
        return None;
    }
    let chosen: Vec<&str> =
        item.options.iter().filter(|option| option.selected).map(|option| option.label.as_str()).collect();
    let shown = match item.kind {
        _ if !chosen.is_empty() => chosen.join(", "),
        Kind::Image => t.photo.to_owned(),
        Kind::Date => format::iso_day(&item.value, app.lang()),
        Kind::DateTime => format::iso_moment(&item.value, app.lang()),
        Kind::Acknowledge => t.yes.to_owned(),
        _ => item.value.clone(),
    };
    Some((plain(&item.label), plain(&shown)))
}

/// The pages and their answers.
#[component]
pub fn Overview(
    /// The form being corrected.
    session: Session,
    /// Goes to a page.
    open: Callback<usize>,
) -> impl IntoView {
    let app = app();
    let t = app.t();
    let line = move |summary: Summary| {
        let title = match summary.title.is_empty() {
            true => fill(t.overview_page, &[&(summary.page + 1).to_string()]),
            false => plain(&summary.title),
        };
        let none =
            summary.answers.is_empty().then(|| view! { <span class="second">{t.overview_empty}</span> });
        let answers = summary
            .answers
            .into_iter()
            .map(|(label, shown)| {
                view! { <span class="overview-answer"><span>{label}</span>" "<b class="inert">{shown}</b></span> }
            })
            .collect_view();
        let page = summary.page;
        view! {
            <li>
                <button type="button" class="overview-page" on:click=move |_| open.run(page)>
                    <b class="overview-title">{title}</b>
                    {answers}
                    {none}
                </button>
            </li>
        }
    };
    view! {
        <section class="overview">
            <h2 id="form-overview" tabindex="-1">{t.overview_lead}</h2>
            <ol>{move || session.summaries().into_iter().map(line).collect_view()}</ol>
        </section>
    }
}
