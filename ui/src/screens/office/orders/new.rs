//! A new order from the page of orders: first for which entry of the registry, then what it is about.

use crate::app::{App, app};
use crate::components::button::{Button, Weight};
use crate::components::icon::Icon;
use crate::components::notice;
use crate::screens::office::desk::{AtDesk, DeskPanel, Writing};
use crate::screens::search::SearchList;
use crate::strings::orders::orders as words;
use domain::api::SubjectRow;
use domain::order::OrderKind;
use leptos::prelude::*;

/// The kinds of order of a programme that are opened without a form.
fn kinds_by_hand(app: App, programme: &str) -> Vec<OrderKind> {
    let programme = app.programme(programme);
    let kinds = programme.iter().flat_map(|programme| &programme.orders);
    kinds.filter(|kind| kind.worker_opens).cloned().collect()
}

/// Says whether any order can be opened here without a form.
pub fn any_by_hand(app: App) -> bool {
    app.programmes
        .with(|all| all.iter().flat_map(|programme| &programme.orders).any(|kind| kind.worker_opens))
}

/// A new order.
#[component]
pub fn NewOrder(
    /// Whether one is being opened; false once it is, or was given up.
    starting: RwSignal<bool>,
) -> impl IntoView {
    let app = app();
    let t = words(app);
    let text = RwSignal::new(String::new());
    let subject = RwSignal::new(None::<SubjectRow>);
    let writing: AtDesk = RwSignal::new(None);
    Effect::new(move |before: Option<bool>| {
        let now = writing.with(Option::is_some);
        if before == Some(true) && !now {
            starting.set(false);
        }
        now
    });
    let chosen = Callback::new(move |row: SubjectRow| {
        if let [kind] = kinds_by_hand(app, &row.programme).as_slice() {
            writing.set(Some(Writing::Order(row.id, kind.clone())));
        }
        subject.set(Some(row));
    });
    let of_subject = move |row: SubjectRow| {
        let kinds = kinds_by_hand(app, &row.programme);
        let none = kinds.is_empty().then(|| notice::remark(t.new_none));
        // Of one kind the questions are there already.
        let several = kinds.len() > 1;
        let buttons = kinds
            .into_iter()
            .filter(|_| several)
            .map(|kind| {
                let title = kind.title.in_language(app.lang().code()).to_owned();
                let begin = move || writing.set(Some(Writing::Order(row.id, kind.clone())));
                view! { <Button label=title drawing=Icon::Edit press=begin/> }
            })
            .collect_view();
        view! {
            <p><b>{row.heading.clone()}</b>" "{row.second_line.clone()}</p>
            {none}
            {buttons}
        }
    };
    view! {
        <section class="office-desk" aria-label=t.new_order>
            <h2>{t.new_order}</h2>
            {move || match subject.get() {
                Some(row) => of_subject(row).into_any(),
                None => view! { <p class="small">{t.new_for}</p> <SearchList text=text chosen=chosen/> }.into_any(),
            }}
            <DeskPanel writing=writing/>
            {move || {
                writing
                    .with(Option::is_none)
                    .then(|| {
                        view! {
                            <div class="office-actions">
                                {subject
                                    .with(Option::is_some)
                                    .then(|| view! { <Button label=t.new_other press=move || subject.set(None)/> })}
                                <Button label=t.cancel weight=Weight::Quiet press=move || starting.set(false)/>
                            </div>
                        }
                    })
            }}
        </section>
    }
}
