//! The decoder of codes, in a worker of its own: a hard picture never holds up the screen, and one on which the
//! decoder dies costs that picture only, because the page starts a new worker.
//! Outside a browser this crate is empty.
#![cfg(target_arch = "wasm32")]

use js_sys::{Array, Object, Reflect};
use scan::{Effort, decode_within, luma_from_rgba};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// How long a photograph may be looked at, milliseconds.
const STILL_MS: f64 = 15_000.0;
/// How long a camera's frame may be looked at; the next one comes anyway.
const FRAME_MS: f64 = 400.0;

/// Reads the codes in a picture of four bytes a pixel. Gives a list of `{text, format}`, empty if there are none.
#[wasm_bindgen]
pub fn read(width: u32, height: u32, rgba: &[u8], still: bool) -> Array {
    let found = Array::new();
    let Ok(picture) = luma_from_rgba(width as usize, height as usize, rgba) else { return found };
    let (effort, limit) = if still { (Effort::Still, STILL_MS) } else { (Effort::Frame, FRAME_MS) };
    let until = js_sys::Date::now() + limit;
    for symbol in decode_within(&picture.as_luma(), effort, &mut || js_sys::Date::now() < until) {
        let entry = Object::new();
        let format = format!("{:?}", symbol.format);
        for (name, value) in [("text", symbol.text.as_str()), ("format", format.as_str())] {
            // Setting a field of a plain new object cannot fail.
            let _ = Reflect::set(&entry, &JsValue::from_str(name), &JsValue::from_str(value));
        }
        found.push(&entry);
    }
    found
}
