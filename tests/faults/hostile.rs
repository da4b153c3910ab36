//! Bodies that no honest app would send: each has its answer, and none of them stops anybody else.

use domain::change::{Change, Values};
use domain::ids::{RecordId, Seq};
use domain::problem::{Code, Problem};
use domain::wire::PUSH_MAX_COMMITS;
use domain::wire::{Fate as Verdict, PushReply};
use serde_json::{Value, json};
use tests::world::phone::Phone;
use tests::world::{WELLS, World, fresh, meter};

/// Sends a push body of our own making as `phone`.
fn push(world: &World, phone: &Phone, body: &str) -> Result<PushReply, Problem> {
    let token = phone.meta("token").unwrap();
    world.with_server(|server, now| {
        let from = server.authenticate(&token, now).unwrap();
        server.answer_push(&from, body.as_bytes(), now).map_err(Problem::from)
    })
}

fn head(phone: &Phone, top: u64) -> String {
    let install = phone.store().install().unwrap();
    json!({"install": install, "top_n": top, "lowest_n": 1}).to_string()
}

fn commit(n: u64, cells: Value) -> Value {
    json!({"n": n, "at": [1_795_000_000_000u64, 0], "wall": 0, "by": "นก", "changes": [
        {"id": fresh(&format!("hostile {n}")), "kind": "note", "cells": cells}]})
}

fn fine(n: u64) -> Value {
    commit(n, json!({"programme": WELLS, "zone": "R01", "text": "ดี"}))
}

#[test]
fn a_line_that_is_no_commit_is_refused_by_itself_and_the_rest_goes_on() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let bad = [
        json!({"n": 2, "changes": "none"}),
        json!({"n": 2, "at": [1, 0], "wall": 0, "by": "x", "changes": [{"id": RecordId::derived("squat", &[]), "kind": "note", "cells": {"programme": WELLS, "zone": "R01"}}]}),
        json!({"n": 2, "at": [-5, 0], "wall": 0, "by": "x", "changes": []}),
        commit(2, json!({})),
        commit(2, json!({"programme": WELLS, "zone": "R01", "": "no name"})),
        commit(2, json!({"programme": WELLS, "zone": "R01", "a\u{0}b": 1})),
        commit(2, json!({"programme": WELLS, "zone": "R01", "x".repeat(300): 1})),
        commit(2, json!({"programme": WELLS, "zone": "R01", "text": "x".repeat(300_000)})),
        commit(2, json!({"programme": WELLS, "zone": "R02", "text": "not hers"})),
        commit(2, json!({"programme": "care", "zone": "M1", "text": "not hers"})),
        commit(2, json!({"text": "on no shelf"})),
        commit(2, json!({"programme": WELLS, "zone": "_", "text": "for every phone to carry"})),
        json!({"n": 2, "at": [1, 0], "wall": 0, "by": "x", "changes": [{"id": meter("meter 1"), "kind": "visit", "cells": {"a": 1}}]}),
        json!({"n": 2, "at": [1, 0], "wall": 0, "by": "x", "changes": [{"id": meter("meter 1"), "kind": "subject", "cells": {"zone": "R02"}}]}),
        json!({"n": 2, "at": [1, 0], "wall": 0, "by": "x", "changes": [{"id": meter("meter 1"), "kind": "subject", "cells": {"deleted": true}}]}),
        json!({"n": 2, "at": [1, 0], "wall": 0, "by": "x", "changes": [{"id": meter("meter 1"), "kind": "subject", "cells": {"codes.X": "yes"}}]}),
        json!({"n": 2, "at": [1, 0], "wall": 0, "by": "x", "changes": [{"id": RecordId::derived("programme", &[WELLS.as_bytes()]), "kind": "programme", "cells": {"definition": {}}}]}),
    ];
    for (at, line) in bad.iter().enumerate() {
        let world = World::from_seed(at as u64);
        let nok = world.phone("นก");
        nok.syncs();
        let body = format!("{}\n{}\n{line}\n{}\n", head(&nok, 3), fine(1), fine(3));
        let reply = push(&world, &nok, &body).unwrap_or_else(|problem| panic!("{line}: {problem:?}"));
        assert_eq!(reply.acked, 3, "{line}");
        assert!(matches!(reply.verdicts[1].fate, Verdict::Refused { .. }), "{line}: {:?}", reply.verdicts[1]);
        assert!(matches!(reply.verdicts[0].fate, Verdict::Ok { .. }));
        assert!(matches!(reply.verdicts[2].fate, Verdict::Ok { .. }));
        assert_eq!(world.refused().len(), 1, "the office can read it");
        // The same again is the same answer.
        let again = push(&world, &nok, &body).unwrap();
        assert!(matches!(again.verdicts[0].fate, Verdict::Known { .. }));
        assert!(matches!(again.verdicts[1].fate, Verdict::Refused { .. }));
        assert_eq!(world.verify(), Vec::<String>::new());
    }
}

