//! Notifications over real sockets: a webhook's receiver, LINE's address, and a mail server, each a small one of the test.

use crate::office::{signed_in, signed_in_again};
use crate::world::{NOW, World};
use base64::Engine;
use domain::access::Role;
use domain::api::{
    ChannelTested, MailSafety, NewEnrolment, NoticeRow, Notifications, NotificationsReply, PutChannel,
    PutMail, Reply, Request, Rule, Secret, TestChannel,
};
use domain::ids::Shelf;
use domain::notify::{Event, Trouble, Way};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use sync_server::Outside;

const PATIENCE: Duration = Duration::from_secs(20);

/// What a receiver got.
struct Got {
    first_line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

fn read_request(stream: &TcpStream) -> Option<Got> {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut text = String::new();
        reader.read_line(&mut text).ok().filter(|read| *read > 0).map(|_| text.trim_end().to_owned())
    };
    let first_line = line()?;
    let mut headers = Vec::new();
    loop {
        let text = line()?;
        let Some((key, value)) = text.split_once(':') else { break };
        headers.push((key.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length =
        headers.iter().find(|(key, _)| key == "content-length").map_or(0, |(_, v)| v.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Got { first_line, headers, body })
}

/// Answers one request after another with the next of `statuses`, the last for ever.
fn receiver(statuses: &[&'static str]) -> (SocketAddr, Receiver<Got>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    let mut statuses: Vec<&str> = statuses.to_vec();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let Some(got) = read_request(&stream) else { continue };
            let status = if statuses.len() > 1 { statuses.remove(0) } else { statuses[0] };
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            if tell.send(got).is_err() {
                return;
            }
        }
    });
    (address, told)
}

/// A mail server that takes letters to anybody but `nobody@...`, from whoever signs in as sanam with the right password.
fn mail_server() -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = converse(&stream.unwrap(), &tell);
        }
    });
    (address, told)
}

fn converse(stream: &TcpStream, tell: &Sender<String>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let say = |text: &str| (&mut &*stream).write_all(format!("{text}\r\n").as_bytes());
    say("220 test")?;
    while let Some(line) = lines.next().transpose()? {
        let upper = line.to_ascii_uppercase();
        if upper.starts_with("EHLO") {
            say("250-test")?;
            say("250-8BITMIME")?;
            say("250-SMTPUTF8")?;
            say("250 AUTH PLAIN")?;
        } else if let Some(sent) = line.strip_prefix("AUTH PLAIN ") {
            let said = base64::engine::general_purpose::STANDARD.decode(sent).unwrap();
            say(if said == b"\0sanam\0right" { "235 ok" } else { "535 no" })?;
        } else if upper.starts_with("RCPT") && line.contains("nobody@") {
            say("550 no such receiver")?;
        } else if upper.starts_with("DATA") {
            say("354 go on")?;
            let mut letter = String::new();
            for line in lines.by_ref() {
                let line = line?;
                if line == "." {
                    break;
                }
                letter.push_str(&line);
                letter.push('\n');
            }
            say("250 taken")?;
            let _ = tell.send(letter);
        } else if upper.starts_with("QUIT") {
            say("221 bye")?;
            break;
        } else {
            say("250 ok")?;
        }
    }
    Ok(())
}

fn world(inside: &[String], line: &str) -> (World, String) {
    let outside = Outside {
        every: Duration::from_millis(10),
        inside: inside.to_vec().into(),
        line: line.to_owned(),
        base_map: None,
    };
    let world = World::start_reaching(|_| {}, None, outside);
    let cookie = signed_in(&world);
    (world, cookie)
}

fn put(world: &World, cookie: &str, channel: PutChannel) -> domain::api::ChannelPut {
    match world.call(cookie, Request::PutChannel(channel)).1.unwrap() {
        Reply::PutChannel(put) => put,
        other => panic!("{other:?}"),
    }
}

fn test_of(world: &World, cookie: &str, id: u64) -> ChannelTested {
    match world.call(cookie, Request::TestChannel(TestChannel { id })).1.unwrap() {
        Reply::TestChannel(tested) => tested,
        other => panic!("{other:?}"),
    }
}

