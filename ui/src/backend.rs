//! The door to the store. The only module that knows which one: the installed app's process, the browser's worker, or
//! the office server.
//!
//! A request travels as the JSON text of [`domain::api::Request`] and comes back as the JSON text of
//! `{"ok": Reply}` or `{"problem": Problem}`, whichever door carries it.

use crate::browser::{call_method, has, path};
use domain::api::{Ask, Reply, StatusReply};
use domain::problem::{Code, Problem};
use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::{document, window};
use serde::Deserialize;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MessageEvent, RequestInit, Response, Worker, WorkerOptions, WorkerType};

/// What the store says unasked.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Records changed: what is shown should be asked for anew.
    Changed,
    /// Something long goes on.
    Progress(Progress),
    /// The device's state changed.
    Status(StatusReply),
    /// The store cannot be used at all.
    Unusable(Problem),
}

/// How far something long has come.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Steps or records done.
    pub done: u64,
    /// Of so many; 0 if not known.
    pub total: u64,
    /// What is being done: `pull`, `push`, `photos`, or empty.
    pub stage: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "one answer lives at a time, and only until it is taken apart")]
enum Answer {
    Ok(Reply),
    Problem(Problem),
}

#[derive(Clone)]
enum Door {
    /// `window.__TAURI__.core`.
    Window(JsValue),
    /// The worker that holds the store.
    Worker(Rc<Postbox>),
    /// The office server this page came from.
    Office,
}

/// The worker and who waits for which answer.
struct Postbox {
    worker: Worker,
    next: Cell<u32>,
    waiting: RefCell<HashMap<u32, Function>>,
    /// Set once the store cannot be used; every later request gets it at once.
    unusable: RefCell<Option<Problem>>,
}

thread_local! {
    static DOOR: RefCell<Option<Door>> = const { RefCell::new(None) };
}

/// Says whether this page is the office: its requests go to the server, and a person signs in.
pub fn is_office() -> bool {
    path().starts_with("/office")
}

/// Opens the door. Call it once, before the first request. `tell` gets what the store says unasked.
pub fn open(tell: impl Fn(Event) + 'static) {
    let tell: Rc<dyn Fn(Event)> = Rc::new(tell);
    let tauri = Reflect::get(&window(), &"__TAURI__".into()).unwrap_or(JsValue::UNDEFINED);
    let door = if is_office() {
        Door::Office
    } else if tauri.is_object() {
        listen_to_window(&tauri, tell);
        Door::Window(Reflect::get(&tauri, &"core".into()).unwrap_or(JsValue::UNDEFINED))
    } else {
        match Postbox::open(tell.clone()) {
            Ok(postbox) => Door::Worker(postbox),
            Err(problem) => {
                tell(Event::Unusable(problem));
                return;
            }
        }
    };
    DOOR.with(|slot| *slot.borrow_mut() = Some(door));
}

/// Asks the store for something.
///
/// # Errors
/// Whatever the store answers; `offline` when the office server gives none; `internal` when the door itself fails.
pub async fn ask<A: Ask>(question: A) -> Result<A::Reply, Problem> {
    let request = serde_json::to_string(&question.wrap()).map_err(internal)?;
    let door = DOOR.with(|slot| slot.borrow().clone()).ok_or(Code::StoreUnavailable)?;
    let text = match door {
        Door::Window(core) => through_window(&core, &request).await?,
        Door::Worker(postbox) => postbox.send(&request).await?,
        Door::Office => through_office(&request).await?,
    };
    match serde_json::from_str(&text).map_err(internal)? {
        Answer::Ok(reply) => A::unwrap(reply),
        Answer::Problem(problem) => {
            if problem.code == Code::LoginNeeded {
                say_login_needed();
            }
            Err(problem)
        }
    }
}

/// Whichever screen asked, the office shows the sign-in above it.
fn say_login_needed() {
    if let Ok(event) = web_sys::CustomEvent::new("sanam:login-needed") {
        let _ = window().dispatch_event(&event);
    }
}

fn internal(error: impl std::fmt::Display) -> Problem {
    leptos::logging::warn!("the door: {error}");
    Problem::new(Code::Internal).about(error)
}

fn text_of(value: &JsValue) -> String {
    value
        .as_string()
        .or_else(|| value.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message())))
        .unwrap_or_else(|| format!("{value:?}"))
}

