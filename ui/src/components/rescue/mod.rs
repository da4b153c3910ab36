//! The emergency view, on a phone and at the office alike: opened with a reason, a point on a sketch map that needs no
//! network, who is there with whoever must be fetched first on top, and what the teams found. On a phone the people come
//! first and the map is folded away: nobody scrolls past a drawing to find whom to fetch.

mod map;
mod person;
mod reason;

use crate::app::{App, Loaded, app, drawn, load};
use crate::backend::ask;
use crate::browser::{now_ms, wait};
use crate::components::button::{Button, Weight};
use crate::components::field::Line;
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::format;
use crate::position;
use crate::strings::care::care as words;
use crate::strings::fill;
use domain::api::{
    EmergencyPlaces, EmergencyReply, EmergencyState, PlaceRow, Rescue, RescueReply, RescueRow,
};
use domain::problem::Code;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::RefCell;

/// Radii to choose from, metres.
const RADII: [u32; 4] = [100, 300, 1_000, 3_000];
/// The one it begins with.
const FIRST_RADIUS: u32 = 300;

/// A point and what people call it.
type Named = ((f64, f64), Around);

thread_local! {
    /// The point of the emergency, kept while other screens are looked at.
    static POINT: RefCell<Option<Named>> = const { RefCell::new(None) };
}

/// What the point is called.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Around {
    /// Where the device was.
    Here,
    /// The middle of all that are known.
    Middle,
    /// A house or a name that was looked for.
    Address(String),
    /// A tap on the map.
    Tap,
}

/// The view's state. A handle.
#[derive(Clone, Copy)]
pub struct Scene {
    app: App,
    state: RwSignal<Loaded<EmergencyReply>>,
    point: RwSignal<Option<(f64, f64)>>,
    around: RwSignal<Option<Around>>,
    /// The point, the radius and the map are shown.
    unfolded: RwSignal<bool>,
    radius: RwSignal<u32>,
    /// Those without a place are shown instead.
    unplaced: RwSignal<bool>,
    found: RwSignal<Loaded<RescueReply>>,
    /// The person that is unfolded.
    chosen: RwSignal<Option<domain::ids::RecordId>>,
    /// For whom it is being typed where they were taken, and what: kept here, so that it stays when the list is drawn anew.
    moving: RwSignal<Option<domain::ids::RecordId>>,
    moved_to: RwSignal<String>,
    /// The phone says no position.
    nowhere: RwSignal<bool>,
}

impl Scene {
    fn move_to(self, point: (f64, f64), around: Around) {
        POINT.set(Some((point, around.clone())));
        self.around.set(Some(around));
        self.unplaced.set(false);
        self.nowhere.set(false);
        self.point.set(Some(point));
    }

    /// The middle of all that may be looked for.
    fn middle(self) -> Option<(f64, f64)> {
        self.state.with(|state| match state {
            Loaded::Ready(state) => state.middle,
            _ => None,
        })
    }

    fn go_here(self) {
        spawn_local(async move {
            match position::fix().await {
                Some(fix) => {
                    if self.point.try_get_untracked().is_some() {
                        self.move_to((fix.place.lat, fix.place.lon), Around::Here);
                    }
                }
                None => {
                    self.nowhere.try_set(true);
                    // There is nothing to see before somebody says where.
                    if self.point.try_get_untracked() == Some(None) {
                        self.unfolded.set(true);
                    }
                }
            }
        });
    }
}

/// The emergency view, without a frame.
#[component]
pub fn EmergencyView(
    /// The map is folded away at first: on a phone.
    #[prop(optional)]
    folded: bool,
) -> impl IntoView {
    let app = app();
    let state = load(app, || EmergencyState {});
    let (point, around) = POINT.with_borrow(Clone::clone).unzip();
    let scene = Scene {
        app,
        state,
        point: RwSignal::new(point),
        around: RwSignal::new(around),
        unfolded: RwSignal::new(!folded),
        radius: RwSignal::new(FIRST_RADIUS),
        unplaced: RwSignal::new(false),
        found: RwSignal::new(Loaded::Waiting),
        chosen: RwSignal::new(None),
        moving: RwSignal::new(None),
        moved_to: RwSignal::new(String::new()),
        nowhere: RwSignal::new(false),
    };
    // Whether it is open, not every change of its numbers, decides what is drawn: a list must not fold up under a thumb.
    let open = Memo::new(move |_| {
        state.with(|state| match state {
            Loaded::Ready(state) => Some(state.until_ms),
            _ => None,
        })
    });
    move || match open.get() {
        Some(Some(_)) => {
            let left_ms = state.with_untracked(|state| match state {
                Loaded::Ready(state) => state.left_ms,
                _ => 0,
            });
            opened(scene, left_ms, folded).into_any()
        }
        Some(_) => view! { <reason::Reason state=state/> }.into_any(),
        None => drawn(app, state, |_| ()).into_any(),
    }
}

