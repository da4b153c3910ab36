//! Telling people outside of what happened: which events there are, how a message is worded, and when a message that
//! could not be handed over is tried again. Who sends it, and over what, is the server's.

use crate::programme::Programme;
use serde::{Deserialize, Serialize};

/// Something that people may want to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A case was opened: a citizen's report, a work order.
    Opened,
    /// A case went on to another state.
    Changed,
    /// A case is past the day it should have been done by.
    Overdue,
    /// A case that cannot wait was opened.
    RedFlag,
    /// Work of a device could not be accepted, or a device has been silent for long. Belongs to no programme.
    Trouble,
}

impl Event {
    /// Every event, in the order of the screen.
    pub const ALL: [Event; 5] =
        [Event::Opened, Event::Changed, Event::Overdue, Event::RedFlag, Event::Trouble];

    /// The event as it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Event::Opened => "opened",
            Event::Changed => "changed",
            Event::Overdue => "overdue",
            Event::RedFlag => "red_flag",
            Event::Trouble => "trouble",
        }
    }

    /// Reads [`Event::as_str`].
    pub fn read(text: &str) -> Option<Event> {
        Event::ALL.into_iter().find(|event| event.as_str() == text)
    }
}

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// A signed HTTP request to another system.
    Webhook,
    /// A letter over the municipality's mail server.
    Email,
    /// A push of the LINE Messaging API to a person or a group.
    Line,
}

impl Way {
    /// The way as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Way::Webhook => "webhook",
            Way::Email => "email",
            Way::Line => "line",
        }
    }

    /// Reads [`Way::as_str`].
    pub fn read(text: &str) -> Option<Way> {
        [Way::Webhook, Way::Email, Way::Line].into_iter().find(|way| way.as_str() == text)
    }
}

/// Why a message could not be handed over. Stable words: they are stored, and screens say what to do about each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The address leads to a machine inside, which the server's settings do not allow.
    Inside,
    /// The address cannot be read, or no machine has this name.
    NoSuchHost,
    /// The machine does not answer, or too slowly.
    NoAnswer,
    /// Its certificate cannot be trusted.
    Untrusted,
    /// It wants another password, key or token.
    NotSignedIn,
    /// It does not know this receiver.
    NoSuchReceiver,
    /// It has had enough for now.
    TooMuch,
    /// It answered with a failure.
    Failed,
    /// The mail server is not set up.
    NoMailServer,
    /// This version cannot read it: a newer one wrote it, or the disk has damaged it.
    Unreadable,
}

impl Trouble {
    /// Every trouble.
    pub const ALL: [Trouble; 10] = [
        Trouble::Inside,
        Trouble::NoSuchHost,
        Trouble::NoAnswer,
        Trouble::Untrusted,
        Trouble::NotSignedIn,
        Trouble::NoSuchReceiver,
        Trouble::TooMuch,
        Trouble::Failed,
        Trouble::NoMailServer,
        Trouble::Unreadable,
    ];

    /// The trouble as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Trouble::Inside => "inside",
            Trouble::NoSuchHost => "no_such_host",
            Trouble::NoAnswer => "no_answer",
            Trouble::Untrusted => "untrusted",
            Trouble::NotSignedIn => "not_signed_in",
            Trouble::NoSuchReceiver => "no_such_receiver",
            Trouble::TooMuch => "too_much",
            Trouble::Failed => "failed",
            Trouble::NoMailServer => "no_mail_server",
            Trouble::Unreadable => "unreadable",
        }
    }

    /// Reads [`Trouble::as_str`].
    pub fn read(text: &str) -> Option<Trouble> {
        Trouble::ALL.into_iter().find(|trouble| trouble.as_str() == text)
    }
}

/// A message as its receiver gets it. Nothing in it names a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The event.
    pub event: Event,
    /// Programme id; empty for what belongs to none.
    #[serde(default)]
    pub programme: String,
    /// Subject of a letter, first line of a push.
    pub title: String,
    /// Further lines.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Where to look, below the server's address: `/office#/office/...`.
    #[serde(default)]
    pub path: String,
    /// What it is about, as a system outside may know it: record id, number, state. Absent where nothing may be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
}

