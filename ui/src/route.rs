//! Which screen an address means. The part after `#` names it, so that the same page serves every screen without a
//! server, in the installed app as well, and the Back button walks through them.

use domain::api::VisitRow;
use domain::ids::RecordId;
use leptos::prelude::window;
use std::cell::Cell;

/// A screen.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Route {
    /// What today holds.
    #[default]
    Home,
    /// The camera.
    Scan,
    /// Making this device known; the code, if a link brought it.
    Enrol(String),
    /// The round of a programme.
    Round(String),
    /// Looking for a name.
    Search,
    /// Everything about a subject.
    Card(RecordId),
    /// A subject's bill and account: one bill, or the latest.
    Bill(RecordId, Option<RecordId>),
    /// Every value it ever had.
    History(RecordId),
    /// Correcting its fields.
    Edit(RecordId),
    /// Filling a form.
    Form(FormRoute),
    /// Saying why it could not be done.
    Outcome(FormRoute),
    /// After saving.
    Saved,
    /// A new subject of a programme, for a code or (empty) none.
    New(String, String),
    /// Choosing the subject of a programme that a code is tied to.
    Bind(String, String),
    /// Scanning the code to be tied to a subject.
    BindTo(RecordId),
    /// Open questions.
    Questions,
    /// What the office could not accept.
    Refused,
    /// Unfinished forms.
    Drafts,
    /// The orders of this device.
    Orders,
    /// One order.
    Order(RecordId),
    /// Who needs help first when something burns or floods.
    Emergency,
    /// Settings.
    Settings,
    /// A screen of the office; what follows `#/office/`.
    Office(String),
}

/// A form: which, of which programme, about whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormRoute {
    /// Programme id.
    pub programme: String,
    /// Form id.
    pub form: String,
    /// The subject, unless the form makes one.
    pub subject: Option<RecordId>,
    /// Code for the subject it makes; empty for none.
    pub code: String,
    /// The visit that it corrects.
    pub corrects: Option<RecordId>,
}

impl FormRoute {
    /// The form that a visit was recorded with, to correct it.
    pub fn correcting(visit: &VisitRow) -> FormRoute {
        FormRoute {
            programme: visit.programme.clone(),
            form: visit.form.clone(),
            subject: Some(visit.subject),
            code: String::new(),
            corrects: Some(visit.id),
        }
    }
}

impl Route {
    /// Reads what follows the `#` of an address. What is not understood is the home screen.
    pub fn parse(hash: &str) -> Route {
        let parts: Vec<String> =
            hash.trim_start_matches('#').trim_start_matches('/').split('/').map(decode).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let read = || -> Option<Route> {
            Some(match parts.as_slice() {
                ["scan"] => Route::Scan,
                ["enrol"] => Route::Enrol(String::new()),
                ["enrol", code] => Route::Enrol((*code).to_owned()),
                ["round", programme] => Route::Round((*programme).to_owned()),
                ["search"] => Route::Search,
                ["card", id] => Route::Card(id.parse().ok()?),
                ["bill", subject] => Route::Bill(subject.parse().ok()?, None),
                ["bill", subject, entry] => Route::Bill(subject.parse().ok()?, Some(entry.parse().ok()?)),
                ["history", id] => Route::History(id.parse().ok()?),
                ["edit", id] => Route::Edit(id.parse().ok()?),
                ["form", rest @ ..] => Route::Form(FormRoute::parse(rest)?),
                ["outcome", rest @ ..] => Route::Outcome(FormRoute::parse(rest)?),
                ["saved"] => Route::Saved,
                ["new", programme, code] => Route::New((*programme).to_owned(), (*code).to_owned()),
                ["bind", programme, code] => Route::Bind((*programme).to_owned(), (*code).to_owned()),
                ["bind-to", id] => Route::BindTo(id.parse().ok()?),
                ["questions"] => Route::Questions,
                ["refused"] => Route::Refused,
                ["drafts"] => Route::Drafts,
                ["orders"] => Route::Orders,
                ["order", id] => Route::Order(id.parse().ok()?),
                ["emergency"] => Route::Emergency,
                ["settings"] => Route::Settings,
                ["office", rest @ ..] => Route::Office(rest.join("/")),
                _ => return None,
            })
        };
        read().unwrap_or_default()
    }

