//! One of several, any of several, several in order, and the tick that says "I have read this". Options are large
//! buttons on native inputs; a long list has a line to search in.

use crate::components::button::Button;
use crate::components::field::{OnInput, OnSelect};
use crate::components::icon::{Icon, icon};
use crate::components::markdown::inline;
use crate::screens::form::focus::go_on;
use crate::screens::form::question::At;
use crate::strings::fill;
use domain::text::search_key;
use forms::{Choice, Item};
use leptos::prelude::*;

/// Options beyond which a list gets a line to search in.
const LONG: usize = 12;
/// Options of a long list that are drawn at once.
const DRAWN: usize = 60;

fn options(at: &At) -> Vec<Choice> {
    at.item.with(|item| item.as_ref().map_or(Vec::new(), |item| item.options.clone()))
}

fn group_class(at: &At) -> &'static str {
    let beside = [
        "columns",
        "columns-1",
        "columns-2",
        "columns-3",
        "columns-4",
        "columns-pack",
        "horizontal",
        "horizontal-compact",
        "likert",
        "compact",
        "quickcompact",
    ];
    if at.has_appearance(&beside) { "options beside" } else { "options" }
}

/// One of several.
pub fn one(at: &At) -> AnyView {
    // One question on a large screen has room for its choices; a list that must be opened first is for small print.
    let minimal = at.has_appearance(&["minimal"]) && !at.session.one_by_one;
    // A list that must be opened first cannot show pictures either.
    let plain = |item: Item| item.options.iter().all(|option| at.session.picture(&option.image).is_none());
    if minimal && at.now().is_some_and(|item| item.options.len() <= DRAWN && plain(item)) {
        return native_list(at);
    }
    let at = at.clone();
    let next = go_on().filter(|_| at.has_appearance(&["quick", "quickcompact"]));
    searchable(&at.clone(), move |choice: Choice| {
        let (own, set) = (choice.value.clone(), at.clone());
        let shown = at.clone();
        let name = at.id();
        view! {
            <label class="option">
                <input
                    type="radio"
                    name=name
                    prop:checked=choice.selected
                    on:change=move |_| {
                        set.choose(&own);
                        // The form says that a choice is all there is to do here.
                        if let Some(next) = next.filter(|_| set.session.is_alone(&set.path)) {
                            next.run(());
                        }
                    }
                />
                {picture(&shown, &choice)}
                <span>{inline(&choice.label)}</span>
            </label>
        }
        .into_any()
    })
}

/// The picture of an option; its label says what it shows.
fn picture(at: &At, choice: &Choice) -> Option<impl IntoView + use<>> {
    let address = at.session.picture(&choice.image)?;
    Some(view! { <img class="option-picture" src=address alt=""/> })
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
                {picture(&at, &choice)}
                <span>{inline(&choice.label)}</span>
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

/// The options, with a line to search in where they are many. What is chosen stays in sight whatever is searched for.
fn searchable(at: &At, draw: impl Fn(Choice) -> AnyView + Clone + Send + Sync + 'static) -> AnyView {
    let t = at.app.t();
    let typed = RwSignal::new(String::new());
    let wanted = at.has_appearance(&["search", "autocomplete"]);
    // Rows of the registry may come after the question is drawn.
    let long = {
        let at = at.clone();
        Memo::new(move |_| wanted || options(&at).len() > LONG)
    };
    let matching = {
        let at = at.clone();
        Memo::new(move |_| {
            let wanted = search_key(&typed.get());
            let fits = |choice: &Choice| {
                wanted.is_empty() || choice.selected || search_key(&choice.label).contains(&wanted)
            };
            let mut all: Vec<Choice> = options(&at).into_iter().filter(fits).collect();
            if all.len() > DRAWN {
                all.sort_by_key(|choice| !choice.selected);
            }
            all
        })
    };
    let class = group_class(at);
    view! {
        {move || {
            long.get()
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
                })
        }}
        <div class=class>
            <For
                each=move || matching.get().into_iter().take(DRAWN)
                key=|choice| (choice.value.clone(), choice.label.clone(), choice.selected)
                children=move |choice| draw(choice)
            />
        </div>
        <p class="small" role="status">
            {move || match matching.with(Vec::len) {
                0 => t.no_such_option.to_owned(),
                many if many > DRAWN => fill(t.more_letters, &[&DRAWN.to_string()]),
                _ => String::new(),
            }}
        </p>
    }
    .into_any()
}

/// Several, put in order: a tap moves one up or down. The order as it stands is an answer once it is touched or
/// confirmed.
pub fn rank(at: &At) -> AnyView {
    let t = at.app.t();
    let (shown, confirm) = (at.clone(), at.clone());
    let ordered = move |at: &At| {
        let stored = at.value();
        let place =
            |value: &str| stored.split_whitespace().position(|own| own == value).unwrap_or(usize::MAX);
        let mut all = options(at);
        all.sort_by_key(|choice| place(&choice.value));
        all
    };
    let values = |all: &[Choice]| all.iter().map(|choice| choice.value.clone()).collect::<Vec<_>>();
    let rows = move || {
        let all = ordered(&shown);
        let order = values(&all);
        let count = all.len();
        all.into_iter()
            .enumerate()
            .map(|(number, choice)| {
                let step = |other: usize, word: &'static str, class: &'static str| {
                    let (order, at) = (order.clone(), shown.clone());
                    (other < count).then(|| {
                        view! {
                            <button
                                type="button"
                                class="button"
                                aria-label=format!("{word} {}", choice.label)
                                on:click=move |_| {
                                    let mut order = order.clone();
                                    order.swap(number, other);
                                    at.choose(&order.join(" "));
                                }
                            >
                                <span class=class>{icon(Icon::Back)}</span>
                            </button>
                        }
                    })
                };
                view! {
                    <li>
                        <span>{format!("{}. {}", number + 1, choice.label)}</span>
                        {step(number.wrapping_sub(1), t.move_up, "up")}
                        {step(number + 1, t.move_down, "down")}
                    </li>
                }
            })
            .collect_view()
    };
    let (asks, press) = (confirm.clone(), confirm);
    view! {
        <ol class="rank">{rows}</ol>
        {move || {
            let press = press.clone();
            asks.value()
                .is_empty()
                .then(|| {
                    view! {
                        <Button
                            label=t.rank_right
                            drawing=Icon::Check
                            press=move || {
                                let order: Vec<String> = options(&press).into_iter().map(|choice| choice.value).collect();
                                press.choose(&order.join(" "));
                            }
                        />
                    }
                })
        }}
    }
    .into_any()
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
