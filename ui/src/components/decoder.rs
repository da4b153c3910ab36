//! The worker that reads codes in pictures, and the canvases pictures are scaled on.
//!
//! Decoding runs in a worker of its own: the page stays quick, and a decoder that dies on one frame is started anew
//! without anybody noticing. One picture is in work at a time.

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8ClampedArray};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, MessageEvent, Worker, WorkerOptions, WorkerType};

/// Longest side of a picture file that is decoded, pixels.
const STILL_SIDE: f64 = 2400.0;
/// How long one frame may take before its worker is taken for dead, milliseconds.
const FRAME_LIMIT_MS: i32 = 5_000;
/// How long a picture file may take.
const STILL_LIMIT_MS: i32 = 30_000;

/// A code that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its content, exactly as encoded: never run, never followed, shown as inert text.
    pub text: String,
    /// Its kind, such as `Qr`.
    pub format: String,
}

type Waiting = Rc<RefCell<Option<(u32, Function)>>>;

/// The decoder: a worker that is made when it is first needed, and again when it died.
#[derive(Default)]
pub struct Decoder {
    worker: RefCell<Option<Worker>>,
    waiting: Waiting,
    next: Cell<u32>,
}

impl Drop for Decoder {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Decoder {
    /// Reads the codes in what a canvas holds. Empty if there are none, and if the decoder died on it.
    pub async fn read(&self, canvas: &HtmlCanvasElement, still: bool) -> Vec<Symbol> {
        let Some((message, transfer)) = frame_message(canvas, still, self.next.get()) else {
            return Vec::new();
        };
        let id = self.next.replace(self.next.get().wrapping_add(1));
        let answer = Promise::new(&mut |resolve, _| {
            *self.waiting.borrow_mut() = Some((id, resolve));
        });
        if self.start().is_none_or(|worker| worker.post_message_with_transfer(&message, &transfer).is_err()) {
            self.stop();
            return Vec::new();
        }
        let limit = Promise::new(&mut |resolve, _| {
            let ms = if still { STILL_LIMIT_MS } else { FRAME_LIMIT_MS };
            let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
        });
        let first =
            JsFuture::from(Promise::race(&Array::of2(&answer, &limit))).await.unwrap_or(JsValue::NULL);
        if !first.is_object() {
            self.stop();
            return Vec::new();
        }
        symbols_of(&first)
    }

    fn stop(&self) {
        if let Some(worker) = self.worker.borrow_mut().take() {
            worker.terminate();
        }
    }

    fn start(&self) -> Option<Worker> {
        if let Some(worker) = &*self.worker.borrow() {
            return Some(worker.clone());
        }
        let address = document()
            .query_selector("meta[name=sanam-scan-worker]")
            .ok()
            .flatten()
            .and_then(|meta| meta.get_attribute("content"))
            .unwrap_or_else(|| "/scan-worker.js".to_owned());
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&address, &options).ok()?;
        let waiting = self.waiting.clone();
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let id = Reflect::get(&event.data(), &"id".into()).ok().and_then(|id| id.as_f64());
            let mine = waiting.borrow().as_ref().is_some_and(|(waits, _)| id == Some(f64::from(*waits)));
            if mine && let Some((_, resolve)) = waiting.borrow_mut().take() {
                let symbols = Reflect::get(&event.data(), &"symbols".into()).unwrap_or(JsValue::NULL);
                let _ = resolve.call1(&JsValue::UNDEFINED, &symbols);
            }
        });
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        heard.forget();
        let waiting = self.waiting.clone();
        let died = Closure::<dyn Fn(JsValue)>::new(move |_| {
            if let Some((_, resolve)) = waiting.borrow_mut().take() {
                let _ = resolve.call1(&JsValue::UNDEFINED, &JsValue::NULL);
            }
        });
        worker.set_onerror(Some(died.as_ref().unchecked_ref()));
        died.forget();
        *self.worker.borrow_mut() = Some(worker.clone());
        Some(worker)
    }
}

fn frame_message(canvas: &HtmlCanvasElement, still: bool, id: u32) -> Option<(Object, Array)> {
    let (width, height) = (canvas.width(), canvas.height());
    let image = context(canvas)?.get_image_data(0.0, 0.0, f64::from(width), f64::from(height)).ok()?;
    // The pixels go from the canvas to the worker without passing through this module's memory.
    let pixels: Uint8ClampedArray = Reflect::get(&image, &"data".into()).ok()?.dyn_into().ok()?;
    let buffer = pixels.buffer();
    let message = Object::new();
    for (name, value) in [
        ("id", JsValue::from(id)),
        ("width", width.into()),
        ("height", height.into()),
        ("still", still.into()),
        ("rgba", buffer.clone().into()),
    ] {
        let _ = Reflect::set(&message, &name.into(), &value);
    }
    Some((message, Array::of1(&buffer)))
}

fn symbols_of(list: &JsValue) -> Vec<Symbol> {
    let field = |symbol: &JsValue, name: &str| {
        Reflect::get(symbol, &name.into()).ok().and_then(|text| text.as_string())
    };
    Array::from(list)
        .iter()
        .filter_map(|symbol| {
            Some(Symbol {
                text: field(&symbol, "text")?,
                format: field(&symbol, "format").unwrap_or_default(),
            })
        })
        .collect()
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    let options = Object::new();
    let _ = Reflect::set(&options, &"willReadFrequently".into(), &true.into());
    canvas.get_context_with_context_options("2d", &options).ok().flatten()?.dyn_into().ok()
}

/// Makes a canvas that holds a source of this size scaled to a longest side, and its context to draw with.
pub fn scaled_canvas(
    width: f64,
    height: f64,
    side: f64,
) -> Option<(HtmlCanvasElement, CanvasRenderingContext2d)> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    resize(&canvas, width, height, side);
    let context = context(&canvas)?;
    Some((canvas, context))
}

/// Gives a canvas the size of a source scaled to a longest side.
pub fn resize(canvas: &HtmlCanvasElement, width: f64, height: f64, side: f64) {
    let scale = (side / width.max(height)).min(1.0);
    let pixels = |length: f64| (length * scale).round().max(1.0) as u32;
    if canvas.width() != pixels(width) || canvas.height() != pixels(height) {
        canvas.set_width(pixels(width));
        canvas.set_height(pixels(height));
    }
}

/// Reads the codes in a picture file. `None` if it is no picture.
pub async fn read_picture(decoder: &Decoder, file: &web_sys::File) -> Option<Vec<Symbol>> {
    let bitmap: web_sys::ImageBitmap =
        JsFuture::from(window().create_image_bitmap_with_blob(file).ok()?).await.ok()?.dyn_into().ok()?;
    let (width, height) = (f64::from(bitmap.width()), f64::from(bitmap.height()));
    let (canvas, context) = scaled_canvas(width, height, STILL_SIDE)?;
    context
        .draw_image_with_image_bitmap_and_dw_and_dh(
            &bitmap,
            0.0,
            0.0,
            f64::from(canvas.width()),
            f64::from(canvas.height()),
        )
        .ok()?;
    bitmap.close();
    Some(decoder.read(&canvas, true).await)
}
