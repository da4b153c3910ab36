//! Who walks which round: giving and taking zones of a device, and handing the rest of a round over to another.

use super::answers::programme_title;
use super::devices::role_word;
use super::state::office;
use super::zone_picker::ZonePicker;
use crate::app::app;
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::field::tick;
use crate::components::notice;
use crate::format;
use crate::strings::fill;
use crate::strings::office::office as words;
use domain::api::{DeviceRow, Done, HandOver as Hand, SetShelves};
use domain::ids::{DeviceNo, Shelf};
use domain::problem::Problem;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeSet;
use std::future::Future;

/// Opens when `about` holds a device, and empties it when it is closed.
fn opened_by(about: RwSignal<Option<DeviceRow>>) -> RwSignal<bool> {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(about.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && about.with_untracked(Option::is_some) {
            about.set(None);
        }
    });
    open
}

/// Does it, says so, and closes; a problem stays in sight.
fn act(
    about: RwSignal<Option<DeviceRow>>,
    busy: RwSignal<bool>,
    done: String,
    deed: impl Future<Output = Result<Done, Problem>> + 'static,
) {
    let (app, office) = (app(), office());
    busy.set(true);
    spawn_local(async move {
        match deed.await {
            Ok(_) => {
                about.set(None);
                app.changed.update(|n| *n += 1);
                app.say(&done);
            }
            Err(problem) => office.say_problem(&problem),
        }
        busy.try_set(false);
    });
}

/// Asks who takes over: one tap on a name, and it is done.
#[component]
pub fn HandOver(
    /// Whose round it is.
    about: RwSignal<Option<DeviceRow>>,
    /// All devices.
    devices: RwSignal<Option<Vec<DeviceRow>>>,
) -> impl IntoView {
    let app = app();
    let t = words(app);
    let office = office();
    let open = opened_by(about);
    let busy = RwSignal::new(false);
    // All of it, unless somebody takes a tick away: what else this person does stays with her.
    let chosen = RwSignal::new(BTreeSet::<Shelf>::new());
    Effect::new(move |_| {
        if let Some(giver) = about.get() {
            chosen.set(office.hands_over(&giver.grant).into_iter().collect());
        }
    });
    let others = move |own: DeviceNo| -> Vec<DeviceRow> {
        let all = devices.get().unwrap_or_default();
        all.into_iter().filter(|other| other.device != own && !other.revoked).collect()
    };
    view! {
        <Dialog open=open title=t.hand_over>
            {move || {
                let giver = about.get()?;
                let takers = others(giver.device);
                let person = giver.grant.person.clone();
                let question = move || {
                    fill(t.hand_over_title, &[&person, &zones_word(chosen.with(BTreeSet::len))])
                };
                let offered = office.hands_over(&giver.grant);
                let boxes = (offered.len() > 1).then(|| {
                    let one = |shelf: Shelf| {
                        let programme = programme_title(app, &shelf.programme);
                        let title = format!("{programme} {}", office.zone_title(&shelf));
                        tick(shelf, chosen, title)
                    };
                    let boxes = offered.into_iter().map(one).collect_view();
                    view! { <div class="office-zones" role="group" aria-label=t.hand_over>{boxes}</div> }
                });
                let list = if takers.is_empty() {
                    notice::empty(t.hand_over_nobody)
                } else {
                    takers
                        .into_iter()
                        .map(|taker| {
                            let (from, to) = (giver.device, taker.device);
                            let person = taker.grant.person.clone();
                            let note = format!("{} · {}", role_word(app, taker.grant.role), taker.name);
                            let hand = move || {
                                let shelves: Vec<Shelf> = chosen.get_untracked().into_iter().collect();
                                let done = fill(t.hand_over_done, &[&zones_word(shelves.len()), &person]);
                                act(about, busy, done, ask(Hand { from, to, shelves }));
                            };
                            view! { <Button label=taker.grant.person.clone() note=note disabled=Signal::derive(move || busy.get() || chosen.with(BTreeSet::is_empty)) press=hand/> }
                        })
                        .collect_view()
                        .into_any()
                };
                Some(
                    view! {
                        <p><b>{question}</b></p>
                        {boxes}
                        <ul class="office-points">
                            <li>{t.hand_over_done_stays}</li>
                            <li>{t.hand_over_unsent}</li>
                        </ul>
                        <div class="office-takers" role="group" aria-label=t.hand_over_to>{list}</div>
                        <div class="office-actions">
                            <Button label=t.hand_over_no weight=Weight::Quiet press=move || about.set(None)/>
                        </div>
                    },
                )
            }}
        </Dialog>
    }
}

fn zones_word(count: usize) -> String {
    format::count(count as u64)
}

/// Chooses a device's zones anew.
#[component]
pub fn Zones(
    /// Which device.
    about: RwSignal<Option<DeviceRow>>,
) -> impl IntoView {
    let app = app();
    let t = words(app);
    let open = opened_by(about);
    let busy = RwSignal::new(false);
    let chosen = RwSignal::new(BTreeSet::<Shelf>::new());
    Effect::new(move |_| {
        if let Some(device) = about.get() {
            chosen.set(device.grant.shelves.into_iter().collect());
        }
    });
    let save = move |device: DeviceRow| {
        let shelves: Vec<Shelf> = chosen.get_untracked().into_iter().collect();
        let done = fill(t.zones_done, &[&device.grant.person]);
        act(about, busy, done, ask(SetShelves { device: device.device, shelves }));
    };
    view! {
        <Dialog open=open title=t.change_zones>
            {move || {
                let device = about.get()?;
                let person = device.grant.person.clone();
                Some(
                    view! {
                        <p><b>{fill(t.change_zones_title, &[&person])}</b></p>
                        <p class="small">{t.hand_over_unsent}</p>
                        <ZonePicker chosen=chosen/>
                        <div class="office-actions">
                            <Button
                                label=t.zones_save
                                weight=Weight::Main
                                disabled=Signal::derive(move || busy.get() || chosen.with(BTreeSet::is_empty))
                                press=move || save(device.clone())
                            />
                            <Button label=t.hand_over_no weight=Weight::Quiet press=move || about.set(None)/>
                        </div>
                    },
                )
            }}
        </Dialog>
    }
}
