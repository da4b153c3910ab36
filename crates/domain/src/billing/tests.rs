//! Vectors of real tariffs, and laws that hold for every tariff.

use super::*;
use crate::change::{Value, Values};
use crate::ids::RecordId;
use proptest::prelude::*;

fn blocks(of: &[(i64, i64)], last: i64) -> Vec<Block> {
    let ends = of.iter().map(|(upto, rate)| Block { upto: Some(*upto), rate: Satang(*rate) });
    ends.chain([Block { upto: None, rate: Satang(last) }]).collect()
}

/// Table 1 of the provincial waterworks, homes, as far as it is known.
fn homes() -> Tariff {
    Tariff {
        version: "1".into(),
        class: "1".into(),
        effective_from: "2026-01-01".into(),
        blocks: blocks(&[(10, 1_020), (20, 1_600), (30, 1_900)], 2_120),
        ..Tariff::default()
    }
}

/// Table 1, offices and small shops.
fn offices() -> Tariff {
    let known = [(10, 1_700), (20, 2_000), (30, 2_100), (50, 2_200), (80, 2_300), (100, 2_400), (300, 2_740)];
    Tariff { class: "2".into(), minimum: Satang::baht(150), blocks: blocks(&known, 2_750), ..homes() }
}

/// Table 1, large businesses.
fn large() -> Tariff {
    let known = [(10, 1_825), (20, 2_150), (30, 2_550), (50, 2_850), (80, 3_100), (100, 3_125), (300, 3_150)];
    Tariff { class: "3".into(), minimum: Satang::baht(300), blocks: blocks(&known, 3_175), ..homes() }
}

/// The metropolitan waterworks, homes.
fn metropolitan() -> Tariff {
    let known = [
        (30, 850),
        (40, 1_003),
        (50, 1_035),
        (60, 1_068),
        (70, 1_100),
        (80, 1_133),
        (90, 1_250),
        (100, 1_282),
        (120, 1_315),
        (160, 1_347),
        (200, 1_380),
    ];
    Tariff { blocks: blocks(&known, 1_445), ..homes() }
}

/// A small municipality: eight baht a unit, ten baht where nothing was used.
fn village() -> Tariff {
    Tariff { blocks: blocks(&[], 800), zero_use: Some(Satang::baht(10)), ..homes() }
}

#[test]
fn water_alone_as_the_tables_say() {
    for (tariff, vectors) in [
        (
            homes(),
            &[
                (0, 0),
                (1, 1_020),
                (10, 10_200),
                (11, 11_800),
                (20, 26_200),
                (25, 35_700),
                (30, 45_200),
                (31, 47_320),
                (50, 87_600),
            ][..],
        ),
        (
            offices(),
            // At 9 units the table gives 153, and an app of the waterworks 150: the table is what people can read.
            &[
                (0, 15_000),
                (8, 15_000),
                (9, 15_300),
                (10, 17_000),
                (20, 37_000),
                (30, 58_000),
                (50, 102_000),
                (80, 171_000),
                (100, 219_000),
                (300, 767_000),
                (1_000, 2_692_000),
            ],
        ),
        (
            large(),
            &[
                (0, 30_000),
                (15, 30_000),
                (16, 31_150),
                (20, 39_750),
                (30, 65_250),
                (50, 122_250),
                (80, 215_250),
                (100, 277_750),
                (300, 907_750),
                (1_000, 3_130_250),
            ],
        ),
        (metropolitan(), &[(35, 30_515), (100, 104_210), (250, 311_840)]),
        (village(), &[(0, 1_000), (1, 800), (15, 12_000)]),
    ] {
        for (units, satang) in vectors {
            assert_eq!(
                tariff.charge(*units, "", "").total,
                Satang(*satang),
                "{units} units, class {}",
                tariff.class
            );
        }
    }
}

#[test]
fn with_fee_and_tax() {
    let tariff = Tariff { service_fee: [("01".to_owned(), Satang(3_000))].into(), vat_bp: 700, ..homes() };
    for (units, net, vat, total) in
        [(8, 11_160, 781, 11_941), (25, 38_700, 2_709, 41_409), (50, 90_600, 6_342, 96_942)]
    {
        let charge = tariff.charge(units, "01", "");
        assert_eq!((charge.net.0, charge.vat.0, charge.total.0), (net, vat, total), "{units}");
        let kinds: Vec<LineKind> = charge.lines.iter().map(|line| line.kind).collect();
        assert_eq!(kinds, [LineKind::Use, LineKind::ServiceFee, LineKind::Vat]);
    }
    assert_eq!(tariff.charge(8, "07", "").lines.len(), 2, "a size without a fee costs nothing more");
}

