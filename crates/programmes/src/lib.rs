//! The programmes that come with Sanam, as folders of data. This crate only embeds and reads them.
//!
//! A folder holds `programme.toml`, one folder of XLSForm sheets for each form, `cases.toml` (what the forms must
//! answer, run by the tests here) and `README.md`. A new programme is a new folder and one line in [`SOURCES`].

use domain::programme::Programme;
use forms::{Message, Sheets};

#[cfg(test)]
mod tests;

/// A programme's folder, as text.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Name of the folder; the programme's id.
    pub id: &'static str,
    /// `programme.toml`.
    pub programme: &'static str,
    /// The folders of its forms.
    pub forms: &'static [FormSource],
    /// `cases.toml`.
    pub cases: &'static str,
    /// `README.md`.
    pub readme: &'static str,
}

/// A form's folder, as text: the sheets of an XLSForm.
#[derive(Clone, Copy, Debug)]
pub struct FormSource {
    /// Name of the folder; the form's id.
    pub id: &'static str,
    /// `survey.csv`.
    pub survey: &'static str,
    /// `choices.csv`.
    pub choices: &'static str,
    /// `settings.csv`.
    pub settings: &'static str,
}

impl FormSource {
    /// Returns the sheets, as crate `forms` takes them.
    ///
    /// # Errors
    /// What is wrong with the text of a sheet, in Thai and English.
    pub fn sheets(&self) -> Result<Sheets, Vec<Message>> {
        Sheets::from_csv([("survey", self.survey), ("choices", self.choices), ("settings", self.settings)])
    }
}

macro_rules! form {
    ($programme:literal, $form:literal) => {
        FormSource {
            id: $form,
            survey: include_str!(concat!("../", $programme, "/", $form, "/survey.csv")),
            choices: include_str!(concat!("../", $programme, "/", $form, "/choices.csv")),
            settings: include_str!(concat!("../", $programme, "/", $form, "/settings.csv")),
        }
    };
}

macro_rules! programme {
    ($programme:literal: $($form:literal),+) => {
        Source {
            id: $programme,
            programme: include_str!(concat!("../", $programme, "/programme.toml")),
            forms: &[$(form!($programme, $form)),+],
            cases: include_str!(concat!("../", $programme, "/cases.toml")),
            readme: include_str!(concat!("../", $programme, "/README.md")),
        }
    };
}

/// The folders, in the order in which screens show the programmes.
pub const SOURCES: &[Source] = &[
    programme!("water": "reading"),
    programme!("care": "visit", "adl"),
    programme!("lights": "inspect", "fault", "tag"),
];

/// Why a folder is no programme.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// `programme.toml` cannot be read.
    #[error("{programme}/programme.toml: {source}")]
    Toml {
        /// The folder.
        programme: &'static str,
        /// What the reader says, with the line.
        source: Box<toml::de::Error>,
    },
    /// The sheets of a form cannot be read.
    #[error("{programme}/{form}: {}", list(.messages))]
    Form {
        /// The folder.
        programme: &'static str,
        /// The form's folder.
        form: &'static str,
        /// What its author should change.
        messages: Vec<Message>,
    },
    /// `programme.toml` and the form folders do not name the same forms.
    #[error("{programme}: form {form:?} is named only in {place}")]
    Unpaired {
        /// The folder.
        programme: &'static str,
        /// The form.
        form: String,
        /// Where it is named.
        place: &'static str,
    },
    /// The definition contradicts itself.
    #[error("{programme}: {}", .faults.join("; "))]
    Inconsistent {
        /// The folder.
        programme: &'static str,
        /// [`Programme::faults`].
        faults: Vec<String>,
    },
}

fn list(messages: &[Message]) -> String {
    messages.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Source {
    /// Reads the folder into a programme whose forms are compiled.
    ///
    /// # Errors
    /// The first thing in the folder that its author should change.
    pub fn read(&self) -> Result<Programme, Fault> {
        let programme = self.id;
        let mut read: Programme = toml::from_str(self.programme)
            .map_err(|source| Fault::Toml { programme, source: Box::new(source) })?;
        for source in self.forms {
            let fault = |messages| Fault::Form { programme, form: source.id, messages };
            let imported = forms::import(&source.sheets().map_err(fault)?).map_err(fault)?;
            let form = read.forms.iter_mut().find(|form| form.id == source.id);
            let unpaired = || Fault::Unpaired { programme, form: source.id.to_owned(), place: "its folder" };
            form.ok_or_else(unpaired)?.definition = imported.form.to_json();
        }
        if let Some(form) = read.forms.iter().find(|form| form.definition.is_null()) {
            return Err(Fault::Unpaired { programme, form: form.id.clone(), place: "programme.toml" });
        }
        let faults = read.faults();
        if faults.is_empty() { Ok(read) } else { Err(Fault::Inconsistent { programme, faults }) }
    }
}

/// Reads every programme, in order.
///
/// # Errors
/// The first thing in a folder that its author should change. The tests of this crate see to it that there is none.
pub fn all() -> Result<Vec<Programme>, Fault> {
    SOURCES.iter().map(Source::read).collect()
}
