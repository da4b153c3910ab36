//! The camera's stream, and what a browser lets one do with it: light, zoom, focus; and the screen kept awake for it.
//! None of these is everywhere, so each is asked for first and failing at one is no trouble.

use crate::browser::{call_method, has, wait};
use js_sys::{Array, Function, Promise, Reflect};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, HtmlVideoElement, MediaStream, MediaStreamConstraints, MediaStreamTrack};

/// How long a tapped focus is held before the camera looks after itself again, milliseconds.
const FOCUS_HELD_MS: i32 = 4_000;
/// How long a frame is waited for at most; a hidden page gets none.
const FRAME_WAIT_MS: i32 = 500;

/// Why there is no camera picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The person or the phone said no.
    Refused,
    /// There is none, or the browser gives none.
    Absent,
    /// Another app has it, or took it away.
    Busy,
    /// The page came without https, where browsers give no camera.
    Insecure,
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

    /// Says whether another try may help.
    pub fn may_pass(self) -> bool {
        matches!(self, Trouble::Refused | Trouble::Busy)
    }
}

/// What a camera can do.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Abilities {
    /// It has a light.
    pub torch: bool,
    /// How far it can zoom, least and most; `None` if it cannot.
    pub zoom: Option<(f64, f64)>,
    /// It can be told where to focus.
    pub focus: bool,
}

/// A stream that ends with its owner.
pub struct Lens {
    alive: Cell<bool>,
    stream: RefCell<Option<MediaStream>>,
    sentinel: RefCell<Option<JsValue>>,
}

impl Lens {
    /// No stream yet.
    pub fn new() -> Lens {
        Lens { alive: Cell::new(true), stream: RefCell::default(), sentinel: RefCell::default() }
    }

    /// The screen is still there.
    pub fn is_alive(&self) -> bool {
        self.alive.get()
    }

