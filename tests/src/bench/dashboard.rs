//! The office's dashboard over a year of readings: 18,000 meters, 216,000 visits, a bill for each of the last month.

use super::figures::{Figures, each, percentile};
use super::town::{METERS, NOON, WELLS, meter, reading, subject};
use domain::access::{Grant, Role};
use domain::api::{self, Ask};
use domain::billing::{Bill, BillNumber, Billing};
use domain::change::{Change, kind};
use domain::ids::{RecordId, Seq, Shelf};
use domain::ledger::{Entry, Fact, Means, Payment};
use domain::money::Satang;
use domain::programme::{MarkKind, Programme, RoundKind};
use store::{Kind, Now, Store};
use tests::world::{Dice, programme};

/// The month that is looked at.
const CYCLE: &str = "2026-12";

fn wells() -> Programme {
    let mark = |id: &str, is: &str| MarkKind {
        id: id.to_owned(),
        answer: "form_version".to_owned(),
        is: vec![is.to_owned()],
        ..MarkKind::default()
    };
    Programme {
        round: Some(RoundKind {
            form: "reading".to_owned(),
            units: "reading".to_owned(),
            marks: vec![mark("all", "1"), mark("none", "2")],
            ..RoundKind::default()
        }),
        billing: Some(Billing { form: "reading".to_owned(), ..Billing::default() }),
        ..programme::wells(1)
    }
}

fn entry(what: &str, no: u32, day: u8, fact: Fact) -> Change {
    let entry = Entry {
        id: id(what, no),
        subject: meter(no),
        at: format!("{CYCLE}-{day:02}T09:30:00+07:00"),
        by: "ผู้จด".to_owned(),
        cycle: CYCLE.to_owned(),
        reason: "ทดสอบ".to_owned(),
        approver: "สำนักงาน".to_owned(),
        fact,
    };
    let zone = format!("R{:02}", no / super::town::ROUTE + 1);
    Change { id: entry.id, kind: kind::ENTRY.to_owned(), base_seq: Seq(0), cells: entry.cells(WELLS, &zone) }
}

fn id(what: &str, no: u32) -> RecordId {
    RecordId::derived(what, &[&no.to_le_bytes()])
}

fn bill(no: u32) -> Change {
    let bill = Bill {
        no: BillNumber::of(&format!("6912{no:010}")),
        units: 16,
        total: Satang(20_000),
        ..Bill::default()
    };
    entry("bill", no, 5, Fact::Bill(Box::new(bill)))
}

fn paid(no: u32) -> Change {
    let receipt_no = format!("R6912{no:010}");
    let payment = Payment { amount: Satang(20_000), means: Means::Cash, bill: None, receipt_no };
    entry("payment", no, 6, Fact::Payment(payment))
}

/// Meters whose payment was cancelled: each costs a look at two more records.
const CANCELLED: u32 = 300;

/// Runs the figure.
pub fn run(figures: &mut Figures) {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice::new(5);
    let mut server = Store::open(&folder.path().join("year.db"), Kind::Server, dice.entropy(), NOON).unwrap();
    server.define_programme(&wells(), NOON).unwrap();
    let subjects = (0..METERS).map(|no| subject(no, &mut dice)).collect();
    server.import("bench", subjects, NOON).unwrap();
    for month in 1..=12 {
        let visits = (0..METERS).map(|no| reading(no, month, &mut dice)).collect();
        server.import("bench", visits, NOON).unwrap();
    }
    server.import("bench", (0..METERS).map(bill).collect(), NOON).unwrap();
    server.import("bench", (0..METERS).map(paid).collect(), NOON).unwrap();
    let cancelled = |no| entry("cancel", no, 7, Fact::Cancel { about: id("payment", no) });
    server.import("bench", (0..CANCELLED).map(cancelled).collect(), NOON).unwrap();
    let grant =
        Grant {
            person: "สำนักงาน".to_owned(), role: Role::Clerk, shelves: vec![Shelf::common(WELLS)]
        };
    let dashboard = || api::Dashboard {
        programme: WELLS.to_owned(),
        cycle: CYCLE.to_owned(),
        today: format!("{CYCLE}-05"),
    };
    let looks = each(200, |_| {
        let request = dashboard().wrap();
        let reply = store::service::serve(&mut server, Some(&grant), Now::thai(NOON), request).unwrap();
        let reply = api::Dashboard::unwrap(reply).unwrap();
        assert_eq!(
            (reply.all.read, reply.zones.len()),
            (u64::from(METERS), (METERS / super::town::ROUTE) as usize)
        );
        assert_eq!(reply.all.billed, i64::from(METERS) * 20_000);
        assert_eq!(reply.all.collected, i64::from(METERS - CANCELLED) * 20_000);
    });
    figures.note("dashboard_p99_ms", percentile(looks, 0.99) / 1000.0);
}
