//! The first column: what kind of question a row is.

use crate::definition::{Kind, Store};

/// What a row of the survey does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowType {
    /// A question without options.
    Plain(Plain),
    /// A question with options.
    Select(Select),
    /// `begin group`, `begin repeat`.
    Begin(Kind),
    /// `end group`, `end repeat`.
    End(Kind),
    /// `begin loop over list`.
    BeginLoop(String),
    /// `end loop`.
    EndLoop,
    /// A file that expressions ask: `csv-external`, `xml-external`.
    External(&'static str),
    /// A log of what was done when: checked, and left out.
    Audit,
    /// A setting that is written as a row, as very old forms do.
    Setting(&'static str),
    /// Known to ODK, of no use here: left out with a warning.
    Skipped,
    /// Nothing we know.
    Unknown,
}

/// A question without options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    /// What it is.
    pub kind: Kind,
    /// How it is stored.
    pub store: Store,
    /// It has no widget.
    pub unseen: bool,
    /// Where metadata comes from.
    pub preload: &'static str,
}

/// A question with options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// One, several, or in order.
    pub kind: Kind,
    /// Name of the list, the file, or `${question}`.
    pub list: String,
    /// The options are in a file of their own.
    pub from_file: bool,
    /// Values that are not offered are answers too.
    pub open: bool,
    /// A free-text option is added.
    pub or_other: bool,
}

/// Understands the type of a row.
pub fn understand(text: &str) -> RowType {
    let words: Vec<&str> = text.split_whitespace().collect();
    let joined = words.join(" ");
    let lower = joined.to_lowercase();
    if let Some(begin) = begin_or_end(&lower) {
        // The list's name keeps its letters.
        return match begin {
            RowType::BeginLoop(list) => {
                let place = lower.len() - list.len();
                RowType::BeginLoop(joined.get(place..).map_or(list, str::to_owned))
            }
            other => other,
        };
    }
    if let Some(select) = select(&joined) {
        return RowType::Select(select);
    }
    let shown = |kind, store| RowType::Plain(Plain { kind, store, unseen: false, preload: "" });
    let unseen = |kind, store, preload| RowType::Plain(Plain { kind, store, unseen: true, preload });
    match lower.replace('_', " ").as_str() {
        "text" | "string" | "q string" | "add text prompt" => shown(Kind::Text, Store::Text),
        "integer" | "int" | "q int" | "add integer prompt" => shown(Kind::Integer, Store::Integer),
        "decimal" | "q decimal" | "add decimal prompt" => shown(Kind::Decimal, Store::Decimal),
        "range" => shown(Kind::Range, Store::Decimal),
        "note" | "add note prompt" | "q note" => shown(Kind::Note, Store::Text),
        "date" | "q date" | "add date prompt" => shown(Kind::Date, Store::Date),
        "time" | "q time" => shown(Kind::Time, Store::Time),
        "datetime" | "date time" | "q date time" | "add date time prompt" => {
            shown(Kind::DateTime, Store::DateTime)
        }
        "geopoint" | "gps" | "location" | "q geopoint" | "q location" | "add location prompt" => {
            shown(Kind::Geopoint, Store::Geopoint)
        }
        "geotrace" => shown(Kind::Geotrace, Store::Geotrace),
        "geoshape" => shown(Kind::Geoshape, Store::Geoshape),
        "start-geopoint" | "background-geopoint" => unseen(Kind::Geopoint, Store::Geopoint, ""),
        "image" | "photo" | "q picture" | "q image" | "add image prompt" | "add photo prompt" => {
            shown(Kind::Image, Store::Binary)
        }
        "audio" | "q audio" | "add audio prompt" => shown(Kind::Audio, Store::Binary),
        "video" | "q video" | "add video prompt" => shown(Kind::Video, Store::Binary),
        "file" | "add file prompt" => shown(Kind::File, Store::Binary),
        "barcode" | "q barcode" | "add barcode prompt" => shown(Kind::Barcode, Store::Text),
        "acknowledge" | "trigger" | "q acknowledge" | "add acknowledge prompt" => {
            shown(Kind::Acknowledge, Store::Text)
        }
        "calculate" | "q calculate" | "add calculate prompt" => unseen(Kind::Calculate, Store::Text, ""),
        "hidden" => unseen(Kind::Hidden, Store::Text, ""),
        "start" | "start time" | "get start time" => unseen(Kind::Metadata, Store::DateTime, "start"),
        "end" | "end time" | "get end time" => unseen(Kind::Metadata, Store::DateTime, "end"),
        "today" | "get today" => unseen(Kind::Metadata, Store::Date, "today"),
        "deviceid" | "device id" | "imei" | "get device id" => {
            unseen(Kind::Metadata, Store::Text, "deviceid")
        }
        "username" => unseen(Kind::Metadata, Store::Text, "username"),
        "phonenumber" | "get phone number" => unseen(Kind::Metadata, Store::Text, "phonenumber"),
        "email" => unseen(Kind::Metadata, Store::Text, "email"),
        "subscriberid" | "get subscriber id" => unseen(Kind::Metadata, Store::Text, "subscriberid"),
        "simserial" | "get sim id" => unseen(Kind::Metadata, Store::Text, "simserial"),
        "tel" | "phone number" => shown(Kind::Text, Store::Text),
        "background-audio" => unseen(Kind::Audio, Store::Binary, ""),
        "audit" => RowType::Audit,
        "csv-external" => RowType::External("csv"),
        "xml-external" => RowType::External("xml"),
        "form title" | "set form title" => RowType::Setting("form_title"),
        "form id" | "set form id" => RowType::Setting("form_id"),
        "prefix" => RowType::Skipped,
        other if other == "osm" || other.starts_with("osm ") => shown(Kind::File, Store::Binary),
        // Community-health forms: a picker of a record elsewhere, stored as its id.
        other if other.starts_with("db:") => shown(Kind::Text, Store::Text),
        other if other.starts_with("hidden ") => unseen(Kind::Hidden, Store::Text, ""),
        _ => RowType::Unknown,
    }
}

