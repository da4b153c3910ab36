//! `sanam labels`: sheets of stickers for the printer, blank ones to be stuck first and bound in the field, or those
//! of a registry; and tags for the engraver.
//!
//! Labels hang in the street, so what stands on one besides its code is where the thing belongs, and those fields
//! that are asked for by name. On labels of a sensitive programme there is nothing but the code.

use crate::registry::{Dumped, each_record};
use crate::{folder, machine};
use clap::{Args, ValueEnum};
use domain::change::{Value, field, kind};
use domain::code::{self, Scanned};
use domain::problem::{Code, Problem};
use domain::programme::{FieldType, Programme};
use scan::sheet::{self, BadSheet, Label, STOCKS, Sheet, Stock};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sync_server::clock;

/// What citizens read on a label that is for them.
const PUBLIC_LINE: &str = "สแกนเพื่อแจ้งปัญหา";

/// Sheets of stickers with QR codes, as PDF or SVG: blank ones, or those of a registry.
///
/// Beside the sheets it writes labels.csv: page, place on the page, code, link and text of every label.
#[derive(Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["blank", "programme", "calibration"])))]
pub struct Arguments {
    /// How many stickers with codes that were never used.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    blank: Option<u32>,
    /// Labels of this programme's subjects that have a code, in walking order.
    #[arg(long, value_name = "PROGRAMME", requires = "db")]
    programme: Option<String>,
    /// Only subjects of these zones.
    #[arg(long, value_name = "ZONE", requires = "programme", value_delimiter = ',')]
    zone: Vec<String>,
    /// Only subjects with these codes: to print a lost label again.
    #[arg(long, value_name = "CODE", requires = "programme", value_delimiter = ',')]
    code: Vec<String>,
    /// Fields whose values stand on the label, such as `house_no,meter_no`. No names: labels hang in the street.
    #[arg(long, value_name = "FIELD", requires = "programme", value_delimiter = ',')]
    show: Vec<String>,
    /// The folder that holds the server's database: for the registry, the municipality's name, and the key without which
    /// a link opens its record but reports nothing.
    #[arg(long, value_name = "DIR")]
    db: Option<PathBuf>,
    /// The server's public address, which the codes lead to.
    #[arg(long, value_name = "URL", required_unless_present = "calibration")]
    server: Option<String>,
    /// The paper.
    #[arg(long, value_name = "NAME", default_value = "63.5x38.1",
        value_parser = clap::builder::PossibleValuesParser::new(STOCKS.iter().map(|stock| stock.name)))]
    stock: String,
    /// What to write.
    #[arg(long = "as", value_enum, default_value = "pdf")]
    output: Output,
    /// Only the page that shows whether the printer keeps sizes and places.
    #[arg(long)]
    calibration: bool,
    /// The first label that is still there on a used sheet, counted along the rows from 1.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=65))]
    start_at: u16,
    /// The printer's dots per inch; without it 203 for rolls and 600 for sheets.
    #[arg(long, value_name = "DPI", value_parser = clap::value_parser!(u32).range(150..=2_400))]
    dpi: Option<u32>,
    /// How far all is moved right and down, as the calibration page has shown, such as `0.5,-1`.
    #[arg(long, value_name = "MM,MM", value_parser = offset_um, allow_hyphen_values = true, default_value = "0,0")]
    offset: (i32, i32),
    /// Two codes on a label where both stay large enough: a scratch seldom takes both.
    #[arg(long)]
    two: bool,
    /// For citizens: prints "สแกนเพื่อแจ้งปัญหา" on each label.
    #[arg(long)]
    public: bool,
    /// Whose label it is, where no database says so.
    #[arg(long, value_name = "NAME", default_value = "")]
    municipality: String,
    /// The folder to write into.
    #[arg(long, value_name = "DIR", default_value = ".")]
    to: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// labels.pdf: for the printer.
    Pdf,
    /// labels-1.svg, labels-2.svg ...: a page each.
    Svg,
    /// CODE.svg for each label: outlines only, for a laser or a mill.
    Engraving,
}

