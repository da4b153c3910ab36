//! Labels for the printer: what a sheet would hold, and the sheets as a PDF; or as drawings, for other programs and for
//! the engraver.
//!
//! Labels hang in the street, so none bears a person's name: what stands on one is what the programme shows to a
//! passer-by, or else the place in the round; on the label of a sensitive programme nothing but the code.

use crate::answer::Failure;
use crate::download::{self, PDF, ZIP};
use crate::office::{self, Caller};
use crate::pages::{public_fields, public_lines};
use crate::shared::{Config, Server};
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::api::{LABELS_MAX, LabelChoice, LabelFile, Labels, LabelsReply, StockRow};
use domain::code::{self, LabelKey};
use domain::ids::RecordId;
use domain::problem::{Code, Problem};
use domain::programme::Programme;
use domain::wire::COMMIT_MAX_CHANGES;
use scan::sheet::{self, BadSheet, Fit, Label, STOCKS, Sheet, Stock};
use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::ops::RangeInclusive;
use std::sync::Arc;
use store::{Chosen, Labelled, Now, Store};

/// Most blank stickers of one file.
const BLANKS: u32 = 5_000;
/// Printers there are.
const DOTS_PER_INCH: RangeInclusive<u32> = 150..=2_400;
/// Farthest that a sheet is moved, micrometres.
const FARTHEST_UM: i32 = 5_000;
/// Stands in the preview for a code that is given when the file is made. It is no link, so that a sheet printed from
/// the preview leads nowhere.
const NOT_YET: &str = "-----";

/// Subjects that are given codes and read while the store is held once: phones push between.
const AT_ONCE: usize = COMMIT_MAX_CHANGES;

/// What all labels of one request have in common.
struct Setting {
    sheet: Sheet,
    programmes: Arc<BTreeMap<String, Arc<Programme>>>,
    /// The programme of the sheet.
    programme: Option<Arc<Programme>>,
    key: LabelKey,
    address: String,
    lasting: bool,
}

/// Answers what a sheet would hold. Nothing is written, and no record is read beyond the first sheet.
pub(crate) async fn preview(server: &Server, caller: Caller, ask: Labels) -> Result<LabelsReply, Failure> {
    let config = Arc::clone(&server.config);
    let (setting, labels, count, without_code) = server
        .with_store(move |store| {
            let (grant, now) = (&caller.account.grant, Now::thai(caller.now_ms));
            let chosen = store.choose_labels(grant, now, &ask.choice)?;
            let setting = setting(store, &config, &caller, &ask, &chosen)?;
            let (per_sheet, used) = places(&setting.sheet);
            let first: Vec<RecordId> = chosen.iter().take(per_sheet - used).map(|one| one.subject).collect();
            let labels = match blanks(&ask.choice) {
                Some(count) => vec![setting.blank(None); count.min(per_sheet - used)],
                None => setting.labels(&store.labelled(grant, now, &first)?),
            };
            let without_code = chosen.iter().filter(|one| !one.has_code).count();
            Ok((setting, labels, blanks(&ask.choice).unwrap_or(chosen.len()), without_code))
        })
        .await?;
    let fit = setting.fit()?;
    let Setting { sheet, address, lasting, .. } = setting;
    let (per_sheet, used) = places(&sheet);
    let sheets = if count == 0 { 0 } else { (count + used).div_ceil(per_sheet) };
    let dots_per_inch = sheet.dots_per_inch;
    let svg = draw(move || Ok(sheet::svg(&labels, &sheet)?.into_iter().next().unwrap_or_default())).await?;
    Ok(LabelsReply {
        labels: count as u64,
        sheets: sheets as u64,
        without_code: without_code as u64,
        svg,
        stocks: STOCKS.iter().map(stock_row).collect(),
        dots_per_inch,
        reads_to_mm: fit.reads_to_mm,
        pole_mm: fit.pole_mm,
        address,
        lasting,
    })
}

