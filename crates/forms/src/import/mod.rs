//! From the sheets of an XLSForm to a form, with messages a clerk can act on.
//!
//! The importer is more lenient than the reference converter where the meaning is clear (aliases, letter case, repeated
//! choice names) and as strict where it is not. It collects all mistakes instead of stopping at the first.

mod choices;
mod columns;
mod entities;
mod expressions;
mod loops;
mod message;
mod parameters;
mod question;
mod refs;
mod sheets;
mod survey;
mod types;

use crate::definition::{Definition, FORMAT};
use crate::form::Form;
use std::collections::BTreeMap;

pub(crate) use expressions::Place as PathPlace;
pub(crate) use message::{At, Report, message};
pub use message::{Code, Message};
pub(crate) use refs::path_to;
pub use sheets::{Sheet, SheetRow, Sheets};
pub(crate) use survey::is_name;

/// A form that was read, and what its author should look at all the same.
#[derive(Debug)]
pub struct Imported {
    /// The form.
    pub form: Form,
    /// Things that are allowed but probably not meant.
    pub warnings: Vec<Message>,
    /// Row of the survey by node, for messages of whoever knows more about the form; nobody wrote the others.
    pub rows: BTreeMap<u32, u32>,
}

/// Reads a form from its sheets. All mistakes are told at once.
pub fn import(sheets: &Sheets) -> Result<Imported, Vec<Message>> {
    let mut report = Report::default();
    let Some(survey_sheet) = sheets.get("survey") else {
        let others: Vec<&str> = sheets.unread().take(20).collect();
        let (th, en) = if others.is_empty() {
            (String::new(), String::new())
        } else {
            let names = others.join(", ");
            (format!(" (ในไฟล์มีแผ่นงาน: {names})"), format!(" (the file has: {names})"))
        };
        report.error(
            Code::SurveyMissing,
            &At::sheet("survey"),
            format!("ไม่มีแผ่นงาน survey เพิ่มหรือเปลี่ยนชื่อแผ่นงานเป็น survey ให้มีช่อง type, name, label{th}"),
            format!(
                "There is no sheet `survey`; add one or rename yours, with the columns type, name, label{en}"
            ),
        );
        return Err(report.errors);
    };
    let settings = read_settings(sheets);
    let mut languages = columns::Languages::default();
    let tidy = settings.get("clean_text_values").is_none_or(|set| expressions::yes_or_no(set) != Some(""));
    let mut table = columns::read(survey_sheet, columns::SURVEY, tidy, &mut languages, &mut report);
    if !table.has("type") {
        report.error(
            Code::ColumnMissing,
            &At::row("survey", 1).column("type"),
            "แผ่นงาน survey ไม่มีช่อง type ใส่หัวตารางในแถวแรก เช่น type, name, label",
            "The survey sheet has no column `type`; write heads such as type, name, label in the first row",
        );
        return Err(report.errors);
    }
    let declarations = entities::read(sheets, &mut report);
    let mut lists = choices::read(sheets, &mut languages, &mut report);
    let default_language = settings.default_language(&mut languages);
    if settings.get("name").is_some_and(|name| !is_name(name)) {
        report.error(
            Code::NameInvalid,
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
    loops::unroll(&mut table, &lists, &mut report);
    let survey = survey::Survey { table: &table, languages: &languages, declarations: &declarations };
    let rows = survey::read(&survey, &mut lists, &mut definition, &mut report);
    definition.settings = settings.others();
    if let Some(rule) = settings.get("instance_name") {
        let at = At::row("settings", 2).column("instance_name");
        definition.instance_name =
            expressions::resolve(rule, 0, &definition, &at, expressions::Place::Outside, &mut report);
    }
    definition.instances = lists.into_instances();
    if !report.errors.is_empty() {
        return Err(report.into_errors());
    }
    match Form::new(definition) {
        Ok(form) => {
            for circle in form.circles() {
                report.warn(Code::Circle,
                    &At::sheet("survey"),
                    format!("สูตรอ้างถึงกันเป็นวง: {circle} จะคำนวณครั้งเดียวตามลำดับ ควรแก้ให้ไม่วนกลับ"),
                    format!("These questions depend on each other in a circle: {circle}; they are worked out once, in order"),
                );
            }
            Ok(Imported { form, warnings: report.warnings, rows })
        }
        Err(error) => {
            report.error(
                Code::FormUnreadable,
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

    /// Settings that are only kept for whoever takes the form to another program.
    fn others(&self) -> BTreeMap<String, String> {
        const OURS: &[&str] =
            &["form_title", "form_id", "version", "default_language", "instance_name", "name"];
        let other = |(name, value): &&(String, String)| {
            !name.is_empty() && !value.is_empty() && !OURS.contains(&name.as_str())
        };
        self.0.iter().filter(other).cloned().collect()
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

/// True for `yes` and its like.
pub(crate) fn is_yes(text: &str) -> bool {
    expressions::yes_or_no(text) == Some("true()")
}
