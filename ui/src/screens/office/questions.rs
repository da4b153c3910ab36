//! What only a person can settle: both values side by side, who wrote them and when. One press settles a question.

use super::answers;
use super::page::{Framed, Page};
use super::state::{Office, office};
use crate::app::{App, app, drawn, load};
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::components::row::outcome_word;
use crate::components::visit::{form_title, readable, summary};
use crate::format;
use crate::screens::questions::is_about;
use crate::strings::fill;
use crate::strings::office::office as words;
use domain::api;
use domain::api::{QuestionRow, VisitRow};
use domain::change::Value;
use domain::programme::DONE;
use domain::question::{Choice, Topic};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeSet;

/// Questions drawn at first, and more with each press.
const DRAWN: usize = 30;

/// The page.
#[component]
pub fn Questions() -> impl IntoView {
    let app = app();
    let t = words(app);
    let settled = RwSignal::new(false);
    let shown = RwSignal::new(DRAWN);
    let state = load(app, move || api::Questions { settled: settled.get() });
    let filter = move |own: bool, label: &'static str| {
        view! {
            <button
                type="button"
                class="filter"
                aria-pressed=move || (settled.get() == own).to_string()
                on:click=move |_| {
                    shown.set(DRAWN);
                    settled.set(own);
                }
            >
                {label}
            </button>
        }
    };
    view! {
        <Framed title=t.questions lead=t.questions_lead>
            <div class="filters" role="group" aria-label=t.questions>
                {filter(false, t.open_ones)} {filter(true, t.settled_ones)}
            </div>
            {drawn(app, state, move |rows| {
                let want = settled.get();
                let rows: Vec<&QuestionRow> =
                    rows.iter().filter(|row| row.question.settled.is_some() == want).collect();
                if rows.is_empty() {
                    return notice::empty(if want { t.no_settled } else { t.no_open }).into_any();
                }
                let more = rows.len() > shown.get();
                let cards = rows.into_iter().take(shown.get()).map(|row| question(app, row)).collect_view();
                view! {
                    <ul class="office-stack">{cards}</ul>
                    {more
                        .then(|| {
                            view! {
                                <button type="button" class="button" on:click=move |_| shown.update(|n| *n += DRAWN)>
                                    <span class="words">{t.show_more}</span>
                                </button>
                            }
                        })}
                }
                    .into_any()
            })}
        </Framed>
    }
}

fn question(app: App, row: &QuestionRow) -> impl IntoView + use<> {
    let t = words(app);
    let about = &row.question;
    let asked = match about.topic {
        Topic::Field => fill(t.q_field, &[&answers::field_label(app, &row.programme, &about.field)]),
        Topic::TwoVisits => t.q_two_visits.to_owned(),
        Topic::Removed => t.q_removed.to_owned(),
        Topic::CodeTwice => fill(t.q_code, &[&crate::components::scanner::inert(&about.field)]),
        Topic::Approval => app.t().question_approval.to_owned(),
        Topic::Other => t.q_other.to_owned(),
    };
    let settled = about.settled.clone();
    let busy = RwSignal::new(false);
    let mut differing = differing(&row.visits);
    let told: BTreeSet<String> =
        row.visits.iter().flat_map(|visit| readable(app, visit)).map(|answer| answer.key).collect();
    differing.retain(|name| told.contains(name));
    let choices = about
        .choices
        .iter()
        .map(|choice| {
            let chosen = settled.as_ref().map(|settled| settled.value == choice.value);
            option(app, row, choice, &differing, chosen, busy)
        })
        .collect_view();
    let colour = app.programme(&row.programme).map(|programme| programme.colour.clone()).unwrap_or_default();
    view! {
        <li class="office-panel office-question" style=("--accent", colour)>
            <p class="small">
                {answers::programme_title(app, &row.programme)}" · "
                {fill(t.raised, &[&format::moment(row.raised_ms, app.lang())])}
            </p>
            <h2>
                <a href=Page::Registry(Some(about.subject)).hash()>{row.heading.clone()}{icon(Icon::Next)}</a>
            </h2>
            <p class="office-asked">{asked}</p>
            {(!differing.is_empty() && settled.is_none()).then(|| view! { <p class="small">{t.differs_note}</p> })}
            <div class="office-choices">{choices}</div>
            {settled
                .map(|settled| view! { <p class="small">{fill(t.settled_by, &[&settled.by])}</p> })}
        </li>
    }
}

/// The answers in which visits of one question differ.
fn differing(visits: &[VisitRow]) -> BTreeSet<String> {
    let names: BTreeSet<&String> =
        visits.iter().flat_map(|visit| visit.values.keys()).filter(|name| answers::is_answer(name)).collect();
    names
        .into_iter()
        .filter(|name| {
            let mut values = visits.iter().map(|visit| visit.values.get(*name));
            let first = values.next();
            values.any(|value| Some(value) != first)
        })
        .cloned()
        .collect()
}

