//! `sanam device`: a worker's device without a screen.

use crate::{folder, machine, records};
use clap::{Args, Subcommand};
use cli::http::Network;
use domain::api::{Ask, Card, Enrol, Find, Found, Status, SyncReply};
use domain::problem::{Code, Problem};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::PathBuf;
use store::{Now, Step, Store, SyncSession};
use sync_server::clock::{self, Clock};

/// A worker's device without a screen.
#[derive(Args)]
pub struct Arguments {
    /// The folder that holds the device's database; made if it does not exist.
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes this device known to a server, with a one-time code from the office.
    Enrol {
        /// Address of the server, such as `https://sanam.example.go.th`
        url: String,
        /// The one-time code, or the whole link of the QR.
        code: String,
        /// What the holder calls this device.
        #[arg(long, default_value = "sanam")]
        name: String,
    },
    /// Saves visits from a file of JSON (`-` for standard input), and prints each record's id once it is on disk.
    #[command(long_about = records::HELP)]
    Record {
        /// The file.
        file: PathBuf,
    },
    /// Sends what waits.
    Push,
    /// Fetches what is new; what waits is sent first. Photos stay here.
    Pull,
    /// Sends, fetches, and sends photos.
    Sync,
    /// Says whose code this is.
    Find {
        /// A sticker's code or link, or a maker's serial number.
        code: String,
    },
    /// Prints every record as canonical JSON, one a line, sorted by id.
    Dump,
    /// Reads everything and says what a failing disk has changed; silent if all is well. Nothing is written. How often a
    /// sync had to read a shelf again because it was not what the office has goes to standard error.
    Verify,
    /// Prints what can be read of a database that does not open, as JSON lines, which `record` saves again on a device that
    /// works. Nothing is written to it.
    Rescue {
        /// The damaged file; without it the folder's database and all that were set aside.
        file: Option<PathBuf>,
    },
}

/// Runs a command of the device.
pub fn run(arguments: Arguments) -> Result<(), Problem> {
    if let Command::Rescue { file } = &arguments.command {
        return rescue(&arguments.store, file.clone());
    }
    let clock = clock::anchored();
    let mut opened = folder::open_device(&arguments.store, clock())?;
    let store = &mut opened.store;
    match arguments.command {
        Command::Enrol { url, code, name } => enrol(store, &clock, url, code, name),
        Command::Record { file } => {
            if file.as_os_str() == "-" {
                return records::record(store, &clock, BufReader::new(std::io::stdin()));
            }
            let reader = std::fs::File::open(&file).map_err(|error| machine(file.display(), error))?;
            records::record(store, &clock, BufReader::new(reader))
        }
        Command::Push => exchange(store, &clock, How::PushOnly),
        Command::Pull => exchange(store, &clock, How::WithoutPhotos),
        Command::Sync => exchange(store, &clock, How::Everything),
        Command::Find { code } => find(store, &clock, code),
        Command::Dump => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            store.dump(None, &mut out)?;
            out.flush().map_err(|error| machine("standard output", error))
        }
        Command::Verify => {
            let faults = store.verify_all()?;
            faults.iter().for_each(|fault| println!("{fault}"));
            let status = Status::unwrap(store::service::serve(store, None, now(&clock), Status {}.wrap())?)?;
            if status.healed > 0 {
                eprintln!("healed: {} times a shelf was read again", status.healed);
            }
            if faults.is_empty() { Ok(()) } else { Err(Code::StoreDamaged.into()) }
        }
        Command::Rescue { .. } => Ok(()),
    }
}

/// What time it is on this device.
pub fn now(clock: &Clock) -> Now {
    Now { ms: clock(), wall_ms: clock::wall_ms(), offset_minutes: domain::thai_date::THAI_OFFSET_MINUTES }
}

fn enrol(store: &mut Store, clock: &Clock, url: String, code: String, name: String) -> Result<(), Problem> {
    let request = Enrol { text: code, server: Some(url), name };
    let (server, call) = store::enrol_call(store, &request)?;
    let answer = Network::new().carry(&call);
    store::absorb_enrol(store, &server, answer, now(clock))?;
    println!("{}", store.device().0);
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    PushOnly,
    WithoutPhotos,
    Everything,
}

fn exchange(store: &mut Store, clock: &Clock, how: How) -> Result<(), Problem> {
    let network = Network::new();
    let mut session = SyncSession::new(how == How::Everything);
    let mut answer = None;
    loop {
        match session.next(store, answer.take(), now(clock)) {
            Step::Call(call) if how == How::PushOnly && call.url.ends_with("/v1/pull") => {
                let (pushed, pulled, photos) = session.progress();
                return told(&SyncReply { pushed, pulled, photos, ..SyncReply::default() }, &network);
            }
            Step::Call(call) => answer = Some(network.carry(&call)),
            Step::Done(reply) => return told(&reply, &network),
            Step::Failed(problem) => return Err(problem),
        }
    }
}

fn told(reply: &SyncReply, network: &Network) -> Result<(), Problem> {
    let (up, down) = network.carried();
    println!(
        "ส่ง {} · รับ {} · รูป {} · ใช้เน็ต {} kB",
        reply.pushed,
        reply.pulled,
        reply.photos,
        (up + down).div_ceil(1000)
    );
    Ok(())
}

fn find(store: &mut Store, clock: &Clock, text: String) -> Result<(), Problem> {
    let now = now(clock);
    let found = Find::unwrap(store::service::serve(store, None, now, Find { text }.wrap())?)?;
    match found {
        Found::Subject(subject) => {
            let card = Card { subject, today: now.day().to_string() }.wrap();
            let card = Card::unwrap(store::service::serve(store, None, now, card)?)?;
            print_json(&card.row)
        }
        Found::Replaced { ref row, .. } => print_json(row),
        Found::Several(rows) => rows.iter().try_for_each(print_json),
        Found::Unknown { mistyped: true, .. } => Err(Code::CodeMistyped.into()),
        Found::Unknown { .. } => Err(Code::NotFound.into()),
        Found::Enrolment { .. } => print_json(&found),
    }
}

fn print_json(value: &impl serde::Serialize) -> Result<(), Problem> {
    println!("{}", serde_json::to_string(value).map_err(|error| machine("JSON", error))?);
    Ok(())
}

fn rescue(folder: &std::path::Path, file: Option<PathBuf>) -> Result<(), Problem> {
    let files = match file {
        Some(file) => vec![file],
        None => std::iter::once(folder::database(folder))
            .filter(|path| path.exists())
            .chain(folder::set_aside_files(folder))
            .collect(),
    };
    if files.is_empty() {
        return Err(Problem::new(Code::NotFound).about(folder.display()));
    }
    let mut unreadable = None;
    for file in files {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let found = store::rescue::rescue(&file, &mut out);
        out.flush().map_err(|error| machine("standard output", error))?;
        match found {
            Ok(found) => eprintln!(
                "{}: {} records, {} commits, {} of them unsent, {} photos that wait",
                file.display(),
                found.records,
                found.commits,
                found.unsent,
                found.photos
            ),
            Err(error) => {
                unreadable =
                    Some(Problem::new(Code::StoreDamaged).about(format!("{}: {error}", file.display())))
            }
        }
    }
    unreadable.map_or(Ok(()), Err)
}

/// Reads all of a file, or of standard input for `-`.
pub fn read_all(path: &std::path::Path) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| machine(path.display(), error))?;
    Ok(bytes)
}
