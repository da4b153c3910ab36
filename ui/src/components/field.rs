//! One line to type into, with its label, and the choices of one or several.

use crate::components::icon::{Icon, icon};
use crate::strings::{EN, TH};
use domain::programme::{FieldKind, FieldType};
use leptos::ev::Targeted;
use leptos::html;
use leptos::prelude::*;
use std::collections::BTreeSet;
use web_sys::{Event, FocusEvent, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};

/// Something typed into a line. (A generic type inside a view would end its tag.)
pub type OnInput = Targeted<Event, HtmlInputElement>;
/// A choice in a native list.
pub type OnSelect = Targeted<Event, HtmlSelectElement>;
/// Something typed into several lines.
pub type OnText = Targeted<Event, HtmlTextAreaElement>;
/// A line that was left.
pub type OnLeave = Targeted<FocusEvent, HtmlInputElement>;

/// What a keyboard should offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Keys {
    /// Letters.
    #[default]
    Text,
    /// Digits.
    Digits,
    /// Digits and a point.
    Decimal,
    /// A telephone's keys.
    Phone,
    /// An address on the network.
    Address,
}

impl Keys {
    fn inputmode(self) -> &'static str {
        match self {
            Keys::Text => "text",
            Keys::Digits => "numeric",
            Keys::Decimal => "decimal",
            Keys::Phone => "tel",
            Keys::Address => "url",
        }
    }
}

/// A line to type into.
#[component]
pub fn Line(
    /// What is asked.
    #[prop(into)]
    label: String,
    /// A word of help.
    #[prop(into, optional)]
    hint: Option<String>,
    /// What is typed.
    value: RwSignal<String>,
    /// What the keyboard offers.
    #[prop(optional)]
    keys: Keys,
    /// Typing is hidden.
    #[prop(optional)]
    secret: bool,
    /// It takes the keyboard when it appears.
    #[prop(optional)]
    focus: bool,
    /// It must not stay empty, and says so.
    #[prop(optional)]
    needed: bool,
    /// What is wrong with what is typed: said below the line, in a red frame.
    #[prop(optional, into)]
    wrong: Signal<Option<String>>,
    /// What Enter does.
    #[prop(optional, into)]
    enter: Option<Callback<()>>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    if focus {
        Effect::new(move |_| {
            if let Some(input) = input.get() {
                // After the screen's heading took the focus.
                request_animation_frame(move || {
                    let _ = input.focus();
                });
            }
        });
    }
    view! {
        <label class="field">
            <span class="label">
                {label}
                {needed.then(|| view! { <span class="required" aria-hidden="true">" *"</span> })}
            </span>
            {hint.map(|hint| view! { <span class="hint">{hint}</span> })}
            <input
                node_ref=input
                aria-required=needed.then_some("true")
                aria-invalid=move || wrong.with(Option::is_some).then_some("true")
                type=if secret { "password" } else { "text" }
                inputmode=keys.inputmode()
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                prop:value=move || value.get()
                on:input:target=move |event: OnInput| value.set(event.target().value())
                on:keydown=move |event| {
                    if event.key() == "Enter" && let Some(enter) = enter {
                        event.prevent_default();
                        // A key that is held down says it again and again; it was meant once.
                        if !event.repeat() {
                            enter.run(());
                        }
                    }
                }
            />
        </label>
        {move || wrong.get().map(|wrong| view! { <p class="wrong" role="alert">{icon(Icon::Warning)}<span>{wrong}</span></p> })}
    }
}

/// One of a few named values, as a native list.
#[component]
pub fn Select(
    /// What is asked.
    #[prop(into)]
    label: String,
    /// Values and their labels.
    options: Vec<(String, String)>,
    /// The chosen value; empty for none.
    value: RwSignal<String>,
) -> impl IntoView {
    view! {
        <label class="field">
            <span class="label">{label}</span>
            <select on:change:target=move |event: OnSelect| value.set(event.target().value())>
                {options
                    .into_iter()
                    .map(|(own, label)| {
                        let mine = own.clone();
                        view! { <option value=own selected=move || value.get() == mine>{label}</option> }
                    })
                    .collect_view()}
            </select>
        </label>
    }
}

/// Draws the field of a subject for typing; `value` holds its text.
pub fn subject_field(field: &FieldKind, value: RwSignal<String>, language: &str, unknown: &str) -> AnyView {
    let label = field.title.in_language(language).to_owned();
    let t = if language == "en" { &EN } else { &TH };
    let keys = match field.kind {
        FieldType::Integer => Keys::Digits,
        FieldType::Decimal => Keys::Decimal,
        FieldType::Phone => Keys::Phone,
        _ => Keys::Text,
    };
    match field.kind {
        FieldType::Choice | FieldType::Bool => {
            let mut options = vec![(String::new(), unknown.to_owned())];
            if field.kind == FieldType::Bool {
                options.push(("true".to_owned(), t.yes.to_owned()));
                options.push(("false".to_owned(), t.no.to_owned()));
            }
            options.extend(
                field.choices.iter().map(|(v, words)| (v.clone(), words.in_language(language).to_owned())),
            );
            view! { <Select label=label options=options value=value/> }.into_any()
        }
        FieldType::Date => {
            view! { <Line label=label hint=t.date_hint value=value keys=Keys::Text/> }.into_any()
        }
        _ => view! { <Line label=label value=value keys=keys/> }.into_any(),
    }
}

/// A box that is ticked while `one` is among the chosen.
pub fn tick<T: Ord + Clone + Send + Sync + 'static>(
    one: T,
    chosen: RwSignal<BTreeSet<T>>,
    title: impl IntoView,
) -> impl IntoView {
    let own = one.clone();
    let change = move |event: OnInput| {
        let ticked = event.target().checked();
        chosen.update(|chosen| {
            if ticked {
                chosen.insert(one.clone());
            } else {
                chosen.remove(&one);
            }
        });
    };
    view! {
        <label class="tick">
            <input type="checkbox" prop:checked=move || chosen.with(|chosen| chosen.contains(&own)) on:change:target=change/>
            <span>{title}</span>
        </label>
    }
}
