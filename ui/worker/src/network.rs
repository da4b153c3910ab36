//! Carries one call over `fetch`.

use crate::worker;
use js_sys::{Array, Reflect, Uint8Array};
use store::{HttpAnswer, HttpCall};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Blob, Headers, ReadableWritablePair, RequestCache, RequestCredentials, RequestInit,
    RequestRedirect, Response, ResponseType,
};

#[wasm_bindgen]
extern "C" {
    /// The browser's compressor, which web-sys does not yet declare among the settled interfaces.
    type CompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<CompressionStream, JsValue>;
}

/// Makes a call and brings its answer. Whatever goes wrong on the way is "unreachable": the call can be repeated.
pub async fn carry(call: &HttpCall) -> HttpAnswer {
    attempt(call).await.unwrap_or(HttpAnswer::Unreachable)
}

async fn attempt(call: &HttpCall) -> Result<HttpAnswer, JsValue> {
    let headers = Headers::new()?;
    if !call.content_type.is_empty() {
        headers.set("Content-Type", call.content_type)?;
    }
    if !call.bearer.is_empty() {
        headers.set("Authorization", &format!("Bearer {}", call.bearer))?;
    }
    let mut body = Uint8Array::from(call.body.as_slice());
    if door::worth_compressing(call)
        && let Ok(smaller) = gzip(&body).await
    {
        headers.set("Content-Encoding", "gzip")?;
        body = smaller;
    }
    let options = RequestInit::new();
    options.set_method(call.method);
    options.set_headers(&headers);
    // A browser refuses a GET with a body, even an empty one.
    if call.method != "GET" {
        options.set_body(&body);
    }
    options.set_cache(RequestCache::NoStore);
    options.set_credentials(RequestCredentials::Omit);
    // A Wi-Fi sign-in page redirects. Followed, it would end in an error that looks like no network at all.
    options.set_redirect(RequestRedirect::Manual);
    options.set_signal(Some(&AbortSignal::timeout_with_u32(door::CALL_TIMEOUT_MS)));

    let response: Response =
        JsFuture::from(worker().fetch_with_str_and_init(&call.url, &options)).await?.dyn_into()?;
    if response.type_() == ResponseType::Opaqueredirect {
        return Ok(HttpAnswer::Response { status: 302, content_type: String::new(), body: Vec::new() });
    }
    let content_type = response.headers().get("Content-Type")?.unwrap_or_default();
    let buffer = JsFuture::from(response.array_buffer()?).await?;
    Ok(HttpAnswer::Response {
        status: response.status(),
        content_type,
        body: Uint8Array::new(&buffer).to_vec(),
    })
}

async fn gzip(bytes: &Uint8Array) -> Result<Uint8Array, JsValue> {
    if Reflect::get(&worker(), &"CompressionStream".into())?.is_undefined() {
        return Err(JsValue::UNDEFINED);
    }
    let parts = Array::of1(bytes);
    let stream = Blob::new_with_u8_array_sequence(&parts)?.stream();
    let compressor: ReadableWritablePair = CompressionStream::new("gzip")?.unchecked_into();
    let compressed = Response::new_with_opt_readable_stream(Some(&stream.pipe_through(&compressor)))?;
    Ok(Uint8Array::new(&JsFuture::from(compressed.array_buffer()?).await?))
}
