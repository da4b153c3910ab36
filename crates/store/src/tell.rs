//! What is told of, in the transaction that brings it about: orders that open and go on, devices that something is the
//! matter with; and what time alone brings about. Nothing here names a person: of a subject only what its programme shows to
//! anybody, of a sensitive programme nothing at all.

use crate::Store;
use crate::cause::Cause;
use crate::error::Result;
use crate::outbox::{self, KEPT_MS, is_wanted, tell};
use crate::row::{self, Row};
use crate::transact::Tx;
use crate::{orders, project};
use domain::change::Value;
use domain::ids::{DeviceNo, RecordId};
use domain::merge::Record;
use domain::notify::{self, About, Case, Event, Message};
use domain::order::OrderKind;
use domain::programme::Programme;
use domain::thai_date;
use rusqlite::Connection;

/// A device that has not been heard of for so long is told of, milliseconds.
const SILENT_MS: u64 = 3 * 24 * 60 * 60 * 1_000;

/// Tells that an order was opened, went on, or turned out to be more urgent. `was` is the order before this change; `seq` its
/// number now.
pub(crate) fn tell_of_order(tx: &Tx<'_>, was: &Record, row: &Row, now_ms: u64) -> Result<()> {
    let Some(programme) = tx.programme(&tx.shelf_of(row.shelf)?.programme) else { return Ok(()) };
    let Some((case, kind)) = orders::read(&programme, &row.view) else { return Ok(()) };
    let before = orders::read(&programme, was)
        .map(|(case, kind)| (case.state(kind), is_red(kind, &case.urgency(kind))));
    let (state, red) = (case.state(kind), is_red(kind, &case.urgency(kind)));
    let opened = before.is_none();
    let changed = before.as_ref().is_some_and(|(before, _)| *before != state);
    let worse = red && before.is_some_and(|(_, red)| !red);
    if !(opened || changed || worse) {
        return Ok(());
    }
    // The urgent comes first and under the same name as the opening: who wants both hears once.
    let mut events = Vec::new();
    if red && (opened || worse) {
        events.push((Event::RedFlag, format!("{} opened", row.id)));
    }
    if opened {
        events.push((Event::Opened, format!("{} opened", row.id)));
    }
    if changed {
        events.push((Event::Changed, format!("{} {state} {}", row.id, row.seq.0)));
    }
    let mut told = None;
    for (event, about) in events {
        if is_wanted(tx.db, &programme.id, event)? {
            let case = match &told {
                Some(case) => case,
                None => told.insert(case_of(tx, &programme, kind, row)?),
            };
            let message = notify::message(event, case, &format!("/office#/office/orders/{}", row.id));
            tell(tx, &message, &about, now_ms)?;
        }
    }
    if changed {
        write_to_citizens(tx, &programme, kind, row, &state, now_ms)?;
    }
    Ok(())
}

/// Writes to those who reported an order and left an e-mail address.
fn write_to_citizens(
    tx: &Tx<'_>,
    programme: &Programme,
    kind: &OrderKind,
    row: &Row,
    state: &str,
    now_ms: u64,
) -> Result<()> {
    let mut addresses: Vec<String> = Vec::new();
    {
        // Also of those whose report was joined with this one: it goes on here for them.
        let mut statement = tx.db.prepare_cached(
            "SELECT DISTINCT contact, record FROM citizen_report WHERE contact LIKE '%@%' AND (record = ?1 OR record IN \
             (SELECT record.id FROM order_case JOIN record ON record.no = order_case.no \
              WHERE order_case.shelf = ?2 AND order_case.kind = ?3 AND class <> 0))",
        )?;
        let mut rows = statement.query((row.id.bytes(), row.shelf, &kind.id))?;
        while let Some(found) = rows.next()? {
            let reported = row::id_of(found.get(1)?);
            let ends_here = reported == row.id
                || row::load(tx.db, reported)?
                    .map(|order| orders::goes_on_in(tx.db, order))
                    .transpose()?
                    .is_some_and(|last| last.id == row.id);
            if ends_here {
                addresses.push(found.get(0)?);
            }
        }
    }
    // What she typed may hold a telephone number beside the address.
    let words = |text: &String| text.split([' ', ',', ';', '\n']).map(str::to_owned).collect::<Vec<_>>();
    let addresses: Vec<String> =
        addresses.iter().flat_map(words).filter(|word| outbox::is_email(word)).collect();
    if addresses.is_empty() {
        return Ok(());
    }
    let case = case_of(tx, programme, kind, row)?;
    let title = kind.state(state).map_or(state, |state| citizen_title(state));
    let message = notify::letter(&case, title);
    for address in addresses {
        outbox::write_to(tx, &address, &message, &format!("{} {state} {}", row.id, row.seq.0), now_ms)?;
    }
    Ok(())
}

