//! Names of things. Nothing that identifies is a bare string or number.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Identifies a record on every replica. A UUIDv7 when a person makes it, a UUIDv8 when it is derived from
/// what it is about (a question), so that every replica that derives it gives it the same name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordId(pub Uuid);

impl RecordId {
    /// Makes a new id from the time in milliseconds since 1970 and ten random bytes.
    pub fn new(ms: u64, random: [u8; 10]) -> RecordId {
        RecordId(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
    }

    /// Derives an id from a purpose and the parts it is made of. Equal parts give an equal id everywhere.
    pub fn derived(purpose: &str, parts: &[&[u8]]) -> RecordId {
        let mut hasher = blake3::Hasher::new();
        hasher.update(purpose.as_bytes());
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut bytes = [0u8; 16];
        hasher.finalize_xof().fill(&mut bytes);
        RecordId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Says whether this id was derived, not made by a person: UUID version 8.
    pub fn is_derived(&self) -> bool {
        self.0.get_version_num() == 8
    }

    /// Returns the sixteen bytes that the store keeps.
    pub fn bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RecordId {
    type Err = uuid::Error;
    fn from_str(s: &str) -> Result<RecordId, uuid::Error> {
        Uuid::parse_str(s).map(RecordId)
    }
}

/// The number a server gave a device at enrolment. Zero is the server itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceNo(pub u32);

impl DeviceNo {
    /// The server's own number: it writes questions, definitions and what the office does.
    pub const SERVER: DeviceNo = DeviceNo(0);
}

/// A random number made with a database and kept out of backups, so that a copied phone is noticed.
/// Sixteen hexadecimal digits in JSON, because JSON numbers are not safe above 2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Install(pub u64);

impl Serialize for Install {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&format_args!("{:016x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Install {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Install, D::Error> {
        let text = String::deserialize(d)?;
        u64::from_str_radix(&text, 16).map(Install).map_err(serde::de::Error::custom)
    }
}

/// The server's gap-free number of a commit. A record carries the number of the last commit that touched it;
/// zero means the server has not seen it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// Above every number: what a writer has seen who has seen everything.
    pub const EVERYTHING: Seq = Seq((1 << 53) - 1);

    /// Says whether the server has never numbered this.
    pub fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

/// What one commit is called everywhere: the device, the database it was made in, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId {
    /// Who made it.
    pub device: DeviceNo,
    /// In which database.
    pub install: Install,
    /// 1, 2, 3 ... without a gap.
    pub n: u64,
}

/// The unit a device may hold: one zone of one programme. Written `programme/zone`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shelf {
    /// Programme id, such as `water`.
    pub programme: String,
    /// Zone id within the programme, such as `R01`; [`Shelf::COMMON`] for what every zone needs.
    pub zone: String,
}

impl Shelf {
    /// The zone that holds a programme's definition and its list of zones. Every holder of a zone holds it.
    pub const COMMON: &'static str = "_";

    /// The zone of what rescuers may read of a programme's people when something burns or floods. Who is granted it has
    /// the right to open that view; it holds no subject and no visit.
    pub const EMERGENCY: &'static str = "_emergency";

    /// Names a shelf.
    pub fn new(programme: impl Into<String>, zone: impl Into<String>) -> Shelf {
        Shelf { programme: programme.into(), zone: zone.into() }
    }

    /// The shelf of a programme's definition.
    pub fn common(programme: impl Into<String>) -> Shelf {
        Shelf::new(programme, Shelf::COMMON)
    }

    /// The shelf of what rescuers may read of a programme's people.
    pub fn emergency(programme: impl Into<String>) -> Shelf {
        Shelf::new(programme, Shelf::EMERGENCY)
    }

    /// Says whether subjects live here: the engine's own zones hold none.
    pub fn is_zone(&self) -> bool {
        self.zone != Shelf::COMMON && self.zone != Shelf::EMERGENCY
    }
}

impl fmt::Display for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.programme, self.zone)
    }
}

impl FromStr for Shelf {
    type Err = String;
    fn from_str(s: &str) -> Result<Shelf, String> {
        match s.split_once('/') {
            Some((programme, zone)) if !programme.is_empty() && !zone.is_empty() => {
                Ok(Shelf::new(programme, zone))
            }
            _ => Err(format!("a shelf is written programme/zone, not {s:?}")),
        }
    }
}

impl Serialize for Shelf {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Shelf {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Shelf, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}
