//! What a form is opened for: a visit on a phone, something written down at the office's desk, or a trial.

use leptos::prelude::*;

/// What a form is opened for. A handle.
#[derive(Clone, Copy)]
pub enum Occasion {
    /// A visit: a draft is kept on the way, and the screen after saving leads on.
    Visit,
    /// Written down at the office: nothing is kept before it is saved.
    Desk(Desk),
    /// Only tried out: nothing is kept, and nothing will be saved.
    Trial,
}

/// A form at the office's desk.
#[derive(Clone, Copy)]
pub struct Desk {
    /// Who is signed in.
    pub person: StoredValue<String>,
    /// Called once it is saved.
    pub saved: Callback<()>,
}
