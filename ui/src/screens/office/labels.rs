//! Labels for the printer: whose, on which paper, a look at the first sheet, and the file.

use super::page::Framed;
use super::state::{Office, office};
use super::ticks::TickedLead;
use crate::app::{App, app};
use crate::backend::{ask, download};
use crate::browser::{today_iso, wait};
use crate::components::button::{Button, Weight};
use crate::components::field::{Keys, Line, Select};
use crate::components::icon::Icon;
use crate::components::notice;
use crate::format;
use crate::strings::fill;
use crate::strings::office::{OfficeStrings, office as words};
use domain::api;
use domain::api::{LabelChoice, LabelFile, LabelsReply, StockRow};
use domain::ids::RecordId;
use domain::problem::{Code, Problem};
use domain::text;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The paper that is chosen at first: the stickers that every shop sells.
const USUAL_STOCK: &str = "63.5x38.1";
/// Blank stickers that are asked for at first.
const USUAL_BLANKS: &str = "21";

/// Dots per inch of printers that offices have; thermal ones for rolls have the last.
const DOTS: [u32; 4] = [1_200, 600, 300, 203];
/// How long somebody stops typing before the sheet is drawn anew, milliseconds.
const REST_MS: i32 = 250;

/// Stands for the zone until the zones of the programme are known. No zone's id begins with a blank.
const NOT_KNOWN: &str = " ";

/// Kinds of files.
const PDF: &str = "pdf";
const SVG: &str = "svg";
const ENGRAVING: &str = "engraving";

/// What the form holds. A handle.
#[derive(Clone, Copy)]
struct Asked {
    /// The subjects, where they are chosen elsewhere: one whose label is printed again, or those that are ticked.
    subjects: Signal<Option<Vec<RecordId>>>,
    blank: RwSignal<bool>,
    programme: RwSignal<String>,
    zone: RwSignal<String>,
    count: RwSignal<String>,
    stock: RwSignal<String>,
    start_at: RwSignal<String>,
    right: RwSignal<String>,
    down: RwSignal<String>,
    two_copies: RwSignal<bool>,
    /// Only those without a code.
    only_new: RwSignal<bool>,
    /// The printer's dots per inch; empty for those of the paper's usual printer.
    dots: RwSignal<String>,
    /// [`PDF`], [`SVG`] or [`ENGRAVING`].
    file: RwSignal<String>,
}

impl Asked {
    /// The request as the form stands; `None` while no programme is known, and where nothing is ticked.
    fn request(self) -> Option<api::Labels> {
        let number = |typed: RwSignal<String>| text::ascii_digits(typed.get().trim()).parse::<f64>().ok();
        let micrometres = |typed: RwSignal<String>| (number(typed).unwrap_or(0.0) * 1_000.0).round() as i32;
        let programme = self.programme.get();
        let choice = match self.subjects.get() {
            Some(subjects) if subjects.is_empty() => return None,
            Some(subjects) => LabelChoice::Subjects(subjects),
            None if programme.is_empty() => return None,
            None if self.blank.get() => {
                let count = number(self.count).unwrap_or(1.0).clamp(1.0, 5_000.0) as u32;
                LabelChoice::Blank { programme, count }
            }
            None => {
                let zone = self.zone.get();
                if zone == NOT_KNOWN {
                    return None;
                }
                LabelChoice::Zone {
                    programme,
                    zone: Some(zone).filter(|zone| !zone.is_empty()),
                    without_code: self.only_new.get(),
                }
            }
        };
        Some(api::Labels {
            choice,
            stock: self.stock.get(),
            start_at: number(self.start_at).unwrap_or(1.0).clamp(1.0, 1_000.0) as u32,
            offset_um: (micrometres(self.right), micrometres(self.down)),
            two_copies: self.two_copies.get(),
            calibration: false,
            dots_per_inch: self.dots.get().parse().ok(),
            file: self.kind(),
        })
    }

    fn kind(self) -> LabelFile {
        match self.file.get().as_str() {
            SVG => LabelFile::Svg,
            ENGRAVING => LabelFile::Engraving,
            _ => LabelFile::Pdf,
        }
    }
}

