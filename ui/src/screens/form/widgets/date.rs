//! Days and times. A day is entered as it is said: day, month by name, year of the Buddhist era.

use crate::browser::{OFFSET_MINUTES, now_ms, today};
use crate::components::button::Button;
use crate::components::field::{OnInput, OnSelect};
use crate::screens::form::question::At;
use chrono::{Datelike, Days, NaiveDate};
use domain::text::ascii_digits;
use domain::thai_date::{self, buddhist_year, gregorian_year};
use leptos::prelude::*;

const MONTHS: [(&str, &str); 12] = [
    ("มกราคม", "January"),
    ("กุมภาพันธ์", "February"),
    ("มีนาคม", "March"),
    ("เมษายน", "April"),
    ("พฤษภาคม", "May"),
    ("มิถุนายน", "June"),
    ("กรกฎาคม", "July"),
    ("สิงหาคม", "August"),
    ("กันยายน", "September"),
    ("ตุลาคม", "October"),
    ("พฤศจิกายน", "November"),
    ("ธันวาคม", "December"),
];

/// The parts of a day as they are typed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
struct Parts {
    day: String,
    month: String,
    year: String,
}

impl Parts {
    fn of(day: NaiveDate) -> Parts {
        Parts {
            day: day.day().to_string(),
            month: day.month().to_string(),
            year: buddhist_year(day.year(), day.month()).to_string(),
        }
    }

    /// The day; `None` while it is not whole or does not exist.
    fn read(&self) -> Option<NaiveDate> {
        let number = |text: &str| ascii_digits(text).trim().parse::<u32>().ok();
        let (day, month) = (number(&self.day)?, number(&self.month)?);
        let year = i32::try_from(number(&self.year)?).ok()?;
        // A year before 2400 was meant as it stands: 2026.
        let year = if year >= 2400 { gregorian_year(year, month) } else { year };
        (1850..2200).contains(&year).then(|| NaiveDate::from_ymd_opt(year, month, day)).flatten()
    }

    /// As it is stored: the ISO day, or what was typed where it is none, which the form keeps and asks about.
    fn text(&self) -> String {
        match self.read() {
            Some(day) => day.to_string(),
            None => format!("{}/{}/{}", self.day, self.month, self.year),
        }
    }

    /// Reads what [`Parts::text`] wrote, with whatever time behind it; `None` where nothing is stored.
    fn stored(text: &str) -> Option<Parts> {
        let text = text.split_once('T').map_or(text, |(day, _)| day);
        if let Ok(day) = text.parse::<NaiveDate>() {
            return Some(Parts::of(day));
        }
        let mut parts = text.split('/').map(str::to_owned);
        Some(Parts { day: parts.next()?, month: parts.next()?, year: parts.next()? })
    }

    fn is_empty(&self) -> bool {
        self.day.is_empty() && self.month.is_empty() && self.year.is_empty()
    }
}

/// The three inputs of a day, and `with_quick` the two days that are meant most. `stored` is the ISO day that is stored, `set` gets a new one, or an empty text.
fn day_inputs(
    at: &At,
    with_quick: bool,
    stored: impl Fn() -> String + Send + Sync + 'static,
    set: impl Fn(&str) + Clone + Send + Sync + 'static,
) -> AnyView {
    let t = at.app.t();
    let (year_only, month_year) = (at.has_appearance(&["year"]), at.has_appearance(&["month-year"]));
    let parts = RwSignal::new(Parts::default());
    let first = Parts {
        day: if year_only || month_year { "1".into() } else { String::new() },
        month: if year_only { "1".into() } else { String::new() },
        year: String::new(),
    };
    let blank = first.clone();
    Effect::new(move |_| {
        match Parts::stored(&stored()) {
            // Thai digits stay as they were typed.
            Some(kept) if parts.with_untracked(Parts::text) != kept.text() => parts.set(kept),
            None if parts.with_untracked(|parts| *parts != blank) => parts.set(blank.clone()),
            _ => {}
        }
    });
    let change = {
        let (set, first) = (set.clone(), first.clone());
        move |how: &dyn Fn(&mut Parts)| {
            parts.update(|parts| how(parts));
            let nothing = parts.with_untracked(|parts| parts.is_empty() || *parts == first);
            set(&if nothing { String::new() } else { parts.with_untracked(Parts::text) });
        }
    };
    let (by_day, by_month, by_year) = (change.clone(), change.clone(), change);
    let english = at.app.lang().code() == "en";
    let months = MONTHS
        .iter()
        .zip(1u32..)
        .map(|((thai, name), number)| {
            let own = number.to_string();
            let value = own.clone();
            let label = if english { *name } else { *thai };
            view! { <option value=value selected=move || parts.with(|parts| parts.month == own)>{label}</option> }
        })
        .collect_view();
    let quick = move |label: &'static str, back: u64| {
        let set = set.clone();
        view! {
            <Button
                label=label
                press=move || {
                    if let Some(day) = today().checked_sub_days(Days::new(back)) {
                        parts.set(Parts::of(day));
                        set(&day.to_string());
                    }
                }
            />
        }
    };
    let whole = !year_only && !month_year;
    let incomplete =
        move || parts.with(|parts| *parts != first && !parts.is_empty() && parts.read().is_none());
    view! {
        <div class="date" class:year-only=year_only class:month-year=month_year>
            {whole
                .then(|| {
                    view! {
                        <label>
                            <span>{t.day}</span>
                            <input
                                type="text"
                                inputmode="numeric"
                                maxlength="2"
                                prop:value=move || parts.with(|parts| parts.day.clone())
                                on:input:target=move |event: OnInput| {
                                    let typed = event.target().value();
                                    by_day(&|parts| parts.day.clone_from(&typed));
                                }
                            />
                        </label>
                    }
                })}
            {(!year_only)
                .then(|| {
                    view! {
                        <label class="month">
                            <span>{t.month}</span>
                            <select on:change:target=move |event: OnSelect| {
                                let chosen = event.target().value();
                                by_month(&|parts| parts.month.clone_from(&chosen));
                            }>
                                <option value="" selected=move || parts.with(|parts| parts.month.is_empty())>"-"</option>
                                {months}
                            </select>
                        </label>
                    }
                })}
            <label>
                <span>{t.year}</span>
                <input
                    type="text"
                    inputmode="numeric"
                    maxlength="4"
                    prop:value=move || parts.with(|parts| parts.year.clone())
                    on:input:target=move |event: OnInput| {
                        let typed = event.target().value();
                        by_year(&|parts| parts.year.clone_from(&typed));
                    }
                />
            </label>
        </div>
        {move || incomplete().then(|| view! { <p class="hint">{t.date_incomplete}</p> })}
        {(whole && with_quick).then(|| view! { <div class="quick">{quick(t.today, 0)}{quick(t.yesterday, 1)}</div> })}
    }
    .into_any()
}

