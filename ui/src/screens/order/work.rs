//! What is noted while an order is worked on: what was looked to first, photos before and after, and what was used.

use super::{photos, press};
use crate::app::App;
use crate::backend::ask;
use crate::components::button::Weight;
use crate::components::field::{Keys, Line, Select};
use crate::components::icon::Icon;
use crate::components::order::kind_of;
use crate::components::photo::{Kept, TakePhoto};
use crate::format;
use crate::position;
use crate::strings::orders::orders as words;
use domain::api::{NoteOrder, OrderReply};
use domain::ids::RecordId;
use domain::order::{Material, MaterialKind, OrderKind, PhotoRole, StateClass};
use domain::text::ascii_digits;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeMap;
use std::sync::Arc;

fn note(app: App, what: NoteOrder, busy: RwSignal<bool>) {
    note_then(app, what, busy, || {});
}

/// [`note`], and what follows once it is saved.
fn note_then(app: App, what: NoteOrder, busy: RwSignal<bool>, saved_then: impl FnOnce() + 'static) {
    // The screen may be another by now.
    busy.try_set(true);
    spawn_local(async move {
        match ask(NoteOrder { place: position::stamped(app), ..what }).await {
            Ok(saved) => {
                saved_then();
                app.saved(saved.counts);
            }
            Err(problem) => app.say_problem(&problem),
        }
        busy.try_set(false);
    });
}

/// A note that says nothing yet.
fn nothing(order: RecordId) -> NoteOrder {
    NoteOrder {
        order,
        materials: Vec::new(),
        unused: Vec::new(),
        checks: BTreeMap::new(),
        photos: Vec::new(),
        note: String::new(),
        place: None,
    }
}

/// The three parts, as far as the kind of order has them.
pub(super) fn work(app: App, order: &OrderReply, kind: Option<&OrderKind>) -> Option<impl IntoView + use<>> {
    let t = words(app);
    let kind = kind?;
    let open = order.row.class == StateClass::Open;
    let busy = RwSignal::new(false);
    let nothing = nothing(order.row.id);
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
    if order.materials.is_empty() {
        return None;
    }
    let open = order.row.class == StateClass::Open && !kind.materials.is_empty();
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
    Some(view! {
        <section>
            <h3>{t.materials}</h3>
            <ul class="order-materials">{used}</ul>
        </section>
    })
}

/// How many are used unless somebody says otherwise.
const ONE: &str = "1";

/// What can be used up at an order that is open; nothing where there is nothing.
#[derive(Clone, PartialEq)]
pub(super) struct Usable {
    order: RecordId,
    materials: Vec<MaterialKind>,
}

/// What can be used up at this order.
pub(super) fn usable(app: App, order: &OrderReply) -> Option<Usable> {
    let kind = kind_of(app, &order.row.subject.programme, &order.row.kind)?;
    let any = order.row.class == StateClass::Open && !kind.materials.is_empty();
    any.then(|| Usable { order: order.row.id, materials: kind.materials.clone() })
}

/// Adds what was used. It is drawn anew only where other things can be used: not by what a sync brings while somebody counts.
pub(super) fn adding(app: App, usable: &Usable) -> impl IntoView + use<> {
    let t = words(app);
    let busy = RwSignal::new(false);
    let first = usable.materials.first().map(|first| first.id.clone()).unwrap_or_default();
    let item = RwSignal::new(first.clone());
    let quantity = RwSignal::new(ONE.to_owned());
    let options: Vec<(String, String)> = usable
        .materials
        .iter()
        .map(|material| {
            let lang = app.lang().code();
            let text = format!("{} ({})", material.title.in_language(lang), material.unit.in_language(lang));
            (material.id.clone(), text)
        })
        .collect();
    let nothing = nothing(usable.order);
    let add = move || match ascii_digits(&quantity.get_untracked()).trim().parse::<f64>() {
        Ok(number) if number > 0.0 => {
            let used = Material {
                key: String::new(),
                item: item.get_untracked(),
                quantity: number,
                unit: String::new(),
            };
            let first = first.clone();
            note_then(app, NoteOrder { materials: vec![used], ..nothing.clone() }, busy, move || {
                item.try_set(first);
                quantity.try_set(ONE.to_owned());
            });
        }
        _ => app.say(t.quantity_wrong),
    };
    view! {
        <section class="order-add">
            <Select label=t.material options=options value=item/>
            <Line label=t.quantity value=quantity keys=Keys::Decimal/>
            {press(t.add_material.to_owned(), Icon::Plus, Weight::Plain, busy, add)}
        </section>
    }
}
