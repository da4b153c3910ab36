//! `sanam server`: serve, back up, restore, dump.

use crate::{folder, machine};
use clap::{Args, Subcommand};
use domain::ids::{DeviceNo, Shelf};
use domain::problem::{Code, Problem};
use std::io::{BufWriter, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use store::Store;
use sync_server::{Config, Server, clock};

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
    /// Writes a consistent copy of the database to a new file, also while the server runs.
    Backup {
        #[command(flatten)]
        database: Database,
        /// The file to write; it must not exist.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Puts a backup in place of a lost database. Every device then offers its last 90 days again.
    Restore {
        #[command(flatten)]
        database: Database,
        /// The backup.
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
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
}

/// Runs a command of the server.
pub fn run(arguments: Arguments) -> Result<(), Problem> {
    match arguments.command {
        Command::Serve { database, serving } => {
            let mut opened = folder::open_server(&database.db, clock::wall_ms())?;
            define_programmes(&mut opened.store)?;
            serve(opened, &serving, |store, address| {
                if let Some(code) = store.setup_code()? {
                    println!("ตั้งค่าครั้งแรก ลิงก์นี้ใช้ได้ครั้งเดียว: {address}/office#setup={code}");
                }
                Ok(())
            })
        }
        Command::Backup { database, to } => {
            if to.exists() {
                return Err(machine(to.display(), "the file exists already"));
            }
            let store = folder::look_into_server(&database.db)?;
            // Made first and empty, so that nobody else can open it while it is being written.
            folder::create_private(&to)?;
            store.backup(&to)?;
            println!("{}", to.display());
            Ok(())
        }
        Command::Restore { database, from } => restore(&database.db, &from),
        Command::Dump { database, shelf, device } => {
            let store = folder::look_into_server(&database.db)?;
            let shelves = match device {
                Some(number) => Some(held_by(&store, DeviceNo(number))?),
                None if shelf.is_empty() => None,
                None => Some(shelf),
            };
            let mut out = BufWriter::new(std::io::stdout().lock());
            store.dump(shelves.as_deref(), &mut out)?;
            out.flush().map_err(|error| machine("standard output", error))
        }
    }
}

fn held_by(store: &Store, device: DeviceNo) -> Result<Vec<Shelf>, Problem> {
    let devices = store.devices()?;
    let found = devices.iter().find(|row| row.device == device);
    Ok(found.ok_or_else(|| Problem::new(Code::NotFound).about(device.0))?.grant.holds())
}

fn restore(into: &std::path::Path, from: &std::path::Path) -> Result<(), Problem> {
    let lock = folder::lock_server(into)?;
    let path = folder::database(into);
    if path.exists() {
        return Err(machine(
            path.display(),
            "a database is here already; move it away first, it is not replaced",
        ));
    }
    // Copied under another name first: a restore that is cut off leaves no half database behind.
    let half = path.with_extension("restoring");
    let mut backup = std::fs::File::open(from).map_err(|error| machine(from.display(), error))?;
    let mut copy = folder::private_file(&half)?;
    std::io::copy(&mut backup, &mut copy)
        .and_then(|_| copy.sync_all())
        .map_err(|error| machine(half.display(), error))?;
    std::fs::rename(&half, &path).map_err(|error| machine(path.display(), error))?;
    drop(lock);
    let mut opened = folder::open_server(into, clock::wall_ms())?;
    opened.store.new_incarnation()?;
    let faults = opened.store.verify()?;
    for fault in &faults {
        eprintln!("{fault}");
    }
    tell_active_devices(&opened.store)?;
    if faults.is_empty() { Ok(()) } else { Err(Code::StoreDamaged.into()) }
}

/// A backup does not know which devices were revoked after it was made: only a person does.
fn tell_active_devices(store: &Store) -> Result<(), Problem> {
    let devices = store.devices()?;
    let active: Vec<_> = devices.iter().filter(|row| !row.revoked).collect();
    println!("กู้คืนแล้ว · restored");
    println!("เครื่องที่ถูกยกเลิกสิทธิ์หลังจากวันที่สำรองข้อมูล กลับมาใช้งานได้อีก");
    println!("Devices revoked after this backup was made are active again.");
    println!("เครื่องที่ใช้งานได้ตอนนี้ · active now ({}):", active.len());
    for row in active {
        println!("  {}  {}  {}", row.device.0, row.name, row.grant.person);
    }
    println!("ตรวจทีละเครื่อง เครื่องใดไม่ควรใช้งานได้ ให้เปิดเซิร์ฟเวอร์ เข้าหน้าสำนักงาน เลือก เครื่อง แล้วกด ยกเลิกสิทธิ์");
    println!("Check each one. To revoke: start the server, open /office, choose the device, press revoke.");
    Ok(())
}

/// Publishes the programmes that come with this version, unless the municipality's own are as new.
pub fn define_programmes(store: &mut Store) -> Result<(), Problem> {
    for programme in programmes::all().map_err(|error| machine("programmes", error))? {
        if store.programmes().get(&programme.id).is_none_or(|known| known.version < programme.version) {
            store.define_programme(&programme, clock::wall_ms())?;
        }
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
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .try_init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| machine("runtime", error))?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(serving.listen)
            .await
            .map_err(|error| machine(serving.listen, error))?;
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
            clock: clock::wall(),
        };
        // The lock lives as long as the server.
        let folder::Opened { store, _lock } = opened;
        let server = Server::new(store, config);
        sync_server::serve(listener, server, stop).await.map_err(|error| machine("server", error))
    })
}
