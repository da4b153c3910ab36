//! XLSForms without a server: reads the sheets a form is written in, carries the form to devices as compact data, and
//! fills it there with ODK's logic.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::Arc;
//! use forms::{Filling, FixedHost, Form, Sheets};
//!
//! let sheets = Sheets::from_csv([
//!     ("survey", "type,name,label::ไทย (th),constraint,calculation\n\
//!                 hidden,prev,,,\n\
//!                 integer,reading,เลขมิเตอร์,. >= ${prev},\n\
//!                 calculate,used,,,${reading} - ${prev}\n"),
//!     ("settings", "form_id,version\nwater,1\n"),
//! ]).unwrap();
//! let imported = forms::import(&sheets).unwrap();
//!
//! // What devices download, and how they read it.
//! let form = Arc::new(Form::from_json(&imported.form.to_json()).unwrap());
//!
//! let known = BTreeMap::from([("prev".to_owned(), "120".to_owned())]);
//! let mut filling = Filling::new(&form, &known, Box::new(FixedHost::at(1_795_000_000_000)));
//! filling.set("reading", "๑๕๓").unwrap();
//! assert!(filling.problems().is_empty());
//! assert_eq!(filling.finish()["used"], 33);
//! ```
//!
//! The crate does no I/O and has no clock, no randomness and no programme of its own: a [`Host`] gives time, chance,
//! registry rows and functions by name. It follows ODK XForms; where the two official engines differ it follows the one
//! that field workers have, and it never fails on a person's data.
//!
//! Two survey columns are ours: `warning` (a condition that should hold) and `warning_message` (what to say when it
//! does not). They do not block saving.

mod asks;
mod compare;
pub mod definition;
pub mod export;
mod filling;
mod form;
mod host;
mod import;
mod order;
pub mod tree;
#[cfg(feature = "workbook")]
pub mod workbook;
pub mod xpath;

pub use compare::{Changes, QuestionChange, What, compare};
pub use definition::{Definition, Kind};
pub use filling::{
    Choice, EntityChange, Filling, Heading, Item, Page, PageOutline, Place, Problem, ProblemCode, RepeatInfo,
    ResumeError, SetError,
};
pub use form::{Form, FormError, Question};
pub use host::{FixedHost, Host, Row, Value, calculate};
pub use import::{Code, Imported, Message, Sheet, SheetRow, Sheets, import};
#[cfg(feature = "workbook")]
pub use workbook::import_workbook;