#[test]
fn discounts_extras_and_rounding() {
    let title = Words { th: "ส่วนลด".into(), en: "Discount".into() };
    let tariff = Tariff {
        discounts: [
            ("half".to_owned(), Discount { share_bp: 5_000, title: title.clone(), ..Discount::default() }),
            ("poor".to_owned(), Discount { units: 5, title: title.clone(), ..Discount::default() }),
            ("all".to_owned(), Discount { amount: Satang::baht(9_999), title, ..Discount::default() }),
        ]
        .into(),
        extras: vec![Extra {
            title: Words { th: "ค่าขยะ".into(), ..Words::default() },
            each_bill: Satang::baht(20),
            each_unit: Satang(15),
        }],
        vat_bp: 700,
        rounding: Rounding::Quarter,
        ..homes()
    };
    let sum = |discount: &str| {
        let charge = tariff.charge(10, "", discount);
        let of = |kind| {
            charge.lines.iter().filter(|line| line.kind == kind).map(|line| line.amount.0).sum::<i64>()
        };
        (
            of(LineKind::Discount),
            of(LineKind::Extra),
            of(LineKind::Vat),
            of(LineKind::Rounding),
            charge.total.0,
        )
    };
    // 102.00 + 20.00 + 1.50 = 123.50, tax 8.645, together 132.15, rounded to 132.25.
    assert_eq!(sum(""), (0, 2_150, 865, 10, 13_225));
    assert_eq!(sum("half").0, -5_100);
    assert_eq!(sum("poor").0, -5_100);
    assert_eq!(sum("all").0, -10_200, "never more than the charge for use");
    assert_eq!(sum("unknown"), sum(""));
    let baht = Tariff { rounding: Rounding::Baht, ..homes() };
    assert_eq!(baht.charge(1, "", "").total, Satang::baht(10));
}

fn billing() -> Billing {
    serde_json::from_value(serde_json::json!({
        "form": "reading",
        "title": { "th": "ใบแจ้งค่าน้ำประปา" },
        "unit": { "th": "หน่วย" },
        "answers": { "units": "usage", "previous": "previous", "reading": "reading", "previous_at": "last_at",
            "comment": "comment", "estimated": { "method": ["average"] }, "held": { "severe": ["yes"] } },
        "fields": { "customer_no": "customer_no", "name": "name", "address": ["house_no", "address"],
            "class": "class", "size": "meter_size", "direct_debit": "debit" },
        "payee": { "due_days": 7, "due_days_in_arrears": 3 },
        "tariff": [
            { "version": "a", "effective_from": "2026-01-01", "blocks": [{ "rate": 800 }] },
            { "version": "b", "effective_from": "2026-11-01", "blocks": [{ "rate": 900 }] },
            { "version": "b", "class": "2", "effective_from": "2026-11-01",
                "blocks": [{ "upto": 10, "rate": 1000 }, { "rate": 1200 }], "vat_bp": 700, "rounding": "25 satang" },
        ],
    }))
    .unwrap()
}

#[test]
fn the_tariff_of_a_class_and_day() {
    let billing = billing();
    let of = |class: &str, day: &str| billing.tariff(class, day).map(|tariff| tariff.blocks[0].rate.0);
    assert_eq!(of("1", "2026-10-31"), Some(800));
    assert_eq!(of("1", "2026-11-01T09:00:00+07:00"), Some(900));
    assert_eq!(of("2", "2026-10-31"), Some(800), "no tariff of its own yet");
    assert_eq!(of("2", "2026-11-01"), Some(1_000));
    assert_eq!(of("1", "2025-12-31"), None);
    assert_eq!(billing.tariff_named("a", "2").map(|tariff| tariff.blocks[0].rate.0), Some(800));
    assert_eq!(billing.tariff_named("b", "2").map(|tariff| tariff.blocks[0].rate.0), Some(1_000));
    assert_eq!(billing.tariff_named("c", ""), None);
    let known = ["customer_no", "name", "house_no", "address", "class", "meter_size", "debit"];
    assert_eq!(
        billing.faults(|form| form == "reading", |field| known.contains(&field)),
        Vec::<String>::new()
    );
}

