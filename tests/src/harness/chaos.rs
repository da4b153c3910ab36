//! The network at its worst, as a process: a proxy that knows what a request is. It loses, doubles, delays, reorders, cuts
//! and slows them, resets lines, and answers in the server's place as gateways and sign-in pages of a Wi-Fi do.
//!
//! It prints its port, then obeys lines on standard input: `fine`, `bad`, `late` (what was held arrives now), `tell`
//! (prints how often each fate struck, as JSON).

use crate::world::Dice;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What one request meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// It never arrives.
    LostBefore,
    /// The server does what it says; the answer is lost.
    LostAfter,
    /// It arrives twice, at once.
    DoubledNow,
    /// It arrives, and once more much later.
    DoubledLater,
    /// It seems lost, and arrives after others.
    Reordered,
    /// It ends at some byte.
    CutRequest,
    /// The answer ends at some byte.
    CutAnswer,
    /// The answer trickles.
    Slow,
    /// Nothing happens for a while, then the line is closed.
    Held,
    /// The line is reset.
    Reset,
    /// A gateway finds nobody.
    BadGateway,
    /// A gateway finds the body too large.
    TooLarge,
    /// A gateway finds that there were too many requests.
    TooMany,
    /// A sign-in page: 200 and HTML.
    Portal,
    /// A sign-in page that says it is JSON.
    PortalJson,
    /// A sign-in page elsewhere.
    PortalRedirect,
}

const FATES: [Fate; 16] = [
    Fate::LostBefore,
    Fate::LostAfter,
    Fate::DoubledNow,
    Fate::DoubledLater,
    Fate::Reordered,
    Fate::CutRequest,
    Fate::CutAnswer,
    Fate::Slow,
    Fate::Held,
    Fate::Reset,
    Fate::BadGateway,
    Fate::TooLarge,
    Fate::TooMany,
    Fate::Portal,
    Fate::PortalJson,
    Fate::PortalRedirect,
];

/// How many kinds of fate there are.
pub const KINDS: usize = FATES.len();
/// Of a hundred requests, so many meet one while the network is bad.
const BADNESS: u64 = 45;

struct Proxy {
    server: String,
    dice: Dice,
    bad: bool,
    held: Vec<Request>,
    struck: BTreeMap<String, u64>,
}

#[derive(Clone)]
struct Request {
    head: String,
    body: Vec<u8>,
}

/// Runs the proxy in front of `server` (`host:port`) until standard input ends.
pub fn run(server: &str, seed: u64) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let proxy = Arc::new(Mutex::new(Proxy {
        server: server.to_owned(),
        dice: Dice::new(seed),
        bad: false,
        held: Vec::new(),
        struck: BTreeMap::new(),
    }));
    let shared = Arc::clone(&proxy);
    std::thread::spawn(move || {
        for line in listener.incoming().flatten() {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || drop(answer(&shared, line)));
        }
    });
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let mut proxy = proxy.lock().unwrap();
        match line.as_str() {
            "fine" => proxy.bad = false,
            "bad" => proxy.bad = true,
            "late" => {
                for request in std::mem::take(&mut proxy.held) {
                    let _ = forward(&proxy.server, &request);
                }
            }
            _ => {}
        }
        // Every order is answered, so that whoever gave it knows that it holds.
        println!("{}", serde_json::to_string(&proxy.struck).unwrap());
    }
}

