//! A new device: who will hold it and where, then a QR code that works once and for a few minutes.

use super::devices::role_word;
use super::page::Framed;
use super::polling::every;
use super::state::{Office, office};
use super::zone_picker::ZonePicker;
use crate::app::{App, app};
use crate::backend::ask;
use crate::browser::now_ms;
use crate::components::button::{Button, Weight};
use crate::components::field::Line;
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::format;
use crate::strings::fill;
use crate::strings::office::office as words;
use domain::access::Role;
use domain::api;
use domain::api::EnrolmentReply;
use domain::ids::Shelf;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeSet;

/// The longest a code can sensibly have left: beyond it, this computer's clock is wrong.
const LONGEST_MS: u64 = 60 * 60 * 1_000;
/// How often the countdown moves, milliseconds.
const TICK_MS: i32 = 1_000;
/// How often the page looks whether the code was used, milliseconds.
const LOOK_MS: i32 = 3_000;

/// A code that was made, and for whom.
#[derive(Clone, Debug, PartialEq)]
struct Made {
    person: String,
    role: Role,
    reply: EnrolmentReply,
    /// Devices that were there before.
    before: BTreeSet<u32>,
}

/// What the form holds. A handle.
#[derive(Clone, Copy)]
struct Asked {
    person: RwSignal<String>,
    role: RwSignal<Role>,
    chosen: RwSignal<BTreeSet<Shelf>>,
    made: RwSignal<Option<Made>>,
    wrong: RwSignal<String>,
    busy: RwSignal<bool>,
}

/// The page.
#[component]
pub fn Enrolment() -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let person = RwSignal::new(String::new());
    let role = RwSignal::new(Role::Worker);
    let chosen = RwSignal::new(BTreeSet::<Shelf>::new());
    let made = RwSignal::new(None::<Made>);
    let wrong = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let asked = Asked { person, role, chosen, made, wrong, busy };
    let make = Callback::new(move |()| make(office, app, asked));
    view! {
        <Framed title=t.enrolment lead=t.enrolment_lead>
            {move || match made.get() {
                Some(now) => {
                    let next = Callback::new(move |()| {
                        person.set(String::new());
                        made.set(None);
                    });
                    view! { <Code made=now again=make next=next busy=busy/> }.into_any()
                }
                None => {
                    view! {
                        <div class="office-enrol">
                            <section class="office-panel">
                                <Line label=t.holder_name hint=t.holder_hint value=person focus=true/>
                                <fieldset class="office-roles">
                                    <legend>{t.role_question}</legend>
                                    {role_choice(app, role, Role::Worker, t.role_worker_note)}
                                    {role_choice(app, role, Role::Supervisor, t.role_supervisor_note)}
                                </fieldset>
                                <ZonePicker chosen=chosen/>
                                <p class="wrong" role="alert">{move || wrong.get()}</p>
                                <Button
                                    label=t.make_code
                                    weight=Weight::Main
                                    drawing=Icon::Scan
                                    disabled=busy
                                    press=move || make.run(())
                                />
                            </section>
                        </div>
                    }
                        .into_any()
                }
            }}
        </Framed>
    }
}

fn role_choice(app: App, role: RwSignal<Role>, own: Role, note: &'static str) -> impl IntoView {
    view! {
        <label class="tick">
            <input type="radio" name="role" prop:checked=move || role.get() == own on:change=move |_| role.set(own)/>
            <span>{role_word(app, own)} <small>{note}</small></span>
        </label>
    }
}

fn make(office: Office, app: App, asked: Asked) {
    let Asked { person, role, chosen, made, wrong, busy } = asked;
    let t = words(app);
    let name = person.get_untracked().trim().to_owned();
    let shelves: Vec<Shelf> = chosen.get_untracked().into_iter().collect();
    let missing = match (name.is_empty(), shelves.is_empty()) {
        (true, _) => t.need_name,
        (false, true) => t.need_zone,
        (false, false) => "",
    };
    wrong.set(missing.to_owned());
    if !missing.is_empty() || busy.get_untracked() {
        return;
    }
    busy.set(true);
    let role = role.get_untracked();
    spawn_local(async move {
        let answer = async {
            let before = ask(api::Devices {}).await?.into_iter().map(|device| device.device.0).collect();
            let reply = ask(api::NewEnrolment { person: name.clone(), role, shelves }).await?;
            Ok(Made { person: name, role, reply, before })
        };
        match answer.await {
            Ok(now) => made.set(Some(now)),
            Err(problem) => {
                // Where a code is shown already, the sentence passes over it.
                if made.with_untracked(Option::is_some) {
                    office.say_problem(&problem);
                } else {
                    wrong.try_set(office.explain(&problem));
                }
            }
        }
        busy.try_set(false);
    });
}

