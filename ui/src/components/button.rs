//! A button: a large target with an icon and words.

use crate::components::icon::{Icon, icon};
use leptos::prelude::*;

/// How a button stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Weight {
    /// The one thing to do here.
    Main,
    /// Something else one may do.
    #[default]
    Plain,
    /// Hardly there: a link-like button in running text.
    Quiet,
    /// It takes something away.
    Danger,
}

impl Weight {
    fn class(self) -> &'static str {
        match self {
            Weight::Main => "button main",
            Weight::Plain => "button",
            Weight::Quiet => "button quiet",
            Weight::Danger => "button danger",
        }
    }
}

/// A button with words, perhaps an icon, perhaps a second line.
#[component]
pub fn Button(
    /// What it says.
    #[prop(into)]
    label: String,
    /// A smaller second line.
    #[prop(into, optional)]
    note: Option<String>,
    /// Drawn before the words.
    #[prop(optional)]
    drawing: Option<Icon>,
    /// How it stands out.
    #[prop(optional)]
    weight: Weight,
    /// It cannot be pressed while this holds.
    #[prop(into, optional)]
    disabled: Signal<bool>,
    /// What it does.
    press: impl Fn() + 'static,
) -> impl IntoView {
    view! {
        <button type="button" class=weight.class() disabled=move || disabled.get() on:click=move |_| press()>
            {drawing.map(icon)}
            <span class="words">
                <span>{label}</span>
                {note.map(|note| view! { <small>{note}</small> })}
            </span>
        </button>
    }
}
