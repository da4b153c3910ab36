//! A sketch map: rings of distance round the point, north on top, a dot for each person and grey dots for other known
//! places. It is drawn from numbers, so it is there without any network.

use super::Scene;
use crate::app::Loaded;
use crate::format;
use crate::strings::care::care as words;
use crate::strings::fill;
use domain::api::RescueReply;
use domain::place;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// How much of the map lies beyond the radius: a tap outside the ring must be possible.
const BEYOND: f64 = 1.3;
/// Half the side of the drawing, in its own units.
const HALF: f64 = 100.0;

/// Where a place lies on the drawing, from its middle; to the right is east, down is south.
fn on_map(centre: (f64, f64), reach_m: f64, at: (f64, f64)) -> (f64, f64) {
    let east = place::metres(centre, (centre.0, at.1)) * (at.1 - centre.1).signum();
    let north = place::metres(centre, (at.0, centre.1)) * (at.0 - centre.0).signum();
    (east / reach_m * HALF, -north / reach_m * HALF)
}

/// The place under a point of the drawing.
fn on_ground(centre: (f64, f64), reach_m: f64, at: (f64, f64)) -> (f64, f64) {
    let metres_per_degree = 111_195.0;
    let lat = centre.0 - at.1 / HALF * reach_m / metres_per_degree;
    let widest = centre.0.to_radians().cos().max(0.01);
    (lat, centre.1 + at.0 / HALF * reach_m / (metres_per_degree * widest))
}

/// The map.
pub fn map(scene: Scene) -> Option<impl IntoView + use<>> {
    let app = scene.app;
    let t = words(app);
    // Without a position there is something to tap all the same: the middle of all that are known.
    let centre = scene.point.get().or_else(|| scene.middle())?;
    let radius = f64::from(scene.radius.get());
    let reach = radius * BEYOND;
    let tap = move |event: MouseEvent| {
        let Some(drawing) = event.current_target().and_then(|it| it.dyn_into::<web_sys::Element>().ok())
        else {
            return;
        };
        let frame = drawing.get_bounding_client_rect();
        let share = |at: f64, from: f64, size: f64| ((at - from) / size.max(1.0) - 0.5) * 2.0 * HALF;
        let x = share(f64::from(event.client_x()), frame.left(), frame.width());
        let y = share(f64::from(event.client_y()), frame.top(), frame.height());
        scene.move_to(on_ground(centre, reach, (x, y)), super::Around::Tap);
    };
    let ring = |share: f64| {
        let r = HALF / BEYOND * share;
        let far = fill(t.metres_n, &[&format::count((radius * share).round() as u64)]);
        view! {
            <circle class="ring" cx="0" cy="0" r=format!("{r:.1}")/>
            <text class="ring-word" x="0" y=format!("{:.1}", -r - 1.5)>{far}</text>
        }
    };
    let found = scene.found;
    let dots = move || {
        found.with(|found| match found {
            Loaded::Ready(found) => Some(draw_dots(scene, found, centre, reach)),
            _ => None,
        })
    };
    let count = move || {
        found.with(|found| match found {
            Loaded::Ready(found) => found.rows.len(),
            _ => 0,
        })
    };
    let label = move || fill(t.map_label, &[&format::count(count() as u64), &format::count(radius as u64)]);
    Some(view! {
        <svg class="rescue-map" viewBox="-100 -100 200 200" role="img" aria-label=label on:click=tap>
            {ring(1.0 / 3.0)}
            {ring(2.0 / 3.0)}
            {ring(1.0)}
            <path class="north" d="M88 -80 L94 -94 L100 -80 L94 -84 Z" transform="translate(-4 0)"/>
            {dots}
            <path class="fire" d="M-6 0 H6 M0 -6 V6"/>
        </svg>
    })
}

fn draw_dots(scene: Scene, found: &RescueReply, centre: (f64, f64), reach: f64) -> impl IntoView + use<> {
    let near = |(x, y): (f64, f64)| x.abs() <= HALF && y.abs() <= HALF;
    let around = found
        .around
        .iter()
        .map(|at| on_map(centre, reach, *at))
        .filter(|at| near(*at))
        .map(|(x, y)| view! { <circle class="house" cx=format!("{x:.1}") cy=format!("{y:.1}") r="1.1"/> })
        .collect_view();
    // The first of the list is drawn last: it must not lie under another.
    let people = (1..)
        .zip(&found.rows)
        .filter_map(|(number, row)| {
            let (x, y) = on_map(centre, reach, row.place?);
            let id = row.id;
            let class = match (&row.mark, row.reasons.first()) {
                (Some(_), _) => "dot marked",
                (None, Some(0..=1)) => "dot first",
                (None, _) => "dot",
            };
            let choose = move |event: MouseEvent| {
                event.stop_propagation();
                scene.chosen.set(Some(id));
                if let Some(row) = document().get_element_by_id(&super::person::element_id(id)) {
                    row.scroll_into_view();
                }
            };
            Some(view! {
                <g class=class transform=format!("translate({x:.1} {y:.1})") on:click=choose>
                    <circle r="6.5"/>
                    <text y="2.6">{number}</text>
                </g>
            })
        })
        .collect::<Vec<_>>();
    view! { {around} {people.into_iter().rev().collect_view()} }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tap_on_a_dot_is_the_place_of_the_dot() {
        let centre = (13.0, 100.6);
        for at in [(13.002, 100.6), (12.9985, 100.6021), (13.0, 100.597)] {
            let (x, y) = on_map(centre, 390.0, at);
            let back = on_ground(centre, 390.0, (x, y));
            assert!(place::metres(at, back) < 1.0, "{at:?} {back:?}");
        }
        let (x, y) = on_map(centre, 390.0, (13.001, 100.601));
        assert!(x > 0.0 && y < 0.0, "north-east is up and to the right");
    }
}