/// One of the answers, with the button that chooses it.
fn option(
    app: App,
    row: &QuestionRow,
    choice: &Choice,
    differing: &BTreeSet<String>,
    chosen: Option<bool>,
    busy: RwSignal<bool>,
) -> impl IntoView + use<> {
    let t = words(app);
    let office = office();
    let visit = row.visits.iter().find(|visit| choice.value == visit.id.to_string().as_str());
    let (content, label) = match row.question.topic {
        Topic::TwoVisits => (
            match visit {
                Some(visit) => reading(app, visit, differing).into_any(),
                None => view! { <p class="office-value inert">{format::plain(&choice.value, app.t())}</p> }
                    .into_any(),
            },
            t.use_visit,
        ),
        Topic::CodeTwice => {
            let subject = row.subjects.iter().find(|subject| is_about(subject, choice));
            let content = match subject {
                Some(subject) => view! {
                    <p class="office-value inert">
                        <a href=Page::Registry(Some(subject.id)).hash()>{subject.heading.clone()}</a>
                    </p>
                    <p class="second">{subject.second_line.clone()}</p>
                }
                .into_any(),
                None => view! { <p class="office-value">{app.t().outside_area}</p> }.into_any(),
            };
            (content, t.use_subject)
        }
        Topic::Removed => {
            let keep = choice.value == Value::Bool(true);
            (().into_any(), if keep { t.keep_record } else { t.remove_record })
        }
        Topic::Approval => {
            let counts = choice.value == Value::Bool(true);
            // The visit stands once, beside the first answer.
            let content = match row.visits.first().filter(|_| counts) {
                Some(visit) => reading(app, visit, differing).into_any(),
                None => ().into_any(),
            };
            (content, if counts { app.t().counts_it } else { app.t().counts_not })
        }
        _ => {
            let shown = answers::field_text(app, &row.programme, &row.question.field, &choice.value, true);
            (view! { <p class="office-value inert">{shown}</p> }.into_any(), t.use_value)
        }
    };
    let by = if choice.by.is_empty() { t.of_office.to_owned() } else { choice.by.clone() };
    let mark = match chosen {
        Some(true) => Some(("chip done", t.chosen)),
        Some(false) => None,
        None => choice.winning.then_some(("chip", t.shows_now)),
    };
    let id = row.id;
    let value = choice.value.clone();
    view! {
        <div class="office-choice" class:chosen=chosen == Some(true)>
            {content}
            <p class="office-author">
                <b>{by}</b>
                <span>{format::moment(choice.stamp.ms, app.lang())}</span>
                {mark.map(|(class, word)| view! { <span class=class>{word}</span> })}
            </p>
            {chosen
                .is_none()
                .then(|| {
                    view! {
                        <Button
                            label=label
                            weight=Weight::Main
                            drawing=Icon::Check
                            disabled=busy
                            press=move || settle(office, app, id, value.clone(), busy)
                        />
                    }
                })}
        </div>
    }
}

/// A visit with all its answers, the differing ones first and marked.
fn reading(app: App, visit: &VisitRow, differing: &BTreeSet<String>) -> impl IntoView + use<> {
    let t = words(app);
    let head = if visit.outcome == DONE {
        summary(app, visit)
    } else {
        outcome_word(app, &visit.programme, &visit.outcome)
    };
    let mut lines = readable(app, visit);
    // What decides stands first.
    lines.sort_by_key(|answer| !differing.contains(&answer.key));
    let lines = lines
        .into_iter()
        .map(|answer| {
            let differs = differing.contains(&answer.key);
            view! {
                <div class:differs=differs>
                    <dt>
                        {answer.label} {differs.then(|| view! { <span class="visually-hidden">" "{t.differs}</span> })}
                    </dt>
                    <dd>{answer.shown}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <p class="office-value">{head}</p>
        <p class="small">{form_title(app, &visit.programme, &visit.form)}" · "{format::iso_moment(&visit.at, app.lang())}</p>
        <dl class="facts-list">{lines}</dl>
        {answers::photos(app, &visit.photos)}
    }
}

fn settle(office: Office, app: App, question: domain::ids::RecordId, value: Value, busy: RwSignal<bool>) {
    busy.set(true);
    spawn_local(async move {
        match ask(api::Settle { question, value }).await {
            Ok(_) => {
                app.changed.update(|n| *n += 1);
                app.say(words(app).settled_note);
            }
            Err(problem) => office.say_problem(&problem),
        }
        busy.try_set(false);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::RecordId;

    #[test]
    fn answers_that_only_one_visit_has_differ_too() {
        let id = RecordId::new(1, [7; 10]);
        let visit = |values: &[(&str, Value)]| VisitRow {
            id,
            subject: id,
            heading: String::new(),
            programme: "water".into(),
            form: "read".into(),
            at: String::new(),
            by: String::new(),
            outcome: DONE.into(),
            cycle: String::new(),
            values: values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            photos: Vec::new(),
            received: true,
            corrected: false,
            waits: false,
        };
        let two = [
            visit(&[("reading", 120.into()), ("state", "ok".into())]),
            visit(&[("reading", 121.into()), ("state", "ok".into()), ("note", "x".into())]),
        ];
        let expected: BTreeSet<String> = ["reading", "note"].map(str::to_owned).into();
        assert_eq!(differing(&two), expected);
        assert!(differing(&[]).is_empty());
    }
}
