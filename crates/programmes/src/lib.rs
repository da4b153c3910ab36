//! The programmes that come with Sanam, as folders of data. This crate only embeds and reads them.
//!
//! A folder holds `programme.toml`, one folder of XLSForm sheets for each form, `cases.toml` (what the forms must
//! answer, run by the tests here) and `README.md`. A new programme is a new folder: HOW-TO-ADD.md says how.

pub mod cases;

use domain::programme::Programme;
use forms::{Message, Sheets};

#[cfg(test)]
mod tests;

/// A programme's folder, as text.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Name of the folder; the programme's id.
    pub id: &'a str,
    /// `programme.toml`.
    pub programme: &'a str,
    /// The folders of its forms.
    pub forms: &'a [FormSource<'a>],
    /// `cases.toml`.
    pub cases: &'a str,
    /// `README.md`.
    pub readme: &'a str,
}

/// A form's folder, as text: the sheets of an XLSForm.
#[derive(Clone, Copy, Debug)]
pub struct FormSource<'a> {
    /// Name of the folder; the form's id.
    pub id: &'a str,
    /// `survey.csv`.
    pub survey: &'a str,
    /// `choices.csv`.
    pub choices: &'a str,
    /// `settings.csv`.
    pub settings: &'a str,
}

impl FormSource<'_> {
    /// Returns the sheets, as crate `forms` takes them.
    ///
    /// # Errors
    /// What is wrong with the text of a sheet, in Thai and English.
    pub fn sheets(&self) -> Result<Sheets, Vec<Message>> {
        Sheets::from_csv([("survey", self.survey), ("choices", self.choices), ("settings", self.settings)])
    }
}

/// The folders that ship, by name. `build.rs` finds them.
pub const SOURCES: &[Source<'static>] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// Why a folder is no programme.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// `programme.toml` cannot be read.
    #[error("{programme}/programme.toml: {source}")]
    Toml {
        /// The folder.
        programme: String,
        /// What the reader says, with the line.
        source: Box<toml::de::Error>,
    },
    /// The sheets of a form cannot be read.
    #[error("{programme}/{form}: {}", list(.messages))]
    Form {
        /// The folder.
        programme: String,
        /// The form's folder.
        form: String,
        /// What its author should change.
        messages: Vec<Message>,
    },
    /// `programme.toml` and the form folders do not name the same forms.
    #[error("{programme}: form {form:?} is named only in {place}")]
    Unpaired {
        /// The folder.
        programme: String,
        /// The form.
        form: String,
        /// Where it is named.
        place: &'static str,
    },
    /// The definition contradicts itself.
    #[error("{programme}: {}", .faults.join("; "))]
    Inconsistent {
        /// The folder.
        programme: String,
        /// [`Programme::faults`].
        faults: Vec<String>,
    },
}

fn list(messages: &[Message]) -> String {
    messages.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Source<'_> {
    /// Reads the folder into a programme whose forms are compiled.
    ///
    /// # Errors
    /// The first thing in the folder that its author should change.
    pub fn read(&self) -> Result<Programme, Fault> {
        let programme = || self.id.to_owned();
        let mut read: Programme = toml::from_str(self.programme)
            .map_err(|source| Fault::Toml { programme: programme(), source: Box::new(source) })?;
        for source in self.forms {
            let fault =
                |messages| Fault::Form { programme: programme(), form: source.id.to_owned(), messages };
            let imported = forms::import(&source.sheets().map_err(fault)?).map_err(fault)?;
            let form = read.forms.iter_mut().find(|form| form.id == source.id);
            let unpaired = || Fault::Unpaired {
                programme: programme(),
                form: source.id.to_owned(),
                place: "its folder",
            };
            form.ok_or_else(unpaired)?.definition = imported.form.to_json();
        }
        if let Some(form) = read.forms.iter().find(|form| form.definition.is_null()) {
            return Err(Fault::Unpaired {
                programme: programme(),
                form: form.id.clone(),
                place: "programme.toml",
            });
        }
        let faults = read.faults();
        if faults.is_empty() { Ok(read) } else { Err(Fault::Inconsistent { programme: programme(), faults }) }
    }
}

/// Reads every programme, in order.
///
/// # Errors
/// The first thing in a folder that its author should change. The tests of this crate see to it that there is none.
pub fn all() -> Result<Vec<Programme>, Fault> {
    SOURCES.iter().map(Source::read).collect()
}
