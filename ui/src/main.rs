//! The app's entry: mounts the Leptos screens on the page.

use leptos::prelude::*;

fn main() {
    console_error_panic_hook::set_once();
    mount_to_body(|| view! { <main><h1>"สนาม"</h1></main> });
}
