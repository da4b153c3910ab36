//! How a filling began, to begin once more with rows that were not there.

use crate::app::App;
use crate::screens::form::world::{Tables, World};
use domain::api::OpenedForm;
use domain::problem::{Code, Problem};
use forms::{Filling, ResumeError};
use std::sync::Arc;

/// How a filling began.
pub struct Begun {
    /// The form.
    pub form: Arc<forms::Form>,
    /// What the store gave.
    pub opened: OpenedForm,
    /// Who fills it.
    pub person: String,
    /// The device's number.
    pub device: String,
    /// What is known of the registry.
    pub tables: Tables,
}

impl Begun {
    /// Begins where a draft was left, with the answers that are corrected, or anew. Returns whether a draft was taken up;
    /// `say` tells the person of one that cannot be.
    pub fn filling(&self, app: App, say: bool) -> (Filling, bool) {
        let world = || {
            let (person, device) = (self.person.clone(), self.device.clone());
            Box::new(World { person, device, tables: self.tables.clone() })
        };
        let begin = || {
            let mut filling = Filling::new(&self.form, &self.opened.known, world());
            if !self.opened.answers.is_empty() {
                filling.take_up(&self.opened.answers);
            }
            filling
        };
        let draft = self.opened.draft.as_ref().map(|draft| {
            // A draft lies with its own version. Where that went wrong, its answers are worth more than a blank form.
            Filling::resume(&self.form, draft, world()).or_else(|error| match error {
                ResumeError::OtherForm { .. } => Filling::carry_over(&self.form, draft, world()),
                error => Err(error),
            })
        });
        let resumed = matches!(draft, Some(Ok(_)));
        let mut filling = match draft {
            Some(Ok(filling)) => filling,
            Some(Err(error)) => {
                if say {
                    app.say_problem(&Problem::new(Code::FormMissing).about(error));
                }
                begin()
            }
            None => begin(),
        };
        filling.set_language(app.lang().code());
        (filling, resumed)
    }
}