/// `POST /api/labels`: the file for the printer, a drawing program or the engraver.
pub(crate) async fn file(
    State(server): State<Server>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Failure> {
    let (caller, ask, _until_done): (_, Labels, _) = download::asked(&server, &headers, sent).await?;
    let (caller, ask) = (Arc::new(caller), Arc::new(ask));
    let name = file_name(&ask);
    let (config, by, asked) = (Arc::clone(&server.config), Arc::clone(&caller), Arc::clone(&ask));
    let (setting, chosen) = server
        .with_store(move |store| {
            let (grant, now) = (&by.account.grant, Now::thai(by.now_ms));
            let chosen = store.choose_labels(grant, now, &asked.choice)?;
            Ok((setting(store, &config, &by, &asked, &chosen)?, chosen))
        })
        .await?;
    if ask.calibration {
        let page = draw(move || sheet::calibration_pdf(&setting.sheet)).await?;
        return Ok(download::file(page, PDF, &name));
    }
    // Before codes are given: for a label that does not come out there are none.
    setting.fit()?;
    let amount = blanks(&ask.choice).unwrap_or(chosen.len());
    if ask.file != LabelFile::Pdf && amount > LABELS_MAX {
        return Err(Code::TooManyLabels.into());
    }
    let mut labels = Vec::with_capacity(amount);
    if blanks(&ask.choice).is_some() {
        let codes = server.with_store(move |store| Ok(store.blank_codes(amount))).await?;
        labels.extend(codes.iter().map(|code| setting.blank(Some(code))));
    }
    for part in chosen.chunks(AT_ONCE) {
        let subjects: Vec<RecordId> = part.iter().map(|one| one.subject).collect();
        let by = Arc::clone(&caller);
        let labelled = server.with_store(move |store| {
            let (grant, now) = (&by.account.grant, Now::thai(by.now_ms));
            store.give_codes(grant, now, &subjects)?;
            Ok(store.labelled(grant, now, &subjects)?)
        });
        labels.extend(setting.labels(&labelled.await?));
    }
    let about = format!("{} x {}", scope(&ask.choice), labels.len());
    server
        .with_store(move |store| {
            Ok(store.note_audit(&caller.account.grant.person, "labels printed", &about, caller.now_ms)?)
        })
        .await?;
    let (sheet, kind) = (setting.sheet, ask.file);
    let file = match kind {
        LabelFile::Pdf => draw(move || sheet::pdf(&labels, &sheet)).await?,
        LabelFile::Svg => {
            let pages = draw(move || sheet::svg(&labels, &sheet)).await?;
            let names = (1..).map(|page: usize| format!("labels-{page}.svg"));
            zipped(names.zip(pages).collect()).await?
        }
        LabelFile::Engraving => {
            let tags = draw(move || {
                let tag =
                    |label: &Label| Ok((format!("{}.svg", label.code), sheet::engraving_svg(label, &sheet)?));
                labels.iter().map(tag).collect::<Result<Vec<_>, BadSheet>>()
            });
            zipped(tags.await?).await?
        }
    };
    Ok(download::file(file, if kind == LabelFile::Pdf { PDF } else { ZIP }, &name))
}

/// Named texts as one file.
async fn zipped(files: Vec<(String, String)>) -> Result<Vec<u8>, Failure> {
    let packed = download::drawn(move || {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in files {
            zip.start_file(name, zip::write::SimpleFileOptions::default())?;
            zip.write_all(text.as_bytes())?;
        }
        Ok::<_, zip::result::ZipError>(zip.finish()?.into_inner())
    });
    packed.await?.map_err(|error| Problem::new(Code::Internal).about(error).into())
}

/// How many blank stickers are asked for, if they are.
fn blanks(choice: &LabelChoice) -> Option<usize> {
    match choice {
        LabelChoice::Blank { count, .. } => Some((*count).clamp(1, BLANKS) as usize),
        LabelChoice::Zone { .. } | LabelChoice::Subjects(_) => None,
    }
}

/// The labels of a sheet, and how many of them the first one lacks.
fn places(sheet: &Sheet) -> (usize, usize) {
    let per_sheet = sheet.stock.count().max(1);
    (per_sheet, sheet.start_at.saturating_sub(1) % per_sheet)
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

fn setting(
    store: &mut Store,
    config: &Config,
    caller: &Caller,
    ask: &Labels,
    chosen: &[Chosen],
) -> Result<Setting, Failure> {
    let (grant, now) = (&caller.account.grant, Now::thai(caller.now_ms));
    let (address, lasting) = office::address(store, config, caller.host.as_deref())?;
    let programmes = store.programmes();
    let programme = match (&ask.choice, chosen.first()) {
        (LabelChoice::Zone { programme, .. } | LabelChoice::Blank { programme, .. }, _) => programme.clone(),
        (LabelChoice::Subjects(_), None) => String::new(),
        (LabelChoice::Subjects(_), Some(first)) => {
            let first = store.labelled(grant, now, &[first.subject])?;
            first.into_iter().next().map_or(String::new(), |one| one.programme)
        }
    };
    let programme = programmes.get(&programme).cloned();
    let stock = Stock::named(&ask.stock).ok_or_else(|| Problem::new(Code::Malformed).about("stock"))?;
    let dots_per_inch = ask.dots_per_inch.unwrap_or_else(|| stock.usual_dots_per_inch());
    let sheet = Sheet {
        colour: programme.as_ref().map_or([0, 0, 0], |programme| colour(&programme.colour)),
        municipality: store.tenant()?.municipality,
        public_line: programme
            .as_ref()
            .filter(|programme| !public_fields(programme).is_empty())
            .map(|_| "สแกนเพื่อแจ้งปัญหา".to_owned()),
        start_at: ask.start_at.max(1) as usize,
        offset_um: (
            ask.offset_um.0.clamp(-FARTHEST_UM, FARTHEST_UM),
            ask.offset_um.1.clamp(-FARTHEST_UM, FARTHEST_UM),
        ),
        two_copies: ask.two_copies,
        dots_per_inch: dots_per_inch.clamp(*DOTS_PER_INCH.start(), *DOTS_PER_INCH.end()),
        ..Sheet::new(stock)
    };
    Ok(Setting { sheet, programmes, programme, key: store.label_key()?, address, lasting })
}

impl Setting {
    fn label(&self, code: Option<&str>, programme: Option<&Programme>, name: String) -> Label {
        Label {
            link: code.map_or(NOT_YET.to_owned(), |code| code::label_link(&self.address, &self.key, code)),
            code: code.unwrap_or(NOT_YET).to_owned(),
            title: programme.filter(|programme| !programme.sensitive).map_or(String::new(), title),
            name,
        }
    }

    fn blank(&self, code: Option<&str>) -> Label {
        self.label(code, self.programme.as_deref(), String::new())
    }

    fn labels(&self, labelled: &[Labelled]) -> Vec<Label> {
        let label = |one: &Labelled| {
            let programme = self.programmes.get(&one.programme).map(AsRef::as_ref);
            let name = programme.map_or(String::new(), |programme| name(programme, one));
            self.label(one.code.as_deref(), programme, name)
        };
        labelled.iter().map(label).collect()
    }

    /// Every code is of the same length, so any tells how large it comes out.
    fn fit(&self) -> Result<Fit, Failure> {
        sheet::fit(&self.blank(Some(&code::make(0))), &self.sheet).map_err(problem)
    }
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
        LabelChoice::Zone { programme, zone, .. } => {
            format!("{programme}/{}", zone.as_deref().unwrap_or("*"))
        }
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
    let end = if ask.calibration || ask.file == LabelFile::Pdf { "pdf" } else { "zip" };
    format!("{}.{end}", name.trim_end_matches('-'))
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
            dots_per_inch: None,
            file: LabelFile::Pdf,
        };
        let zone = |zone: Option<&str>| LabelChoice::Zone {
            programme: "water".into(),
            zone: zone.map(str::to_owned),
            without_code: false,
        };
        assert_eq!(file_name(&ask(zone(Some("R\"01")))), "labels-water-R-01.pdf");
        assert_eq!(file_name(&ask(zone(None))), "labels-water.pdf");
        assert_eq!(
            file_name(&ask(LabelChoice::Blank { programme: String::new(), count: 1 })),
            "labels-blank.pdf"
        );
        let drawings = Labels { file: LabelFile::Engraving, ..ask(zone(None)) };
        assert_eq!(file_name(&drawings), "labels-water.zip");
        assert_eq!(file_name(&Labels { calibration: true, ..drawings }), "calibration.pdf");
    }
}
