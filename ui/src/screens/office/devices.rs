//! The devices: who holds which, when each was last in touch, what it has not sent, and ending its right.

use super::hand_over::{HandOver, Zones};
use super::page::{Framed, Page};
use super::polling::every;
use super::state::office;
use crate::app::{App, app};
use crate::backend::ask;
use crate::browser::{OFFSET_MINUTES, now_ms};
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::format;
use crate::strings::fill;
use crate::strings::office::office as words;
use domain::access::{Grant, Role};
use domain::api;
use domain::api::DeviceRow;
use domain::ids::Shelf;
use domain::problem::Problem;
use domain::thai_date;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeMap;

/// How long between two looks, milliseconds.
const LOOK_MS: i32 = 15_000;
/// After so many silent days somebody should ask.
const SILENT_DAYS: u64 = 3;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Zones named in a row before the rest is only counted.
const NAMED: usize = 3;

/// The word for a role.
pub fn role_word(app: App, role: Role) -> &'static str {
    let t = words(app);
    match role {
        Role::Worker => t.role_worker,
        Role::Supervisor => t.role_supervisor,
        Role::Clerk => t.role_clerk,
        Role::Administrator => t.role_administrator,
    }
}

/// The page.
#[component]
pub fn Devices() -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let devices = RwSignal::new(None::<Vec<DeviceRow>>);
    let failed = RwSignal::new(None::<Problem>);
    let asked =
        Asked { end: RwSignal::new(None), hand_over: RwSignal::new(None), zones: RwSignal::new(None) };
    let look = move || async move {
        match ask(api::Devices {}).await {
            Ok(all) => {
                failed.try_set(None);
                devices.try_update(|held| {
                    if held.as_ref() != Some(&all) {
                        *held = Some(all);
                    }
                });
            }
            Err(problem) => {
                failed.try_set(Some(Problem { hint: office.explain(&problem), ..problem }));
            }
        }
    };
    every(LOOK_MS, look);
    Effect::new(move |first: Option<()>| {
        app.changed.track();
        if first.is_some() {
            spawn_local(look());
        }
    });
    let add = move || {
        office.keeps_devices().then(|| {
            view! {
                <a class="button main" href=Page::Enrolment.hash()>
                    {icon(Icon::Plus)}
                    <span class="words">{t.enrolment}</span>
                </a>
            }
        })
    };
    view! {
        <Framed title=t.devices lead=t.devices_lead beside=add.into_any()>
            {move || failed.get().map(|problem| notice::problem(app, &problem))}
            {move || {
                let all = devices.get()?;
                let (ended, used): (Vec<_>, Vec<_>) = all.into_iter().partition(|device| device.revoked);
                let list = if used.is_empty() {
                    notice::empty(t.no_devices).into_any()
                } else {
                    table(app, &used, asked).into_any()
                };
                let ended = (!ended.is_empty())
                    .then(|| {
                        let title = fill(t.revoked_devices, &[&ended.len().to_string()]);
                        view! {
                            <details class="office-same">
                                <summary>{title}</summary>
                                {table(app, &ended, asked)}
                            </details>
                        }
                    });
                Some(view! { {list} {ended} })
            }}
            <EndRight about=asked.end/>
            <HandOver about=asked.hand_over devices=devices/>
            <Zones about=asked.zones/>
        </Framed>
    }
}

/// Which device something is asked about. A handle.
#[derive(Clone, Copy)]
struct Asked {
    end: RwSignal<Option<DeviceRow>>,
    hand_over: RwSignal<Option<DeviceRow>>,
    zones: RwSignal<Option<DeviceRow>>,
}