#[test]
fn a_body_that_cannot_be_read_names_the_line_and_changes_nothing() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let before = world.dump();
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let too_many = PUSH_MAX_COMMITS as u64 + 1;
    let too_many_at = format!("line {}", too_many + 1);
    let many: String = (1..=too_many).map(|n| format!("\n{}", fine(n))).collect();
    let cases = [
        (String::new(), Code::Malformed, "line 1"),
        ("not json".to_owned(), Code::Malformed, "line 1"),
        ("{}".to_owned(), Code::Malformed, "line 1"),
        ("\u{0}\u{0}\u{0}".to_owned(), Code::Malformed, "line 1"),
        (format!("{}\nnot json", head(&nok, 1)), Code::Malformed, "line 2"),
        (format!("{}\n{}\n{{\"n\":", head(&nok, 2), fine(1)), Code::Malformed, "line 3"),
        (format!("{}\n{{\"n\":0}}", head(&nok, 1)), Code::Malformed, "line 2"),
        (format!("{}\n{{\"n\":-1}}", head(&nok, 1)), Code::Malformed, "line 2"),
        (format!("{}\n{{\"n\":1e400}}", head(&nok, 1)), Code::Malformed, "line 2"),
        (format!("{}\n[1,2]", head(&nok, 1)), Code::Malformed, "line 2"),
        (format!("{}\n{deep}", head(&nok, 1)), Code::Malformed, "line 2"),
        (format!("{}{many}", head(&nok, too_many)), Code::TooLarge, &too_many_at),
    ];
    for (body, code, line) in cases {
        let problem = push(&world, &nok, &body).unwrap_err();
        assert_eq!(problem.code, code, "{body:.60}");
        assert_eq!(problem.detail.as_deref(), Some(line), "{body:.60}");
        assert_eq!(world.dump(), before, "{body:.60}");
    }
}

#[test]
fn commits_out_of_order_wait_for_the_missing_one() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let reply = push(&world, &nok, &format!("{}\n{}\n{}", head(&nok, 3), fine(2), fine(3))).unwrap();
    assert_eq!((reply.acked, reply.verdicts.len()), (0, 0), "1 is missing: nothing is taken");
    let body = format!("{}\n{}\n{}\n{}", head(&nok, 3), fine(1), fine(2), fine(3));
    assert_eq!(push(&world, &nok, &body).unwrap().acked, 3);
    assert_eq!(push(&world, &nok, &body).unwrap().acked, 3);
    assert_eq!(world.dump().matches("\"note\"").count(), 3);
}

#[test]
fn a_value_too_deep_for_the_wire_is_refused_where_it_is_saved() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    for depth in [20, 60, 100, 120, 124, 126, 200] {
        let deep = (0..depth).fold(json!(1), |inner, _| json!([inner]));
        let id = fresh(&format!("deep {depth}"));
        let cells: Values = [("deep".to_owned(), deep)].into();
        let _ = nok.writes(vec![nok.record("note", id, "R01", cells)]);
    }
    nok.reads("meter 1", 1);
    world.comes_to_rest(&[&nok]);
    assert_eq!(world.card("meter 1").visits.len(), 1, "the queue went on");
    world.assert_at_rest(&[&nok]);
}

#[test]
fn strange_texts_are_kept_as_they_are() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    lek.syncs();
    let texts = [
        "=cmd|'/C calc'!A0",
        "<img src=x onerror=alert(1)>",
        "'; DROP TABLE record; --",
        "ก\u{e48}\u{e48}\u{e48}\u{e48}\u{e48}\u{e48}\u{e48}\u{e48}",
        "\u{202e}กลับด้าน\u{202c}",
        "สมชาย\u{0}ทอง",
        "👩\u{200d}🔧",
        "",
        "\u{feff}",
        "%s%n${jndi:ldap://x}",
    ];
    for text in texts {
        nok.edits("meter 1", "name", text);
        world.comes_to_rest(&[&nok, &lek]);
        assert_eq!(lek.sees("meter 1", "name"), text, "{text:?}");
        // Searching for it finds it or nothing, and never fails.
        let today = "2026-11-21".to_owned();
        lek.ask(domain::api::Search { text: text.to_owned(), programme: None, today, limit: 9 }).unwrap();
        lek.ask(domain::api::Find { text: text.to_owned() }).ok();
    }
    world.assert_at_rest(&[&nok, &lek]);
}

