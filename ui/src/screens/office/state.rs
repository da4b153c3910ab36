//! What the office's screens share: who is signed in, the titles of the zones, and what waits for somebody.

use super::ticks::Ticked;
use crate::app::App;
use crate::backend::ask;
use crate::strings::office::office as words;
use domain::access::{self, Action, Grant, Role};
use domain::api::{Devices, Orders, Programmes, Questions, Refused, Session, SessionReply, ZoneRow, Zones};
use domain::ids::Shelf;
use domain::problem::{Code, Problem};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What stands at the entrance.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// The session is asked for.
    Waiting,
    /// The server does not answer.
    Silent(Problem),
    /// Nobody has an account yet; the code, if a link brought it.
    SetUp(String),
    /// Somebody must sign in.
    Login,
    /// Somebody is signed in.
    In,
}

/// How much waits for somebody, for the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Attention {
    /// Open questions.
    pub questions: usize,
    /// Refused saves.
    pub refused: usize,
    /// Orders past their time.
    pub orders: usize,
    /// Orders that cannot wait.
    pub urgent: usize,
    /// Devices that are copies of another and still in use.
    pub copies: usize,
}

/// Shared state. A handle: copying it copies nothing.
#[derive(Clone, Copy)]
pub struct Office {
    app: App,
    /// What stands at the entrance.
    pub entry: RwSignal<Entry>,
    /// Who is signed in.
    pub session: RwSignal<SessionReply>,
    /// The session ended in the midst of work.
    pub ended: RwSignal<bool>,
    /// The zones of each programme, by its id.
    pub zones: RwSignal<BTreeMap<String, Vec<ZoneRow>>>,
    /// What waits.
    pub attention: RwSignal<Attention>,
    /// What is ticked in the registry.
    pub ticked: RwSignal<BTreeSet<Ticked>>,
    /// The programme that the registry lists, or empty; kept for whoever comes back from the stickers.
    pub listed: RwSignal<String>,
    /// The zone that the registry lists; empty for all.
    pub listed_zone: RwSignal<String>,
}

/// The shared state, inside a view of the office.
pub fn office() -> Office {
    expect_context::<Office>()
}

impl Office {
    /// Nothing is known yet.
    pub fn new(app: App) -> Office {
        Office {
            app,
            entry: RwSignal::new(Entry::Waiting),
            session: RwSignal::new(SessionReply::default()),
            ended: RwSignal::new(false),
            zones: RwSignal::new(BTreeMap::new()),
            attention: RwSignal::new(Attention::default()),
            ticked: RwSignal::new(BTreeSet::new()),
            listed: RwSignal::new(String::new()),
            listed_zone: RwSignal::new(String::new()),
        }
    }

    /// Asks who is signed in, and opens the fitting entrance.
    pub fn ask_session(self) {
        self.entry.set(Entry::Waiting);
        spawn_local(async move {
            match ask(Session {}).await {
                Ok(session) => self.enter(session),
                Err(problem) => self.entry.set(Entry::Silent(problem)),
            }
        });
    }

    /// Takes what the server says about the session.
    pub fn enter(self, session: SessionReply) {
        let entry = match (&session.name, session.needs_setup) {
            (Some(_), _) => Entry::In,
            (None, true) => Entry::SetUp(setup_code_of_address().unwrap_or_default()),
            (None, false) => Entry::Login,
        };
        self.session.set(session);
        self.ended.set(false);
        // Somebody else may not see what the last person had chosen.
        self.ticked.set(BTreeSet::new());
        self.listed.set(String::new());
        self.listed_zone.set(String::new());
        if entry == Entry::In {
            self.refresh();
        }
        self.entry.set(entry);
    }

    /// The same person signed in again: what is on the page stays.
    pub fn go_on(self, session: SessionReply) {
        self.session.set(session);
        self.ended.set(false);
        self.refresh();
        self.app.changed.update(|n| *n += 1);
    }

