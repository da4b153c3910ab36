//! The entrance: signing in, signing in again, and the first set-up with the one-time link.

use super::page::Page;
use super::state::{Entry, Office, office};
use crate::app::app;
use crate::backend::ask;
use crate::browser;
use crate::components::button::{Button, Weight};
use crate::components::field::OnInput;
use crate::components::icon::{Icon, icon};
use crate::components::notice;
use crate::strings::office::office as words;
use crate::strings::{Language, fill};
use domain::api;
use domain::problem::{Code, Problem};
use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Fewest characters of a password, as the server counts them.
const FEWEST: usize = 10;

/// A box of a sign-in form. Unlike other fields it tells the browser's keeper of passwords what it is.
#[component]
fn SignInBox(
    /// What is asked.
    label: &'static str,
    /// A word of help.
    #[prop(optional)]
    hint: &'static str,
    /// What is typed.
    value: RwSignal<String>,
    /// What the browser may fill in.
    filled_by: &'static str,
    /// Typing is hidden while this holds.
    #[prop(into, optional)]
    secret: Signal<bool>,
    /// To give it the keyboard.
    #[prop(optional)]
    input: NodeRef<html::Input>,
) -> impl IntoView {
    view! {
        <label class="field">
            <span class="label">{label}</span>
            {(!hint.is_empty()).then(|| view! { <span class="hint">{hint}</span> })}
            <input
                node_ref=input
                type=move || if secret.get() { "password" } else { "text" }
                autocomplete=filled_by
                autocapitalize="off"
                spellcheck="false"
                prop:value=move || value.get()
                on:input:target=move |event: OnInput| value.set(event.target().value())
            />
        </label>
    }
}

#[component]
fn ShowPassword(shown: RwSignal<bool>) -> impl IntoView {
    let t = words(app());
    view! {
        <label class="tick">
            <input
                type="checkbox"
                prop:checked=move || shown.get()
                on:change:target=move |event: OnInput| shown.set(event.target().checked())
            />
            <span>{t.show_password}</span>
        </label>
    }
}

/// The choice of a language, in its own words.
#[component]
pub fn Languages() -> impl IntoView {
    let app = app();
    let one = move |own: Language, label: &'static str| {
        view! {
            <button
                type="button"
                class="office-language"
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
    view! {
        <div class="office-languages" role="group" aria-label=words(app).language>
            {one(Language::Thai, "ไทย")} {one(Language::English, "English")}
        </div>
    }
}

/// The page around an entrance.
#[component]
fn Entrance(
    /// The heading.
    title: &'static str,
    /// The content.
    children: Children,
) -> impl IntoView {
    let app = app();
    let office = office();
    document().set_title(&format!("{title} · {}", app.t().app_name));
    view! {
        <main class="office-gate">
            <div class="office-gate-card">
                <p class="office-brand">
                    <img src="/icons/sanam.svg" alt="" width="44" height="44"/>
                    <span>
                        <b>{app.t().app_name}</b>
                        <small>{move || office.session.with(|session| session.municipality.clone())}</small>
                    </span>
                </p>
                <h1>{title}</h1>
                {children()}
            </div>
            <Languages/>
        </main>
    }
}

/// The server does not answer.
#[component]
pub fn Silent(
    /// Why.
    problem: Problem,
) -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let problem = Problem { hint: office.explain(&problem), ..problem };
    view! {
        <Entrance title=t.office_title>
            {notice::problem(app, &problem)}
            <Button label=t.try_again weight=Weight::Main drawing=Icon::Sync press=move || office.ask_session()/>
        </Entrance>
    }
}

/// The form to sign in; `name` is given when a session is to go on.
#[component]
fn LoginForm(
    /// Whose session goes on.
    #[prop(optional)]
    own_name: Option<String>,
    /// Gets the new session.
    entered: Callback<api::SessionReply>,
) -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let fixed = own_name.is_some();
    let name = RwSignal::new(own_name.unwrap_or_default());
    let password = RwSignal::new(String::new());
    let shown = RwSignal::new(false);
    let wrong = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let (name_box, password_box) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    Effect::new(move |_| {
        let first = if fixed { password_box.get() } else { name_box.get() };
        if let Some(first) = first {
            let _ = first.focus();
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let typed = (name.get_untracked().trim().to_owned(), password.get_untracked());
        let (missing, at) = match (typed.0.is_empty(), typed.1.is_empty()) {
            (true, _) => (t.name_missing, name_box),
            (false, true) => (t.password_missing, password_box),
            (false, false) => ("", password_box),
        };
        wrong.set(missing.to_owned());
        if !missing.is_empty() {
            focus(at);
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = ask(api::Login { name: typed.0, password: typed.1 }).await;
            busy.try_set(false);
            match answer {
                Ok(session) => entered.run(session),
                Err(problem) => {
                    wrong.try_set(office.explain(&problem));
                    if problem.code == Code::LoginWrong {
                        password.try_set(String::new());
                    }
                    focus(password_box);
                }
            }
        });
    };
    view! {
        <form class="office-form" on:submit=submit novalidate>
            {(!fixed).then(|| view! { <SignInBox label=t.account_name value=name filled_by="username" input=name_box/> })}
            <SignInBox
                label=t.password
                value=password
                filled_by="current-password"
                secret=Signal::derive(move || !shown.get())
                input=password_box
            />
            <ShowPassword shown=shown/>
            <p class="wrong" role="alert">{move || wrong.get()}</p>
            <button type="submit" class="button main" disabled=move || busy.get()>
                <span class="words">{move || if busy.get() { t.signing_in } else { t.sign_in }}</span>
            </button>
        </form>
    }
}