/// The page.
#[component]
pub fn Labels(
    /// A subject whose label is printed again; without one it is asked whose.
    open: Signal<Option<RecordId>>,
    /// Those that are ticked in the registry are printed.
    ticked: Signal<bool>,
) -> impl IntoView {
    let app = app();
    let office = office();
    let t = words(app);
    let typed = |text: &str| RwSignal::new(text.to_owned());
    let asked = Asked {
        subjects: Signal::derive(move || match open.get() {
            Some(id) => Some(vec![id]),
            None => ticked.get().then(|| office.ticked.with(|all| all.iter().map(|one| one.id).collect())),
        }),
        blank: RwSignal::new(false),
        programme: typed(""),
        zone: typed(NOT_KNOWN),
        count: typed(USUAL_BLANKS),
        stock: typed(USUAL_STOCK),
        start_at: typed("1"),
        right: typed("0"),
        down: typed("0"),
        two_copies: RwSignal::new(false),
        only_new: RwSignal::new(false),
        dots: typed(""),
        file: typed(PDF),
    };
    let reply = RwSignal::new(None::<Result<LabelsReply, Problem>>);
    let stocks = RwSignal::new(Vec::<StockRow>::new());
    let busy = RwSignal::new(false);
    let done = RwSignal::new(false);
    // The first programme is chosen from the start.
    Effect::new(move |_| {
        let first = app.programmes.with(|all| all.first().map(|programme| programme.id.clone()));
        if let Some(first) = first.filter(|_| asked.programme.with_untracked(String::is_empty)) {
            asked.programme.set(first);
        }
    });
    // Each change asks anew; an answer that comes after a later question is not looked at.
    let round = StoredValue::new(0u32);
    let look = move |request: api::Labels| {
        round.update_value(|n| *n += 1);
        let mine = round.get_value();
        spawn_local(async move {
            wait(REST_MS).await;
            if round.try_get_value() != Some(mine) {
                return;
            }
            let answer = ask(request).await;
            if round.try_get_value() != Some(mine) {
                return;
            }
            if let Ok(found) = &answer
                && stocks.try_with_untracked(|known| *known != found.stocks) == Some(true)
            {
                stocks.set(found.stocks.clone());
            }
            reply.try_set(Some(answer));
        });
    };
    Effect::new(move |_| {
        done.set(false);
        match asked.request() {
            Some(request) => look(request),
            None => {
                // What is still on its way is of what was asked before.
                round.update_value(|n| *n += 1);
                reply.set(None);
            }
        }
    });
    let save = move |calibration: bool| {
        let Some(request) = untrack(|| asked.request()) else { return };
        busy.set(true);
        spawn_local(async move {
            match download("/api/labels", &api::Labels { calibration, ..request }).await {
                Ok(()) => {
                    let is_here = done.try_set(true).is_none();
                    if !calibration {
                        // Codes may have been given; what shows them looks again.
                        app.changed.update(|n| *n += 1);
                        if let Some(request) = is_here.then(|| untrack(|| asked.request())).flatten() {
                            look(request);
                        }
                    }
                }
                Err(problem) => office.say_problem(&problem),
            }
            busy.try_set(false);
        });
    };
    view! {
        <Framed title=t.labels lead=t.labels_lead>
            <div class="office-labels">
                <section class="office-panel">
                    {move || match (open.get(), ticked.get()) {
                        (Some(id), _) => view! { <One id=id/> }.into_any(),
                        (None, true) => view! { <TickedLead/> }.into_any(),
                        (None, false) => whose(app, office, asked).into_any(),
                    }}
                    {move || paper(app, asked, &stocks.get())}
                    {move || reply.get().map(|reply| told(app, office, &reply))}
                    {move || {
                        let label = if asked.kind() == LabelFile::Pdf { t.make_file } else { t.make_drawings };
                        view! {
                            <Button
                                label=label
                                weight=Weight::Main
                                drawing=Icon::Label
                                disabled=Signal::derive(move || {
                                    busy.get()
                                        || !matches!(reply.get(), Some(Ok(LabelsReply { labels: 1.., .. })))
                                })
                                press=move || save(false)
                            />
                        }
                    }}
                    <p role="status">
                        {move || match (busy.get(), done.get(), asked.kind()) {
                            (true, ..) => t.making_file,
                            (false, true, LabelFile::Pdf) => t.file_made,
                            (false, true, _) => t.drawings_made,
                            (false, false, _) => "",
                        }}
                    </p>
                    // What is on the left of a sheet matters most when one label is printed again.
                    <details class="office-printer" open=move || open.get().is_some()>
                        <summary>{t.printer}</summary>
                        <Line label=t.start_at hint=t.start_at_hint value=asked.start_at keys=Keys::Digits/>
                        <Select label=t.dots options=dots_options(t) value=asked.dots/>
                        <Select label=t.file_kind options=file_options(t) value=asked.file/>
                        <label class="tick">
                            <input
                                type="checkbox"
                                prop:checked=move || asked.two_copies.get()
                                on:change=move |_| asked.two_copies.update(|now| *now = !*now)
                            />
                            <span>{t.two_copies} <small>{t.two_copies_note}</small></span>
                        </label>
                        <p class="hint">{t.printer_hint}</p>
                        <Button
                            label=t.calibration
                            drawing=Icon::Label
                            disabled=busy
                            press=move || save(true)
                        />
                        <div class="office-pair">
                            <Line label=t.shift_right value=asked.right keys=Keys::Decimal/>
                            <Line label=t.shift_down value=asked.down keys=Keys::Decimal/>
                        </div>
                    </details>
                </section>
                <section class="office-sheet" aria-label=t.preview>
                    {move || {
                        reply
                            .get()
                            .and_then(Result::ok)
                            .filter(|reply| !reply.svg.is_empty())
                            .map(|reply| {
                                view! { <img src=super::enrolment::svg_address(&reply.svg) alt=t.preview_alt/> }
                            })
                    }}
                </section>
            </div>
        </Framed>
    }
}

