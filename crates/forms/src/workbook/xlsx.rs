//! Workbooks of the present kind: a ZIP of XML parts, read as a stream.

use std::collections::HashMap;
use std::io::{self, BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use zip::ZipArchive;

use super::cells::{Collector, Left, is_moment, moment, number};
use super::{Limits, SHEETS, damaged, encrypted, not_a_workbook};
use crate::import::{At, Code, Message, Sheets, message};

/// Most files a workbook consists of. Real ones have a dozen, some hundred with pictures.
const MOST_PARTS: usize = 5_000;

pub fn read(bytes: &[u8], limits: &Limits) -> Result<Sheets, Message> {
    let mut book = Book {
        archive: ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?,
        unpacked: limits.unpacked,
        limits,
    };
    if book.archive.len() > MOST_PARTS {
        return Err(too_large(limits));
    }
    let Some(workbook) = book.workbook()? else { return Err(not_a_workbook()) };
    let Workbook { sheets: entries, since_1904, folder } = workbook;
    let targets = book.targets(&folder)?;
    let path = |id: &str| targets.get(id).map(|target| join(&folder, target));
    let alone = entries.len() == 1;
    let wanted: Vec<(&str, String)> = entries
        .iter()
        .filter_map(|(name, id)| {
            let lower = name.trim().to_lowercase();
            let name = if SHEETS.contains(&lower.as_str()) {
                name.trim()
            } else if alone {
                // The only sheet is the survey, whatever it is called.
                "survey"
            } else {
                return None;
            };
            Some((name, path(id)?))
        })
        .collect();
    let strings = book.strings(&format!("{folder}sharedStrings.xml"))?;
    let moments = book.moments(&format!("{folder}styles.xml"))?;
    let context = Context { strings, moments, since_1904 };
    let mut left = Left::new(limits);
    let mut sheets = Sheets::default();
    for (name, path) in wanted {
        let mut collector = Collector::new(name, limits, &mut left);
        book.sheet(&path, &context, &mut collector)?;
        sheets.add(collector.finish());
    }
    sheets.set_found(entries.into_iter().map(|(name, _)| name));
    Ok(sheets)
}

fn too_large(limits: &Limits) -> Message {
    let most = limits.unpacked >> 20;
    message(
        Code::TooLarge,
        &At::file(),
        format!(
            "ข้อมูลในไฟล์เมื่อขยายแล้วใหญ่เกิน {most} MB ลบแถวและแผ่นงานที่ไม่ใช้ หรือคัดลอกเฉพาะส่วนที่ใช้ไปไฟล์ใหม่ แล้วส่งใหม่"
        ),
        format!(
            "Unpacked, the file holds more than {most} MB; delete rows and sheets that are not used, or copy what is needed to a new file"
        ),
    )
}

/// The part that names the sheets.
struct Workbook {
    /// Name and relation of each sheet.
    sheets: Vec<(String, String)>,
    since_1904: bool,
    /// Folder of the part, with a `/` at its end.
    folder: String,
}

/// What cells refer to.
struct Context {
    strings: Strings,
    /// For each cell style, whether its numbers are days or times.
    moments: Vec<bool>,
    since_1904: bool,
}

/// Shared texts, one after the other.
#[derive(Default)]
struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    fn get(&self, place: usize) -> &str {
        let start = place.checked_sub(1).map_or(Some(&0), |before| self.ends.get(before));
        let (Some(start), Some(end)) = (start, self.ends.get(place)) else { return "" };
        self.text.get(*start..*end).unwrap_or_default()
    }
}

struct Book<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// Bytes that may still be unpacked.
    unpacked: u64,
    limits: &'a Limits,
}