/// What is shown once it is open.
fn opened(scene: Scene, left_ms: u64, folded: bool) -> impl IntoView {
    let app = scene.app;
    let t = words(app);
    if scene.point.get_untracked().is_none() {
        scene.go_here();
    }
    // When its time is over it closes, whatever is on the screen.
    spawn_local(async move {
        wait(left_ms.min(i32::MAX as u64) as i32).await;
        app.changed.update(|n| *n += 1);
        scene.found.try_set(Loaded::Waiting);
    });
    Effect::new(move |_| {
        app.changed.track();
        let (point, radius, unplaced) = (scene.point.get(), scene.radius.get(), scene.unplaced.get());
        let Some((lat, lon)) = point.or(unplaced.then_some((0.0, 0.0))) else { return };
        spawn_local(async move {
            let answer = ask(Rescue { lat, lon, radius_m: f64::from(radius), unplaced }).await;
            if scene.point.try_get_untracked().is_none() {
                return; // the screen is gone
            }
            match answer {
                Ok(found) => {
                    // The office asks every few seconds: the same answer draws nothing anew under somebody's hands.
                    let same =
                        |held: &Loaded<RescueReply>| matches!(held, Loaded::Ready(held) if *held == found);
                    if !scene.found.with_untracked(same) {
                        scene.found.set(Loaded::Ready(found));
                    }
                }
                Err(problem) if problem.code == Code::EmergencyShut => app.changed.update(|n| *n += 1),
                Err(problem) => scene.found.set(Loaded::Failed(problem)),
            }
        });
    });
    let clock = format::moment(now_ms() + left_ms, app.lang());
    view! {
        <div class="rescue">
            <div class="rescue-top">
                <p class="rescue-open">{icon(Icon::Warning)} <span>{fill(t.emergency_until, &[&clock])}</span></p>
                <h2>{move || heading(scene)}</h2>
                {folded.then(|| fold(scene))}
            </div>
            <div class="rescue-where" class:folded=move || !scene.unfolded.get()>
                {move || (!scene.unplaced.get()).then(|| where_it_is(scene))}
            </div>
            <div class="rescue-who">{move || people(scene)}</div>
        </div>
    }
}

/// Round what the people were looked for, and how far.
fn heading(scene: Scene) -> String {
    let t = words(scene.app);
    if scene.unplaced.get() {
        return t.around_nowhere.to_owned();
    }
    let far = fill(t.metres_n, &[&format::count(u64::from(scene.radius.get()))]);
    match scene.around.get() {
        None => t.around_unknown.to_owned(),
        Some(Around::Here) => fill(t.around_here, &[&far]),
        Some(Around::Middle) => fill(t.around_middle, &[&far]),
        Some(Around::Tap) => fill(t.around_tap, &[&far]),
        Some(Around::Address(title)) => fill(t.around_address, &[&title, &far]),
    }
}

/// The button to the point, the radius and the map.
fn fold(scene: Scene) -> impl IntoView {
    let t = words(scene.app);
    view! {
        <button
            type="button"
            class="button rescue-fold"
            aria-expanded=move || scene.unfolded.get().to_string()
            on:click=move |_| scene.unfolded.update(|on| *on = !*on)
        >
            {icon(Icon::Map)}
            <span class="words">{move || if scene.unfolded.get() { t.point_fold } else { t.point_unfold }}</span>
        </button>
    }
}

