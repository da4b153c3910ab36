//! Who is signed in, what that person may see, and the way out.

use super::accounts::Accounts;
use super::answers;
use super::devices::role_word;
use super::page::{Framed, Page};
use super::state::office;
use crate::app::app;
use crate::backend::ask;
use crate::browser;
use crate::components::button::{Button, Weight};
use crate::components::icon::Icon;
use crate::strings::office::office as words;
use domain::access::Role;
use domain::api::Logout;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The page.
#[component]
pub fn Account() -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let leaving = RwSignal::new(false);
    let leave = move || {
        leaving.set(true);
        spawn_local(async move {
            match ask(Logout {}).await {
                // Loaded anew, so that nothing of this person's stays in memory.
                Ok(_) => {
                    Page::Today.replace();
                    browser::reload();
                }
                Err(problem) => {
                    leaving.try_set(false);
                    office.say_problem(&problem);
                }
            }
        });
    };
    view! {
        <Framed title=t.account>
            <section class="office-panel">
                {move || {
                    let session = office.session.get();
                    let grant = session.grant?;
                    let sees = match grant.role {
                        Role::Clerk | Role::Administrator => t.everything.to_owned(),
                        _ => {
                            let titles: Vec<String> =
                                grant.programmes().into_iter().map(|id| answers::programme_title(app, id)).collect();
                            titles.join(", ")
                        }
                    };
                    Some(
                        view! {
                            <dl class="facts-list">
                                <div><dt>{t.signed_in_as}</dt><dd>{session.name}</dd></div>
                                <div><dt>{t.your_role}</dt><dd>{role_word(app, grant.role)}</dd></div>
                                <div><dt>{t.municipality_name}</dt><dd>{session.municipality}</dd></div>
                                <div><dt>{t.your_area}</dt><dd>{sees}</dd></div>
                            </dl>
                        },
                    )
                }}
                <p>{t.sign_out_lead}</p>
                <Button label=t.sign_out weight=Weight::Main drawing=Icon::Back disabled=leaving press=leave/>
            </section>
            {move || (office.role() == Role::Administrator).then(|| view! { <Accounts/> })}
        </Framed>
    }
}
