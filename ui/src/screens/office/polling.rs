//! Looking again every few seconds, while somebody looks: a page in the background asks nothing.

use crate::browser::wait;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::future::Future;

/// Does something now and every `ms` milliseconds after it is done, as long as the view it was called in lives and
/// the page is visible.
pub fn every<F>(ms: i32, look: impl Fn() -> F + 'static)
where
    F: Future<Output = ()> + 'static,
{
    let alive = StoredValue::new(());
    spawn_local(async move {
        while alive.try_get_value().is_some() {
            if !document().hidden() {
                look().await;
            }
            wait(ms).await;
        }
    });
}
