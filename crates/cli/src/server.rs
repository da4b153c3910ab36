//! `sanam server`: serve, back up, restore, verify, dump.

use crate::{folder, log, machine, upkeep};
use clap::{Args, Subcommand};
use domain::ids::{DeviceNo, Shelf};
use domain::problem::{Code, Problem};
use std::io::{BufWriter, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use store::Store;
use sync_server::{Config, Outside, Server, clock};

/// The municipality's server.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves devices, the office and citizens until it is told to stop.
    Serve {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        serving: Serving,
    },
    /// Writes a copy of all data, photos included, to one new file, also while the server runs, and checks it.
    Backup {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        target: upkeep::Target,
        /// With --into: keep so many of the newest backups, and remove older ones once the new one is checked.
        #[arg(long, value_name = "N", requires = "into")]
        keep: Option<usize>,
    },
    /// Puts a backup in place of a lost database. Every device then offers its last 90 days again.
    Restore {
        #[command(flatten)]
        database: Database,
        /// The backup.
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// Rename and keep a database that is there, instead of refusing.
        #[arg(long)]
        set_aside: bool,
    },
    /// Checks the file, every record, shelf, photo, the search index and the audit. Exit code 3: something is broken.
    Verify {
        #[command(flatten)]
        what: upkeep::Verified,
    },
    /// Prints who did or looked at what, one row of JSON a line, also while the server runs. It names records, never what
    /// they hold.
    Audit {
        #[command(flatten)]
        database: Database,
        /// Only rows after this number.
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        after: i64,
    },
    /// Prints every record as canonical JSON, one a line, sorted by id.
    Dump {
        #[command(flatten)]
        database: Database,
        /// Only this shelf, written programme/zone. May be given several times.
        #[arg(long, value_name = "SHELF")]
        shelf: Vec<Shelf>,
        /// Only what this device holds: the same bytes as its own dump, once in step.
        #[arg(long, value_name = "NUMBER", conflicts_with = "shelf")]
        device: Option<u32>,
    },
}

#[derive(Args)]
pub struct Database {
    /// The folder that holds the server's database.
    #[arg(long, value_name = "DIR")]
    pub db: PathBuf,
}

/// How a server is reached.
#[derive(Args)]
pub struct Serving {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Folder of the built browser app.
    #[arg(long, value_name = "DIR", default_value = "ui/dist")]
    pub app: PathBuf,
    /// The address that devices and citizens use, such as `https://sanam.example.go.th`
    #[arg(long, value_name = "URL")]
    pub address: Option<String>,
    /// The office's telephone, for the page behind a sticker.
    #[arg(long, value_name = "NUMBER")]
    pub phone: Option<String>,
    /// Address of a proxy on another machine, such as a container's, that says for whom it asks (`X-Forwarded-For`). May be
    /// given several times; one on this machine is believed anyway. Without it all who come through such a proxy count as one.
    #[arg(long, value_name = "ADDR")]
    pub trust_proxy: Vec<IpAddr>,
    /// Address and port for Prometheus: `/metrics`, without a password. Best one of this machine alone.
    #[arg(long, value_name = "ADDR")]
    pub metrics: Option<SocketAddr>,
    /// A host of an inside network that notifications may be sent to, such as the municipality's own mail server: `host` or
    /// `host:port`. May be given several times. Without it only addresses of the open Internet are.
    #[arg(long, value_name = "HOST")]
    pub may_reach: Vec<String>,
    /// Address of LINE's Messaging API, where a gateway stands in front of it.
    #[arg(long, value_name = "URL", default_value = "https://api.line.me")]
    pub line: String,
    /// How the log on standard error looks; else words on a terminal and JSON everywhere else.
    #[arg(long, value_name = "FORMAT")]
    pub log: Option<log::Format>,
}

