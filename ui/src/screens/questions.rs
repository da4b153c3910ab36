//! What only a person can settle: two people changed one thing, two readings of one meter. One tap settles it, and
//! nothing that was not chosen is lost: it stays in the history.

use crate::app::{App, app, drawn, load};
use crate::backend::ask;
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::components::shell::Shell;
use crate::components::visit::summary;
use crate::format;
use crate::route::{Route, go};
use crate::screens::history::{field_label, field_text};
use domain::api;
use domain::api::{QuestionRow, SubjectRow};
use domain::change::Value;
use domain::question::{Choice, Topic};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The screen of open questions.
#[component]
pub fn Questions() -> impl IntoView {
    let app = app();
    let t = app.t();
    let state = load(app, || api::Questions { settled: false });
    view! {
        <Shell title=t.questions>
            {drawn(app, state, move |questions| {
                if questions.is_empty() {
                    return notice::empty(t.no_questions).into_any();
                }
                questions.iter().map(|question| question_card(app, question)).collect_view().into_any()
            })}
        </Shell>
    }
}

/// A question with its answers as buttons. Used on the phone and at the office.
pub fn question_card(app: App, row: &QuestionRow) -> impl IntoView + use<> {
    let t = app.t();
    let asked = match row.question.topic {
        Topic::Field => {
            format!("{}: {}", t.question_field, field_label(app, &row.programme, &row.question.field))
        }
        Topic::TwoVisits => t.question_two_visits.to_owned(),
        Topic::Removed => t.question_removed.to_owned(),
        Topic::CodeTwice => format!("{} {}", t.question_code_twice, row.question.field),
        Topic::Approval => t.question_approval.to_owned(),
        Topic::Other => t.question_other.to_owned(),
    };
    let settling = RwSignal::new(false);
    let id = row.id;
    let may_settle = row.may_settle;
    let settle = move |value: Value| {
        settling.set(true);
        spawn_local(async move {
            match ask(api::Settle { question: id, value }).await {
                Ok(saved) => {
                    app.saved(saved.counts);
                    app.say(t.settled);
                }
                Err(problem) => app.say_problem(&problem),
            }
            settling.try_set(false);
        });
    };
    let choices = row
        .question
        .choices
        .iter()
        .enumerate()
        .map(|(place, choice)| {
            let value = choice.value.clone();
            let shown = choice_text(app, row, place, choice);
            let when = format::moment(choice.stamp.ms, app.lang());
            view! {
                <button
                    type="button"
                    class="choice"
                    disabled=move || settling.get() || !may_settle
                    on:click=move |_| settle(value.clone())
                >
                    <b>{shown}</b>
                    <span class="facts">
                        {choice.by.clone()}" · "{when}
                        {choice.winning.then(|| view! { <span class="chip">{t.shows_now}</span> })}
                    </span>
                </button>
            }
        })
        .collect_view();
    let subject = row.question.subject;
    view! {
        <section class="question">
            <button type="button" class="about" on:click=move |_| go(&Route::Card(subject))>
                <b>{row.heading.clone()}</b>
                {icon(Icon::Next)}
            </button>
            <p>{asked}</p>
            <p class="small">{if may_settle { t.question_tap } else { t.question_office }}</p>
            <div class="choices">{choices}</div>
        </section>
    }
}

/// Says whether a choice of a code's owner means this subject.
pub fn is_about(subject: &SubjectRow, choice: &Choice) -> bool {
    choice.value == subject.id.to_string().as_str()
}

fn choice_text(app: App, row: &QuestionRow, place: usize, choice: &Choice) -> String {
    let t = app.t();
    match row.question.topic {
        Topic::TwoVisits => {
            row.visits.get(place).map_or_else(|| format::plain(&choice.value, t), |visit| summary(app, visit))
        }
        Topic::CodeTwice => match row.subjects.iter().find(|subject| is_about(subject, choice)) {
            Some(subject) => format!("{} · {}", subject.heading, subject.second_line),
            None => t.outside_area.to_owned(),
        },
        Topic::Removed => if choice.value == Value::Bool(true) { t.keep_it } else { t.remove_it }.to_owned(),
        Topic::Approval => {
            if choice.value == Value::Bool(true) { t.counts_it } else { t.counts_not }.to_owned()
        }
        _ => field_text(app, &row.programme, &row.question.field, &choice.value),
    }
}
