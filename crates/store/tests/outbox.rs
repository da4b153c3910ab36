//! The outbox of notifications: what is written with what causes it, when it is tried, when it is given up, and what of it
//! anybody ever sees.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by panicking"
)]

use domain::access::{Grant, Role};
use domain::api::{
    Ask, MailSafety, Notifications, NotificationsReply, PutChannel, PutMail, RemoveChannel, RetryNotices,
    Rule, Secret,
};
use domain::ids::Shelf;
use domain::notify::{Event, GIVE_UP_MS, Trouble, Way};
use domain::problem::{Code, Problem};
use domain::wire::{EnrolRequest, PushHead};
use store::{KeyUse, Kind, Now, Store, Target};

const NOW: u64 = 1_795_233_600_000;

fn entropy() -> store::Entropy {
    let mut at = 0u8;
    Box::new(move |bytes: &mut [u8]| {
        for byte in bytes {
            at = at.wrapping_add(1);
            *byte = at;
        }
    })
}

fn store() -> Store {
    Store::in_memory(Kind::Server, entropy()).unwrap()
}

fn grant(role: Role) -> Grant {
    Grant { person: "เสมียน".into(), role, shelves: vec![Shelf::common("water")] }
}

fn ask<A: Ask>(store: &mut Store, role: Role, ask: A, now: u64) -> Result<A::Reply, Problem> {
    A::unwrap(store::service::serve(store, Some(&grant(role)), Now::thai(now), ask.wrap())?)
}

fn seen(store: &mut Store) -> NotificationsReply {
    ask(store, Role::Clerk, Notifications {}, NOW).unwrap()
}

fn webhook(secret: Option<&str>, rules: Vec<Rule>) -> PutChannel {
    PutChannel {
        id: None,
        way: Way::Webhook,
        title: "ศูนย์ข้อมูล".into(),
        target: "https://hook.example/sanam".into(),
        secret: secret.map(|text| Secret(text.into())),
        rules,
    }
}

fn trouble_rule() -> Vec<Rule> {
    vec![Rule { programme: String::new(), event: Event::Trouble }]
}

/// A device offers a line that is no commit: it is refused, and that is trouble.
fn refused_push(store: &mut Store, n: u64, now: u64) {
    let request = domain::api::NewEnrolment {
        person: "ผู้จด".into(),
        role: Role::Worker,
        shelves: vec![Shelf::new("water", "R01")],
    };
    let (code, _) = store.new_enrolment("", &request, now, 60_000).unwrap();
    let enrol = EnrolRequest {
        code,
        name: "มือถือ".into(),
        install: domain::ids::Install(n),
        top_n: 0,
        unsent_of: None,
        unsent_mark: None,
        incarnation: None,
        acked_n: 0,
    };
    let enrolled = store.enrol(&enrol, now).unwrap();
    let from = store.authenticate(&enrolled.token, now).unwrap();
    let head = PushHead { install: domain::ids::Install(n), top_n: 1, lowest_n: 1 };
    let body = format!("{}\n{{\"n\":1,\"odd\":true}}\n", serde_json::to_string(&head).unwrap());
    store.answer_push(&from, body.as_bytes(), now).unwrap();
}

