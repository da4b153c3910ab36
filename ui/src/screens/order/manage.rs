//! What only the office does with an order: gives it to somebody, and says how urgent it is.

use crate::app::{App, Loaded, load};
use crate::backend::ask;
use crate::components::field::Select;
use crate::strings::orders::orders as words;
use domain::api;
use domain::api::{AssignOrder, OrderReply};
use domain::order::{OrderKind, StateClass};
use leptos::prelude::*;
use leptos::task::spawn_local;

fn assign(app: App, what: AssignOrder) {
    spawn_local(async move {
        match ask(what).await {
            Ok(saved) => app.saved(saved.counts),
            Err(problem) => app.say_problem(&problem),
        }
    });
}

/// Two lists to choose from; choosing saves.
pub(super) fn manage(
    app: App,
    order: &OrderReply,
    kind: Option<&OrderKind>,
) -> Option<impl IntoView + use<>> {
    let t = words(app);
    let kind = kind?;
    if order.row.class != StateClass::Open {
        return None;
    }
    let id = order.row.id;
    let programme = order.row.subject.programme.clone();
    let people = load(app, move || api::OrderPeople { programme: programme.clone() });
    let person = RwSignal::new(order.row.assigned.clone());
    let severity = RwSignal::new(order.row.severity.clone());
    let (was_person, was_severity) = (order.row.assigned.clone(), order.row.severity.clone());
    let own = was_person.clone();
    Effect::new(move |_| {
        let chosen = person.get();
        if chosen != was_person {
            assign(app, AssignOrder { order: id, person: Some(chosen), severity: None });
        }
    });
    Effect::new(move |_| {
        let chosen = severity.get();
        if chosen != was_severity {
            assign(app, AssignOrder { order: id, person: None, severity: Some(chosen) });
        }
    });
    let severities = (!kind.severities.is_empty()).then(|| {
        let mut options = vec![(String::new(), t.as_topics.to_owned())];
        options.extend(
            kind.severities
                .iter()
                .map(|known| (known.id.clone(), known.title.in_language(app.lang().code()).to_owned())),
        );
        view! { <Select label=t.severity options=options value=severity/> }
    });
    Some(view! {
        <section class="order-manage">
            {move || {
                let mut names = match people.get() {
                    Loaded::Ready(names) => names,
                    _ => Vec::new(),
                };
                if !own.is_empty() && !names.contains(&own) {
                    names.push(own.clone());
                }
                let mut options = vec![(String::new(), t.nobody.to_owned())];
                options.extend(names.into_iter().map(|name| (name.clone(), name)));
                view! { <Select label=t.assign options=options value=person/> }
            }}
            {severities}
        </section>
    })
}