/// What a message is about, for a system outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Id of the case's record.
    pub id: String,
    /// The case's number as people say it.
    pub number: String,
    /// Its kind in the programme's definition.
    pub kind: String,
    /// Its state in the programme's definition.
    pub state: String,
}

/// A case, as a message may tell of it.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// Its programme.
    pub programme: &'a Programme,
    /// What it is for a system outside.
    pub about: About,
    /// What it is about, in Thai: titles of its topics, or of its kind.
    pub what: String,
    /// What its subject is called, if anybody may know; else empty.
    pub subject: String,
    /// Title of its state in Thai.
    pub state_title: &'a str,
    /// What else anybody may know of its subject, a line each: the fields that the programme makes public.
    pub public: Vec<String>,
}

/// Words a message about a case. Of a sensitive programme it says only that there is something to look at.
pub fn message(event: Event, case: &Case<'_>, path: &str) -> Message {
    if case.programme.sensitive {
        let title = match event {
            Event::RedFlag => "มีเหตุด่วน 1 ราย เปิดดูในสนาม",
            Event::Overdue => "มี 1 รายเกินกำหนด เปิดดูในสนาม",
            _ => "มีความเคลื่อนไหว 1 ราย เปิดดูในสนาม",
        };
        return Message {
            event,
            programme: case.programme.id.clone(),
            title: title.to_owned(),
            lines: Vec::new(),
            // Which one it is shows after signing in only.
            path: "/office".to_owned(),
            about: None,
        };
    }
    let Case { what, subject, state_title, .. } = case;
    let said = match event {
        Event::Opened => format!("เรื่องใหม่ {what} {subject}"),
        Event::Changed => format!("{state_title} {what} {subject}"),
        Event::Overdue => format!("เกินกำหนด {what} {subject}"),
        Event::RedFlag => format!("ด่วน {what} {subject}"),
        Event::Trouble => format!("มีปัญหา {what} {subject}"),
    };
    let state = (event == Event::Overdue).then(|| format!("สถานะ: {state_title}"));
    Message {
        event,
        programme: case.programme.id.clone(),
        title: format!("{}: {}", case.programme.title.th, said.trim()),
        lines: state.into_iter().chain(case.public.iter().cloned()).collect(),
        path: path.to_owned(),
        about: Some(case.about.clone()),
    }
}

/// Words a letter to the citizen who reported a case, when its state changes: what she reads on the page of her report, too.
pub fn letter(case: &Case<'_>, citizen_title: &str) -> Message {
    let subject = if case.programme.sensitive { "" } else { case.subject.as_str() };
    let what = if case.programme.sensitive { "" } else { case.what.as_str() };
    Message {
        event: Event::Changed,
        programme: case.programme.id.clone(),
        title: format!("เรื่องที่ท่านแจ้ง: {citizen_title}"),
        lines: vec![
            format!("{what} {subject}").trim().to_owned(),
            "ขอบคุณที่แจ้ง ดูความคืบหน้าได้จากลิงก์ที่ท่านได้รับตอนแจ้ง จดหมายนี้ส่งโดยระบบ ไม่ต้องตอบกลับ".to_owned(),
        ]
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect(),
        path: String::new(),
        about: None,
    }
}

/// After so long a message is given up and shown at the office, milliseconds: three days, so that a weekend without
/// the other side passes.
pub const GIVE_UP_MS: u64 = 3 * 24 * 60 * 60 * 1_000;
/// The pause after the first failure, milliseconds.
const FIRST_PAUSE_MS: u64 = 30_000;
/// No pause is longer, milliseconds: six hours.
const LONGEST_PAUSE_MS: u64 = 6 * 60 * 60 * 1_000;

