//! Numbers: typed with large digits, or chosen on a scale.

use crate::components::field::OnInput;
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
    let parameter = |name: &str, otherwise: f64| {
        at.now()
            .and_then(|item| item.parameters.get(name).and_then(|text| text.parse::<f64>().ok()))
            .unwrap_or(otherwise)
    };
    let (start, end, step) = (parameter("start", 1.0), parameter("end", 10.0), parameter("step", 1.0).abs());
    let step = if step > 0.0 { step } else { 1.0 };
    let count = ((end - start).abs() / step).floor() as usize + 1;
    if count <= BUTTONS {
        let sign = if end < start { -1.0 } else { 1.0 };
        let buttons = (0..count)
            .map(|n| {
                let value = rounded(start + sign * step * n as f64);
                let (mine, own, at, chosen) = (value.clone(), value.clone(), at.clone(), at.clone());
                view! {
                    <button
                        type="button"
                        class="step"
                        aria-pressed=move || (chosen.value() == mine).to_string()
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
    let (set, shown, held) = (at.clone(), at.clone(), at.clone());
    view! {
        <output class="large-text" for=id.clone()>{move || shown.value()}</output>
        <input
            type="range"
            id=id
            aria-labelledby=format!("{}-label", at.id())
            min=start.min(end).to_string()
            max=start.max(end).to_string()
            step=step.to_string()
            prop:value=move || held.value()
            on:input:target=move |event: OnInput| set.choose(&event.target().value())
        />
    }
    .into_any()
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
