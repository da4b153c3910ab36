//! What is asked above a bill or an account. The dialogs stand beside what is drawn of it, so that a payment that a sync brings
//! closes none of them and takes nothing of what is being typed.

use crate::app::{App, app};
use crate::backend::ask;
use crate::browser::{OFFSET_MINUTES, keep_setting, setting, today_iso};
use crate::components::button::{Button, Weight};
use crate::components::dialog::{Dialog, open_about};
use crate::components::field::{Keys, Line};
use crate::components::icon::{Icon, icon};
use crate::position;
use crate::printer::{self, Way};
use crate::strings::fill;
use crate::strings::money::money;
use domain::api::{AdjustAccount, CancelEntry, CountPaper, PaperKind, PrintPaper, ReceiveCash};
use domain::cycle;
use domain::ids::RecordId;
use domain::ledger::PAYMENT_MOST;
use domain::money::Satang;
use domain::problem::{Code, Problem};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The setting that remembers the width of the paper: `80`, else 58 mm.
const PAPER_SETTING: &str = "paper-width";

/// Cash that somebody offers.
#[derive(Clone, Copy)]
pub(super) struct Taking {
    /// The bill on the screen, if it is for one.
    pub bill: Option<RecordId>,
    /// What is asked for.
    pub asked: Satang,
}

/// What each dialog is about; nothing while it is shut.
#[derive(Clone, Copy)]
pub(super) struct Dialogs {
    /// Cash that is taken.
    pub taking: RwSignal<Option<Taking>>,
    /// The bill or receipt that is printed.
    pub printing: RwSignal<Option<RecordId>>,
    /// The entry that is cancelled.
    pub cancelling: RwSignal<Option<RecordId>>,
    /// Something is charged or given back that no bill says.
    pub adjusting: RwSignal<bool>,
}

impl Dialogs {
    /// All of them shut.
    pub fn new() -> Dialogs {
        Dialogs {
            taking: RwSignal::new(None),
            printing: RwSignal::new(None),
            cancelling: RwSignal::new(None),
            adjusting: RwSignal::new(false),
        }
    }

    /// The dialogs themselves, to stand outside of what is drawn anew.
    pub fn view(self, subject: RecordId) -> impl IntoView + use<> {
        view! {
            <PrintDialog printing=self.printing/>
            <CashDialog subject=subject taking=self.taking/>
            <CancelDialog cancelling=self.cancelling/>
            <AdjustDialog subject=subject open=self.adjusting/>
        }
    }
}

/// Counts a paper that came out: the next one is a copy.
pub(super) async fn count(app: App, entry: RecordId) {
    if let Err(problem) = ask(CountPaper { entry }).await {
        app.say_problem(&problem);
    }
}

/// Where it is printed, and on which paper.
#[component]
fn PrintDialog(printing: RwSignal<Option<RecordId>>) -> impl IntoView {
    let app = app();
    let m = money(app.lang());
    let open = open_about(printing, |_| {});
    let wide = RwSignal::new(setting(PAPER_SETTING).as_deref() == Some("80"));
    let busy = RwSignal::new(false);
    let print = move |way: Way| {
        let Some(entry) = printing.get_untracked() else { return };
        busy.set(true);
        let kind = if wide.get_untracked() { PaperKind::Roll80 } else { PaperKind::Roll58 };
        spawn_local(async move {
            match ask(PrintPaper { entry, kind, offset_minutes: OFFSET_MINUTES }).await {
                Ok(paper) => {
                    let bytes = printer::bytes_of(&paper.base64).unwrap_or_default();
                    match printer::print(way, &bytes).await {
                        Ok(()) => {
                            count(app, entry).await;
                            app.say(m.printed);
                            open.try_set(false);
                            app.changed.update(|n| *n += 1);
                        }
                        Err(_) => app.say(m.print_failed),
                    }
                }
                Err(problem) => app.say_problem(&problem),
            }
            busy.try_set(false);
        });
    };
    let picture = move || {
        let Some(entry) = printing.get_untracked() else { return };
        spawn_local(async move {
            let request = PrintPaper { entry, kind: PaperKind::Picture, offset_minutes: OFFSET_MINUTES };
            match ask(request).await {
                Ok(paper) => {
                    printer::download(&paper.name, &paper.mime, &paper.base64);
                    count(app, entry).await;
                    app.say(m.saved_picture);
                    open.try_set(false);
                    app.changed.update(|n| *n += 1);
                }
                Err(problem) => app.say_problem(&problem),
            }
        });
    };
    let choose = move |is_wide: bool| {
        wide.set(is_wide);
        keep_setting(PAPER_SETTING, if is_wide { "80" } else { "58" });
    };
    let any = Way::Bluetooth.is_there() || Way::Usb.is_there();
    view! {
        <Dialog open=open title=m.print_title>
            {any
                .then(|| {
                    view! {
                        <fieldset class="paper-width">
                            <legend>{m.paper}</legend>
                            {[(false, m.mm58), (true, m.mm80)]
                                .into_iter()
                                .map(|(is_wide, label)| {
                                    view! {
                                        <button
                                            type="button"
                                            class="filter"
                                            aria-pressed=move || (wide.get() == is_wide).to_string()
                                            on:click=move |_| choose(is_wide)
                                        >
                                            {label}
                                        </button>
                                    }
                                })
                                .collect_view()}
                        </fieldset>
                    }
                })}
            {Way::Bluetooth
                .is_there()
                .then(|| {
                    view! {
                        <Button
                            label=m.by_bluetooth
                            weight=Weight::Main
                            drawing=Icon::Sheet
                            disabled=Signal::derive(move || busy.get())
                            press=move || print(Way::Bluetooth)
                        />
                    }
                })}
            {Way::Usb
                .is_there()
                .then(|| {
                    view! {
                        <Button
                            label=m.by_usb
                            drawing=Icon::Sheet
                            disabled=Signal::derive(move || busy.get())
                            press=move || print(Way::Usb)
                        />
                    }
                })}
            <Button label=m.as_picture drawing=Icon::Download press=picture/>
            <p role="status">{move || busy.get().then_some(m.printing)}</p>
            <Button label=app.t().cancel weight=Weight::Quiet press=move || open.set(false)/>
        </Dialog>
    }
}

