//! The account below a bill, and at the office by itself: what was charged and paid, what was cancelled and why, and what only
//! the office may do about it.

use super::dialogs::{Dialogs, Taking};
use crate::app::{App, Loaded, app, load};
use crate::backend::{ask, download};
use crate::browser::today_iso;
use crate::components::button::{Button, Weight};
use crate::components::icon::Icon;
use crate::route::{Route, go};
use crate::strings::fill;
use crate::strings::money::{MoneyStrings, money};
use domain::api::{self, JudgeSlip, LedgerReply, PaperPdf};
use domain::billing::BillNumber;
use domain::ids::RecordId;
use domain::ledger::{ChargeState, Charged, Means, Paid, PaymentState};
use domain::money::Satang;
use domain::thai_date;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The colour and the words of a charge; `today` is ISO. A bill is overdue once its day has passed.
fn charge_state(m: &MoneyStrings, charge: &Charged, today: &str) -> (&'static str, &'static str) {
    let in_time = charge.units.is_some() && (charge.due_on.is_empty() || today <= charge.due_on.as_str());
    match charge.state {
        ChargeState::Open if in_time => ("left", m.state_due),
        ChargeState::Open => ("overdue", m.state_open),
        ChargeState::Partly => ("left", m.state_partly),
        ChargeState::Claimed => ("left", m.state_claimed),
        ChargeState::Paid => ("done", m.state_paid),
        ChargeState::Replaced => ("", m.state_replaced),
        ChargeState::Cancelled => ("", m.state_cancelled),
    }
}

fn payment_state(m: &MoneyStrings, state: PaymentState) -> (&'static str, &'static str) {
    match state {
        PaymentState::Claimed => ("left", m.pay_claimed),
        PaymentState::Confirmed => ("done", m.pay_confirmed),
        PaymentState::Received => ("done", m.pay_received),
        PaymentState::HandedOver => ("done", m.pay_handed_over),
        PaymentState::Deposited => ("done", m.pay_deposited),
        PaymentState::Duplicate => ("overdue", m.pay_duplicate),
        PaymentState::Reversed => ("", m.pay_reversed),
    }
}

/// A subject's account by itself, for the office's page about it; nothing where nothing is charged.
#[component]
pub fn Account(
    /// Whose.
    subject: RecordId,
) -> impl IntoView {
    let app = app();
    let account = load(app, move || api::Ledger { subject });
    let dialogs = Dialogs::new();
    let drawn = move || {
        account.with(|account| match account {
            Loaded::Ready(account) => Some(whole(app, subject, account, dialogs)),
            _ => None,
        })
    };
    view! {
        {drawn}
        {dialogs.view(subject)}
    }
}

/// Bills and payments, newest first.
pub(super) fn whole(
    app: App,
    subject: RecordId,
    account: &LedgerReply,
    dialogs: Dialogs,
) -> impl IntoView + use<> {
    let m = money(app.lang());
    let may_settle = account.may_settle;
    let remark = |id: RecordId| {
        let found = account.remarks.iter().find(|remark| remark.about == id)?;
        Some(format!("{} · {}", found.reason, found.approver))
    };
    let charges = account.statement.charges.iter().rev();
    let charges =
        charges.map(|charge| charge_row(app, m, subject, charge, remark(charge.id), may_settle, dialogs));
    let charges = charges.collect_view();
    let payments = account.statement.payments.iter().rev();
    let payments = payments.map(|paid| payment_row(app, m, paid, remark(paid.id), may_settle, dialogs));
    let payments = payments.collect_view();
    // The office has no phone's bill screen: what is done there with money is done here.
    let owed = account.statement.owed;
    let desk = crate::backend::is_office()
        .then(|| view! { <Desk owed=owed may_settle=may_settle dialogs=dialogs/> });
    view! {
        <section class="account">
            <h3>{m.account}</h3>
            {desk}
            <ul class="visits">{charges}{payments}</ul>
        </section>
    }
}

fn charge_row(
    app: App,
    m: &'static MoneyStrings,
    subject: RecordId,
    charge: &Charged,
    remark: Option<String>,
    may_settle: bool,
    dialogs: Dialogs,
) -> impl IntoView + use<> {
    let (kind, state) = charge_state(m, charge, &today_iso());
    let id = charge.id;
    let title = thai_date::cycle(&charge.cycle);
    let is_bill = charge.units.is_some();
    let what = match is_bill {
        true => fill(m.number, &[&BillNumber::of(&charge.no).grouped()]),
        false => m.adjustment.to_owned(),
    };
    let cancel = (may_settle && charge.is_standing()).then(|| {
        view! { <Button label=m.cancel_entry weight=Weight::Danger press=move || dialogs.cancelling.set(Some(id))/> }
    });
    // The office has no phone's screens; its paper is a page.
    let open = is_bill.then(|| match crate::backend::is_office() {
        true => page_button(app, m, id).into_any(),
        false => view! {
            <Button label=m.open weight=Weight::Quiet press=move || go(&Route::Bill(subject, Some(id)))/>
        }
        .into_any(),
    });
    view! {
        <li class="entry">
            <p class="line"><strong>{title}</strong><strong>{charge.amount.to_string()}</strong></p>
            <p class="line second"><span>{what}</span><span class=format!("chip {kind}")>{state}</span></p>
            {remark.map(|remark| view! { <p class="second">{remark}</p> })}
            {open}
            {cancel}
        </li>
    }
}

