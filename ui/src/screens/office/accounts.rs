//! The office's accounts, for an administrator: who may sign in, and as what. A password is made by the server and shown
//! once, so that none is weak and none is sent around in advance.

use super::answers::programme_title;
use super::devices::role_word;
use super::state::office;
use super::zone_picker::ZonePicker;
use crate::app::{App, app};
use crate::backend::ask;
use crate::components::button::{Button, Weight};
use crate::components::field::{Line, tick};
use crate::components::icon::Icon;
use crate::components::notice;
use crate::strings::fill;
use crate::strings::office::office as words;
use domain::access::Role;
use domain::api::{AccountRow, Accounts as Ask, PutAccount, RemoveAccount};
use domain::ids::Shelf;
use domain::problem::Problem;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeSet;

/// A password that is shown once, with its account.
#[derive(Clone, Debug, PartialEq)]
struct Fresh {
    name: String,
    password: String,
}

/// What the section works with. A handle.
#[derive(Clone, Copy)]
struct Desk {
    all: RwSignal<Vec<AccountRow>>,
    failed: RwSignal<Option<Problem>>,
    fresh: RwSignal<Option<Fresh>>,
    busy: RwSignal<bool>,
}

impl Desk {
    fn look(self) {
        let office = office();
        spawn_local(async move {
            match ask(Ask {}).await {
                Ok(all) => {
                    self.failed.try_set(None);
                    self.all.try_set(all);
                }
                Err(problem) => {
                    self.failed.try_set(Some(Problem { hint: office.explain(&problem), ..problem }));
                }
            }
        });
    }

    fn put(self, account: PutAccount, then: impl Fn() + 'static) {
        let office = office();
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let name = account.name.clone();
            match ask(account).await {
                Ok(put) => {
                    self.fresh.try_set(put.password.map(|password| Fresh { name, password }));
                    then();
                    if let Ok(all) = ask(Ask {}).await {
                        self.all.try_set(all);
                    }
                }
                Err(problem) => office.say_problem(&problem),
            }
            self.busy.try_set(false);
        });
    }

    fn remove(self, name: String) {
        let office = office();
        spawn_local(async move {
            match ask(RemoveAccount { name }).await {
                Ok(_) => {
                    if let Ok(all) = ask(Ask {}).await {
                        self.all.try_set(all);
                    }
                }
                Err(problem) => office.say_problem(&problem),
            }
        });
    }
}

/// The section.
#[component]
pub fn Accounts() -> impl IntoView {
    let app = app();
    let t = words(app);
    let desk = Desk {
        all: RwSignal::new(Vec::new()),
        failed: RwSignal::new(None),
        fresh: RwSignal::new(None),
        busy: RwSignal::new(false),
    };
    desk.look();
    view! {
        <section class="office-panel">
            <h2>{t.accounts}</h2>
            <p>{t.accounts_lead}</p>
            {move || desk.failed.get().map(|problem| notice::problem(app, &problem))}
            {move || desk.fresh.get().map(|fresh| shown_once(app, desk, &fresh))}
            <ul class="office-accounts">
                {move || desk.all.get().into_iter().map(|row| line(app, desk, row)).collect_view()}
            </ul>
            <NewAccount desk=desk/>
        </section>
    }
}

fn shown_once(app: App, desk: Desk, fresh: &Fresh) -> impl IntoView + use<> {
    let t = words(app);
    view! {
        <div class="office-used" role="status">
            <p>{fill(t.password_of, &[&fresh.name])}</p>
            <p class="office-large-code" translate="no" id="new-password">{fresh.password.clone()}</p>
            <p class="small">{t.password_once}</p>
            <Button label=t.password_written press=move || desk.fresh.set(None)/>
        </div>
    }
}

