//! Accounts between two phones and an office: bills, cash, slips, papers, and what only the office may write.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use domain::access::{Grant, Role};
use domain::api::{self, Ask, BillOf, PaperKind};
use domain::billing::{
    Bill, BillNumber, Billing, BillingAnswers, BillingFields, Block, Line, LineKind, Payee, Series, Tariff,
};
use domain::change::{Change, Values, kind};
use domain::ids::{DeviceNo, RecordId, Seq, Shelf};
use domain::ledger::{ChargeState, Entry, Fact, Hands, PaymentState};
use domain::money::Satang;
use domain::problem::{Code, Problem};
use domain::programme::{FieldKind, FormKind, Programme, SubjectKind, Words};
use domain::promptpay;
use store::{Kind, NewCommit, Now, Store};

const NOON: u64 = 1_795_000_000_000;
const CYCLE: &str = "2026-11";
const SLIP: &str = "004000060000010103002021900021231231212000115102TH91049C30";

fn words(th: &str) -> Words {
    Words { th: th.into(), en: String::new() }
}

fn programme() -> Programme {
    let field = |id: &str| FieldKind { id: id.into(), title: words(id), ..Default::default() };
    Programme {
        id: "wells".into(),
        version: 1,
        title: words("บ่อ"),
        zone_title: words("สาย"),
        subject: SubjectKind {
            title: words("บ่อ"),
            fields: vec![field("name"), field("no")],
            heading: vec!["name".into()],
            search: vec!["name".into()],
            ..Default::default()
        },
        forms: vec![FormKind { id: "reading".into(), title: words("จด"), ..Default::default() }],
        billing: Some(Billing {
            form: "reading".into(),
            title: words("ใบแจ้ง"),
            unit: words("หน่วย"),
            use_title: words("ค่าน้ำ"),
            answers: BillingAnswers { units: "usage".into(), ..Default::default() },
            fields: BillingFields { name: "name".into(), customer_no: "no".into(), ..Default::default() },
            payee: Payee { biller_id: "099999999999990".into(), due_days: 7, ..Default::default() },
            tariffs: vec![Tariff {
                version: "a".into(),
                effective_from: "2026-01-01".into(),
                blocks: vec![Block { upto: None, rate: Satang(800) }],
                ..Default::default()
            }],
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn well(at: u8) -> RecordId {
    RecordId::derived("well", &[&[at]])
}

struct World {
    server: Store,
    now: u64,
}

impl World {
    fn new() -> World {
        let mut server = Store::in_memory(Kind::Server, common::entropy(1)).unwrap();
        server.set_municipality("ตำบลตัวอย่าง").unwrap();
        server.define_programme(&programme(), NOON).unwrap();
        let subject = |at: u8| Change {
            id: well(at),
            kind: kind::SUBJECT.into(),
            base_seq: Seq(0),
            cells: [
                ("programme".to_owned(), "wells".into()),
                ("zone".to_owned(), "R01".into()),
                ("name".to_owned(), format!("นายสมชาย ตัวอย่าง {at}").into()),
                ("no".to_owned(), format!("000{at}").into()),
            ]
            .into(),
        };
        server.import("demo", (0..3).map(subject).collect(), NOON).unwrap();
        World { server, now: NOON }
    }

    fn phone(&mut self, seed: u64, person: &str) -> Store {
        let shelves = vec![Shelf::new("wells", "R01")];
        let ask = api::NewEnrolment { person: person.into(), role: Role::Worker, shelves };
        let mut phone = common::enrolled(&mut self.server, &ask, person, seed, self.now);
        self.sync(&mut phone);
        phone
    }

    fn sync(&mut self, phone: &mut Store) {
        self.now += 1_000;
        common::sync(&mut self.server, phone, self.now);
    }

    fn office<A: Ask>(&mut self, ask: A) -> Result<A::Reply, Problem> {
        self.now += 1_000;
        let grant =
            Grant { person: "หัวหน้า".into(), role: Role::Administrator, shelves: vec![] };
        let reply = store::service::serve(&mut self.server, Some(&grant), Now::thai(self.now), ask.wrap())?;
        A::unwrap(reply)
    }

    fn on<A: Ask>(&mut self, phone: &mut Store, ask: A) -> Result<A::Reply, Problem> {
        self.now += 1_000;
        A::unwrap(store::service::serve(phone, None, Now::thai(self.now), ask.wrap())?)
    }

    /// A reading and its bill, written as the commit that saves a reading writes them.
    fn bill(&mut self, phone: &mut Store, at: u8, satang: i64) -> RecordId {
        self.now += 1_000;
        let total = Satang(satang);
        let (id, visit) = (RecordId::new(self.now, [at; 10]), RecordId::new(self.now, [100 + at; 10]));
        let by = self.on(phone, api::Status {}).unwrap().enrolled.unwrap().grant.person;
        let day = domain::thai_date::iso(self.now, 420);
        let bill = Bill {
            no: BillNumber::new(Series::Bill, CYCLE, phone.device(), self.now % 60_000_000, 0).unwrap(),
            visit: Some(visit),
            tariff: "a".into(),
            units: satang / 800,
            read_on: "2026-11-18".into(),
            lines: vec![Line { kind: LineKind::Use, title: None, amount: total }],
            total,
            ..Bill::default()
        };
        let entry = Entry {
            id,
            subject: well(at),
            at: day.clone(),
            by: by.clone(),
            cycle: CYCLE.into(),
            reason: String::new(),
            approver: String::new(),
            fact: Fact::Bill(Box::new(bill)),
        };
        let cells: [(&str, serde_json::Value); 9] = [
            ("programme", "wells".into()),
            ("zone", "R01".into()),
            ("subject", well(at).to_string().into()),
            ("form", "reading".into()),
            ("at", day.into()),
            ("by", by.clone().into()),
            ("outcome", "done".into()),
            ("cycle", CYCLE.into()),
            ("usage", (satang / 800).into()),
        ];
        let cells = cells.map(|(name, value)| (name.to_owned(), value)).into();
        let changes = vec![
            Change { id: visit, kind: kind::VISIT.into(), base_seq: Seq(0), cells },
            Change { id, kind: kind::ENTRY.into(), base_seq: Seq(0), cells: entry.cells("wells", "R01") },
        ];
        let grant = Grant { person: by, role: Role::Worker, shelves: vec![Shelf::new("wells", "R01")] };
        phone.save(&grant, Now::thai(self.now), NewCommit { changes, ..NewCommit::default() }).unwrap();
        id
    }
}

fn save(store: &mut Store, now: u64, id: RecordId, cells: Values) -> store::Result<u64> {
    let grant =
        Grant { person: "นก".into(), role: Role::Worker, shelves: vec![Shelf::new("wells", "R01")] };
    let changes = vec![Change { id, kind: kind::ENTRY.into(), base_seq: Seq(0), cells }];
    store.save(&grant, Now::thai(now), NewCommit { changes, ..NewCommit::default() })
}

fn cash(at: u8, satang: i64) -> api::ReceiveCash {
    api::ReceiveCash {
        subject: well(at),
        amount: Satang(satang),
        bill: None,
        place: None,
        offset_minutes: 420,
    }
}

fn claim(at: u8, satang: i64, text: &str) -> api::ClaimSlip {
    let text = text.to_owned();
    api::ClaimSlip {
        subject: well(at),
        amount: Satang(satang),
        bill: None,
        text,
        place: None,
        offset_minutes: 420,
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Problem>) -> Code {
    result.unwrap_err().code
}

#[test]
fn a_bill_is_paid_in_cash_and_the_office_sees_the_same() {
    let mut world = World::new();
    let mut nok = world.phone(2, "นก");
    let bill = world.bill(&mut nok, 1, 12_000);
    let shown = world.on(&mut nok, api::ShowBill { of: BillOf::Subject(well(1)) }).unwrap();
    assert_eq!(
        (shown.entry, shown.open, shown.heading.as_str()),
        (bill, Satang(12_000), "นายสมชาย ตัวอย่าง 1")
    );
    let asked = promptpay::Payment::read(&shown.code).unwrap();
    assert_eq!(asked.amount, Some(Satang(12_000)));
    assert!(shown.code_svg.starts_with("<svg"));

    let paid = world.on(&mut nok, cash(1, 5_000)).unwrap();
    assert!(paid.receipt_no.starts_with("R6911"), "{}", paid.receipt_no);
    let other = world.on(&mut nok, cash(1, 8_000)).unwrap();
    assert_ne!(paid.receipt_no, other.receipt_no);
    assert_eq!((other.statement.owed, other.statement.credit), (Satang::ZERO, Satang(1_000)));
    let shown = world.on(&mut nok, api::ShowBill { of: BillOf::Entry(bill) }).unwrap();
    assert_eq!((shown.open, shown.code.as_str()), (Satang::ZERO, ""), "who has paid is asked for nothing");
    for wrong in [0, -5, 1_000_000_001] {
        assert_eq!(code(world.on(&mut nok, cash(1, wrong))), Code::AmountWrong);
    }
    world.sync(&mut nok);
    let office = world.office(api::Ledger { subject: well(1) }).unwrap();
    assert_eq!(office.statement, other.statement);
    assert!(office.may_settle);
    assert_eq!(world.server.verify_all().unwrap(), []);
    assert_eq!(nok.verify_all().unwrap(), []);
    assert_eq!(code(world.on(&mut nok, api::ShowBill { of: BillOf::Subject(well(2)) })), Code::NoBill);
}

#[test]
fn a_slip_is_used_once_wherever_it_is_shown() {
    let mut world = World::new();
    let (mut nok, mut lek) = (world.phone(2, "นก"), world.phone(3, "เล็ก"));
    world.bill(&mut nok, 1, 12_000);
    world.bill(&mut lek, 2, 9_000);
    assert_eq!(code(world.on(&mut nok, claim(1, 12_000, "https://example.com"))), Code::SlipUnreadable);
    let first = world.on(&mut nok, claim(1, 12_000, SLIP)).unwrap();
    assert_eq!(first.statement.claimed, Satang(12_000));
    assert_eq!(code(world.on(&mut nok, claim(1, 12_000, SLIP))), Code::SlipUsed);
    // The other phone cannot know.
    let second = world.on(&mut lek, claim(2, 9_000, SLIP)).unwrap();
    assert_eq!(second.statement.claimed, Satang(9_000));
    // Whichever arrives first: the one that was made first counts.
    world.sync(&mut lek);
    world.sync(&mut nok);
    world.sync(&mut lek);
    for store in [&nok, &lek, &world.server] {
        let states = [1, 2].map(|at| store.statement(well(at)).unwrap().payments[0].state);
        assert_eq!(states, [PaymentState::Claimed, PaymentState::Reversed]);
    }
    let account = world.office(api::Ledger { subject: well(2) }).unwrap();
    assert_eq!(account.statement.owed, Satang(9_000));
    assert!(account.remarks.iter().any(|remark| remark.about == second.saved.record));
    // The bank's file says that it was the other way round.
    for (payment, confirmed) in [(first.saved.record, false), (second.saved.record, true)] {
        world.office(api::JudgeSlip { payment, confirmed }).unwrap();
    }
    let states = [1, 2].map(|at| world.server.statement(well(at)).unwrap().payments[0].state);
    assert_eq!(states, [PaymentState::Reversed, PaymentState::Confirmed]);
    assert_eq!(world.server.verify_all().unwrap(), []);
}

#[test]
fn only_the_office_cancels_with_a_reason_and_nobody_changes_an_entry() {
    let mut world = World::new();
    let mut nok = world.phone(2, "นก");
    let bill = world.bill(&mut nok, 1, 12_000);
    let cancel = |reason: &str| api::CancelEntry { entry: bill, reason: reason.into() };
    assert_eq!(code(world.on(&mut nok, cancel("จดผิด"))), Code::Forbidden);
    let changed: Values = [("total".to_owned(), 1.into())].into();
    assert!(save(&mut nok, world.now, bill, changed).is_err(), "the ledger is only added to");
    let unsound: Values = [
        ("programme".to_owned(), "wells".into()),
        ("zone".to_owned(), "R01".into()),
        ("subject".to_owned(), well(1).to_string().into()),
        ("entry".to_owned(), "payment".into()),
        ("amount".to_owned(), (-5).into()),
        ("means".to_owned(), "cash".into()),
    ]
    .into();
    assert!(save(&mut nok, world.now, RecordId::new(world.now, [9; 10]), unsound).is_err());

    world.sync(&mut nok);
    assert_eq!(code(world.office(cancel("  "))), Code::ReasonNeeded);
    world.office(cancel("จดผิดบ้าน")).unwrap();
    let adjust = api::AdjustAccount {
        subject: well(1),
        cycle: CYCLE.into(),
        amount: Satang(3_000),
        reason: "ค่าต่อมาตร".into(),
    };
    world.office(adjust).unwrap();
    let paid = world.on(&mut nok, cash(1, 3_000)).unwrap();
    world.sync(&mut nok);
    world.office(api::MoveCash { payments: vec![paid.saved.record], to: Hands::HandedOver }).unwrap();
    world.sync(&mut nok);
    let account = world.on(&mut nok, api::Ledger { subject: well(1) }).unwrap();
    assert!(!account.may_settle);
    assert_eq!(account.statement, world.server.statement(well(1)).unwrap());
    assert_eq!(account.statement.charge(bill).unwrap().state, ChargeState::Cancelled);
    assert_eq!(account.statement.payments[0].state, PaymentState::HandedOver);
    assert_eq!((account.statement.owed, account.statement.credit), (Satang::ZERO, Satang::ZERO));
    let remark = account.remarks.iter().find(|remark| remark.about == bill).unwrap();
    assert_eq!((remark.reason.as_str(), remark.approver.as_str()), ("จดผิดบ้าน", "หัวหน้า"));
}

#[test]
fn papers_are_counted() {
    let mut world = World::new();
    let mut nok = world.phone(2, "นก");
    let entry = world.bill(&mut nok, 1, 12_000);
    for (times, kind) in [PaperKind::Roll58, PaperKind::Roll80, PaperKind::Picture].into_iter().enumerate() {
        let paper = world.on(&mut nok, api::PrintPaper { entry, kind, offset_minutes: 420 }).unwrap();
        assert_eq!(paper.copy as usize, times);
        assert!(paper.base64.len() > 2_000);
        // The printer was out of paper: the next try is no copy of this one.
        let again = world.on(&mut nok, api::PrintPaper { entry, kind, offset_minutes: 420 }).unwrap();
        assert_eq!(again.copy as usize, times);
        world.on(&mut nok, api::CountPaper { entry }).unwrap();
    }
    let papers_of = entry;
    let paid = world.on(&mut nok, cash(1, 12_000)).unwrap();
    let entry = paid.saved.record;
    let receipt =
        world.on(&mut nok, api::PrintPaper { entry, kind: PaperKind::Roll58, offset_minutes: 420 }).unwrap();
    assert_eq!((receipt.copy, receipt.name), (0, format!("{}.bin", paid.receipt_no)));
    world.sync(&mut nok);
    let ask = |unpaid| api::BillsPdf {
        programme: "wells".into(),
        cycle: CYCLE.into(),
        zone: None,
        unpaid,
        two_a_page: true,
    };
    let grant = Grant { person: "หัวหน้า".into(), role: Role::Administrator, shelves: vec![] };
    let now = Now::thai(world.now);
    let papers = world.server.bill_papers(&grant, now, &ask(false)).unwrap();
    assert_eq!((papers.len(), papers[0].copy, papers[0].cycle.as_str()), (1, 0, "พฤศจิกายน 2569"));
    assert_eq!(papers[0].from.name, "ตำบลตัวอย่าง");
    let bill = papers[0].bill.no.clone();
    let receipt = BillNumber::of(&paid.receipt_no);
    world.server.papers_printed(&[bill.clone(), receipt.clone()]).unwrap();
    assert_eq!(world.server.bill_papers(&grant, now, &ask(false)).unwrap()[0].copy, 1);
    // The same paper by itself, and the receipt, which was printed on the phone and once here.
    let (page, number) = world.server.page_paper(&grant, now, papers_of).unwrap();
    assert!(matches!(page, store::PagePaper::Bill(bill) if bill.copy == 1));
    assert_eq!(number, bill);
    let (page, number) = world.server.page_paper(&grant, now, entry).unwrap();
    assert!(matches!(page, store::PagePaper::Receipt(receipt) if receipt.copy == 1));
    assert_eq!(number, receipt);
    assert!(world.server.bill_papers(&grant, now, &ask(true)).is_err(), "all are paid");
    let worker = Grant { role: Role::Worker, ..grant };
    assert!(world.server.bill_papers(&worker, now, &ask(false)).is_err());
    assert!(world.server.page_paper(&worker, now, papers_of).is_err());
}

#[test]
fn a_bill_printed_again_asks_for_what_is_open_now() {
    let mut world = World::new();
    let mut nok = world.phone(2, "นก");
    world.bill(&mut nok, 1, 24_000);
    world.on(&mut nok, cash(1, 10_000)).unwrap();
    world.sync(&mut nok);
    let ask = api::BillsPdf {
        programme: "wells".into(),
        cycle: CYCLE.into(),
        zone: None,
        unpaid: true,
        two_a_page: true,
    };
    let grant = Grant { person: "หัวหน้า".into(), role: Role::Administrator, shelves: vec![] };
    let now = Now::thai(world.now);
    let paper = world.server.bill_papers(&grant, now, &ask).unwrap().remove(0);
    assert_eq!((paper.bill.payable(), paper.open), (Satang(24_000), Satang(14_000)));
    assert_eq!(paper.code.unwrap().amount, Some(Satang(14_000)), "and so does its code");
    world.on(&mut nok, cash(1, 14_000)).unwrap();
    world.sync(&mut nok);
    let paper =
        world.server.bill_papers(&grant, now, &api::BillsPdf { unpaid: false, ..ask }).unwrap().remove(0);
    assert_eq!((paper.open, paper.code, paper.void), (Satang::ZERO, None, None));
}

#[test]
fn entries_follow_their_subject() {
    let mut world = World::new();
    let mut nok = world.phone(2, "นก");
    world.bill(&mut nok, 1, 12_000);
    world.sync(&mut nok);
    let moved = api::EditSubject {
        subject: well(1),
        values: [("zone".to_owned(), "R02".into())].into(),
        base_seq: None,
        reason: None,
    };
    world.office(moved).unwrap();
    // Taken before anybody told the phone: it is accepted, and goes along.
    world.on(&mut nok, cash(1, 12_000)).unwrap();
    world.sync(&mut nok);
    let statement = world.server.statement(well(1)).unwrap();
    assert_eq!((statement.charges.len(), statement.owed), (1, Satang::ZERO));
    assert_eq!(world.server.verify_all().unwrap(), []);
    assert_eq!(nok.statement(well(1)).unwrap().charges.len(), 0, "it left the phone with its subject");
    assert_eq!(nok.verify_all().unwrap(), []);
    assert_eq!(DeviceNo::SERVER, world.server.device());
}
