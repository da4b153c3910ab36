//! A new version of a form: choose a file, see what is wrong and what changes, try it, publish it.

use super::{changes, definition_of, trial};
use crate::app::{App, app};
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::components::visit::form_title;
use crate::screens::office::state::office;
use crate::strings::fill;
use crate::strings::office::forms::forms as words;
use domain::api::{CheckForm, FormChecked, FormFile, FormMessage, PublishForm};
use forms::{Changes, Form};
use js_sys::Promise;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Most bytes that are sent; the server takes no more.
const MOST_BYTES: f64 = 4.0 * 1024.0 * 1024.0;

/// How far an upload has come.
#[derive(Clone, Debug, PartialEq)]
enum Stage {
    /// No file yet.
    Empty,
    /// It cannot be read here.
    Failed(String),
    /// The server reads it.
    Reading(String),
    /// The server's answer, and the files it is about.
    Checked(Box<FormChecked>, Vec<FormFile>),
}

/// The flow.
#[component]
pub fn Upload(
    /// Programme id.
    programme: String,
    /// Form id.
    form: String,
    /// Called once it is published.
    done: Callback<()>,
) -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let stage = RwSignal::new(Stage::Empty);
    let asking = RwSignal::new(false);
    let publishing = RwSignal::new(false);
    let title = form_title(app, &programme, &form);
    let which = StoredValue::new((programme, form));

    let check = move |chosen: Vec<web_sys::File>| {
        let names = chosen.iter().map(web_sys::File::name).collect::<Vec<_>>().join(", ");
        if chosen.iter().map(|file| file.size()).sum::<f64>() > MOST_BYTES {
            stage.set(Stage::Failed(t.file_too_large.to_owned()));
            return;
        }
        stage.set(Stage::Reading(names.clone()));
        spawn_local(async move {
            let mut files = Vec::new();
            for file in chosen {
                let name = file.name();
                match read(&file).await {
                    Some(base64) => files.push(FormFile { name, base64 }),
                    None => {
                        stage.try_set(Stage::Failed(t.file_unreadable.to_owned()));
                        return;
                    }
                }
            }
            let (programme, form) = which.get_value();
            let answer = ask(CheckForm { programme, form, files: files.clone() }).await;
            // Another file was chosen meanwhile.
            if stage.try_with_untracked(|now| *now == Stage::Reading(names)) != Some(true) {
                return;
            }
            stage.set(match answer {
                Ok(checked) => Stage::Checked(Box::new(checked), files),
                Err(problem) => Stage::Failed(office.explain(&problem)),
            });
        });
    };
    let publish = move || {
        let Stage::Checked(checked, files) = stage.get_untracked() else { return };
        publishing.set(true);
        let (programme, form) = which.get_value();
        spawn_local(async move {
            let request = PublishForm { programme, form, files, stands_on: checked.stands_on };
            match ask(request).await {
                Ok(published) => {
                    office.refresh();
                    app.say(fill(t.published, &[&published.version]));
                    asking.try_set(false);
                    done.try_run(());
                }
                Err(problem) => {
                    asking.try_set(false);
                    office.say_problem(&problem);
                }
            }
            publishing.try_set(false);
        });
    };
    let sure = fill(t.publish_sure, &[&title]);
    view! {
        <h2>{fill(t.upload_title, &[&title])}</h2>
        <p class="office-lead">{t.upload_lead}</p>
        <div class="office-actions">
            {move || {
                let label = if stage.get() == Stage::Empty { t.choose_file } else { t.choose_other_file };
                view! { <ChooseFile label=label chosen=Callback::new(check)/> }
            }}
        </div>
        <div role="status" aria-live="polite">
            {move || match stage.get() {
                Stage::Reading(names) => view! { <p class="waiting">{fill(t.reading_file, &[&names])}</p> }.into_any(),
                Stage::Failed(sentence) => notice::remark(sentence).into_any(),
                _ => ().into_any(),
            }}
        </div>
        {move || {
            let Stage::Checked(checked, _) = stage.get() else { return None };
            let (programme, form) = which.get_value();
            let messages = messages(app, &checked.messages);
            let compared = checked.definition.clone().map(|definition| {
                let changes = untrack(|| compared(app, &programme, &form, &definition));
                view! {
                    <div class="office-upload">
                        <div>
                            <div class="office-actions">
                                <Button
                                    label=t.publish
                                    weight=Weight::Main
                                    drawing=Icon::Check
                                    press=move || asking.set(true)
                                />
                            </div>
                            {changes.map(|changes| changes::list(app, &changes))}
                        </div>
                        <trial::Trial programme=programme.clone() form=form.clone() definition=definition/>
                    </div>
                }
            });
            Some(view! { {messages} {compared} })
        }}
        <Dialog open=asking title=sure>
            <ul class="office-points">
                <li>{t.publish_devices}</li>
                <li>{t.publish_drafts}</li>
                <li>{t.publish_records}</li>
            </ul>
            <div class="office-actions">
                <Button label=t.publish_yes weight=Weight::Main drawing=Icon::Check disabled=publishing press=publish/>
                <Button label=t.publish_no press=move || asking.set(false)/>
            </div>
        </Dialog>
    }
}

