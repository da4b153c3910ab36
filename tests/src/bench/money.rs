//! Bills: all of a cycle worked out from accounts of a year, and drawn as pages.

use crate::figures::{Figures, percentile};
use documents::paper::{self, BillPaper, From, Said};
use domain::billing::{Account, Bill, BillNumber, Billing, Issue, Series};
use domain::change::Values;
use domain::ids::{DeviceNo, RecordId};
use domain::ledger::{Entry, Fact, Means, Payment, Statement};
use std::collections::BTreeMap;
use std::time::Instant;

const METERS: u64 = 18_000;
const CYCLE: &str = "2026-11";

fn id(what: &str, no: u64, month: u64) -> RecordId {
    RecordId::derived(what, &[&no.to_le_bytes(), &month.to_le_bytes()])
}

fn answers(usage: i64) -> Values {
    let numbers = [("usage", usage), ("previous", 1_200), ("reading", 1_200 + usage)];
    numbers.into_iter().map(|(name, number)| (name.to_owned(), number.into())).collect()
}

fn subject(no: u64) -> Values {
    let class = ["1", "1", "1", "2", "3"][no as usize % 5];
    [("class", class), ("meter_size", "01")].into_iter().map(|(n, v)| (n.to_owned(), v.into())).collect()
}

fn issue(billing: &Billing, no: u64, month: u64, (cycle, at): (&str, &str), statement: &Statement) -> Bill {
    let number = BillNumber::new(Series::Bill, cycle, DeviceNo(7), no + 1, 0).expect("a number");
    let bill = billing.issue(Issue {
        no: number,
        visit: id("visit", no, month),
        subject: &subject(no),
        answers: &answers((no % 40) as i64),
        at,
        issued_on: at,
        before: statement.account(),
        months: statement.months(5),
        approved: false,
        replaces: None,
    });
    bill.expect("a bill")
}

/// The entries of a year as a store keeps them: a bill a month, and payments but for every ninth meter.
fn account(billing: &Billing, no: u64) -> Vec<(RecordId, Values)> {
    let mut entries = Vec::new();
    let entry = |what: &str, month: u64, at: &str, cycle: &str, fact| Entry {
        id: id(what, no, month),
        subject: id("subject", no, 0),
        at: at.to_owned(),
        by: "bench".to_owned(),
        cycle: cycle.to_owned(),
        reason: String::new(),
        approver: String::new(),
        fact,
    };
    for month in 1..=10 {
        let (cycle, at) = (format!("2026-{month:02}"), format!("2026-{month:02}-20T09:00:00+07:00"));
        let bill = issue(billing, no, month, (&cycle, &at), &Statement::default());
        let amount = bill.total;
        let bill = entry("bill", month, &at, &cycle, Fact::Bill(Box::new(bill)));
        entries.push((bill.id, bill.cells("p", "z")));
        if !no.is_multiple_of(9) {
            let payment = Payment { amount, means: Means::Cash, bill: None, receipt_no: "R1".to_owned() };
            let paid = entry("paid", month, &at, "", Fact::Payment(payment));
            entries.push((paid.id, paid.cells("p", "z")));
        }
    }
    entries
}

/// Works out a cycle's bills and draws some.
pub fn run(figures: &mut Figures) {
    let programmes = programmes::all().expect("the programmes");
    let programme =
        programmes.iter().find(|programme| programme.billing.is_some()).expect("one that charges");
    let billing = programme.billing.as_ref().expect("it charges");
    let accounts: Vec<Vec<(RecordId, Values)>> = (0..METERS).map(|no| account(billing, no)).collect();
    let begun = Instant::now();
    let mut owed: BTreeMap<bool, u64> = BTreeMap::new();
    let mut bills = Vec::with_capacity(accounts.len());
    for (no, cells) in (0..).zip(&accounts) {
        let entries: Vec<Entry> = cells.iter().filter_map(|(id, cells)| Entry::of(*id, cells)).collect();
        let before = Statement::before(&entries, CYCLE);
        let bill = issue(billing, no, 11, (CYCLE, "2026-11-20T09:00:00+07:00"), &before);
        *owed.entry(bill.before != Account::default()).or_default() += 1;
        bills.push(bill);
    }
    figures.note("bill18000_s", begun.elapsed().as_secs_f64());
    assert!(owed.values().all(|count| *count > 1_000), "{owed:?}");

    let papers: Vec<BillPaper> = bills.into_iter().take(1_000).map(paper).collect();
    let times: Vec<f64> = papers
        .iter()
        .take(50)
        .map(|paper| {
            let begun = Instant::now();
            let file = paper::bills_pdf(std::slice::from_ref(paper), false).expect("a page");
            assert!(file.len() > 10_000);
            begun.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    figures.note("bill_pdf_ms", percentile(times, 0.5));
    let begun = Instant::now();
    let file = paper::bills_pdf(&papers, true).expect("pages");
    figures.note("bills_pdf_1000_s", begun.elapsed().as_secs_f64());
    figures.note("bills_pdf_1000_kb", file.len() as f64 / 1024.0);
}

fn paper(bill: Bill) -> BillPaper {
    let code = Some(domain::promptpay::Payment::bill(
        "099999999999990",
        "0000012345",
        bill.no.as_str(),
        bill.payable(),
    ));
    BillPaper {
        from: From {
            name: "เทศบาลตำบลบ้านสนาม".into(), tel: "0-7600-0000".into(), ..From::default()
        },
        title: "ใบแจ้งค่าน้ำประปา".into(),
        customer: vec![
            Said::new("ชื่อผู้ใช้น้ำ", "นายสมชาย ทองตัวอย่างดี"),
            Said::new("เลขที่ผู้ใช้น้ำ", "0000012345"),
            Said::new("ที่อยู่", "99/123 หมู่ 5 ตำบลบ้านสนาม"),
        ],
        cycle: "พฤศจิกายน 2569".into(),
        unit: "หน่วย".into(),
        use_title: "ค่าน้ำประปา".into(),
        fee_title: "ค่าบริการรายเดือน".into(),
        vat_bp: 700,
        code,
        open: bill.payable(),
        footer: "เกินกำหนดชำระอาจถูกระงับการใช้น้ำ".into(),
        printed: "พิมพ์ 21 พ.ย. 2569".into(),
        bill,
        ..BillPaper::default()
    }
}
