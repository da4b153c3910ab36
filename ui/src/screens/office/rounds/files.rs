//! The files of a cycle: the day's report, the bills that go by post, the day's payments, whose service is to be cut off.

use super::State;
use crate::backend::download;
use crate::browser::today;
use crate::components::button::Button;
use crate::components::field::{Line, Select};
use crate::components::icon::Icon;
use crate::strings::office::rounds::rounds as words;
use domain::api::{BillsPdf, FileKind, RoundFile};
use domain::problem::Problem;
use domain::thai_date;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The buttons. Bills go out of zones whose cycle is approved.
#[component]
pub fn Files(page: State) -> impl IntoView {
    let t = words(page.app);
    let office = page.office;
    let busy = RwSignal::new(false);
    let made = RwSignal::new(false);
    let thai = page.app.lang().code() == "th";
    let day = RwSignal::new(if thai { thai_date::numbers(today()) } else { today().to_string() });
    let zone = RwSignal::new(String::new());
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
        let Some(day) = thai_date::read(&day.get_untracked()) else {
            page.app.say(t.day_wrong);
            return;
        };
        begin();
        let request = RoundFile {
            programme: page.programme.get_untracked(),
            cycle: page.shown_cycle(),
            day: day.to_string(),
            what,
        };
        spawn_local(async move { told(download("/api/round-file", &request).await) });
    };
    let bills = move || {
        begin();
        let request = BillsPdf {
            programme: page.programme.get_untracked(),
            cycle: page.shown_cycle(),
            zone: Some(zone.get_untracked()).filter(|zone| !zone.is_empty()),
            unpaid: true,
            two_a_page: true,
        };
        spawn_local(async move { told(download("/api/bills", &request).await) });
    };
    let billed = move || page.kind().is_some_and(|kind| kind.billing.is_some());
    // The server gives out no other bills: what stands here is what can be asked for.
    let sends = Memo::new(move |_| {
        page.reply.with(|reply| {
            let zones = reply.iter().flat_map(|reply| &reply.zones).filter(|zone| zone.state.sends());
            zones.map(|zone| (zone.zone.clone(), zone.title.clone())).collect::<Vec<_>>()
        })
    });
    let choice = move || {
        let mut options = vec![(String::new(), t.approved_areas.to_owned())];
        options.extend(sends.get());
        (billed() && options.len() > 1)
            .then(|| view! { <Select label=t.bills_of options=options value=zone/> })
    };
    view! {
        <section class="office-panel round-files" aria-label=t.files>
            <h2>{t.files}</h2>
            <div class="round-choose">
                <Line label=t.file_day hint=t.day_hint value=day/>
                {choice}
            </div>
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
                                    disabled=Signal::derive(move || busy.get() || sends.with(Vec::is_empty))
                                    press=bills
                                />
                                <Button
                                    label=t.payments_csv
                                    drawing=Icon::Download
                                    disabled=busy
                                    press=move || get(FileKind::PaymentsCsv)
                                />
                                <Button
                                    label=t.cut_off_xlsx
                                    drawing=Icon::Download
                                    disabled=busy
                                    press=move || get(FileKind::CutOffXlsx)
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