fn now_of(world: &World, cookie: &str) -> NotificationsReply {
    match world.call(cookie, Request::Notifications(Notifications {})).1.unwrap() {
        Reply::Notifications(now) => now,
        other => panic!("{other:?}"),
    }
}

fn webhook(address: SocketAddr, secret: Option<&str>) -> PutChannel {
    PutChannel {
        id: None,
        way: Way::Webhook,
        title: "ศูนย์ข้อมูล".into(),
        target: format!("http://{address}/hook?for=sanam"),
        secret: secret.map(|text| Secret(text.into())),
        rules: vec![Rule { programme: String::new(), event: Event::Trouble }],
    }
}

/// A phone pushes a line that cannot be accepted.
fn cause_trouble(world: &World, cookie: &str, install: u64) {
    let ask =
        NewEnrolment {
            person: "ผู้จด".into(), role: Role::Worker, shelves: vec![Shelf::new("water", "R01")]
        };
    let Reply::NewEnrolment(made) = world.call(cookie, Request::NewEnrolment(ask)).1.unwrap() else {
        panic!()
    };
    let install = format!("{install:016x}");
    let enrol = json!({ "code": made.code, "install": install, "name": "มือถือ" });
    let enrolled =
        world.post("/v1/enrol", &[("content-type", "application/json")], enrol.to_string().as_bytes());
    assert_eq!(enrolled.status, 200, "{}", enrolled.text());
    let bearer = format!("Bearer {}", enrolled.json()["token"].as_str().unwrap());
    let body =
        format!("{}\n{}\n", json!({ "install": install, "top_n": 1, "lowest_n": 1 }), json!({ "n": 1 }));
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/x-ndjson")];
    let pushed = world.post("/v1/push", &headers, body.as_bytes());
    assert_eq!(pushed.status, 200, "{}", pushed.text());
}

#[test]
fn a_webhook_is_signed_repeated_after_a_failure_and_sent_no_second_time() {
    let (address, told) = receiver(&["503 Later", "200 OK"]);
    let (world, cookie) = world(&["127.0.0.1".to_owned()], "http://127.0.0.1:1");
    put(&world, &cookie, webhook(address, Some("key-of-the-test")));
    cause_trouble(&world, &cookie, 7);

    let first = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(first.first_line, "POST /hook?for=sanam HTTP/1.1");
    let timestamp = first.header("x-sanam-timestamp");
    assert_eq!(timestamp, (NOW / 1_000).to_string());
    let mut signed = format!("{timestamp}.").into_bytes();
    signed.extend_from_slice(&first.body);
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"key-of-the-test");
    let signature = first.header("x-sanam-signature").strip_prefix("v1=").unwrap();
    let tag: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(signature.get(2 * at..2 * at + 2).unwrap(), 16).unwrap())
        .collect();
    ring::hmac::verify(&key, &signed, &tag).unwrap();
    let body = first.json();
    assert_eq!((body["event"].as_str(), body["programme"].as_str()), (Some("trouble"), Some("")));
    assert!(body["title"].as_str().unwrap().contains("เครื่องที่ 1"), "{body}");
    for word in ["ผู้จด", "มือถือ"] {
        assert!(!body.to_string().contains(word), "{word} in {body}");
    }

    // It failed: shown at the office, and tried again once its time has come.
    let failed = loop {
        let now = now_of(&world, &cookie);
        if let Some(row) = now.failed.first() {
            break row.clone();
        }
    };
    assert_eq!((failed.tries, failed.trouble), (1, Some(Trouble::Failed)));
    assert!(told.try_recv().is_err());
    world.pass(60_000);
    let second = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(second.header("x-sanam-id"), first.header("x-sanam-id"), "the receiver knows a repeat");
    while now_of(&world, &cookie).waiting > 0 {}
    let now = now_of(&world, &cookie);
    assert_eq!((now.failed.len(), now.channels[0].trouble), (0, None));
    world.pass(600_000);
    cause_trouble(&world, &cookie, 8);
    let third = told.recv_timeout(PATIENCE).unwrap();
    assert_ne!(third.header("x-sanam-id"), first.header("x-sanam-id"));
}

