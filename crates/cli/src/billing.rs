//! What a programme charges: looking at it, and putting the municipality's own in its place.

use crate::{folder, machine};
use domain::billing::Billing;
use domain::problem::{Code, Problem};
use std::path::PathBuf;

/// Arguments of `sanam billing`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Prints payee, tariffs and which answers are charged, as JSON.
    Show {
        /// The server's folder.
        #[arg(long)]
        db: PathBuf,
        /// Programme id.
        programme: String,
    },
    /// Puts a file in the place of all of it. A tariff that bills were issued by stays in the file, beside the new one.
    Set {
        /// The server's folder. The server must not run.
        #[arg(long)]
        db: PathBuf,
        /// Programme id.
        programme: String,
        /// TOML as in `[billing]` of programme.toml (without that word), or JSON as `show` prints it.
        file: PathBuf,
    },
}

/// Runs it.
pub fn run(arguments: Arguments) -> Result<(), Problem> {
    match arguments.command {
        Command::Show { db, programme } => {
            let store = folder::look_into_server(&db)?;
            let programmes = store.programmes();
            let known = programmes.get(&programme).and_then(|programme| programme.billing.as_ref());
            let billing = known.ok_or_else(|| Problem::new(Code::NotFound).about(&programme))?;
            println!("{}", serde_json::to_string_pretty(billing).map_err(|error| machine("billing", error))?);
            Ok(())
        }
        Command::Set { db, programme, file } => {
            let text = std::fs::read_to_string(&file).map_err(|error| machine(file.display(), error))?;
            let wrong = |error: &dyn std::fmt::Display| {
                Problem::new(Code::Malformed).about(format!("{}: {error}", file.display()))
            };
            let mut billing: Billing = match file.extension().is_some_and(|end| end == "json") {
                true => serde_json::from_str(&text).map_err(|error| wrong(&error))?,
                false => toml::from_str(&text).map_err(|error| wrong(&error))?,
            };
            // Updates of the app leave it as it is from now on.
            billing.own = true;
            let now_ms = sync_server::clock::wall_ms();
            let mut opened = folder::open_server(&db, now_ms)?;
            let known = opened.store.programmes();
            let known =
                known.get(&programme).ok_or_else(|| Problem::new(Code::NotFound).about(&programme))?;
            let mut changed = domain::programme::Programme::clone(known);
            changed.shipped = known.shipped_version();
            changed.version = known.version.saturating_add(1);
            changed.billing = Some(billing);
            let faults = changed.faults_since(Some(&**known));
            if !faults.is_empty() {
                return Err(Problem::new(Code::Malformed).about(faults.join("; ")));
            }
            opened.store.define_programme(&changed, now_ms)?;
            println!(
                "บันทึกอัตราค่าบริการของ {programme} รุ่น {} แล้ว เครื่องทุกเครื่องจะได้รับเมื่อซิงก์ครั้งถัดไป",
                changed.version
            );
            Ok(())
        }
    }
}
