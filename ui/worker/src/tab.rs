//! One tab at a time: a Web Lock, held for as long as this worker lives.
//!
//! The files themselves can be opened only once as well, but their error says nothing a person could act on, and it
//! comes too late: half a pool may be open by then.

use crate::worker;
use domain::problem::{Code, Problem};
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

const LOCK: &str = "sanam";
/// How long to wait for it. A page that is being reloaded gives it up a moment after the new one asks.
const PATIENCE_MS: u32 = 3_000;

/// Takes the lock.
///
/// # Errors
/// `store_locked` when another tab keeps it.
pub async fn hold() -> Result<(), Problem> {
    let navigator = worker().navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).unwrap_or(JsValue::UNDEFINED);
    let Ok(request) = Reflect::get(&locks, &"request".into()).and_then(|found| found.dyn_into::<Function>())
    else {
        return Ok(()); // an old browser: the files' own exclusiveness must do
    };
    let granted = Promise::new(&mut |resolve, reject| {
        let keep = Closure::once_into_js(move |_lock: JsValue| {
            let _ = resolve.call0(&JsValue::UNDEFINED);
            Promise::new(&mut |_, _| {}) // never settled: the lock goes with the worker
        });
        let options = Object::new();
        let _ = Reflect::set(&options, &"signal".into(), &AbortSignal::timeout_with_u32(PATIENCE_MS));
        match request.call3(&locks, &LOCK.into(), &options, &keep).map(JsCast::unchecked_into::<Promise>) {
            Ok(held) => {
                let refused = Closure::once_into_js(move |why: JsValue| {
                    let _ = reject.call1(&JsValue::UNDEFINED, &why);
                });
                let _ = Reflect::get(&held, &"catch".into())
                    .and_then(|catch| catch.unchecked_into::<Function>().call1(&held, &refused));
            }
            Err(why) => {
                let _ = reject.call1(&JsValue::UNDEFINED, &why);
            }
        }
    });
    match JsFuture::from(granted).await {
        Ok(_) => Ok(()),
        Err(_) => Err(Code::StoreLocked.into()),
    }
}
