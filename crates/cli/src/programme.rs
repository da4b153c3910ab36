//! `sanam programme`: reads a programme's folder as somebody wrote it, says what to mend, and brings it to a server.

use crate::server::Database;
use crate::{folder, machine};
use clap::{Args, Subcommand};
use domain::problem::{Code, Problem};
use domain::programme::Programme;
use programmes::{FormSource, Source, cases};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use sync_server::clock;

/// Programmes: check a folder, publish it.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Reads a programme's folder, runs its cases, and says what to mend.
    Check {
        /// The folder: `programme.toml`, a folder for each form, `cases.toml`, `README.md`.
        folder: PathBuf,
    },
    /// Checks a programme's folder and brings it into a server's database. Devices get it with their next sync.
    Publish {
        /// The folder.
        folder: PathBuf,
        #[command(flatten)]
        database: Database,
    },
}

/// Runs a command on programmes.
pub fn run(arguments: Arguments) -> Result<ExitCode, Problem> {
    let (folder, database) = match arguments.command {
        Command::Check { folder } => (folder, None),
        Command::Publish { folder, database } => (folder, Some(database)),
    };
    let read = Folder::read(&folder)?;
    let forms = read.forms();
    let source = read.source(&forms);
    let wrong = match source.read() {
        Ok(programme) => {
            let wrong = cases::run(&source, &programme);
            if wrong.is_empty() {
                println!("{}: ใช้ได้ · แบบฟอร์ม {} · กรณีทดสอบผ่านครบ", programme.id, programme.forms.len());
                return match database {
                    Some(database) => publish(&programme, &database),
                    None => Ok(ExitCode::SUCCESS),
                };
            }
            wrong
        }
        Err(fault) => vec![fault.to_string()],
    };
    for text in wrong {
        println!("{text}");
    }
    Ok(ExitCode::from(1))
}

fn publish(programme: &Programme, database: &Database) -> Result<ExitCode, Problem> {
    let now_ms = clock::wall_ms();
    let mut opened = folder::open_server(&database.db, now_ms)?;
    let known = opened.store.programmes().get(&programme.id).cloned();
    let update = match &known {
        // What is there stays unless this one is newer: a phone would take the older one for news.
        Some(known) if known.shipped_version() >= programme.version && **known != *programme => {
            let about = format!(
                "{}: version {} is not above {}",
                programme.id,
                programme.version,
                known.shipped_version()
            );
            return Err(Problem::new(Code::FormChanged).about(about));
        }
        Some(known) => programme.clone().with_own_forms_of(known),
        None => programme.clone(),
    };
    opened.store.define_programme(&update, now_ms)?;
    println!("{}: เผยแพร่แล้ว", programme.id);
    Ok(ExitCode::SUCCESS)
}

/// A programme's folder, read.
struct Folder {
    id: String,
    programme: String,
    cases: String,
    readme: String,
    /// Name, survey, choices, settings.
    forms: Vec<[String; 4]>,
}

impl Folder {
    fn read(path: &Path) -> Result<Folder, Problem> {
        let text =
            |path: PathBuf| std::fs::read_to_string(&path).map_err(|error| machine(path.display(), error));
        // A sheet that is not there is empty.
        let sheet = |path: PathBuf| if path.exists() { text(path) } else { Ok(String::new()) };
        let here = path.canonicalize().map_err(|error| machine(path.display(), error))?;
        let name = |path: &Path| {
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        };
        let mut forms = Vec::new();
        for entry in std::fs::read_dir(&here).map_err(|error| machine(here.display(), error))? {
            let form = entry.map_err(|error| machine(here.display(), error))?.path();
            if form.join("survey.csv").is_file() {
                forms.push([
                    name(&form),
                    text(form.join("survey.csv"))?,
                    sheet(form.join("choices.csv"))?,
                    sheet(form.join("settings.csv"))?,
                ]);
            }
        }
        forms.sort();
        Ok(Folder {
            id: name(&here),
            programme: text(here.join("programme.toml"))?,
            cases: text(here.join("cases.toml"))?,
            readme: sheet(here.join("README.md"))?,
            forms,
        })
    }

    fn forms(&self) -> Vec<FormSource<'_>> {
        self.forms
            .iter()
            .map(|[id, survey, choices, settings]| FormSource { id, survey, choices, settings })
            .collect()
    }

    fn source<'a>(&'a self, forms: &'a [FormSource<'a>]) -> Source<'a> {
        Source { id: &self.id, programme: &self.programme, forms, cases: &self.cases, readme: &self.readme }
    }
}
