//! What the screens need of the browser besides views: the clock, timers, small settings, and where the page was opened.

use domain::ids::RecordId;
use domain::thai_date;
use js_sys::{Function, Promise};
use leptos::ev;
use leptos::prelude::{WindowListenerHandle, document, set_timeout, window, window_event_listener};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Minutes by which local time is ahead of UTC. Every municipality is in Thailand, and a phone set to another
/// zone must not move a visit to another day.
pub const OFFSET_MINUTES: i32 = thai_date::THAI_OFFSET_MINUTES;

/// Returns the wall clock, milliseconds since 1970 UTC.
pub fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// A new name for a record that the page itself sends to the office. It need not be hard to guess, only new.
pub fn new_record_id() -> RecordId {
    let mut random = [0_u8; 10];
    random.fill_with(|| (js_sys::Math::random() * 256.0) as u8);
    RecordId::new(now_ms(), random)
}

/// Returns today, local.
pub fn today() -> chrono::NaiveDate {
    thai_date::day_of(now_ms(), OFFSET_MINUTES)
}

/// Returns today, local, ISO.
pub fn today_iso() -> String {
    today().to_string()
}

/// Waits.
pub async fn wait(ms: i32) {
    let promise = Promise::new(&mut |resolve: Function, _| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
    });
    let _ = JsFuture::from(promise).await;
}

/// Reads a setting kept in this browser.
pub fn setting(name: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(name).ok().flatten()
}

/// Keeps a setting in this browser; silently not, where the browser forbids it.
pub fn keep_setting(name: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(name, value);
    }
}

/// Forgets a setting.
pub fn forget_setting(name: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.remove_item(name);
    }
}

/// Returns the address the page came from, such as `https://sanam.example.go.th`; `None` inside the installed app,
/// whose pages come from no server.
pub fn origin() -> Option<String> {
    let origin = window().location().origin().ok()?;
    (origin.starts_with("http") && !origin.contains("tauri.localhost")).then_some(origin)
}

/// Returns the path the page was opened under.
pub fn path() -> String {
    window().location().pathname().unwrap_or_default()
}

/// Says whether the device believes it has a network.
pub fn online() -> bool {
    window().navigator().on_line()
}

/// Does something when no mouse button or finger is down: what moves under a press takes the press away from what it was
/// for. A press of which no end is heard is over after a second.
pub fn after_press(then: impl FnOnce() + 'static) {
    if !matches!(document().query_selector(":active"), Ok(Some(_))) {
        return then();
    }
    let then = Rc::new(Cell::new(Some(then)));
    let over = {
        let then = Rc::clone(&then);
        move || {
            if let Some(then) = then.take() {
                then();
            }
        }
    };
    let ended = {
        let over = over.clone();
        // The click comes right behind the end of the press, and first.
        move || set_timeout(over.clone(), Duration::ZERO)
    };
    let (lifted, cancelled) = (ended.clone(), ended);
    let heard = [
        window_event_listener(ev::mouseup, move |_| lifted()),
        window_event_listener(ev::pointercancel, move |_| cancelled()),
    ];
    set_timeout(
        move || {
            heard.into_iter().for_each(WindowListenerHandle::remove);
            over();
        },
        Duration::from_secs(1),
    );
}

/// Says whether the network costs nothing by the byte: Wi-Fi or a cable. `None` where the browser does not tell, as
/// most do that are not on Android.
pub fn free_network() -> Option<bool> {
    let kind = js_sys::Reflect::get(&connection()?, &"type".into()).ok()?.as_string()?;
    match kind.as_str() {
        "wifi" | "ethernet" => Some(true),
        "cellular" | "wimax" | "bluetooth" => Some(false),
        _ => None,
    }
}

/// Calls `tell` whenever the network becomes another, where the browser says so.
pub fn on_network_change(tell: impl Fn() + 'static) {
    let heard = wasm_bindgen::closure::Closure::<dyn Fn()>::new(tell);
    if let Some(connection) = connection()
        && has(&connection, "addEventListener")
    {
        let _ = call_method(&connection, "addEventListener", &["change".into(), heard.as_ref().clone()]);
    }
    heard.forget();
}

fn connection() -> Option<JsValue> {
    let found = js_sys::Reflect::get(&window().navigator(), &"connection".into()).ok()?;
    found.is_object().then_some(found)
}

/// Says that something was read, to hand and ear: a tap and a short tone, where the device can and the person wants it.
pub fn signal_success() {
    let navigator = window().navigator();
    if has(&navigator, "vibrate") {
        let _ = navigator.vibrate_with_duration(60);
    }
    if setting(SOUND_SETTING).as_deref() != Some("off") {
        // A phone without sound has had its tap.
        let _ = tone();
    }
}

/// The setting that turns the tone off: `off`.
pub const SOUND_SETTING: &str = "scan-sound";

/// Sounds for a tenth of a second.
fn tone() -> Result<(), JsValue> {
    let make: Function = js_sys::Reflect::get(&window(), &"AudioContext".into())?.dyn_into()?;
    let context = SOUND.with(|kept| match &*kept.borrow() {
        Some(context) => Ok(context.clone()),
        None => js_sys::Reflect::construct(&make, &js_sys::Array::new()),
    })?;
    SOUND.with(|kept| *kept.borrow_mut() = Some(context.clone()));
    let _ = call_method(&context, "resume", &[])?;
    let part = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into());
    let now = part(&context, "currentTime")?.as_f64().unwrap_or(0.0);
    let oscillator = call_method(&context, "createOscillator", &[])?;
    let volume = call_method(&context, "createGain", &[])?;
    js_sys::Reflect::set(&part(&oscillator, "frequency")?, &"value".into(), &1_760.into())?;
    // Faded out, or it would crack.
    call_method(&part(&volume, "gain")?, "setValueAtTime", &[0.25.into(), now.into()])?;
    call_method(&part(&volume, "gain")?, "linearRampToValueAtTime", &[0.into(), (now + 0.1).into()])?;
    call_method(&oscillator, "connect", std::slice::from_ref(&volume))?;
    call_method(&volume, "connect", &[part(&context, "destination")?])?;
    call_method(&oscillator, "start", &[now.into()])?;
    call_method(&oscillator, "stop", &[(now + 0.1).into()])?;
    Ok(())
}

thread_local! {
    /// Browsers allow a page few of these, so there is one.
    static SOUND: std::cell::RefCell<Option<JsValue>> = const { std::cell::RefCell::new(None) };
}

/// Says whether a JavaScript object has something usable under a name: what web-sys declares need not exist.
pub fn has(object: &JsValue, name: &str) -> bool {
    js_sys::Reflect::get(object, &name.into()).is_ok_and(|found| !found.is_undefined() && !found.is_null())
}

/// Calls `object.name(args)`, for what web-sys does not declare.
pub fn call_method(object: &JsValue, name: &str, args: &[JsValue]) -> Result<JsValue, JsValue> {
    let function: Function = js_sys::Reflect::get(object, &name.into())?.dyn_into()?;
    let list: js_sys::Array = args.iter().collect();
    js_sys::Reflect::apply(&function, object, &list)
}

/// Loads the page anew.
pub fn reload() {
    let _ = window().location().reload();
}
