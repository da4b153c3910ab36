//! Numbers: typed with large digits, or chosen on a scale.

use crate::components::field::OnInput;
use crate::components::icon::{Icon, icon};
use crate::screens::form::question::At;
use crate::screens::form::widgets::text;
use leptos::prelude::*;

/// Most steps of a scale that are drawn as buttons.
const BUTTONS: usize = 12;

/// A whole or decimal number.
pub fn number(at: &At, decimal: bool) -> AnyView {
    text::line(at, if decimal { "decimal" } else { "numeric" }, "number")
}

/// A number on a scale: buttons where there are few steps, a slider with its number where there are many.
pub fn range(at: &At) -> AnyView {
    let parameter = |name: &str, otherwise: f64| at.parameter(name).unwrap_or(otherwise);
    let (start, end, step) = (parameter("start", 1.0), parameter("end", 10.0), parameter("step", 1.0).abs());
    let step = if step > 0.0 { step } else { 1.0 };
    let count = ((end - start).abs() / step).floor() as usize + 1;
    // A row of buttons is the quickest; a form that wants a slider gets one where a finger can still hit a step.
    if count <= BUTTONS && !at.has_appearance(&["vertical", "no-ticks"]) {
        let sign = if end < start { -1.0 } else { 1.0 };
        let buttons = (0..count)
            .map(|n| {
                let value = rounded(start + sign * step * n as f64);
                let (mine, own, at, chosen) = (value.clone(), value.clone(), at.clone(), at.clone());
                view! {
                    <button
                        type="button"
                        class="step"
                        aria-pressed=move || (tidy(&chosen.value()) == mine).to_string()
                        on:click=move |_| at.choose(&own)
                    >
                        {value}
                    </button>
                }
            })
            .collect_view();
        return view! { <div class="steps">{buttons}</div> }.into_any();
    }
    let id = at.id();
    let t = at.app.t();
    let (low, high) = (start.min(end), start.max(end));
    let (set, shown, held, at_value) = (at.clone(), at.clone(), at.clone(), at.clone());
    let at = at.clone();
    let middle = rounded(low + ((high - low) / 2.0 / step).round() * step);
    let resting = middle.clone();
    let nudge = move |by: f64, word: &'static str, drawing: Icon, limit: f64| {
        let (at, watched) = (at.clone(), at.clone());
        let at_limit = move || watched.value().parse::<f64>().is_ok_and(|now| (now - limit).abs() < 1e-9);
        view! {
            <button
                type="button"
                class="step nudge"
                aria-label=word
                disabled=at_limit
                on:click=move |_| {
                    let now = at.now().and_then(|item| item.value.parse::<f64>().ok());
                    // The first tap begins at the end it moves away from.
                    let next = now.map_or(if by > 0.0 { low } else { high }, |now| now + by);
                    at.choose(&rounded(next.clamp(low, high)));
                }
            >
                {icon(drawing)}
            </button>
        }
    };
    view! {
        <div class="slider">
            {nudge(-step, t.less, Icon::Minus, low)}
            <output class="number" for=id.clone()>
                {move || {
                    let value = shown.value();
                    if value.is_empty() { "–".to_owned() } else { tidy(&value) }
                }}
            </output>
            {nudge(step, t.more_of_it, Icon::Plus, high)}
        </div>
        <input
            type="range"
            id=id.clone()
            aria-labelledby=format!("{id}-label")
            min=low.to_string()
            max=high.to_string()
            step=step.to_string()
            class:untouched=move || held.value().is_empty()
            prop:value={
                let held = at_value.clone();
                move || {
                    let value = held.value();
                    if value.is_empty() { resting.clone() } else { value }
                }
            }
            on:input:target=move |event: OnInput| set.choose(&event.target().value())
        />
        <p class="ends" aria-hidden="true"><span>{rounded(low)}</span><span>{rounded(high)}</span></p>
    }
    .into_any()
}

/// `5.0` as people write it.
fn tidy(number: &str) -> String {
    number.parse::<f64>().map_or_else(|_| number.to_owned(), rounded)
}

/// A number without the dust of floating-point addition.
fn rounded(number: f64) -> String {
    let rounded = (number * 1e6).round() / 1e6;
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_no_dust() {
        assert_eq!(rounded(0.1 + 0.2), "0.3");
        assert_eq!(rounded(10.0), "10");
    }
}
