//! The decoder of codes, in a worker of its own: a hard picture never holds up the screen, and one on which the
//! decoder dies costs that picture only, because the page starts a new worker.

pub mod session;

#[cfg(target_arch = "wasm32")]
mod worker;