    /// Writes the address, `#` included.
    pub fn hash(&self) -> String {
        match self {
            Route::Home => "#/".to_owned(),
            Route::Scan => "#/scan".to_owned(),
            Route::Enrol(code) if code.is_empty() => "#/enrol".to_owned(),
            Route::Enrol(code) => format!("#/enrol/{}", encode(code)),
            Route::Round(programme) => format!("#/round/{}", encode(programme)),
            Route::Search => "#/search".to_owned(),
            Route::Card(id) => format!("#/card/{id}"),
            Route::Bill(subject, None) => format!("#/bill/{subject}"),
            Route::Bill(subject, Some(entry)) => format!("#/bill/{subject}/{entry}"),
            Route::History(id) => format!("#/history/{id}"),
            Route::Edit(id) => format!("#/edit/{id}"),
            Route::Form(form) => format!("#/form/{}", form.path()),
            Route::Outcome(form) => format!("#/outcome/{}", form.path()),
            Route::Saved => "#/saved".to_owned(),
            Route::New(programme, code) => format!("#/new/{}/{}", encode(programme), encode(code)),
            Route::Bind(programme, code) => format!("#/bind/{}/{}", encode(programme), encode(code)),
            Route::BindTo(id) => format!("#/bind-to/{id}"),
            Route::Questions => "#/questions".to_owned(),
            Route::Refused => "#/refused".to_owned(),
            Route::Drafts => "#/drafts".to_owned(),
            Route::Orders => "#/orders".to_owned(),
            Route::Order(id) => format!("#/order/{id}"),
            Route::Emergency => "#/emergency".to_owned(),
            Route::Settings => "#/settings".to_owned(),
            Route::Office(rest) => format!("#/office/{rest}"),
        }
    }
}

impl FormRoute {
    fn parse(parts: &[&str]) -> Option<FormRoute> {
        let (programme, form, subject, code, corrects) = match parts {
            [programme, form, subject] => (programme, form, *subject, "", None),
            [programme, form, subject, code] => (programme, form, *subject, *code, None),
            [programme, form, subject, code, visit] => {
                (programme, form, *subject, *code, Some(visit.parse().ok()?))
            }
            _ => return None,
        };
        let subject = if subject == "-" { None } else { Some(subject.parse().ok()?) };
        Some(FormRoute {
            programme: (*programme).to_owned(),
            form: (*form).to_owned(),
            subject,
            code: code.to_owned(),
            corrects,
        })
    }

    fn path(&self) -> String {
        let subject = self.subject.map_or("-".to_owned(), |id| id.to_string());
        let mut path = format!("{}/{}/{subject}", encode(&self.programme), encode(&self.form));
        if !self.code.is_empty() || self.corrects.is_some() {
            path.push('/');
            path.push_str(&encode(&self.code));
        }
        if let Some(visit) = self.corrects {
            path.push_str(&format!("/{visit}"));
        }
        path
    }
}

/// Escapes everything but letters, digits, `-`, `_` and `.`: a foreign code may hold anything.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Reverses [`encode`]; a broken escape stays as it is written.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%')
            .then(|| after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

thread_local! {
    /// How many of our screens lie behind this one: Back must not leave the app by surprise.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Opens a screen; Back returns to this one.
pub fn go(route: &Route) {
    DEPTH.with(|depth| depth.set(depth.get() + 1));
    let _ = window().location().set_hash(&route.hash());
}

/// Opens a screen in the place of this one; Back returns to the one before.
pub fn replace(route: &Route) {
    let _ = window().location().replace(&route.hash());
}

/// Goes back, or home if the app was opened right here.
pub fn back() {
    let behind = DEPTH.with(|depth| {
        let behind = depth.get();
        depth.set(behind.saturating_sub(1));
        behind
    });
    if behind > 0
        && let Ok(history) = window().history()
        && history.back().is_ok()
    {
        return;
    }
    replace(&Route::Home);
}

/// Returns the screen the address names now. The first screen of a scanned enrolment link, and of the office, comes
/// from the path, since those addresses are opened from outside.
pub fn current() -> Route {
    let hash = window().location().hash().unwrap_or_default();
    let path = crate::browser::path();
    if hash.len() < 2 {
        if let Some(code) = path.strip_prefix("/enrol/") {
            return Route::Enrol(decode(code));
        }
        if path.starts_with("/office") {
            return Route::Office(String::new());
        }
    }
    Route::parse(&hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_leads_back_to_its_screen() {
        let id = RecordId::new(1, [7; 10]);
        let form = FormRoute {
            programme: "water".into(),
            form: "read".into(),
            subject: Some(id),
            code: String::new(),
            corrects: None,
        };
        let correction = FormRoute { corrects: Some(id), ..form.clone() };
        let new = FormRoute { subject: None, code: "มิเตอร์ 8850/1 %".into(), ..form.clone() };
        for route in [
            Route::Home,
            Route::Scan,
            Route::Enrol(String::new()),
            Route::Enrol("Ab3-x".into()),
            Route::Round("water".into()),
            Route::Card(id),
            Route::Form(form.clone()),
            Route::Form(new),
            Route::Form(correction),
            Route::Outcome(form),
            Route::New("lights".into(), String::new()),
            Route::Bind("water".into(), "a/b#c?d".into()),
            Route::BindTo(id),
            Route::Orders,
            Route::Order(id),
            Route::Emergency,
            Route::Settings,
            Route::Office("devices".into()),
        ] {
            assert_eq!(Route::parse(&route.hash()), route, "{}", route.hash());
        }
    }

    #[test]
    fn a_strange_address_is_the_home_screen() {
        for hash in ["", "#", "#/card/nonsense", "#/form/water", "#/%zz/%", "#//"] {
            assert_eq!(Route::parse(hash), Route::Home, "{hash}");
        }
    }
}