impl Book<'_> {
    /// Runs through the events of a part; true when there is such a part. `each` says whether to go on.
    fn part(
        &mut self,
        name: &str,
        each: &mut dyn FnMut(Event<'_>) -> Result<bool, Message>,
    ) -> Result<bool, Message> {
        let Some(place) = self.archive.index_for_name(name).or_else(|| {
            // Some programs write the names with other capitals.
            let same = |found: &str| found.eq_ignore_ascii_case(name);
            (0..self.archive.len()).find(|place| {
                self.archive.name_for_index(*place).and_then(Result::ok).is_some_and(|found| same(&found))
            })
        }) else {
            return Ok(false);
        };
        let file = self.archive.by_index(place).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(_) => encrypted(),
            other => damaged(other),
        })?;
        let mut reader = Reader::from_reader(BufReader::new(Capped { inner: file, left: self.unpacked }));
        let mut buffer = Vec::new();
        let outcome = loop {
            match reader.read_event_into(&mut buffer) {
                Ok(Event::Eof) => break Ok(true),
                // Nobody's workbook declares entities of its own, except to blow something up.
                Ok(Event::DocType(_)) => break Err(damaged("DOCTYPE")),
                Ok(event) => match each(event) {
                    Ok(true) => {}
                    Ok(false) => break Ok(true),
                    Err(error) => break Err(error),
                },
                Err(quick_xml::Error::Io(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                    break Err(too_large(self.limits));
                }
                Err(error) => break Err(damaged(error)),
            }
            buffer.clear();
        };
        self.unpacked = reader.get_ref().get_ref().left;
        outcome
    }

    /// The part that names the sheets; `None` when the file is a ZIP but no workbook.
    fn workbook(&mut self) -> Result<Option<Workbook>, Message> {
        let mut main = None;
        self.part("_rels/.rels", &mut |event| {
            if let Event::Start(tag) | Event::Empty(tag) = &event
                && attribute(tag, "Type").is_some_and(|kind| kind.ends_with("/officeDocument"))
            {
                main = attribute(tag, "Target");
            }
            Ok(main.is_none())
        })?;
        let path = main.map_or_else(|| "xl/workbook.xml".to_owned(), |target| join("", &target));
        let folder = path.rfind('/').and_then(|end| path.get(..=end)).unwrap_or_default().to_owned();
        let mut book = Workbook { sheets: Vec::new(), since_1904: false, folder };
        let found = self.part(&path, &mut |event| {
            if let Event::Start(tag) | Event::Empty(tag) = &event {
                match tag.local_name().into_inner() {
                    "sheet" => {
                        let id = tag
                            .attributes()
                            .with_checks(false)
                            .filter_map(Result::ok)
                            .find(|found| found.key.local_name().into_inner() == "id")
                            .map(|found| found.value.into_owned());
                        if let (Some(name), Some(id)) = (attribute(tag, "name"), id) {
                            book.sheets.push((name, id));
                        }
                    }
                    "workbookPr" => {
                        book.since_1904 =
                            attribute(tag, "date1904").is_some_and(|set| set == "1" || set == "true");
                    }
                    _ => {}
                }
            }
            Ok(book.sheets.len() < MOST_PARTS)
        })?;
        Ok((found && !book.sheets.is_empty()).then_some(book))
    }

    /// Paths of the sheets by their relation.
    fn targets(&mut self, folder: &str) -> Result<HashMap<String, String>, Message> {
        let mut targets = HashMap::new();
        self.part(&format!("{folder}_rels/workbook.xml.rels"), &mut |event| {
            if let Event::Start(tag) | Event::Empty(tag) = &event
                && let (Some(id), Some(target)) = (attribute(tag, "Id"), attribute(tag, "Target"))
            {
                targets.insert(id, target);
            }
            Ok(targets.len() < MOST_PARTS)
        })?;
        Ok(targets)
    }

    fn strings(&mut self, path: &str) -> Result<Strings, Message> {
        let mut strings = Strings::default();
        let mut inside = Inside::default();
        self.part(path, &mut |event| {
            if let Event::End(tag) = &event
                && tag.local_name().into_inner() == "si"
            {
                strings.ends.push(strings.text.len());
            }
            inside.take(&event, &mut strings.text);
            Ok(true)
        })?;
        Ok(strings)
    }

    /// For each cell style, whether its number format shows days or times.
    fn moments(&mut self, path: &str) -> Result<Vec<bool>, Message> {
        let mut formats: HashMap<u32, String> = HashMap::new();
        let mut moments = Vec::new();
        let mut in_cells = false;
        self.part(path, &mut |event| {
            match &event {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().into_inner() {
                    "numFmt" => {
                        let id = attribute(tag, "numFmtId").and_then(|id| id.parse().ok());
                        if let (Some(id), Some(code)) = (id, attribute(tag, "formatCode")) {
                            formats.insert(id, code);
                        }
                    }
                    "cellXfs" => in_cells = true,
                    "xf" if in_cells => {
                        let id = attribute(tag, "numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                        moments.push(is_moment(id, formats.get(&id).map(String::as_str)));
                    }
                    _ => {}
                },
                Event::End(tag) if tag.local_name().into_inner() == "cellXfs" => return Ok(false),
                _ => {}
            }
            Ok(true)
        })?;
        Ok(moments)
    }

    fn sheet(&mut self, path: &str, context: &Context, out: &mut Collector<'_>) -> Result<(), Message> {
        let (mut row, mut column) = (0_u32, 0_u32);
        let mut cell = Cell::default();
        let mut inside = Inside::default();
        self.part(path, &mut |event| {
            match &event {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().into_inner() {
                    "row" => {
                        row =
                            attribute(tag, "r").and_then(|r| r.parse().ok()).unwrap_or(row.saturating_add(1));
                        column = 0;
                        return Ok(out.begin_row(row));
                    }
                    "c" => {
                        if let Some(found) = attribute(tag, "r").as_deref().and_then(column_of) {
                            column = found;
                        }
                        cell.begin(tag);
                        if matches!(event, Event::Empty(_)) {
                            column = column.saturating_add(1);
                        }
                    }
                    _ => inside.take(&event, &mut cell.text),
                },
                Event::End(tag) => match tag.local_name().into_inner() {
                    "c" => {
                        cell.give(context, column, out)?;
                        column = column.saturating_add(1);
                    }
                    "sheetData" => return Ok(false),
                    _ => inside.take(&event, &mut cell.text),
                },
                _ => inside.take(&event, &mut cell.text),
            }
            Ok(true)
        })?;
        Ok(())
    }
}

