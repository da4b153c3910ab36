//! Money that came in: whose hands cash is in, and the slips that have to be checked with the bank. Each step on is one button.

use super::page::{Framed, Page};
use crate::app::{App, Loaded, app};
use crate::backend::ask;
use crate::browser::today;
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::field::{Line, Select};
use crate::components::icon::Icon;
use crate::components::notice;
use crate::format;
use crate::strings::fill;
use crate::strings::money::{MoneyStrings, money};
use domain::api::{self, CashRow, JudgeSlip, MoveCash, SlipRow, TakingsReply};
use domain::ids::RecordId;
use domain::ledger::{Hands, PaymentState};
use domain::money::Satang;
use domain::thai_date;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// How far back the page looks unless somebody says otherwise, days.
const LOOKS_BACK: u64 = 60;
/// Most payments of one request.
const MOVED_AT_ONCE: usize = 200;

/// Cash that is about to go on.
#[derive(Clone, Debug, PartialEq)]
struct Moving {
    by: String,
    amount: Satang,
    payments: Vec<RecordId>,
    to: Hands,
}

/// The page.
#[component]
pub fn Money() -> impl IntoView {
    let app = app();
    let m = money(app.lang());
    let programme = RwSignal::new(String::new());
    let reply = RwSignal::new(Loaded::<TakingsReply>::Waiting);
    let first = today().checked_sub_days(chrono::Days::new(LOOKS_BACK)).unwrap_or_default();
    let thai = app.lang().code() == "th";
    let since = RwSignal::new(if thai { thai_date::numbers(first) } else { first.to_string() });
    let moving = RwSignal::new(None::<Moving>);
    let charged = Memo::new(move |_| {
        app.programmes.with(|all| {
            let charged = all.iter().filter(|programme| programme.billing.is_some());
            charged
                .map(|one| (one.id.clone(), one.title.in_language(app.lang().code()).to_owned()))
                .collect::<Vec<_>>()
        })
    });
    Effect::new(move |_| {
        let first = charged.with(|all| all.first().map(|(id, _)| id.clone()));
        if let Some(first) = first.filter(|_| programme.with_untracked(String::is_empty)) {
            programme.set(first);
        }
    });
    // Read once when it is opened and after each step, not with every look: it goes through two months of payments.
    Effect::new(move |_| {
        app.changed.track();
        let programme = programme.get();
        let day = since.with(|typed| thai_date::read(typed));
        let Some(since) = day.map(|day| day.to_string()).filter(|_| !programme.is_empty()) else { return };
        spawn_local(async move {
            match ask(api::Takings { programme, since }).await {
                Ok(found) => _ = reply.try_set(Loaded::Ready(found)),
                Err(problem) => _ = reply.try_set(Loaded::Failed(problem)),
            }
        });
    });
    view! {
        <Framed title=m.takings lead=m.takings_lead>
            {move || {
                let all = charged.get();
                (all.len() > 1).then(|| {
                    let label = crate::strings::office::office(app).programme;
                    view! { <Select label=label options=all value=programme/> }
                })
            }}
            {move || charged.with(Vec::is_empty).then(|| notice::empty(m.takings_none))}
            <Line label=m.since hint=crate::strings::office::rounds::rounds(app).day_hint value=since/>
            {move || {
                reply.with(|reply| match reply {
                    Loaded::Waiting => view! { <p class="waiting" role="status">{app.t().loading}</p> }.into_any(),
                    Loaded::Failed(problem) => notice::problem(app, problem).into_any(),
                    Loaded::Ready(found) => view! { {cash(m, found, moving)} {slips(app, m, found)} }.into_any(),
                })
            }}
            <Sure moving=moving/>
        </Framed>
    }
}

/// A panel for each collector, a line for each day and place.
fn cash(m: &'static MoneyStrings, found: &TakingsReply, moving: RwSignal<Option<Moving>>) -> AnyView {
    let mut collectors: Vec<&str> = found.cash.iter().map(|row| row.by.as_str()).collect();
    collectors.dedup();
    if collectors.is_empty() {
        return view! { <h2>{m.cash_by}</h2> {notice::empty(m.no_cash)} }.into_any();
    }
    let panel = |by: &str| {
        let rows: Vec<&CashRow> = found.cash.iter().filter(|row| row.by == by).collect();
        let sum = |state: PaymentState| {
            let own = rows.iter().filter(|row| row.state == state);
            own.map(|row| row.amount).sum::<Satang>().to_string()
        };
        let sums = [PaymentState::Received, PaymentState::HandedOver, PaymentState::Deposited].map(sum);
        let sums = fill(m.in_hands, &[&sums[0], &sums[1], &sums[2]]);
        let lines = rows.iter().filter(|row| row.state != PaymentState::Deposited);
        let lines = lines.map(|row| line(m, row, moving)).collect_view();
        view! {
            <section class="office-panel account money-collector">
                <h3>{by.to_owned()}</h3>
                <p class="small">{sums}</p>
                <ul class="visits">{lines}</ul>
            </section>
        }
    };
    let panels = collectors.iter().map(|by| panel(by)).collect_view();
    view! { <h2>{m.cash_by}</h2> {panels} }.into_any()
}