#[test]
fn a_refusal_and_its_message_are_one_transaction_and_the_message_is_tried_until_it_is_taken() {
    let mut store = store();
    refused_push(&mut store, 1, NOW);
    assert_eq!(seen(&mut store).waiting, 0, "nobody wanted to hear of it");
    ask(&mut store, Role::Clerk, webhook(Some("key"), trouble_rule()), NOW).unwrap();
    refused_push(&mut store, 2, NOW);
    assert_eq!(seen(&mut store).waiting, 1);
    let taken = store.take_due_notices(NOW, 10, &[]).unwrap();
    assert_eq!(taken.len(), 1);
    let busy = [taken[0].channel];
    assert!(store.take_due_notices(NOW + 120_000, 10, &busy).unwrap().is_empty(), "its channel is busy");
    let said = serde_json::to_string(&taken[0].message).unwrap();
    assert!(!said.contains("ผู้จด") && !said.contains("มือถือ"), "{said}");
    assert!(store.take_due_notices(NOW, 10, &[]).unwrap().is_empty(), "it is being sent");
    assert_eq!(store.take_due_notices(NOW + 120_000, 10, &[]).unwrap().len(), 1, "its sender has died");
    store.note_notice(taken[0].no, Err(Trouble::NoAnswer), NOW + 120_000).unwrap();
    let reply = seen(&mut store);
    assert_eq!((reply.waiting, reply.failed.len()), (1, 1));
    let row = &reply.failed[0];
    assert_eq!((row.tries, row.trouble), (1, Some(Trouble::NoAnswer)), "the other one never tried");
    assert_eq!(reply.channels[0].trouble, Some(Trouble::NoAnswer));
    assert!(store.take_due_notices(NOW + 120_001, 10, &[]).unwrap().is_empty(), "it waits for its next turn");
    let next = reply.failed[0].next_ms.unwrap();
    let again = store.take_due_notices(next, 10, &[]).unwrap();
    store.note_notice(again[0].no, Ok(()), next).unwrap();
    let reply = seen(&mut store);
    assert_eq!((reply.waiting, reply.failed.len(), reply.channels[0].last_ok_ms), (0, 0, next));
}

#[test]
fn a_message_is_given_up_after_days_shown_and_tried_again_when_somebody_says_so() {
    let mut store = store();
    ask(&mut store, Role::Clerk, webhook(None, trouble_rule()), NOW).unwrap();
    refused_push(&mut store, 1, NOW);
    let mut now = NOW;
    let mut tries = 0;
    while seen(&mut store).waiting > 0 {
        for delivery in store.take_due_notices(now, 10, &[]).unwrap() {
            tries += 1;
            store.note_notice(delivery.no, Err(Trouble::Failed), now).unwrap();
        }
        now += 60_000;
        assert!(now <= NOW + GIVE_UP_MS + 120_000, "it is tried for ever");
    }
    assert!((15..60).contains(&tries), "{tries} tries in three days");
    let failed = seen(&mut store).failed;
    assert_eq!((failed[0].next_ms, failed[0].trouble), (None, Some(Trouble::Failed)));
    ask(&mut store, Role::Clerk, RetryNotices {}, now).unwrap();
    let taken = store.take_due_notices(now, 10, &[]).unwrap();
    store.note_notice(taken[0].no, Ok(()), now).unwrap();
    store.trim_notices(now + GIVE_UP_MS * 20).unwrap();
    assert_eq!(seen(&mut store).failed, []);
}

#[test]
fn what_waits_for_one_channel_leaves_room_for_the_others_and_is_not_tried_by_waiting() {
    let mut store = store();
    let down = ask(&mut store, Role::Clerk, webhook(Some("key"), trouble_rule()), NOW).unwrap().id;
    for n in 1..=5 {
        refused_push(&mut store, n, NOW);
    }
    let other = ask(&mut store, Role::Clerk, webhook(Some("key"), trouble_rule()), NOW).unwrap().id;
    refused_push(&mut store, 6, NOW);
    let taken = store.take_due_notices(NOW, 3, &[]).unwrap();
    let of = |channel: u64| taken.iter().filter(|one| one.channel == channel).count();
    assert_eq!((of(down), of(other)), (3, 1), "each has its share");
    // Of the first channel's three one is tried, the others stand behind it until they are due again.
    store.note_notice(taken[0].no, Err(Trouble::NoAnswer), NOW).unwrap();
    let behind = taken[1].no;
    let mut now = NOW;
    for _ in 0..10 {
        now += 120_000;
        assert!(store.take_due_notices(now, 10, &[]).unwrap().iter().any(|one| one.no == behind));
    }
    store.note_notice(behind, Err(Trouble::NoAnswer), now).unwrap();
    let row = seen(&mut store).failed.into_iter().find(|row| row.no == behind).unwrap();
    assert_eq!(row.tries, 1);
    assert!(row.next_ms.unwrap() <= now + 30_000, "the first failure waits half a minute at most");
}

