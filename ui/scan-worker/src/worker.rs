//! What `scan-worker.js` calls.

use crate::session::{self, Session, Verdict};
use js_sys::{Array, Object, Reflect};
use scan::{Area, Effort, Luma, LumaBuf, Point, Symbol, decode_within, luma_from_rgba};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// One opening of the camera, or one picture: read it, then judge what was read.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Reader {
    session: Session,
    found: Vec<Symbol>,
    size: (f32, f32),
}

#[wasm_bindgen]
impl Reader {
    /// Nothing was read yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Reader {
        Reader::default()
    }

    /// Reads a picture of four bytes a pixel, for at most `limit_ms`; with `still` as thoroughly as that allows.
    pub fn read_rgba(&mut self, width: u32, height: u32, rgba: &[u8], still: bool, limit_ms: f64) {
        match luma_from_rgba(width as usize, height as usize, rgba) {
            Ok(picture) => self.read(&picture.as_luma(), still, limit_ms),
            Err(_) => self.found.clear(),
        }
    }

    /// Reads the brightness plane of a camera's frame, whose rows begin `stride` bytes apart.
    pub fn read_luma(
        &mut self,
        width: u32,
        height: u32,
        stride: u32,
        luma: &[u8],
        still: bool,
        limit_ms: f64,
    ) {
        let (width, height, stride) = (width as usize, height as usize, stride as usize);
        if width == stride {
            match Luma::new(width, height, luma) {
                Ok(picture) => self.read(&picture, still, limit_ms),
                Err(_) => self.found.clear(),
            }
            return;
        }
        let rows = luma.chunks(stride.max(1)).take(height).filter_map(|row| row.get(..width));
        let packed: Vec<u8> = rows.flatten().copied().collect();
        match LumaBuf::new(width, height, packed) {
            Ok(picture) => self.read(&picture.as_luma(), still, limit_ms),
            Err(_) => self.found.clear(),
        }
    }

    /// Judges a camera's frame that was read. `theirs` is what the browser's own reader found in it; the aim box lies in
    /// the middle and is given by half its width and height, as parts of the picture's.
    ///
    /// Gives `{one: text}`, `{choose: [text]}`, or an object without either.
    pub fn judge_frame(&mut self, theirs: &Array, aim_x: f32, aim_y: f32) -> Object {
        let (width, height) = self.size;
        let aim = Area {
            left: width * (0.5 - aim_x),
            top: height * (0.5 - aim_y),
            right: width * (0.5 + aim_x),
            bottom: height * (0.5 + aim_y),
        };
        let ours = std::mem::take(&mut self.found);
        told(self.session.look(ours, symbols(theirs), &aim))
    }

    /// Judges a picture that was read and that somebody chose. Gives the same as [`Reader::judge_frame`].
    pub fn judge_picture(&mut self, theirs: &Array) -> Object {
        told(session::of_picture(std::mem::take(&mut self.found), symbols(theirs)))
    }
}

impl Reader {
    fn read(&mut self, picture: &Luma<'_>, still: bool, limit_ms: f64) {
        let effort = if still { Effort::Still } else { Effort::Frame };
        let until = js_sys::Date::now() + limit_ms;
        self.size = (picture.width() as f32, picture.height() as f32);
        self.found = decode_within(picture, effort, &mut || js_sys::Date::now() < until);
    }
}

/// Reads what `BarcodeDetector` gives; what it cannot mean is left out.
fn symbols(theirs: &Array) -> Vec<Symbol> {
    let field = |of: &JsValue, name: &str| Reflect::get(of, &JsValue::from_str(name)).ok();
    let text = |of: &JsValue, name: &str| field(of, name).and_then(|value| value.as_string());
    let number =
        |of: &JsValue, name: &str| field(of, name).and_then(|value| value.as_f64()).unwrap_or(0.0) as f32;
    theirs
        .iter()
        .filter_map(|found| {
            let mut corners = [Point::default(); 4];
            let points = Array::from(&field(&found, "cornerPoints")?);
            for (corner, point) in corners.iter_mut().zip(points.iter()) {
                *corner = Point { x: number(&point, "x"), y: number(&point, "y") };
            }
            Symbol::from_browser(&text(&found, "format")?, &text(&found, "rawValue")?, corners)
        })
        .collect()
}

fn told(verdict: Verdict) -> Object {
    let told = Object::new();
    let set = |name: &str, value: JsValue| {
        // Setting a field of a plain new object cannot fail.
        let _ = Reflect::set(&told, &JsValue::from_str(name), &value);
    };
    match verdict {
        Verdict::Nothing => {}
        Verdict::One(text) => set("one", text.into()),
        Verdict::Choose(texts) => {
            set("choose", texts.into_iter().map(JsValue::from).collect::<Array>().into());
        }
    }
    told
}
