//! Choosing zones of one or several programmes: a search, a list to tick, and what is chosen in sight.

use super::answers;
use super::state::office;
use crate::app::{App, app};
use crate::components::field::{Line, tick};
use crate::components::icon::{Icon, icon};
use crate::format;
use crate::strings::fill;
use crate::strings::office::office as words;
use domain::api::ZoneRow;
use domain::ids::Shelf;
use domain::text;
use leptos::prelude::*;
use std::collections::BTreeSet;

/// The choice of zones.
#[component]
pub fn ZonePicker(
    /// What is chosen.
    chosen: RwSignal<BTreeSet<Shelf>>,
    /// It is chosen for a device in the field: the right to the emergency view is offered as well.
    #[prop(default = true)]
    people: bool,
) -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let programme = RwSignal::new(String::new());
    let wanted = RwSignal::new(String::new());
    // The first programme is open from the start.
    Effect::new(move |_| {
        let first = app.programmes.with(|all| all.first().map(|programme| programme.id.clone()));
        if let Some(first) = first.filter(|_| programme.with_untracked(String::is_empty)) {
            programme.set(first);
        }
    });
    let shown = Memo::new(move |_| {
        let id = programme.get();
        let wanted = text::search_key(&wanted.get());
        office.zones.with(|all| {
            let zones = all.get(&id).cloned().unwrap_or_default();
            zones.into_iter().filter(|zone| fits(zone, &wanted)).collect::<Vec<_>>()
        })
    });
    let choose_shown = move |_| {
        let id = programme.get_untracked();
        let zones = shown.get_untracked();
        chosen
            .update(|chosen| chosen.extend(zones.into_iter().map(|zone| Shelf::new(id.clone(), zone.zone))));
    };
    view! {
        <fieldset class="office-picker">
            <legend>{t.zones_question}</legend>
            <p class="hint">{t.zones_hint}</p>
            <div class="filters" role="group" aria-label=t.programme>
                {move || programmes(app, programme, chosen)}
            </div>
            {move || people.then(|| emergency_right(app, programme.get(), chosen))}
            <Line label=t.find_zone value=wanted/>
            <div class="office-zones" role="group" aria-label=t.zones_question>
                {move || {
                    let id = programme.get();
                    let zones = shown.get();
                    if zones.is_empty() {
                        return view! { <p class="empty">{t.no_zones}</p> }.into_any();
                    }
                    zones.into_iter().map(|zone| zone_tick(app, &id, &zone, chosen)).collect_view().into_any()
                }}
            </div>
            <div class="office-actions">
                <button type="button" class="office-small" on:click=choose_shown>
                    {move || fill(t.choose_shown, &[&format::count(shown.with(Vec::len) as u64)])}
                </button>
                <button
                    type="button"
                    class="office-small"
                    disabled=move || chosen.with(BTreeSet::is_empty)
                    on:click=move |_| chosen.set(BTreeSet::new())
                >
                    {t.clear_all}
                </button>
            </div>
            <div aria-live="polite">{move || what_is_chosen(app, chosen)}</div>
        </fieldset>
    }
}

/// The right to the emergency view, where the programme has one.
fn emergency_right(
    app: App,
    programme: String,
    chosen: RwSignal<BTreeSet<Shelf>>,
) -> Option<impl IntoView + use<>> {
    app.programme(&programme)?.emergency.as_ref()?;
    Some(tick(Shelf::emergency(programme), chosen, crate::strings::care::care(app).emergency_right))
}

fn fits(zone: &ZoneRow, wanted: &str) -> bool {
    wanted.is_empty() || text::search_key(&format!("{} {}", zone.zone, zone.title)).contains(wanted)
}

fn programmes(app: App, programme: RwSignal<String>, chosen: RwSignal<BTreeSet<Shelf>>) -> impl IntoView {
    let all = app.programmes.get();
    all.into_iter()
        .map(|one| {
            let (own, id) = (one.id.clone(), one.id.clone());
            let count = {
                let id = one.id.clone();
                move || {
                    let count =
                        chosen.with(|chosen| chosen.iter().filter(|shelf| shelf.programme == id).count());
                    (count > 0).then(|| format!(" ({})", format::count(count as u64)))
                }
            };
            view! {
                <button
                    type="button"
                    class="filter"
                    aria-pressed=move || (programme.get() == own).to_string()
                    on:click=move |_| programme.set(id.clone())
                >
                    <span aria-hidden="true">{one.icon.clone()}" "</span>
                    {one.title.in_language(app.lang().code()).to_owned()}
                    {count}
                </button>
            }
        })
        .collect_view()
}

fn zone_tick(
    app: App,
    programme: &str,
    zone: &ZoneRow,
    chosen: RwSignal<BTreeSet<Shelf>>,
) -> impl IntoView + use<> {
    let subjects = fill(words(app).n_subjects, &[&format::count(zone.subjects)]);
    let title = view! { {zone.title.clone()} " " <small>{subjects}</small> };
    tick(Shelf::new(programme, zone.zone.clone()), chosen, title)
}

fn what_is_chosen(app: App, chosen: RwSignal<BTreeSet<Shelf>>) -> impl IntoView {
    let office = office();
    let t = words(app);
    let all = chosen.get();
    if all.is_empty() {
        return view! { <p class="small">{t.none_chosen}</p> }.into_any();
    }
    let title = fill(t.chosen_zones, &[&format::count(all.len() as u64)]);
    let chips = all
        .into_iter()
        .map(|shelf| {
            let words_of =
                format!("{} {}", answers::programme_title(app, &shelf.programme), office.zone_title(&shelf));
            view! {
                <li>
                    <button
                        type="button"
                        class="office-taken"
                        aria-label=format!("{} {words_of}", t.remove)
                        on:click=move |_| {
                            chosen
                                .update(|chosen| {
                                    chosen.remove(&shelf);
                                })
                        }
                    >
                        {words_of.clone()}
                        {icon(Icon::Remove)}
                    </button>
                </li>
            }
        })
        .collect_view();
    view! { <p><b>{title}</b></p> <ul class="office-chips">{chips}</ul> }.into_any()
}
