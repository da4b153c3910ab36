//! Writing down at the desk what somebody said or brought on paper: a form of the programme for a subject, a correction of
//! what was saved, a work order. The form is that of the phone; but no draft is kept, so nobody leaves it by a slip.

use super::open_order::OpenOrder;
use super::state::office;
use crate::app::{App, app};
use crate::backend::ask;
use crate::browser::today_iso;
use crate::components::button::{Button, Weight};
use crate::components::icon::Icon;
use crate::components::notice;
use crate::components::visit::form_title;
use crate::route::FormRoute;
use crate::screens::form::{Desk, Filling, Occasion, Session};
use crate::strings::fill;
use crate::strings::office::desk::desk as words;
use domain::api::{CardReply, OpenForm, OpenedForm, VisitRow};
use domain::ids::RecordId;
use domain::order::OrderKind;
use domain::problem::Problem;
use domain::programme::DONE;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Something to be written down.
#[derive(Clone, Debug)]
pub enum Writing {
    /// A form, or a correction of a visit.
    Form(FormRoute),
    /// An order for a subject.
    Order(RecordId, OrderKind),
}

/// What is being written down; nothing most of the time.
pub type AtDesk = RwSignal<Option<Writing>>;

/// The place where it is written; it shows while something is.
#[component]
pub fn DeskPanel(
    /// What is being written down.
    writing: AtDesk,
) -> impl IntoView {
    move || {
        writing.get().map(|now| match now {
            Writing::Form(at) => view! { <DeskForm at=at writing=writing/> }.into_any(),
            Writing::Order(subject, kind) => {
                view! { <OpenOrder subject=subject kind=kind writing=writing/> }.into_any()
            }
        })
    }
}

#[component]
fn DeskForm(at: FormRoute, writing: AtDesk) -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let opened = RwSignal::new_local(None::<Result<Session, Problem>>);
    let person = office.session.with_untracked(|session| session.name.clone()).unwrap_or_default();
    let saved = Callback::new(move |()| writing.set(None));
    let occasion = Occasion::Desk(Desk { person: StoredValue::new(person), saved });
    let owner = Owner::current();
    let wanted = at.clone();
    spawn_local(async move {
        let request = OpenForm {
            programme: wanted.programme.clone(),
            form: wanted.form.clone(),
            subject: wanted.subject,
            corrects: wanted.corrects,
            code: String::new(),
            today: today_iso(),
        };
        let answer = ask(request).await;
        // The person went elsewhere meanwhile: nobody would end what begins here.
        if opened.is_disposed() {
            return;
        }
        let open = move |form: OpenedForm| Session::open(app, wanted, &form, occasion);
        // The session's signals belong to this form, and end with it.
        opened.try_set(owner.map(|owner| owner.with(|| answer.and_then(open))));
    });
    let is_unsaved = move || {
        let unsaved = opened.try_with_untracked(|opened| match opened {
            Some(Ok(session)) => session.is_unsaved(),
            _ => false,
        });
        unsaved == Some(true)
    };
    // It was asked whether what is there is to be dropped.
    let sure = RwSignal::new(false);
    let closing = window_event_listener(ev::beforeunload, move |event| {
        if is_unsaved() {
            event.prevent_default();
        }
    });
    on_cleanup(move || {
        closing.remove();
        if is_unsaved() && sure.try_get_untracked() == Some(false) {
            app.say(t.left_unsaved);
        }
    });
    let leave = move || {
        if is_unsaved() && !sure.get_untracked() {
            sure.set(true);
        } else {
            writing.set(None);
        }
    };
    let title = form_title(app, &at.programme, &at.form);
    view! {
        <section class="office-desk" aria-label=t.write_down>
            <h2>{t.write_down}": "{title}</h2>
            {move || match opened.get() {
                None => view! { <p class="waiting" role="status">{app.t().loading}</p> }.into_any(),
                Some(Ok(session)) => view! { <Filling session=session at=at.clone()/> }.into_any(),
                Some(Err(problem)) => {
                    let problem = Problem { hint: office.explain(&problem), ..problem };
                    notice::problem(app, &problem).into_any()
                }
            }}
            {move || {
                let label = if sure.get() { t.leave_sure } else { app.t().cancel };
                view! { <Button label=label weight=Weight::Quiet drawing=Icon::Remove press=leave/> }
            }}
        </section>
    }
}

/// What whoever is signed in may write down for a subject: its forms, and orders that need none.
pub fn offers(app: App, card: &CardReply, writing: AtDesk) -> Option<impl IntoView + use<>> {
    let t = words(app);
    let forms = card.forms.iter().map(|button| {
        let to = FormRoute {
            programme: card.row.programme.clone(),
            form: button.form.clone(),
            subject: Some(card.row.id),
            code: String::new(),
            corrects: None,
        };
        (form_title(app, &to.programme, &to.form), Writing::Form(to))
    });
    let programme = app.programme(&card.row.programme);
    let kinds = programme.iter().flat_map(|programme| &programme.orders).filter(|kind| kind.worker_opens);
    let orders = kinds.map(|kind| {
        let title = fill(t.open_order, &[kind.title.in_language(app.lang().code())]);
        (title, Writing::Order(card.row.id, kind.clone()))
    });
    let buttons: Vec<_> = forms
        .chain(orders)
        .map(|(title, what)| {
            let begin = move || writing.set(Some(what.clone()));
            view! { <Button label=title drawing=Icon::Edit press=begin/> }
        })
        .collect();
    (!card.removed && !buttons.is_empty()).then(|| {
        view! {
            <section>
                <h3>{t.write_down}</h3>
                <p class="small">{t.write_down_lead}</p>
                <div class="office-actions">{buttons}</div>
            </section>
        }
    })
}

/// The button that corrects a visit. What is corrected already, or was no visit, is left alone.
pub fn correct(
    app: App,
    card: &CardReply,
    visit: &VisitRow,
    writing: AtDesk,
) -> Option<impl IntoView + use<>> {
    let may = card.forms.iter().any(|button| button.form == visit.form);
    let to = FormRoute::correcting(visit);
    (may && visit.outcome == DONE && !visit.corrected && !card.removed).then(|| {
        let begin = move || writing.set(Some(Writing::Form(to.clone())));
        view! {
            <div class="office-unfolded">
                <Button label=words(app).correct drawing=Icon::Edit press=begin/>
            </div>
        }
    })
}
