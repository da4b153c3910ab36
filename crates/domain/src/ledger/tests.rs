//! Stories of one account, and the laws: sums conserve, order and repetition change nothing.

use super::*;
use proptest::prelude::*;

fn id(name: &str) -> RecordId {
    RecordId::derived("test", &[name.as_bytes()])
}

fn entry(name: &str, day: u32, cycle: &str, fact: Fact) -> Entry {
    let needs = fact.needs_a_reason();
    Entry {
        id: id(name),
        subject: id("subject"),
        at: format!("2026-{:02}-{:02}T09:00:00+07:00", 9 + day / 28, day % 28 + 1),
        by: "นก".into(),
        cycle: cycle.into(),
        reason: if needs { "จดผิด".into() } else { String::new() },
        approver: if needs { "หัวหน้า".into() } else { String::new() },
        fact,
    }
}

fn bill(name: &str, day: u32, cycle: &str, satang: i64) -> Entry {
    let total = Satang(satang);
    let lines =
        vec![crate::billing::Line { kind: crate::billing::LineKind::Use, title: None, amount: total }];
    let no = crate::billing::BillNumber::of(name);
    entry(
        name,
        day,
        cycle,
        Fact::Bill(Box::new(Bill { no, units: satang / 800, lines, total, ..Bill::default() })),
    )
}

fn again(name: &str, day: u32, cycle: &str, satang: i64, replaces: &str) -> Entry {
    let mut entry = bill(name, day, cycle, satang);
    if let Fact::Bill(bill) = &mut entry.fact {
        bill.replaces = Some(id(replaces));
    }
    entry
}

fn paid(name: &str, day: u32, satang: i64, means: Means) -> Entry {
    let payment = Payment { amount: Satang(satang), means, bill: None, receipt_no: String::new() };
    entry(name, day, "", Fact::Payment(payment))
}

fn cash(name: &str, day: u32, satang: i64) -> Entry {
    paid(name, day, satang, Means::Cash)
}

fn slip(name: &str, day: u32, satang: i64, trans_ref: &str) -> Entry {
    paid(name, day, satang, Means::Slip(Slip { bank: "002".into(), trans_ref: trans_ref.into() }))
}

fn cancel(name: &str, day: u32, about: &str) -> Entry {
    entry(name, day, "", Fact::Cancel { about: id(about) })
}

fn verdict(name: &str, day: u32, about: &str, confirmed: bool) -> Entry {
    entry(name, day, "", Fact::Verdict { about: id(about), confirmed })
}

fn adjust(name: &str, day: u32, cycle: &str, satang: i64) -> Entry {
    entry(name, day, cycle, Fact::Adjustment { amount: Satang(satang) })
}

fn sums(entries: &[Entry]) -> (i64, i64, i64) {
    let statement = Statement::of(entries);
    (statement.owed.0, statement.credit.0, statement.claimed.0)
}

#[test]
fn the_first_owed_is_the_first_paid() {
    let entries =
        [bill("b2", 30, "2026-10", 20_000), bill("b1", 1, "2026-09", 10_000), cash("p", 31, 15_000)];
    let statement = Statement::of(&entries);
    let of = |name| statement.charge(id(name)).unwrap();
    assert_eq!((of("b1").state, of("b1").paid), (ChargeState::Paid, Satang(10_000)));
    assert_eq!((of("b2").state, of("b2").open), (ChargeState::Partly, Satang(15_000)));
    assert_eq!(statement.account(), Account { arrears: Satang(15_000), cycles: 1, credit: Satang::ZERO });
    assert_eq!(statement.bill_of("2026-10").unwrap().id, id("b2"));
    let months = statement.months(5);
    assert_eq!(months[0], Month { cycle: "2026-10".into(), units: 25, owed: true });
    assert_eq!(months[1], Month { cycle: "2026-09".into(), units: 12, owed: false });
}

#[test]
fn what_is_over_is_credit_and_pays_the_next_bill() {
    let mut entries = vec![bill("b1", 1, "2026-09", 10_000), cash("p", 2, 12_500)];
    assert_eq!(sums(&entries), (0, 2_500, 0));
    entries.push(bill("b2", 30, "2026-10", 2_000));
    assert_eq!(sums(&entries), (0, 500, 0));
    // The bill of October says what stood before it, not after.
    assert_eq!(Statement::before(&entries, "2026-10").account().credit, Satang(2_500));
}

