//! Files that leave the office: a month's report as pages or as a workbook, and one person's whole record as pages or as a
//! FHIR bundle. Each is noted in the audit by the store that gathered it.

mod album;

use crate::answer::Failure;
use crate::download::{self, PDF, XLSX};
use crate::shared::Server;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use documents::report::{Album, Cell, Column, Report as Sheet};
use domain::api::{Ask, FileFormat, PersonFile, ReportFile};
use domain::change::Value;
use domain::problem::{Code, Problem};
use domain::programme::{FieldKind, FieldType};
use domain::{fhir, report, thai_date};
use std::collections::BTreeSet;
use store::Now;
use store::service::Whole;

/// `POST /api/report`.
pub(crate) async fn month(
    State(server): State<Server>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Failure> {
    let (caller, ReportFile { of, format }, _until_done) = download::asked(&server, &headers, sent).await?;
    if format == FileFormat::Fhir {
        return Err(Problem::new(Code::Malformed).about("format").into());
    }
    let (month, programme) = (of.month.clone(), of.programme.clone());
    let now_ms = caller.now_ms;
    let report = server
        .with_store(move |store| {
            let reply = store::service::serve(
                store,
                Some(&caller.account.grant),
                Now::thai(caller.now_ms),
                of.wrap(),
            )?;
            Ok(domain::api::MonthReport::unwrap(reply)?)
        })
        .await?;
    let sheets: Vec<Sheet> = report.tables.iter().map(|table| sheet(&report, table)).collect();
    let (bytes, kind, ending) = draw(sheets, None, format, now_ms).await?;
    // Both come from the caller: only what may stand in a name of a file does.
    Ok(download::file(bytes, kind, &format!("{}-{}.{ending}", named(&programme), named(&month))))
}

/// `POST /api/person`.
pub(crate) async fn person(
    State(server): State<Server>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Failure> {
    let (caller, PersonFile { subject, format, language }, _until_done) =
        download::asked(&server, &headers, sent).await?;
    let now_ms = caller.now_ms;
    let grant = caller.account.grant;
    let reader = grant.clone();
    let record = server
        .with_store(move |store| Ok(store::service::whole(store, &reader, Now::thai(now_ms), subject)?))
        .await?;
    if format == FileFormat::Fhir {
        let now = thai_date::iso(now_ms, thai_date::THAI_OFFSET_MINUTES);
        let labels = labels(&record);
        let person =
            fhir::Person { id: record.id, values: &record.values, visits: &record.visits, labels: &labels };
        let bundle = fhir::bundle(&record.programme, &person, &now).ok_or(Code::NotFound)?;
        let bytes = serde_json::to_vec_pretty(&bundle).map_err(|_| Code::Internal)?;
        return Ok(download::file(bytes, "application/fhir+json", &format!("{subject}.fhir.json")));
    }
    let album = match format {
        FileFormat::Pdf => Some(album::of(&server, grant, &record, &language).await?),
        _ => None,
    };
    let (bytes, kind, ending) = draw(sheets_of(&record, &language), album, format, now_ms).await?;
    Ok(download::file(bytes, kind, &format!("{subject}.{ending}")))
}

/// The pages or the workbook, with what they are and how their name ends. A workbook has no photos.
async fn draw(
    sheets: Vec<Sheet>,
    album: Option<Album>,
    format: FileFormat,
    now_ms: u64,
) -> Result<(Vec<u8>, &'static str, &'static str), Failure> {
    let printed = thai_date::moment(now_ms, thai_date::THAI_OFFSET_MINUTES);
    let drawn = download::drawn(move || match format {
        FileFormat::Xlsx => documents::report::xlsx(&sheets).map(|bytes| (bytes, XLSX, "xlsx")),
        _ => documents::report::pdf(&sheets, album.as_ref(), &printed).map(|bytes| (bytes, PDF, "pdf")),
    });
    drawn.await?.map_err(|error| Problem::new(Code::Internal).about(error).into())
}

/// What people call the choices of each form's questions, also of those that are asked once a row.
fn labels(record: &Whole) -> fhir::Labels {
    let mut labels = fhir::Labels::new();
    for form in &record.programme.forms {
        let visits = record.visits.iter().filter(|visit| visit.form == form.id);
        let repeated = visits.flat_map(|visit| visit.values.iter().filter(|(_, value)| is_repeated(value)));
        let groups: BTreeSet<&String> = repeated.map(|(name, _)| name).collect();
        let rows = groups.into_iter().filter_map(|group| crate::forms::asked_in(&form.definition, group));
        let asked =
            crate::forms::asked(&form.definition).into_iter().chain(rows.flat_map(|(_, asked)| asked));
        for field in asked.filter(|field| !field.choices.is_empty()) {
            let choices = field.choices.into_iter().map(|(value, words)| (value, words.th)).collect();
            labels.insert((form.id.clone(), field.id), choices);
        }
    }
    labels
}

fn named(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect()
}

fn sheet(report: &report::Report, table: &report::Table) -> Sheet {
    let is_number = |at: usize| {
        let mut cells = table.rows.iter().filter_map(|row| row.get(at));
        !table.rows.is_empty() && cells.all(|cell| !matches!(cell, report::Cell::Text(_)))
    };
    let columns = table.heads.iter().enumerate().map(|(at, head)| match is_number(at) {
        true => Column::number(head.clone()),
        false => Column::text(head.clone()),
    });
    Sheet {
        title: table.title.clone(),
        subtitle: format!("{} · {}", report.title, report.about),
        columns: columns.collect(),
        rows: table.rows.iter().map(|row| row.iter().map(cell).collect()).collect(),
        totals: Vec::new(),
        notes: Vec::new(),
    }
}

fn cell(cell: &report::Cell) -> Cell {
    match cell {
        report::Cell::Number(number) if number.fract() == 0.0 => Cell::Whole(*number as i64),
        report::Cell::Number(number) => Cell::Decimal(*number, 1),
        report::Cell::Text(text) => Cell::Text(text.clone()),
        report::Cell::Money { satang } => Cell::Money(*satang),
    }
}

/// A person's record: the registry, then a table of the visits of each form, newest first.
fn sheets_of(record: &Whole, language: &str) -> Vec<Sheet> {
    let programme = &record.programme;
    let pick = |thai: &str, english: &str| if language == "en" { english } else { thai }.to_owned();
    let subtitle = format!("{} · {}", programme.title.in_language(language), record.zone);
    let fields = programme.subject.fields.iter().filter(|field| field.kind != FieldType::Photo);
    let rows = fields.filter_map(|field| {
        let value = record.values.get(&field.id).filter(|value| !value.is_null() && **value != "")?;
        Some(vec![field.title.in_language(language).into(), told(Some(field), value, language).into()])
    });
    let mut sheets = vec![Sheet {
        title: record.heading.clone(),
        subtitle: subtitle.clone(),
        columns: vec![Column::text(pick("เรื่อง", "What")), Column::text(pick("ข้อมูล", "Value"))],
        rows: rows.collect(),
        totals: Vec::new(),
        notes: vec![pick(
            "ข้อมูลสุขภาพส่วนบุคคล เก็บให้มิดชิด และใช้เพื่อการดูแลเท่านั้น",
            "Personal health data: keep it safe, and use it for care only",
        )],
    }];
    for form in &programme.forms {
        let asked = crate::forms::asked(&form.definition);
        let visits = record.visits.iter().rev().filter(|visit| visit.form == form.id);
        let rows: Vec<Vec<Cell>> = visits
            .map(|visit| {
                let when = thai_date::of_any_precision(visit.at.get(..10).unwrap_or_default());
                // In the order in which it was asked; what only the form itself reckons with has no label and is left out.
                let answers = asked.iter().filter_map(|field| Some((field, visit.values.get(&field.id)?)));
                let answers = answers.filter(|(_, value)| !value.is_null() && **value != "");
                let told = answers.map(|(field, value)| {
                    format!("{}: {}", field.title.in_language(language), told(Some(field), value, language))
                });
                let rows = visit.values.iter().filter(|(_, value)| is_repeated(value));
                let rows = rows.map(|(name, value)| in_rows(&form.definition, name, value, language));
                let all: Vec<String> = told.chain(rows).collect();
                vec![when.into(), visit.by.clone().into(), all.join(" · ").into()]
            })
            .collect();
        if !rows.is_empty() {
            sheets.push(Sheet {
                title: form.title.in_language(language).to_owned(),
                subtitle: format!("{} · {subtitle}", record.heading),
                columns: vec![
                    Column::text(pick("วันที่", "Day")),
                    Column::text(pick("ผู้บันทึก", "By")),
                    Column::text(pick("บันทึก", "Answers")),
                ],
                rows,
                totals: Vec::new(),
                notes: Vec::new(),
            });
        }
    }
    let failed = record.failed.iter().map(|visit| {
        let when = thai_date::of_any_precision(visit.at.get(..10).unwrap_or_default());
        let why = programme.outcome(&visit.outcome);
        let why = why.map_or(visit.outcome.as_str(), |outcome| outcome.title.in_language(language));
        vec![when.into(), visit.by.clone().into(), said(&[why, &visit.note]).into()]
    });
    let cases = record.orders.iter().map(|(kind, case)| {
        let title = |id: &String| {
            kind.topic(id).map_or_else(|| id.clone(), |topic| topic.title.in_language(language).to_owned())
        };
        let topics: Vec<String> = case.topics.iter().map(title).collect();
        let opened = thai_date::moment(case.opened_ms, thai_date::THAI_OFFSET_MINUTES);
        let steps: Vec<String> = case
            .steps(kind)
            .iter()
            .filter(|step| !step.idle)
            .map(|step| {
                let when = thai_date::moment(step.at_ms, thai_date::THAI_OFFSET_MINUTES);
                let state = kind.state(&step.state);
                let state = state.map_or(step.state.as_str(), |state| state.title.in_language(language));
                said(&[&when, state, &step.note])
            })
            .collect();
        vec![opened.into(), topics.join(", ").into(), steps.join(" · ").into()]
    });
    let tables: [(String, [String; 3], Vec<Vec<Cell>>); 2] = [
        (
            pick("ไปแล้วไม่ได้เยี่ยม", "Visits that could not be done"),
            [pick("วันที่", "Day"), pick("ผู้บันทึก", "By"), pick("เหตุผล", "Why")],
            failed.collect(),
        ),
        (
            pick("เรื่องที่ต้องจัดการ และคำตอบ", "What was to be dealt with, and the answers"),
            [pick("เมื่อ", "When"), pick("เรื่อง", "About"), pick("ทำอะไรไปแล้ว", "What was done")],
            cases.collect(),
        ),
    ];
    for (title, columns, rows) in tables.into_iter().filter(|(_, _, rows)| !rows.is_empty()) {
        sheets.push(Sheet {
            title,
            subtitle: format!("{} · {subtitle}", record.heading),
            columns: columns.into_iter().map(Column::text).collect(),
            rows,
            totals: Vec::new(),
            notes: Vec::new(),
        });
    }
    sheets
}

/// What is said of it, with a dash between; what is empty is left out.
fn said(parts: &[&str]) -> String {
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" – ")
}

/// A repeated group in words, row by row; pictures are not told.
fn in_rows(definition: &Value, name: &str, value: &Value, language: &str) -> String {
    let Some((group, asked)) = crate::forms::asked_in(definition, name) else {
        return format!("{name}: {}", plain(value));
    };
    let rows = value.as_array().into_iter().flatten().filter_map(Value::as_object);
    let rows: Vec<String> = (1..)
        .zip(rows)
        .map(|(number, row)| format!("({number}) {}", in_a_row(&asked, row, language)))
        .collect();
    format!("{}: {}", group.title.in_language(language), rows.join(" "))
}

/// The answers of one row.
fn in_a_row(asked: &[FieldKind], row: &serde_json::Map<String, Value>, language: &str) -> String {
    let answers = asked.iter().filter_map(|field| Some((field, row.get(&field.id)?)));
    let answers = answers.filter(|(_, value)| !value.is_null() && **value != "");
    let told = answers.map(|(field, value)| {
        format!("{} {}", field.title.in_language(language), told(Some(field), value, language))
    });
    told.collect::<Vec<_>>().join(", ")
}

fn is_repeated(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().any(Value::is_object))
}

/// A value of a field or of a question in words.
fn told(field: Option<&FieldKind>, value: &Value, language: &str) -> String {
    let text = plain(value);
    let Some(field) = field else { return text };
    let chosen = |one: &str| match field.choices.get(one) {
        Some(words) => words.in_language(language).to_owned(),
        None => one.to_owned(),
    };
    match (field.kind, value) {
        (FieldType::Choice, Value::Array(items)) => {
            items.iter().map(|one| chosen(&plain(one))).collect::<Vec<_>>().join(", ")
        }
        (FieldType::Choice, _) => chosen(&text),
        (FieldType::Date, _) => thai_date::of_any_precision(&text),
        (FieldType::Bool, _) if language == "en" => if text == "true" { "yes" } else { "no" }.to_owned(),
        (FieldType::Bool, _) => if text == "true" { "ใช่" } else { "ไม่" }.to_owned(),
        _ => text,
    }
}

/// A value as it is written; of a repeated group its rows.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(map) => {
            let parts = map.iter().filter(|(_, value)| !value.is_null());
            let parts: Vec<String> = parts.map(|(name, value)| format!("{name} {}", plain(value))).collect();
            format!("({})", parts.join(" "))
        }
        other => other.to_string(),
    }
}
