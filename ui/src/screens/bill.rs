//! The bill at the door: a large amount, a code that the payer scans off the screen, paper or a picture, and the money
//! that comes. Below it the account, with what was cancelled and why.

mod account;
mod dialogs;

pub use account::Account;

use crate::app::{App, Loaded, app, load};
use crate::backend::ask;
use crate::browser::OFFSET_MINUTES;
use crate::components::button::{Button, Weight};
use crate::components::field::{Keys, Line};
use crate::components::icon::Icon;
use crate::components::notice;
use crate::components::scanner::Scanner;
use crate::components::shell::Shell;
use crate::position;
use crate::printer::{self, Left};
use crate::route::{Route, go, replace};
use crate::strings::fill;
use crate::strings::money::{MoneyStrings, money};
use dialogs::{Dialogs, Taking, count};
use domain::api::{self, BillOf, BillReply, ClaimSlip, LedgerReply, PaperKind, PrintPaper, ShowBill};
use domain::billing::LineKind;
use domain::ids::RecordId;
use domain::money::Satang;
use domain::problem::Code;
use domain::thai_date;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The bill of a subject, the latest unless `entry` names another.
#[component]
pub fn Bill(
    /// Whose.
    subject: RecordId,
    /// Which bill.
    entry: Option<RecordId>,
) -> impl IntoView {
    let app = app();
    let m = money(app.lang());
    position::stamp_if_missing(app, Some(subject));
    let of = entry.map_or(BillOf::Subject(subject), BillOf::Entry);
    let bill = load(app, move || ShowBill { of });
    let account = load(app, move || api::Ledger { subject });
    let scanning = RwSignal::new(false);
    let dialogs = Dialogs::new();
    let title = Signal::derive(move || {
        let programme = bill.with(|bill| match bill {
            Loaded::Ready(bill) => app.programme(&bill.programme),
            _ => None,
        });
        let billing = programme.as_ref().and_then(|programme| programme.billing.as_ref());
        let title = billing.map(|billing| billing.title.in_language(app.lang().code()).to_owned());
        title.unwrap_or_else(|| m.open.to_owned())
    });
    view! {
        <Shell title=title>
            {move || {
                if scanning.get() {
                    let shown = bill.with_untracked(|bill| match bill {
                        Loaded::Ready(bill) => Some((Some(bill.entry), bill.open)),
                        _ => None,
                    });
                    let (entry, asked) = shown.unwrap_or_else(|| (None, account.with_untracked(owed)));
                    return view! { <SlipScan subject=subject entry=entry asked=asked scanning=scanning/> }.into_any();
                }
                bill.with(|bill| match bill {
                    Loaded::Waiting => {
                        view! { <p class="waiting" role="status">{app.t().loading}</p> }.into_any()
                    }
                    Loaded::Failed(problem) if matches!(problem.code, Code::NoBill | Code::BillWaits) => {
                        let why = match problem.code {
                            Code::BillWaits => app.explain(problem),
                            _ => m.no_bill.to_owned(),
                        };
                        // What is owed from before can be paid all the same.
                        view! {
                            <p class="lead">{why}</p>
                            {move || owing(app, account.with(owed), scanning, dialogs)}
                        }
                            .into_any()
                    }
                    Loaded::Failed(problem) => notice::problem(app, problem).into_any(),
                    Loaded::Ready(bill) => {
                        view! { <article>{bill_view(app, bill, scanning, dialogs)}</article> }.into_any()
                    }
                })
            }}
            {move || {
                account
                    .with(|account| match account {
                        Loaded::Ready(account) if !scanning.get() => {
                            Some(account::whole(app, subject, account, dialogs))
                        }
                        _ => None,
                    })
            }}
            {dialogs.view(subject)}
        </Shell>
    }
}

/// What is owed in an account, as far as it is known.
fn owed(account: &Loaded<LedgerReply>) -> Satang {
    match account {
        Loaded::Ready(account) => account.statement.owed,
        _ => Satang::ZERO,
    }
}

