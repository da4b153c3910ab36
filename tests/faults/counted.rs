//! What goes wrong is counted for whoever looks after the server: over real sockets, by the server's own metrics.

use domain::api;
use std::net::SocketAddr;
use std::path::Path;
use store::{Kind, Store};
use sync_server::{Config, Server, clock};
use tests::harness::stage::{Device, Office, now_ms, scratch};
use tests::world::{Dice, meter};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const METERS: u32 = 6;

/// A municipality's server in this process, with the listener for its metrics. It ends when it is dropped.
struct Town {
    devices: SocketAddr,
    metrics: SocketAddr,
    _runtime: Runtime,
}

impl Town {
    fn of(office: &Office) -> Town {
        let store = Store::open(&office.database(), Kind::Server, Dice::new(12).entropy(), now_ms()).unwrap();
        let server = Server::new(store, Config::new(clock::wall()));
        let runtime = Runtime::new().unwrap();
        let bind = || runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let (outer, inner) = (bind(), bind());
        let (devices, metrics) = (outer.local_addr().unwrap(), inner.local_addr().unwrap());
        runtime.spawn(sync_server::serve_metrics(inner, server.clone()));
        runtime.spawn(sync_server::serve(outer, server, std::future::pending()));
        Town { devices, metrics, _runtime: runtime }
    }

    fn address(&self) -> String {
        format!("http://{}", self.devices)
    }

    /// A figure of the server, by its name.
    fn counted(&self, name: &str) -> u64 {
        let mut answer = ureq::get(format!("http://{}/metrics", self.metrics)).call().unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("no {name} in\n{text}")).parse().unwrap()
    }
}

/// A disk changes the house number of the first meter, while the app is closed.
fn disk_changes_a_house(path: &Path) {
    let id = meter("meter 1").to_string().replace('-', "");
    let sql = format!(
        "UPDATE record SET cells = replace(cells, '\"1/8\"', '\"9/8\"') \
         WHERE id = x'{id}' AND instr(cells, '\"1/8\"') > 0"
    );
    assert_eq!(rusqlite::Connection::open(path).unwrap().execute(&sql, []).unwrap(), 1);
}

fn house(device: &mut Device) -> String {
    let card = device.ask(api::Card { subject: meter("meter 1"), today: "2026-11-21".to_owned() }).unwrap();
    card.values["house"].as_str().unwrap().to_owned()
}

#[test]
fn a_phone_that_does_not_add_up_is_counted_once_and_one_that_only_works_is_not() {
    let folder = tempfile::tempdir_in(scratch()).unwrap();
    let mut office = Office::new(&folder.path().join("office"), METERS, 1);
    let town = Town::of(&office);
    let path = folder.path().join("phone.db");
    let mut nok = Device::enrolled(&path, &town.address(), &office.code(), METERS, 3);
    let differed = "sanam_sums_differed_total";
    for _ in 0..3 {
        nok.saves().unwrap();
        nok.syncs().unwrap();
    }
    assert_eq!(town.counted(differed), 0, "her own work makes no difference");

    drop(nok);
    disk_changes_a_house(&path);
    let mut nok = Device::of_file(&path, METERS);
    // The record's checksum is worked out anew with the save: only the office can tell.
    let values = [("phone".to_owned(), "0000000001".into())].into();
    nok.ask(api::EditSubject { subject: meter("meter 1"), values, base_seq: None, reason: None }).unwrap();
    assert_eq!(house(&mut nok), "9/8");
    let healed = nok.syncs().unwrap().status.healed;
    assert_eq!((healed, town.counted(differed)), (1, 1));
    assert_eq!(house(&mut nok), "1/8", "it came again from the office");

    let healed = nok.syncs().unwrap().status.healed;
    assert_eq!((healed, town.counted(differed)), (1, 1), "once");
    let (here, there) = (nok.held(), office.held());
    assert!(here.records.iter().all(|(id, line)| there.records.get(id) == Some(line)));
}