/// Writes the sheets and prints each file's name.
pub fn run(arguments: &Arguments) -> Result<(), Problem> {
    // Labels say nothing about anybody: they go to a printer, in any folder.
    std::fs::create_dir_all(&arguments.to).map_err(|error| machine(arguments.to.display(), error))?;
    let stock =
        Stock::named(&arguments.stock).ok_or_else(|| Problem::new(Code::NotFound).about(&arguments.stock))?;
    let mut sheet = Sheet {
        municipality: arguments.municipality.clone(),
        public_line: arguments.public.then(|| PUBLIC_LINE.to_owned()),
        start_at: usize::from(arguments.start_at),
        dots_per_inch: arguments.dpi.unwrap_or_else(|| stock.usual_dots_per_inch()),
        offset_um: arguments.offset,
        two_copies: arguments.two,
        ..Sheet::new(stock)
    };
    let say = |path: PathBuf| println!("{}", path.display());
    if arguments.calibration {
        let page = sheet::calibration_pdf(&sheet).map_err(refused)?;
        return write(&arguments.to, "calibration.pdf", &page).map(say);
    }
    let server = arguments.server.as_deref().unwrap_or_default();
    let key = match &arguments.db {
        Some(db) => Some(folder::label_key(db, clock::wall_ms())?),
        None => None,
    };
    // Without the municipality's key a link opens its record and reports nothing.
    let link = |code: &str| match &key {
        Some(key) => code::label_link(server, key, code),
        None => code::link(server, code),
    };
    if arguments.public && key.is_none() {
        return Err(Problem::new(Code::NotFound)
            .about("--public needs --db: a citizen's report is believed by its key"));
    }
    let labels = match (&arguments.db, &arguments.programme) {
        (Some(db), Some(programme)) => {
            let store = folder::look_into_server(db)?;
            sheet.municipality = store.tenant()?.municipality;
            let programmes = store.programmes();
            let programme =
                programmes.get(programme).ok_or_else(|| Problem::new(Code::NotFound).about(programme))?;
            sheet.colour = colour(&programme.colour);
            of_registry(arguments, &store, programme, &link)?
        }
        (db, _) => {
            if let Some(db) = db {
                sheet.municipality = folder::look_into_server(db)?.tenant()?.municipality;
            }
            (0..arguments.blank.unwrap_or(0)).map(|_| blank(&link)).collect()
        }
    };
    if labels.is_empty() {
        return Err(Problem::new(Code::NotFound).about("no subject with a code of ours was chosen"));
    }
    match arguments.output {
        Output::Pdf => {
            let file = sheet::pdf(&labels, &sheet).map_err(refused)?;
            say(write(&arguments.to, "labels.pdf", &file)?);
        }
        Output::Svg => {
            for (index, page) in sheet::svg(&labels, &sheet).map_err(refused)?.iter().enumerate() {
                say(write(&arguments.to, &format!("labels-{}.svg", index + 1), page.as_bytes())?);
            }
        }
        Output::Engraving => {
            for label in &labels {
                let tag = sheet::engraving_svg(label, &sheet).map_err(refused)?;
                say(write(&arguments.to, &format!("{}.svg", label.code), tag.as_bytes())?);
            }
        }
    }
    say(write(&arguments.to, "labels.csv", &listing(&labels, &sheet)?)?);
    Ok(())
}

/// A label of nothing yet.
fn blank(link: &dyn Fn(&str) -> String) -> Label {
    let mut random = [0u8; 8];
    sync_server::entropy::system()(&mut random);
    let code = code::make(u64::from_le_bytes(random));
    Label { link: link(&code), code, title: String::new(), name: String::new() }
}

