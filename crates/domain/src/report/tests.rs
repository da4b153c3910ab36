//! A month of three people, counted by hand.

use super::*;
use crate::order::OrderKind;
use crate::programme::reports::{By, Figure, ItemsRule, LesionRule, PerRule, PlanRule, ScoreRule};
use crate::programme::{FieldKind, FormKind, Schedule, SubjectKind};
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
    use Figure::*;
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
        per: vec![
            per(By::Zone, &[People, Due, Done, Missing, Beyond, NotDone, Share, Urgent]),
            per(By::Author, &[People, Seen, Due, Done, Missing, Beyond, NotDone, Share, OnTime, Overdue]),
            per(
                By::Author,
                &[Urgent, Items, Raised, Answered, Hours, Worse, LesionsNew, LesionsHealed, Budget],
            ),
        ],
        plan: Some(PlanRule {
            form: "plan".into(),
            visits: "times".into(),
            budget: "budget".into(),
            approved: "approved".into(),
        }),
        born: "born".into(),
        ..Default::default()
    }
}

fn per(by: By, columns: &[Figure]) -> PerRule {
    PerRule { by, title: Default::default(), columns: columns.into() }
}

/// On the last day of the year: the month is over.
fn month<'a>(month: &'a str, about: &'a str, language: &'a str) -> Wanted<'a> {
    Wanted { month, today: "2026-12-31".parse().unwrap(), about, language }
}

fn programme() -> Programme {
    let field = |id: &str| FieldKind { id: id.into(), ..Default::default() };
    let fields = ["group", "status", "ended_on", "why", "aids", "born", "next_on"].map(field).into();
    let orders = vec![OrderKind { id: "flag".into(), ..Default::default() }];
    let ended = [("status".to_owned(), vec!["gone".to_owned()])].into();
    let schedule = Schedule::Days {
        days: 15,
        by_field: "group".into(),
        days_by: [("4".to_owned(), 4)].into(),
        agreed: "next_on".into(),
    };
    let visit = FormKind {
        id: "visit".into(),
        schedule: Some(schedule),
        save_to: [("agreed".to_owned(), "next_on".to_owned())].into(),
        ..Default::default()
    };
    let subject = SubjectKind { fields, ended, ..Default::default() };
    Programme { subject, orders, forms: vec![visit], ..Default::default() }
}

