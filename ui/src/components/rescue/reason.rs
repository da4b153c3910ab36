//! Opening the view: what it is for, what it means, and a reason in two taps.

use crate::app::{Loaded, app};
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::field::Line;
use crate::components::icon::Icon;
use crate::components::notice;
use crate::format;
use crate::strings::care::care as words;
use crate::strings::fill;
use domain::api::{AccessRow, EmergencyReply, OpenEmergency};
use domain::problem::{Code, Problem};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The question for a reason.
#[component]
pub fn Reason(
    /// What is known of the view.
    state: RwSignal<Loaded<EmergencyReply>>,
) -> impl IntoView {
    let app = app();
    let t = words(app);
    let reason = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let working = RwSignal::new(false);
    let may = move || state.with(|state| matches!(state, Loaded::Ready(state) if state.may));
    let known = move || {
        state.with(|state| match state {
            Loaded::Ready(state) => (state.people, state.accesses.clone()),
            _ => Default::default(),
        })
    };
    let hours = app.programmes.with_untracked(|all| {
        all.iter().filter_map(|programme| Some(programme.emergency.as_ref()?.open_hours)).min().unwrap_or(2)
    });
    let open = move || {
        let typed = reason.get_untracked();
        if typed.trim().chars().count() < 4 {
            problem.set(Some(Code::EmergencyShut.into()));
            return;
        }
        working.set(true);
        spawn_local(async move {
            match ask(OpenEmergency { reason: typed, place: None }).await {
                Ok(reply) => {
                    state.try_set(Loaded::Ready(reply));
                    app.changed.update(|n| *n += 1);
                }
                Err(said) => {
                    problem.try_set(Some(said));
                }
            }
            working.try_set(false);
        });
    };
    let quick = [t.reason_fire, t.reason_flood, t.reason_storm, t.reason_search, t.reason_drill];
    move || {
        if !may() {
            return notice::problem(app, &Code::Forbidden.into()).into_any();
        }
        let (people, accesses) = known();
        view! {
            <section class="rescue-reason">
                <p>{t.emergency_lead}</p>
                <p class="notice">{fill(t.emergency_logged, &[&hours.to_string()])}</p>
                <div class="filters" role="group" aria-label=t.emergency_reason>
                    {quick
                        .map(|word| {
                            view! {
                                <button
                                    type="button"
                                    class="filter"
                                    on:click=move |_| reason.update(|typed| {
                                        let rest = quick.iter().find_map(|other| typed.strip_prefix(other)).unwrap_or(typed);
                                        *typed = format!("{word} {}", rest.trim_start());
                                    })
                                >
                                    {word}
                                </button>
                            }
                        })
                        .collect_view()}
                </div>
                <Line label=t.emergency_reason value=reason enter=Callback::new(move |()| open())/>
                {move || problem.get().map(|said| notice::problem(app, &said))}
                <Button
                    label=t.emergency_open
                    drawing=Icon::Warning
                    weight=Weight::Danger
                    disabled=Signal::derive(move || working.get())
                    press=open
                />
                <p class="small">{fill(t.emergency_known, &[&format::count(people)])}</p>
                {(!accesses.is_empty()).then(|| who_looked(&accesses))}
            </section>
        }
            .into_any()
    }
}

/// Who had the view open in the last day.
fn who_looked(accesses: &[AccessRow]) -> impl IntoView + use<> {
    let app = app();
    let t = words(app);
    let rows = accesses
        .iter()
        .map(|access| {
            view! {
                <li>
                    <b>{access.by.clone()}</b>
                    " · "
                    {access.reason.clone()}
                    " · "
                    {format::moment(access.from_ms, app.lang())}
                </li>
            }
        })
        .collect_view();
    view! {
        <h3>{t.others_open}</h3>
        <ul class="rescue-accesses">{rows}</ul>
    }
}