    /// Asks for the programmes and their zones.
    pub fn refresh(self) {
        spawn_local(async move {
            let programmes = match ask(Programmes {}).await {
                Ok(programmes) => programmes,
                Err(problem) => {
                    self.app.say(self.explain(&problem));
                    return;
                }
            };
            let ids: Vec<String> = programmes.iter().map(|programme| programme.id.clone()).collect();
            self.app.programmes.set(programmes.into_iter().map(Arc::new).collect());
            for id in ids {
                if let Ok(mut zones) = ask(Zones { programme: id.clone() }).await {
                    zones.sort_by_cached_key(|zone| domain::text::sort_key(&zone.zone));
                    self.zones.update(|all| {
                        all.insert(id, zones);
                    });
                }
            }
        });
        self.look_around();
    }

    /// Counts what waits. What cannot be asked now keeps its old number.
    pub fn look_around(self) {
        spawn_local(async move {
            if let Ok(questions) = ask(Questions { settled: false }).await {
                self.attention.update(|now| now.questions = questions.len());
            }
            // Not asked for where no programme has any.
            let any = self.app.programmes.with_untracked(|all| all.iter().any(|it| !it.orders.is_empty()));
            if any && let Ok(orders) = ask(Orders { urgent: true, ..Orders::default() }).await {
                self.attention.update(|now| {
                    now.orders = usize::try_from(orders.late).unwrap_or(usize::MAX);
                    now.urgent = usize::try_from(orders.total).unwrap_or(usize::MAX);
                });
            }
            if let Ok(refused) = ask(Refused {}).await {
                self.attention.update(|now| now.refused = refused.len());
            }
            if let Ok(devices) = ask(Devices {}).await {
                let copies =
                    devices.iter().filter(|device| device.copy_of.is_some() && !device.revoked).count();
                self.attention.update(|now| now.copies = copies);
            }
        });
    }

    /// The role of whoever is signed in.
    pub fn role(self) -> Role {
        self.session.with(|session| session.grant.as_ref().map_or(Role::Worker, |grant| grant.role))
    }

    /// Says whether devices may be enrolled and ended here.
    pub fn keeps_devices(self) -> bool {
        self.role() >= Role::Clerk
    }

    /// The shelves of a device that whoever is signed in may hand over: a supervisor the zones of her programmes, the office
    /// all.
    pub fn hands_over(self, device: &Grant) -> Vec<Shelf> {
        let mut shelves = device.shelves.clone();
        if !self.keeps_devices() {
            self.session.with(|session| {
                let own = session.grant.as_ref().filter(|grant| grant.role == Role::Supervisor);
                shelves.retain(|shelf| shelf.is_zone() && own.is_some_and(|own| own.reaches(shelf)));
            });
        }
        shelves
    }

    /// Says whether forms may be changed here.
    pub fn keeps_forms(self) -> bool {
        self.session.with(|session| {
            session.grant.as_ref().is_some_and(|grant| access::may(grant, Action::Define).is_ok())
        })
    }

    /// The title of a zone; its id where nobody gave it one.
    pub fn zone_title(self, shelf: &Shelf) -> String {
        if shelf.zone == Shelf::EMERGENCY {
            return crate::strings::care::care(self.app).emergency.to_owned();
        }
        self.zones.with(|zones| {
            zones
                .get(&shelf.programme)
                .and_then(|zones| zones.iter().find(|zone| zone.zone == shelf.zone))
                .map_or_else(|| shelf.zone.clone(), |zone| zone.title.clone())
        })
    }

    /// A problem's sentence, as it is meant at a desk: the phone's own sentence speaks of a missing signal.
    pub fn explain(self, problem: &Problem) -> String {
        match problem.code {
            Code::Offline => words(self.app).server_silent.to_owned(),
            _ => self.app.explain(problem),
        }
    }

    /// Shows a problem for a while.
    pub fn say_problem(self, problem: &Problem) {
        let problem = Problem { hint: self.explain(problem), ..problem.clone() };
        self.app.say_problem(&problem);
    }
}

/// The code that the one-time link carries after `#setup=`.
pub fn setup_code_of_address() -> Option<String> {
    let hash = window().location().hash().ok()?;
    hash.strip_prefix("#setup=").map(|code| code.trim().to_owned()).filter(|code| !code.is_empty())
}
