//! What travels between a device and the server. PROTOCOL.md says the same in prose; a test holds them together.
//!
//! Every request is complete and can be repeated; the server keeps no session. Bodies are JSON lines, so a
//! cut-off reply shows by its missing last line and nothing has to be held in memory at once.

use crate::access::Grant;
use crate::clock::Stamp;
use crate::ids::{DeviceNo, Install, RecordId, Seq, Shelf};
use crate::merge::Packed;
use crate::problem::Code;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// First version, November 2026. The path carries it: `/v1/push`.
pub const VERSION: u32 = 1;

/// Most commits one push may carry.
pub const PUSH_MAX_COMMITS: usize = 1_000;
/// Most bytes of one push or pull body after decompression.
pub const BODY_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Most changes one commit may carry.
pub const COMMIT_MAX_CHANGES: usize = 200;
/// Most bytes of one commit's JSON text. A page of a pull holds some of them.
pub const COMMIT_MAX_BYTES: usize = 2 * 1024 * 1024;
/// Most bytes of one cell's JSON text.
pub const CELL_MAX_BYTES: usize = 256 * 1024;
/// Deepest nesting of lists and objects in one cell: readers of JSON give up somewhere above a hundred.
pub const CELL_MAX_DEPTH: usize = 64;
/// Records after which a pull page ends, at the next end of a commit.
pub const PULL_PAGE_RECORDS: usize = 2_000;
/// Most bytes of one photo.
pub const PHOTO_MAX_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of one piece of a photo.
pub const PHOTO_CHUNK_BYTES: usize = 256 * 1024;

/// `POST /v1/enrol`: a device asks to be known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The one-time code from the office's QR.
    pub code: String,
    /// The random number of the device's database.
    pub install: Install,
    /// What the person calls the device.
    pub name: String,
    /// The highest commit the device already holds; 0 on a new one.
    #[serde(default)]
    pub top_n: u64,
    /// The highest commit below which a server has answered for all: the new number goes on from there.
    #[serde(default)]
    pub acked_n: u64,
    /// The life of the server that answered; another life has to be offered everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incarnation: Option<Install>,
    /// The municipality whose data the device holds, if it has some that was not received yet. Nothing crosses: another
    /// municipality refuses such a device before the code is spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsent_of: Option<Install>,
}

/// The answer to [`EnrolRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnrolReply {
    /// The device's number.
    pub device: DeviceNo,
    /// 256 random bits, hexadecimal, sent as `Authorization: Bearer`. The server keeps only its hash.
    pub token: String,
    /// Name of the municipality.
    pub municipality: String,
    /// Which municipality this is: stays the same through restores.
    pub tenant: Install,
    /// What the device may hold and do.
    pub grant: Grant,
    /// Which life of the server this is.
    pub incarnation: Install,
    /// The server's time in milliseconds.
    pub now: u64,
}

/// First line of `POST /v1/push`; commits follow, one a line, in order of `n`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PushHead {
    /// The random number of the device's database.
    pub install: Install,
    /// The highest `n` that exists on the device now. It proves what did not exist yet.
    pub top_n: u64,
    /// The lowest `n` the device still keeps. A server restored from an old backup cannot ask for less.
    #[serde(default)]
    pub lowest_n: u64,
}

/// What became of one pushed commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Which commit.
    pub n: u64,
    /// Its fate.
    #[serde(flatten)]
    pub fate: Fate,
}

/// The fate of a pushed commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
pub enum Fate {
    /// Accepted now.
    Ok {
        /// The stamp the server fixed.
        stamp: Stamp,
        /// The server's number.
        seq: Seq,
    },
    /// Accepted before; the same answer as then.
    Known {
        /// The stamp the server fixed.
        stamp: Stamp,
        /// The server's number.
        seq: Seq,
    },
    /// Kept in quarantine for the office, and acknowledged: it will not be asked for again.
    Refused {
        /// Why.
        code: Code,
    },
}

/// The answer to a push: one JSON object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PushReply {
    /// Highest `n` with none missing at or below it.
    pub acked: u64,
    /// One verdict per commit that was sent.
    pub verdicts: Vec<Verdict>,
    /// Which life of the server this is.
    pub incarnation: Install,
    /// The server's time in milliseconds.
    pub now: u64,
    /// Set when this database turned out to be a copy: its new device number and token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed: Option<Renamed>,
}

/// A copied phone's new name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Renamed {
    /// The new number.
    pub device: DeviceNo,
    /// The new token.
    pub token: String,
}

/// `POST /v1/pull`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PullRequest {
    /// The random number of the device's database.
    pub install: Install,
    /// The highest `n` that exists on the device now.
    pub top_n: u64,
    /// The life of the server the cursors belong to; absent at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incarnation: Option<Install>,
    /// For each shelf the device holds, the number up to which it has everything. A granted shelf that is not
    /// named starts at zero.
    pub cursors: BTreeMap<Shelf, Seq>,
    /// For each shelf whose reading was cut into pages and is not finished: its cursor when the reading began.
    /// Up to there the device has every cell; between there and the cursor it has what the pages brought.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub begun: BTreeMap<Shelf, Seq>,
}

/// One line of a pull's answer. The first is a head, the last a tail; without a tail the page is incomplete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PullLine {
    /// First line.
    Head(PullHead),
    /// A record with the cells that are new to this device.
    Rec(PulledRecord),
    /// A record that left a shelf of this device.
    Gone(GoneRecord),
    /// Last line.
    Tail(PullTail),
}

/// First line of a pull's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PullHead {
    /// Which life of the server this is. A new one makes the device re-offer its black box.
    pub incarnation: Install,
    /// The server's time in milliseconds.
    pub now: u64,
    /// What the device may hold and do now. Shelves not in it leave the device, unsent work stays.
    pub grant: Grant,
}

/// A record on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PulledRecord {
    /// Which record.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// The shelf it is on now.
    pub shelf: Shelf,
    /// The server's number of the last commit that touched it.
    pub seq: Seq,
    /// Cells with their stamps. The cells' own numbers stay on the server.
    #[serde(flatten)]
    pub cells: Packed,
}

/// A record that left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GoneRecord {
    /// Which record.
    pub id: RecordId,
    /// From which shelf.
    pub shelf: Shelf,
}

/// Count and order-free sum of the records of a shelf ([`crate::merge::checksum`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Digest {
    /// Number of records, removed ones included.
    pub count: u64,
    /// Wrapping sum of checksums.
    pub sum: u64,
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&format_args!("{}:{:016x}", self.count, self.sum))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Digest, D::Error> {
        let text = String::deserialize(d)?;
        let parsed = text
            .split_once(':')
            .and_then(|(count, sum)| Some((count.parse().ok()?, u64::from_str_radix(sum, 16).ok()?)));
        match parsed {
            Some((count, sum)) => Ok(Digest { count, sum }),
            None => Err(serde::de::Error::custom("a digest is written count:hex")),
        }
    }
}

/// Last line of a pull's answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PullTail {
    /// The new cursor of each shelf, to be written in the transaction that writes the rows.
    pub upto: BTreeMap<Shelf, Seq>,
    /// More pages wait.
    pub more: bool,
    /// On the last page: what each shelf must add up to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub digests: BTreeMap<Shelf, Digest>,
}

/// Answer of `HEAD`/`POST /v1/blob/{hash}`: how much of a photo the server has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobReply {
    /// Bytes received so far, from the start.
    pub have: u64,
    /// The photo is whole, its hash was checked, and it is on disk.
    pub done: bool,
}