/// More cash than what is owed.
#[derive(Clone, Copy)]
struct Over {
    /// What was handed over.
    given: Satang,
    /// What is owed.
    asked: Satang,
}

/// How much cash, and the receipt.
#[component]
fn CashDialog(subject: RecordId, taking: RwSignal<Option<Taking>>) -> impl IntoView {
    let app = app();
    let m = money(app.lang());
    let typed = RwSignal::new(String::new());
    let open = open_about(taking, move |taking: Taking| typed.set(taking.asked.plain()));
    let busy = RwSignal::new(false);
    // Said in the sheet: what stands above the screen lies under it.
    let wrong = RwSignal::new(None::<String>);
    // It is asked what becomes of the rest.
    let over = RwSignal::new(None::<Over>);
    Effect::new(move |_| {
        // Another amount is another question.
        typed.track();
        wrong.set(None);
        over.set(None);
    });
    let take = move |amount: Satang| {
        // Enter and the button, or either twice: one banknote is taken once.
        if busy.get_untracked() {
            return;
        }
        let Some(Taking { bill, .. }) = taking.get_untracked() else { return };
        busy.set(true);
        wrong.set(None);
        spawn_local(async move {
            let request = ReceiveCash {
                subject,
                amount,
                bill,
                place: position::stamped(app),
                offset_minutes: OFFSET_MINUTES,
            };
            match ask(request).await {
                Ok(paid) => {
                    let number = domain::billing::BillNumber::of(&paid.receipt_no).grouped();
                    app.say(fill(m.cash_done, &[&amount.to_string(), &number]));
                    open.try_set(false);
                    app.saved(paid.saved.counts);
                }
                Err(problem) if open.try_get_untracked() == Some(true) => {
                    over.try_set(None);
                    wrong.try_set(Some(app.explain(&problem)));
                }
                Err(problem) => app.say_problem(&problem),
            }
            busy.try_set(false);
        });
    };
    let offer = move || {
        // Enter once more is no answer to the question.
        if busy.get_untracked() || over.with_untracked(Option::is_some) {
            return;
        }
        let Some(Taking { asked, .. }) = taking.get_untracked() else { return };
        match Satang::read(&typed.get_untracked()).filter(|sum| (Satang(1)..=PAYMENT_MOST).contains(sum)) {
            None => wrong.set(Some(app.explain(&Code::AmountWrong.into()))),
            // Where nothing is owed, all of it is meant for later.
            Some(given) if asked > Satang::ZERO && given > asked => {
                wrong.set(None);
                over.set(Some(Over { given, asked }));
            }
            Some(amount) => take(amount),
        }
    };
    let choices = move || match over.get() {
        None => view! {
            <Button label=m.cash_yes weight=Weight::Main drawing=Icon::Check disabled=busy press=offer/>
        }
        .into_any(),
        // The main choice stands lowest, where the button was: a second tap in a hurry keeps nobody's change.
        Some(Over { given, asked }) => {
            let change = fill(m.cash_change, &[&given.to_string(), &(given - asked).to_string()]);
            view! {
                <p class="odd" role="alert">
                    {icon(Icon::Warning)}
                    <span>{fill(m.cash_more, &[&asked.to_string()])}</span>
                </p>
                <Button label=m.cash_ahead disabled=busy press=move || take(given)/>
                <Button
                    label=change
                    weight=Weight::Main
                    drawing=Icon::Check
                    disabled=busy
                    press=move || take(asked)
                />
            }
            .into_any()
        }
    };
    view! {
        <Dialog open=open title=m.cash_title>
            <Line
                label=m.amount
                value=typed
                keys=Keys::Decimal
                wrong=wrong
                enter=Callback::new(move |()| offer())
            />
            {choices}
            <Button label=app.t().cancel weight=Weight::Quiet press=move || open.set(false)/>
        </Dialog>
    }
}