#[test]
fn what_could_not_be_handed_over_goes_before_what_comes_behind_it() {
    let (address, told) = receiver(&["503 Later", "503 Later", "503 Later", "200 OK"]);
    let (world, cookie) = world(&["127.0.0.1".to_owned()], "http://127.0.0.1:1");
    put(&world, &cookie, webhook(address, None));
    let tell = || told.recv_timeout(PATIENCE).unwrap().header("x-sanam-id").to_owned();
    let mut ids = Vec::new();
    for install in [7, 8] {
        cause_trouble(&world, &cookie, install);
        ids.push(tell());
    }
    while now_of(&world, &cookie).failed.len() < 2 {}
    // Both are due now, and are taken together. The first fails.
    world.pass(60_000);
    let first = tell();
    // Whoever takes them has two minutes to say how it went; what failed is due before that.
    let leased = NOW + 60_000 + 120_000;
    let is_told = |row: &NoticeRow| row.next_ms.is_some_and(|next| next < leased);
    while !now_of(&world, &cookie).failed.iter().any(is_told) {}
    world.pass(60_000);
    assert_eq!(tell(), first, "it is tried again before the one behind it");
    world.pass(60_000);
    let second = tell();
    assert!(second != first && ids.contains(&second), "and that one comes as well");
}

#[test]
fn an_inside_address_is_refused_however_it_is_written_and_no_redirect_is_followed() {
    let (address, told) = receiver(&["302 Found"]);
    let (world, cookie) = world(&[format!("127.0.0.1:{}", address.port())], "http://127.0.0.1:1");
    let port = address.port();
    for target in [
        format!("http://localhost:{port}/"),
        format!("http://[::1]:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://127.1:{port}/"),
        format!("http://0.0.0.0:{port}/"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "http://10.0.0.1/".to_owned(),
    ] {
        let channel = PutChannel { target: target.clone(), ..webhook(address, None) };
        let id = put(&world, &cookie, channel).id;
        assert_eq!(test_of(&world, &cookie, id).trouble, Some(Trouble::Inside), "{target}");
    }
    assert!(told.try_recv().is_err(), "nobody knocked");
    let id = put(&world, &cookie, webhook(address, None)).id;
    assert_eq!(test_of(&world, &cookie, id).trouble, Some(Trouble::Failed), "a redirect is no receipt");
    told.recv_timeout(PATIENCE).unwrap();
}

#[test]
fn line_gets_a_push_with_the_token_and_a_retry_key_and_its_answers_are_understood() {
    let (address, told) =
        receiver(&["200 OK", "401 Unauthorized", "400 Bad Request", "429 Too Many Requests", "409 Conflict"]);
    let (world, cookie) = world(&[], &format!("http://{address}"));
    let line = PutChannel {
        way: Way::Line,
        target: "C0123456789abcdef0123456789abcdef".into(),
        ..webhook(address, Some("token-of-line"))
    };
    let id = put(&world, &cookie, line).id;
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(test_of(&world, &cookie, id).trouble);
        world.pass(1);
    }
    assert_eq!(
        answers,
        [None, Some(Trouble::NotSignedIn), Some(Trouble::NoSuchReceiver), Some(Trouble::TooMuch), None]
    );
    let got = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(got.first_line, "POST /v2/bot/message/push HTTP/1.1");
    assert_eq!(got.header("authorization"), "Bearer token-of-line");
    assert_eq!(got.header("x-line-retry-key").len(), 36);
    let body = got.json();
    assert_eq!(body["to"], "C0123456789abcdef0123456789abcdef");
    assert_eq!(body["messages"][0]["type"], "text");
    assert!(body["messages"][0]["text"].as_str().unwrap().contains("ข้อความทดสอบ"));
}

