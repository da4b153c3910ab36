//! From the sheets of an XLSForm to a form, with messages a clerk can act on.
//!
//! The importer is more lenient than the reference converter where the meaning is clear (aliases, letter case, repeated
//! choice names) and as strict where it is not. It collects all mistakes instead of stopping at the first.

mod choices;
mod columns;
mod expressions;
mod parameters;
mod refs;
mod sheets;
mod survey;
mod types;

use std::fmt;

use crate::definition::{Definition, FORMAT};
use crate::form::Form;
pub use sheets::{Sheet, SheetRow, Sheets};

/// A form that was read, and what its author should look at all the same.
#[derive(Debug)]
pub struct Imported {
    /// The form.
    pub form: Form,
    /// Things that are allowed but probably not meant.
    pub warnings: Vec<Message>,
}

/// Something about a sheet that its author should change, in Thai and English: what is wrong and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Name of the sheet.
    pub sheet: String,
    /// Row as a spreadsheet counts: the header is row 1.
    pub row: Option<u32>,
    /// Head of the column.
    pub column: Option<String>,
    /// In Thai.
    pub th: String,
    /// In English.
    pub en: String,
}

impl fmt::Display for Message {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.sheet)?;
        if let Some(row) = self.row {
            write!(out, " แถว {row}")?;
        }
        if let Some(column) = &self.column {
            write!(out, " ช่อง {column}")?;
        }
        write!(out, ": {} / {}", self.th, self.en)
    }
}

/// A place in a sheet, to hang messages on.
#[derive(Clone, Debug, Default)]
struct At {
    sheet: String,
    row: Option<u32>,
    column: Option<String>,
}

impl At {
    fn sheet(name: &str) -> At {
        At { sheet: name.to_owned(), row: None, column: None }
    }

    fn row(name: &str, row: u32) -> At {
        At { sheet: name.to_owned(), row: Some(row), column: None }
    }

    fn column(&self, column: &str) -> At {
        At { column: Some(column.to_owned()), ..self.clone() }
    }
}

/// Mistakes and oddities found so far.
#[derive(Debug, Default)]
struct Report {
    errors: Vec<Message>,
    warnings: Vec<Message>,
}

impl Report {
    fn error(&mut self, at: &At, th: impl Into<String>, en: impl Into<String>) {
        self.errors.push(message(at, th.into(), en.into()));
    }

    fn warn(&mut self, at: &At, th: impl Into<String>, en: impl Into<String>) {
        self.warnings.push(message(at, th.into(), en.into()));
    }
}

fn message(at: &At, th: String, en: String) -> Message {
    Message { sheet: at.sheet.clone(), row: at.row, column: at.column.clone(), th, en }
}

/// Reads a form from its sheets. All mistakes are told at once.
pub fn import(sheets: &Sheets) -> Result<Imported, Vec<Message>> {
    let mut report = Report::default();
    let Some(survey_sheet) = sheets.get("survey") else {
        report.error(
            &At::sheet("survey"),
            "ไม่มีแผ่นงาน survey เพิ่มแผ่นงานชื่อ survey ที่มีช่อง type, name, label",
            "There is no sheet `survey`; add one with the columns type, name, label",
        );
        return Err(report.errors);
    };
    let settings = read_settings(sheets);
    let mut languages = columns::Languages::default();
    let table = columns::read(survey_sheet, columns::SURVEY, &mut languages, &mut report);
    let mut lists = choices::read(sheets, &mut languages, &mut report);
    let default_language = settings.default_language(&mut languages);
    if settings.get("name").is_some_and(|name| !survey::is_name(name)) {
        report.error(
            &At::row("settings", 1).column("name"),
            "name ใช้ไม่ได้ ต้องขึ้นต้นด้วยตัวอักษรหรือ _ และไม่มีช่องว่าง",
            "This name cannot be used; it must begin with a letter or _ and hold no blanks",
        );
    }
    let mut definition = Definition {
        format: FORMAT,
        id: settings.get("form_id").or_else(|| settings.get("form_title")).unwrap_or("form").to_owned(),
        version: settings.get("version").unwrap_or_default().to_owned(),
        title: settings.get("form_title").or_else(|| settings.get("form_id")).unwrap_or("form").to_owned(),
        languages: languages.names(),
        default_language,
        ..Definition::default()
    };
    survey::read(&table, &languages, &mut lists, &mut definition, &mut report);
    if let Some(rule) = settings.get("instance_name") {
        let at = At::row("settings", 2).column("instance_name");
        definition.instance_name =
            expressions::resolve(rule, 0, &definition, &at, expressions::Place::Outside, &mut report);
    }
    definition.instances = lists.into_instances();
    if !report.errors.is_empty() {
        return Err(report.errors);
    }
    match Form::new(definition) {
        Ok(form) => {
            for circle in form.circles() {
                report.warn(
                    &At::sheet("survey"),
                    format!("สูตรอ้างถึงกันเป็นวง: {circle} จะคำนวณครั้งเดียวตามลำดับ ควรแก้ให้ไม่วนกลับ"),
                    format!("These questions depend on each other in a circle: {circle}; they are worked out once, in order"),
                );
            }
            Ok(Imported { form, warnings: report.warnings })
        }
        Err(error) => {
            report.error(
                &At::sheet("survey"),
                format!("อ่านแบบฟอร์มไม่ได้: {error}"),
                format!("The form cannot be read: {error}"),
            );
            Err(report.errors)
        }
    }
}

/// The one row of the settings sheet.
struct Settings(Vec<(String, String)>);

impl Settings {
    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    fn default_language(&self, languages: &mut columns::Languages) -> usize {
        match self.get("default_language") {
            Some(wanted) => languages.find(wanted).unwrap_or(0),
            None => 0,
        }
    }
}

fn read_settings(sheets: &Sheets) -> Settings {
    let Some(sheet) = sheets.get("settings") else { return Settings(Vec::new()) };
    let Some(row) = sheet.rows.iter().find(|row| row.cells.iter().any(|cell| !cell.trim().is_empty())) else {
        return Settings(Vec::new());
    };
    let name = |head: &String| match head.trim().to_lowercase().replace(' ', "_").as_str() {
        "title" | "set_form_title" => "form_title".to_owned(),
        "id_string" | "set_form_id" => "form_id".to_owned(),
        other => other.to_owned(),
    };
    Settings(sheet.header.iter().map(name).zip(row.cells.iter().map(|cell| cell.trim().to_owned())).collect())
}
