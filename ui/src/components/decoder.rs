//! The worker that reads codes in pictures, and the pictures it gets.
//!
//! Decoding runs in a worker of its own: the page stays quick, and a decoder that dies on one frame is started anew
//! without anybody noticing. One picture is in work at a time. A camera's frame goes to the worker as the browser holds
//! it, where the browser can do that; else through a canvas.

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8ClampedArray};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    CanvasRenderingContext2d, HtmlCanvasElement, HtmlVideoElement, MessageEvent, Worker, WorkerOptions,
    WorkerType,
};

/// Longest side of a picture file that is decoded, pixels: a photograph of twelve megapixels comes whole, because of a
/// label far away nothing is left once it was shrunk. Larger ones would not fit into the memory of cheap phones.
const STILL_SIDE: f64 = 4096.0;
/// Longest side of a frame that goes through a canvas, pixels.
const FRAME_SIDE: f64 = 1280.0;
/// How long a worker may be silent beyond its limit before it is taken for dead, milliseconds.
const GRACE_MS: i32 = 5_000;

/// What the reader makes of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing yet.
    Nothing,
    /// This is the text, exactly as encoded: never run, never followed, shown as inert text.
    One(String),
    /// The person chooses, or confirms the only one.
    Choose(Vec<String>),
}

/// Half the width and height of the aim box in the middle, as parts of the picture's.
pub type Aim = (f64, f64);

/// How hard a picture is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// One frame of many: the next one comes anyway.
    Frame,
    /// One frame that is worth a pause, because those before it said nothing.
    Thorough,
    /// A picture that somebody waits for.
    Still,
}

impl Effort {
    fn name(self) -> &'static str {
        match self {
            Effort::Frame => "frame",
            Effort::Thorough => "thorough",
            Effort::Still => "still",
        }
    }

    fn limit_ms(self) -> i32 {
        match self {
            Effort::Frame => 400,
            Effort::Thorough => 1_000,
            Effort::Still => 15_000,
        }
    }
}

type Waiting = Rc<RefCell<Option<(u32, Function)>>>;

/// The decoder: a worker that is made when it is first needed, and again when it died.
#[derive(Default)]
pub struct Decoder {
    worker: RefCell<Option<Worker>>,
    waiting: Waiting,
    next: Cell<u32>,
    canvas: RefCell<Option<HtmlCanvasElement>>,
    /// The browser hands out frames.
    frames: Cell<Option<bool>>,
}

impl Drop for Decoder {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Decoder {
    /// Reads the codes in what a camera shows now. Nothing if there are none, and if the decoder died on it.
    pub async fn read_video(&self, video: &HtmlVideoElement, aim: Aim, effort: Effort) -> Verdict {
        if self.frames.get() != Some(false) {
            let frame = upright_frame(video);
            self.frames.set(Some(frame.is_some()));
            if let Some(frame) = frame {
                let message = Object::new();
                set(&message, "frame", &frame);
                return self.send(&message, &Array::of1(&frame), aim, effort).await;
            }
        }
        let (width, height) = (f64::from(video.video_width()), f64::from(video.video_height()));
        let canvas = self.canvas.borrow().clone();
        let canvas = match canvas {
            Some(canvas) => canvas,
            None => {
                let Some((canvas, _)) = scaled_canvas(width, height, FRAME_SIDE) else {
                    return Verdict::Nothing;
                };
                *self.canvas.borrow_mut() = Some(canvas.clone());
                canvas
            }
        };
        resize(&canvas, width, height, FRAME_SIDE);
        let (w, h) = (f64::from(canvas.width()), f64::from(canvas.height()));
        let drawn = context(&canvas).is_some_and(|context| {
            context.draw_image_with_html_video_element_and_dw_and_dh(video, 0.0, 0.0, w, h).is_ok()
        });
        if drawn { self.read_canvas(&canvas, aim, effort).await } else { Verdict::Nothing }
    }

    async fn read_canvas(&self, canvas: &HtmlCanvasElement, aim: Aim, effort: Effort) -> Verdict {
        match canvas_message(canvas) {
            Some((message, transfer)) => self.send(&message, &transfer, aim, effort).await,
            None => Verdict::Nothing,
        }
    }