fn line(m: &'static MoneyStrings, row: &CashRow, moving: RwSignal<Option<Moving>>) -> impl IntoView + use<> {
    let (word, to, label) = match row.state {
        PaymentState::Received => (m.pay_received, Hands::HandedOver, m.hand_in),
        _ => (m.pay_handed_over, Hands::Deposited, m.deposit),
    };
    let next = Moving { by: row.by.clone(), amount: row.amount, payments: row.payments.clone(), to };
    view! {
        <li class="entry">
            <p class="line"><strong>{thai_date::of_any_precision(&row.day)}</strong><strong>{row.amount.to_string()}</strong></p>
            <p class="line second">
                <span>{fill(m.n_payments, &[&format::count(row.count)])}</span>
                <span class="chip">{word}</span>
            </p>
            <Button label=label drawing=Icon::Check press=move || moving.set(Some(next.clone()))/>
        </li>
    }
}

/// Money that went on does not come back: it is asked about once.
#[component]
fn Sure(moving: RwSignal<Option<Moving>>) -> impl IntoView {
    let app = app();
    let m = money(app.lang());
    let open = RwSignal::new(false);
    let busy = RwSignal::new(false);
    Effect::new(move |_| open.set(moving.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && moving.with_untracked(Option::is_some) {
            moving.set(None);
        }
    });
    let yes = move || {
        let Some(Moving { payments, to, .. }) = moving.get_untracked() else { return };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            for part in payments.chunks(MOVED_AT_ONCE) {
                if let Err(problem) = ask(MoveCash { payments: part.to_vec(), to }).await {
                    app.say_problem(&problem);
                    break;
                }
            }
            app.changed.update(|n| *n += 1);
            open.try_set(false);
            busy.try_set(false);
        });
    };
    view! {
        <Dialog open=open title=m.takings>
            {move || {
                let Moving { by, amount, to, .. } = moving.get()?;
                let (sentence, label) = match to {
                    Hands::HandedOver => (m.hand_in_sure, m.hand_in),
                    Hands::Deposited => (m.deposit_sure, m.deposit),
                };
                Some(
                    view! {
                        <p class="large-text">{fill(sentence, &[&by, &amount.to_string()])}</p>
                        <p class="small">{m.moved_for_good}</p>
                        <Button label=label weight=Weight::Main drawing=Icon::Check disabled=busy press=yes/>
                        <Button label=app.t().cancel weight=Weight::Quiet press=move || open.set(false)/>
                    },
                )
            }}
        </Dialog>
    }
}

/// The claims that wait, oldest first.
fn slips(app: App, m: &'static MoneyStrings, found: &TakingsReply) -> impl IntoView + use<> {
    let shown = found.slips.len() as u64;
    let cut = (found.slips_total > shown).then(|| {
        let sentence = fill(m.shown_of, &[&format::count(shown), &format::count(found.slips_total)]);
        view! { <p class="small">{sentence}</p> }
    });
    let none = found.slips.is_empty().then(|| notice::empty(m.no_slips));
    let rows = found.slips.iter().map(|row| slip(app, m, row)).collect_view();
    view! {
        <h2>{m.slips_waiting}" ("{format::count(found.slips_total)}" · "{found.slips_amount.to_string()}")"</h2>
        {none}
        {cut}
        <section class="account money-slips">
            <ul class="visits">{rows}</ul>
        </section>
    }
}

fn slip(app: App, m: &'static MoneyStrings, row: &SlipRow) -> impl IntoView + use<> {
    let payment = row.payment;
    let busy = RwSignal::new(false);
    let judge = move |confirmed: bool| {
        busy.set(true);
        spawn_local(async move {
            match ask(JudgeSlip { payment, confirmed }).await {
                Ok(saved) => {
                    app.say(m.done);
                    app.saved(saved.counts);
                }
                Err(problem) => app.say_problem(&problem),
            }
            busy.try_set(false);
        });
    };
    view! {
        <li class="entry office-panel">
            <p class="line">
                <a href=Page::Registry(Some(row.subject)).hash()>{row.heading.clone()}</a>
                <strong>{row.amount.to_string()}</strong>
            </p>
            <p class="line second">
                <span class="inert">{row.slip.clone()}</span>
                <span>{row.zone.clone()}" · "{row.by.clone()}" · "{format::iso_moment(&row.at, app.lang())}</span>
            </p>
            <div class="round-buttons">
                <Button label=m.slip_came drawing=Icon::Check disabled=busy press=move || judge(true)/>
                <Button label=m.slip_never weight=Weight::Danger disabled=busy press=move || judge(false)/>
            </div>
        </li>
    }
}
