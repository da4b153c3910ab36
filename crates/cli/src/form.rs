//! `sanam form`: checks a form before it is published, tries it out, and takes it to other programs.

use crate::machine;
use clap::{Args, Subcommand, ValueEnum};
use domain::problem::{Code, Problem};
use forms::workbook::{self, Limits};
use forms::{Filling, Form, Host, Imported, Message, Row, Sheets, Value, export};
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Forms: check, try out, export.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Reads forms and says what their authors should change, with sheet, row and column.
    Check {
        /// Workbooks (`.xlsx`, `.xls`), folders of CSV sheets (`survey.csv` ...), Markdown tables (`.md`), or folders of these.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// One JSON object for each form.
        #[arg(long)]
        json: bool,
    },
    /// Writes a form for other programs.
    Export {
        /// The form.
        path: PathBuf,
        /// As what.
        #[arg(long = "as", value_enum, default_value = "xform")]
        format: Format,
        /// Where to: a file, or a folder for CSV. Standard output for an XForm when it is not given.
        #[arg(long)]
        to: Option<PathBuf>,
    },
    /// Fills a form without a screen and prints the record, and what stands in the way of saving it.
    Fill {
        /// The form.
        path: PathBuf,
        /// An answer, in order: `reading=153`, `wound[1]/site=sacrum`. `+wound` adds an instance of a repeat.
        #[arg(long = "set", value_name = "QUESTION=VALUE")]
        answers: Vec<String>,
        /// What is known of the subject.
        #[arg(long, value_name = "NAME=VALUE")]
        known: Vec<String>,
        /// A table that the form looks up, as CSV.
        #[arg(long, value_name = "NAME=FILE")]
        table: Vec<String>,
        /// The language, as the form names it.
        #[arg(long)]
        language: Option<String>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// An ODK XForm.
    Xform,
    /// A workbook.
    Xlsx,
    /// A folder of CSV sheets.
    Csv,
}

/// Does it; the exit code says whether every form was in order.
pub fn run(arguments: Arguments) -> Result<ExitCode, Problem> {
    match arguments.command {
        Command::Check { paths, json } => check(&paths, json),
        Command::Export { path, format, to } => send_out(&path, format, to),
        Command::Fill { path, answers, known, table, language } => {
            fill(&path, &answers, &known, &table, language.as_deref())
        }
    }
}

const SHEETS: [&str; 5] = ["survey", "choices", "settings", "external_choices", "entities"];

fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    std::fs::read(path).map_err(|error| machine(path.display(), error))
}

fn read_text(path: &Path) -> Result<String, Problem> {
    String::from_utf8(read(path)?).map_err(|error| machine(path.display(), error))
}

/// Sheets of a form, from whatever holds it.
fn sheets(path: &Path) -> Result<Result<Sheets, Vec<Message>>, Problem> {
    if path.is_dir() {
        let mut texts = Vec::new();
        for name in SHEETS {
            let file = path.join(name).with_extension("csv");
            if file.is_file() {
                texts.push((name, read_text(&file)?));
            }
        }
        return Ok(Sheets::from_csv(texts.iter().map(|(name, text)| (*name, text.as_str()))));
    }
    if path.extension().is_some_and(|ending| ending == "md") {
        return Ok(Ok(Sheets::from_markdown(&read_text(path)?)));
    }
    // An office has old files; the server, which strangers reach, takes only new ones.
    let limits = Limits { old_format: true, ..Limits::default() };
    Ok(workbook::read(&read(path)?, &limits).map_err(|message| vec![message]))
}

fn load(path: &Path) -> Result<Result<Imported, Vec<Message>>, Problem> {
    Ok(sheets(path)?.and_then(|sheets| forms::import(&sheets)))
}

/// Forms at a path: the path itself, or everything in a folder that looks like one.
fn find(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), Problem> {
    if !path.is_dir() || path.join("survey.csv").is_file() {
        found.push(path.to_owned());
        return Ok(());
    }
    let entries = std::fs::read_dir(path).map_err(|error| machine(path.display(), error))?;
    let mut inside: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    inside.sort();
    for path in inside {
        let workbook = path.extension().is_some_and(|ending| ending == "xlsx" || ending == "xls");
        if path.is_dir() || workbook {
            find(&path, found)?;
        }
    }
    Ok(())
}