/// A cell that is being read.
#[derive(Default)]
struct Cell {
    kind: String,
    style: usize,
    text: String,
}

impl Cell {
    fn begin(&mut self, tag: &BytesStart<'_>) {
        self.kind = attribute(tag, "t").unwrap_or_default();
        self.style = attribute(tag, "s").and_then(|style| style.parse().ok()).unwrap_or(0);
        self.text.clear();
    }

    fn give(&self, context: &Context, column: u32, out: &mut Collector<'_>) -> Result<(), Message> {
        let value = self.text.trim();
        match self.kind.as_str() {
            "s" => out.cell(column, context.strings.get(value.parse().unwrap_or(usize::MAX))),
            "b" => out.cell(column, if value == "1" { "TRUE" } else { "FALSE" }),
            "" | "n" if value.is_empty() => Ok(()),
            "" | "n" => match value.parse::<f64>() {
                Ok(days) if context.moments.get(self.style).is_some_and(|is| *is) => {
                    out.cell(column, &moment(days, context.since_1904))
                }
                Ok(value) => out.cell(column, &number(value)),
                Err(_) => out.cell(column, value),
            },
            "d" => out.cell(column, value),
            _ => out.cell(column, &self.text),
        }
    }
}

/// Collects the letters inside `<t>` and `<v>`; not inside `<f>`, and not the reading aids beside Japanese text.
#[derive(Default)]
struct Inside {
    text: bool,
    aid: bool,
}

impl Inside {
    fn take(&mut self, event: &Event<'_>, out: &mut String) {
        match event {
            Event::Start(tag) => match tag.local_name().into_inner() {
                "t" | "v" => self.text = !self.aid,
                "rPh" => self.aid = true,
                _ => {}
            },
            Event::End(tag) => match tag.local_name().into_inner() {
                "t" | "v" => self.text = false,
                "rPh" => self.aid = false,
                _ => {}
            },
            Event::Text(text) if self.text => out.push_str(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(text) if self.text => out.push_str(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) if self.text => out.extend(letter(reference)),
            _ => {}
        }
    }
}

/// The letter of `&amp;`, `&#10;` and their like; others mean nothing here.
fn letter(reference: &BytesRef<'_>) -> Option<char> {
    if reference.is_char_ref() {
        return reference.resolve_char_ref().ok().flatten();
    }
    match &**reference {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok().flatten()?;
    Some(match found.normalized_value(XmlVersion::Implicit1_0) {
        Ok(value) => value.into_owned(),
        Err(_) => found.value.into_owned(),
    })
}

/// Column of a reference such as `AB12`, counted from 0.
fn column_of(reference: &str) -> Option<u32> {
    let mut column = 0_u32;
    for letter in reference.bytes().take_while(u8::is_ascii_alphabetic) {
        column = column.saturating_mul(26).saturating_add(u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    }
    column.checked_sub(1)
}

/// A path inside the archive, from a folder and a target that may begin at the top.
fn join(folder: &str, target: &str) -> String {
    match target.strip_prefix('/') {
        Some(from_top) => from_top.to_owned(),
        None => format!("{folder}{}", target.trim_start_matches("./")),
    }
}

/// Lets so many bytes through and then fails, whatever the file says of its size.
struct Capped<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => {
                self.left = left;
                Ok(read)
            }
            None => Err(io::ErrorKind::FileTooLarge.into()),
        }
    }
}
