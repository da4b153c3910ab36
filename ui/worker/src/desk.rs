//! Where the page's messages arrive, and the errand boy who goes to the server between them.
//!
//! Everything happens in one thread, so "at the same time" means "in between": a message is answered from start to end,
//! and only a call over the network is waited for. The store is never borrowed across an `await`.

use crate::{files, network, worker};
use domain::problem::{Code, Problem};
use door::{Clock, Door, Next, Said};
use js_sys::{Date, Function, Object, Promise, Reflect};
use sqlite_wasm_vfs::sahpool::OpfsSAHPoolUtil;
use std::cell::RefCell;
use std::rc::Rc;
use store::{HttpAnswer, Now, Store};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::MessageEvent;

/// The id the page gave its message.
type Asker = JsValue;

struct Desk {
    door: RefCell<Door<Asker>>,
    clock: Clock,
    pool: OpfsSAHPoolUtil,
    /// Wakes the errand boy, while he sleeps.
    wake: RefCell<Option<Function>>,
}

/// Begins to answer messages and to exchange with the server. Runs for as long as the worker lives.
///
/// `pool` has the files that did not open and are left as they are.
pub fn begin(store: Store, set_aside: Option<String>, pool: OpfsSAHPoolUtil) {
    let clock = Clock::start(wall(), ticks());
    let mut seed = [0u8; 8];
    let _ = getrandom::fill(&mut seed);
    let door = Door::new(store, set_aside, u64::from_le_bytes(seed), read(&clock));
    let desk = Rc::new(Desk { door: RefCell::new(door), clock, pool, wake: RefCell::default() });

    let own = Rc::clone(&desk);
    let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| own.hear(&event.data()));
    worker().set_onmessage(Some(heard.as_ref().unchecked_ref()));
    heard.forget();

    spawn_local(async move { desk.run_errands().await });
}

impl Desk {
    fn now(&self) -> Now {
        read(&self.clock)
    }

    fn hear(&self, message: &JsValue) {
        let field = |name: &str| Reflect::get(message, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let (id, request) = (field("id"), field("request").as_string().unwrap_or_default());
        let said = match self.door.try_borrow_mut() {
            Ok(mut door) => door.ask_beside(id, &request, self.now(), || files::damaged(&self.pool)),
            // Only after a panic that left it borrowed.
            Err(_) => Some(Said::Reply { to: id, text: door::answer_text(Err(Code::Internal.into())) }),
        };
        said.into_iter().for_each(deliver);
        self.wake();
    }

    async fn run_errands(&self) {
        let mut answer: Option<HttpAnswer> = None;
        loop {
            let (said, next) = self.door.borrow_mut().carry(answer.take(), self.now());
            said.into_iter().for_each(deliver);
            match next {
                Next::Call(call) => answer = Some(network::carry(&call).await),
                Next::Wait(ms) => self.sleep(Some(ms)).await,
                Next::Rest => self.sleep(None).await,
            }
        }
    }

    async fn sleep(&self, ms: Option<u64>) {
        let mut timer = None;
        let woken = Promise::new(&mut |resolve: Function, _| {
            if let Some(ms) = ms {
                let ms = i32::try_from(ms).unwrap_or(i32::MAX);
                timer = worker().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms).ok();
            }
            *self.wake.borrow_mut() = Some(resolve);
        });
        let _ = JsFuture::from(woken).await;
        *self.wake.borrow_mut() = None;
        if let Some(timer) = timer {
            worker().clear_timeout_with_handle(timer);
        }
    }

    fn wake(&self) {
        if let Some(resolve) = self.wake.borrow_mut().take() {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Tells the page that nothing more can be answered: a fault of ours left the worker in an unknown state.
///
/// What was reported saved is in the file, so opening the page again is safe.
pub fn give_up(what: &str) {
    let problem = Problem::new(Code::Internal).about(what);
    let message = Object::new();
    put(&message, "sanam", &"failed".into());
    put(&message, "reason", &serde_json::to_string(&problem).unwrap_or_default().into());
    let _ = worker().post_message(&message);
}

fn deliver(said: Said<Asker>) {
    let message = Object::new();
    match said {
        Said::Reply { to, text } => {
            put(&message, "id", &to);
            put(&message, "reply", &text.into());
        }
        Said::Event { name, detail } => {
            put(&message, "event", &name.into());
            put(&message, "detail", &detail.into());
        }
    }
    let _ = worker().post_message(&message);
}

fn put(message: &Object, name: &str, value: &JsValue) {
    let _ = Reflect::set(message, &name.into(), value);
}

fn read(clock: &Clock) -> Now {
    clock.read(wall(), ticks(), -Date::new_0().get_timezone_offset() as i32)
}

fn wall() -> u64 {
    Date::now() as u64
}

/// Milliseconds that nobody can set back.
fn ticks() -> u64 {
    worker().performance().map_or(0, |performance| performance.now() as u64)
}
