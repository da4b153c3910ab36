//! A month of three people, counted by hand.

use super::*;
use crate::order::OrderKind;
use crate::programme::reports::{ItemsRule, LesionRule, ScoreRule};
use crate::programme::{FieldKind, SubjectKind};
use serde_json::json;

fn values(json: Value) -> Values {
    serde_json::from_value(json).unwrap()
}

fn visit(form: &str, day: &str, by: &str, outcome: &str, answers: Value) -> Visited {
    Visited {
        form: form.into(),
        day: day.into(),
        by: by.into(),
        outcome: outcome.into(),
        values: values(answers),
    }
}

fn rule() -> ReportRule {
    ReportRule {
        form: "visit".into(),
        quota_by: "group".into(),
        quota: [("1".to_owned(), 2), ("4".to_owned(), 8)].into(),
        group: "group".into(),
        ended_on: "ended_on".into(),
        ended_why: "why".into(),
        score: Some(ScoreRule { form: "adl".into(), question: "adl".into(), ..Default::default() }),
        items: Some(ItemsRule {
            form: "plan".into(),
            repeat: "item".into(),
            activity: "activity".into(),
            done_form: "visit".into(),
            done: "activities".into(),
        }),
        lesions: Some(LesionRule {
            form: "visit".into(),
            repeat: "wound".into(),
            by: "stage".into(),
            ..Default::default()
        }),
        urgent: [("visit".to_owned(), "urgent_for".to_owned())].into(),
        cases: "flag".into(),
        has: vec!["aids".into()],
        ..Default::default()
    }
}

fn programme() -> Programme {
    let field = |id: &str| FieldKind { id: id.into(), ..Default::default() };
    let fields = ["group", "status", "ended_on", "why", "aids"].map(field).into();
    let orders = vec![OrderKind { id: "flag".into(), ..Default::default() }];
    let ended = [("status".to_owned(), vec!["gone".to_owned()])].into();
    Programme { subject: SubjectKind { fields, ended, ..Default::default() }, orders, ..Default::default() }
}

fn people() -> Vec<Someone> {
    let one = |heading: &str, zone: &str, first_day: &str, fields: Value, visits: Vec<Visited>| Someone {
        heading: heading.into(),
        zone: zone.into(),
        first_day: first_day.into(),
        values: values(fields),
        visits,
        cases: if heading == "มาลี" {
            [Some(1.0), Some(4.0), None].map(|hours| CaseTold { hours }).into()
        } else {
            Vec::new()
        },
    };
    vec![
        one(
            "มาลี",
            "เขต 1",
            "2026-01-01",
            json!({"group": "1", "aids": "เตียง"}),
            vec![
                visit("adl", "2026-08-02", "นก", "done", json!({"adl": 7})),
                visit(
                    "plan",
                    "2026-10-01",
                    "ผจก",
                    "done",
                    json!({"item": [{"activity": "a1"}, {"activity": "a4"}]}),
                ),
                visit("visit", "2026-10-30", "นก", "done", json!({"wound": [{"stage": "2"}]})),
                visit(
                    "visit",
                    "2026-11-02",
                    "นก",
                    "done",
                    json!({"activities": ["a1", "a9"], "urgent_for": "ความดัน"}),
                ),
                visit("visit", "2026-11-12", "นก", "not_home", json!({})),
                visit("visit", "2026-11-20", "นก", "done", json!({"wound": [{"stage": "3"}]})),
                visit("visit", "2026-11-25", "หน่อย", "done", json!({"wound": [{"stage": "3"}]})),
                visit("adl", "2026-11-26", "นก", "done", json!({"adl": 5})),
            ],
        ),
        one("สมศรี", "เขต 1", "2026-11-05", json!({"group": "4", "aids": "ไม่มี"}), Vec::new()),
        one(
            "บุญมี",
            "เขต 2",
            "2026-01-01",
            json!({"group": "1", "status": "gone", "ended_on": "2026-11-10", "why": "moved"}),
            vec![visit("visit", "2026-11-01", "หน่อย", "done", json!({}))],
        ),
        one(
            "เก่า",
            "เขต 2",
            "2025-01-01",
            json!({"group": "1", "status": "gone", "ended_on": "2026-10-10"}),
            Vec::new(),
        ),
    ]
}

fn texts(table: &Table) -> Vec<Vec<String>> {
    table.rows.iter().map(|row| row.iter().map(Cell::text).collect()).collect()
}

#[test]
fn a_month_counted_by_hand() {
    let report = monthly(&programme(), &rule(), &people(), "2026-11", "ทั้งหมด", "th");
    assert_eq!(report.about, "พ.ย. 2569 (ปีงบประมาณ 2570) · ทั้งหมด");
    let [zones, workers, each, groups, change, months, wounds, flags, others] = report.tables.as_slice()
    else {
        panic!("{} tables", report.tables.len())
    };
    assert_eq!(
        texts(zones),
        [
            ["เขต 1", "2", "10", "3", "8", "1", "1", "20", "1"],
            ["เขต 2", "1", "2", "1", "1", "0", "0", "50", "0"],
            ["รวม", "3", "12", "4", "9", "1", "1", "25", "1"],
        ]
    );
    assert_eq!(texts(workers), [["นก", "1", "2", "1", "1"], ["หน่อย", "2", "2", "0", "0"]]);
    assert_eq!(texts(each)[0][..6], ["สมศรี", "เขต 1", "4", "0", "8", "8"], "whoever lacks most is on top");
    let mali = texts(each).into_iter().find(|row| row[0] == "มาลี").unwrap();
    assert_eq!(mali[3..], ["3", "2", "0", "1/2", "25 พ.ย. 2569"]);
    assert_eq!(groups.heads, ["กลุ่ม", "ต้นเดือน", "ใหม่", "จำหน่าย moved", "สิ้นเดือน"]);
    assert_eq!(texts(groups), [["1", "2", "0", "1", "1"], ["4", "0", "1", "0", "1"]]);
    assert_eq!(texts(change), [["0", "0", "1"]], "five after seven is worse");
    assert_eq!(months.heads.len(), 13);
    assert_eq!(texts(months)[0][9..], ["7", "", "", "5"]);
    assert_eq!(texts(wounds), [["2", "1", "0"], ["3", "0", "1"]]);
    assert_eq!(texts(flags), [["3", "2", "1", "2.5", "4"]]);
    assert_eq!(others.rows.len(), 1);
    assert_eq!(others.rows[0][1], Cell::Number(1.0));
}

#[test]
fn an_empty_month_is_no_division_by_nothing() {
    let report = monthly(&programme(), &rule(), &[], "2026-01", "", "en");
    assert_eq!(texts(&report.tables[0]), [["All", "0", "0", "0", "0", "0", "0", "-", "0"]]);
    assert_eq!(report.about, "ม.ค. 2569 (budget year 2569) · ");
}