/// What a citizen reads about a state.
pub(crate) fn citizen_title(state: &domain::order::StateKind) -> &str {
    if state.citizen.th.is_empty() { &state.title.th } else { &state.citizen.th }
}

/// Whether a severity is the most urgent that there is.
fn is_red(kind: &OrderKind, severity: &str) -> bool {
    !kind.severities.is_empty() && kind.rank(severity) == 0
}

/// An order as a message may tell of it.
fn case_of<'a>(tx: &Tx<'_>, programme: &'a Programme, kind: &'a OrderKind, row: &Row) -> Result<Case<'a>> {
    let case = domain::order::Case::read(&row.view);
    let topics = case.as_ref().map(|case| case.topics.clone()).unwrap_or_default();
    let topics: Vec<&str> =
        topics.iter().filter_map(|id| kind.topic(id)).map(|topic| topic.title.th.as_str()).collect();
    let state = case.as_ref().map(|case| case.state(kind)).unwrap_or_default();
    let subject = case.map(|case| row::load(tx.db, case.subject)).transpose()?.flatten();
    let lines = subject.as_ref().map(|subject| further_lines(programme, &subject.view)).unwrap_or_default();
    let state_title = kind.state(&state).map_or("", |state| state.title.th.as_str());
    Ok(Case {
        programme,
        about: About { id: row.id.to_string(), number: number_of(row.id), kind: kind.id.clone(), state },
        what: if topics.is_empty() { kind.title.th.clone() } else { topics.join(", ") },
        subject: subject.map(|subject| public_name(programme, &subject.view)).unwrap_or_default(),
        state_title,
        public: lines,
    })
}

/// The end of an order's id, short enough to be said on the telephone.
pub(crate) fn number_of(order: RecordId) -> String {
    let text = order.to_string();
    text.get(text.len().saturating_sub(6)..).unwrap_or_default().to_ascii_uppercase()
}

/// The fields of a programme that anybody may see; none of a sensitive one.
pub fn public_fields(programme: &Programme) -> &[String] {
    programme.public.as_ref().filter(|_| !programme.sensitive).map_or(&[], |page| page.fields.as_slice())
}

/// What a subject is called, as far as anybody may know.
pub(crate) fn public_name(programme: &Programme, view: &Record) -> String {
    let public = public_fields(programme);
    let parts = programme.subject.heading.iter().filter(|id| public.contains(id));
    let texts: Vec<String> = parts.filter_map(|id| view.get(id)).map(project::plain).collect();
    texts.join(" ")
}

/// A line of what anybody may see of a subject.
pub struct PublicLine {
    /// Which field it is.
    pub field: String,
    /// What the field is called.
    pub title: String,
    /// What it says; of several choices each in words.
    pub value: String,
}

/// What anybody may see of a subject whose fields `of` gives, in the order of its programme and in `language` (`th`, `en`).
pub fn public_lines<'v>(
    programme: &Programme,
    of: impl Fn(&str) -> Option<&'v Value>,
    language: &str,
) -> Vec<PublicLine> {
    let line = |id: &String| {
        let field = programme.field(id)?;
        let words = |value: &Value| {
            let text = project::plain(value);
            match field.choices.get(&text) {
                Some(choice) => choice.in_language(language).to_owned(),
                None => text,
            }
        };
        let value = match of(id.as_str())? {
            Value::Array(several) => several.iter().map(words).collect::<Vec<_>>().join(", "),
            one => words(one),
        };
        let title = field.title.in_language(language).to_owned();
        (!value.is_empty()).then(|| PublicLine { field: id.clone(), title, value })
    };
    public_fields(programme).iter().filter_map(line).collect()
}