/// The labels of the chosen subjects, in walking order. Says on standard error how many have no code yet.
fn of_registry(
    arguments: &Arguments,
    store: &store::Store,
    programme: &Arc<Programme>,
    link: &dyn Fn(&str) -> String,
) -> Result<Vec<Label>, Problem> {
    for shown in &arguments.show {
        let known = programme.field(shown).ok_or_else(|| Problem::new(Code::NotFound).about(shown))?;
        let is_private =
            programme.sensitive || known.masked || known.office_only || known.kind == FieldType::Phone;
        if is_private {
            return Err(Problem::new(Code::Forbidden).about(format!("{shown} must not hang in the street")));
        }
    }
    let chosen_codes = arguments.code.iter().map(|text| match code::read(text) {
        Ok(Scanned::Ours { code, .. }) => Ok(code),
        Ok(_) => Err(Problem::new(Code::CodeMistyped).about(text)),
        Err(code) => Err(Problem::new(code).about(text)),
    });
    let chosen_codes = chosen_codes.collect::<Result<Vec<_>, _>>()?;
    let mut subjects: Vec<(Dumped, Option<String>)> = Vec::new();
    let mut titles: BTreeMap<String, String> = BTreeMap::new();
    let on_shelf = format!("{}/", programme.id);
    each_record(store, |record| {
        if record.values.get(field::DELETED) == Some(&Value::Bool(true)) {
            return Ok(());
        }
        let text = |name: &str| record.values.get(name).and_then(Value::as_str).unwrap_or_default();
        if record.kind == kind::ZONE && text(field::PROGRAMME) == programme.id {
            titles.insert(text(field::ZONE).to_owned(), text(field::TITLE).to_owned());
        } else if record.kind == kind::SUBJECT
            && record.shelf.starts_with(&on_shelf)
            && (arguments.zone.is_empty() || arguments.zone.iter().any(|zone| zone == text(field::ZONE)))
        {
            let bound = record.values.iter().filter(|(_, value)| **value == Value::Bool(true));
            // Of several the one that was bound last, as on the office's screen.
            let ours = bound
                .filter_map(|(name, _)| Some((name, name.strip_prefix(field::CODES)?)))
                .filter(|(_, code)| matches!(code::read(code), Ok(Scanned::Ours { .. })))
                .filter(|(_, code)| {
                    chosen_codes.is_empty() || chosen_codes.iter().any(|chosen| chosen == code)
                })
                .max_by_key(|(name, _)| record.stamps.get(*name))
                .map(|(_, code)| code.to_owned());
            if ours.is_some() || chosen_codes.is_empty() {
                subjects.push((record, ours));
            }
        }
        Ok(())
    })?;
    let without = subjects.iter().filter(|(_, code)| code.is_none()).count();
    if without > 0 {
        eprintln!("{without} รายการยังไม่มีรหัส: ติดสติกเกอร์เปล่า (--blank) แล้วผูกรหัสที่หน้างาน");
    }
    subjects.sort_by_cached_key(|(record, _)| place_in_round(record));
    let label = |(record, code): (Dumped, Option<String>)| {
        let code = code?;
        let zone = record.values.get(field::ZONE).and_then(Value::as_str).unwrap_or_default();
        let zone = titles.get(zone).filter(|title| !title.is_empty()).map_or(zone, String::as_str);
        let shown = arguments.show.iter().filter_map(|name| record.values.get(name)).map(plain);
        // The zone comes last, because a line that is too long is cut at its end.
        let name: Vec<String> = shown.chain([zone.to_owned()]).collect();
        let is_open = !programme.sensitive;
        Some(Label {
            link: link(&code),
            code,
            title: if is_open { programme.subject.title.th.clone() } else { String::new() },
            name: if is_open { name.join(" · ") } else { String::new() },
        })
    };
    Ok(subjects.into_iter().filter_map(label).collect())
}

/// Zone, then order: numbers by their size, before texts.
fn place_in_round(record: &Dumped) -> (String, u64, String) {
    let zone = record.values.get(field::ZONE).map(plain).unwrap_or_default();
    let order = record.values.get(field::ORDER).map(plain).unwrap_or_default();
    (zone, order.parse().unwrap_or(u64::MAX), order)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What is on which page, for the office's folder.
fn listing(labels: &[Label], sheet: &Sheet) -> Result<Vec<u8>, Problem> {
    let count = sheet.stock.count().max(1);
    let used = (sheet.start_at - 1) % count;
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let mut row = |cells: [&str; 6]| writer.write_record(cells).map_err(|error| machine("labels.csv", error));
    row(["page", "place", "code", "link", "title", "name"])?;
    for (index, label) in (used..).zip(labels) {
        let (page, place) = ((index / count + 1).to_string(), (index % count + 1).to_string());
        row([&page, &place, &label.code, &label.link, &label.title, &label.name])?;
    }
    writer.into_inner().map_err(|error| machine("labels.csv", error))
}

fn write(to: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, Problem> {
    let path = to.join(name);
    std::fs::write(&path, bytes).map_err(|error| machine(path.display(), error))?;
    Ok(path)
}

fn refused(error: BadSheet) -> Problem {
    machine("labels", error)
}

/// Reads `#rrggbb`; anything else is black.
fn colour(text: &str) -> [u8; 3] {
    let parts = text.strip_prefix('#').and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let [_, red, green, blue] = parts.unwrap_or(0).to_be_bytes();
    [red, green, blue]
}

/// Reads two lengths in millimetres, at most 10 either way, as micrometres.
fn offset_um(text: &str) -> Result<(i32, i32), String> {
    let length = |part: &str| {
        let mm: f64 = part.trim().parse().map_err(|_| format!("{part:?} is no length"))?;
        if mm.abs() <= 10.0 { Ok((mm * 1000.0).round() as i32) } else { Err("at most 10 mm".to_owned()) }
    };
    let (across, down) = text.split_once(',').ok_or("two lengths with a comma between them")?;
    Ok((length(across)?, length(down)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_offsets_are_read() {
        assert_eq!(colour("#0b5cad"), [0x0b, 0x5c, 0xad]);
        assert_eq!(colour("blue"), [0, 0, 0]);
        assert_eq!(offset_um("0.5,-1"), Ok((500, -1000)));
        for bad in ["1", "a,b", "11,0", "NaN,0"] {
            assert!(offset_um(bad).is_err(), "{bad}");
        }
    }
}