fn event_of(message: &JsValue) -> Option<Event> {
    let field = |name: &str| Reflect::get(message, &name.into()).ok().and_then(|value| value.as_string());
    let detail = field("detail").unwrap_or_default();
    match field("event")?.as_str() {
        "changed" => Some(Event::Changed),
        "progress" => serde_json::from_str(&detail).ok().map(Event::Progress),
        "status" => serde_json::from_str(&detail).ok().map(Event::Status),
        _ => None,
    }
}

// -- the installed app

async fn through_window(core: &JsValue, request: &str) -> Result<String, Problem> {
    let argument = Object::new();
    let _ = Reflect::set(&argument, &"request".into(), &request.into());
    let promise = call_method(core, "invoke", &["call".into(), argument.into()])
        .map_err(|error| internal(text_of(&error)))?;
    let answer =
        JsFuture::from(Promise::resolve(&promise)).await.map_err(|error| internal(text_of(&error)))?;
    answer.as_string().ok_or_else(|| internal("the window answered no text"))
}

fn listen_to_window(tauri: &JsValue, tell: Rc<dyn Fn(Event)>) {
    let heard = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
        let payload = Reflect::get(&event, &"payload".into()).unwrap_or(JsValue::UNDEFINED);
        if let Some(event) = event_of(&payload) {
            tell(event);
        }
    });
    if let Ok(events) = Reflect::get(tauri, &"event".into())
        && has(&events, "listen")
    {
        let _ = call_method(&events, "listen", &["sanam".into(), heard.as_ref().clone()]);
    }
    heard.forget();
}

// -- the office server

async fn through_office(request: &str) -> Result<String, Problem> {
    let body = post("/api/call", request).await?.text().map_err(|_| Code::Offline)?;
    let text = JsFuture::from(body).await.map_err(|_| Code::Offline)?.as_string().unwrap_or_default();
    // A Wi-Fi sign-in page also answers, but not like us.
    if text.starts_with('{') { Ok(text) } else { Err(Code::NotOurServer.into()) }
}

async fn post(path: &str, request: &str) -> Result<Response, Problem> {
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_body(&request.into());
    let headers = web_sys::Headers::new().map_err(|error| internal(text_of(&error)))?;
    let _ = headers.set("Content-Type", "application/json");
    // No form of another site can send this; the server asks for it.
    let _ = headers.set("x-sanam", "1");
    options.set_headers(&headers);
    let offline = |_| Problem::new(Code::Offline);
    JsFuture::from(window().fetch_with_str_and_init(path, &options))
        .await
        .map_err(offline)?
        .dyn_into()
        .map_err(offline)
}

/// Asks the office server for a file and lets the browser keep it among its downloads, under the server's name for it.
///
/// # Errors
/// Whatever the server answers; `offline` when it gives no answer.
pub async fn download(path: &str, request: &impl serde::Serialize) -> Result<(), Problem> {
    let request = serde_json::to_string(request).map_err(internal)?;
    let response = post(path, &request).await?;
    let body = |promise: Result<Promise, JsValue>| async {
        JsFuture::from(promise.map_err(|_| Code::Offline)?).await.map_err(|_| Problem::new(Code::Offline))
    };
    if !response.ok() {
        let text = body(response.text()).await?.as_string().unwrap_or_default();
        let problem = serde_json::from_str::<Problem>(&text).unwrap_or_else(|_| Code::NotOurServer.into());
        if problem.code == Code::LoginNeeded {
            say_login_needed();
        }
        return Err(problem);
    }
    let named = response.headers().get("content-disposition").ok().flatten().unwrap_or_default();
    let name = named.split('"').nth(1).unwrap_or("sanam").to_owned();
    let blob: web_sys::Blob =
        body(response.blob()).await?.dyn_into().map_err(|error| internal(text_of(&error)))?;
    let address =
        web_sys::Url::create_object_url_with_blob(&blob).map_err(|error| internal(text_of(&error)))?;
    let link =
        document().create_element("a").ok().and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(link) = link {
        let _ = link.set_attribute("href", &address);
        let _ = link.set_attribute("download", &name);
        link.click();
    }
    // The download has begun; the browser holds what it still needs.
    let _ = web_sys::Url::revoke_object_url(&address);
    Ok(())
}

// -- the browser's worker

impl Postbox {
    fn open(tell: Rc<dyn Fn(Event)>) -> Result<Rc<Postbox>, Problem> {
        let address = document()
            .query_selector("meta[name=sanam-worker]")
            .ok()
            .flatten()
            .and_then(|meta| meta.get_attribute("content"))
            .unwrap_or_else(|| "/worker.js".to_owned());
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&address, &options)
            .map_err(|error| Problem::new(Code::StoreUnavailable).about(text_of(&error)))?;
        let postbox = Rc::new(Postbox {
            worker,
            next: Cell::new(1),
            waiting: RefCell::default(),
            unusable: RefCell::default(),
        });