/// What anybody may see of a subject beside what it is called, a line each, in Thai.
pub(crate) fn further_lines(programme: &Programme, view: &Record) -> Vec<String> {
    let lines = public_lines(programme, |id| view.get(id), "th").into_iter();
    let further = lines.filter(|line| !programme.subject.heading.contains(&line.field));
    further.map(|line| format!("{}: {}", line.title, line.value)).collect()
}

/// What can be the matter with a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeviceTrouble {
    /// Something that it sent was refused.
    Refused,
    /// It is a copy of another.
    Copied,
    /// It has not been heard of for days.
    Silent,
}

/// Tells that something is the matter with a device since `since_ms`: by its number, which says nothing about its holder.
/// Once for each day on which something began.
pub(crate) fn tell_of_device(
    tx: &Tx<'_>,
    trouble: DeviceTrouble,
    device: DeviceNo,
    since_ms: u64,
    now_ms: u64,
) -> Result<()> {
    if device == DeviceNo::SERVER || !is_wanted(tx.db, "", Event::Trouble)? {
        return Ok(());
    }
    let no = device.0;
    let (title, page) = match trouble {
        DeviceTrouble::Refused => (format!("มีข้อมูลจากเครื่องที่ {no} ที่ระบบรับไม่ได้ เปิดดูในสนาม"), "refused"),
        DeviceTrouble::Copied => (format!("เครื่องที่ {no} เป็นสำเนาของอีกเครื่อง ตรวจในสนาม"), "devices"),
        DeviceTrouble::Silent => (format!("เครื่องที่ {no} ไม่ได้ส่งข้อมูลมาหลายวัน ตรวจในสนาม"), "devices"),
    };
    let message = Message {
        event: Event::Trouble,
        programme: String::new(),
        title,
        lines: Vec::new(),
        path: format!("/office#/office/{page}"),
        about: None,
    };
    let day = thai_date::day_of(since_ms, thai_date::THAI_OFFSET_MINUTES);
    tell(tx, &message, &format!("{trouble:?} {no} {day}"), now_ms)
}

impl Store {
    /// Looks for what nobody does and time alone brings about: devices that fell silent, orders past their time. Each is told
    /// once.
    pub fn look_around_for_notices(&mut self, now_ms: u64) -> Result<()> {
        let devices = is_wanted(&self.db, "", Event::Trouble)?;
        let mut late = Vec::new();
        for programme in self.programmes.values() {
            if !programme.orders.is_empty() && is_wanted(&self.db, &programme.id, Event::Overdue)? {
                late.push(programme.clone());
            }
        }
        if !devices && late.is_empty() {
            return Ok(());
        }
        let silent = if devices { silent_devices(&self.db, now_ms)? } else { Vec::new() };
        let mut orders = Vec::new();
        for programme in late {
            for (row, due) in late_orders(&self.db, &programme.id, now_ms)? {
                orders.push((programme.clone(), row, due));
            }
        }
        if silent.is_empty() && orders.is_empty() {
            return Ok(());
        }
        self.transact(|tx| {
            for (device, seen) in silent {
                // Its silence is told of by the day it began, not by today's.
                tell_of_device(tx, DeviceTrouble::Silent, device, seen, now_ms)?;
            }
            for (programme, row, due) in orders {
                let Some((case, kind)) = orders::read(&programme, &row.view) else { continue };
                if Cause::of(tx.db, &case, kind)?.withdrawn {
                    continue; // a correction took it back: nobody is late
                }
                let case = case_of(tx, &programme, kind, &row)?;
                let path = format!("/office#/office/orders/{}", row.id);
                let message = notify::message(Event::Overdue, &case, &path);
                tell(tx, &message, &format!("{} overdue {due}", row.id), now_ms)?;
            }
            Ok(())
        })
    }
}