/// When a message is tried again that was made at `made_ms` and has failed `tries` times (1 or more), the last time
/// at `now_ms`; `None` if it is given up.
///
/// The pause doubles from half a minute to six hours. Of each, half is fixed and half is drawn from `random`, so that what
/// failed together does not come back together.
pub fn next_try(made_ms: u64, now_ms: u64, tries: u32, random: u64) -> Option<u64> {
    if now_ms.saturating_sub(made_ms) >= GIVE_UP_MS {
        return None;
    }
    let pause = (FIRST_PAUSE_MS << tries.saturating_sub(1).min(16)).min(LONGEST_PAUSE_MS);
    let half = pause / 2;
    let next = now_ms.saturating_add(half).saturating_add(random % (half + 1));
    // The last try is at the end itself.
    Some(next.min(made_ms.saturating_add(GIVE_UP_MS)).max(now_ms.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme::Words;
    use proptest::prelude::*;

    #[test]
    fn words_are_read_back() {
        for event in Event::ALL {
            assert_eq!(Event::read(event.as_str()), Some(event));
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
        }
        for trouble in Trouble::ALL {
            assert_eq!(Trouble::read(trouble.as_str()), Some(trouble));
            assert_eq!(serde_json::to_value(trouble).unwrap(), trouble.as_str());
        }
        assert_eq!(Way::read("email"), Some(Way::Email));
        assert_eq!(Way::read("fax"), None);
    }

    #[test]
    fn a_sensitive_programme_says_only_that_there_is_something() {
        let sensitive = Programme {
            id: "home".into(),
            title: Words { th: "ดูแลผู้ป่วย".into(), en: String::new() },
            sensitive: true,
            ..Programme::default()
        };
        let plain = Programme { sensitive: false, ..sensitive.clone() };
        fn case(programme: &Programme) -> Case<'_> {
            Case {
                programme,
                about: About { id: "r".into(), number: "7".into(), kind: "flag".into(), state: "new".into() },
                what: "สัญญาณอันตราย".into(),
                subject: "สมหญิง ตัวอย่าง".into(),
                state_title: "ใหม่",
                public: vec!["สมหญิง ตัวอย่าง".into()],
            }
        }
        let said = message(Event::RedFlag, &case(&sensitive), "/office#/office/orders/r");
        assert_eq!(said.title, "มีเหตุด่วน 1 ราย เปิดดูในสนาม");
        let letter = letter(&case(&sensitive), "รับเรื่องแล้ว");
        let whole = serde_json::to_string(&(said, letter)).unwrap();
        for word in ["สมหญิง", "orders/r", "ดูแลผู้ป่วย", "สัญญาณ", "\"7\""]
        {
            assert!(!whole.contains(word), "{word} in {whole}");
        }
        let said = message(Event::Changed, &case(&plain), "/p");
        assert_eq!(said.title, "ดูแลผู้ป่วย: ใหม่ สัญญาณอันตราย สมหญิง ตัวอย่าง");
        assert_eq!((said.lines.len(), said.path.as_str()), (1, "/p"));
    }

    #[test]
    fn pauses_grow_until_it_is_given_up() {
        let mut now = 0;
        let mut pauses = Vec::new();
        for tries in 1..1_000 {
            let Some(next) = next_try(0, now, tries, 0) else { break };
            pauses.push(next - now);
            now = next;
        }
        assert_eq!(pauses.first(), Some(&15_000));
        assert_eq!(pauses.get(1), Some(&30_000));
        assert!(pauses.len() < 60, "{} tries", pauses.len());
        assert_eq!(now, GIVE_UP_MS);
    }

    proptest! {
        #[test]
        fn the_next_try_is_later_and_within_bounds(made in 0u64..1 << 50, age in 0u64..GIVE_UP_MS, tries in 0u32.., random: u64) {
            let now = made + age;
            let next = next_try(made, now, tries, random).unwrap();
            prop_assert!(next > now && next <= (made + GIVE_UP_MS).max(now + 1) && next - now <= LONGEST_PAUSE_MS);
        }
    }
}
