//! Requests about the people of the office and their devices: enrolment, shelves, accounts, sessions.

use crate::access::{Grant, Role};
use crate::ids::{DeviceNo, Shelf};
use serde::{Deserialize, Serialize};

/// Asks for the devices.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Devices {}

/// A device, as the office sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceRow {
    /// Its number.
    pub device: DeviceNo,
    /// What its holder called it.
    pub name: String,
    /// What it may hold and do.
    pub grant: Grant,
    /// When it was enrolled, milliseconds.
    pub enrolled_ms: u64,
    /// When it last spoke to the server, milliseconds.
    pub seen_ms: u64,
    /// Commits received from it.
    pub received: u64,
    /// Commits it says it has but the server does not.
    pub waiting: u64,
    /// Its right was ended.
    pub revoked: bool,
    /// It is a copy of this one.
    pub copy_of: Option<DeviceNo>,
}

/// Asks for an enrolment code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewEnrolment {
    /// The person who will hold the device.
    pub person: String,
    /// The role.
    pub role: Role,
    /// The shelves.
    pub shelves: Vec<Shelf>,
}

/// Chooses the shelves of a device anew. What it wrote on one that is taken counts when it comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetShelves {
    /// Which device.
    pub device: DeviceNo,
    /// All of its shelves from now on.
    pub shelves: Vec<Shelf>,
}

/// Asks for the office's accounts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Accounts {}

/// An account of the office.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountRow {
    /// Its name, which is also the person's.
    pub name: String,
    /// What it may see and do.
    pub grant: Grant,
}

/// Makes an account, or changes one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutAccount {
    /// Its name.
    pub name: String,
    /// The role; a worker has a device and no account.
    pub role: Role,
    /// A supervisor's programmes; clerks and administrators see all.
    pub programmes: Vec<String>,
    /// A supervisor's area: of the programmes of these zones she sees these zones only. Empty: whole programmes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<Shelf>,
    /// Gives an account that is there a new password; a new one gets one anyway.
    #[serde(default)]
    pub new_password: bool,
}

/// An account was made or changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountPut {
    /// Its password, if it has a new one: shown once and kept nowhere.
    pub password: Option<String>,
}

/// Removes an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemoveAccount {
    /// Its name.
    pub name: String,
}

/// Hands shelves of one device over to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandOver {
    /// Who has them.
    pub from: DeviceNo,
    /// Who gets them.
    pub to: DeviceNo,
    /// Which.
    pub shelves: Vec<Shelf>,
}

/// A new enrolment code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnrolmentReply {
    /// The one-time code.
    pub code: String,
    /// The link in the QR.
    pub link: String,
    /// The QR, as SVG text.
    pub svg: String,
    /// Until when it can be used, milliseconds.
    pub until_ms: u64,
}

/// Ends a device's right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revoke {
    /// Which.
    pub device: DeviceNo,
}

/// Asks who is signed in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {}

/// Who is signed in at the office.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionReply {
    /// The account, if signed in.
    pub name: Option<String>,
    /// Its rights.
    pub grant: Option<Grant>,
    /// Name of the municipality.
    pub municipality: String,
    /// No administrator exists yet: the one-time link is needed.
    pub needs_setup: bool,
}

/// Signs in.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Login {
    /// Account name.
    pub name: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Signs out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Logout {}

/// Sets the first administrator's password.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SetUp {
    /// From the one-time link.
    pub code: String,
    /// Name of the municipality.
    pub municipality: String,
    /// Account name.
    pub name: String,
    /// Password, at least ten characters.
    pub password: String,
}

impl std::fmt::Debug for SetUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetUp").field("name", &self.name).finish_non_exhaustive()
    }
}
