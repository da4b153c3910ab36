//! The forms of each programme: which version is in use, trying it, and putting a new one in its place.

mod changes;
mod trial;
mod upload;
mod versions;

use super::page::Framed;
use super::state::office;
use crate::app::{App, app};
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::icon::Icon;
use crate::components::notice;
use crate::strings::fill;
use crate::strings::office::forms::forms as words;
use crate::strings::office::office as office_words;
use domain::api;
use domain::programme::{FormKind, Programme};
use forms::{Form, Kind};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::sync::Arc;
use wasm_bindgen::JsCast;

/// What a workbook is called on the network.
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What is done with a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Trying,
    Uploading,
}

/// The form that is open, and what is done with it.
#[derive(Clone, Debug, PartialEq)]
struct Opened {
    programme: String,
    form: String,
    doing: Doing,
}

/// The page.
#[component]
pub fn Forms() -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let opened = RwSignal::new(None::<Opened>);
    let back = move || {
        view! { <Button label=t.back_to_forms drawing=Icon::Back press=move || opened.set(None)/> }
    };
    view! {
        <Framed title=office_words(app).forms lead=t.forms_lead>
            {move || match opened.get() {
                None => {
                    let programmes = app.programmes.get();
                    let list = programmes.iter().map(|programme| of_programme(app, programme, opened)).collect_view();
                    let may = office.keeps_forms();
                    view! { {(!may).then(|| notice::remark(t.forms_read_only))} {list} }.into_any()
                }
                Some(Opened { programme, form, doing: Doing::Uploading }) => {
                    view! {
                        <div class="office-forms-back">{back()}</div>
                        <upload::Upload programme=programme form=form done=Callback::new(move |()| opened.set(None))/>
                    }
                        .into_any()
                }
                Some(Opened { programme, form, doing: Doing::Trying }) => {
                    // Untracked: a look at the list meanwhile must not begin the trial anew.
                    let definition = untrack(|| definition_of(app, &programme, &form));
                    view! {
                        <div class="office-forms-back">{back()}</div>
                        {definition
                            .map(|definition| {
                                view! { <trial::Trial programme=programme form=form definition=definition/> }
                            })}
                    }
                        .into_any()
                }
            }}
        </Framed>
    }
}

/// The definition of a form that is in use.
fn definition_of(app: App, programme: &str, form: &str) -> Option<serde_json::Value> {
    app.programme(programme)?.form(form).map(|form| form.definition.clone())
}

fn of_programme(
    app: App,
    programme: &Arc<Programme>,
    opened: RwSignal<Option<Opened>>,
) -> impl IntoView + use<> {
    let language = app.lang().code();
    let rows = programme.forms.iter().map(|form| line(app, programme, form, opened)).collect_view();
    view! {
        <section class="office-forms" style=("--accent", programme.colour.clone())>
            <h2><span aria-hidden="true">{programme.icon.clone()}</span>" "{programme.title.in_language(language).to_owned()}</h2>
            <ul class="plain">{rows}</ul>
        </section>
    }
}

fn line(
    app: App,
    programme: &Arc<Programme>,
    form: &FormKind,
    opened: RwSignal<Option<Opened>>,
) -> impl IntoView + use<> {
    let t = words(app);
    let title = form.title.in_language(app.lang().code()).to_owned();
    let read = Form::from_json(&form.definition).ok();
    let version = read.as_ref().map(|read| read.version().to_owned()).unwrap_or_default();
    let questions = read.map_or(0, |read| {
        let asked = |question: &&forms::Question| {
            !question.hidden && !matches!(question.kind, Kind::Group | Kind::Repeat | Kind::Note)
        };
        read.questions().iter().filter(asked).count()
    });
    let whose = if form.own { t.form_own } else { t.form_shipped };
    let facts = [
        Some(fill(t.form_version, &[&version])).filter(|_| !version.is_empty()),
        Some(fill(t.n_questions, &[&questions.to_string()])),
        Some(whose.to_owned()),
    ];
    let facts = facts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let open = {
        let (programme, form) = (programme.id.clone(), form.id.clone());
        move |doing: Doing| {
            opened.set(Some(Opened { programme: programme.clone(), form: form.clone(), doing }));
        }
    };
    let (trying, uploading) = (open.clone(), open);
    let fetched = api::FormSheet { programme: programme.id.clone(), form: form.id.clone(), since_ms: None };
    let earlier = fetched.clone();
    view! {
        <li class="office-form-row">
            <div>
                <b>{title}</b>
                <span class="small">{facts}</span>
            </div>
            <div class="office-form-do">
                <Button label=t.form_download drawing=Icon::Download press=move || download(app, &fetched)/>
                <Button label=t.form_try drawing=Icon::Phone press=move || trying(Doing::Trying)/>
                {move || {
                    let open = uploading.clone();
                    office()
                        .keeps_forms()
                        .then(|| {
                            view! {
                                <Button
                                    label=t.form_upload
                                    weight=Weight::Main
                                    drawing=Icon::Upload
                                    press=move || open(Doing::Uploading)
                                />
                            }
                        })
                }}
            </div>
            <versions::Versions form=earlier/>
        </li>
    }
}

/// Fetches a version of a form as a workbook and hands it to the browser's downloads.
fn download(app: App, wanted: &api::FormSheet) {
    let office = office();
    let wanted = wanted.clone();
    spawn_local(async move {
        match ask(wanted).await {
            Ok(file) => save_file(&file),
            Err(problem) => office.say_problem(&problem),
        }
    });
    app.say(words(app).form_fetching);
}

/// Browsers save what a link with a name leads to.
fn save_file(file: &api::FormFile) {
    let link = document().create_element("a").ok();
    let Some(link) = link.and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok()) else { return };
    let address = format!("data:{WORKBOOK};base64,{}", file.base64);
    let named =
        link.set_attribute("href", &address).and_then(|()| link.set_attribute("download", &file.name));
    if named.is_ok() {
        link.click();
    }
}