/// A day.
pub fn date(at: &At) -> AnyView {
    let (shown, set) = (at.clone(), at.clone());
    day_inputs(at, true, move || shown.value(), move |day| answer(&set, day, is_whole(day)))
}

/// Says whether this is a day, or nothing; else it is on the way, or mistyped.
fn is_whole(day: &str) -> bool {
    day.is_empty() || day.parse::<NaiveDate>().is_ok()
}

/// Answers. What is still being typed is not called wrong before the person goes on.
fn answer(at: &At, text: &str, is_whole: bool) {
    if is_whole { at.choose(text) } else { at.set(text) }
}

/// A time of day.
pub fn time(at: &At) -> AnyView {
    let t = at.app.t();
    let (shown, set, now) = (at.clone(), at.clone(), at.clone());
    view! {
        <input
            type="time"
            id=at.id()
            prop:value=move || shown.value().get(..5).unwrap_or_default().to_owned()
            on:input:target=move |event: OnInput| set.choose(&event.target().value())
        />
        <div class="quick"><Button label=t.now press=move || now.choose(&clock_now())/></div>
    }
    .into_any()
}

/// The time of day now, `08:30`.
fn clock_now() -> String {
    let iso = thai_date::iso(now_ms(), OFFSET_MINUTES);
    iso.get(11..16).unwrap_or_default().to_owned()
}

/// A day and a time, stored once both are there.
pub fn date_time(at: &At) -> AnyView {
    let t = at.app.t();
    let stored = at.now().map(|item| item.value).unwrap_or_default();
    // What is not whole yet stands there as it was typed.
    let (first_day, first_clock) = stored.split_once('T').unwrap_or((&stored, ""));
    let day = RwSignal::new(first_day.to_owned());
    let clock = RwSignal::new(first_clock.get(..5).unwrap_or_default().to_owned());
    let at_both = at.clone();
    let store = move || {
        let (day, clock) = (day.get_untracked(), clock.get_untracked());
        if day.is_empty() && clock.is_empty() {
            at_both.choose("");
        } else {
            answer(
                &at_both,
                &format!("{day}T{clock}"),
                !day.is_empty() && !clock.is_empty() && is_whole(&day),
            );
        }
    };
    let (store_day, store_now) = (store.clone(), store.clone());
    let days = day_inputs(
        at,
        false,
        move || day.get(),
        move |iso| {
            day.set(iso.to_owned());
            store_day();
        },
    );
    view! {
        {days}
        <label class="field">
            <span class="label">{t.time}</span>
            <input
                type="time"
                prop:value=move || clock.get()
                on:input:target=move |event: OnInput| {
                    clock.set(event.target().value());
                    store();
                }
            />
        </label>
        <div class="quick">
            <Button
                label=t.now
                press=move || {
                    day.set(today().to_string());
                    clock.set(clock_now());
                    store_now();
                }
            />
        </div>
        {move || {
            (day.with(String::is_empty) != clock.with(String::is_empty))
                .then(|| view! { <p class="hint">{t.date_time_incomplete}</p> })
        }}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_as_it_is_said() {
        let parts = |day: &str, month: &str, year: &str| Parts {
            day: day.into(),
            month: month.into(),
            year: year.into(),
        };
        let on = |text: &str| text.parse::<NaiveDate>().ok();
        assert_eq!(parts("๒๑", "11", "๒๕๖๙").read(), on("2026-11-21"));
        assert_eq!(parts("21", "11", "2026").read(), on("2026-11-21"));
        assert_eq!(parts("11", "2", "2482").read(), on("1940-02-11"));
        assert_eq!(parts("31", "2", "2569").read(), None);
        assert_eq!(parts("1", "1", "25").read(), None);
        assert_eq!(Parts::of(on("1940-02-11").unwrap()).read(), on("1940-02-11"));
        // What is no day is kept as it was typed, and comes back so.
        for mistyped in [parts("31", "2", "2569"), parts("1", "1", "69"), parts("", "5", "")] {
            assert_eq!(Parts::stored(&mistyped.text()), Some(mistyped.clone()));
            assert_eq!(Parts::stored(&format!("{}T08:30", mistyped.text())), Some(mistyped));
        }
        assert_eq!(
            Parts::stored("2026-11-21T08:30:00.000+07:00"),
            Some(Parts::of(on("2026-11-21").unwrap()))
        );
        assert_eq!(Parts::stored(""), None);
    }
}