#[test]
fn a_message_that_cannot_be_read_holds_up_no_other_and_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("office.db");
    let numbers: Vec<u64> = {
        let mut store = store();
        ask(&mut store, Role::Clerk, webhook(None, trouble_rule()), NOW).unwrap();
        for n in 1..=4 {
            refused_push(&mut store, n, NOW);
        }
        store.backup(&path).unwrap();
        let file = rusqlite::Connection::open(&path).unwrap();
        let mut statement = file.prepare("SELECT no FROM notice ORDER BY no").unwrap();
        let numbers = statement.query_map([], |row| row.get(0)).unwrap();
        numbers.collect::<rusqlite::Result<_>>().unwrap()
    };
    // One that a newer version wrote before somebody went back, and two that the disk has damaged: one is no text any more.
    let file = rusqlite::Connection::open(&path).unwrap();
    let newer = "UPDATE notice SET body = json_set(body, '$.event', 'of_tomorrow') WHERE no = ?1";
    assert_eq!(file.execute(newer, [numbers[0]]).unwrap(), 1);
    assert_eq!(file.execute("UPDATE notice SET body = '{' WHERE no = ?1", [numbers[1]]).unwrap(), 1);
    let no_text = "UPDATE notice SET body = CAST(x'7b22c322' AS TEXT) WHERE no = ?1";
    assert_eq!(file.execute(no_text, [numbers[2]]).unwrap(), 1);
    drop(file);
    let mut store = Store::open(&path, Kind::Server, entropy(), NOW).unwrap();
    let taken: Vec<u64> =
        store.take_due_notices(NOW, 10, &[]).unwrap().iter().map(|delivery| delivery.no).collect();
    assert_eq!(taken, numbers[3..]);
    let reply = seen(&mut store);
    let shown: Vec<_> = reply.failed.iter().map(|row| (row.no, row.tries, row.trouble)).collect();
    let why = Some(Trouble::Unreadable);
    assert_eq!(shown, [(numbers[2], 1, why), (numbers[1], 1, why), (numbers[0], 1, why)]);
    assert!(reply.failed[2].title.contains("เครื่องที่ 1"), "what can be read of it");
    assert_eq!(reply.waiting, 4, "an update of the server may still read them");
}

#[test]
fn a_secret_goes_in_and_never_comes_out() {
    let mut store = store();
    let made = ask(&mut store, Role::Clerk, webhook(None, Vec::new()), NOW).unwrap();
    let key = made.secret.unwrap().0;
    assert_eq!(key.len(), 64, "made by the server, shown this once");
    let line = PutChannel {
        way: Way::Line,
        target: "C0123456789abcdef0123456789abcdef".into(),
        ..webhook(Some("line-token"), Vec::new())
    };
    let line_id = ask(&mut store, Role::Clerk, line.clone(), NOW).unwrap().id;
    let mail = PutMail {
        host: "mail.example".into(),
        port: 587,
        safety: MailSafety::StartTls,
        user: "sanam".into(),
        password: Some(Secret("mail-password".into())),
        from: "sanam@example.go.th".into(),
    };
    ask(&mut store, Role::Clerk, mail.clone(), NOW).unwrap();
    let reply = seen(&mut store);
    let said = format!("{reply:?} {}", serde_json::to_string(&reply).unwrap());
    for secret in [key.as_str(), "line-token", "mail-password"] {
        assert!(!said.contains(secret), "{secret}");
    }
    assert!(reply.channels.iter().all(|row| row.has_secret) && reply.mail.unwrap().has_password);

    // Another title keeps the token; the mail server's password does not follow to another host.
    let renamed = PutChannel { id: Some(line_id), title: "ช่างไฟ".into(), secret: None, ..line };
    ask(&mut store, Role::Clerk, renamed, NOW).unwrap();
    assert!(matches!(store.target(line_id).unwrap(), Target::Line { token, .. } if token == "line-token"));
    ask(&mut store, Role::Clerk, PutMail { password: None, ..mail.clone() }, NOW).unwrap();
    assert!(seen(&mut store).mail.unwrap().has_password);
    let in_the_open = PutMail { safety: MailSafety::Open, password: None, ..mail.clone() };
    ask(&mut store, Role::Clerk, in_the_open, NOW).unwrap();
    assert!(!seen(&mut store).mail.unwrap().has_password, "it does not travel in the open");
    ask(&mut store, Role::Clerk, mail.clone(), NOW).unwrap();
    let elsewhere = PutMail { host: "evil.example".into(), password: None, ..mail };
    ask(&mut store, Role::Clerk, elsewhere, NOW).unwrap();
    assert!(!seen(&mut store).mail.unwrap().has_password);

    let mut dump = Vec::new();
    store.dump(None, &mut dump).unwrap();
    assert!(!String::from_utf8(dump).unwrap().contains("line-token"));
}

