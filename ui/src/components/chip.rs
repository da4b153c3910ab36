//! Small marks: where a subject stands in time. A word and a shape, so that colour is never needed to tell.

use crate::strings::Strings;
use domain::schedule::Standing;
use leptos::prelude::*;

/// The word for a standing.
pub fn standing_word(standing: Standing, t: &'static Strings) -> &'static str {
    match standing {
        Standing::Overdue => t.standing_overdue,
        Standing::Left => t.standing_left,
        Standing::Done => t.standing_done,
        Standing::Later => t.standing_later,
    }
}

/// A mark that says where a subject stands.
pub fn standing_chip(standing: Standing, t: &'static Strings) -> impl IntoView {
    let class = match standing {
        Standing::Overdue => "chip overdue",
        Standing::Left => "chip left",
        Standing::Done => "chip done",
        Standing::Later => "chip later",
    };
    view! { <span class=class>{standing_word(standing, t)}</span> }
}
