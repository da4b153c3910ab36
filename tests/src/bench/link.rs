//! A stretch of network between a device and the server: counts what crosses, and can be slow.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How the stretch behaves.
#[derive(Clone, Copy)]
pub struct Quality {
    /// What a byte takes one way.
    pub delay: Duration,
    /// Bytes a second, each way; zero is no limit.
    pub rate: u64,
}

/// As fast as the machine.
pub const CLEAR: Quality = Quality { delay: Duration::ZERO, rate: 0 };
/// A village at noon: 150 ms there and back, 1 Mbit/s.
pub const VILLAGE: Quality = Quality { delay: Duration::from_millis(75), rate: 125_000 };

/// A running stretch.
pub struct Link {
    address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    up: AtomicU64,
    down: AtomicU64,
    connections: AtomicU64,
}

impl Link {
    /// Leads to `server`. It lives as long as the process.
    pub fn to(server: SocketAddr, quality: Quality) -> Link {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let link = Link { address: listener.local_addr().unwrap(), counts: Arc::default() };
        let counts = Arc::clone(&link.counts);
        thread::spawn(move || {
            for device in listener.incoming() {
                let (Ok(device), Ok(server)) = (device, TcpStream::connect(server)) else { continue };
                counts.connections.fetch_add(1, Ordering::Relaxed);
                carry(&device, &server, quality, Arc::clone(&counts), |counts| &counts.up);
                carry(&server, &device, quality, Arc::clone(&counts), |counts| &counts.down);
            }
        });
        link
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whole bytes so far, headers and all: from the device, to the device; and connections.
    pub fn counts(&self) -> (u64, u64, u64) {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (read(&self.counts.up), read(&self.counts.down), read(&self.counts.connections))
    }
}

/// One direction: a reader that notes when each piece arrived, and a writer that lets it out when it is due.
fn carry(
    from: &TcpStream,
    to: &TcpStream,
    quality: Quality,
    counts: Arc<Counts>,
    count: fn(&Counts) -> &AtomicU64,
) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    to.set_nodelay(true).unwrap();
    let (arrived, due): (Sender<(Instant, Vec<u8>)>, Receiver<_>) = channel();
    thread::spawn(move || {
        let mut free = Instant::now();
        for (at, piece) in due {
            if quality.rate > 0 {
                free = free.max(at) + Duration::from_secs_f64(piece.len() as f64 / quality.rate as f64);
                thread::sleep((free + quality.delay).saturating_duration_since(Instant::now()));
            }
            if to.write_all(&piece).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
    thread::spawn(move || {
        let mut piece = vec![0; 16 * 1024];
        while let Ok(read @ 1..) = from.read(&mut piece) {
            count(&counts).fetch_add(read as u64, Ordering::Relaxed);
            if arrived.send((Instant::now(), piece[..read].to_vec())).is_err() {
                break;
            }
        }
    });
}