/// What is owed where there is no bill to show, with the ways to pay it.
fn owing(
    app: App,
    owed: Satang,
    scanning: RwSignal<bool>,
    dialogs: Dialogs,
) -> Option<impl IntoView + use<>> {
    let m = money(app.lang());
    let taking = Taking { bill: None, asked: owed };
    (owed > Satang::ZERO).then(|| {
        view! {
            <div class="bill">
                <section class="due-box">
                    <p class="label">{m.to_pay}</p>
                    <p class="amount"><strong>{owed.to_string()}</strong>" "{m.baht}</p>
                </section>
                <div class="forms">
                    <Button label=m.cash drawing=Icon::Plus press=move || dialogs.taking.set(Some(taking))/>
                    <Button label=m.slip drawing=Icon::Scan press=move || scanning.set(true)/>
                </div>
            </div>
        }
    })
}

fn bill_view(
    app: App,
    reply: &BillReply,
    scanning: RwSignal<bool>,
    dialogs: Dialogs,
) -> impl IntoView + use<> {
    let m = money(app.lang());
    let (entry, open) = (reply.entry, reply.open);
    let taking = Taking { bill: Some(entry), asked: open };
    let statement = &reply.statement;
    let owes = open > Satang::ZERO;
    let due = match reply.bill.due_on.as_str() {
        "" => m.direct_debit.to_owned(),
        day => fill(m.due, &[&thai_date::of_any_precision(day)]),
    };
    let arrears = open - statement.charge(entry).map_or(Satang::ZERO, |charge| charge.open);
    let before = statement.charges.iter().take_while(|charge| charge.id != entry);
    let cycles = before.filter(|charge| !charge.open.is_zero()).count().to_string();
    let arrears = (arrears > Satang::ZERO)
        .then(|| view! { <p>{fill(m.arrears, &[&cycles, &arrears.to_string()])}</p> });
    let claimed = (statement.claimed > Satang::ZERO)
        .then(|| notice::remark(fill(m.claimed, &[&statement.claimed.to_string()])));
    let credit = (statement.credit > Satang::ZERO)
        .then(|| notice::remark(fill(m.credit, &[&statement.credit.to_string()])));
    let code = (!reply.code.is_empty()).then(|| {
        // Made by our own store out of modules alone; nothing of it was typed by anyone.
        view! {
            <figure class="pay-code">
                <div role="img" aria-label=m.code_title inner_html=reply.code_svg.clone()></div>
                <figcaption>{m.scan_to_pay}</figcaption>
            </figure>
        }
    });
    let take = owes.then(|| {
        view! {
            <Button label=m.cash drawing=Icon::Plus press=move || dialogs.taking.set(Some(taking))/>
            <Button label=m.slip drawing=Icon::Scan press=move || scanning.set(true)/>
        }
    });
    let share = move || {
        spawn_local(async move {
            let request = PrintPaper { entry, kind: PaperKind::Picture, offset_minutes: OFFSET_MINUTES };
            match ask(request).await {
                Ok(paper) => {
                    let left = printer::share(&paper.name, &paper.mime, &paper.base64).await;
                    if left != Left::Nowhere {
                        count(app, entry).await;
                    }
                    if left == Left::Downloaded {
                        app.say(m.saved_picture);
                    }
                }
                Err(problem) => app.say_problem(&problem),
            }
        });
    };
    view! {
        <div class="bill">
            <section class="who">
                <h2>{reply.heading.clone()}</h2>
                <p class="second">{thai_date::long_cycle(&reply.cycle)}" · "{fill(m.number, &[&reply.bill.no.grouped()])}</p>
            </section>
            <section class="due-box" class:settled=!owes>
                {if owes {
                    view! {
                        <p class="label">{m.to_pay}</p>
                        <p class="amount"><strong>{open.to_string()}</strong>" "{m.baht}</p>
                        <p class="by">{due}</p>
                        {arrears}
                    }
                        .into_any()
                } else {
                    view! { <p class="amount"><strong>{m.paid}</strong></p> }.into_any()
                }}
            </section>
            {claimed}
            {credit}
            {code}
            <div class="forms">
                <Button
                    label=m.print
                    weight=Weight::Main
                    drawing=Icon::Sheet
                    press=move || dialogs.printing.set(Some(entry))
                />
                <Button label=m.share drawing=Icon::Picture press=share/>
                {take}
            </div>
            {details(app, m, reply)}
        </div>
    }
}