fn people() -> Vec<Someone> {
    let one = |heading: &str, zone: &str, first_day: &str, fields: Value, visits: Vec<Visited>| Someone {
        heading: heading.into(),
        zone: zone.into(),
        holder: None,
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
            json!({"group": "1", "aids": "เตียง", "born": "1938"}),
            vec![
                visit("adl", "2026-08-02", "นก", "done", json!({"adl": 7})),
                visit(
                    "plan",
                    "2026-10-01",
                    "ผจก",
                    "done",
                    json!({"approved": "yes", "item": [{"activity": "a1"}, {"activity": "a4"}]}),
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
fn areas_stand_as_people_count() {
    let mut people = people();
    people.retain(|one| one.zone == "เขต 1");
    for (one, zone) in people.iter_mut().zip(["เขต 10", "เขต 2"]) {
        one.zone = zone.into();
    }
    let report = monthly(&programme(), &rule(), &people, &month("2026-11", "ทั้งหมด", "th"));
    let first: Vec<String> = report.tables[0].rows.iter().map(|row| row[0].text()).collect();
    assert_eq!(first, ["เขต 2", "เขต 10", "รวม"]);
}

#[test]
fn a_month_counted_by_hand() {
    let report = monthly(&programme(), &rule(), &people(), &month("2026-11", "ทั้งหมด", "th"));
    assert_eq!(report.about, "พ.ย. 2569 (ปีงบประมาณ 2570) · ทั้งหมด");
    let [zones, visits, results, each, groups, change, months, wounds, flags, others] =
        report.tables.as_slice()
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
    // Mali is นก's, who came most often; the visit beyond the quota was หน่อย's. Nobody has been to Somsri yet. The visit of
    // the 2nd followed one of the 30th, that of the 20th came 18 days after it, that of the 25th five days later.
    assert_eq!(
        texts(visits),
        [
            ["นก", "1", "1", "2", "2", "0", "0", "1", "100", "50", "0"],
            ["ยังไม่มีผู้ดูแล", "1", "0", "8", "0", "8", "0", "0", "0", "-", "1"],
            ["หน่อย", "1", "2", "2", "2", "1", "1", "0", "50", "100", "0"],
            ["รวม", "3", "2", "12", "4", "9", "1", "1", "25", "66.7", "1"],
        ]
    );
    assert_eq!(
        texts(results),
        [
            ["นก", "1", "1/2", "3", "2", "2.5", "1", "0", "0", "0.00"],
            ["ยังไม่มีผู้ดูแล", "0", "-", "0", "0", "-", "0", "0", "0", "0.00"],
            ["หน่อย", "0", "-", "0", "0", "-", "0", "0", "0", "0.00"],
            ["รวม", "1", "1/2", "3", "2", "2.5", "1", "0", "0", "0.00"],
        ],
        "a plan without a budget costs nothing"
    );
    assert_eq!(
        texts(each)[0][..8],
        ["สมศรี", "เขต 1", "ยังไม่มีผู้ดูแล", "", "4", "0", "8", "8"],
        "whoever lacks most is on top"
    );
    assert_eq!(texts(each)[0][8], "25", "due on the day she came, the month ended 25 days later");
    let mali = texts(each).into_iter().find(|row| row[0] == "มาลี").unwrap();
    assert_eq!(mali[2..], ["นก", "88", "1", "3", "2", "0", "", "1/2", "25 พ.ย. 2569"]);
    assert_eq!(groups.heads, ["กลุ่ม", "ต้นเดือน", "ใหม่", "จำหน่าย moved", "สิ้นเดือน"]);
    assert_eq!(texts(groups), [["1", "2", "0", "1", "1"], ["4", "0", "1", "0", "1"]]);
    assert_eq!(texts(change), [["0", "0", "1"]], "five after seven is worse");
    assert_eq!(months.heads.len(), 13);
    assert_eq!(texts(months)[0][9..], ["7", "", "", "5"]);
    assert_eq!(
        texts(wounds),
        [["2", "1", "0", "0", "0"], ["3", "0", "1", "0", "0"]],
        "it grew deeper, and is the same sore"
    );
    assert_eq!(texts(flags), [["3", "2", "1", "2.5", "4"]]);
    assert_eq!(others.rows.len(), 1);
    assert_eq!(others.rows[0][1], Cell::Number(1.0));
}

#[test]
fn an_empty_month_is_no_division_by_nothing() {
    let report = monthly(&programme(), &rule(), &[], &month("2026-01", "", "en"));
    assert_eq!(texts(&report.tables[0]), [["All", "0", "0", "0", "0", "0", "0", "-", "0"]]);
    assert_eq!(texts(&report.tables[1]), [["All", "0", "0", "0", "0", "0", "0", "0", "-", "-", "0"]]);
    assert_eq!(report.about, "ม.ค. 2569 (budget year 2569) · ");
}

/// The figures of the only line of a table of one person.
fn figures(one: &Someone, rule: &ReportRule, columns: &[Figure], wanted: &Wanted<'_>) -> Vec<String> {
    let rule = ReportRule { per: vec![per(By::Author, columns)], ..rule.clone() };
    let report = monthly(&programme(), &rule, std::slice::from_ref(one), wanted);
    texts(&report.tables[0]).pop().unwrap()[1..].to_vec()
}

#[test]
fn the_approved_plan_comes_before_the_quota_and_the_quota_before_the_schedule() {
    let november = month("2026-11", "", "th");
    let columns = [Figure::Due, Figure::Budget];
    let mut one = Someone {
        first_day: "2026-01-01".into(),
        values: values(json!({"group": "1"})),
        visits: vec![visit("visit", "2026-10-28", "นก", "done", json!({}))],
        ..Default::default()
    };
    assert_eq!(figures(&one, &rule(), &columns, &november), ["2", "0.00"], "the quota of the group");
    let without_quota = ReportRule { quota: Default::default(), ..rule() };
    // Due on the 12th, and 15 days later on the 27th.
    assert_eq!(figures(&one, &without_quota, &columns, &november), ["2", "0.00"]);
    one.values = values(json!({"group": "4"}));
    // On the 1st, as four days after the 28th, and every fourth day from then on.
    assert_eq!(figures(&one, &without_quota, &columns, &november)[0], "8");
    let plan = |day: &str, approved: &str, times: u32| {
        visit("plan", day, "ผจก", "done", json!({"times": times, "budget": 1500.5, "approved": approved}))
    };
    one.visits.push(plan("2026-11-02", "yes", 5));
    one.visits.push(plan("2026-11-20", "no", 9));
    assert_eq!(figures(&one, &rule(), &columns, &november), ["5", "1,500.50"]);
    let october = month("2026-10", "", "th");
    assert_eq!(figures(&one, &rule(), &columns, &october)[0], "8", "the plan did not exist yet");
}

#[test]
fn kinds_of_care_are_of_the_plan_whose_budget_stands_beside_them() {
    let plan = |day: &str, approved: &str, budget: u32, activities: &[&str]| {
        let items: Vec<Value> = activities.iter().map(|activity| json!({ "activity": activity })).collect();
        visit("plan", day, "ผจก", "done", json!({"approved": approved, "budget": budget, "item": items}))
    };
    let mut one = Someone {
        first_day: "2026-01-01".into(),
        values: values(json!({"group": "1"})),
        visits: vec![
            plan("2026-10-01", "yes", 1500, &["a1", "a4"]),
            visit("visit", "2026-11-05", "นก", "done", json!({"activities": ["a1", "a9"]})),
            plan("2026-11-20", "no", 3000, &["a1", "a4", "a9"]),
        ],
        ..Default::default()
    };
    let columns = [Figure::Items, Figure::Budget];
    let november = month("2026-11", "", "th");
    assert_eq!(figures(&one, &rule(), &columns, &november), ["1/2", "1,500.00"], "the new one waits");
    one.visits.remove(0);
    assert_eq!(figures(&one, &rule(), &columns, &november), ["-", "0.00"], "nobody approved it");
    let every_plan = ReportRule { plan: None, ..rule() };
    assert_eq!(figures(&one, &every_plan, &columns, &november)[0], "2/3", "nobody approves plans there");
}

#[test]
fn a_day_that_was_agreed_on_is_what_the_next_visit_is_measured_by() {
    let mut one = Someone {
        first_day: "2026-01-01".into(),
        values: values(json!({"group": "1", "next_on": "2026-11-28"})),
        visits: vec![
            visit("visit", "2026-10-01", "นก", "done", json!({"agreed": "2026-11-10"})),
            visit("visit", "2026-11-10", "นก", "done", json!({"agreed": "2026-11-12"})),
            visit("visit", "2026-11-14", "นก", "done", json!({})),
        ],
        ..Default::default()
    };
    let columns = [Figure::OnTime, Figure::Overdue];
    let over = month("2026-11", "", "th");
    let rule = rule();
    // Agreed on the 10th, forty days later: on time. The second was two days late. The month ended a day past the 29th.
    assert_eq!(figures(&one, &rule, &columns, &over), ["50", "1"]);
    let within = Wanted { today: "2026-11-28".parse().unwrap(), ..over };
    assert_eq!(figures(&one, &rule, &columns, &within), ["50", "0"], "the day that holds now has not passed");
    one.visits.truncate(1);
    assert_eq!(figures(&one, &rule, &columns, &over), ["-", "1"], "who was not visited is not on time");
}

#[test]
fn whose_area_it_is_has_those_whom_nobody_else_visited() {
    let columns = [Figure::People];
    let november = month("2026-11", "", "th");
    let keeper = |by: &[&str]| {
        let visits = by.iter().map(|by| visit("visit", "2026-11-05", by, "done", json!({}))).collect();
        let one = Someone {
            first_day: "2026-01-01".into(),
            values: values(json!({"group": "1"})),
            holder: Some("นก".into()),
            visits,
            ..Default::default()
        };
        let rule = ReportRule { per: vec![per(By::Author, &columns)], ..rule() };
        let report = monthly(&programme(), &rule, &[one], &november);
        let mut lines = texts(&report.tables[0]).into_iter();
        lines.find(|row| row[1] == "1").unwrap()[0].clone()
    };
    assert_eq!(keeper(&[]), "นก", "the holder, if nobody came");
    assert_eq!(keeper(&["หน่อย", "หน่อย", "นก"]), "นก", "others stood in for her");
    assert_eq!(keeper(&["หน่อย"]), "หน่อย", "the area was handed over since");
}

#[test]
fn sores_are_known_again_by_where_they_are() {
    let rule = LesionRule { site: "site".into(), ..rule().lesions.unwrap() };
    let rule = ReportRule { lesions: Some(rule), ..self::rule() };
    let sores = |all: &[(&str, &str)]| {
        let rows: Vec<Value> =
            all.iter().map(|(site, stage)| json!({"site": site, "stage": stage})).collect();
        json!({ "wound": rows })
    };
    let one = Someone {
        first_day: "2026-01-01".into(),
        values: values(json!({"group": "1"})),
        visits: vec![
            visit("visit", "2026-10-30", "นก", "done", sores(&[("hip", "2"), ("heel", "1"), ("heel", "2")])),
            visit(
                "visit",
                "2026-11-20",
                "นก",
                "done",
                sores(&[("hip", "3"), ("heel", "2"), ("sacrum", "1")]),
            ),
        ],
        ..Default::default()
    };
    let columns = [Figure::LesionsNew, Figure::LesionsHealed];
    let november = month("2026-11", "", "th");
    assert_eq!(figures(&one, &rule, &columns, &november), ["1", "1"]);
    let report = monthly(&programme(), &rule, &[one], &november);
    let of_sores = |table: &&Table| table.heads.get(3).is_some_and(|head| head == "แผลใหม่");
    let wounds = report.tables.iter().find(of_sores).unwrap();
    assert_eq!(
        texts(wounds),
        [["1", "1", "1", "1", "1"], ["2", "2", "1", "0", "0"], ["3", "0", "1", "0", "0"]],
        "one on the sacrum came, one on the heel healed, the one on the hip is deeper"
    );
}

#[test]
fn a_rule_that_names_no_table_keeps_those_by_area_and_by_person() {
    let from_before = ReportRule { per: Vec::new(), ..rule() };
    let report = monthly(&programme(), &from_before, &people(), &month("2026-11", "", "en"));
    let heads = |at: usize| report.tables[at].heads.iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(report.tables[0].title, "Visits against the quota, by area");
    let visits = ["Area", "People", "Due", "Done", "Missing", "Unplanned", "Not done", "Per cent", "Urgent"];
    assert_eq!(heads(0), visits);
    assert_eq!(report.tables[1].title, "By person at work");
    assert_eq!(heads(1), ["Name", "People seen", "Done", "Not done", "Urgent"]);
    let silent = ReportRule { urgent: Default::default(), ..from_before };
    assert!(silent.tables().iter().all(|table| !table.columns.contains(&Figure::Urgent)));
}
