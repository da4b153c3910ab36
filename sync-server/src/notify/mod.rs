//! Sends what waits in the outbox of notifications (`store::outbox`): takes what is due, hands each message over, says how
//! it went. Whatever the other side does, messages are neither lost nor hold anything else up.

mod guard;
mod http;
mod mail;

use crate::answer::Failure;
use crate::office::address;
use crate::shared::Server;
use domain::access::{self, Action};
use domain::api::{ChannelTested, TestChannel};
use domain::ids::RecordId;
use domain::notify::{Event, Message, Trouble};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::{Account, Delivery, Target};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// Messages under way at once.
const AT_ONCE: usize = 8;
/// How often it is looked for what time alone brings about, milliseconds.
const LOOK_AROUND_MS: u64 = 60_000;

/// What the server may reach outside of itself.
#[derive(Clone)]
pub struct Outside {
    /// How often the outbox is looked into.
    pub every: Duration,
    /// Hosts of inside networks that a webhook or the mail server may be: `host` or `host:port`. All others of private,
    /// loopback and link-local addresses are refused.
    pub inside: Arc<[String]>,
    /// Address of LINE's Messaging API.
    pub line: String,
    /// The municipality's base map, a file of PMTiles; there may be none.
    pub base_map: Option<PathBuf>,
}

impl Default for Outside {
    fn default() -> Outside {
        Outside {
            every: Duration::from_secs(2),
            inside: Arc::new([]),
            line: "https://api.line.me".to_owned(),
            base_map: None,
        }
    }
}

/// A message on its way.
struct Letter {
    /// Its number in the outbox; zero for a test.
    id: u64,
    made_ms: u64,
    now_ms: u64,
    municipality: String,
    /// The server's address, without a slash at its end.
    address: String,
    message: Message,
}

impl Letter {
    /// Where to look.
    fn link(&self) -> String {
        if self.message.path.is_empty() {
            self.address.clone()
        } else {
            format!("{}{}", self.address, self.message.path)
        }
    }

    /// As people read it.
    fn text(&self) -> String {
        let lines = self.message.lines.iter().map(String::as_str);
        let link = self.link();
        let all: Vec<&str> =
            std::iter::once(self.message.title.as_str()).chain(lines).chain([link.as_str()]).collect();
        all.join("\n")
    }

    /// The same for each attempt at the same message of the same server.
    fn retry_key(&self) -> String {
        let parts = [self.address.as_bytes(), &self.id.to_le_bytes(), &self.made_ms.to_le_bytes()];
        RecordId::derived("notice", &parts).to_string()
    }
}

/// Sends what waits, for as long as it is let.
pub(crate) async fn keep_sending(server: Server) {
    let mut ticks = tokio::time::interval(server.outside.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut looked_ms = None;
    loop {
        ticks.tick().await;
        if let Err(failure) = once(&server, &mut looked_ms).await {
            // A full disk, mostly; health tells of it. The next round tries again.
            tracing::warn!(code = failure.0.code.as_str(), "notifications wait");
        }
    }
}

async fn once(server: &Server, looked_ms: &mut Option<u64>) -> Result<(), Failure> {
    let now_ms = server.now_ms();
    // Also when the clock was set back.
    if looked_ms.is_none_or(|last| now_ms.abs_diff(last) >= LOOK_AROUND_MS) {
        server
            .with_store(move |store| {
                store.look_around_for_notices(now_ms)?;
                Ok(store.trim_notices(now_ms)?)
            })
            .await?;
        *looked_ms = Some(now_ms);
    }
    let config = Arc::clone(&server.config);
    let (due, municipality, own) = server
        .with_store(move |store| {
            let due = store.take_due_notices(now_ms, AT_ONCE)?;
            let own = address(store, &config, None).map(|(own, _)| own).unwrap_or_default();
            Ok((due, store.tenant()?.municipality, own))
        })
        .await?;
    let mut under_way = JoinSet::new();
    for delivery in due {
        let Delivery { no, made_ms, target, message, .. } = delivery;
        let letter = Letter {
            id: no,
            made_ms,
            now_ms,
            municipality: municipality.clone(),
            address: own.clone(),
            message,
        };
        let server = server.clone();
        under_way.spawn(async move {
            let went = hand_over(&server, letter, target).await;
            server.metrics.notice_sent(went.is_ok());
            let now_ms = server.now_ms();
            server.with_store(move |store| Ok(store.note_notice(no, went, now_ms)?)).await
        });
    }
    let mut all_well = Ok(());
    while let Some(done) = under_way.join_next().await {
        if let Ok(Err(failure)) = done {
            all_well = Err(failure);
        }
    }
    all_well
}

async fn hand_over(server: &Server, letter: Letter, target: Target) -> Result<(), Trouble> {
    let outside = Arc::clone(&server.outside);
    let sending = tokio::task::spawn_blocking(move || match &target {
        Target::Webhook { url, key } => http::webhook(&letter, url, key, &outside.inside),
        Target::Line { to, token } => {
            // LINE's own address is the settings', not a clerk's.
            http::line(&letter, to, token, &outside.line, &line_allowed(&outside))
        }
        Target::Email { to, server } => mail::send(&letter, to, server.as_ref(), &outside.inside),
    });
    sending.await.unwrap_or(Err(Trouble::Failed))
}

fn line_allowed(outside: &Outside) -> guard::Allowed {
    let host = outside.line.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    Arc::new([host.to_owned()])
}

/// Sends a test message at once, so that whoever sets a way out up sees whether it works.
pub(crate) async fn test(
    server: &Server,
    account: &Account,
    ask: TestChannel,
) -> Result<ChannelTested, Failure> {
    access::may(&account.grant, Action::Define)?;
    let now_ms = server.now_ms();
    let config = Arc::clone(&server.config);
    let (target, letter) = server
        .with_store(move |store| {
            let message = Message {
                event: Event::Trouble,
                programme: String::new(),
                title: "ข้อความทดสอบจากสนาม".to_owned(),
                lines: vec!["ถ้าอ่านข้อความนี้ได้ แปลว่าช่องทางนี้ใช้งานได้ ไม่ต้องทำอะไรต่อ".to_owned()],
                path: "/office".to_owned(),
                about: None,
            };
            let letter = Letter {
                id: 0,
                made_ms: now_ms,
                now_ms,
                municipality: store.tenant()?.municipality,
                address: address(store, &config, None).map(|(own, _)| own).unwrap_or_default(),
                message,
            };
            Ok((store.target(ask.id)?, letter))
        })
        .await?;
    let trouble = hand_over(server, letter, target).await.err();
    let by = account.name.clone();
    server.with_store(move |store| Ok(store.note_tested(&by, ask.id, trouble, now_ms)?)).await?;
    Ok(ChannelTested { trouble })
}