fn begin_or_end(lower: &str) -> Option<RowType> {
    let (begins, rest) = if let Some(rest) = lower.strip_prefix("begin") {
        (true, rest)
    } else {
        (false, lower.strip_prefix("end")?)
    };
    let mut words = rest.trim_start_matches([' ', '_', '-']).split_whitespace();
    let kind = match words.next()? {
        "group" => Kind::Group,
        "repeat" | "lgroup" | "looped" => Kind::Repeat,
        "loop" if begins => {
            let list = words.find(|word| *word != "over").unwrap_or_default();
            return Some(RowType::BeginLoop(list.to_owned()));
        }
        "loop" => return Some(RowType::EndLoop),
        _ => return None,
    };
    Some(if begins { RowType::Begin(kind) } else { RowType::End(kind) })
}

const SELECTS: &[(&str, Kind, bool)] = &[
    ("select_one_from_file", Kind::SelectOne, true),
    ("select one from file", Kind::SelectOne, true),
    ("select_multiple_from_file", Kind::SelectMultiple, true),
    ("select multiple from file", Kind::SelectMultiple, true),
    ("select_one_external", Kind::SelectOne, false),
    ("select one external", Kind::SelectOne, false),
    ("select one from", Kind::SelectOne, false),
    ("add select one prompt using", Kind::SelectOne, false),
    ("select_one", Kind::SelectOne, false),
    ("select one", Kind::SelectOne, false),
    ("select1", Kind::SelectOne, false),
    ("select all that apply from", Kind::SelectMultiple, false),
    ("add select multiple prompt using", Kind::SelectMultiple, false),
    ("select all that apply", Kind::SelectMultiple, false),
    ("select_multiple", Kind::SelectMultiple, false),
    ("select multiple", Kind::SelectMultiple, false),
    ("rank", Kind::Rank, false),
];

fn select(text: &str) -> Option<Select> {
    let (words, kind, from_file) = SELECTS.iter().find(|(words, _, _)| {
        text.get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words))
            && text.get(words.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    })?;
    let rest = text.get(words.len()..).unwrap_or_default().trim();
    let ends = [" or_other", " or other", " or specify other"];
    let (list, or_other) = match ends.iter().find_map(|end| rest.strip_suffix(end)) {
        Some(list) => (list.trim(), true),
        None => (rest, false),
    };
    let open = words.ends_with("external");
    Some(Select { kind: *kind, list: list.to_owned(), from_file: *from_file, open, or_other })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_understood() {
        assert_eq!(understand("begin_group"), RowType::Begin(Kind::Group));
        assert_eq!(understand("End Repeat"), RowType::End(Kind::Repeat));
        let select = Select {
            kind: Kind::SelectOne,
            list: "yesno".to_owned(),
            from_file: false,
            open: false,
            or_other: true,
        };
        assert_eq!(understand("select_one yesno or_other"), RowType::Select(select));
        assert!(matches!(
            understand("select_one_from_file meters.csv"),
            RowType::Select(Select { from_file: true, .. })
        ));
        assert!(matches!(understand("end"), RowType::Plain(Plain { preload: "end", .. })));
        assert_eq!(understand("integr"), RowType::Unknown);
    }
}
