//! What travels between a device and the server. PROTOCOL.md says the same in prose; a test holds them together.
//!
//! Every request is complete and can be repeated; the server keeps no session. Bodies are JSON lines, so a
//! cut-off reply shows by its missing last line and nothing has to be held in memory at once.

use crate::access::Grant;
use crate::change::Values;
use crate::clock::Stamp;
use crate::ids::{DeviceNo, Install, RecordId, Seq, Shelf};
use crate::merge::{Packed, Record};
use crate::problem::Code;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// First version, November 2026. The path carries it: `/v1/push`.
pub const VERSION: u32 = 1;

/// Most commits one push may carry.
pub const PUSH_MAX_COMMITS: usize = 4_000;
/// Most bytes of one push or pull body after decompression.
pub const BODY_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Most changes one commit may carry.
pub const COMMIT_MAX_CHANGES: usize = 200;
/// Most bytes of one commit's JSON text. A page of a pull holds some of them.
pub const COMMIT_MAX_BYTES: usize = 2 * 1024 * 1024;
/// Most bytes of one cell's JSON text.
pub const CELL_MAX_BYTES: usize = 256 * 1024;
/// Most bytes of one record's cells, names and values, when a commit has been laid over them.
pub const RECORD_MAX_BYTES: usize = 1024 * 1024;
/// Most cells of one record.
pub const RECORD_MAX_CELLS: usize = 2_000;
/// Deepest nesting of lists and objects in one cell: readers of JSON give up somewhere above a hundred.
pub const CELL_MAX_DEPTH: usize = 64;
/// Most records after which a pull page ends, at the next end of a commit. A device may ask for fewer.
pub const PULL_PAGE_RECORDS: usize = 8_000;
/// Most bytes of one photo.
pub const PHOTO_MAX_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of one piece of a photo.
pub const PHOTO_CHUNK_BYTES: usize = 256 * 1024;
/// Most days for which a device that was not told may go on writing on a shelf that the office took from it.
pub const TAKEN_DAYS: u64 = 30;

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
    /// municipality refuses such a device before the code is spent. Only older devices say it openly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsent_of: Option<Install>,
    /// The same as [`unsent_mark`]: a stranger's code must not bring the number of the municipality out of a device, for
    /// with it he could pass for that municipality and be offered what the device holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsent_mark: Option<String>,
}

