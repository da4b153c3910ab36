//! What is noted while an order is worked on: what was looked to first, photos before and after, and what was used.

use super::{photos, press};
use crate::app::App;
use crate::backend::ask;
use crate::components::button::Weight;
use crate::components::field::{Keys, Line, Select};
use crate::components::icon::Icon;
use crate::components::photo::{Kept, TakePhoto};
use crate::format;
use crate::position;
use crate::strings::orders::orders as words;
use domain::api::{NoteOrder, OrderReply};
use domain::order::{Material, OrderKind, PhotoRole, StateClass};
use domain::text::ascii_digits;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeMap;
use std::sync::Arc;

fn note(app: App, what: NoteOrder, busy: RwSignal<bool>) {
    // The screen may be another by now.
    busy.try_set(true);
    spawn_local(async move {
        match ask(NoteOrder { place: position::stamped(app), ..what }).await {
            Ok(saved) => app.saved(saved.counts),
            Err(problem) => app.say_problem(&problem),
        }
        busy.try_set(false);
    });
}

/// The three parts, as far as the kind of order has them.
pub(super) fn work(app: App, order: &OrderReply, kind: Option<&OrderKind>) -> Option<impl IntoView + use<>> {
    let t = words(app);
    let kind = kind?;
    let open = order.row.class == StateClass::Open;
    let busy = RwSignal::new(false);
    let id = order.row.id;
    let nothing = NoteOrder {
        order: id,
        materials: Vec::new(),
        unused: Vec::new(),
        checks: BTreeMap::new(),
        photos: Vec::new(),
        note: String::new(),
        place: None,
    };
    let empty = nothing.clone();
    let checks = (!kind.checks.is_empty()).then(|| {
        let all = kind
            .checks
            .iter()
            .map(|check| {
                let ticked = order.checks.contains(&check.id);
                let (own, nothing) = (check.id.clone(), empty.clone());
                view! {
                    <label class="order-check">
                        <input
                            type="checkbox"
                            checked=ticked
                            disabled=move || busy.get() || !open
                            on:change=move |_| {
                                let checks = BTreeMap::from([(own.clone(), !ticked)]);
                                note(app, NoteOrder { checks, ..nothing.clone() }, busy);
                            }
                        />
                        <span>{check.title.in_language(app.lang().code()).to_owned()}</span>
                    </label>
                }
            })
            .collect_view();
        view! { <section><h3>{t.checks}</h3>{all}</section> }
    });
    let take = |label: &'static str, role: PhotoRole| {
        let nothing = nothing.clone();
        let kept: Kept = Arc::new(move |hash: String| {
            note(app, NoteOrder { photos: vec![(hash, role)], ..nothing.clone() }, busy);
        });
        view! { <TakePhoto label=label kept=kept/> }
    };
    // Before and after are of work that a photo has to show: nobody mends a loan.
    let shown_by_photo = kind.states.iter().any(|state| state.needs_photo);
    let takes = (open && shown_by_photo).then(|| {
        view! { <section><h3>{t.photos_of_work}</h3>{take(t.photo_before, PhotoRole::Before)}{take(t.photo_after, PhotoRole::After)}</section> }
    });
    Some(view! {
        {checks}
        {takes}
        {photos(app, order, PhotoRole::Before, t.before)}
        {photos(app, order, PhotoRole::After, t.after)}
        {materials(app, order, kind, nothing.clone(), busy)}
    })
}

/// What is used, by its title; a name that was typed stays as it is.
fn title(app: App, kind: &OrderKind, item: &str) -> String {
    let known = kind.materials.iter().find(|material| material.id == item);
    known.map_or_else(|| item.to_owned(), |known| known.title.in_language(app.lang().code()).to_owned())
}

fn materials(
    app: App,
    order: &OrderReply,
    kind: &OrderKind,
    nothing: NoteOrder,
    busy: RwSignal<bool>,
) -> Option<impl IntoView + use<>> {
    let t = words(app);
    let open = order.row.class == StateClass::Open && !kind.materials.is_empty();
    if !open && order.materials.is_empty() {
        return None;
    }
    let used = order
        .materials
        .iter()
        .map(|used| {
            let (key, nothing) = (used.key.clone(), nothing.clone());
            let unused = open.then(|| {
                press(t.not_used.to_owned(), Icon::Remove, Weight::Quiet, busy, move || {
                    note(app, NoteOrder { unused: vec![key.clone()], ..nothing.clone() }, busy);
                })
            });
            let quantity = format::plain(&domain::change::Value::from(used.quantity), app.t());
            let quantity = quantity.strip_suffix(".0").map_or(quantity.clone(), str::to_owned);
            view! {
                <li>
                    <span>{title(app, kind, &used.item)}" "<b>{quantity}" "{used.unit.clone()}</b></span>
                    {unused}
                </li>
            }
        })
        .collect_view();
    let item = RwSignal::new(kind.materials.first().map(|first| first.id.clone()).unwrap_or_default());
    let quantity = RwSignal::new("1".to_owned());
    let options: Vec<(String, String)> = kind
        .materials
        .iter()
        .map(|material| {
            let lang = app.lang().code();
            let text = format!("{} ({})", material.title.in_language(lang), material.unit.in_language(lang));
            (material.id.clone(), text)
        })
        .collect();
    let add = move || match ascii_digits(&quantity.get_untracked()).trim().parse::<f64>() {
        Ok(number) if number > 0.0 => {
            let used = Material {
                key: String::new(),
                item: item.get_untracked(),
                quantity: number,
                unit: String::new(),
            };
            note(app, NoteOrder { materials: vec![used], ..nothing.clone() }, busy);
        }
        _ => app.say(t.quantity_wrong),
    };
    Some(view! {
        <section>
            <h3>{t.materials}</h3>
            <ul class="order-materials">{used}</ul>
            {open
                .then(|| {
                    view! {
                        <div class="order-add">
                            <Select label=t.material options=options value=item/>
                            <Line label=t.quantity value=quantity keys=Keys::Decimal/>
                            {press(t.add_material.to_owned(), Icon::Plus, Weight::Plain, busy, add)}
                        </div>
                    }
                })}
        </section>
    })
}
