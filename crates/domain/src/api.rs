//! Everything a screen can ask for: one request, one reply type each, one table.
//!
//! `store::service::serve` answers it in one exhaustive `match`. The doors only carry it: `invoke` in the installed
//! app, `postMessage` to the worker in a browser, `POST /api/call` at the office. Requests that need the network
//! (`Enrol`, `Sync`) or a session (`Login` ...) are answered by the door itself; the table says so.

mod copies;
mod desk;
mod draft;
mod emergency;
mod forms;
mod labels;
mod money;
mod notify;
mod orders;
mod overview;
mod people;
mod photos;
mod questions;
mod registry;
mod reports;
mod round;

pub use copies::*;
pub use desk::*;
pub use draft::*;
pub use emergency::*;
pub use forms::*;
pub use labels::{LABELS_MAX, LabelChoice, LabelFile, Labels, LabelsReply, StockRow};
pub use money::*;
pub use notify::*;
pub use orders::*;
pub use overview::*;
pub use people::*;
pub use photos::*;
pub use questions::{QuestionRow, Questions, Settle};
pub use registry::{Registry, RegistryChange, RegistryRow};
pub use reports::{FileFormat, MonthReport, PersonFile, ReportFile};
pub use round::*;

use crate::access::Grant;
use crate::change::{Place, Value, Values};
use crate::code::Scanned;
use crate::ids::{DeviceNo, RecordId, Seq};
use crate::problem::{Code, Problem};
use crate::schedule::Standing;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A request with its reply type.
pub trait Ask: Sized {
    /// What is answered.
    type Reply;
    /// Wraps it for a door.
    fn wrap(self) -> Request;
    /// Takes its answer out of what a door brought.
    fn unwrap(reply: Reply) -> Result<Self::Reply, Problem>;
}