#[test]
fn a_slip_is_claimed_until_the_bank_speaks_and_pays_once() {
    let claimed = vec![bill("b1", 1, "2026-09", 10_000), slip("s1", 2, 10_000, "T1")];
    assert_eq!(sums(&claimed), (0, 0, 10_000));
    assert_eq!(Statement::of(&claimed).charges[0].state, ChargeState::Claimed);

    let with = |more: Entry| {
        let mut all = claimed.clone();
        all.push(more);
        all
    };
    let confirmed = with(verdict("v", 3, "s1", true));
    assert_eq!(sums(&confirmed), (0, 0, 0));
    assert_eq!(Statement::of(&confirmed).payments[0].state, PaymentState::Confirmed);
    let disputed = with(verdict("v", 3, "s1", false));
    assert_eq!(sums(&disputed), (10_000, 0, 0));
    // The same slip a second time is caught, however it is written.
    let twice = with(slip("s2", 4, 10_000, "t1"));
    assert_eq!(sums(&twice), (0, 0, 10_000));
    assert_eq!(Statement::of(&twice).payment(id("s2")).unwrap().state, PaymentState::Duplicate);
    assert_eq!(sums(&with(slip("s2", 4, 10_000, "T2"))), (0, 10_000, 10_000));
    // A slip that the bank disputed may be shown again, for instance with another number read rightly.
    let mut shown_again = disputed.clone();
    shown_again.push(slip("s2", 5, 10_000, "T1"));
    assert_eq!(sums(&shown_again), (0, 0, 10_000));
}

#[test]
fn cash_goes_from_hand_to_hand() {
    let moved = |name: &str, to| entry(name, 5, "", Fact::Moved { about: id("p"), to });
    let mut entries = vec![cash("p", 2, 100)];
    let state = |entries: &[Entry]| Statement::of(entries).payments[0].state;
    assert_eq!(state(&entries), PaymentState::Received);
    entries.push(moved("d", Hands::Deposited));
    entries.push(moved("h", Hands::HandedOver));
    assert_eq!(state(&entries), PaymentState::Deposited, "the farthest counts, whichever came first");
    entries.push(cancel("c", 6, "p"));
    assert_eq!(state(&entries), PaymentState::Reversed);
}

#[test]
fn one_bill_a_cycle_stands() {
    let mut entries = vec![bill("b1", 10, "2026-10", 10_000), again("b2", 9, "2026-10", 8_000, "b1")];
    assert_eq!(sums(&entries).0, 8_000, "the one that replaces, though its clock was behind");
    entries.push(cancel("c", 11, "b2"));
    assert_eq!(sums(&entries).0, 10_000, "the one before comes back");
    entries.push(cancel("c2", 11, "b1"));
    assert_eq!(sums(&entries).0, 0);
    let two = [bill("b1", 10, "2026-10", 10_000), bill("b2", 11, "2026-10", 8_000)];
    assert_eq!(
        sums(&two).0,
        8_000,
        "two phones unaware of each other: the later one, until somebody decides"
    );
    let circle = [again("b1", 10, "2026-10", 10_000, "b2"), again("b2", 11, "2026-10", 8_000, "b1")];
    assert_eq!(sums(&circle).0, 8_000);
}

#[test]
fn cancelling_and_adjusting() {
    let entries = [
        bill("b1", 1, "2026-09", 10_000),
        cash("p", 2, 10_000),
        cancel("c", 3, "b1"),
        adjust("up", 4, "2026-10", 3_000),
        adjust("down", 5, "2026-10", -1_000),
        cancel("nothing", 6, "unknown"),
    ];
    assert_eq!(sums(&entries), (0, 8_000, 0));
    assert_eq!(Statement::of(&entries).charge(id("b1")).unwrap().state, ChargeState::Cancelled);
    assert_eq!(sums(&entries[..2]), (0, 0, 0));
}

#[test]
fn an_entry_travels_as_cells() {
    for entry in [
        bill("b1", 1, "2026-09", 10_000),
        slip("s", 2, 100, "T"),
        cash("c", 2, 100),
        paid("k", 2, 100, Means::Bank { reference: "77".into() }),
        cancel("x", 3, "b1"),
        verdict("v", 3, "s", true),
        adjust("a", 3, "2026-09", -5),
        entry("m", 3, "", Fact::Moved { about: id("c"), to: Hands::Deposited }),
    ] {
        let cells = entry.cells("p", "z");
        assert_eq!(cells[field::PROGRAMME], "p");
        assert_eq!(cells[name::ENTRY], entry.fact.word());
        assert_eq!(Entry::of(entry.id, &cells), Some(entry.clone()));
        assert!(entry.is_sound(), "{entry:?}");
        let mut unknown = cells.clone();
        unknown.insert(name::ENTRY.into(), "from 2031".into());
        assert_eq!(Entry::of(entry.id, &unknown), None);
        // What a newer app says beside is no obstacle.
        let mut newer = cells;
        newer.insert("colour".into(), "blue".into());
        assert_eq!(Entry::of(entry.id, &newer), Some(entry));
    }
}