        let (own, say) = (postbox.clone(), tell.clone());
        let heard =
            Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| own.hear(&event.data(), &*say));
        postbox.worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        heard.forget();

        let own = postbox.clone();
        let broke = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
            let message =
                Reflect::get(&event, &"message".into()).map_or(String::new(), |text| text_of(&text));
            own.give_up(Problem::new(Code::Internal).about(message), &*tell);
        });
        postbox.worker.set_onerror(Some(broke.as_ref().unchecked_ref()));
        broke.forget();
        Ok(postbox)
    }

    async fn send(&self, request: &str) -> Result<String, Problem> {
        if let Some(problem) = &*self.unusable.borrow() {
            return Err(problem.clone());
        }
        let id = self.next.replace(self.next.get().wrapping_add(1));
        let message = Object::new();
        let _ = Reflect::set(&message, &"id".into(), &id.into());
        let _ = Reflect::set(&message, &"request".into(), &request.into());
        let promise = Promise::new(&mut |resolve, _| {
            self.waiting.borrow_mut().insert(id, resolve);
        });
        self.worker.post_message(&message).map_err(|error| internal(text_of(&error)))?;
        let answer = JsFuture::from(promise).await.map_err(|error| internal(text_of(&error)))?;
        match answer.as_string() {
            Some(text) => Ok(text),
            None => Err(self.unusable.borrow().clone().unwrap_or_else(|| Code::Internal.into())),
        }
    }

    fn hear(&self, message: &JsValue, tell: &dyn Fn(Event)) {
        let field = |name: &str| Reflect::get(message, &name.into()).unwrap_or(JsValue::UNDEFINED);
        if let Some(id) = field("id").as_f64() {
            let waiting = self.waiting.borrow_mut().remove(&(id as u32));
            if let Some(resolve) = waiting {
                let _ = resolve.call1(&JsValue::UNDEFINED, &field("reply"));
            }
        } else if field("sanam").as_string().as_deref() == Some("failed") {
            self.give_up(why_unusable(&field("reason").as_string().unwrap_or_default()), tell);
        } else if let Some(event) = event_of(message) {
            tell(event);
        }
    }

    /// Everybody who waits, and everybody after, gets the problem.
    fn give_up(&self, problem: Problem, tell: &dyn Fn(Event)) {
        *self.unusable.borrow_mut() = Some(problem.clone());
        let waiting = std::mem::take(&mut *self.waiting.borrow_mut());
        for resolve in waiting.values() {
            let _ = resolve.call1(&JsValue::UNDEFINED, &JsValue::NULL);
        }
        tell(Event::Unusable(problem));
    }
}

/// Reads why the worker could not open the store: a problem's JSON, or the browser's own words.
fn why_unusable(reason: &str) -> Problem {
    if let Ok(problem) = serde_json::from_str::<Problem>(reason) {
        return problem;
    }
    let code = Code::ALL.iter().copied().find(|code| reason.starts_with(code.as_str()));
    let held =
        ["AccessHandle", "NoModificationAllowed", "access handle"].iter().any(|mark| reason.contains(mark));
    let code = code.unwrap_or(if held { Code::StoreLocked } else { Code::StoreUnavailable });
    Problem::new(code).about(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_words_become_a_problem_one_can_act_on() {
        let json = serde_json::to_string(&Problem::new(Code::StoreNewer)).unwrap();
        for (reason, code) in [
            (json.as_str(), Code::StoreNewer),
            ("store_damaged: 11", Code::StoreDamaged),
            ("NoModificationAllowedError: Access Handles cannot be created", Code::StoreLocked),
            ("no OPFS here", Code::StoreUnavailable),
        ] {
            assert_eq!(why_unusable(reason).code, code, "{reason}");
        }
    }

    #[test]
    fn an_answer_is_a_reply_or_a_problem() {
        let answer: Answer = serde_json::from_str(r#"{"ok":{"reply":"logout","is":{}}}"#).unwrap();
        assert!(matches!(answer, Answer::Ok(Reply::Logout(_))));
        let answer: Answer = serde_json::from_str(r#"{"problem":{"code":"offline","hint":"ก"}}"#).unwrap();
        assert!(matches!(answer, Answer::Problem(problem) if problem.code == Code::Offline));
    }
}