#[test]
fn a_letter_goes_over_the_mail_server_or_says_plainly_why_not() {
    let (address, told) = mail_server();
    let (world, cookie) = world(&["127.0.0.1".to_owned()], "http://127.0.0.1:1");
    let email = |to: &str| PutChannel { way: Way::Email, target: to.into(), ..webhook(address, None) };
    let id = put(&world, &cookie, email("clerk@example.go.th")).id;
    assert_eq!(test_of(&world, &cookie, id).trouble, Some(Trouble::NoMailServer));
    let set = |password: &str, port: u16, safety: MailSafety| {
        let mail = PutMail {
            host: "127.0.0.1".into(),
            port,
            safety,
            user: "sanam".into(),
            password: Some(Secret(password.into())),
            from: "sanam@example.go.th".into(),
        };
        world.call(&cookie, Request::PutMail(mail)).1.unwrap();
    };
    set("wrong", address.port(), MailSafety::Open);
    assert_eq!(test_of(&world, &cookie, id).trouble, Some(Trouble::NotSignedIn));
    set("right", address.port(), MailSafety::StartTls);
    assert!(test_of(&world, &cookie, id).trouble.is_some(), "never goes on without encryption");
    set("right", 1, MailSafety::Open);
    assert_eq!(test_of(&world, &cookie, id).trouble, Some(Trouble::NoAnswer));
    set("right", address.port(), MailSafety::Open);
    let nobody = put(&world, &cookie, email("nobody@example.go.th")).id;
    assert_eq!(test_of(&world, &cookie, nobody).trouble, Some(Trouble::NoSuchReceiver));
    assert_eq!(test_of(&world, &cookie, id).trouble, None);
    let letter = told.recv_timeout(PATIENCE).unwrap();
    for head in ["To: clerk@example.go.th", "<sanam@example.go.th>", "Message-ID: <", "Subject: =?utf-8?"] {
        assert!(letter.contains(head), "{head}: {letter}");
    }
    assert!(told.try_recv().is_err(), "one letter");
    cause_trouble(&world, &cookie, 7);
    let letters = [told.recv_timeout(PATIENCE).unwrap()];
    assert!(letters[0].contains("To: clerk@example.go.th"));
}

#[test]
fn a_mail_server_that_drags_its_feet_holds_up_no_other_channel() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let slow = listener.local_addr().unwrap();
    let (tell, reached) = channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        tell.send(()).unwrap();
        // A greeting that never ends; each byte comes before anybody loses patience.
        let (_held, never) = channel::<()>();
        while stream.write_all(b"2").is_ok() {
            let _ = never.recv_timeout(Duration::from_millis(50));
        }
    });
    let (quick, told) = receiver(&["200 OK"]);
    let (world, cookie) = world(&["127.0.0.1".to_owned()], "http://127.0.0.1:1");
    let mail = PutMail {
        host: "127.0.0.1".into(),
        port: slow.port(),
        safety: MailSafety::Open,
        user: String::new(),
        password: None,
        from: "sanam@example.go.th".into(),
    };
    world.call(&cookie, Request::PutMail(mail)).1.unwrap();
    let email = PutChannel { way: Way::Email, target: "clerk@example.go.th".into(), ..webhook(quick, None) };
    put(&world, &cookie, email);
    put(&world, &cookie, webhook(quick, None));
    cause_trouble(&world, &cookie, 7);
    reached.recv_timeout(PATIENCE).unwrap();
    told.recv_timeout(PATIENCE).unwrap();
    cause_trouble(&world, &cookie, 8);
    told.recv_timeout(PATIENCE).unwrap();
}

#[test]
fn only_who_may_define_sets_and_tests_and_no_reply_holds_a_secret() {
    let (address, _told) = receiver(&["200 OK"]);
    let (world, cookie) = world(&["127.0.0.1".to_owned()], "http://127.0.0.1:1");
    let made = put(&world, &cookie, webhook(address, None));
    let key = made.secret.unwrap().0;
    let (answer, _) = world.call(&cookie, Request::Notifications(Notifications {}));
    assert!(!answer.text().contains(&key));
    let (answer, reply) = world.call("", Request::TestChannel(TestChannel { id: made.id }));
    assert!(reply.is_err());
    assert_eq!(answer.status, 401);
}

