//! Numbers to call that a sentence names, as links that a telephone dials.

use leptos::prelude::*;

/// Numbers of emergencies, as sentences name them.
const NUMBERS: [&str; 2] = ["1669", "1323"];

/// Draws a sentence; a number in it that is called in an emergency can be pressed.
pub fn with_calls(text: &str) -> AnyView {
    let draw = |(words, number): (&str, Option<&'static str>)| {
        let link = number.map(|number| view! { <a class="call" href=format!("tel:{number}")>{number}</a> });
        view! { {words.to_owned()} {link} }
    };
    parts(text).into_iter().map(draw).collect_view().into_any()
}

/// The words of a sentence up to each number, with that number; and those after the last.
fn parts(text: &str) -> Vec<(&str, Option<&'static str>)> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some((before, number, after)) = first(rest) {
        all.push((before, Some(number)));
        rest = after;
    }
    all.push((rest, None));
    all
}

/// The first number, with what stands before and after it. Digits within a longer number are none.
fn first(text: &str) -> Option<(&str, &'static str, &str)> {
    let goes_on = |c: char| c.is_ascii_digit() || c == '-';
    NUMBERS
        .into_iter()
        .filter_map(|number| text.split_once(number).map(|(before, after)| (before, number, after)))
        .filter(|(before, _, after)| !before.ends_with(goes_on) && !after.starts_with(goes_on))
        .min_by_key(|(before, _, _)| before.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_sentence_are_found() {
        assert_eq!(
            parts("หมดสติ โทร 1669 (หรือ 1323)"),
            [("หมดสติ โทร ", Some("1669")), (" (หรือ ", Some("1323")), (")", None)]
        );
        for text in ["", "โทร 076-211669", "16690", "1669-2"] {
            assert_eq!(parts(text), [(text, None)]);
        }
    }
}