/// Runs a command of the server.
pub fn run(arguments: Arguments) -> Result<ExitCode, Problem> {
    match arguments.command {
        Command::Serve { database, serving } => {
            let mut opened = folder::open_server(&database.db, clock::wall_ms())?;
            define_programmes(&mut opened.store)?;
            serve(opened, &serving, |store, address| {
                if let Some(code) = store.setup_code()? {
                    println!("ตั้งค่าครั้งแรก ลิงก์นี้ใช้ได้ครั้งเดียว: {address}/office#setup={code}");
                }
                Ok(())
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Backup { database, target, keep } => upkeep::backup(&database.db, &target, keep),
        Command::Restore { database, from, set_aside } => upkeep::restore(&database.db, &from, set_aside),
        Command::Verify { what } => upkeep::verify(&what),
        Command::Audit { database, after } => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            let mut written = Ok(());
            folder::look_into_server(&database.db)?.each_audit_row(after, |row| {
                if written.is_ok() {
                    written = serde_json::to_writer(&mut out, &row)
                        .map_err(std::io::Error::from)
                        .and_then(|()| out.write_all(b"\n"));
                }
            })?;
            written.and_then(|()| out.flush()).map_err(|error| machine("standard output", error))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Dump { database, shelf, device } => {
            let store = folder::look_into_server(&database.db)?;
            let shelves = match device {
                Some(number) => Some(held_by(&store, DeviceNo(number))?),
                None if shelf.is_empty() => None,
                None => Some(shelf),
            };
            let mut out = BufWriter::new(std::io::stdout().lock());
            store.dump(shelves.as_deref(), &mut out)?;
            out.flush().map_err(|error| machine("standard output", error))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn held_by(store: &Store, device: DeviceNo) -> Result<Vec<Shelf>, Problem> {
    let devices = store.devices()?;
    let found = devices.iter().find(|row| row.device == device);
    Ok(found.ok_or_else(|| Problem::new(Code::NotFound).about(device.0))?.grant.holds())
}

/// Publishes the programmes that come with this version, unless what is here stands on one as new. Forms that the
/// municipality published itself stay.
pub fn define_programmes(store: &mut Store) -> Result<(), Problem> {
    for programme in programmes::all().map_err(|error| machine("programmes", error))? {
        let update = match store.programmes().get(&programme.id) {
            None => programme,
            Some(known) if known.shipped_version() < programme.version => programme.with_own_forms_of(known),
            Some(_) => continue,
        };
        store.define_programme(&update, clock::wall_ms())?;
    }
    Ok(())
}

/// The address by which others in the same network reach a server that listens on all of them.
fn reachable(bound: SocketAddr) -> SocketAddr {
    if !bound.ip().is_unspecified() {
        return bound;
    }
    // Connecting a datagram socket sends nothing; it only asks which way such a packet would leave.
    let ip = std::net::UdpSocket::bind("0.0.0.0:0")
        .and_then(|socket| socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr()))
        .map_or(std::net::Ipv4Addr::LOCALHOST.into(), |own| own.ip());
    SocketAddr::new(ip, bound.port())
}

/// Listens, lets `ready` say what people need to know, and serves until a signal.
pub fn serve(
    mut opened: folder::Opened,
    serving: &Serving,
    ready: impl FnOnce(&mut Store, &str) -> Result<(), Problem>,
) -> Result<(), Problem> {
    log::begin(serving.log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| machine("runtime", error))?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(serving.listen)
            .await
            .map_err(|error| machine(serving.listen, error))?;
        let metrics = match serving.metrics {
            Some(address) => {
                let metrics = tokio::net::TcpListener::bind(address).await;
                let metrics = metrics.map_err(|error| machine(address, error))?;
                let bound = metrics.local_addr().map_err(|error| machine(address, error))?;
                println!("http://{bound}/metrics");
                Some(metrics)
            }
            None => None,
        };
        let stop = sync_server::stop_signal().map_err(|error| machine("signals", error))?;
        let bound = listener.local_addr().map_err(|error| machine(serving.listen, error))?;
        if let Some(address) = &serving.address {
            opened.store.set_address(address)?;
        }
        let address = serving.address.clone().or(opened.store.tenant()?.address);
        let local = format!("http://{}", reachable(bound));
        println!("เปิดแล้วที่ {}", address.as_deref().unwrap_or(&local));
        ready(&mut opened.store, address.as_deref().unwrap_or(&local))?;
        let config = Config {
            app: serving.app.is_dir().then(|| serving.app.clone()),
            address,
            listening: Some(local),
            phone: serving.phone.clone(),
            proxies: serving.trust_proxy.clone(),
            ..Config::new(clock::wall())
        };
        // The lock lives as long as the server.
        let folder::Opened { store, base_map, _lock } = opened;
        let outside = Outside {
            inside: serving.may_reach.clone().into(),
            line: serving.line.clone(),
            base_map: Some(base_map),
            ..Outside::default()
        };
        let server = Server::new(store, config).reaching(outside);
        if let Some(metrics) = metrics {
            tokio::spawn(sync_server::serve_metrics(metrics, server.clone()));
        }
        sync_server::serve(listener, server, stop).await.map_err(|error| machine("server", error))
    })
}
