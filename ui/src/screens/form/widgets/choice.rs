//! One of several, any of several, several in order, and the tick that says "I have read this". Options are large
//! buttons on native inputs; a long list has a line to search in.

use crate::components::field::{OnInput, OnSelect};
use crate::components::icon::{Icon, icon};
use crate::screens::form::question::{At, marked};
use domain::text::search_key;
use forms::Choice;
use leptos::prelude::*;

/// Options beyond which a list gets a line to search in.
const LONG: usize = 12;
/// Options of a long list that are drawn at once.
const DRAWN: usize = 60;

fn options(at: &At) -> Vec<Choice> {
    at.item.with(|item| item.as_ref().map_or(Vec::new(), |item| item.options.clone()))
}

fn has_appearance(at: &At, word: &str) -> bool {
    at.now().is_some_and(|item| item.appearance.iter().any(|own| own == word))
}

fn group_class(at: &At) -> &'static str {
    let beside = ["columns", "horizontal", "likert", "compact", "columns-pack", "columns-2"];
    let beside =
        at.now().is_some_and(|item| item.appearance.iter().any(|own| beside.contains(&own.as_str())));
    if beside { "options beside" } else { "options" }
}

/// One of several.
pub fn one(at: &At) -> AnyView {
    if has_appearance(at, "minimal") && at.now().is_some_and(|item| item.options.len() <= DRAWN) {
        return native_list(at);
    }
    let at = at.clone();
    searchable(&at.clone(), move |choice: Choice| {
        let (own, set) = (choice.value.clone(), at.clone());
        let name = at.id();
        view! {
            <label class="option">
                <input
                    type="radio"
                    name=name
                    prop:checked=choice.selected
                    on:change=move |_| set.choose(&own)
                />
                <span>{marked(&choice.label)}</span>
            </label>
        }
        .into_any()
    })
}

fn native_list(at: &At) -> AnyView {
    let (set, shown) = (at.clone(), at.clone());
    let t = at.app.t();
    view! {
        <select
            aria-labelledby=format!("{}-label", at.id())
            on:change:target=move |event: OnSelect| set.choose(&event.target().value())
        >
            <option value="">{t.choose}</option>
            {move || {
                options(&shown)
                    .into_iter()
                    .map(|choice| view! { <option value=choice.value selected=choice.selected>{choice.label}</option> })
                    .collect_view()
            }}
        </select>
    }
    .into_any()
}

/// Any of several.
pub fn several(at: &At) -> AnyView {
    let at = at.clone();
    searchable(&at.clone(), move |choice: Choice| {
        let (own, set) = (choice.value.clone(), at.clone());
        view! {
            <label class="option">
                <input
                    type="checkbox"
                    prop:checked=choice.selected
                    on:change:target=move |event: OnInput| {
                        let stored = set.now().map(|item| item.value).unwrap_or_default();
                        set.choose(&toggled(&stored, &own, event.target().checked()));
                    }
                />
                <span>{marked(&choice.label)}</span>
            </label>
        }
        .into_any()
    })
}

fn toggled(stored: &str, own: &str, chosen: bool) -> String {
    let mut all: Vec<&str> = stored.split_whitespace().filter(|value| *value != own).collect();
    if chosen {
        all.push(own);
    }
    all.join(" ")
}

/// The options, with a line to search in where they are many.
fn searchable(at: &At, draw: impl Fn(Choice) -> AnyView + Clone + Send + Sync + 'static) -> AnyView {
    let t = at.app.t();
    let typed = RwSignal::new(String::new());
    let long = at.now().is_some_and(|item| item.options.len() > LONG);
    let matching = {
        let at = at.clone();
        Memo::new(move |_| {
            let wanted = search_key(&typed.get());
            let fits = |choice: &Choice| wanted.is_empty() || search_key(&choice.label).contains(&wanted);
            options(&at).into_iter().filter(fits).take(DRAWN).collect::<Vec<_>>()
        })
    };
    let class = group_class(at);
    view! {
        {long
            .then(|| {
                view! {
                    <input
                        type="search"
                        aria-label=t.search_options
                        placeholder=t.search_options
                        prop:value=move || typed.get()
                        on:input:target=move |event: OnInput| typed.set(event.target().value())
                    />
                }
            })}
        <div class=class>
            <For
                each=move || matching.get()
                key=|choice| (choice.value.clone(), choice.label.clone(), choice.selected)
                children=move |choice| draw(choice)
            />
        </div>
    }
    .into_any()
}

/// Several, put in order: each tap moves one up.
pub fn rank(at: &At) -> AnyView {
    let t = at.app.t();
    let at = at.clone();
    let rows = move || {
        let stored = at.value();
        let mut all = options(&at);
        let place =
            |value: &str| stored.split_whitespace().position(|own| own == value).unwrap_or(usize::MAX);
        all.sort_by_key(|choice| place(&choice.value));
        let order: Vec<String> = all.iter().map(|choice| choice.value.clone()).collect();
        all.into_iter()
            .enumerate()
            .map(|(number, choice)| {
                let (order, at) = (order.clone(), at.clone());
                view! {
                    <li>
                        <span>{format!("{}. {}", number + 1, choice.label)}</span>
                        <button
                            type="button"
                            class="button"
                            aria-label=format!("{} {}", t.move_up, choice.label)
                            on:click=move |_| {
                                let mut order = order.clone();
                                if number > 0 {
                                    order.swap(number, number - 1);
                                }
                                at.choose(&order.join(" "));
                            }
                        >
                            <span class="up">{icon(Icon::Back)}</span>
                        </button>
                    </li>
                }
            })
            .collect_view()
    };
    view! { <ol class="rank">{rows}</ol> }.into_any()
}

/// The tick.
pub fn acknowledge(at: &At) -> AnyView {
    let t = at.app.t();
    let (set, shown) = (at.clone(), at.clone());
    view! {
        <div class="options">
            <label class="option">
                <input
                    type="checkbox"
                    prop:checked=move || !shown.value().is_empty()
                    on:change:target=move |event: OnInput| {
                        set.choose(if event.target().checked() { "OK" } else { "" });
                    }
                />
                <span>{t.acknowledge}</span>
            </label>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_adds_and_removes_one() {
        assert_eq!(toggled("a b", "c", true), "a b c");
        assert_eq!(toggled("a b c", "b", false), "a c");
        assert_eq!(toggled("a", "a", true), "a");
        assert_eq!(toggled("", "a", false), "");
    }
}