macro_rules! api {
    ($($(#[$doc:meta])* $name:ident => $reply:ty;)*) => {
        /// Anything a screen can ask for.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "ask", content = "with", rename_all = "snake_case")]
        pub enum Request {
            $($(#[$doc])* $name($name),)*
        }

        /// The answer to the request of the same name.
        #[allow(clippy::large_enum_variant, reason = "one reply lives at a time; on 32 bits it is no warning")]
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "reply", content = "is", rename_all = "snake_case")]
        pub enum Reply {
            $($(#[$doc])* $name($reply),)*
        }

        impl Request {
            /// The request's name, for logs. Never its content.
            pub fn name(&self) -> &'static str {
                match self { $(Request::$name(_) => stringify!($name),)* }
            }
        }

        $(impl Ask for $name {
            type Reply = $reply;
            fn wrap(self) -> Request { Request::$name(self) }
            fn unwrap(reply: Reply) -> Result<$reply, Problem> {
                match reply {
                    Reply::$name(is) => Ok(is),
                    _ => Err(Problem::new(Code::Internal).about("a reply of another kind")),
                }
            }
        })*
    };
}

api! {
    // -- the device itself
    /// What this device is, and its three numbers.
    Status => StatusReply;
    /// Makes this device known to a server (answered by the door).
    Enrol => StatusReply;
    /// Exchanges what the other lacks (answered by the door).
    Sync => SyncReply;
    // -- finding
    /// The programmes on this device, with their compiled forms.
    Programmes => Vec<crate::programme::Programme>;
    /// The home screen: what today holds.
    Home => Vec<HomeProgramme>;
    /// A page of the round, in route order.
    Round => RoundReply;
    /// Subjects by name, house number or code.
    Search => Vec<SubjectRow>;
    /// What a scanned or typed text is.
    Find => Found;
    /// All there is to know at the door.
    Card => CardReply;
    /// Every value a record ever had.
    History => Vec<HistoryRow>;
    /// Subjects near a place.
    Nearby => Vec<SubjectRow>;
    // -- recording
    /// Opens a form with what is known.
    OpenForm => OpenedForm;
    /// Keeps an unfinished form; `None` drops it.
    KeepDraft => Done;
    /// The unfinished forms on this device.
    Drafts => Vec<DraftRow>;
    /// Saves a visit, durably, in one transaction.
    SaveVisit => Saved;
    /// Saves a visit in the place of another, and says why.
    CorrectVisit => Saved;
    /// Saves a visit that is typed at the office's desk, new or in the place of another.
    EnterVisit => Saved;
    /// Corrects fields of a subject.
    EditSubject => Saved;
    /// Makes a new subject.
    CreateSubject => Saved;
    /// Ties a code to a subject.
    BindCode => Saved;
    /// Keeps a photo, to be sent apart from records.
    KeepPhoto => PhotoKept;
    /// A photo's bytes. On a device the door fetches from the office what is not here.
    Photo => PhotoReply;
    /// Chooses whether this device's photos wait for Wi-Fi.
    PhotosWifiOnly => Done;
    /// Tells the device what kind of network it has (answered by the door).
    Network => Done;
    /// A copy of what the office does not have yet, as files. In a browser the door adds those that it set aside.
    UnsentCopy => UnsentCopyReply;
    // -- questions
    /// The open questions, newest first.
    Questions => Vec<QuestionRow>;
    /// Settles one.
    Settle => Saved;
    // -- orders
    /// A page of orders.
    Orders => OrdersReply;
    /// One order, with all there is to know.
    Order => OrderReply;
    /// Opens an order by hand.
    OpenOrder => Saved;
    /// Brings an order to a state.
    MoveOrder => Saved;
    /// Notes what was used, looked to and photographed.
    NoteOrder => Saved;
    /// Says who is to do an order, or how urgent it is.
    AssignOrder => Saved;
    /// Hides what a citizen sent.
    HideReport => Saved;
    /// Who can be given orders (at the office).
    OrderPeople => Vec<String>;
    /// What citizens sent (at the office).
    CitizenReports => Vec<CitizenReport>;
    // -- what was refused
    /// Commits the office could not accept, with the reason.
    Refused => Vec<RefusedRow>;
    // -- emergencies
    /// Whether the emergency view is open.
    EmergencyState => EmergencyReply;
    /// Opens it, with a reason.
    OpenEmergency => EmergencyReply;
    /// Who is near a place, whoever must be fetched first on top.
    Rescue => RescueReply;
    /// Places by house number or address.
    EmergencyPlaces => Vec<PlaceRow>;
    /// Marks what a team found.
    MarkRescue => Saved;
    // -- the office
    /// Visits of a day, newest first.
    Today => Vec<VisitRow>;
    /// All devices.
    Devices => Vec<DeviceRow>;
    /// A new enrolment code.
    NewEnrolment => EnrolmentReply;
    /// Ends a device's right.
    Revoke => Done;
    /// Gives and takes shelves of a device.
    SetShelves => Done;
    /// Hands the rest of a round over to another device.
    HandOver => Done;
    /// What a sheet of labels would hold, with a picture of it (answered by the office's door).
    Labels => LabelsReply;
    /// A month's report.
    MonthReport => crate::report::Report;
    /// The zones of a programme.
    Zones => Vec<ZoneRow>;
    /// The office's accounts.
    Accounts => Vec<AccountRow>;
    /// Makes an account, or changes its rights or password (answered by the door).
    PutAccount => AccountPut;
    /// Removes an account and ends its sessions.
    RemoveAccount => Done;
    // -- forms at the office
    /// Reads an uploaded form and says what is wrong with it (answered by the door).
    CheckForm => FormChecked;
    /// Puts an uploaded form in the place of the present one (answered by the door).
    PublishForm => FormPublished;
    /// The form in use as a workbook, to be changed in a spreadsheet (answered by the door).
    FormSheet => FormFile;
    /// A programme from above: the map, and what needs attention where.
    Overview => OverviewReply;
    // -- who is told of what
    /// The ways out, the mail server, what could not be handed over, the keys of systems outside.
    Notifications => NotificationsReply;
    /// Makes or changes a way out.
    PutChannel => ChannelPut;
    /// Takes a way out away.
    RemoveChannel => Done;
    /// Sets the mail server up.
    PutMail => Done;
    /// Sends a test message at once (answered by the door).
    TestChannel => ChannelTested;
    /// Tries again what failed.
    RetryNotices => Done;
    /// Makes a key for a system outside.
    NewKey => KeyMade;
    /// Ends one.
    EndKey => Done;
    /// Who is signed in at the office (answered by the door).
    Session => SessionReply;
    /// Signs in at the office (answered by the door).
    Login => SessionReply;
    /// Signs out (answered by the door).
    Logout => Done;
    /// Sets the first administrator's password with the one-time link (answered by the door).
    SetUp => SessionReply;
    // -- forms that look into the registry
    /// Rows that a form looks up.
    Registry => Vec<RegistryRow>;
    /// The versions that a form had here (answered by the door).
    FormVersions => Vec<FormVersionRow>;
    // -- money
    /// A subject's account.
    Ledger => LedgerReply;
    /// A bill as a screen shows it.
    ShowBill => BillReply;
    /// The paper of a bill or a payment, as bytes.
    PrintPaper => PaperReply;
    /// A paper came out.
    CountPaper => Done;
    /// Cash was received.
    ReceiveCash => PaymentSaved;
    /// The payer showed a bank's slip.
    ClaimSlip => PaymentSaved;
    /// A bill or payment counts no more.
    CancelEntry => Saved;
    /// Something is charged or given back.
    AdjustAccount => Saved;
    /// What the bank says of a claimed payment.
    JudgeSlip => Saved;
    /// Where cash went.
    MoveCash => Saved;
    /// What came in, in whose hands it is, and what the bank has yet to confirm.
    Takings => TakingsReply;
    // -- rounds and cycles
    /// How far a programme's rounds are.
    Dashboard => DashboardReply;
    /// Visits that somebody should look at.
    Anomalies => AnomaliesReply;
    /// Lets all visits of a zone count that wait for one harmless reason.
    ApproveMarked => Approved;
    /// Brings a cycle into another state.
    SetCycle => CycleSet;
    /// Plans a zone's cycle: reader, days, units given out.
    PlanCycle => Done;
    /// What goes lost between giving out and counting.
    Loss => LossReply;
    /// Puts a subject into another place of its zone's order.
    MoveInRound => Saved;
    /// The next one to do.
    NextInRound => Option<SubjectRow>;
}

/// Asks for the device's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {}

/// The device's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StatusReply {
    /// Set once enrolled.
    pub enrolled: Option<Enrolled>,
    /// The three numbers.
    pub counts: Counts,
    /// Server time of the last complete sync, in milliseconds.
    pub last_sync_ms: Option<u64>,
    /// Open questions.
    pub questions: u64,
    /// Commits and photos the office could not accept.
    pub refused: u64,
    /// Unfinished forms.
    pub drafts: u64,
    /// The database was set aside because it did not open: where it is kept.
    pub set_aside: Option<String>,
    /// Photos wait for Wi-Fi.
    #[serde(default)]
    pub photos_wifi_only: bool,
    /// How often a shelf was read again because it was not what the office has.
    #[serde(default)]
    pub healed: u64,
}

/// What an enrolled device knows of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Enrolled {
    /// Its number.
    pub device: DeviceNo,
    /// Name of the municipality.
    pub municipality: String,
    /// The server's address.
    pub server: String,
    /// What it may hold and do.
    pub grant: Grant,
    /// The office ended its right; it keeps what it has not sent.
    pub revoked: bool,
}

/// The three plain numbers of every screen. Commits, from server acknowledgements only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Saved on this device in the last 90 days.
    pub saved: u64,
    /// Of these, received by the office.
    pub received: u64,
    /// Photos not yet received.
    pub photos_waiting: u64,
}