/// The subject whose label is printed again.
#[component]
fn One(id: RecordId) -> impl IntoView {
    let app = app();
    let t = words(app);
    let heading = RwSignal::new(String::new());
    spawn_local(async move {
        if let Ok(card) = ask(api::Card { subject: id, today: today_iso() }).await {
            heading.try_set(format!("{} · {}", card.row.heading, card.zone_title));
        }
    });
    view! {
        <p>{t.reprint_of} <br/> <b>{move || heading.get()}</b></p>
        <a class="office-back" href=super::page::Page::Registry(Some(id)).hash()>{t.back_to_subject}</a>
    }
}

/// A zone's labels, or blank ones.
fn whose(app: App, office: Office, asked: Asked) -> impl IntoView {
    let t = words(app);
    let kind = move |blank: bool, label: &'static str| {
        view! {
            <button
                type="button"
                class="filter"
                aria-pressed=move || (asked.blank.get() == blank).to_string()
                on:click=move |_| asked.blank.set(blank)
            >
                {label}
            </button>
        }
    };
    let programmes = move || {
        let options = app.programmes.get();
        let options = options
            .iter()
            .map(|programme| {
                (programme.id.clone(), programme.title.in_language(app.lang().code()).to_owned())
            })
            .collect::<Vec<_>>();
        view! { <Select label=t.programme options=options value=asked.programme/> }
    };
    let zones = move || {
        let id = asked.programme.get();
        // The first zone: a whole registry is printed when somebody asks for it.
        let first = office.zones.with(|all| all.get(&id).and_then(|zones| zones.first().cloned()));
        asked.zone.set(first.map_or(NOT_KNOWN.to_owned(), |zone| zone.zone));
        let title = app.programme(&id)?.zone_title.in_language(app.lang().code()).to_owned();
        let mut options: Vec<(String, String)> = office.zones.with(|all| {
            let zones = all.get(&id).into_iter().flatten();
            zones.map(|zone| (zone.zone.clone(), zone.title.clone())).collect()
        });
        options.push((String::new(), t.all_zones.to_owned()));
        Some(view! { <Select label=title options=options value=asked.zone/> })
    };
    view! {
        <div class="filters" role="group" aria-label=t.whose_labels>
            {kind(false, t.labels_of_registry)} {kind(true, t.labels_blank)}
        </div>
        <p class="hint">{move || if asked.blank.get() { t.blank_hint } else { t.registry_hint }}</p>
        {programmes}
        {move || match asked.blank.get() {
            true => view! { <Line label=t.how_many value=asked.count keys=Keys::Digits/> }.into_any(),
            false => {
                view! {
                    {zones}
                    <label class="tick">
                        <input
                            type="checkbox"
                            prop:checked=move || asked.only_new.get()
                            on:change=move |_| asked.only_new.update(|now| *now = !*now)
                        />
                        <span>{t.only_without_code}</span>
                    </label>
                }
                    .into_any()
            }
        }}
    }
}