    async fn send(&self, message: &Object, transfer: &Array, aim: Aim, effort: Effort) -> Verdict {
        let id = self.next.replace(self.next.get().wrapping_add(1));
        set(message, "id", &id.into());
        set(message, "effort", &effort.name().into());
        set(message, "aim", &Array::of2(&aim.0.into(), &aim.1.into()));
        set(message, "limit", &effort.limit_ms().into());
        let answer = Promise::new(&mut |resolve, _| {
            *self.waiting.borrow_mut() = Some((id, resolve));
        });
        if self.start().is_none_or(|worker| worker.post_message_with_transfer(message, transfer).is_err()) {
            self.stop();
            return Verdict::Nothing;
        }
        let limit = Promise::new(&mut |resolve, _| {
            let ms = effort.limit_ms() + GRACE_MS;
            let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
        });
        let first =
            JsFuture::from(Promise::race(&Array::of2(&answer, &limit))).await.unwrap_or(JsValue::NULL);
        if !first.is_object() {
            self.stop();
            return Verdict::Nothing;
        }
        verdict_of(&first)
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
                let verdict = Reflect::get(&event.data(), &"verdict".into()).unwrap_or(JsValue::NULL);
                let _ = resolve.call1(&JsValue::UNDEFINED, &verdict);
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

fn set(object: &Object, name: &str, value: &JsValue) {
    // Setting a field of a plain new object cannot fail.
    let _ = Reflect::set(object, &name.into(), value);
}

/// The frame that a video shows, as the browser holds it: nothing is drawn, nothing is copied on this thread. `None`
/// where the browser has no such thing, or where a frame lies on its side and only a canvas would turn it.
fn upright_frame(video: &HtmlVideoElement) -> Option<JsValue> {
    let make: Function = Reflect::get(&window(), &"VideoFrame".into()).ok()?.dyn_into().ok()?;
    let frame = Reflect::construct(&make, &Array::of1(video)).ok()?;
    let turned = Reflect::get(&frame, &"rotation".into()).ok().and_then(|degrees| degrees.as_f64());
    let number = |name: &str| Reflect::get(&frame, &name.into()).ok().and_then(|value| value.as_f64());
    let as_shown = number("displayWidth") == Some(f64::from(video.video_width()))
        && number("displayHeight") == Some(f64::from(video.video_height()));
    if turned.unwrap_or(0.0) == 0.0 && as_shown {
        return Some(frame);
    }
    let _ = crate::browser::call_method(&frame, "close", &[]);
    None
}

fn canvas_message(canvas: &HtmlCanvasElement) -> Option<(Object, Array)> {
    let (width, height) = (canvas.width(), canvas.height());
    let image = context(canvas)?.get_image_data(0.0, 0.0, f64::from(width), f64::from(height)).ok()?;
    // The pixels go from the canvas to the worker without passing through this module's memory.
    let pixels: Uint8ClampedArray = Reflect::get(&image, &"data".into()).ok()?.dyn_into().ok()?;
    let buffer = pixels.buffer();
    let message = Object::new();
    set(&message, "width", &width.into());
    set(&message, "height", &height.into());
    set(&message, "rgba", &buffer);
    Some((message, Array::of1(&buffer)))
}

fn verdict_of(told: &JsValue) -> Verdict {
    let field = |name: &str| Reflect::get(told, &name.into()).unwrap_or(JsValue::UNDEFINED);
    if let Some(text) = field("one").as_string() {
        return Verdict::One(text);
    }
    let choose = field("choose");
    if Array::is_array(&choose) {
        return Verdict::Choose(Array::from(&choose).iter().filter_map(|text| text.as_string()).collect());
    }
    Verdict::Nothing
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    let options = Object::new();
    set(&options, "willReadFrequently", &true.into());
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
fn resize(canvas: &HtmlCanvasElement, width: f64, height: f64, side: f64) {
    let scale = (side / width.max(height)).min(1.0);
    let pixels = |length: f64| (length * scale).round().max(1.0) as u32;
    if canvas.width() != pixels(width) || canvas.height() != pixels(height) {
        canvas.set_width(pixels(width));
        canvas.set_height(pixels(height));
    }
}

/// Reads the codes in a picture file. `None` if it is no picture.
pub async fn read_picture(decoder: &Decoder, file: &web_sys::File) -> Option<Verdict> {
    let bitmap: web_sys::ImageBitmap =
        JsFuture::from(window().create_image_bitmap_with_blob(file).ok()?).await.ok()?.dyn_into().ok()?;
    let (width, height) = (f64::from(bitmap.width()), f64::from(bitmap.height()));
    let (canvas, context) = scaled_canvas(width, height, STILL_SIDE)?;
    // Where it has to be shrunk, by all of its pixels.
    set(&context, "imageSmoothingQuality", &"high".into());
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
    Some(decoder.read_canvas(&canvas, (0.5, 0.5), Effort::Still).await)
}