fn payment_row(
    app: App,
    m: &'static MoneyStrings,
    paid: &Paid,
    remark: Option<String>,
    may_settle: bool,
    dialogs: Dialogs,
) -> impl IntoView + use<> {
    let (kind, state) = payment_state(m, paid.state);
    let id = paid.id;
    let title = match &paid.means {
        Some(Means::Cash) => fill(m.number, &[&BillNumber::of(&paid.receipt_no).grouped()]),
        Some(Means::Slip(slip)) => format!("{} {}", slip.bank, slip.trans_ref),
        Some(Means::Bank { reference }) => reference.clone(),
        None => m.given_back.to_owned(),
    };
    let receipt = (!paid.receipt_no.is_empty()).then(|| {
        view! {
            <Button label=m.receipt drawing=Icon::Sheet press=move || dialogs.printing.set(Some(id))/>
            {crate::backend::is_office().then(|| page_button(app, m, id))}
        }
    });
    let judge = move |confirmed: bool| {
        spawn_local(async move {
            match ask(JudgeSlip { payment: id, confirmed }).await {
                Ok(saved) => {
                    app.say(m.done);
                    app.saved(saved.counts);
                }
                Err(problem) => app.say_problem(&problem),
            }
        });
    };
    let settle = (may_settle && paid.state == PaymentState::Claimed).then(|| {
        view! {
            <Button label=m.slip_came drawing=Icon::Check press=move || judge(true)/>
            <Button label=m.slip_never weight=Weight::Danger press=move || judge(false)/>
        }
    });
    let cancel = (may_settle && paid.state.counts()).then(|| {
        view! { <Button label=m.cancel_entry weight=Weight::Danger press=move || dialogs.cancelling.set(Some(id))/> }
    });
    let day = thai_date::of_any_precision(paid.at.get(..10).unwrap_or_default());
    view! {
        <li class="entry">
            <p class="line"><strong>{day}</strong><strong>"− "{paid.amount.to_string()}</strong></p>
            <p class="line second"><span class="inert">{title}</span><span class=format!("chip {kind}")>{state}</span></p>
            {remark.map(|remark| view! { <p class="second">{remark}</p> })}
            {receipt}
            {settle}
            {cancel}
        </li>
    }
}

/// The page of a bill or a receipt, for the printer of the office.
fn page_button(app: App, m: &'static MoneyStrings, entry: RecordId) -> impl IntoView + use<> {
    let busy = RwSignal::new(false);
    let fetch = move || {
        busy.set(true);
        spawn_local(async move {
            if let Err(problem) = download("/api/paper", &PaperPdf { entry }).await {
                app.say_problem(&problem);
            }
            busy.try_set(false);
        });
    };
    view! { <Button label=m.page drawing=Icon::Download disabled=busy press=fetch/> }
}

/// Taking money at the counter, and charging or giving back what no bill says.
#[component]
fn Desk(owed: Satang, may_settle: bool, dialogs: Dialogs) -> impl IntoView {
    let m = money(app().lang());
    let taking = Taking { bill: None, asked: owed };
    view! {
        <div class="round-buttons">
            <Button label=m.counter drawing=Icon::Plus press=move || dialogs.taking.set(Some(taking))/>
            {may_settle
                .then(|| {
                    view! { <Button label=m.adjustment drawing=Icon::Edit press=move || dialogs.adjusting.set(true)/> }
                })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strings::Language;

    #[test]
    fn a_bill_is_red_once_its_day_has_passed() {
        let m = money(Language::Thai);
        let bill = Charged {
            id: RecordId::new(1, [1; 10]),
            cycle: "2026-11".to_owned(),
            no: "691100B0000100".to_owned(),
            units: Some(20),
            due_on: "2026-12-04".to_owned(),
            amount: Satang(20_972),
            paid: Satang::ZERO,
            claimed: Satang::ZERO,
            open: Satang(20_972),
            state: ChargeState::Open,
        };
        let colour = |charge: &Charged, today: &str| charge_state(m, charge, today).0;
        assert_eq!([colour(&bill, "2026-12-04"), colour(&bill, "2026-12-05")], ["left", "overdue"]);
        // The bank collects it, on a day of its own.
        let by_the_bank = Charged { due_on: String::new(), ..bill.clone() };
        assert_eq!(colour(&by_the_bank, "2026-12-05"), "left");
        let adjustment = Charged { units: None, ..by_the_bank };
        assert_eq!(colour(&adjustment, "2026-12-05"), "overdue");
    }
}