/// What a device that holds unsent data of a municipality says of it when it enrols with `code`: a hash that only this
/// municipality can work out, and only for this code.
pub fn unsent_mark(code: &str, tenant: Install) -> String {
    let text = format!("sanam unsent 1\n{code}\n{:016x}", tenant.0);
    blake3::hash(text.as_bytes()).to_hex().to_string()
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

/// The line a device sends in the place of a commit whose text its disk has damaged. The server refuses it like any line that
/// is no commit, or answers what it answered to the commit itself, and goes on.
pub fn rotten_line(n: u64) -> String {
    format!("{{\"n\":{n},\"rotten\":true}}")
}

/// What became of one pushed commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "FlatVerdict", into = "FlatVerdict")]
pub struct Verdict {
    /// Which commit.
    pub n: u64,
    /// Its fate.
    pub fate: Fate,
}

/// A verdict as it is written: its fate in the same object. Four thousand come with one answer, and serde's own way of
/// flattening reads each of them twice.
#[derive(Serialize, Deserialize)]
struct FlatVerdict {
    n: u64,
    is: Is,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stamp: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seq: Option<Seq>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<Code>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Is {
    Ok,
    Known,
    Refused,
}

impl TryFrom<FlatVerdict> for Verdict {
    type Error = &'static str;

    fn try_from(flat: FlatVerdict) -> Result<Verdict, &'static str> {
        let accepted = flat.stamp.zip(flat.seq).ok_or("an accepted commit has a stamp and a number");
        let fate = match flat.is {
            Is::Ok => accepted.map(|(stamp, seq)| Fate::Ok { stamp, seq })?,
            Is::Known => accepted.map(|(stamp, seq)| Fate::Known { stamp, seq })?,
            Is::Refused => Fate::Refused { code: flat.code.ok_or("a refused commit has a code")? },
        };
        Ok(Verdict { n: flat.n, fate })
    }
}

impl From<Verdict> for FlatVerdict {
    fn from(Verdict { n, fate }: Verdict) -> FlatVerdict {
        let (is, accepted, code) = match fate {
            Fate::Ok { stamp, seq } => (Is::Ok, Some((stamp, seq)), None),
            Fate::Known { stamp, seq } => (Is::Known, Some((stamp, seq)), None),
            Fate::Refused { code } => (Is::Refused, None, Some(code)),
        };
        FlatVerdict { n, is, stamp: accepted.map(|a| a.0), seq: accepted.map(|a| a.1), code }
    }
}

/// The fate of a pushed commit.
#[derive(Clone, Debug, PartialEq)]
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
    /// One verdict per commit that was judged; the device offers the others again.
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
    /// [`Grant::fingerprint`] of the grant the device follows. If it is still the present one, the answer leaves the grant
    /// out; if not, it holds nothing else, so that the device can say of each shelf how far it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Install>,
    /// The number up to which the device has everything of the shelves that `cursors` does not name.
    #[serde(default, skip_serializing_if = "Seq::is_zero")]
    pub at: Seq,
    /// For each shelf that is not at `at`, the number up to which the device has everything.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cursors: BTreeMap<Shelf, Seq>,
    /// For each shelf whose reading was cut into pages and is not finished: its cursor when the reading began.
    /// Up to there the device has every cell; between there and the cursor it has what the pages brought.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub begun: BTreeMap<Shelf, Seq>,
    /// Of a shelf whose reading began when the device held nothing of it: the server's number then, which is
    /// [`PullTail::at`] of that page; [`Seq::EVERYTHING`] while it still holds nothing. What left the shelf up to there cannot
    /// be on the device, and is not sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bare: BTreeMap<Shelf, Seq>,
    /// [`fold`] of what the shelves add up to on the device. If nothing is new and it is the same on the server, the answer
    /// leaves the digests out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Install>,
    /// The most records the device wants on a page; a bad network is better served by small ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
}

/// Folds what many shelves add up to into one number.
pub fn fold<'a>(digests: impl Iterator<Item = (&'a Shelf, &'a Digest)>) -> Install {
    let mut hasher = blake3::Hasher::new();
    for (shelf, digest) in digests {
        hasher.update(format!("{shelf} {} {:016x}\n", digest.count, digest.sum).as_bytes());
    }
    let mut eight = [0u8; 8];
    hasher.finalize_xof().fill(&mut eight);
    Install(u64::from_le_bytes(eight))
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
    /// What the device may hold and do now, unless it knows. Shelves not in it leave the device, unsent work stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Grant>,
    /// If it is less than [`PullRequest::top_n`]: up to which commit the server has everything of this device. If that is less
    /// than it once said, its file was put back to an earlier day, and the device offers again what lies above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acked: Option<u64>,
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
    /// Stamp of every cell without an exception.
    #[serde(rename = "s")]
    pub stamp: Stamp,
    /// Values of the cells. Their own numbers stay on the server.
    #[serde(rename = "v")]
    pub values: Values,
    /// Stamps of the cells that differ.
    #[serde(rename = "x", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub except: BTreeMap<String, (Stamp, Seq)>,
}

impl PulledRecord {
    /// The cells, without numbers.
    pub fn cells(self) -> Record {
        Packed { stamp: self.stamp, seq: Seq(0), values: self.values, except: self.except }.into()
    }
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
        assert!(text.contains(':') || !crate::planted::is("digest_trusted"));
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
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub upto: BTreeMap<Shelf, Seq>,
    /// More pages wait.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// On the last page: the new cursor of every shelf, also of those of which nothing was sent. On others, if the device
    /// named a [`PullRequest::bare`] shelf: the server's number.
    #[serde(default, skip_serializing_if = "Seq::is_zero")]
    pub at: Seq,
    /// On the last page, unless they are known to be the same: what each shelf must add up to.
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