fn focus(input: NodeRef<html::Input>) {
    if let Some(input) = input.try_get_untracked().flatten() {
        let _ = input.focus();
    }
}

/// The sign-in page.
#[component]
pub fn Login() -> impl IntoView {
    let office = office();
    let t = words(app());
    // A used set-up link leads here; its code has no business in the address any more.
    if super::state::setup_code_of_address().is_some() {
        Page::Today.replace();
    }
    view! {
        <Entrance title=t.login_title>
            <LoginForm entered=Callback::new(move |session| office.enter(session))/>
            <p class="small">{t.forgot}</p>
        </Entrance>
    }
}

/// The sign-in above a page whose session ended. It cannot be closed without signing in.
#[component]
pub fn LoginAgain() -> impl IntoView {
    let office = office();
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let ended = office.ended.get();
        if let Some(dialog) = dialog.get() {
            if ended && !dialog.open() {
                let _ = dialog.show_modal();
            } else if !ended && dialog.open() {
                dialog.close();
            }
        }
    });
    let t = words(app());
    view! {
        <dialog
            node_ref=dialog
            class="office-again"
            aria-label=t.again_title
            on:cancel=move |event: web_sys::Event| event.prevent_default()
            on:close=move |_| {
                // A browser may close a dialog on the second Escape whatever is said.
                if office.ended.get_untracked() && let Some(dialog) = dialog.get_untracked() {
                    let _ = dialog.show_modal();
                }
            }
        >
            {move || office.ended.get().then(|| again(office))}
        </dialog>
    }
}

fn again(office: Office) -> impl IntoView {
    let t = words(app());
    let own = office.session.with_untracked(|session| session.name.clone());
    let before = own.clone();
    let entered = Callback::new(move |session: api::SessionReply| {
        if session.name == before {
            office.go_on(session);
        } else {
            browser::reload();
        }
    });
    view! {
        <div class="sheet">
            <h2>{t.again_title}</h2>
            <p>{t.again_lead}</p>
            <p class="office-self"><b>{own.clone()}</b></p>
            {match own {
                Some(own) => view! { <LoginForm own_name=own entered=entered/> }.into_any(),
                None => view! { <LoginForm entered=entered/> }.into_any(),
            }}
            <Button
                label=t.other_person
                weight=Weight::Quiet
                press=move || {
                    office.ended.set(false);
                    office.entry.set(Entry::Login);
                }
            />
        </div>
    }
}

/// The first set-up.
#[component]
pub fn SetUp(
    /// From the link; empty where there was none.
    code: String,
) -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let has_code = !code.is_empty();
    let code = RwSignal::new(code);
    let municipality = RwSignal::new(String::new());
    let name = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let repeated = RwSignal::new(String::new());
    let shown = RwSignal::new(false);
    let wrong = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let secret = Signal::derive(move || !shown.get());
    let long = Memo::new(move |_| password.with(|typed| typed.chars().count() >= FEWEST));
    let same =
        Memo::new(move |_| password.with(|typed| !typed.is_empty() && repeated.with(|again| again == typed)));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let typed = |signal: RwSignal<String>| signal.get_untracked().trim().to_owned();
        let asked = api::SetUp {
            code: typed(code),
            municipality: typed(municipality),
            name: typed(name),
            password: password.get_untracked(),
        };
        let left_out = [&asked.code, &asked.municipality, &asked.name].iter().any(|text| text.is_empty());
        let sentence = match (left_out, long.get_untracked(), same.get_untracked()) {
            (true, ..) => t.setup_missing,
            (false, false, _) => t.wrong_short,
            (false, true, false) => t.wrong_differ,
            (false, true, true) => "",
        };
        wrong.set(sentence.to_owned());
        if !sentence.is_empty() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match ask(asked).await {
                Ok(session) => {
                    Page::Today.replace();
                    office.enter(session);
                }
                Err(problem) => {
                    wrong.try_set(office.explain(&problem));
                    busy.try_set(false);
                }
            }
        });
    };
    view! {
        <Entrance title=t.setup_title>
            <p>{t.setup_lead}</p>
            <form class="office-form" on:submit=submit novalidate>
                {(!has_code)
                    .then(|| {
                        view! { <SignInBox label=t.setup_code hint=t.setup_code_hint value=code filled_by="one-time-code"/> }
                    })}
                <SignInBox label=t.municipality_name hint=t.municipality_hint value=municipality filled_by="organization"/>
                <SignInBox label=t.your_name hint=t.your_name_hint value=name filled_by="username"/>
                <SignInBox label=t.password value=password filled_by="new-password" secret=secret/>
                <SignInBox label=t.password_again value=repeated filled_by="new-password" secret=secret/>
                <ShowPassword shown=shown/>
                <ul class="office-rules">
                    {rule(t.rule_length, long)} {rule(t.rule_same, same)}
                    <li class="small">{t.rule_tip}</li>
                </ul>
                <p class="wrong" role="alert">{move || wrong.get()}</p>
                <button type="submit" class="button main" disabled=move || busy.get()>
                    <span class="words">{t.setup_finish}</span>
                </button>
            </form>
        </Entrance>
    }
}

/// A rule that is ticked as soon as it is met.
fn rule(sentence: &'static str, met: Memo<bool>) -> impl IntoView {
    let t = words(app());
    view! {
        <li class:met=move || met.get()>
            {move || icon(if met.get() { Icon::Check } else { Icon::Next })}
            <span class="visually-hidden">{move || fill("{}: ", &[if met.get() { t.rule_met } else { t.rule_unmet }])}</span>
            {sentence}
        </li>
    }
}