    /// Opens the camera that looks away from the person and shows it in a video.
    ///
    /// # Errors
    /// Why there is no picture.
    pub async fn open(&self, video: &HtmlVideoElement) -> Result<(), Trouble> {
        let stream = open_stream().await?;
        // Not `stream.clone()`: that is the browser's own, which makes a second stream with tracks of its own.
        *self.stream.borrow_mut() = Some(Clone::clone(&stream));
        if !self.alive.get() {
            // The screen was left while the phone still asked.
            self.close();
            return Ok(());
        }
        video.set_src_object(Some(&stream));
        video.set_muted(true);
        if let Ok(playing) = video.play() {
            let _ = JsFuture::from(playing).await;
        }
        if self.modes("focusMode").contains(&"continuous".to_owned()) {
            self.wish(r#"{"advanced":[{"focusMode":"continuous"}]}"#).await;
        }
        Ok(())
    }

    /// Gives the camera back and lets the screen sleep again.
    pub fn close(&self) {
        self.alive.set(false);
        if let Some(stream) = self.stream.borrow_mut().take() {
            for track in stream.get_tracks().iter() {
                track.unchecked_into::<MediaStreamTrack>().stop();
            }
        }
        if let Some(sentinel) = self.sentinel.borrow_mut().take() {
            let _ = call_method(&sentinel, "release", &[]);
        }
    }

    fn track(&self) -> Option<MediaStreamTrack> {
        self.stream.borrow().as_ref()?.get_video_tracks().get(0).dyn_into().ok()
    }

    /// Says whether the phone took the camera away, as for a call.
    pub fn was_taken(&self) -> bool {
        let state = self.track().and_then(|track| Reflect::get(&track, &"readyState".into()).ok());
        state.and_then(|state| state.as_string()).as_deref() == Some("ended")
    }

    fn capability(&self, name: &str) -> Option<JsValue> {
        let track = self.track().filter(|track| has(track, "getCapabilities"))?;
        let able = call_method(&track, "getCapabilities", &[]).ok()?;
        Reflect::get(&able, &name.into()).ok().filter(|found| !found.is_undefined() && !found.is_null())
    }

    fn modes(&self, name: &str) -> Vec<String> {
        let modes = self.capability(name).unwrap_or(JsValue::UNDEFINED);
        let is_list = Array::is_array(&modes);
        let list = if is_list { Array::from(&modes) } else { Array::new() };
        list.iter().filter_map(|mode| mode.as_string()).collect()
    }

    /// What this camera can do.
    pub fn abilities(&self) -> Abilities {
        let number = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok()?.as_f64();
        let zoom = self.capability("zoom").and_then(|zoom| {
            let (least, most) = (number(&zoom, "min")?, number(&zoom, "max")?);
            (most > least && least > 0.0).then_some((least, most))
        });
        Abilities {
            torch: self.capability("torch").is_some_and(|torch| torch.is_truthy()),
            zoom,
            focus: self.modes("focusMode").iter().any(|mode| mode == "single-shot"),
        }
    }

    async fn wish(&self, wishes: &str) {
        let Some(track) = self.track() else { return };
        let Ok(wishes) = js_sys::JSON::parse(wishes) else { return };
        if let Ok(promise) = call_method(&track, "applyConstraints", &[wishes]) {
            let _ = JsFuture::from(Promise::resolve(&promise)).await;
        }
    }

    /// Turns the light on or off.
    pub async fn light(&self, on: bool) {
        self.wish(&format!(r#"{{"advanced":[{{"torch":{on}}}]}}"#)).await;
    }

    /// Zooms.
    pub async fn zoom(&self, to: f64) {
        self.wish(&format!(r#"{{"advanced":[{{"zoom":{to}}}]}}"#)).await;
    }

    /// Focuses on a place of the picture, 0 to 1 from its upper left corner, and later lets the camera look after itself.
    pub async fn focus(&self, x: f64, y: f64) {
        self.wish(&format!(
            r#"{{"advanced":[{{"pointsOfInterest":[{{"x":{x:.3},"y":{y:.3}}}],"focusMode":"single-shot"}}]}}"#
        ))
        .await;
        wait(FOCUS_HELD_MS).await;
        if self.alive.get() {
            self.wish(r#"{"advanced":[{"focusMode":"continuous"}]}"#).await;
        }
    }

    /// Keeps the screen awake. Asked again and again it does so once, and anew after the page was hidden.
    pub async fn keep_awake(&self) {
        let held = self.sentinel.borrow().as_ref().is_some_and(|sentinel| {
            Reflect::get(sentinel, &"released".into()).is_ok_and(|released| released == false)
        });
        let navigator = window().navigator();
        if held || document().hidden() || !has(&navigator, "wakeLock") {
            return;
        }
        let Ok(lock) = Reflect::get(&navigator, &"wakeLock".into()) else { return };
        let Ok(promise) = call_method(&lock, "request", &["screen".into()]) else { return };
        if let Ok(sentinel) = JsFuture::from(Promise::resolve(&promise)).await {
            if self.alive.get() {
                *self.sentinel.borrow_mut() = Some(sentinel);
            } else {
                let _ = call_method(&sentinel, "release", &[]);
            }
        }
    }
}

async fn open_stream() -> Result<MediaStream, Trouble> {
    let navigator = window().navigator();
    if !has(&navigator, "mediaDevices") {
        let secure =
            Reflect::get(&window(), &"isSecureContext".into()).is_ok_and(|secure| secure.is_truthy());
        return Err(if secure { Trouble::Absent } else { Trouble::Insecure });
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

/// Says when a video shows another frame.
pub struct Frames {
    video: HtmlVideoElement,
    fresh: Rc<Cell<bool>>,
    waiting: Rc<RefCell<Option<Function>>>,
    asked: Rc<Cell<bool>>,
    told: JsValue,
}

impl Frames {
    /// The frames of a video.
    pub fn of(video: &HtmlVideoElement) -> Frames {
        let (fresh, asked) = (Rc::new(Cell::new(true)), Rc::new(Cell::new(false)));
        let waiting = Rc::new(RefCell::new(None::<Function>));
        let (set, wake, free) = (fresh.clone(), waiting.clone(), asked.clone());
        let told = Closure::<dyn Fn()>::new(move || {
            free.set(false);
            set.set(true);
            if let Some(resolve) = wake.borrow_mut().take() {
                let _ = resolve.call0(&JsValue::UNDEFINED);
            }
        });
        // The browser may still call it when nobody watches any more, so it is the browser's to let go.
        Frames { video: video.clone(), fresh, waiting, asked, told: told.into_js_value() }
    }

    /// Returns as soon as there is a frame that was not returned for; at once if one came meanwhile. Where the browser
    /// does not say when frames come, some time is waited instead.
    pub async fn next(&self) {
        const CALL: &str = "requestVideoFrameCallback";
        if !has(&self.video, CALL) {
            wait(66).await;
            return;
        }
        self.ask(CALL);
        if !self.fresh.replace(false) {
            let come = Promise::new(&mut |resolve, _| {
                *self.waiting.borrow_mut() = Some(resolve);
            });
            let late = Promise::new(&mut |resolve, _| {
                let _ =
                    window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, FRAME_WAIT_MS);
            });
            let _ = JsFuture::from(Promise::race(&Array::of2(&come, &late))).await;
            self.fresh.set(false);
            self.ask(CALL);
        }
    }

    fn ask(&self, call: &str) {
        if !self.asked.replace(true) {
            let _ = call_method(&self.video, call, std::slice::from_ref(&self.told));
        }
    }
}