fn line(app: App, desk: Desk, row: AccountRow) -> impl IntoView {
    let t = words(app);
    let own = office().session.with_untracked(|session| session.name.as_deref() == Some(&*row.name));
    let area = match row.grant.role {
        Role::Clerk | Role::Administrator => t.everything.to_owned(),
        _ => {
            let title = |shelf: &Shelf| match shelf.is_zone() {
                true => format!("{} {}", programme_title(app, &shelf.programme), office().zone_title(shelf)),
                false => programme_title(app, &shelf.programme),
            };
            row.grant.shelves.iter().map(title).collect::<Vec<_>>().join(", ")
        }
    };
    let again = PutAccount {
        name: row.name.clone(),
        role: row.grant.role,
        programmes: row.grant.programmes().into_iter().map(str::to_owned).collect(),
        zones: row.grant.shelves.iter().filter(|shelf| shelf.is_zone()).cloned().collect(),
        new_password: true,
    };
    let sure = RwSignal::new(false);
    let name = row.name.clone();
    view! {
        <li>
            <span><b>{row.name}</b>" "<small>{role_word(app, row.grant.role)}" · "{area}</small></span>
            {(!own)
                .then(|| {
                    view! {
                        <button type="button" class="office-small" on:click=move |_| desk.put(again.clone(), || {})>
                            {t.password_new}
                        </button>
                        <button
                            type="button"
                            class="office-small"
                            on:click=move |_| if sure.get_untracked() { desk.remove(name.clone()) } else { sure.set(true) }
                        >
                            {move || if sure.get() { t.account_remove_sure } else { t.account_remove }}
                        </button>
                    }
                })}
        </li>
    }
}

#[component]
fn NewAccount(desk: Desk) -> impl IntoView {
    let app = app();
    let t = words(app);
    let name = RwSignal::new(String::new());
    let role = RwSignal::new(Role::Supervisor);
    let programmes = RwSignal::new(BTreeSet::<String>::new());
    let zones = RwSignal::new(BTreeSet::<Shelf>::new());
    let wrong = RwSignal::new("");
    let make = move || {
        let typed = name.get_untracked().trim().to_owned();
        let chosen: Vec<String> = programmes.get_untracked().into_iter().collect();
        let supervises = role.get_untracked() == Role::Supervisor;
        let missing = match (typed.is_empty(), supervises && chosen.is_empty()) {
            (true, _) => t.name_missing,
            (false, true) => t.need_programme,
            (false, false) => "",
        };
        // A name that is there would be changed without a word.
        let taken = desk.all.with_untracked(|all| all.iter().any(|row| row.name == typed));
        let missing = if missing.is_empty() && taken { t.account_taken } else { missing };
        wrong.set(missing);
        if missing.is_empty() {
            let account = PutAccount {
                name: typed,
                role: role.get_untracked(),
                programmes: chosen,
                zones: zones.get_untracked().into_iter().collect(),
                new_password: false,
            };
            desk.put(account, move || {
                name.try_set(String::new());
                programmes.try_set(BTreeSet::new());
                zones.try_set(BTreeSet::new());
            });
        }
    };
    let one_role = move |own: Role, note: &'static str| {
        view! {
            <label class="tick">
                <input
                    type="radio"
                    name="account-role"
                    prop:checked=move || role.get() == own
                    on:change=move |_| role.set(own)
                />
                <span>{role_word(app, own)} <small>{note}</small></span>
            </label>
        }
    };
    view! {
        <div class="office-new-account">
            <h3>{t.account_new}</h3>
            <Line label=t.account_name value=name/>
            <fieldset class="office-roles">
                <legend>{t.role_question}</legend>
                {one_role(Role::Supervisor, t.account_supervisor_note)}
                {one_role(Role::Clerk, t.account_clerk_note)}
                {one_role(Role::Administrator, t.account_administrator_note)}
            </fieldset>
            {move || {
                (role.get() == Role::Supervisor)
                    .then(|| {
                        view! {
                            <fieldset class="office-roles">
                                <legend>{t.programme}</legend>
                                {app.programmes.get().into_iter().map(|one| tick(one.id.clone(), programmes, programme_title(app, &one.id))).collect_view()}
                            </fieldset>
                            <details>
                                <summary>{crate::strings::care::care(app).only_area}</summary>
                                <ZonePicker chosen=zones people=false/>
                            </details>
                        }
                    })
            }}
            <p class="wrong" role="alert">{move || wrong.get()}</p>
            <Button label=t.account_make weight=Weight::Main drawing=Icon::Plus disabled=desk.busy press=make/>
        </div>
    }
}
