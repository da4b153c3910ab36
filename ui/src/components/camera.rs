//! The camera: its stream, its light, and the loop that hands frame after frame to the decoder. One frame is in work
//! at a time; the next is taken when its answer is here.

use crate::app::app;
use crate::browser::{call_method, has, wait};
use crate::components::button::Button;
use crate::components::decoder::{Decoder, Symbol, resize, scaled_canvas};
use crate::components::icon::{Icon, icon};
use crate::strings::Strings;
use js_sys::Reflect;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, HtmlVideoElement, MediaStream, MediaStreamConstraints, MediaStreamTrack};

/// Longest side of a frame that is decoded, pixels.
const FRAME_SIDE: f64 = 1280.0;
/// Pause between frames, so that a cheap phone stays cool.
const BETWEEN_FRAMES_MS: i32 = 60;

/// Why there is no camera picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The person or the phone said no.
    Refused,
    /// There is none, or the browser gives none.
    Absent,
    /// Another app has it.
    Busy,
}

impl Trouble {
    fn of(error: &JsValue) -> Trouble {
        let name = error.dyn_ref::<DomException>().map(DomException::name).unwrap_or_default();
        match name.as_str() {
            "NotAllowedError" | "SecurityError" | "PermissionDeniedError" => Trouble::Refused,
            "NotReadableError" | "AbortError" | "TrackStartError" => Trouble::Busy,
            _ => Trouble::Absent,
        }
    }

    fn sentence(self, t: &'static Strings) -> &'static str {
        match self {
            Trouble::Refused => t.camera_refused,
            Trouble::Absent => t.camera_absent,
            Trouble::Busy => t.camera_busy,
        }
    }
}

/// A running stream that ends with its owner.
struct Running {
    alive: Cell<bool>,
    stream: RefCell<Option<MediaStream>>,
}

impl Running {
    fn stop(&self) {
        self.alive.set(false);
        if let Some(stream) = self.stream.borrow_mut().take() {
            for track in stream.get_tracks().iter() {
                track.unchecked_into::<MediaStreamTrack>().stop();
            }
        }
    }

    fn track(&self) -> Option<MediaStreamTrack> {
        self.stream.borrow().as_ref()?.get_video_tracks().get(0).dyn_into().ok()
    }
}

async fn open_stream() -> Result<MediaStream, Trouble> {
    let navigator = window().navigator();
    // Without https there is no such thing at all.
    if !has(&navigator, "mediaDevices") {
        return Err(Trouble::Absent);
    }
    let devices = navigator.media_devices().map_err(|_| Trouble::Absent)?;
    let wishes = r#"{"audio":false,"video":{"facingMode":"environment","width":{"ideal":1280},"height":{"ideal":720}}}"#;
    let wishes = js_sys::JSON::parse(wishes).map_err(|_| Trouble::Absent)?;
    let promise = devices
        .get_user_media_with_constraints(wishes.unchecked_ref::<MediaStreamConstraints>())
        .map_err(|error| Trouble::of(&error))?;
    let stream = JsFuture::from(promise).await.map_err(|error| Trouble::of(&error))?;
    stream.dyn_into().map_err(|_| Trouble::Absent)
}

/// The camera's picture; what is read in it goes to `found`.
#[component]
pub fn Camera(
    /// Gets what was read in one frame, never empty.
    found: Callback<Vec<Symbol>>,
    /// No frames are read while this holds.
    #[prop(into)]
    paused: Signal<bool>,
) -> impl IntoView {
    let t = app().t();
    let video = NodeRef::<html::Video>::new();
    let trouble = RwSignal::new(None::<Trouble>);
    let ready = RwSignal::new(false);
    let torch = RwSignal::new(None::<bool>);
    let running = Rc::new(Running { alive: Cell::new(true), stream: RefCell::new(None) });

    let held = StoredValue::new_local(running.clone());
    on_cleanup(move || held.with_value(|running| running.stop()));

    Effect::new(move |_| {
        let Some(video) = video.get() else { return };
        let running = held.get_value();
        spawn_local(async move {
            match open_stream().await {
                Ok(stream) if running.alive.get() => {
                    video.set_src_object(Some(&stream));
                    video.set_muted(true);
                    if let Ok(playing) = video.play() {
                        let _ = JsFuture::from(playing).await;
                    }
                    *running.stream.borrow_mut() = Some(stream);
                    ready.try_set(true);
                    torch.try_set(running.track().filter(has_torch).map(|_| false));
                    watch(&video, &running, found, paused).await;
                }
                // The screen was left while the phone still asked.
                Ok(stream) => {
                    *running.stream.borrow_mut() = Some(stream);
                    running.stop();
                }
                Err(why) => {
                    trouble.try_set(Some(why));
                }
            }
        });
    });

    let light = move || {
        let on = torch.get_untracked() != Some(true);
        if let Some(track) = held.with_value(|running| running.track()) {
            let wishes = format!(r#"{{"advanced":[{{"torch":{on}}}]}}"#);
            if let Ok(wishes) = js_sys::JSON::parse(&wishes) {
                let _ = call_method(&track, "applyConstraints", &[wishes]);
                torch.set(Some(on));
            }
        }
    };

    view! {
        {move || match trouble.get() {
            Some(why) => {
                view! {
                    <div class="notice warn" role="alert">
                        {icon(Icon::Warning)}
                        <p>{why.sentence(t)}</p>
                    </div>
                }
                    .into_any()
            }
            None => {
                view! {
                    <div class="camera">
                        <video node_ref=video autoplay=true playsinline="true" aria-label=t.camera_picture></video>
                        <div class="aim" aria-hidden="true"></div>
                        {move || (!ready.get()).then(|| view! { <p role="status">{t.camera_opening}</p> })}
                        {move || {
                            torch
                                .get()
                                .map(|on| {
                                    view! {
                                        <Button
                                            label=if on { t.torch_off } else { t.torch_on }
                                            drawing=Icon::Torch
                                            press=light
                                        />
                                    }
                                })
                        }}
                    </div>
                }
                    .into_any()
            }
        }}
    }
}

fn has_torch(track: &MediaStreamTrack) -> bool {
    has(track, "getCapabilities")
        && call_method(track, "getCapabilities", &[])
            .and_then(|able| Reflect::get(&able, &"torch".into()))
            .is_ok_and(|torch| torch.is_truthy())
}

/// Reads frame after frame until the screen is left.
async fn watch(
    video: &HtmlVideoElement,
    running: &Running,
    found: Callback<Vec<Symbol>>,
    paused: Signal<bool>,
) {
    let decoder = Decoder::default();
    let Some((canvas, context)) = scaled_canvas(1.0, 1.0, FRAME_SIDE) else { return };
    while running.alive.get() {
        let idle =
            paused.try_get_untracked().unwrap_or(true) || document().hidden() || video.ready_state() < 2;
        let (width, height) = (f64::from(video.video_width()), f64::from(video.video_height()));
        if idle || width < 1.0 {
            wait(150).await;
            continue;
        }
        resize(&canvas, width, height, FRAME_SIDE);
        let (w, h) = (f64::from(canvas.width()), f64::from(canvas.height()));
        if context.draw_image_with_html_video_element_and_dw_and_dh(video, 0.0, 0.0, w, h).is_err() {
            wait(150).await;
            continue;
        }
        let symbols = decoder.read(&canvas, false).await;
        if running.alive.get() && !symbols.is_empty() && paused.try_get_untracked() == Some(false) {
            found.run(symbols);
        }
        wait(BETWEEN_FRAMES_MS).await;
    }
}