#[test]
fn settings_that_mean_nothing_and_people_who_may_not_are_refused() {
    let mut store = store();
    let is = |put: PutChannel, store: &mut Store| {
        ask(store, Role::Clerk, put, NOW).map(|_| ()).map_err(|problem| problem.detail.unwrap_or_default())
    };
    let base = || webhook(Some("k"), Vec::new());
    for (put, about) in [
        (PutChannel { title: " ".into(), ..base() }, "title"),
        (PutChannel { target: "ftp://x".into(), ..base() }, "target"),
        (PutChannel { way: Way::Email, target: "a@b".into(), ..base() }, "target"),
        (PutChannel { way: Way::Email, target: "a@b.th\r\nBcc: c@d.th".into(), ..base() }, "target"),
        (PutChannel { way: Way::Line, target: "C1/../x".into(), ..base() }, "target"),
        (PutChannel { way: Way::Line, target: "C1".into(), secret: None, ..base() }, "secret"),
        (webhook(None, vec![Rule { programme: "x".into(), event: Event::Trouble }]), "rules"),
        (webhook(None, vec![Rule { programme: String::new(), event: Event::Opened }]), "rules"),
    ] {
        assert_eq!(is(put, &mut store), Err(about.to_owned()));
    }
    for role in [Role::Worker, Role::Supervisor] {
        assert_eq!(ask(&mut store, role, Notifications {}, NOW).unwrap_err().code, Code::Forbidden);
        assert_eq!(ask(&mut store, role, base(), NOW).unwrap_err().code, Code::Forbidden);
        assert_eq!(ask(&mut store, role, RemoveChannel { id: 1 }, NOW).unwrap_err().code, Code::Forbidden);
    }
    assert_eq!(ask(&mut store, Role::Clerk, RemoveChannel { id: 9 }, NOW).unwrap_err().code, Code::NotFound);
}

#[test]
fn a_key_opens_until_it_is_ended_and_is_kept_as_a_hash() {
    let mut store = store();
    let made = ask(&mut store, Role::Clerk, domain::api::NewKey { title: "ศูนย์เมือง".into() }, NOW).unwrap();
    let by = || KeyUse::By("ศูนย์เมือง".into());
    assert_eq!(store.use_outside_key(&made.key.0, 2, NOW).unwrap(), by());
    assert_eq!(store.use_outside_key(&made.key.0, 2, NOW + 5).unwrap(), by());
    assert_eq!(store.use_outside_key(&made.key.0, 2, NOW + 6).unwrap(), KeyUse::TooOften);
    assert_eq!(store.use_outside_key("wrong", 2, NOW).unwrap(), KeyUse::Unknown);
    let row = seen(&mut store).keys.remove(0);
    assert_eq!((row.title.as_str(), row.used_ms), ("ศูนย์เมือง", NOW + 5));
    ask(&mut store, Role::Clerk, domain::api::EndKey { id: row.id }, NOW).unwrap();
    let later = NOW + 2 * 60 * 60 * 1_000;
    assert_eq!(store.use_outside_key(&made.key.0, 2, later).unwrap(), KeyUse::Unknown);
    assert_eq!(seen(&mut store).keys, []);
}

#[test]
fn a_device_that_falls_silent_is_told_of_once() {
    let mut store = store();
    refused_push(&mut store, 1, NOW);
    ask(&mut store, Role::Clerk, webhook(None, trouble_rule()), NOW).unwrap();
    let day = 24 * 60 * 60 * 1_000;
    store.look_around_for_notices(NOW + 2 * day).unwrap();
    assert_eq!(seen(&mut store).waiting, 0);
    for later in [3, 4, 5] {
        store.look_around_for_notices(NOW + later * day).unwrap();
    }
    let taken = store.take_due_notices(NOW + 6 * day, 10, &[]).unwrap();
    assert_eq!(taken.len(), 1);
    assert!(taken[0].message.title.contains("เครื่องที่ 1"), "{}", taken[0].message.title);
}