/// Enrols with a code. `text` is the scanned link or the typed code; `server` where a code alone was typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Enrol {
    /// Link or code.
    pub text: String,
    /// Server address if `text` is a code alone.
    pub server: Option<String>,
    /// What the person calls this device.
    pub name: String,
}

/// Asks for a sync now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sync {
    /// Sends photos this time over whatever network there is.
    #[serde(default)]
    pub photos_now: bool,
}

/// Chooses whether photos wait for Wi-Fi.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotosWifiOnly {
    /// They wait.
    pub on: bool,
}

/// What kind of network the device has now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// It costs nothing by the byte (Wi-Fi, a cable); `None` where the device does not tell.
    pub free: Option<bool>,
}

/// What a sync did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SyncReply {
    /// Commits the office received now.
    pub pushed: u64,
    /// Records that came.
    pub pulled: u64,
    /// Photos the office received now.
    pub photos: u64,
    /// More waits; ask again (the door sends progress this way).
    pub more: bool,
    /// The state after.
    pub status: StatusReply,
}

/// Asks for the programmes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Programmes {}

/// Asks for the home screen of a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Home {
    /// Today, local, ISO.
    pub today: String,
}

/// One programme on the home screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HomeProgramme {
    /// Programme id.
    pub programme: String,
    /// Subjects on this device.
    pub subjects: u64,
    /// Done in this period.
    pub done: u64,
    /// To do now.
    pub left: u64,
    /// Past their day.
    pub overdue: u64,
    /// The next few to do, in route order.
    pub next: Vec<SubjectRow>,
    /// Zones on this device.
    pub zones: Vec<ZoneRow>,
}