fn table(app: App, devices: &[DeviceRow], asked: Asked) -> impl IntoView + use<> {
    let t = words(app);
    let rows = devices.iter().map(|device| line(app, device, asked)).collect_view();
    view! {
        <table class="office-table office-devices">
            <thead>
                <tr>
                    <th scope="col">{t.holder}</th>
                    <th scope="col">{t.area}</th>
                    <th scope="col">{t.last_seen}</th>
                    <th scope="col" class="amount">{t.received}</th>
                    <th scope="col" class="amount">{t.waiting}</th>
                    <th scope="col"><span class="visually-hidden">{t.revoke}</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn line(app: App, device: &DeviceRow, asked: Asked) -> impl IntoView + use<> {
    let office = office();
    let t = words(app);
    let number = fill(t.device_n, &[&device.device.0.to_string()]);
    let name = if device.name.is_empty() { number } else { format!("{} ({number})", device.name) };
    let now = now_ms();
    let seen = match device.seen_ms {
        0 => t.never_seen.to_owned(),
        ms => format::ago(ms, now, app.t(), app.lang()),
    };
    let silent_days = now.saturating_sub(device.seen_ms.max(device.enrolled_ms)) / DAY_MS;
    let silent = (silent_days >= SILENT_DAYS && !device.revoked).then(|| {
        view! { <span class="chip overdue">{fill(t.silent_days, &[&format::count(silent_days)])}</span> }
    });
    let enrolled = format::iso_day(&thai_date::iso(device.enrolled_ms, OFFSET_MINUTES), app.lang());
    let waits = device.waiting > 0;
    let waiting = if waits { format::count(device.waiting) } else { t.nothing_waits.to_owned() };
    let copy = device.copy_of.filter(|_| !device.revoked).map(|of| {
        view! {
            <tr class="office-warning">
                <td colspan="6">{notice::remark(fill(t.copy, &[&of.0.to_string()]))}</td>
            </tr>
        }
    });
    let grant = device.grant.clone();
    let whole = device.clone();
    let revoked = device.revoked;
    view! {
        <tr class:ended=revoked>
            <th scope="row">
                <b>{device.grant.person.clone()}</b>
                <span class="small">{role_word(app, device.grant.role)}</span>
                <span class="small inert">{name}</span>
            </th>
            <td data-label=t.area>{move || areas(app, &grant)}</td>
            <td data-label=t.last_seen>
                <span>{seen}</span>
                " "
                {silent}
                <span class="small">{fill(t.enrolled_on, &[&enrolled])}</span>
            </td>
            <td data-label=t.received class="amount">{format::count(device.received)}</td>
            <td data-label=t.waiting class="amount" class:waits=waits>{waiting}</td>
            <td class="office-do">
                {move || {
                    let whole = whole.clone();
                    if revoked {
                        return view! { <span class="chip">{t.revoked}</span> }.into_any();
                    }
                    let act = |label: &'static str, about: RwSignal<Option<DeviceRow>>| {
                        let whole = whole.clone();
                        view! {
                            <button type="button" class="office-small" on:click=move |_| about.set(Some(whole.clone()))>
                                {label}
                            </button>
                        }
                    };
                    let keeps = office.keeps_devices();
                    let hands = keeps || !office.hands_over(&whole.grant).is_empty();
                    view! {
                        {hands.then(|| act(t.hand_over, asked.hand_over))}
                        {keeps.then(|| act(t.change_zones, asked.zones))}
                        {keeps.then(|| act(t.revoke, asked.end))}
                    }
                        .into_any()
                }}
            </td>
        </tr>
        {copy}
    }
}

/// The shelves of a grant: each programme with its zones, the many folded to a number.
fn areas(app: App, grant: &Grant) -> impl IntoView + use<> {
    let office = office();
    let t = words(app);
    let mut by = BTreeMap::<&str, Vec<&Shelf>>::new();
    for shelf in &grant.shelves {
        by.entry(&shelf.programme).or_default().push(shelf);
    }
    by.into_iter()
        .map(|(programme, shelves)| {
            let zones: Vec<String> = shelves
                .into_iter()
                .filter(|shelf| shelf.zone != Shelf::COMMON)
                .map(|shelf| office.zone_title(shelf))
                .collect();
            let all = office
                .zones
                .with(|known| known.get(programme).is_some_and(|known| known.len() == zones.len()));
            let short = match (zones.is_empty() || all, zones.len() > NAMED) {
                (true, _) => t.whole_programme.to_owned(),
                (false, true) => fill(t.n_zones, &[&format::count(zones.len() as u64)]),
                (false, false) => zones.join(", "),
            };
            view! {
                <span class="office-area" title=zones.join(", ")>
                    <b>{super::answers::programme_title(app, programme)}</b>
                    " "
                    {short}
                </span>
            }
        })
        .collect_view()
}

/// Asks before a right is ended, and says what becomes of the work on the device.
#[component]
fn EndRight(
    /// Which device.
    about: RwSignal<Option<DeviceRow>>,
) -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let open = RwSignal::new(false);
    let busy = RwSignal::new(false);
    Effect::new(move |_| open.set(about.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && about.with_untracked(Option::is_some) {
            about.set(None);
        }
    });
    let end = move |device: domain::ids::DeviceNo| {
        busy.set(true);
        spawn_local(async move {
            match ask(api::Revoke { device }).await {
                Ok(_) => {
                    about.set(None);
                    app.changed.update(|n| *n += 1);
                    app.say(t.revoke_done);
                }
                Err(problem) => office.say_problem(&problem),
            }
            busy.try_set(false);
        });
    };
    view! {
        <Dialog open=open title=t.revoke>
            {move || {
                about
                    .get()
                    .map(|device| {
                        let no = device.device;
                        let unsent = match device.waiting {
                            0 => t.revoke_unsent_none.to_owned(),
                            n => fill(t.revoke_unsent, &[&format::count(n)]),
                        };
                        let unsent_class = if device.waiting > 0 { "office-strong" } else { "" };
                        view! {
                            <p><b>{fill(t.revoke_title, &[&device.grant.person])}</b></p>
                            <ul class="office-points">
                                <li>{t.revoke_what}</li>
                                <li>{fill(t.revoke_received, &[&format::count(device.received)])}</li>
                                <li class=unsent_class>{unsent}</li>
                            </ul>
                            <div class="office-actions">
                                <Button label=t.revoke_no weight=Weight::Main press=move || about.set(None)/>
                                <Button
                                    label=t.revoke_yes
                                    weight=Weight::Danger
                                    drawing=Icon::Blocked
                                    disabled=busy
                                    press=move || end(no)
                                />
                            </div>
                        }
                    })
            }}
        </Dialog>
    }
}