/// What changes against the version in use; none where one of both cannot be read here.
fn compared(app: App, programme: &str, form: &str, definition: &serde_json::Value) -> Option<Changes> {
    let before = Form::from_json(&definition_of(app, programme, form)?).ok()?;
    let after = Form::from_json(definition).ok()?;
    Some(forms::compare(&before, &after, app.lang().code()))
}

/// Mistakes first, each with its place; then remarks, folded away.
fn messages(app: App, all: &[FormMessage]) -> impl IntoView + use<> {
    let t = words(app);
    let (mistakes, remarks): (Vec<_>, Vec<_>) = all.iter().partition(|message| message.mistake);
    let list = |all: &[&FormMessage]| {
        let rows = all.iter().map(|message| line(app, message)).collect_view();
        view! { <ul class="office-messages">{rows}</ul> }
    };
    let wrong = (!mistakes.is_empty()).then(|| {
        view! {
            <section class="office-mistakes" role="alert">
                <h3>{icon(Icon::Warning)}{fill(t.mistakes, &[&mistakes.len().to_string()])}</h3>
                <p>{t.mistakes_lead}</p>
                {list(&mistakes)}
            </section>
        }
    });
    let odd = (!remarks.is_empty()).then(|| {
        let title = fill(t.remarks, &[&remarks.len().to_string()]);
        view! {
            <details class="office-same" open=mistakes.is_empty() && remarks.len() <= 3>
                <summary>{title}</summary>
                {list(&remarks)}
            </details>
        }
    });
    view! { {wrong} {odd} }
}

fn line(app: App, message: &FormMessage) -> impl IntoView + use<> {
    let t = words(app);
    let mut place = Vec::new();
    if !message.sheet.is_empty() {
        place.push(fill(t.at_sheet, &[&message.sheet]));
    }
    place.extend(message.row.map(|row| fill(t.at_row, &[&row.to_string()])));
    place.extend(message.column.as_ref().map(|column| fill(t.at_column, &[column])));
    let place = if place.is_empty() { t.whole_file.to_owned() } else { place.join(" · ") };
    let words = message.words.in_language(app.lang().code()).to_owned();
    view! { <li><b class="inert">{place}</b><span>{words}</span></li> }
}

/// The button that opens the computer's files.
#[component]
fn ChooseFile(
    /// What it says.
    label: &'static str,
    /// Gets the chosen files.
    chosen: Callback<Vec<web_sys::File>>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let change = move |_| {
        let Some(input) = input.get_untracked() else { return };
        let Some(list) = input.files() else { return };
        let files: Vec<web_sys::File> = (0..list.length()).filter_map(|at| list.get(at)).collect();
        // The same file, mended, can be chosen again.
        input.set_value("");
        if !files.is_empty() {
            chosen.run(files);
        }
    };
    view! {
        <label class="button file main">
            {icon(Icon::Upload)}
            <span class="words">{label}</span>
            <input
                type="file"
                multiple=true
                accept=".xlsx,.csv,.jpg,.jpeg,.png,.webp,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,text/csv"
                node_ref=input
                on:change=change
            />
        </label>
    }
}

/// The bytes of a file, base64.
async fn read(file: &web_sys::File) -> Option<String> {
    let reader = web_sys::FileReader::new().ok()?;
    let loaded = Promise::new(&mut |resolve, _| {
        let end = Closure::once_into_js(move |_: JsValue| {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        });
        reader.set_onloadend(Some(end.unchecked_ref()));
    });
    reader.read_as_data_url(file).ok()?;
    JsFuture::from(loaded).await.ok()?;
    let url = reader.result().ok()?.as_string()?;
    url.split_once(";base64,").map(|(_, base64)| base64.to_owned())
}