/// A subject in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubjectRow {
    /// Which.
    pub id: RecordId,
    /// Its programme.
    pub programme: String,
    /// Its zone.
    pub zone: String,
    /// First line.
    pub heading: String,
    /// Second line.
    pub second_line: String,
    /// Place in the round.
    pub order: String,
    /// Where it stands, if it has a schedule.
    pub standing: Option<Standing>,
    /// Last day on which it is on time, ISO.
    pub due_on: Option<String>,
    /// Day of the last done visit, ISO.
    pub last_done: Option<String>,
    /// Outcome code of a later attempt that could not be done.
    pub last_failed: Option<String>,
    /// Metres from the place asked about, if one was.
    pub distance_m: Option<f64>,
    /// Latitude and longitude in degrees, if known.
    pub place: Option<(f64, f64)>,
}

/// Searches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Search {
    /// As typed.
    pub text: String,
    /// One programme, or all on the device.
    pub programme: Option<String>,
    /// Today, local, ISO.
    pub today: String,
    /// Rows to give, at most 200.
    pub limit: u32,
}

/// Asks what a text is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Find {
    /// As scanned or typed.
    pub text: String,
}

/// What a scanned text turned out to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// One subject.
    Subject(RecordId),
    /// A code bound twice; the person chooses among the holders that may be seen here. If that is one, another is elsewhere.
    Several(Vec<SubjectRow>),
    /// A label that was replaced: it still tells whose it was.
    Replaced {
        /// Whose it was.
        row: Box<SubjectRow>,
        /// The old code.
        code: String,
        /// The codes that hang there now.
        now: Vec<String>,
        /// Who took it off; empty if that is not known here.
        by: String,
        /// When, milliseconds.
        at_ms: u64,
        /// This person may put another label there.
        may_bind: bool,
    },
    /// A code nobody is bound to here.
    Unknown {
        /// As it would be bound.
        code: String,
        /// It has the shape of one of our codes (a blank sticker), or of a foreign one.
        ours: bool,
        /// It has the length of ours but a wrong check character: probably mistyped.
        mistyped: bool,
        /// Programmes in which this person may bind it to a subject.
        may_bind: Vec<String>,
        /// Programmes in which this person may make a new subject for it.
        may_create: Vec<String>,
    },
    /// An enrolment link.
    Enrolment {
        /// The server.
        server: String,
        /// The code.
        code: String,
    },
}

impl Found {
    /// Turns an enrolment link into what was found; other texts need the store.
    pub fn enrolment(scanned: &Scanned) -> Option<Found> {
        match scanned {
            Scanned::Enrol { server, code } => {
                Some(Found::Enrolment { server: server.clone(), code: code.clone() })
            }
            _ => None,
        }
    }
}

/// Asks for a subject's card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Which.
    pub subject: RecordId,
    /// Today, local, ISO.
    pub today: String,
}

