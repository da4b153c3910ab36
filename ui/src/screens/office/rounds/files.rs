//! The files of a cycle: the day's report, the bills that go by post, the day's payments.

use super::State;
use crate::backend::download;
use crate::browser::today_iso;
use crate::components::button::Button;
use crate::components::icon::Icon;
use crate::strings::office::rounds::rounds as words;
use domain::api::{BillsPdf, FileKind, RoundFile};
use domain::problem::Problem;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The buttons. Bills go out once the cycle is approved somewhere.
#[component]
pub fn Files(page: State) -> impl IntoView {
    let t = words(page.app);
    let office = page.office;
    let busy = RwSignal::new(false);
    let made = RwSignal::new(false);
    let told = move |answer: Result<(), Problem>| {
        match answer {
            Ok(()) => _ = made.try_set(true),
            Err(problem) => office.say_problem(&problem),
        }
        busy.try_set(false);
    };
    let begin = move || {
        busy.set(true);
        made.set(false);
    };
    let get = move |what: FileKind| {
        begin();
        let request = RoundFile {
            programme: page.programme.get_untracked(),
            cycle: page.shown_cycle(),
            zone: None,
            day: today_iso(),
            what,
        };
        spawn_local(async move { told(download("/api/round-file", &request).await) });
    };
    let bills = move || {
        begin();
        let request = BillsPdf {
            programme: page.programme.get_untracked(),
            cycle: page.shown_cycle(),
            zone: None,
            unpaid: true,
            two_a_page: true,
        };
        spawn_local(async move { told(download("/api/bills", &request).await) });
    };
    let billed = move || page.kind().is_some_and(|kind| kind.billing.is_some());
    let sends = Memo::new(move |_| {
        page.reply.with(|reply| {
            reply.as_ref().is_some_and(|reply| reply.zones.iter().any(|zone| zone.state.sends()))
        })
    });
    view! {
        <section class="office-panel round-files" aria-label=t.files>
            <h2>{t.files}</h2>
            <div class="round-buttons">
                <Button label=t.report_pdf drawing=Icon::Download disabled=busy press=move || get(FileKind::ReportPdf)/>
                <Button label=t.report_xlsx drawing=Icon::Download disabled=busy press=move || get(FileKind::ReportXlsx)/>
                {move || {
                    billed()
                        .then(|| {
                            view! {
                                <Button
                                    label=t.bills_pdf
                                    drawing=Icon::Download
                                    disabled=Signal::derive(move || busy.get() || !sends.get())
                                    press=bills
                                />
                                <Button
                                    label=t.payments_csv
                                    drawing=Icon::Download
                                    disabled=busy
                                    press=move || get(FileKind::PaymentsCsv)
                                />
                            }
                        })
                }}
            </div>
            <p role="status">
                {move || match (busy.get(), made.get()) {
                    (true, _) => t.making,
                    (false, true) => t.made,
                    (false, false) => "",
                }}
            </p>
        </section>
    }
}
