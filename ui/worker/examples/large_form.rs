//! Loads and fills the largest form known. Built and timed by `tests/browser/bench.mjs`; no part of the app.
#![cfg(target_arch = "wasm32")]

#[expect(clippy::unwrap_used, reason = "writing to a text does not fail")]
#[path = "../../../tests/src/bench/large_form.rs"]
mod large_form;

use forms::{Filling, FixedHost, Form, Sheets};
use std::collections::BTreeMap;
use std::sync::Arc;
use wasm_bindgen::prelude::wasm_bindgen;

/// The definition as a device downloads it.
///
/// # Errors
/// What is wrong with the form.
#[wasm_bindgen]
pub fn definition() -> Result<String, String> {
    let survey = large_form::large_survey();
    let sheets = Sheets::from_csv([("survey", survey.as_str())]).map_err(|errors| format!("{errors:?}"))?;
    let form = forms::import(&sheets).map_err(|errors| format!("{errors:?}"))?.form;
    Ok(form.to_json().to_string())
}

/// A form that is being filled.
#[wasm_bindgen]
pub struct Sheet(Filling);

/// Reads the definition, begins a record and lays out its pages: what a person waits for.
///
/// # Errors
/// What is wrong with the definition.
#[wasm_bindgen]
pub fn load(definition: &str) -> Result<Sheet, String> {
    let json = serde_json::from_str(definition).map_err(|error| error.to_string())?;
    let form = Arc::new(Form::from_json(&json).map_err(|error| error.to_string())?);
    let filling = Filling::new(&form, &BTreeMap::new(), Box::new(FixedHost::at(1_795_600_000_000)));
    if filling.pages().is_empty() { Err("no pages".to_owned()) } else { Ok(Sheet(filling)) }
}

#[wasm_bindgen]
impl Sheet {
    /// Answers a question; everything that depends on it is worked out again.
    ///
    /// # Errors
    /// Why there is no such answer.
    pub fn set(&mut self, question: &str, value: &str) -> Result<(), String> {
        self.0.set(question, value).map_err(|error| error.to_string())
    }
}
