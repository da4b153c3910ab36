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
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::{Account, Delivery, Target};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// Messages of one channel that are begun at once.
const AT_ONCE: usize = 8;
/// A message that is not taken in this time counts as not answered.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked for what time alone brings about, milliseconds.
const LOOK_AROUND_MS: u64 = 60_000;

/// The channel of letters to citizens ([`Delivery::channel`]).
const CITIZENS: u64 = 0;

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
    let mut sending = Sending::default();
    loop {
        ticks.tick().await;
        if let Err(failure) = sending.go_on(&server).await {
            // A full disk, mostly; health tells of it. The next round tries again.
            tracing::warn!(code = failure.0.code.as_str(), "notifications wait");
        }
    }
}

/// What is under way. A channel gets its next messages when those before have ended, so that one whose other side drags
/// its feet holds up nobody else, nor more threads than its own few.
#[derive(Default)]
struct Sending {
    looked_ms: Option<u64>,
    /// Gives the channel back.
    under_way: JoinSet<u64>,
    busy: Vec<u64>,
}

impl Sending {
    async fn go_on(&mut self, server: &Server) -> Result<(), Failure> {
        while let Some(ended) = self.under_way.try_join_next() {
            if let Some(at) =
                ended.ok().and_then(|channel| self.busy.iter().position(|busy| *busy == channel))
            {
                self.busy.swap_remove(at);
            }
        }
        let now_ms = server.now_ms();
        // Also when the clock was set back.
        if self.looked_ms.is_none_or(|last| now_ms.abs_diff(last) >= LOOK_AROUND_MS) {
            server
                .with_store(move |store| {
                    store.look_around_for_notices(now_ms)?;
                    Ok(store.trim_notices(now_ms)?)
                })
                .await?;
            self.looked_ms = Some(now_ms);
        }
        let config = Arc::clone(&server.config);
        let busy = self.busy.clone();
        let (due, municipality, own) = server
            .with_store(move |store| {
                let due = store.take_due_notices(now_ms, AT_ONCE, &busy)?;
                let own = address(store, &config, None).map(|(own, _)| own).unwrap_or_default();
                Ok((due, store.tenant()?.municipality, own))
            })
            .await?;
        let mut by_channel: BTreeMap<u64, Vec<(Letter, Target)>> = BTreeMap::new();
        for Delivery { no, channel, made_ms, target, message } in due {
            let letter = Letter {
                id: no,
                made_ms,
                now_ms,
                municipality: municipality.clone(),
                address: own.clone(),
                message,
            };
            by_channel.entry(channel).or_default().push((letter, target));
        }
        for (channel, letters) in by_channel {
            let server = server.clone();
            self.busy.push(channel);
            self.under_way.spawn(async move {
                hand_over_all(&server, channel, letters).await;
                channel
            });
        }
        Ok(())
    }
}

/// Hands the messages of one channel over, one after the other: whoever takes them reads what happened in its order. After one
/// that was not taken the others wait for their lease to end, and that one is tried again before; an outage that lasts
/// longer can still turn the order round. Letters to citizens go to one each, and wait for nobody.
async fn hand_over_all(server: &Server, channel: u64, letters: Vec<(Letter, Target)>) {
    for (letter, target) in letters {
        let no = letter.id;
        let mut handing = hand_over(server, letter, target);
        let in_time = patiently(&mut handing).await;
        let went = in_time.unwrap_or(Err(Trouble::NoAnswer));
        server.metrics.notice_sent(went.is_ok());
        let now_ms = server.now_ms();
        let noted = server.with_store(move |store| Ok(store.note_notice(no, went, now_ms)?)).await;
        if let Err(failure) = noted {
            tracing::warn!(code = failure.0.code.as_str(), "how a notification went is not noted");
        }
        if in_time.is_none() {
            // Its thread goes on until the other side lets go; till then the channel stays busy. What is left of these is
            // taken anew when its lease is over.
            let _ = handing.await;
            return;
        }
        if went.is_err() && channel != CITIZENS {
            return;
        }
    }
}

/// How a message went, if it went or failed in time.
async fn patiently(handing: &mut oneshot::Receiver<Result<(), Trouble>>) -> Option<Result<(), Trouble>> {
    let in_time = tokio::time::timeout(PATIENCE, handing).await.ok()?;
    Some(in_time.unwrap_or(Err(Trouble::Failed)))
}

/// Hands a message over on a thread of its own: whatever the other side does, it takes none of those that answer, and a
/// server that stops does not wait for it.
fn hand_over(server: &Server, letter: Letter, target: Target) -> oneshot::Receiver<Result<(), Trouble>> {
    let outside = Arc::clone(&server.outside);
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let went = match &target {
            Target::Webhook { url, key } => http::webhook(&letter, url, key, &outside.inside),
            Target::Line { to, token } => {
                // LINE's own address is the settings', not a clerk's.
                http::line(&letter, to, token, &outside.line, &line_allowed(&outside))
            }
            Target::Email { to, server } => mail::send(&letter, to, server.as_ref(), &outside.inside),
        };
        // Nobody may be listening any more.
        let _ = tell.send(went);
    });
    told
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
    let went = patiently(&mut hand_over(server, letter, target)).await.unwrap_or(Err(Trouble::NoAnswer));
    let trouble = went.err();
    let by = account.name.clone();
    server.with_store(move |store| Ok(store.note_tested(&by, ask.id, trouble, now_ms)?)).await?;
    Ok(ChannelTested { trouble })
}