fn answer(proxy: &Mutex<Proxy>, mut line: TcpStream) -> std::io::Result<()> {
    line.set_read_timeout(Some(Duration::from_secs(20)))?;
    let (fate, share, late, server) = {
        let mut proxy = proxy.lock().unwrap();
        let fate = (proxy.bad && proxy.dice.chance(BADNESS)).then(|| *proxy.dice.pick(&FATES));
        if let Some(fate) = fate {
            *proxy.struck.entry(format!("{fate:?}")).or_default() += 1;
        }
        let late = if proxy.bad && !proxy.held.is_empty() && proxy.dice.chance(30) {
            let most = proxy.held.len() as u64;
            let at = proxy.dice.below(most) as usize;
            Some(proxy.held.swap_remove(at))
        } else {
            None
        };
        (fate, proxy.dice.share(), late, proxy.server.clone())
    };
    if let Some(late) = late {
        let _ = forward(&server, &late);
    }
    if fate == Some(Fate::Reset) {
        // Closed while something waits to be read, the line is reset.
        return line.read_exact(&mut [0u8; 1]);
    }
    let Some(request) = read_request(&mut line)? else { return Ok(()) };
    let keep = |request: &Request| proxy.lock().unwrap().held.push(request.clone());
    let answer = match fate {
        None => forward(&server, &request)?,
        Some(Fate::LostBefore | Fate::Reset) => return Ok(()),
        Some(Fate::LostAfter) => return forward(&server, &request).map(drop),
        Some(Fate::DoubledNow) => {
            forward(&server, &request)?;
            forward(&server, &request)?
        }
        Some(Fate::DoubledLater) => {
            keep(&request);
            forward(&server, &request)?
        }
        Some(Fate::Reordered) => {
            keep(&request);
            return Ok(());
        }
        Some(Fate::CutRequest) => {
            let mut upstream = TcpStream::connect(&server)?;
            upstream.write_all(request.head.as_bytes())?;
            upstream.write_all(&request.body[..(request.body.len() as f64 * share) as usize])?;
            upstream.shutdown(Shutdown::Write)?;
            let mut answer = Vec::new();
            let _ = upstream.read_to_end(&mut answer);
            answer
        }
        Some(Fate::CutAnswer) => {
            let mut answer = forward(&server, &request)?;
            answer.truncate((answer.len() as f64 * share) as usize);
            answer
        }
        Some(Fate::Slow) => {
            let answer = forward(&server, &request)?;
            for piece in answer.chunks(answer.len().div_ceil(40).max(1)) {
                line.write_all(piece)?;
                std::thread::park_timeout(Duration::from_millis(5));
            }
            return Ok(());
        }
        Some(Fate::Held) => {
            std::thread::park_timeout(Duration::from_millis(250));
            return Ok(());
        }
        Some(Fate::BadGateway) => page("502 Bad Gateway", "text/html"),
        Some(Fate::TooLarge) => page("413 Payload Too Large", "text/html"),
        Some(Fate::TooMany) => page("429 Too Many Requests", "text/plain"),
        Some(Fate::Portal) => page("200 OK", "text/html; charset=utf-8"),
        Some(Fate::PortalJson) => page("200 OK", "application/json"),
        Some(Fate::PortalRedirect) => page("302 Found\r\nLocation: http://127.0.0.1:1/login", "text/html"),
    };
    line.write_all(&answer)
}

fn page(status: &str, kind: &str) -> Vec<u8> {
    let body = "<html><title>Free Wi-Fi</title><form>กรุณาเข้าสู่ระบบ</form></html>";
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    (head + body).into_bytes()
}

/// Reads one request; `None` where the line was closed before one began.
fn read_request(line: &mut TcpStream) -> std::io::Result<Option<Request>> {
    let mut reader = BufReader::new(line);
    let mut head = String::new();
    let mut length = 0;
    loop {
        let start = head.len();
        if reader.read_line(&mut head)? == 0 {
            return Ok(None);
        }
        let field = head[start..].trim_end().to_ascii_lowercase();
        if field.is_empty() {
            break;
        }
        if let Some(value) = field.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if field.starts_with("connection:") {
            head.truncate(start);
        }
    }
    head.truncate(head.len() - 2);
    head.push_str("Connection: close\r\n\r\n");
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Request { head, body }))
}

/// Carries a request to the server and brings its whole answer.
fn forward(server: &str, request: &Request) -> std::io::Result<Vec<u8>> {
    let mut upstream = TcpStream::connect(server)?;
    upstream.set_read_timeout(Some(Duration::from_secs(20)))?;
    upstream.write_all(request.head.as_bytes())?;
    upstream.write_all(&request.body)?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    Ok(answer)
}
