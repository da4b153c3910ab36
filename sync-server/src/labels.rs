//! Labels for the printer: what a sheet would hold, and the sheets as a PDF.
//!
//! Labels hang in the street, so none bears a person's name: what stands on one is what the programme shows to a
//! passer-by, or else the place in the round; on the label of a sensitive programme nothing but the code.

use crate::answer::Failure;
use crate::download::{self, PDF};
use crate::office::{self, Caller};
use crate::pages::{public_fields, public_lines};
use crate::shared::{Config, Server};
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::api::{LabelChoice, Labels, LabelsReply, StockRow};
use domain::code;
use domain::problem::{Code, Problem};
use domain::programme::Programme;
use scan::sheet::{self, BadSheet, Fit, Label, STOCKS, Sheet, Stock};
use std::sync::Arc;
use store::{Labelled, Now, Store};

/// Most blank stickers of one file.
const BLANKS: u32 = 5_000;
/// Farthest that a sheet is moved, micrometres.
const FARTHEST_UM: i32 = 5_000;
/// Stands in the preview for a code that is given when the file is made. It is no link, so that a sheet printed from
/// the preview leads nowhere.
const NOT_YET: &str = "-----";

/// Everything that is drawn.
struct Drawing {
    labels: Vec<Label>,
    sheet: Sheet,
    without_code: usize,
    fit: Fit,
    address: String,
    lasting: bool,
}

/// Answers what a sheet would hold. Nothing is written.
pub(crate) async fn preview(server: &Server, caller: Caller, ask: Labels) -> Result<LabelsReply, Failure> {
    let config = Arc::clone(&server.config);
    let drawing = server.with_store(move |store| prepare(store, &config, &caller, &ask, false)).await?;
    let Drawing { labels, sheet, without_code, fit, address, lasting } = drawing;
    let (count, per_sheet) = (labels.len(), sheet.stock.count().max(1));
    let used = sheet.start_at.saturating_sub(1) % per_sheet;
    let sheets = if count == 0 { 0 } else { (count + used).div_ceil(per_sheet) };
    let first: Vec<Label> = labels.into_iter().take(per_sheet - used).collect();
    let svg = draw(move || Ok(sheet::svg(&first, &sheet)?.into_iter().next().unwrap_or_default())).await?;
    Ok(LabelsReply {
        labels: count as u64,
        sheets: sheets as u64,
        without_code: without_code as u64,
        svg,
        stocks: STOCKS.iter().map(stock_row).collect(),
        reads_to_mm: fit.reads_to_mm,
        pole_mm: fit.pole_mm,
        address,
        lasting,
    })
}

/// `POST /api/labels`: the file for the printer.
pub(crate) async fn file(
    State(server): State<Server>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Failure> {
    let (caller, ask, _until_done): (_, Labels, _) = download::asked(&server, &headers, sent).await?;
    let name = file_name(&ask);
    let calibration = ask.calibration;
    let config = Arc::clone(&server.config);
    let drawing = server
        .with_store(move |store| {
            let drawing = prepare(store, &config, &caller, &ask, !ask.calibration)?;
            if !ask.calibration {
                let about = format!("{} x {}", scope(&ask.choice), drawing.labels.len());
                store.note_audit(&caller.account.grant.person, "labels printed", &about, caller.now_ms)?;
            }
            Ok(drawing)
        })
        .await?;
    let file = draw(move || match calibration {
        true => sheet::calibration_pdf(&drawing.sheet),
        false => sheet::pdf(&drawing.labels, &drawing.sheet),
    })
    .await?;
    Ok(download::file(file, PDF, &name))
}

async fn draw<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BadSheet> + Send + 'static,
) -> Result<T, Failure> {
    download::drawn(work).await?.map_err(problem)
}

fn problem(error: BadSheet) -> Failure {
    match error {
        BadSheet::LabelTooSmall | BadSheet::LinkTooLong => Code::LabelTooSmall.into(),
        BadSheet::NoFont => Problem::new(Code::Internal).about(error).into(),
    }
}