/// What the amount is made of.
fn details(app: App, m: &'static MoneyStrings, reply: &BillReply) -> impl IntoView + use<> {
    let bill = &reply.bill;
    let language = app.lang().code();
    let programme = app.programme(&reply.programme);
    let billing = programme.as_ref().and_then(|programme| programme.billing.as_ref());
    let unit = billing.map(|billing| billing.unit.in_language(language)).unwrap_or_default();
    let words = |words: Option<&domain::programme::Words>| {
        words.map(|words| words.in_language(language).to_owned()).filter(|text| !text.is_empty())
    };
    let used = fill(m.used, &[&bill.units.to_string(), unit]);
    let used = if bill.estimated { format!("{used} ({})", m.estimated) } else { used };
    let lines = bill.lines.iter().map(|line| {
        let label = words(line.title.as_ref()).unwrap_or_else(|| match line.kind {
            LineKind::Use => {
                words(billing.map(|billing| &billing.use_title)).unwrap_or(m.line_use.to_owned())
            }
            LineKind::ServiceFee => {
                words(billing.map(|billing| &billing.fee_title)).unwrap_or(m.line_fee.to_owned())
            }
            LineKind::Discount => m.line_discount.to_owned(),
            LineKind::Extra => m.line_extra.to_owned(),
            LineKind::Vat => m.line_vat.to_owned(),
            LineKind::Rounding => m.line_rounding.to_owned(),
        });
        view! { <div><dt>{label}</dt><dd>{line.amount.to_string()}</dd></div> }
    });
    let lines = lines.collect_view();
    view! {
        <dl class="facts-list sums">
            <div><dt>{used}</dt><dd>{bill.previous.zip(bill.reading).map(|(a, b)| format!("{a} → {b}"))}</dd></div>
            {lines}
            <div class="total"><dt>{m.this_cycle}</dt><dd>{bill.total.to_string()}</dd></div>
        </dl>
        {(reply.printed > 0)
            .then(|| view! { <p class="second">{fill(m.copies, &[&reply.printed.to_string()])}</p> })}
    }
}

/// The code on the payer's slip.
#[component]
fn SlipScan(
    subject: RecordId,
    entry: Option<RecordId>,
    asked: Satang,
    scanning: RwSignal<bool>,
) -> impl IntoView {
    let app = app();
    let m = money(app.lang());
    let paused = RwSignal::new(false);
    let amount = RwSignal::new(asked.plain());
    let found = move |text: String| {
        let Some(amount) = Satang::read(&amount.get_untracked()) else {
            app.say_problem(&Code::AmountWrong.into());
            paused.set(false);
            return;
        };
        spawn_local(async move {
            let request = ClaimSlip {
                subject,
                amount,
                bill: entry,
                text,
                place: position::stamped(app),
                offset_minutes: OFFSET_MINUTES,
            };
            match ask(request).await {
                Ok(claimed) => {
                    app.say(m.slip_done);
                    scanning.try_set(false);
                    app.saved(claimed.saved.counts);
                }
                Err(problem) => {
                    app.say_problem(&problem);
                    paused.try_set(false);
                }
            }
        });
    };
    view! {
        <section class="bill slip">
            <h2>{m.slip_title}</h2>
            <p class="lead">{m.slip_lead}</p>
            <Line label=m.amount value=amount keys=Keys::Decimal/>
            <Scanner label=m.slip_type paused=paused found=Callback::new(found)/>
            <Button label=app.t().cancel weight=Weight::Quiet press=move || scanning.set(false)/>
        </section>
    }
}

/// A button to the bill, on a card and after saving, where the programme charges.
pub fn button(
    app: App,
    programme: &str,
    subject: RecordId,
    after_saving: bool,
) -> Option<impl IntoView + use<>> {
    let charges = app.programme(programme).is_some_and(|programme| programme.billing.is_some());
    charges.then(|| {
        let to = Route::Bill(subject, None);
        let press = move || if after_saving { replace(&to) } else { go(&to) };
        let weight = if after_saving { Weight::Main } else { Weight::Plain };
        view! { <Button label=money(app.lang()).open weight=weight drawing=Icon::Sheet press=press/> }
    })
}
