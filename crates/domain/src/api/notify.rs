//! Requests about who is told of what: the ways out, the mail server, what could not be handed over, and the keys of
//! systems outside. A secret goes in and never comes out again.

use crate::notify::{Event, Trouble, Way};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A text that is never printed and never sent back.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Asks for all that the office has set about notifications.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notifications {}

/// What the office has set about notifications.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NotificationsReply {
    /// The ways out.
    pub channels: Vec<ChannelRow>,
    /// The mail server, if one is set up.
    pub mail: Option<MailRow>,
    /// Messages that wait to be handed over, those that failed before included.
    pub waiting: u64,
    /// Messages that failed or were given up, newest first, at most 100.
    pub failed: Vec<NoticeRow>,
    /// Keys of systems outside that may open cases.
    pub keys: Vec<KeyRow>,
}

/// A way out: over what, to whom, of what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelRow {
    /// Its number.
    pub id: u64,
    /// How it travels.
    pub way: Way,
    /// What the office calls it.
    pub title: String,
    /// Address of a webhook, an e-mail address, or the id of a LINE user or group.
    pub target: String,
    /// A secret is kept for it.
    pub has_secret: bool,
    /// Of what it tells.
    pub rules: Vec<Rule>,
    /// When something was handed over last, milliseconds; zero if never.
    pub last_ok_ms: u64,
    /// Why the last attempt failed, if it did.
    pub trouble: Option<Trouble>,
}

/// An event of a programme.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rule {
    /// Programme id; empty for [`Event::Trouble`].
    pub programme: String,
    /// The event.
    pub event: Event,
}

/// Makes a way out, or changes one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutChannel {
    /// Which; `None` makes a new one.
    pub id: Option<u64>,
    /// How it travels; of one that is there it cannot be changed.
    pub way: Way,
    /// What the office calls it.
    pub title: String,
    /// Address of a webhook, an e-mail address, or the id of a LINE user or group.
    pub target: String,
    /// The key of a webhook's signature, or LINE's channel access token. `None` keeps the one that is there; a new webhook
    /// without one gets one made.
    pub secret: Option<Secret>,
    /// Of what it tells.
    pub rules: Vec<Rule>,
}

/// A way out that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelPut {
    /// Its number.
    pub id: u64,
    /// The key that was made for a webhook; shown once.
    pub secret: Option<Secret>,
}

/// Takes a way out away, with what waits for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemoveChannel {
    /// Which.
    pub id: u64,
}

/// How the connection to a mail server is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailSafety {
    /// Encrypted from the beginning, usually port 465.
    Tls,
    /// Encrypted after a word in the open, usually port 587. Never goes on without.
    StartTls,
    /// Not encrypted: a mail server on the same machine or wire.
    Open,
}

/// The mail server, without its password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MailRow {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept secret.
    pub safety: MailSafety,
    /// Name to sign in with; empty for none.
    pub user: String,
    /// A password is kept.
    pub has_password: bool,
    /// The sender's address.
    pub from: String,
}

/// Sets the mail server up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutMail {
    /// Its name; empty takes the mail server away.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept secret.
    pub safety: MailSafety,
    /// Name to sign in with; empty for none.
    pub user: String,
    /// Password; `None` keeps the one that is there.
    pub password: Option<Secret>,
    /// The sender's address.
    pub from: String,
}

/// A message that was not handed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoticeRow {
    /// Its number.
    pub no: u64,
    /// What the office calls the way; empty for a letter to a citizen.
    pub channel: String,
    /// Its title.
    pub title: String,
    /// When it was made, milliseconds.
    pub made_ms: u64,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next, milliseconds; `None` if it was given up.
    pub next_ms: Option<u64>,
    /// Why it failed last.
    pub trouble: Option<Trouble>,
}

/// Tries everything again that failed or was given up, now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RetryNotices {}

/// Sends a test message over a way out, at once (answered by the door).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestChannel {
    /// Which.
    pub id: u64,
}

/// How a test message fared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelTested {
    /// Why it was not taken; `None`: the other side took it.
    pub trouble: Option<Trouble>,
}

/// A key of a system outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyRow {
    /// Its number.
    pub id: u64,
    /// Who has it.
    pub title: String,
    /// When it was made, milliseconds.
    pub made_ms: u64,
    /// When it was used last, milliseconds; zero if never.
    pub used_ms: u64,
}

/// Makes a key for a system outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewKey {
    /// Who gets it.
    pub title: String,
}

/// A key that was made; shown once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyMade {
    /// The key.
    pub key: Secret,
}

/// Ends a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndKey {
    /// Which.
    pub id: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let put = PutChannel {
            id: None,
            way: Way::Line,
            title: "กลุ่มช่าง".into(),
            target: "C123".into(),
            secret: Some(Secret("s3cr3t".into())),
            rules: Vec::new(),
        };
        assert!(!format!("{put:?}").contains("s3cr3t"));
        assert!(serde_json::to_string(&put).unwrap().contains("s3cr3t"), "but it must travel to the server");
    }
}
