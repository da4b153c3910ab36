//! What one stranger or one device may take of the server.

use crate::devices::{bearer, reading};
use crate::photos::{jpeg, picture};
use crate::world::World;
use domain::api::Status;
use domain::problem::Code;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use sync_server::Bounds;

/// So long a connection may say nothing in these tests.
const PATIENCE: Duration = Duration::from_secs(1);
/// A server that has not closed a connection after this time does not close it.
const FOR_EVER: Duration = Duration::from_secs(30);
const DAY: u64 = 24 * 60 * 60_000;

fn impatient() -> Bounds {
    Bounds { patience: PATIENCE, ..Bounds::default() }
}

/// Whether nothing came within a socket's own patience.
fn is_nothing_yet(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Reads until the server ends the connection, by whatever means; says whether it does.
fn is_ended(mut socket: TcpStream) -> bool {
    socket.set_read_timeout(Some(FOR_EVER)).unwrap();
    // Closed with something unread it is an error, and closed as well.
    !socket.read_to_end(&mut Vec::new()).is_err_and(|error| is_nothing_yet(&error))
}

#[test]
fn who_sends_half_a_request_or_none_keeps_no_connection() {
    let world = World::start_bounded(impatient());
    let beginnings = [
        "",
        "G",
        "GET /health HTTP/1.1\r\nhost: x\r\nx-slow: ",
        // Answered, and then silent.
        "GET /health HTTP/1.1\r\nhost: x\r\n\r\n",
    ];
    let sockets = beginnings.map(|beginning| {
        let mut socket = TcpStream::connect(world.address).unwrap();
        socket.write_all(beginning.as_bytes()).unwrap();
        (beginning, socket)
    });
    for (beginning, socket) in sockets {
        assert!(is_ended(socket), "{beginning:?}");
    }
    assert_eq!(world.get("/health", &[]).status, 200);
}

#[test]
fn who_trickles_headers_keeps_no_connection() {
    let world = World::start_bounded(impatient());
    let mut socket = TcpStream::connect(world.address).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    socket.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nx-slow: ").unwrap();
    // A letter whenever the server said nothing for a moment; half a minute of them at least.
    let is_ended = (0..1_500).any(|_| {
        let sent = socket.write_all(b"a");
        let heard = socket.read(&mut [0; 64]);
        sent.is_err() || !heard.is_err_and(|error| is_nothing_yet(&error))
    });
    assert!(is_ended, "it can be held for ever");
}

#[test]
fn who_asks_and_does_not_read_keeps_no_connection() {
    let folder = std::env::temp_dir().join(format!("sanam-deaf-{}", std::process::id()));
    fs::create_dir_all(folder.join("assets")).unwrap();
    // More than the system takes on the way. It is one hole, and takes no room on the disk.
    fs::File::create(folder.join("assets/large.wasm")).unwrap().set_len(32 << 20).unwrap();
    let bounds = Bounds { connections: 1, stall: PATIENCE, ..Bounds::default() };
    let world = World::start_serving(folder.clone(), bounds);
    let mut deaf = TcpStream::connect(world.address).unwrap();
    deaf.write_all(b"GET /assets/large.wasm HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    // Answered once the deaf one has lost the only place.
    let mut next = TcpStream::connect(world.address).unwrap();
    next.set_read_timeout(Some(FOR_EVER)).unwrap();
    next.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut said = Vec::new();
    next.read_to_end(&mut said).expect("it can be held for ever");
    assert!(said.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&said));
    drop(deaf);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn connections_beyond_the_bound_wait_for_a_place() {
    let world = World::start_bounded(Bounds { connections: 1, ..impatient() });
    let mut silent = TcpStream::connect(world.address).unwrap();
    // Answered once the silent one has lost the only place.
    assert_eq!(world.get("/health", &[]).status, 200);
    silent.set_nonblocking(true).unwrap();
    assert_eq!(silent.read(&mut [0; 1]).unwrap(), 0, "both were open at once");
}

#[test]
fn a_device_that_sends_too_much_in_a_day_keeps_everything_and_goes_on_later() {
    let world = World::start_bounded(Bounds { records_a_day: 100_000, ..Bounds::default() });
    let (mut nok, mut lek) = (world.device(0), world.device(1));
    let token = bearer(&world, &mut nok);
    // A few bytes on the way, and good for nothing.
    let waste = zstd::bulk::compress(&vec![b' '; 100_000], 3).unwrap();
    let headers = [("authorization", token.as_str()), ("content-encoding", "zstd")];
    assert_eq!(world.post("/v1/push", &headers, &waste).status, 422);
    world.ask(&mut nok, reading(7, 42));
    let full = world.sync(&mut nok).unwrap_err();
    assert_eq!(full.code, Code::DayFull);
    assert!(full.hint.contains("ข้อมูลในเครื่องยังอยู่ครบ"), "{}", full.hint);
    let counts = world.ask(&mut nok, Status {}).counts;
    assert_eq!((counts.saved, counts.received), (1, 0), "it is kept");
    world.ask(&mut lek, reading(8, 43));
    assert_eq!(world.sync(&mut lek).unwrap().pushed, 1, "others are not held up");
    world.pass(DAY);
    let done = world.sync(&mut nok).unwrap();
    assert_eq!((done.pushed, done.status.counts.received), (1, 1));
}

#[test]
fn what_cannot_be_taken_in_counts_all_the_same() {
    let too_large = vec![b' '; domain::wire::BODY_MAX_BYTES + 1];
    let no_zstd = vec![b' '; 100_000];
    for (encoding, body, status) in [("identity", too_large, 413), ("zstd", no_zstd, 422)] {
        let world = World::start_bounded(Bounds { records_a_day: 100_000, ..Bounds::default() });
        let mut nok = world.device(0);
        let token = bearer(&world, &mut nok);
        let headers = [("authorization", token.as_str()), ("content-encoding", encoding)];
        assert_eq!(world.post("/v1/push", &headers, &body).status, status, "{encoding}");
        let again = world.post("/v1/push", &headers, &body);
        assert_eq!((again.status, again.code().as_str()), (429, "day_full"), "{encoding}");
    }
}

#[test]
fn photos_beyond_a_days_bound_wait_and_hold_up_no_record() {
    // More than it takes to ask how much of a photo is there, and less than any photo.
    let world = World::start_bounded(Bounds { photos_a_day: 200, ..Bounds::default() });
    let mut nok = world.device(0);
    let keep = |nok: &mut store::Store, red: u8| {
        let mut photo = picture();
        photo.put_pixel(0, 0, image::Rgb([red, 0, 0]));
        nok.keep_photo(&jpeg(&photo), "image/jpeg", world.now().ms).unwrap()
    };
    keep(&mut nok, 255);
    assert_eq!(world.sync(&mut nok).unwrap().photos, 1, "one that is begun may go on to its end");
    keep(&mut nok, 0);
    world.ask(&mut nok, reading(7, 42));
    assert_eq!(world.sync(&mut nok).unwrap_err().code, Code::DayFull);
    let counts = world.ask(&mut nok, Status {}).counts;
    assert_eq!((counts.received, counts.photos_waiting), (1, 1), "the visit went before");
    world.pass(DAY);
    let done = world.sync(&mut nok).unwrap();
    assert_eq!((done.photos, done.status.counts.photos_waiting), (1, 0));
}
