//! Saving: what is missing is shown, what is odd is asked about once, and the rest is one durable save.

use crate::app::{App, JustSaved, app};
use crate::backend::ask;
use crate::browser::{OFFSET_MINUTES, new_record_id};
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::icon::Icon;
use crate::components::visit::form_title;
use crate::position;
use crate::route::{FormRoute, Route, replace};
use crate::screens::form::focus::focus_soon;
use crate::screens::form::occasion::Occasion;
use crate::screens::form::session::{Doubt, Session};
use domain::api;
use domain::problem::Code;
use domain::programme::DONE;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The end of a form. A handle.
#[derive(Clone, Copy)]
pub struct Finish {
    /// The form.
    pub session: Session,
    at: StoredValue<FormRoute>,
    /// Why what was saved is corrected.
    pub reason: RwSignal<String>,
    /// What was said about a reason that is missing.
    reason_missing: RwSignal<Option<String>>,
    asking: RwSignal<bool>,
    doubts: RwSignal<Vec<Doubt>>,
    /// What was sent from the desk and not answered for, with the change of the form that it holds.
    sent: StoredValue<Option<(u32, api::EnterVisit)>>,
    /// A save is under way.
    pub saving: RwSignal<bool>,
    /// A form that was only tried out has come to its end.
    pub tried: RwSignal<bool>,
}

impl Finish {
    /// Makes the end of a session.
    pub fn new(session: Session, at: FormRoute) -> Finish {
        Finish {
            session,
            at: StoredValue::new(at),
            reason: RwSignal::default(),
            reason_missing: RwSignal::new(None),
            asking: RwSignal::new(false),
            doubts: RwSignal::default(),
            sent: StoredValue::new(None),
            saving: RwSignal::new(false),
            tried: RwSignal::new(false),
        }
    }

    /// What is wrong with the reason, until one is written; watches it.
    pub fn reason_wrong(self) -> Option<String> {
        self.reason_missing.get().filter(|_| self.reason.with(|reason| reason.trim().is_empty()))
    }

    /// Saves, unless something is missing, or odd and not yet confirmed; once all is known that has to be looked up.
    pub fn ask_to_save(self, app: App) {
        self.session.when_known(move || self.check_and_save(app));
    }

    fn check_and_save(self, app: App) {
        if !self.session.form_is_fine() {
            return;
        }
        let corrects = self.at.with_value(|at| at.corrects.is_some());
        if corrects && self.reason.with_untracked(|reason| reason.trim().is_empty()) {
            self.reason_missing.set(Some(app.explain(&Code::ReasonNeeded.into())));
            focus_soon(".correction-reason input");
            return;
        }
        let doubts = self.session.doubts();
        if doubts.is_empty() {
            self.save(app);
        } else {
            self.doubts.set(doubts);
            self.asking.set(true);
        }
    }

    /// What goes to the office: where nothing was changed since it went without an answer, the very same once more. Made
    /// anew it would differ by the moment at which it ended, and correct itself.
    fn sent_again(self, now: api::EnterVisit) -> api::EnterVisit {
        let change = self.session.changes();
        let same = |sent: &(u32, api::EnterVisit)| sent.0 == change && sent.1.reason == now.reason;
        let before = self.sent.with_value(|sent| sent.clone().filter(same));
        let what = before.map_or(now, |(_, before)| before);
        self.sent.set_value(Some((change, what.clone())));
        what
    }

    fn save(self, app: App) {
        self.asking.set(false);
        if self.session.is_trial() {
            self.tried.set(true);
            return;
        }
        self.saving.set(true);
        let at = self.at.get_value();
        let (registry, left_out) = self.session.registry();
        let (answers, photos) = self.session.answers();
        let zone = self.session.zone.get_untracked();
        let visit = api::SaveVisit {
            programme: at.programme.clone(),
            form: at.form.clone(),
            subject: at.subject,
            zone: Some(zone).filter(|zone| at.subject.is_none() && !zone.is_empty()),
            code: Some(at.code.clone()).filter(|code| at.subject.is_none() && !code.is_empty()),
            outcome: DONE.to_owned(),
            answers,
            photos,
            place: position::stamped(app),
            registry,
            supersedes: at.corrects,
            offset_minutes: OFFSET_MINUTES,
        };
        let reason = self.reason.get_untracked();
        let heading = self.session.heading();
        let what = form_title(app, &at.programme, &at.form);
        let occasion = self.session.occasion;
        let (version, seen) = self.session.opened_with();
        let typed = matches!(occasion, Occasion::Desk(_)).then(|| {
            let id = self.sent.with_value(|sent| sent.as_ref().and_then(|(_, sent)| sent.id));
            let id = Some(id.unwrap_or_else(new_record_id));
            self.sent_again(api::EnterVisit {
                id,
                visit: visit.clone(),
                version,
                seen,
                reason: reason.clone(),
            })
        });
        spawn_local(async move {
            self.session.keep_what_was_opened().await;
            let saved = match (typed, at.corrects) {
                (Some(typed), _) => ask(typed).await,
                (None, Some(_)) => ask(api::CorrectVisit { visit, reason }).await,
                (None, None) => ask(visit).await,
            };
            match saved {
                Ok(saved) => {
                    self.session.saved();
                    if left_out {
                        app.say(app.t().registry_left_out);
                    }
                    app.saved(saved.counts);
                    if let Occasion::Desk(desk) = occasion {
                        if !left_out {
                            app.say(app.t().saved);
                        }
                        desk.saved.try_run(());
                        return;
                    }
                    let in_round = app.in_round.get_untracked() && at.corrects.is_none();
                    let correction = saved.subject.map(|subject| FormRoute {
                        subject: Some(subject),
                        code: String::new(),
                        corrects: Some(saved.record),
                        ..at.clone()
                    });
                    app.just_saved.set(Some(JustSaved {
                        programme: at.programme,
                        subject: saved.subject,
                        heading,
                        what,
                        in_round,
                        correction,
                    }));
                    // Back leads to the card, not into a form that is done.
                    replace(&Route::Saved);
                }
                Err(problem) => {
                    app.say_problem(&problem);
                    self.saving.try_set(false);
                }
            }
        });
    }
}

/// The question about odd answers.
#[component]
pub fn Doubts(finish: Finish) -> impl IntoView {
    let app = app();
    let t = app.t();
    view! {
        <Dialog open=finish.asking title=t.look_again>
            <ul class="doubts">
                {move || {
                    finish
                        .doubts
                        .get()
                        .into_iter()
                        .map(|doubt| {
                            view! {
                                <li>
                                    <b>{doubt.label}</b>
                                    <p class="large-text inert">{doubt.answer}</p>
                                    {doubt.message}
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
            <Button label=t.go_correct weight=Weight::Main drawing=Icon::Edit press=move || finish.asking.set(false)/>
            <Button label=t.right_save drawing=Icon::Check press=move || finish.save(app)/>
        </Dialog>
    }
}