/// A subject's card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardReply {
    /// As in a list.
    pub row: SubjectRow,
    /// The server's number of the record that is shown, to be given back with a correction.
    #[serde(default)]
    pub seq: Seq,
    /// Zone title.
    pub zone_title: String,
    /// All fields, by id; labels are in the programme.
    pub values: Values,
    /// Codes bound to it.
    pub codes: Vec<String>,
    /// Hashes of its photos, newest first.
    pub photos: Vec<String>,
    /// Last visits, newest first, at most 12.
    pub visits: Vec<VisitRow>,
    /// Open questions about it.
    pub questions: Vec<QuestionRow>,
    /// Forms this person may fill here, in order.
    pub forms: Vec<FormButton>,
    /// Fields this person may correct.
    pub may_edit: Vec<String>,
    /// This person may bind a code here.
    pub may_bind: bool,
    /// Removed.
    pub removed: bool,
}

/// A form offered on a card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormButton {
    /// Form id.
    pub form: String,
    /// Where the subject stands for it.
    pub standing: Option<Standing>,
    /// An unfinished one is kept.
    pub draft: bool,
}

/// A visit in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VisitRow {
    /// Which.
    pub id: RecordId,
    /// The subject.
    pub subject: RecordId,
    /// Its heading.
    pub heading: String,
    /// Programme id.
    pub programme: String,
    /// Form id.
    pub form: String,
    /// When, ISO with offset.
    pub at: String,
    /// Who.
    pub by: String,
    /// `done` or an outcome code.
    pub outcome: String,
    /// The cycle, or empty.
    pub cycle: String,
    /// The answers.
    pub values: Values,
    /// Hashes of its photos.
    pub photos: Vec<String>,
    /// The office has received it.
    pub received: bool,
    /// A later visit corrects it: it stays readable and counts for nothing.
    #[serde(default)]
    pub corrected: bool,
    /// It waits for the office, which has to say whether it counts.
    #[serde(default)]
    pub waits: bool,
}

/// Asks for a record's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Which record.
    pub record: RecordId,
}

/// One value a field had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// Field id.
    pub field: String,
    /// The value.
    pub value: Value,
    /// Who wrote it.
    pub by: String,
    /// When, milliseconds, as the server fixed it.
    pub at_ms: u64,
    /// Where it was written.
    pub place: Option<Place>,
    /// It shows now.
    pub current: bool,
    /// It lost against a change its writer had not seen.
    pub lost_unseen: bool,
}

/// Asks for subjects near a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nearby {
    /// Latitude, degrees.
    pub lat: f64,
    /// Longitude, degrees.
    pub lon: f64,
    /// Metres, at most 5,000.
    pub radius_m: f64,
    /// One programme, or all.
    pub programme: Option<String>,
    /// Today, local, ISO.
    pub today: String,
    /// Rows to give, at most 200.
    pub limit: u32,
}

/// Opens a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenForm {
    /// Programme id.
    pub programme: String,
    /// Form id.
    pub form: String,
    /// The subject, unless the form makes one.
    pub subject: Option<RecordId>,
    /// The visit that is to be corrected: its answers are what the form begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<RecordId>,
    /// The code that the subject it makes will get; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// Today, local, ISO.
    pub today: String,
}

/// A form ready to be filled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenedForm {
    /// The compiled form, for `forms::Form::from_json`. Of the draft's own version where a draft is kept.
    pub definition: Value,
    /// What is known: subject fields by id, `last_<question>`, `last_at`, `today`.
    pub known: BTreeMap<String, String>,
    /// The unfinished one.
    pub draft: Option<Value>,
    /// The answers of the visit that is to be corrected; empty without one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: Values,
    /// Heading of the subject, for the top of the form.
    pub heading: String,
    /// What was there when it was opened, to be given back with the first draft.
    #[serde(default)]
    pub seen: Seen,
}