#[test]
fn a_case_is_told_of_as_it_opens_and_goes_on_and_its_reporter_gets_letters() {
    let (hook, told) = receiver(&["200 OK"]);
    let (post, letters) = mail_server();
    let (world, cookie) = world(&["127.0.0.1".to_owned()], "http://127.0.0.1:1");
    let rule = |event| Rule { programme: "lights".into(), event };
    let rules = [Event::Opened, Event::RedFlag, Event::Changed, Event::Overdue].map(rule).to_vec();
    put(&world, &cookie, PutChannel { rules, ..webhook(hook, Some("key")) });
    let mail = PutMail {
        host: "127.0.0.1".into(),
        port: post.port(),
        safety: MailSafety::Open,
        user: "sanam".into(),
        password: Some(Secret("right".into())),
        from: "sanam@example.go.th".into(),
    };
    world.call(&cookie, Request::PutMail(mail)).1.unwrap();
    let Reply::NewKey(made) =
        world.call(&cookie, Request::NewKey(domain::api::NewKey { title: "ศูนย์เมือง".into() })).1.unwrap()
    else {
        panic!()
    };
    let report = |topic: &str, more: &str| {
        let body = format!("api_key={}&service_code=lights.{topic}&address_id=ตย-01{more}", made.key.0);
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let sent = world.post("/open311/v2/requests.json", &form, body.as_bytes());
        assert_eq!(sent.status, 200, "{}", sent.text());
        sent.json()[0]["service_request_id"].as_str().unwrap().parse().unwrap()
    };
    let next = || told.recv_timeout(PATIENCE).unwrap().json();
    let order: domain::ids::RecordId =
        report("off", "&description=โทรสมชาย&email=somchai@example.com&phone=0812345678");
    let first = next();
    assert_eq!((first["event"].as_str(), first["about"]["state"].as_str()), (Some("opened"), Some("new")));
    let title = first["title"].as_str().unwrap();
    assert!(title.contains("ไฟดับดวงเดียว") && title.contains("ตย-01"), "{title}");
    assert!(first["lines"].to_string().contains("ถนนตัวอย่าง"), "{first}");
    assert_eq!(first["about"]["id"], order.to_string());
    for word in ["สมชาย", "somchai", "0812345678"] {
        assert!(!first.to_string().contains(word), "{word} in {first}");
    }
    // A danger is told of once, as what cannot wait.
    let wire = report("wire", "");
    assert_eq!(next()["event"], "red_flag");

    let step = |order, state: &str, duplicate_of| {
        let (state, note) = (state.to_owned(), String::new());
        let step = domain::api::MoveOrder { order, state, note, duplicate_of, place: None };
        world.call(&cookie, Request::MoveOrder(step)).1.unwrap();
    };
    step(order, "accepted", None);
    let changed = next();
    assert_eq!(
        (changed["event"].as_str(), changed["about"]["state"].as_str()),
        (Some("changed"), Some("accepted"))
    );
    let letter = letters.recv_timeout(PATIENCE).unwrap();
    assert!(letter.contains("To: somchai@example.com"), "{letter}");
    // It is the same as the other: what becomes of that one is written to him as well.
    step(order, "duplicate", Some(wire));
    step(wire, "accepted", None);
    for about in [order, wire] {
        assert_eq!(next()["about"]["id"], about.to_string());
        let letter = letters.recv_timeout(PATIENCE).unwrap();
        assert!(letter.contains("To: somchai@example.com"), "{letter}");
    }

    // Nobody does anything until its time is over.
    world.pass(6 * 24 * 60 * 60 * 1_000);
    let late: Vec<Value> = (0..1).map(|_| next()).collect();
    assert!(late.iter().all(|one| one["event"] == "overdue"), "{late:?}");
    world.pass(60 * 60 * 1_000);
    let cookie = signed_in_again(&world);
    while now_of(&world, &cookie).waiting > 0 {}
    assert!(told.try_recv().is_err(), "each is told once");
    assert!(letters.try_recv().is_err());
}
