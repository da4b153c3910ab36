//! Who is told of what: the ways out, the mail server, what could not be handed over, and the keys of other systems.

mod channels;
mod editor;
mod keys;
mod leftover;
mod mail;

use super::page::Framed;
use super::state::{Office, office};
use crate::app::{App, app};
use crate::backend::ask;
use crate::components::notice;
use crate::strings::office::outside::{OutsideStrings, outside};
use domain::api::{Ask, Notifications, NotificationsReply};
use domain::notify::{Event, Trouble, Way};
use domain::problem::Problem;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What the sections work with. A handle.
#[derive(Clone, Copy)]
struct Desk {
    app: App,
    /// Found while the page is made: after an answer there is no context any more.
    office: Office,
    now: RwSignal<Option<NotificationsReply>>,
    failed: RwSignal<Option<Problem>>,
    busy: RwSignal<bool>,
}

impl Desk {
    fn t(self) -> &'static OutsideStrings {
        outside(self.app)
    }

    fn look(self) {
        let office = self.office;
        spawn_local(async move {
            match ask(Notifications {}).await {
                Ok(now) => {
                    self.failed.try_set(None);
                    self.now.try_set(Some(now));
                }
                Err(problem) => {
                    self.failed.try_set(Some(Problem { hint: office.explain(&problem), ..problem }));
                }
            }
        });
    }

    /// Asks for a change, and for everything anew; `then` gets the answer.
    fn change<A: Ask + 'static>(self, request: A, then: impl FnOnce(Result<A::Reply, Problem>) + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            then(ask(request).await);
            if let Ok(now) = ask(Notifications {}).await {
                self.now.try_set(Some(now));
            }
            self.busy.try_set(false);
        });
    }

    /// Says why something was not done, unless `known` has a plainer sentence for it.
    fn explain(self, problem: &Problem, known: impl FnOnce(&str) -> Option<&'static str>) -> String {
        let about = problem.detail.as_deref().unwrap_or_default();
        known(about).map_or_else(|| self.office.explain(problem), str::to_owned)
    }
}

/// The page.
#[component]
pub fn Notify() -> impl IntoView {
    let app = app();
    let desk = Desk {
        app,
        office: office(),
        now: RwSignal::new(None),
        failed: RwSignal::new(None),
        busy: RwSignal::new(false),
    };
    desk.look();
    let t = desk.t();
    view! {
        <Framed title=t.notify lead=t.notify_lead>
            {move || desk.failed.get().map(|problem| notice::problem(app, &problem))}
            <channels::Channels desk=desk/>
            <leftover::Leftover desk=desk/>
            <mail::Mail desk=desk/>
            <keys::Keys desk=desk/>
        </Framed>
    }
}

fn way_word(way: Way, t: &'static OutsideStrings) -> &'static str {
    match way {
        Way::Line => t.way_line,
        Way::Email => t.way_email,
        Way::Webhook => t.way_webhook,
    }
}

fn event_word(event: Event, t: &'static OutsideStrings) -> &'static str {
    match event {
        Event::Opened => t.event_opened,
        Event::Changed => t.event_changed,
        Event::Overdue => t.event_overdue,
        Event::RedFlag => t.event_red_flag,
        Event::Trouble => t.event_trouble,
    }
}

/// Why something was not handed over, and what to do.
fn why(trouble: Trouble, t: &'static OutsideStrings) -> &'static str {
    match trouble {
        Trouble::Inside => t.why_inside,
        Trouble::NoSuchHost => t.why_host,
        Trouble::NoAnswer => t.why_no_answer,
        Trouble::Untrusted => t.why_untrusted,
        Trouble::NotSignedIn => t.why_not_signed_in,
        Trouble::NoSuchReceiver => t.why_receiver,
        Trouble::TooMuch => t.why_too_much,
        Trouble::Failed => t.why_failed,
        Trouble::NoMailServer => t.why_no_mail,
        Trouble::Unreadable => t.why_unreadable,
    }
}
