//! Language, size of type, and what this device is and holds.

use crate::app::{App, app};
use crate::backend::ask;
use crate::browser;
use crate::components::copies;
use crate::components::shell::Shell;
use crate::components::strip::Strip;
use crate::format;
use crate::strings::{Language, fill};
use crate::synchronise;
use domain::api::{PhotosWifiOnly, Status};
use domain::ids::Shelf;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Whether photos wait for Wi-Fi, and a way to send them all the same.
fn photos(app: App, wifi_only: bool, waiting: u64) -> impl IntoView {
    let t = app.t();
    let choice = move |on: bool, label: &'static str| {
        let choose = move |_| {
            spawn_local(async move {
                let chosen = async {
                    ask(PhotosWifiOnly { on }).await?;
                    ask(Status {}).await
                };
                match chosen.await {
                    Ok(status) => app.status.set(Some(status)),
                    Err(problem) => app.say_problem(&problem),
                }
            });
        };
        view! {
            <button type="button" class="filter" aria-pressed=(wifi_only == on).to_string() on:click=choose>
                {label}
            </button>
        }
    };
    let note = match (wifi_only, browser::free_network()) {
        (false, _) | (true, Some(true)) => None,
        (true, Some(false)) => (waiting > 0).then_some(t.photos_wait),
        (true, None) => Some(t.photos_cannot_tell),
    };
    let by_hand = note.is_some() && waiting > 0;
    view! {
        <section class="setting">
            <h2 id="photos">{t.photos_title}</h2>
            <div class="filters" role="group" aria-labelledby="photos">
                {choice(false, t.photos_any)}
                {choice(true, t.photos_wifi)}
            </div>
            <p class="small">{t.photos_lead}</p>
            {note.map(|note| view! { <p class="small" id="photos-note">{note}</p> })}
            {by_hand
                .then(|| {
                    view! {
                        <button type="button" class="button" on:click=move |_| synchronise::photos_now(app)>
                            {fill(t.photos_send_now, &[&waiting.to_string()])}
                        </button>
                    }
                })}
        </section>
    }
}

/// The settings screen.
#[component]
pub fn Settings() -> impl IntoView {
    let app = app();
    let t = app.t();
    let language = move |own: Language, label: &'static str| {
        view! {
            <button
                type="button"
                class="filter"
                lang=own.code()
                aria-pressed=move || (app.language.get() == own).to_string()
                on:click=move |_| {
                    browser::keep_setting("language", own.code());
                    app.language.set(own);
                }
            >
                {label}
            </button>
        }
    };
    let word = |on: bool| if on { "yes" } else { "no" };
    let size = move |large: bool, one_by_one: bool, label: &'static str| {
        view! {
            <button
                type="button"
                class="filter"
                aria-pressed=move || {
                    (app.large.get() == large && app.one_by_one.get() == one_by_one).to_string()
                }
                on:click=move |_| {
                    browser::keep_setting("large", word(large));
                    browser::keep_setting("one-by-one", word(one_by_one));
                    app.large.set(large);
                    app.one_by_one.set(one_by_one);
                }
            >
                {label}
            </button>
        }
    };
    let sounds = RwSignal::new(browser::setting(browser::SOUND_SETTING).as_deref() != Some("off"));
    let tone = move |on: bool, label: &'static str| {
        view! {
            <button
                type="button"
                class="filter"
                aria-pressed=move || (sounds.get() == on).to_string()
                on:click=move |_| {
                    browser::keep_setting(browser::SOUND_SETTING, if on { "on" } else { "off" });
                    sounds.set(on);
                }
            >
                {label}
            </button>
        }
    };
    view! {
        <Shell title=t.settings bare=true>
            <section class="setting">
                <h2 id="language">{t.language}</h2>
                <div class="filters" role="group" aria-labelledby="language">
                    {language(Language::Thai, "ไทย")}
                    {language(Language::English, "English")}
                </div>
            </section>
            <section class="setting">
                <h2 id="size">{t.type_size}</h2>
                <div class="filters" role="group" aria-labelledby="size">
                    {size(false, false, t.size_normal)}
                    {size(true, false, t.size_large)}
                    {size(true, true, t.size_one_by_one)}
                </div>
                <p class="small">{t.size_hint}</p>
            </section>
            <section class="setting">
                <h2 id="sound">{t.scan_sound}</h2>
                <div class="filters" role="group" aria-labelledby="sound">
                    {tone(true, t.sound_on)}
                    {tone(false, t.sound_off)}
                </div>
            </section>
            {move || {
                let status = app.status.get()?;
                let enrolled = status.enrolled?;
                let shelves = enrolled
                    .grant
                    .shelves
                    .iter()
                    .map(|shelf| {
                        let title = app
                            .programme(&shelf.programme)
                            .map_or(
                                shelf.programme.clone(),
                                |programme| programme.title.in_language(app.lang().code()).to_owned(),
                            );
                        let zone = match shelf.zone.as_str() {
                            Shelf::EMERGENCY => crate::strings::care::care(app).emergency.to_owned(),
                            zone => zone.to_owned(),
                        };
                        view! { <li>{title}" · "{zone}</li> }
                    })
                    .collect_view();
                let name = browser::setting("device-name").unwrap_or_default();
                let photos = photos(app, status.photos_wifi_only, status.counts.photos_waiting);
                Some(
                    view! {
                        <Strip/>
                        {photos}
                        {copies::section(app)}
                        <section class="setting">
                            <h2>{t.this_device}</h2>
                            <dl class="facts-list">
                                <div><dt>{t.device_name}</dt><dd>{name}</dd></div>
                                <div><dt>{t.device_number}</dt><dd>{enrolled.device.0.to_string()}</dd></div>
                                <div><dt>{t.person}</dt><dd>{enrolled.grant.person}</dd></div>
                                <div><dt>{t.municipality}</dt><dd>{enrolled.municipality}</dd></div>
                                <div><dt>{t.server_address}</dt><dd class="inert">{enrolled.server}</dd></div>
                                <div>
                                    <dt>{t.last_sync_label}</dt>
                                    <dd>
                                        {status
                                            .last_sync_ms
                                            .map_or(t.never_synced.to_owned(), |at| format::moment(at, app.lang()))}
                                    </dd>
                                </div>
                            </dl>
                            <h3>{t.holds}</h3>
                            <ul class="plain">{shelves}</ul>
                        </section>
                    },
                )
            }}
            <section class="setting">
                <h2>{t.about}</h2>
                <p>{t.about_text}</p>
                <p class="small">{fill(t.version, &[env!("CARGO_PKG_VERSION")])}</p>
            </section>
        </Shell>
    }
}
