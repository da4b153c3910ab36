//! A plain picture of the last cycles: one bar each, the tallest is the most. Said in words for those who hear it.

use crate::app::App;
use domain::api::VisitRow;
use domain::programme::{DONE, Programme, whole};
use leptos::prelude::*;

/// Bars at most.
const MOST: usize = 6;

/// One bar: what stands below it, how much it is, and whether it was estimated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// A short word, such as a month.
    pub below: String,
    /// How much.
    pub units: i64,
    /// It is the one that is spoken of.
    pub now: bool,
}

/// The bars of a subject's visits, oldest first; none where the programme counts nothing. What was corrected or
/// set aside counts nothing.
pub fn bars_of(programme: &Programme, visits: &[VisitRow], thai: bool) -> Vec<Bar> {
    let Some(round) = &programme.round else { return Vec::new() };
    let counts = |visit: &&VisitRow| {
        visit.form == round.form
            && !visit.corrected
            && visit.values.get(domain::change::field::SET_ASIDE) != Some(&true.into())
    };
    let mut bars: Vec<(String, bool, Bar)> = Vec::new();
    for visit in visits.iter().filter(counts) {
        let Some(units) = visit.values.get(&round.units).and_then(whole) else { continue };
        let bar = Bar { below: month(&visit.at, thai), units, now: false };
        let done = visit.outcome == DONE;
        // Of one cycle the visit that was done counts, or else the last attempt, which comes first here.
        match bars.iter_mut().find(|(cycle, ..)| !cycle.is_empty() && *cycle == visit.cycle) {
            Some(known) if done && !known.1 => *known = (visit.cycle.clone(), true, bar),
            Some(_) => {}
            None => bars.push((visit.cycle.clone(), done, bar)),
        }
    }
    bars.truncate(MOST);
    bars.reverse();
    bars.into_iter().map(|(.., bar)| bar).collect()
}

fn month(iso: &str, thai: bool) -> String {
    const THAI: [&str; 12] =
        ["ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."];
    const ENGLISH: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let number = iso.get(5..7).and_then(|month| month.parse::<usize>().ok()).unwrap_or(0);
    let names = if thai { THAI } else { ENGLISH };
    names.get(number.wrapping_sub(1)).copied().unwrap_or_default().to_owned()
}

/// Draws bars; `label` is what they are of.
pub fn bars(label: &str, all: &[Bar]) -> Option<impl IntoView + use<>> {
    if all.is_empty() {
        return None;
    }
    let most = all.iter().map(|bar| bar.units).max().unwrap_or(0).max(1);
    let columns = all
        .iter()
        .map(|bar| {
            // Of the most, in percent; a little is seen even of nothing.
            let height = (bar.units.max(0) * 100 / most).max(3);
            view! {
                <li class:now=bar.now>
                    <b>{domain::text::grouped(bar.units)}</b>
                    <span class="bar-room" aria-hidden="true"><span class="month-bar" style=("height", format!("{height}%"))></span></span>
                    <small>{bar.below.clone()}</small>
                </li>
            }
        })
        .collect_view();
    Some(
        view! { <figure class="bars"><figcaption>{label.to_owned()}</figcaption><ul>{columns}</ul></figure> },
    )
}

/// The picture of a subject's last visits, where its programme counts something.
pub fn of_visits(
    app: App,
    programme: Option<&Programme>,
    visits: &[VisitRow],
) -> Option<impl IntoView + use<>> {
    let programme = programme?;
    let round = programme.round.as_ref()?;
    let thai = app.lang().code() == "th";
    bars(round.unit_title.in_language(app.lang().code()), &bars_of(programme, visits, thai))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::RecordId;
    use domain::programme::RoundKind;

    #[test]
    fn one_bar_a_cycle_and_what_was_done_before_what_was_tried() {
        let programme = Programme {
            round: Some(RoundKind { form: "read".into(), units: "used".into(), ..RoundKind::default() }),
            ..Programme::default()
        };
        let visit = |at: &str, outcome: &str, used: i64| VisitRow {
            id: RecordId::new(1, [7; 10]),
            subject: RecordId::new(1, [7; 10]),
            heading: String::new(),
            programme: "w".into(),
            form: "read".into(),
            at: format!("{at}T09:00:00+07:00"),
            by: String::new(),
            outcome: outcome.into(),
            cycle: at.get(..7).unwrap_or_default().into(),
            values: [("used".to_owned(), used.into())].into(),
            photos: Vec::new(),
            received: true,
            corrected: false,
            waits: false,
        };
        let mut wrong = visit("2026-11-08", "done", 99);
        wrong.corrected = true;
        let visits = [
            wrong,
            visit("2026-11-07", "01", 15),
            visit("2026-11-06", "done", 17),
            visit("2026-11-05", "01", 16),
            visit("2026-10-05", "done", 12),
            visit("2026-09-05", "02", 14),
        ];
        let seen: Vec<(String, i64)> =
            bars_of(&programme, &visits, false).into_iter().map(|bar| (bar.below, bar.units)).collect();
        assert_eq!(seen, [("Sep".to_owned(), 14), ("Oct".to_owned(), 12), ("Nov".to_owned(), 17)]);
        assert!(bars_of(&Programme::default(), &visits, true).is_empty());
        assert_eq!(month("2026-11-08", true), "พ.ย.");
    }
}
