//! Subjects that are ticked in the registry, and what can be done with them: their stickers are printed.

use super::page::Page;
use super::state::office;
use crate::app::app;
use crate::components::button::{Button, Weight};
use crate::components::icon::Icon;
use crate::format;
use crate::strings::fill;
use crate::strings::office::ticks::ticks as words;
use domain::api::SubjectRow;
use domain::ids::RecordId;
use domain::text;
use leptos::prelude::*;
use std::collections::BTreeSet;

/// A subject that is ticked. They stand in the order of the route, whichever was ticked first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticked {
    /// Programme id.
    pub programme: String,
    zone: String,
    /// Whether it has no place in the route, and the key of its place.
    order: (bool, String),
    /// Which one.
    pub id: RecordId,
}

impl Ticked {
    /// A row of a list; one that has no place in the route comes last.
    pub fn of(row: &SubjectRow) -> Ticked {
        Ticked {
            programme: row.programme.clone(),
            zone: row.zone.clone(),
            order: (row.order.is_empty(), text::sort_key(&row.order)),
            id: row.id,
        }
    }
}

/// How many are ticked, above the list; nothing while there are none.
#[component]
pub fn TickBar() -> impl IntoView {
    let app = app();
    let ticked = office().ticked;
    let t = words(app);
    move || {
        let count = ticked.with(BTreeSet::len);
        (count > 0).then(|| {
            view! {
                <div class="office-ticks" role="status">
                    <Button
                        label=fill(t.print, &[&format::count(count as u64)])
                        weight=Weight::Main
                        drawing=Icon::Label
                        press=|| Page::LabelsOfTicked.open()
                    />
                    <Button
                        label=t.untick
                        weight=Weight::Quiet
                        press=move || ticked.set(BTreeSet::new())
                    />
                </div>
            }
        })
    }
}

/// Whose stickers are printed, on the page of labels.
#[component]
pub fn TickedLead() -> impl IntoView {
    let app = app();
    let ticked = office().ticked;
    let t = words(app);
    view! {
        <p>
            {move || match ticked.with(BTreeSet::len) {
                0 => t.none.to_owned(),
                count => fill(t.labels_of, &[&format::count(count as u64)]),
            }}
        </p>
        <a href=Page::Registry(None).hash()>{crate::strings::office::office(app).back_to_subject}</a>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ticked_stands_in_the_order_of_the_route() {
        let row = |zone: &str, order: &str, at: u8| SubjectRow {
            id: RecordId::new(1, [at; 10]),
            programme: "water".to_owned(),
            zone: zone.to_owned(),
            heading: String::new(),
            second_line: String::new(),
            order: order.to_owned(),
            standing: None,
            due_on: None,
            last_done: None,
            last_failed: None,
            distance_m: None,
            place: None,
        };
        // Somebody was put between the ninth and the tenth, and the eleventh house has a second meter.
        let rows = [
            row("R02", "1", 1),
            row("R01", "", 2),
            row("R01", "11/1", 3),
            row("R01", "๑๑", 4),
            row("R01", "10", 5),
            row("R01", "9.5", 6),
            row("R01", "9", 7),
        ];
        let ticked: BTreeSet<Ticked> = rows.iter().map(Ticked::of).collect();
        let ids: Vec<RecordId> = ticked.into_iter().map(|one| one.id).collect();
        assert_eq!(ids, [7, 6, 5, 4, 3, 2, 1].map(|at| RecordId::new(1, [at; 10])));
    }
}