/// The point: here, an address, or a tap on the map; and the radius.
fn where_it_is(scene: Scene) -> impl IntoView {
    let app = scene.app;
    let t = words(app);
    view! {
        <div class="rescue-point">
            <Button label=t.point_here drawing=Icon::Map press=move || scene.go_here()/>
            {move || {
                scene
                    .middle()
                    .filter(|_| scene.point.get().is_none())
                    .map(|middle| {
                        view! { <Button label=t.point_middle press=move || scene.move_to(middle, Around::Middle)/> }
                    })
            }}
        </div>
        <Address scene=scene/>
        {move || scene.nowhere.get().then(|| view! { <p class="notice" role="status">{t.point_unknown}</p> })}
        <div class="filters" role="group" aria-label=t.radius>
            {RADII
                .map(|radius| {
                    view! {
                        <button
                            type="button"
                            class="filter"
                            aria-pressed=move || (scene.radius.get() == radius).to_string()
                            on:click=move |_| scene.radius.set(radius)
                        >
                            {fill(t.metres_n, &[&format::count(u64::from(radius))])}
                        </button>
                    }
                })
                .collect_view()}
        </div>
        {move || map::map(scene)}
        <p class="small">{t.point_tap}</p>
    }
}

/// A house number or a name that leads to a point.
#[component]
fn Address(scene: Scene) -> impl IntoView {
    let app = scene.app;
    let t = words(app);
    let typed = RwSignal::new(String::new());
    let found = RwSignal::new(Vec::<PlaceRow>::new());
    let turn = StoredValue::new(0u32);
    Effect::new(move |_| {
        let text = typed.get().trim().to_owned();
        let mine = turn.with_value(|n| n + 1);
        turn.set_value(mine);
        if text.is_empty() {
            found.set(Vec::new());
            return;
        }
        spawn_local(async move {
            wait(200).await;
            if turn.try_get_value() != Some(mine) {
                return;
            }
            let rows = ask(EmergencyPlaces { text }).await.unwrap_or_default();
            if turn.try_get_value() == Some(mine) {
                found.set(rows);
            }
        });
    });
    view! {
        <Line label=t.point_address value=typed/>
        <ul class="rescue-places" aria-live="polite">
            {move || {
                found
                    .get()
                    .into_iter()
                    .take(6)
                    .map(|row| {
                        let mark = app.programme(&row.programme).map(|one| one.icon.clone()).unwrap_or_default();
                        let point = (row.lat, row.lon);
                        let title = row.title.clone();
                        view! {
                            <li>
                                <button
                                    type="button"
                                    class="choice"
                                    on:click=move |_| {
                                        typed.set(String::new());
                                        scene.move_to(point, Around::Address(title.clone()));
                                    }
                                >
                                    <span aria-hidden="true">{mark}</span>
                                    <span>{row.title}</span>
                                </button>
                            </li>
                        }
                    })
                    .collect_view()
            }}
        </ul>
    }
}

/// Who is there.
fn people(scene: Scene) -> impl IntoView {
    let app = scene.app;
    let t = words(app);
    let unplaced = move || {
        scene.state.with(|state| match state {
            Loaded::Ready(state) => state.unplaced,
            _ => 0,
        })
    };
    let switch = move || {
        let back = scene.unplaced.get();
        let count = unplaced();
        if back {
            return Some(
                view! { <Button label=t.unplaced_back press=move || scene.unplaced.set(false)/> }.into_any(),
            );
        }
        (count > 0).then(|| {
            let label = fill(t.unplaced_n, &[&format::count(count)]);
            view! { <Button label=label weight=Weight::Quiet press=move || scene.unplaced.set(true)/> }
                .into_any()
        })
    };
    view! {
        {drawn(app, scene.found, move |found| {
            let open = found.rows.iter().filter(|row| row.mark.is_none()).count() as u64;
            if found.rows.is_empty() {
                let holds_nobody = scene.state.with_untracked(|state| {
                    matches!(state, Loaded::Ready(state) if state.people == 0)
                });
                return notice::empty(if holds_nobody { t.found_no_register } else { t.found_none }).into_any();
            }
            let count = fill(t.found_n, &[&format::count(found.rows.len() as u64), &format::count(open)]);
            let list = in_order(&found.rows)
                .map(|(number, row)| view! { <person::Person scene=scene row=row.clone() number=number/> })
                .collect_view();
            view! {
                <p class="rescue-count" role="status">{count}</p>
                <ol class="rescue-people">{list}</ol>
            }
                .into_any()
        })}
        {switch}
    }
}

/// Whoever was found moves down: the next one to fetch is on top. Numbers stay those of the map.
fn in_order(rows: &[RescueRow]) -> impl Iterator<Item = (usize, &RescueRow)> {
    let open = (1..).zip(rows).filter(|(_, row)| row.mark.is_none());
    open.chain((1..).zip(rows).filter(|(_, row)| row.mark.is_some()))
}
