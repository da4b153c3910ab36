//! Requests about accounts: the bill on the spot, receipts, payments, and what only the office may write.

use super::{DeviceNo, Place, RecordId, Saved};
use crate::billing::Bill;
use crate::ledger::{Hands, PaymentState, Statement};
use crate::money::Satang;
use serde::{Deserialize, Serialize};

/// Asks for a subject's account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// Whose.
    pub subject: RecordId,
}

/// A subject's account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerReply {
    /// Its heading.
    pub heading: String,
    /// Its programme.
    pub programme: String,
    /// What is owed, paid and claimed.
    pub statement: Statement,
    /// What was cancelled or adjusted, and why, by entry.
    pub remarks: Vec<LedgerRemark>,
    /// This person may cancel and adjust, and say what the bank says.
    pub may_settle: bool,
}

/// Why an entry counts no more, or why there is one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerRemark {
    /// The entry it is about.
    pub about: RecordId,
    /// Why.
    pub reason: String,
    /// Who approved it.
    pub approver: String,
    /// When, ISO.
    pub at: String,
}

/// Which bill is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillOf {
    /// The bill itself.
    Entry(RecordId),
    /// The bill that a visit brought.
    Visit(RecordId),
    /// The latest bill of a subject that stands.
    Subject(RecordId),
}

/// Asks for a bill as a screen shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShowBill {
    /// Which.
    pub of: BillOf,
}

/// A bill as a screen shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BillReply {
    /// The entry.
    pub entry: RecordId,
    /// Whose.
    pub subject: RecordId,
    /// Heading of the subject.
    pub heading: String,
    /// Its programme.
    pub programme: String,
    /// The cycle.
    pub cycle: String,
    /// The bill.
    pub bill: Bill,
    /// The account as it is now.
    pub statement: Statement,
    /// What is left to be paid of everything now; zero once all is covered.
    pub open: Satang,
    /// The text of the code to be scanned for what is left; empty where nothing is to be paid, or nobody said how.
    pub code: String,
    /// That code as SVG.
    pub code_svg: String,
    /// How often it was printed or shared from here.
    pub printed: u32,
}

/// What a paper is made as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperKind {
    /// A picture to send on (PNG).
    Picture,
    /// The bytes of a thermal printer of 58 mm.
    Roll58,
    /// The bytes of a thermal printer of 80 mm.
    Roll80,
}

/// Asks for the paper of a bill or a payment. Nothing is counted yet: whether it comes out, [`CountPaper`] says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrintPaper {
    /// The bill or the payment.
    pub entry: RecordId,
    /// What it is made as.
    pub kind: PaperKind,
    /// Minutes by which local time is ahead of UTC.
    #[serde(deserialize_with = "crate::thai_date::read_offset")]
    pub offset_minutes: i32,
}

/// A paper's bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaperReply {
    /// A name for the file.
    pub name: String,
    /// Its type.
    pub mime: String,
    /// Its bytes, base64.
    pub base64: String,
    /// Which copy it is; 0 is the original.
    pub copy: u32,
}

/// Says that a paper came out, or was handed on: the next one is a copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CountPaper {
    /// The bill or the payment.
    pub entry: RecordId,
}

/// Says that cash was received. The receipt's number comes with the reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReceiveCash {
    /// Whose account.
    pub subject: RecordId,
    /// How much.
    pub amount: Satang,
    /// The bill that was on the screen.
    pub bill: Option<RecordId>,
    /// Where.
    pub place: Option<Place>,
    /// Minutes by which local time is ahead of UTC.
    #[serde(deserialize_with = "crate::thai_date::read_offset")]
    pub offset_minutes: i32,
}

/// Says that the payer showed a bank's slip. The bank's file confirms it later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimSlip {
    /// Whose account.
    pub subject: RecordId,
    /// How much, as the slip says; the slip's code does not.
    pub amount: Satang,
    /// The bill that was on the screen.
    pub bill: Option<RecordId>,
    /// The text of the slip's code.
    pub text: String,
    /// Where.
    pub place: Option<Place>,
    /// Minutes by which local time is ahead of UTC.
    #[serde(deserialize_with = "crate::thai_date::read_offset")]
    pub offset_minutes: i32,
}

/// A payment that was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaymentSaved {
    /// The entry, and the three numbers.
    pub saved: Saved,
    /// The receipt's number; empty for a slip.
    pub receipt_no: String,
    /// The device whose block of numbers it is from.
    pub device: DeviceNo,
    /// The account after.
    pub statement: Statement,
}

/// Cancels a bill, a payment or an adjustment, for good and visibly. For the office; whoever asks approves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CancelEntry {
    /// Which.
    pub entry: RecordId,
    /// Why.
    pub reason: String,
}

/// Charges something, or gives something back. For the office.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdjustAccount {
    /// Whose account.
    pub subject: RecordId,
    /// The cycle it belongs to.
    pub cycle: String,
    /// Above zero is charged, below is given back.
    pub amount: Satang,
    /// Why.
    pub reason: String,
}

/// Says what the bank's file says of a claimed payment. For the office.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeSlip {
    /// The payment.
    pub payment: RecordId,
    /// It came.
    pub confirmed: bool,
}

/// Says where cash went. For the office.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoveCash {
    /// The payments, at most 500.
    pub payments: Vec<RecordId>,
    /// To whom.
    pub to: Hands,
}

/// Asks where the money of a programme is. For the office.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Takings {
    /// Programme id.
    pub programme: String,
    /// Payments of this day and later, local, ISO.
    pub since: String,
}

/// Where the money is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TakingsReply {
    /// Cash, by collector, hands and day.
    pub cash: Vec<CashRow>,
    /// Claims that nobody has confirmed or disputed, oldest first, at most 200.
    pub slips: Vec<SlipRow>,
    /// How many there are in all.
    pub slips_total: u64,
    /// What they amount to.
    pub slips_amount: Satang,
}

/// The cash that one person took on one day and that is in the same hands now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CashRow {
    /// Who took it.
    pub by: String,
    /// Where it is: received, handed over or deposited.
    pub state: PaymentState,
    /// The day, local, ISO.
    pub day: String,
    /// How many payments.
    pub count: u64,
    /// How much.
    pub amount: Satang,
    /// The payments, to be named when it goes on; none of what is deposited.
    pub payments: Vec<RecordId>,
}

/// A claim that waits for the bank.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlipRow {
    /// The payment.
    pub payment: RecordId,
    /// Whose account.
    pub subject: RecordId,
    /// Its heading.
    pub heading: String,
    /// Its zone.
    pub zone: String,
    /// When, ISO.
    pub at: String,
    /// The bank and its number of the transfer.
    pub slip: String,
    /// How much.
    pub amount: Satang,
    /// Who took the claim.
    pub by: String,
}

/// Asks for one bill or receipt as a page. Answered by `POST /api/paper`, which gives a PDF.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaperPdf {
    /// The bill or the payment.
    pub entry: RecordId,
}

/// Asks for bills of a cycle as pages, for those who pay by post. Answered by `POST /api/bills`, which gives a PDF.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BillsPdf {
    /// Programme id.
    pub programme: String,
    /// The cycle.
    pub cycle: String,
    /// One zone, or all whose cycle is approved.
    pub zone: Option<String>,
    /// Only those that are not paid.
    pub unpaid: bool,
    /// Two on an A4 page, to be cut apart.
    pub two_a_page: bool,
}