fn check(paths: &[PathBuf], json: bool) -> Result<ExitCode, Problem> {
    let mut found = Vec::new();
    for path in paths {
        find(path, &mut found)?;
    }
    let mut bad = 0;
    let mut out = String::new();
    for path in &found {
        let loaded = load(path)?;
        let fine = loaded.is_ok();
        bad += usize::from(!fine);
        if json {
            let (errors, warnings) = match &loaded {
                Ok(imported) => (&[][..], imported.warnings.as_slice()),
                Err(errors) => (errors.as_slice(), &[][..]),
            };
            let report = serde_json::json!({
                "form": path.display().to_string(), "ok": fine, "errors": errors, "warnings": warnings,
            });
            out.push_str(&format!("{report}\n"));
            continue;
        }
        match &loaded {
            Ok(imported) => {
                let form = &imported.form;
                let asked = form.questions().iter().filter(|question| !question.hidden).count();
                out.push_str(&format!("{}: ใช้ได้ — {} ({asked} ข้อ)\n", path.display(), form.title()));
                out.push_str(&told("ควรดู", &imported.warnings));
            }
            Err(errors) => {
                out.push_str(&format!("{}: ต้องแก้ {} แห่ง\n", path.display(), errors.len()));
                out.push_str(&told("ต้องแก้", errors));
            }
        }
    }
    if !json && found.len() > 1 {
        out.push_str(&format!("{} แบบฟอร์ม ใช้ได้ {} ต้องแก้ {bad}\n", found.len(), found.len() - bad));
    }
    // Whoever reads only the beginning has read enough.
    let _ = std::io::stdout().write_all(out.as_bytes());
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Messages with their places, Thai first; the same words for several places are said once.
fn told(word: &str, messages: &[Message]) -> String {
    let mut groups: Vec<(&Message, Vec<String>)> = Vec::new();
    for message in messages {
        let mut place = message.sheet.clone();
        if let Some(row) = message.row {
            place.push_str(&format!(" แถว {row}"));
        }
        if let Some(column) = &message.column {
            place.push_str(&format!(" ช่อง {column}"));
        }
        match groups.iter_mut().find(|(first, _)| first.code == message.code && first.th == message.th) {
            Some((_, places)) => places.push(place),
            None => groups.push((message, vec![place])),
        }
    }
    let mut out = String::new();
    for (message, places) in groups {
        let first = places.first().map_or("", String::as_str).trim();
        let more = if places.len() > 1 {
            format!(" และอีก {} แห่ง", places.len() - 1)
        } else {
            String::new()
        };
        out.push_str(&format!("  {word} [{}] {first}{more}\n", message.code));
        out.push_str(&format!("    {}\n    {}\n", message.th, message.en));
    }
    out
}

/// The form, or its mistakes on the screen.
fn load_or_say(path: &Path) -> Result<Option<Form>, Problem> {
    match load(path)? {
        Ok(imported) => Ok(Some(imported.form)),
        Err(errors) => {
            eprint!("{}", told("ต้องแก้", &errors));
            Ok(None)
        }
    }
}

fn send_out(path: &Path, format: Format, to: Option<PathBuf>) -> Result<ExitCode, Problem> {
    let Some(form) = load_or_say(path)? else { return Ok(ExitCode::from(1)) };
    let write =
        |to: &Path, bytes: &[u8]| std::fs::write(to, bytes).map_err(|error| machine(to.display(), error));
    match (format, to) {
        (Format::Xform, to) => {
            let exported = export::xform(&form);
            for message in &exported.left_out {
                eprintln!("ไม่ได้ส่งออก: {} / {}", message.th, message.en);
            }
            match to {
                Some(to) => write(&to, exported.xml.as_bytes())?,
                None => drop(std::io::stdout().write_all(exported.xml.as_bytes())),
            }
        }
        (Format::Xlsx, to) => {
            let to = to.unwrap_or_else(|| PathBuf::from(format!("{}.xlsx", form.id())));
            let book =
                workbook::write(&export::sheets(&form)).map_err(|error| machine(to.display(), error))?;
            write(&to, &book)?;
            println!("{}", to.display());
        }
        (Format::Csv, to) => {
            let to = to.unwrap_or_else(|| PathBuf::from(form.id()));
            std::fs::create_dir_all(&to).map_err(|error| machine(to.display(), error))?;
            for (name, text) in export::sheets(&form).to_csv() {
                let file = to.join(name).with_extension("csv");
                write(&file, text.as_bytes())?;
                println!("{}", file.display());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The world around a form that is tried out at a desk.
struct Desk {
    tables: HashMap<String, Vec<Row>>,
}

impl Host for Desk {
    fn now_ms(&self) -> i64 {
        i64::try_from(sync_server::clock::wall_ms()).unwrap_or(i64::MAX)
    }

    fn random(&self) -> u64 {
        let mut bytes = [0_u8; 8];
        sync_server::entropy::system()(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn lookup(&self, instance: &str, equals: Option<(&str, &str)>) -> Option<Vec<Row>> {
        let rows = self.tables.get(instance)?.iter();
        let same =
            |row: &&Row| equals.is_none_or(|(column, value)| row.get(column).is_some_and(|v| v == value));
        Some(rows.filter(same).cloned().collect())
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Option<Value> {
        forms::calculate(name, arguments)
    }
}

fn pair(text: &str) -> Result<(&str, &str), Problem> {
    let wrong = || Problem::new(Code::Malformed).about(format!("`{text}`: NAME=VALUE"));
    text.split_once('=').ok_or_else(wrong)
}

fn table(path: &Path) -> Result<Vec<Row>, Problem> {
    let text = read_text(path)?;
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let wrong = |error: csv::Error| machine(path.display(), error);
    let heads: Vec<String> = reader.headers().map_err(wrong)?.iter().map(str::to_owned).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        rows.push(heads.iter().cloned().zip(record.iter().map(str::to_owned)).collect());
    }
    Ok(rows)
}

fn fill(
    path: &Path,
    answers: &[String],
    known: &[String],
    tables: &[String],
    language: Option<&str>,
) -> Result<ExitCode, Problem> {
    let Some(form) = load_or_say(path)? else { return Ok(ExitCode::from(1)) };
    let mut desk = Desk { tables: HashMap::new() };
    for text in tables {
        let (name, file) = pair(text)?;
        desk.tables.insert(name.to_owned(), table(Path::new(file))?);
    }
    let mut before = BTreeMap::new();
    for text in known {
        let (name, value) = pair(text)?;
        before.insert(name.to_owned(), value.to_owned());
    }
    let mut filling = Filling::new(&Arc::new(form), &before, Box::new(desk));
    if let Some(language) = language {
        filling.set_language(language);
    }
    let wrong =
        |text: &str, error: forms::SetError| Problem::new(Code::Malformed).about(format!("{text}: {error}"));
    for text in answers {
        if let Some(repeat) = text.strip_prefix('+') {
            filling.add_repeat(repeat).map_err(|error| wrong(text, error))?;
        } else {
            let (question, value) = pair(text)?;
            filling.set(question, value).map_err(|error| wrong(text, error))?;
        }
    }
    let problems = filling.problems();
    for problem in &problems {
        eprintln!("ต้องแก้ {}: {} — {}", problem.key, problem.label, problem.message);
    }
    for warning in filling.warnings() {
        eprintln!("ควรดู {}: {} — {}", warning.key, warning.label, warning.message);
    }
    for trouble in filling.troubles() {
        eprintln!("สูตร: {trouble}");
    }
    let changes: Vec<serde_json::Value> = filling
        .entities()
        .into_iter()
        .map(|change| {
            serde_json::json!({
                "list": change.list, "id": change.id, "label": change.label, "properties": change.properties,
            })
        })
        .collect();
    let answers = filling.finish();
    let record = if changes.is_empty() {
        serde_json::json!({ "record": answers })
    } else {
        serde_json::json!({ "record": answers, "registry": changes })
    };
    println!("{}", serde_json::to_string_pretty(&record).unwrap_or_default());
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