#[test]
fn a_pull_for_shelves_of_others_or_from_cursors_that_never_were_brings_only_ones_own() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let token = nok.meta("token").unwrap();
    let install = nok.store().install().unwrap();
    for cursors in [
        json!({"wells/R02": 0, "care/M1": 0}),
        json!({"wells/R01": 9_007_199_254_740_991u64}),
        json!({"wells/R02": 5, "wells/R01": 0}),
        json!({}),
    ] {
        let request = json!({"install": install, "top_n": 0, "cursors": cursors, "begun": {"wells/R01": 99}});
        let request = serde_json::from_value(request).unwrap();
        let page = world.with_server(|server, now| {
            let from = server.authenticate(&token, now).unwrap();
            server.answer_pull(&from, &request, now).unwrap()
        });
        let page = String::from_utf8(page).unwrap();
        assert!(!page.contains("wells/R02") && !page.contains("R02 meter"), "{cursors}: {page}");
    }
}

#[test]
fn a_made_up_question_or_a_question_settled_with_another_answer_does_nothing() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    nok.syncs();
    lek.syncs();
    nok.edits("meter 1", "name", "ก");
    lek.edits("meter 1", "name", "ข");
    world.comes_to_rest(&[&nok, &lek]);
    let question = nok.questions().remove(0);
    let settle = |value: Value| Change {
        id: question.id,
        kind: "question".to_owned(),
        base_seq: Seq(0),
        cells: [("settled".to_owned(), json!({"value": value, "by": "นก"}))].into(),
    };
    assert!(nok.writes(vec![settle(json!("ค่าที่ไม่มีใครเขียน"))]).is_err());
    world.comes_to_rest(&[&nok, &lek]);
    assert_eq!(lek.sees("meter 1", "name"), "ข");
    let mut made_up = settle(json!("x"));
    made_up.id = RecordId::derived("made up", &[]);
    made_up.cells.insert("subject".to_owned(), json!(meter("meter 1").to_string()));
    assert!(nok.writes(vec![made_up]).is_err());
}

#[test]
fn a_phone_cannot_correct_away_what_others_saved() {
    let world = World::new();
    let (nok, lek) = (world.phone("นก"), world.phone("เล็ก"));
    lek.syncs();
    lek.reads("meter 1", 120);
    let theirs = lek.card("meter 1").visits[0].id;
    world.comes_to_rest(&[&nok, &lek]);
    let visit = |n: u64, corrected: RecordId| {
        json!({"n": n, "at": [1_795_000_000_000u64, 0], "wall": 0, "by": "เล็ก", "changes": [
            {"id": fresh(&format!("correction {n}")), "kind": "visit", "cells": {
                "programme": WELLS, "zone": "R01", "subject": meter("meter 1").to_string(), "form": "reading",
                "at": "2026-11-21T09:00:00+07:00", "outcome": "done", "cycle": "2026-11", "reading": 1, "supersedes": corrected.to_string()}}]})
    };
    let reply = push(&world, &nok, &format!("{}\n{}", head(&nok, 1), visit(1, theirs))).unwrap();
    assert!(matches!(reply.verdicts[0].fate, Verdict::Refused { code: Code::Forbidden }), "{reply:?}");
    lek.syncs();
    assert_eq!(lek.card("meter 1").visits.len(), 1, "what she saved still counts");
    let own = lek.card("meter 1").visits[0].id;
    let top = lek.counts().saved + 1;
    let reply = push(&world, &lek, &format!("{}\n{}", head(&lek, top), visit(top, own))).unwrap();
    assert!(matches!(reply.verdicts[0].fate, Verdict::Ok { .. }), "her own she may correct: {reply:?}");
}

#[test]
fn what_is_larger_than_any_commit_is_not_kept_whole() {
    let world = World::new();
    let nok = world.phone("นก");
    nok.syncs();
    let line = json!({"n": 1, "x": "ก".repeat(1_500_000)});
    let reply = push(&world, &nok, &format!("{}\n{line}\n{}", head(&nok, 2), fine(2))).unwrap();
    assert!(matches!(reply.verdicts[0].fate, Verdict::Refused { .. }));
    assert!(matches!(reply.verdicts[1].fate, Verdict::Ok { .. }), "it holds nobody up");
    assert!(world.refused()[0].content.len() <= 64 * 1024, "its beginning is enough to know it by");
}