fn prepare(
    store: &mut Store,
    config: &Config,
    caller: &Caller,
    ask: &Labels,
    give_codes: bool,
) -> Result<Drawing, Failure> {
    let grant = &caller.account.grant;
    let now = Now::thai(caller.now_ms);
    let (address, lasting) = office::address(store, config, caller.host.as_deref())?;
    let mut labelled = store.labelled(grant, now, &ask.choice)?;
    let without_code = labelled.iter().filter(|one| one.code.is_none()).count();
    if give_codes {
        store.give_codes(grant, now, &mut labelled)?;
    }
    let programmes = store.programmes();
    let programme = match &ask.choice {
        LabelChoice::Zone { programme, .. } | LabelChoice::Blank { programme, .. } => programme.as_str(),
        LabelChoice::Subjects(_) => labelled.first().map_or("", |one| one.programme.as_str()),
    };
    let programme = programmes.get(programme).map(AsRef::as_ref);
    let key = store.label_key()?;
    let label = |code: Option<&str>, programme: Option<&Programme>, name: String| Label {
        link: code.map_or(NOT_YET.to_owned(), |code| code::label_link(&address, &key, code)),
        code: code.unwrap_or(NOT_YET).to_owned(),
        title: programme.filter(|programme| !programme.sensitive).map_or(String::new(), title),
        name,
    };
    let labels = match &ask.choice {
        LabelChoice::Blank { count, .. } => {
            let count = (*count).clamp(1, BLANKS);
            let codes = match give_codes {
                true => store.blank_codes(count as usize).into_iter().map(Some).collect(),
                false => vec![None; count as usize],
            };
            codes.iter().map(|code| label(code.as_deref(), programme, String::new())).collect()
        }
        _ => labelled
            .iter()
            .map(|one| {
                let programme = programmes.get(&one.programme).map(AsRef::as_ref);
                label(one.code.as_deref(), programme, programme.map_or(String::new(), |p| name(p, one)))
            })
            .collect(),
    };
    let sheet = Sheet {
        colour: programme.map_or([0, 0, 0], |programme| colour(&programme.colour)),
        municipality: store.tenant()?.municipality,
        public_line: programme
            .filter(|programme| !public_fields(programme).is_empty())
            .map(|_| "สแกนเพื่อแจ้งปัญหา".to_owned()),
        start_at: ask.start_at.max(1) as usize,
        offset_um: (
            ask.offset_um.0.clamp(-FARTHEST_UM, FARTHEST_UM),
            ask.offset_um.1.clamp(-FARTHEST_UM, FARTHEST_UM),
        ),
        two_copies: ask.two_copies,
        ..Sheet::new(Stock::named(&ask.stock).ok_or_else(|| Problem::new(Code::Malformed).about("stock"))?)
    };
    // Every code is of the same length, so any tells how large it comes out.
    let fit = sheet::fit(&label(Some(&code::make(0)), programme, String::new()), &sheet).map_err(problem)?;
    Ok(Drawing { labels, sheet, without_code, fit, address, lasting })
}

fn title(programme: &Programme) -> String {
    programme.subject.title.th.clone()
}

/// Which one it is, in words that say nothing about anybody.
fn name(programme: &Programme, one: &Labelled) -> String {
    if programme.sensitive {
        return String::new();
    }
    let public: Vec<String> =
        public_lines(programme, &one.values).into_iter().take(2).map(|(_, value)| value).collect();
    if !public.is_empty() {
        return public.join(" · ");
    }
    match one.order.as_str() {
        "" => one.zone_title.clone(),
        order => format!("{} · ลำดับ {order}", one.zone_title),
    }
}

/// Reads `#rrggbb`; anything else is black.
fn colour(text: &str) -> [u8; 3] {
    let byte = |at: usize| text.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    match (byte(1), byte(3), byte(5)) {
        (Some(red), Some(green), Some(blue)) if text.starts_with('#') => [red, green, blue],
        _ => [0, 0, 0],
    }
}

fn stock_row(stock: &Stock) -> StockRow {
    StockRow {
        name: stock.name.to_owned(),
        width_um: stock.label.0,
        height_um: stock.label.1,
        count: u32::try_from(stock.count()).unwrap_or(0),
        is_cut: stock.is_cut,
    }
}

fn scope(choice: &LabelChoice) -> String {
    match choice {
        LabelChoice::Zone { programme, zone } => format!("{programme}/{}", zone.as_deref().unwrap_or("*")),
        LabelChoice::Subjects(ids) => ids.first().map_or(String::new(), ToString::to_string),
        LabelChoice::Blank { .. } => "blank".to_owned(),
    }
}

/// A name that every system can keep.
fn file_name(ask: &Labels) -> String {
    let what = match &ask.choice {
        _ if ask.calibration => "calibration".to_owned(),
        LabelChoice::Subjects(_) => "labels".to_owned(),
        choice => format!("labels-{}", scope(choice)),
    };
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' };
    let name: String = what.chars().map(plain).collect();
    format!("{}.pdf", name.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_read_or_black() {
        assert_eq!(colour("#0b5cad"), [0x0b, 0x5c, 0xad]);
        for odd in ["", "#0b5ca", "0b5cad0", "#ไฟไฟ", "#gg0000"] {
            assert_eq!(colour(odd), [0, 0, 0], "{odd}");
        }
    }

    #[test]
    fn a_files_name_is_plain() {
        let ask = |choice| Labels {
            choice,
            stock: String::new(),
            start_at: 1,
            offset_um: (0, 0),
            two_copies: false,
            calibration: false,
        };
        let zone = |zone: Option<&str>| LabelChoice::Zone {
            programme: "water".into(),
            zone: zone.map(str::to_owned),
        };
        assert_eq!(file_name(&ask(zone(Some("R\"01")))), "labels-water-R-01.pdf");
        assert_eq!(file_name(&ask(zone(None))), "labels-water.pdf");
        assert_eq!(
            file_name(&ask(LabelChoice::Blank { programme: String::new(), count: 1 })),
            "labels-blank.pdf"
        );
    }
}
