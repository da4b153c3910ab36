//! The municipality's mail server.

use super::Desk;
use crate::components::button::{Button, Weight};
use crate::components::field::{Keys, Line, Select};
use domain::api::{MailSafety, PutMail, Secret};
use leptos::prelude::*;

/// The section.
#[component]
pub fn Mail(desk: Desk) -> impl IntoView {
    let t = desk.t();
    let app = desk.app;
    let host = RwSignal::new(String::new());
    let port = RwSignal::new("587".to_owned());
    let safety = RwSignal::new("start_tls".to_owned());
    let user = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let from = RwSignal::new(String::new());
    let kept = Memo::new(move |_| desk.now.with(|now| now.as_ref().and_then(|now| now.mail.clone())));
    let wrong = RwSignal::new(String::new());
    // What is kept is filled in when it comes, and again after it was saved.
    Effect::new(move |_| {
        if let Some(mail) = kept.get() {
            host.set(mail.host);
            port.set(mail.port.to_string());
            safety.set(word(mail.safety).to_owned());
            user.set(mail.user);
            from.set(mail.from);
            password.set(String::new());
        }
    });
    let put = move |remove: bool| {
        let typed = password.get_untracked();
        let mail = PutMail {
            host: if remove { String::new() } else { host.get_untracked() },
            port: port.get_untracked().trim().parse().unwrap_or(0),
            safety: read(&safety.get_untracked()),
            user: user.get_untracked(),
            password: (!typed.is_empty()).then_some(Secret(typed)),
            from: from.get_untracked(),
        };
        if !remove && mail.host.trim().is_empty() {
            wrong.set(t.wrong_mail.to_owned());
            return;
        }
        wrong.set(String::new());
        desk.change(mail, move |went| match went {
            Ok(_) => {
                if remove {
                    host.try_set(String::new());
                }
                app.say(t.saved);
            }
            Err(problem) => {
                wrong.try_set(desk.explain(&problem, |about| (!about.is_empty()).then_some(t.wrong_mail)));
            }
        });
    };
    let choices = [
        (MailSafety::StartTls, t.safety_starttls),
        (MailSafety::Tls, t.safety_tls),
        (MailSafety::Open, t.safety_open),
    ];
    let choices = choices.map(|(safety, label)| (word(safety).to_owned(), label.to_owned())).to_vec();
    view! {
        <section class="office-panel">
            <h2>{t.mail}</h2>
            <p>{t.mail_lead}</p>
            <div class="outside-fields">
                <Line label=t.mail_host value=host keys=Keys::Address/>
                <Line label=t.mail_port value=port keys=Keys::Digits/>
                <Select label=t.mail_safety options=choices value=safety/>
                <Line label=t.mail_from value=from/>
                <Line label=t.mail_user value=user/>
                {move || {
                    let has = kept.with(|mail| mail.as_ref().is_some_and(|mail| mail.has_password));
                    let hint = if has { t.secret_kept.to_owned() } else { String::new() };
                    view! { <Line label=t.mail_password hint=hint value=password secret=true/> }
                }}
            </div>
            <p class="wrong" role="alert">{move || wrong.get()}</p>
            <div class="outside-buttons">
                <Button label=t.save weight=Weight::Main disabled=desk.busy press=move || put(false)/>
                {move || {
                    kept.with(Option::is_some)
                        .then(|| view! { <Button label=t.mail_remove weight=Weight::Quiet press=move || put(true)/> })
                }}
            </div>
        </section>
    }
}

fn word(safety: MailSafety) -> &'static str {
    match safety {
        MailSafety::Tls => "tls",
        MailSafety::StartTls => "start_tls",
        MailSafety::Open => "open",
    }
}

fn read(word: &str) -> MailSafety {
    match word {
        "tls" => MailSafety::Tls,
        "open" => MailSafety::Open,
        _ => MailSafety::StartTls,
    }
}
