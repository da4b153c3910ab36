//! `sanam`: a device without a screen, the server, and the office's tools, on the same store as every other shell.
//!
//! Exit codes: 0 it is done; 1 a problem, with its stable code and a Thai sentence on standard error; 2 wrong usage;
//! 3 data is damaged, see `sanam server verify`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks through these")]

mod billing;
mod demo;
mod device;
mod folder;
mod form;
mod labels;
mod log;
mod programme;
mod records;
mod registry;
mod server;
mod upkeep;

use clap::{Parser, Subcommand};
use domain::problem::{Code, Problem};
use std::process::ExitCode;

/// Sanam (สนาม): offline-first field work for Thai municipalities.
#[derive(Parser)]
#[command(name = "sanam", version, about, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A worker's device without a screen: enrol, record, exchange, look up.
    Device(device::Arguments),
    /// The municipality's server.
    Server(server::Arguments),
    /// A simulated sub-district with its server, ready to try.
    Demo(demo::Arguments),
    /// Sheets of stickers with QR codes, as PDF or SVG: blank ones, or those of a registry.
    Labels(labels::Arguments),
    /// Forms: check them, try them out, take them to other programs.
    Form(form::Arguments),
    /// Programmes: check a folder that somebody wrote, bring it to a server.
    Programme(programme::Arguments),
    /// What a programme charges: payee and tariffs, shown or replaced.
    Billing(billing::Arguments),
    /// Brings a registry into a server's database from a CSV file.
    Import(registry::ImportArguments),
    /// Writes the records of a server's database as CSV or JSON lines.
    Export(registry::ExportArguments),
}

fn main() -> ExitCode {
    #[cfg(feature = "planted")]
    domain::planted::plant(std::env::var("SANAM_PLANTED").ok().as_deref());
    let done = match Arguments::parse().command {
        Command::Form(arguments) => form::run(arguments),
        Command::Programme(arguments) => programme::run(arguments),
        Command::Device(arguments) => device::run(arguments).map(success),
        Command::Server(arguments) => server::run(arguments),
        Command::Demo(arguments) => demo::run(arguments).map(success),
        Command::Labels(arguments) => labels::run(&arguments).map(success),
        Command::Billing(arguments) => billing::run(arguments).map(success),
        Command::Import(arguments) => registry::import(&arguments).map(success),
        Command::Export(arguments) => registry::export(&arguments).map(success),
    };
    match done {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("{}: {}", problem.code.as_str(), problem.hint);
            if let Some(detail) = &problem.detail {
                eprintln!("  {detail}");
            }
            ExitCode::from(1)
        }
    }
}

fn success((): ()) -> ExitCode {
    ExitCode::SUCCESS
}

/// A problem of this machine (a file, a socket), with what it was about.
fn machine(what: impl std::fmt::Display, error: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Internal).about(format!("{what}: {error}"))
}