/// The code, as long as it is good.
#[component]
fn Code(
    /// The code and for whom.
    made: Made,
    /// Makes another for the same person.
    again: Callback<()>,
    /// Begins with the next person.
    next: Callback<()>,
    /// A code is being made.
    busy: RwSignal<bool>,
) -> impl IntoView {
    let app = app();
    let t = words(app);
    let Made { person, role, reply, before } = made;
    let until = reply.until_ms;
    let left = RwSignal::new(until.saturating_sub(now_ms()));
    let trusted = (1..=LONGEST_MS).contains(&left.get_untracked());
    let used = RwSignal::new(None::<String>);
    every(TICK_MS, move || async move {
        left.try_set(until.saturating_sub(now_ms()));
    });
    let holder = person.clone();
    every(LOOK_MS, move || {
        let (before, holder) = (before.clone(), holder.clone());
        async move {
            if used.try_get_untracked().is_none_or(|used| used.is_some()) {
                return;
            }
            let Ok(devices) = ask(api::Devices {}).await else { return };
            let new = devices
                .into_iter()
                .find(|device| !before.contains(&device.device.0) && device.grant.person == holder);
            if let Some(device) = new {
                let name = if device.name.is_empty() {
                    device.grant.person
                } else {
                    format!("{} · {}", device.grant.person, device.name)
                };
                used.try_set(Some(name));
                app.changed.update(|n| *n += 1);
            }
        }
    });
    let expired = Memo::new(move |_| trusted && left.get() == 0);
    let clock = move || {
        if !trusted {
            return fill(t.valid_until, &[&format::moment(until, app.lang())]);
        }
        let seconds = left.get() / 1_000;
        let length = fill(t.minutes_seconds, &[&(seconds / 60).to_string(), &format!("{:02}", seconds % 60)]);
        fill(t.time_left, &[&length])
    };
    let picture = svg_address(&reply.svg);
    let (alt, title) = (fill(t.qr_alt, &[&person]), fill(t.scan_this, &[&person]));
    view! {
        <section class="office-panel office-code">
            {move || match used.get() {
                Some(name) => {
                    view! {
                        <div class="office-used" role="status">
                            {icon(Icon::Check)}
                            <h2>{fill(t.used, &[&name])}</h2>
                            <p>{t.used_note}</p>
                        </div>
                    }
                        .into_any()
                }
                None if expired.get() => notice::remark(t.expired).into_any(),
                None => {
                    view! {
                        <h2>{title.clone()}</h2>
                        <p class="small">{role_word(app, role)}</p>
                        <img class="office-qr" src=picture.clone() alt=alt.clone()/>
                        <p>{t.scan_steps}</p>
                        <dl class="office-typed">
                            <div><dt>{t.code_label}</dt><dd class="office-large-code" translate="no">{reply.code.clone()}</dd></div>
                            <div><dt>{t.address_label}</dt><dd class="inert" translate="no">{address(&reply.link)}</dd></div>
                        </dl>
                    }
                        .into_any()
                }
            }}
            {move || {
                (used.get().is_none() && !expired.get())
                    .then(|| view! { <p class="office-countdown" role="timer">{clock}</p> <p class="small">{t.once_only}</p> })
            }}
            <div class="office-actions office-unprinted">
                {move || {
                    let waits = used.get().is_none();
                    let good = waits && !expired.get();
                    view! {
                        {good
                            .then(|| {
                                view! {
                                    <Button
                                        label=t.print
                                        drawing=Icon::Label
                                        press=|| {
                                            let _ = window().print();
                                        }
                                    />
                                }
                            })}
                        {waits
                            .then(|| {
                                view! { <Button label=t.make_again drawing=Icon::Sync disabled=busy press=move || again.run(())/> }
                            })}
                        <Button label=t.another weight=Weight::Main drawing=Icon::Plus press=move || next.run(())/>
                    }
                }}
            </div>
        </section>
    }
}

/// The picture as an address: an image cannot run scripts, whatever is in it.
pub(super) fn svg_address(svg: &str) -> String {
    format!("data:image/svg+xml;charset=utf-8,{}", String::from(js_sys::encode_uri_component(svg)))
}

/// The server's part of a link, as one types it into a phone.
fn address(link: &str) -> String {
    let (scheme, rest) = link.split_once("://").unwrap_or(("", link));
    let host = rest.split(['/', '#', '?']).next().unwrap_or_default();
    if scheme.is_empty() { host.to_owned() } else { format!("{scheme}://{host}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_typed_address_is_the_servers() {
        assert_eq!(address("https://sanam.example.go.th/enrol/AB-12"), "https://sanam.example.go.th");
        assert_eq!(address("http://192.168.1.5:8080/#/enrol/AB"), "http://192.168.1.5:8080");
    }
}
