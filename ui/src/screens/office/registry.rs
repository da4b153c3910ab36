//! The registry: a search and its list on the left, the chosen subject on the right; one after the other on a phone.

use super::page::{Framed, Page};
use super::state::office;
use super::subject::Subject;
use super::ticks::{TickBar, Ticked};
use crate::app::app;
use crate::backend::ask;
use crate::browser::today_iso;
use crate::components::field::{Select, tick};
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::components::row::{Shown, row_beside};
use crate::format;
use crate::screens::search::SearchList;
use crate::strings::fill;
use crate::strings::office::office as words;
use crate::strings::office::ticks::ticks as tick_words;
use domain::api;
use domain::api::SubjectRow;
use domain::ids::RecordId;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Rows of a page of a zone.
const PAGE: u32 = 50;

/// The page.
#[component]
pub fn Registry(
    /// The open subject.
    open: Signal<Option<RecordId>>,
) -> impl IntoView {
    let app = app();
    let t = words(app);
    provide_context(Shown(open));
    let chosen = Callback::new(move |row: SubjectRow| Page::Registry(Some(row.id)).open());
    let typed = Memo::new(move |_| app.search.with(|text| !text.trim().is_empty()));
    view! {
        <Framed title=t.registry>
            <div class="office-registry" class:opened=move || open.get().is_some()>
                <section class="office-find" aria-label=app.t().search>
                    <SearchList text=app.search chosen=chosen/>
                    {move || (!typed.get()).then(|| view! { <Browse/> })}
                </section>
                <section class="office-found" aria-label=t.fields>
                    {move || match open.get() {
                        Some(id) => {
                            view! {
                                <a class="office-back" href=Page::Registry(None).hash()>
                                    {icon(Icon::Back)}
                                    {t.back_to_search}
                                </a>
                                <Subject id=id/>
                            }
                                .into_any()
                        }
                        None => view! { <div class="office-nothing">{notice::empty(t.nothing_chosen)}</div> }.into_any(),
                    }}
                </section>
            </div>
        </Framed>
    }
}

/// All subjects of a zone, in route order, a page at a time.
#[component]
fn Browse() -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let (programme, zone) = (office.listed, office.listed_zone);
    let rows = RwSignal::new(Vec::<SubjectRow>::new());
    let total = RwSignal::new(None::<u64>);
    let round = StoredValue::new(0u32);
    let more = move |offset: u32| {
        let (id, only) = (programme.get_untracked(), zone.get_untracked());
        if id.is_empty() {
            return;
        }
        let mine = round.with_value(|n| *n);
        spawn_local(async move {
            let answer = ask(api::Round {
                programme: id,
                zone: Some(only).filter(|only| !only.is_empty()),
                standing: Vec::new(),
                failed: None,
                today: today_iso(),
                offset,
                limit: PAGE,
            })
            .await;
            if round.try_get_value() != Some(mine) {
                return;
            }
            match answer {
                Ok(page) => {
                    total.set(Some(page.total));
                    rows.update(|rows| rows.extend(page.rows));
                }
                Err(problem) => office.say_problem(&problem),
            }
        });
    };
    // Before the list is asked for: a zone is one of its programme's.
    Effect::new(move |before: Option<String>| {
        let id = programme.get();
        if before.is_some_and(|before| before != id) {
            zone.set(String::new());
        }
        id
    });
    Effect::new(move |_| {
        let id = programme.get();
        zone.track();
        // A sheet has the colour of one programme.
        if !id.is_empty() && office.ticked.with_untracked(|all| all.iter().any(|one| one.programme != id)) {
            office.ticked.update(|all| all.retain(|one| one.programme == id));
        }
        round.update_value(|n| *n += 1);
        rows.set(Vec::new());
        total.set(None);
        more(0);
    });
    let programmes = move || {
        let mut options = vec![(String::new(), t.choose.to_owned())];
        options.extend(app.programmes.get().iter().map(|programme| {
            (programme.id.clone(), programme.title.in_language(app.lang().code()).to_owned())
        }));
        view! { <Select label=t.programme options=options value=programme/> }
    };
    let zones = move || {
        let id = programme.get();
        let title = app.programme(&id)?.zone_title.in_language(app.lang().code()).to_owned();
        let mut options = vec![(String::new(), t.all_zones.to_owned())];
        office.zones.with(|all| {
            options.extend(
                all.get(&id).into_iter().flatten().map(|zone| (zone.zone.clone(), zone.title.clone())),
            );
        });
        Some(view! { <Select label=title options=options value=zone/> })
    };
    view! {
        <div class="office-browse">
            <h2>{t.browse}</h2>
            <div class="office-pair">{programmes} {zones}</div>
            <TickBar/>
            {move || {
                total.get().map(|total| view! { <p class="small">{fill(t.n_subjects, &[&format::count(total)])}</p> })
            }}
            <ul class="rows">
                <For each=move || rows.get() key=|row| row.id let:row>
                    {
                        let heading = fill(tick_words(app).tick, &[&row.heading]);
                        let named = view! { <span class="visually-hidden">{heading}</span> };
                        let tick = tick(Ticked::of(&row), office.ticked, named);
                        row_beside(app, &row, tick, |row| Page::Registry(Some(row.id)).open())
                    }
                </For>
            </ul>
            {move || {
                let held = rows.with(Vec::len);
                total
                    .get()
                    .filter(|total| (held as u64) < *total)
                    .map(|_| {
                        view! {
                            <button type="button" class="button" on:click=move |_| more(held as u32)>
                                <span class="words">{t.show_more}</span>
                            </button>
                        }
                    })
            }}
        </div>
    }
}