#[test]
fn what_cannot_be_published() {
    let mut billing = billing();
    billing.form = "other".into();
    billing.fields.name = "nobody".into();
    billing.payee.tax_id = "12".into();
    billing.payee.biller_id = "12".into();
    billing.payee.promptpay_id = "12".into();
    billing.tariffs.push(Tariff {
        effective_from: "พรุ่งนี้".into(),
        version: "c".into(),
        blocks: blocks(&[], 1),
        ..Tariff::default()
    });
    billing.tariffs.push(Tariff { version: "d".into(), blocks: blocks(&[(20, 1), (10, 1)], 1), ..homes() });
    billing.tariffs.push(Tariff { version: "e".into(), class: "9".into(), minimum: Satang(-1), ..homes() });
    billing.tariffs.push(Tariff {
        version: "e".into(),
        class: "9".into(),
        effective_from: "2027-01-01".into(),
        blocks: vec![],
        ..homes()
    });
    let faults = billing.faults(|form| form == "reading", |field| field != "nobody");
    assert_eq!(faults.len(), 11, "{faults:#?}");
}

fn values(of: &[(&str, Value)]) -> Values {
    of.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn issued(answers: &[(&str, Value)], subject: &[(&str, Value)], before: Account) -> Result<Bill, NoBill> {
    billing().issue(Issue {
        no: BillNumber::of("1"),
        visit: RecordId::derived("t", &[b"visit"]),
        subject: &values(subject),
        answers: &values(answers),
        at: "2026-11-21T09:00:00+07:00",
        issued_on: "2026-11-21T09:05:00+07:00",
        before,
        months: vec![Month::default(); 9],
        approved: false,
        replaces: None,
    })
}

#[test]
fn a_bill_comes_out_of_a_visit() {
    let answers = [
        ("usage", 16.into()),
        ("previous", 1200.into()),
        ("reading", Value::from(1216.0)),
        ("last_at", "2026-10-22T09:00:00+07:00".into()),
        ("comment", "00".into()),
        ("method", "actual".into()),
        ("severe", "no".into()),
    ];
    let bill = issued(&answers, &[("class", "2".into())], Account::default()).unwrap();
    assert_eq!((bill.units, bill.previous, bill.reading), (16, Some(1_200), Some(1_216)));
    assert_eq!((bill.previous_on.as_str(), bill.read_on.as_str()), ("2026-10-22", "2026-11-21"));
    assert_eq!(bill.due_on, "2026-11-28");
    assert_eq!((bill.tariff.as_str(), bill.estimated, bill.months.len()), ("b", false, 5));
    // 172.00 and 12.04 of tax, rounded to 184.00.
    assert_eq!(bill.total, Satang(18_400));
    assert_eq!(bill.payable(), bill.total);
    // Approved three weeks later: there are as many days to pay, and the price is that of the reading.
    let late = billing().issue(Issue {
        no: BillNumber::of("1"),
        visit: RecordId::derived("t", &[b"visit"]),
        subject: &values(&[("class", "2".into())]),
        answers: &values(&answers),
        at: "2026-11-21T09:00:00+07:00",
        issued_on: "2026-12-12T09:00:00+07:00",
        before: Account::default(),
        months: Vec::new(),
        approved: true,
        replaces: None,
    });
    let late = late.unwrap();
    assert_eq!((late.due_on.as_str(), late.read_on.as_str()), ("2026-12-19", "2026-11-21"));
    assert_eq!(late.total, bill.total);

    let mut estimated = answers.clone();
    estimated[5].1 = "average".into();
    let before = Account { arrears: Satang(5_000), cycles: 1, credit: Satang::ZERO };
    let bill = issued(&estimated, &[], before).unwrap();
    assert!(bill.estimated);
    assert_eq!(bill.due_on, "2026-11-24", "sooner where something is owed");
    assert_eq!(bill.payable(), Satang(16 * 900 + 5_000));
    let debit = issued(&answers, &[("debit", "yes".into())], Account::default()).unwrap();
    assert_eq!(debit.due_on, "");

    let mut severe = answers.clone();
    severe[6].1 = "yes".into();
    assert_eq!(issued(&severe, &[], Account::default()), Err(NoBill::Held));
    assert_eq!(issued(&answers[1..], &[], Account::default()), Err(NoBill::NoUnits));
    assert_eq!(Billing { tariffs: vec![], ..billing() }.charge(&Values::new(), 1, "2026-11-21"), None);
}

#[test]
fn a_credit_is_taken_off_and_the_tax_found_again() {
    let before = Account { arrears: Satang::ZERO, cycles: 0, credit: Satang(7_700) };
    let bill = issued(&[("usage", 16.into())], &[("class", "2".into())], before).unwrap();
    assert_eq!(bill.payable(), Satang(18_400 - 7_700));
    assert_eq!(bill.vat_payable(700), Satang(700), "107.00 holds 7.00 of tax");
    let paid = Account { credit: Satang(99_999), ..Account::default() };
    let bill = issued(&[("usage", 1.into())], &[], paid).unwrap();
    assert_eq!((bill.payable(), bill.vat_payable(700)), (Satang::ZERO, Satang::ZERO));
    let text = serde_json::to_string(&bill).unwrap();
    assert_eq!(serde_json::from_str::<Bill>(&text).unwrap(), bill);
}

prop_compose! {
    fn tariffs()(
        steps in prop::collection::vec((1i64..60, 0i64..5_000), 0..6),
        last in 0i64..5_000,
        minimum in 0i64..50_000,
        zero_use in prop::option::of(0i64..5_000),
        fee in 0i64..10_000,
        extra in (0i64..5_000, 0i64..100),
        vat_bp in prop::sample::select(vec![0u32, 700, 1_000]),
        rounding in prop::sample::select(vec![Rounding::None, Rounding::Quarter, Rounding::Baht]),
        share_bp in 0u32..=10_000,
    ) -> Tariff {
        let mut upto = 0;
        let known: Vec<(i64, i64)> = steps.into_iter().map(|(width, rate)| { upto += width; (upto, rate) }).collect();
        Tariff {
            version: "p".into(),
            effective_from: "2026-01-01".into(),
            blocks: blocks(&known, last),
            minimum: Satang(minimum),
            zero_use: zero_use.map(Satang),
            service_fee: [("01".to_owned(), Satang(fee))].into(),
            extras: vec![Extra { each_bill: Satang(extra.0), each_unit: Satang(extra.1), ..Extra::default() }],
            vat_bp,
            rounding,
            discounts: [("d".to_owned(), Discount { share_bp, ..Discount::default() })].into(),
            ..Tariff::default()
        }
    }
}

proptest! {
    #[test]
    fn one_more_unit_never_costs_less(tariff in tariffs(), units in 1i64..2_000) {
        prop_assert!(tariff.charge(units + 1, "01", "").total >= tariff.charge(units, "01", "").total);
        prop_assert!(tariff.usage(units) >= tariff.minimum);
        prop_assert_eq!(tariff.faults(), Vec::<String>::new());
    }

    #[test]
    fn the_lines_together_are_the_total(tariff in tariffs(), units in -5i64..2_000, discount in "d?") {
        let charge = tariff.charge(units, "01", &discount);
        prop_assert_eq!(charge.lines.iter().map(|line| line.amount).sum::<Satang>(), charge.total);
        prop_assert!(charge.total >= Satang::ZERO);
        prop_assert_eq!(charge.vat, Satang((charge.net.0 * i64::from(tariff.vat_bp) + 5_000) / 10_000));
        let rounded = charge.total - charge.net - charge.vat;
        prop_assert!(rounded.0.abs() * 2 <= tariff.rounding.step());
    }

    #[test]
    fn blocks_are_priced_unit_by_unit(tariff in tariffs(), units in 0i64..400) {
        let rate = |unit: i64| {
            tariff.blocks.iter().find(|block| block.upto.is_none_or(|upto| unit <= upto)).unwrap().rate
        };
        prop_assert_eq!(tariff.blocks_for(units), (1..=units).map(rate).sum::<Satang>());
    }

    #[test]
    fn no_number_of_units_overflows(tariff in tariffs(), units in any::<i64>()) {
        let charge = tariff.charge(units, "01", "d");
        prop_assert!(charge.total >= Satang::ZERO);
    }
}