/// Why something is cancelled.
#[component]
fn CancelDialog(cancelling: RwSignal<Option<RecordId>>) -> impl IntoView {
    let app = app();
    let m = money(app.lang());
    let reason = RwSignal::new(String::new());
    let open = open_about(cancelling, move |_| reason.set(String::new()));
    let wrong = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        reason.track();
        wrong.set(None);
    });
    let cancel = move || {
        let Some(entry) = cancelling.get_untracked() else { return };
        let reason = reason.get_untracked();
        spawn_local(async move {
            match ask(CancelEntry { entry, reason }).await {
                Ok(saved) => {
                    app.say(m.done);
                    open.try_set(false);
                    app.saved(saved.counts);
                }
                Err(problem) if open.try_get_untracked() == Some(true) => {
                    wrong.try_set(Some(app.explain(&problem)));
                }
                Err(problem) => app.say_problem(&problem),
            }
        });
    };
    view! {
        <Dialog open=open title=m.cancel_title>
            <Line label=m.reason value=reason wrong=wrong enter=Callback::new(move |()| cancel())/>
            <Button label=m.cancel_yes weight=Weight::Danger press=cancel/>
            <Button label=app.t().cancel weight=Weight::Quiet press=move || open.set(false)/>
        </Dialog>
    }
}

/// How much, why, and in which direction.
#[component]
fn AdjustDialog(subject: RecordId, open: RwSignal<bool>) -> impl IntoView {
    let app = app();
    let m = money(app.lang());
    let amount = RwSignal::new(String::new());
    let reason = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(None::<Problem>);
    Effect::new(move |_| {
        open.track();
        amount.track();
        reason.track();
        wrong.set(None);
    });
    // Each line says what is wrong with it; the last one whatever else there is.
    let said_at = move |of_amount: bool| {
        Signal::derive(move || {
            let problem = wrong.get().filter(|problem| (problem.code == Code::AmountWrong) == of_amount);
            problem.map(|problem| app.explain(&problem))
        })
    };
    let adjust = move |gives_back: bool| {
        if busy.get_untracked() {
            return;
        }
        let Some(sum) = Satang::read(&amount.get_untracked()).filter(|sum| *sum > Satang::ZERO) else {
            wrong.set(Some(Code::AmountWrong.into()));
            return;
        };
        busy.set(true);
        let request = AdjustAccount {
            subject,
            cycle: today_iso().chars().take(7).collect(),
            amount: if gives_back { -sum } else { sum },
            reason: reason.get_untracked(),
        };
        let after = cycle::later(&request.cycle, 1).map(|cycle| AdjustAccount { cycle, ..request.clone() });
        spawn_local(async move {
            let answer = match (ask(request).await, after) {
                // This month is closed already: the next one takes it.
                (Err(problem), Some(after)) if problem.code == Code::CycleClosed => ask(after).await,
                (answer, _) => answer,
            };
            match answer {
                Ok(saved) => {
                    app.say(m.done);
                    amount.try_set(String::new());
                    reason.try_set(String::new());
                    open.try_set(false);
                    app.saved(saved.counts);
                }
                Err(problem) if open.try_get_untracked() == Some(true) => {
                    wrong.try_set(Some(problem));
                }
                Err(problem) => app.say_problem(&problem),
            }
            busy.try_set(false);
        });
    };
    view! {
        <Dialog open=open title=m.adjust_title>
            <Line label=m.amount value=amount keys=Keys::Decimal wrong=said_at(true)/>
            <Line label=m.reason value=reason wrong=said_at(false)/>
            <Button label=m.adjust_charge drawing=Icon::Plus disabled=busy press=move || adjust(false)/>
            <Button label=m.adjust_back drawing=Icon::Back disabled=busy press=move || adjust(true)/>
            <Button label=app.t().cancel weight=Weight::Quiet press=move || open.set(false)/>
        </Dialog>
    }
}