/// How finely the printer prints.
fn dots_options(t: &OfficeStrings) -> Vec<(String, String)> {
    let printer = |dots: u32| (dots.to_string(), fill(t.dots_of_printer, &[&dots.to_string()]));
    std::iter::once((String::new(), t.dots_usual.to_owned())).chain(DOTS.map(printer)).collect()
}

/// What the file is for.
fn file_options(t: &OfficeStrings) -> Vec<(String, String)> {
    [(PDF, t.file_pdf), (SVG, t.file_svg), (ENGRAVING, t.file_engraving)]
        .map(|(kind, words)| (kind.to_owned(), words.to_owned()))
        .into()
}

/// The papers, in words that stand on their boxes.
fn paper(app: App, asked: Asked, stocks: &[StockRow]) -> impl IntoView + use<> {
    let t = words(app);
    let millimetres = |um: u32| {
        let text = format!("{:.1}", f64::from(um) / 1_000.0);
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    };
    let option = |stock: &StockRow| {
        let size = fill(t.paper_size, &[&millimetres(stock.width_um), &millimetres(stock.height_um)]);
        let kind = match (stock.count, stock.is_cut) {
            (1, _) => t.paper_roll.to_owned(),
            (n, true) => fill(t.paper_cut, &[&n.to_string()]),
            (n, false) => fill(t.paper_plain, &[&n.to_string()]),
        };
        (stock.name.clone(), format!("{size} · {kind}"))
    };
    let options: Vec<(String, String)> = stocks.iter().map(option).collect();
    view! { <Select label=t.paper options=options value=asked.stock/> }
}

/// What will come out.
fn told(app: App, office: Office, reply: &Result<LabelsReply, Problem>) -> AnyView {
    let t = words(app);
    let reply = match reply {
        Ok(reply) => reply,
        Err(problem) if problem.code == Code::LabelTooSmall => {
            return notice::remark(app.explain(problem)).into_any();
        }
        Err(problem) => return notice::remark(office.explain(problem)).into_any(),
    };
    if reply.labels == 0 {
        return notice::empty(t.no_labels).into_any();
    }
    let amount = fill(t.labels_on_sheets, &[&format::count(reply.labels), &format::count(reply.sheets)]);
    let metres = format!("{:.1}", f64::from(reply.reads_to_mm) / 1_000.0);
    let centimetres = reply.pole_mm.div_ceil(10).to_string();
    view! {
        <p class="office-amount" role="status">
            <b>{amount}</b>
            <br/>
            {fill(t.reads_to, &[&metres])}
            " · "
            {fill(t.pole_at_least, &[&centimetres])}
        </p>
        {(reply.without_code > 0)
            .then(|| view! { <p>{fill(t.without_code, &[&format::count(reply.without_code)])}</p> })}
        <p class="small">{fill(t.dots_of_printer, &[&reply.dots_per_inch.to_string()])}</p>
        <p class="small">{t.leads_to}" "<span class="inert" translate="no">{reply.address.clone()}</span></p>
        {(!reply.lasting).then(|| notice::remark(t.address_not_lasting))}
    }
    .into_any()
}
