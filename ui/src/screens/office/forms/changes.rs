//! What a new version changes, in words a clerk understands.

use crate::app::App;
use crate::components::markdown::plain;
use crate::strings::Language;
use crate::strings::fill;
use crate::strings::office::forms::{FormStrings, forms as words};
use forms::{Changes, Kind, QuestionChange, What};
use leptos::prelude::*;

/// The list of changes, those of values nobody sees folded away.
pub fn list(app: App, changes: &Changes) -> impl IntoView + use<> {
    let t = words(app);
    let (seen, unseen): (Vec<_>, Vec<_>) = changes.questions.iter().partition(|change| change.shown);
    let count =
        |wanted: fn(&What) -> bool| seen.iter().filter(|change| change.what.iter().any(wanted)).count();
    let added = count(|what| matches!(what, What::Added));
    let removed = count(|what| matches!(what, What::Removed));
    let edited = seen.len() - added - removed;
    let sum = fill(t.changes_sum, &[&added.to_string(), &removed.to_string(), &edited.to_string()]);
    let none = *changes == Changes::default();
    let rows = |all: &[&QuestionChange]| all.iter().map(|change| row(app, change)).collect_view();
    let folded = (!unseen.is_empty()).then(|| {
        let title = fill(t.behind_the_scenes, &[&unseen.len().to_string()]);
        view! {
            <details class="office-same">
                <summary>{title}</summary>
                <ul class="office-changes">{rows(&unseen)}</ul>
            </details>
        }
    });
    view! {
        <section class="office-compare">
            <h3>{t.changes}</h3>
            {if none {
                view! { <p>{t.no_changes}</p> }.into_any()
            } else {
                view! {
                    <p class="office-strong">{sum}</p>
                    {changes.order.then(|| view! { <p>{t.change_order}</p> })}
                    {changes.registry.then(|| view! { <p>{t.change_registry}</p> })}
                    {changes.settings.then(|| view! { <p>{t.change_settings}</p> })}
                    <ul class="office-changes">{rows(&seen)}</ul>
                    {folded}
                }
                    .into_any()
            }}
        </section>
    }
}

fn row(app: App, change: &QuestionChange) -> impl IntoView + use<> {
    let t = words(app);
    let (mark, class) = match change.what.first() {
        Some(What::Added) => (t.change_added, "chip done"),
        Some(What::Removed) => (t.change_removed, "chip overdue"),
        _ => (t.change_edited, "chip"),
    };
    let points = change
        .what
        .iter()
        .flat_map(|what| sentences(app, change, what))
        .map(|sentence| view! { <li>{sentence}</li> })
        .collect_view();
    view! {
        <li>
            <span class=class>{mark}</span>
            <div>
                <b>{plain(&change.label)}</b>
                <ul>{points}</ul>
            </div>
        </li>
    }
}

fn sentences(app: App, change: &QuestionChange, what: &What) -> Vec<String> {
    let t = words(app);
    let kind = |kind: Kind| kind_word(app.lang(), kind).to_owned();
    let one = |sentence: &str| vec![sentence.to_owned()];
    match what {
        What::Added => vec![kind(change.kind)],
        What::Removed if matches!(change.kind, Kind::Note | Kind::Group) => vec![kind(change.kind)],
        What::Removed => one(t.change_removed_note),
        What::Label(before, _) => vec![fill(t.change_label, &[&plain(before)])],
        What::Kind(before, after) => vec![fill(t.change_kind, &[&kind(*before), &kind(*after)])],
        What::Required(true) => one(t.change_required),
        What::Required(false) => one(t.change_not_required),
        What::Choices { added, removed, renamed } => choices(t, added, removed, renamed),
        What::Condition => one(t.change_condition),
        What::Rule => one(t.change_rule),
        What::Formula => one(t.change_formula),
        What::Hint => one(t.change_hint),
        What::Look => one(t.change_look),
        What::Place => one(t.change_place),
        What::Saves => one(t.change_saves),
        What::ChoiceDetails => one(t.change_choice_details),
        What::OtherLanguages => one(t.change_languages),
    }
}

fn choices(
    t: &FormStrings,
    added: &[String],
    removed: &[String],
    renamed: &[(String, String)],
) -> Vec<String> {
    let mut all = Vec::new();
    if !added.is_empty() {
        all.push(fill(t.change_choices_added, &[&added.join(", ")]));
    }
    if !removed.is_empty() {
        all.push(fill(t.change_choices_removed, &[&removed.join(", ")]));
    }
    all.extend(renamed.iter().map(|(before, after)| fill(t.change_choice_renamed, &[before, after])));
    all
}

/// What a question is, as people say it.
fn kind_word(language: Language, kind: Kind) -> &'static str {
    let (thai, english) = match kind {
        Kind::Text => ("ข้อความ", "text"),
        Kind::Integer => ("จำนวนเต็ม", "whole number"),
        Kind::Decimal => ("ตัวเลข", "number"),
        Kind::SelectOne => ("เลือกหนึ่งข้อ", "one of several"),
        Kind::SelectMultiple => ("เลือกได้หลายข้อ", "any of several"),
        Kind::Rank => ("เรียงลำดับ", "in order"),
        Kind::Note => ("ข้อความให้อ่าน", "something to read"),
        Kind::Date => ("วันที่", "day"),
        Kind::Time => ("เวลา", "time"),
        Kind::DateTime => ("วันที่และเวลา", "day and time"),
        Kind::Geopoint => ("ตำแหน่ง", "position"),
        Kind::Geotrace => ("แนวเส้นทาง", "line on the map"),
        Kind::Geoshape => ("ขอบเขตพื้นที่", "area on the map"),
        Kind::Image => ("รูปถ่ายหรือลายเซ็น", "photo or signature"),
        Kind::Audio => ("เสียง", "sound"),
        Kind::Video => ("วิดีโอ", "video"),
        Kind::File => ("ไฟล์", "file"),
        Kind::Barcode => ("สแกนรหัส", "scanned code"),
        Kind::Acknowledge => ("กดรับทราบ", "tick"),
        Kind::Calculate => ("ค่าที่คำนวณ", "worked out"),
        Kind::Hidden => ("ค่าจากทะเบียน", "from the registry"),
        Kind::Range => ("ระดับคะแนน", "scale"),
        Kind::Group => ("กลุ่มคำถาม", "group"),
        Kind::Repeat => ("ชุดคำถามที่ถามซ้ำ", "asked again and again"),
        Kind::Metadata => ("ข้อมูลกำกับ", "metadata"),
    };
    if language == Language::English { english } else { thai }
}