/// Devices that were last heard of between a month and three days ago. Whoever has been silent for longer is on leave, or the
/// device is lost, and was told of.
fn silent_devices(db: &Connection, now_ms: u64) -> Result<Vec<(DeviceNo, u64)>> {
    let mut statement =
        db.prepare_cached("SELECT no, seen FROM device WHERE revoked = 0 AND seen BETWEEN ?1 AND ?2")?;
    let since = (now_ms.saturating_sub(KEPT_MS), now_ms.saturating_sub(SILENT_MS));
    let rows = statement.query_map(since, |row| Ok((DeviceNo(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Orders of a programme that came past their time in the last month and were not told of yet, with that time.
fn late_orders(db: &Connection, programme: &str, now_ms: u64) -> Result<Vec<(Row, u64)>> {
    let mut statement = db.prepare_cached(
        "SELECT order_case.no, due FROM order_case JOIN shelf ON shelf.no = order_case.shelf \
         WHERE shelf.programme = ?1 AND class = 0 AND due BETWEEN ?2 AND ?3 ORDER BY due LIMIT 1000",
    )?;
    let mut rows = statement.query((programme, now_ms.saturating_sub(KEPT_MS), now_ms.saturating_sub(1)))?;
    let mut late = Vec::new();
    while let Some(found) = rows.next()? {
        if let Some(row) = row::load_no(db, found.get(0)?)? {
            let due = found.get(1)?;
            let about = format!("{} overdue {due}", row.id);
            let told: bool = db
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM notice WHERE about = ?1)")?
                .query_row([about], |row| row.get(0))?;
            if !told {
                late.push((row, due));
            }
        }
    }
    Ok(late)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::change::Values;
    use domain::clock::Stamp;
    use domain::ids::Seq;
    use domain::merge::Cell;
    use domain::order::PublicPage;
    use domain::programme::{FieldKind, SubjectKind, Words};
    use serde_json::json;

    #[test]
    fn of_several_choices_anybody_reads_each_in_words_on_a_page_and_in_a_message() {
        let words = |th: &str, en: &str| Words { th: th.into(), en: en.into() };
        let lamps = FieldKind {
            id: "lamps".into(),
            title: words("โคม", "Lamps"),
            choices: [("led", words("แอลอีดี", "LED")), ("old", words("โซเดียม", "sodium"))]
                .map(|(id, words)| (id.to_owned(), words))
                .into(),
            ..FieldKind::default()
        };
        let no =
            FieldKind { id: "no".into(), title: words("เลขเสา", "Pole"), ..FieldKind::default() };
        let mut programme = Programme {
            subject: SubjectKind {
                fields: vec![no, lamps],
                heading: vec!["no".into()],
                ..SubjectKind::default()
            },
            public: Some(PublicPage { fields: vec!["no".into(), "lamps".into()], ..PublicPage::default() }),
            ..Programme::default()
        };
        let values: Values = [("no", json!("F-7")), ("lamps", json!(["led", "old", 3]))]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
        let shown = |programme: &Programme, language: &str| -> Vec<(String, String)> {
            let lines = public_lines(programme, |id| values.get(id), language).into_iter();
            lines.map(|line| (line.title, line.value)).collect()
        };
        let line = |title: &str, value: &str| (title.to_owned(), value.to_owned());
        assert_eq!(shown(&programme, "en"), [line("Pole", "F-7"), line("Lamps", "LED, sodium, 3")]);
        assert_eq!(shown(&programme, "th"), [line("เลขเสา", "F-7"), line("โคม", "แอลอีดี, โซเดียม, 3")]);
        let mut view = Record::default();
        for (name, value) in values.clone() {
            view.cells.insert(name, Cell { value, stamp: Stamp::default(), seq: Seq(0) });
        }
        assert_eq!(further_lines(&programme, &view), ["โคม: แอลอีดี, โซเดียม, 3"]);
        programme.sensitive = true;
        assert_eq!((shown(&programme, "th").len(), further_lines(&programme, &view).len()), (0, 0));
    }
}
