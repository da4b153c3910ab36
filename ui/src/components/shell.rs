//! The frame of a screen: a heading with the way back, the content, and the three numbers one line below.

use crate::app::app;
use crate::components::icon::{Icon, icon};
use crate::components::strip::Short;
use crate::route;
use leptos::html;
use leptos::prelude::*;

/// A screen with a heading and a way back.
#[component]
pub fn Shell(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// Whom or what it is about, in the bar as well: it stays in view however far one scrolls. Empty for nothing.
    #[prop(optional, into)]
    about: Signal<String>,
    /// Set where Back means something else than the screen before.
    #[prop(optional, into)]
    back: Option<Callback<()>>,
    /// Leaves the three numbers out: where a bar of buttons stands below.
    #[prop(optional)]
    bare: bool,
    /// The content.
    children: Children,
) -> impl IntoView {
    let app = app();
    let heading = NodeRef::<html::H1>::new();
    // A screen reader hears which screen this is, and the keyboard starts at its top.
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            let _ = heading.focus();
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
    });
    view! {
        <header class="bar">
            <button
                type="button"
                class="back"
                on:click=move |_| match back {
                    Some(back) => back.run(()),
                    None => route::back(),
                }
            >
                {icon(Icon::Back)}
                <span>{app.t().back}</span>
            </button>
            <div class="titles">
                <h1 tabindex="-1" node_ref=heading>
                    {move || title.get()}
                </h1>
                {move || Some(about.get()).filter(|about| !about.is_empty()).map(|about| view! { <p>{about}</p> })}
            </div>
        </header>
        <main class="screen">{children()}</main>
        {(!bare).then(|| view! { <footer class="foot"><Short/></footer> })}
    }
}