#[test]
fn what_is_not_sound() {
    let mut unexplained = cancel("x", 3, "b1");
    unexplained.reason = " ".into();
    let mut unapproved = adjust("a", 3, "2026-09", 5);
    unapproved.approver.clear();
    let mut wrong_sum = bill("b", 1, "2026-09", 10_000);
    if let Fact::Bill(bill) = &mut wrong_sum.fact {
        bill.total = Satang(9_999);
    }
    let mut no_cycle = bill("b", 1, "2026-09", 10_000);
    no_cycle.cycle.clear();
    let mut saturated = bill("b", 1, "2026-09", 100);
    if let Fact::Bill(bill) = &mut saturated.fact {
        // Two lines that take each other away still have to be amounts.
        for amount in [Satang(i64::MAX - 50), Satang(50 - i64::MAX)] {
            bill.lines.push(crate::billing::Line {
                kind: crate::billing::LineKind::Use,
                title: None,
                amount,
            });
        }
    }
    for entry in [
        saturated,
        unexplained,
        unapproved,
        wrong_sum,
        no_cycle,
        cash("c", 1, 0),
        cash("c", 1, -5),
        adjust("a", 1, "", 0),
        cancel("x", 1, "x"),
        bill("b", 1, "2026-09", BILL_MOST.0 + 1),
        bill("b", 1, "2026-09", i64::MAX),
        bill("b", 1, "2026-09", -800),
        cash("c", 1, PAYMENT_MOST.0 + 1),
        adjust("a", 1, "2026-09", i64::MIN),
    ] {
        assert!(!entry.is_sound(), "{entry:?}");
    }
}

#[test]
fn who_may_write_what() {
    assert!(!bill("b", 1, "2026-09", 1).fact.is_for_the_office());
    assert!(!cash("c", 1, 1).fact.is_for_the_office());
    assert!(!slip("s", 1, 1, "T").fact.is_for_the_office());
    assert!(paid("k", 2, 100, Means::Bank { reference: "77".into() }).fact.is_for_the_office());
    assert!(cancel("x", 1, "b").fact.is_for_the_office());
    assert!(adjust("a", 1, "", 1).fact.is_for_the_office());
    assert!(verdict("v", 1, "s", true).fact.is_for_the_office());
}

prop_compose! {
    fn one(at: usize)(
        kind in 0u8..9,
        day in 0u32..80,
        cycle in 0usize..4,
        satang in 1i64..50_000,
        target in 0usize..12,
        reference in 0u8..4,
        yes in any::<bool>(),
    ) -> Entry {
        let name = format!("e{at}");
        let about = format!("e{target}");
        let cycle = ["2026-08", "2026-09", "2026-10", "2026-11"][cycle];
        match kind {
            0..=2 => bill(&name, day, cycle, satang),
            3 => again(&name, day, cycle, satang, &about),
            4 => cash(&name, day, satang),
            5 => slip(&name, day, satang, &format!("T{reference}")),
            6 => verdict(&name, day, &about, yes),
            7 => adjust(&name, day, cycle, if yes { satang } else { -satang }),
            _ => cancel(&name, day, &about),
        }
    }
}

fn accounts() -> impl Strategy<Value = Vec<Entry>> {
    (1usize..12).prop_flat_map(|count| (0..count).map(one).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn order_and_repetition_change_nothing(
        (entries, mixed) in accounts().prop_flat_map(|all| {
            let twice: Vec<Entry> = all.iter().chain(&all).cloned().collect();
            (Just(all), Just(twice).prop_shuffle())
        }),
    ) {
        prop_assert_eq!(Statement::of(&entries), Statement::of(&mixed));
    }

    #[test]
    fn every_satang_is_somewhere(entries in accounts()) {
        let statement = Statement::of(&entries);
        let standing = || statement.charges.iter().filter(|charge| charge.is_standing());
        let charged: Satang = standing().map(|charge| charge.amount).sum();
        let counting = || statement.payments.iter().filter(|payment| payment.state.counts());
        let paid: Satang = counting().map(|payment| payment.amount).sum();
        prop_assert_eq!(charged - paid, statement.owed - statement.credit);
        prop_assert!(statement.owed.is_zero() || statement.credit.is_zero(), "nobody owes and has too much");
        for charge in standing() {
            prop_assert_eq!(charge.paid + charge.claimed + charge.open, charge.amount);
        }
        let used: Satang = counting().map(|payment| payment.used).sum();
        prop_assert_eq!(used, charged - statement.owed);
        // First in, first out: behind an open charge nothing is covered.
        let open_at = standing().position(|charge| !charge.open.is_zero());
        prop_assert!(standing().skip(open_at.map_or(usize::MAX, |at| at + 1)).all(|charge| charge.open == charge.amount));
        // One bill a cycle.
        let mut cycles: Vec<&str> = standing().filter(|c| c.units.is_some()).map(|c| c.cycle.as_str()).collect();
        let count = cycles.len();
        cycles.dedup();
        prop_assert_eq!(cycles.len(), count);
    }

    #[test]
    fn a_slip_pays_once(entries in accounts()) {
        let statement = Statement::of(&entries);
        let mut keys: Vec<String> = statement.payments.iter().filter(|payment| payment.state.counts())
            .filter_map(|payment| match &payment.means { Some(Means::Slip(slip)) => Some(slip.key()), _ => None })
            .collect();
        let count = keys.len();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), count);
    }
}