/// Saves a visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SaveVisit {
    /// Programme id.
    pub programme: String,
    /// Form id.
    pub form: String,
    /// The subject; `None` makes a new one from the answers that the form saves to it.
    pub subject: Option<RecordId>,
    /// Zone of a new subject.
    pub zone: Option<String>,
    /// Code to bind to a new subject.
    pub code: Option<String>,
    /// `done`, or an outcome code (then `answers` may hold only `note`).
    pub outcome: String,
    /// What `forms` finished.
    pub answers: Values,
    /// Hashes of kept photos.
    pub photos: Vec<String>,
    /// The place stamped at the scan.
    pub place: Option<Place>,
    /// What the form writes to the registry beside its own subject.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub registry: Vec<RegistryChange>,
    /// The visit this one corrects, of the same subject and form. The new one takes its time and its cycle.
    pub supersedes: Option<RecordId>,
    /// Minutes by which local time is ahead of UTC.
    #[serde(deserialize_with = "crate::thai_date::read_offset")]
    pub offset_minutes: i32,
}

/// Saves a visit that corrects another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorrectVisit {
    /// The visit, with what it corrects.
    pub visit: SaveVisit,
    /// Why. It goes with the commit and stands on the account beside the new bill.
    pub reason: String,
}

/// What was saved. It is durable when this arrives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// The record: visit, subject or question.
    pub record: RecordId,
    /// The subject it belongs to.
    pub subject: Option<RecordId>,
    /// The three numbers after.
    pub counts: Counts,
}

/// Corrects fields of a subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditSubject {
    /// Which.
    pub subject: RecordId,
    /// New values by field id.
    pub values: Values,
    /// [`CardReply::seq`] of the card that was on the screen; absent: whatever the store shows now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_seq: Option<Seq>,
    /// Why, if asked.
    pub reason: Option<String>,
}

/// Makes a subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreateSubject {
    /// Programme id.
    pub programme: String,
    /// Zone id.
    pub zone: String,
    /// Values by field id; latitude and longitude under `lat`, `lon`.
    pub values: Values,
    /// Code to bind.
    pub code: Option<String>,
    /// Where it was made.
    pub place: Option<Place>,
}

/// Ties a code to a subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BindCode {
    /// Which.
    pub subject: RecordId,
    /// As scanned or typed.
    pub text: String,
    /// Bind it although another subject has it: raises a question.
    pub although_taken: bool,
    /// It is a maker's number, although it looks like a code of ours with a slip in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_makers: bool,
    /// Codes of the subject's labels that come off as this one goes on. They go on finding the subject, as replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<String>,
    /// Where.
    pub place: Option<Place>,
}

/// Asks for what was refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Refused {}

/// A commit the office could not accept. It stays readable for its writer and the office.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefusedRow {
    /// Its number on the device; zero for a photo.
    pub n: u64,
    /// The device, at the office.
    pub device: DeviceNo,
    /// When it was saved, milliseconds of the device's clock.
    pub at_ms: u64,
    /// Who saved it.
    pub by: String,
    /// Why it was refused.
    pub problem: Problem,
    /// What it says, as JSON.
    pub content: String,
}

/// Asks for a day's visits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Today {
    /// The day, local, ISO.
    pub day: String,
    /// One programme, or all.
    pub programme: Option<String>,
    /// Rows to give, at most 500.
    pub limit: u32,
}

/// Asks for zones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Zones {
    /// Programme id.
    pub programme: String,
}

/// A zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZoneRow {
    /// Zone id.
    pub zone: String,
    /// Title.
    pub title: String,
    /// Subjects in it, on this replica.
    pub subjects: u64,
}

/// Nothing more to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_and_its_reply_travel() {
        let request = Find { text: "7K3D9QX2M4".into() }.wrap();
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(text, r#"{"ask":"find","with":{"text":"7K3D9QX2M4"}}"#);
        assert_eq!(serde_json::from_str::<Request>(&text).unwrap(), request);
        assert!(Find::unwrap(Reply::Logout(Done {})).is_err());
    }

    #[test]
    fn a_password_is_never_printed() {
        let login = Login { name: "a".into(), password: "secret-secret".into() };
        assert!(!format!("{:?}", Request::Login(login)).contains("secret"));
    }
}
