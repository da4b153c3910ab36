//! What problems mean, in English. The Thai sentence comes with the problem itself, from wherever it arose.

use super::Language;
use domain::problem::{Code, Problem};

/// A problem's sentence in a language.
pub fn problem(problem: &Problem, language: Language) -> String {
    match (language, english(problem.code)) {
        (Language::English, Some(sentence)) => sentence.to_owned(),
        _ => problem.hint.clone(),
    }
}

fn english(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::EnrolUnknown => {
            "This enrolment code is not known. Check its letters, or ask the office for a new one."
        }
        Code::EnrolUsed => "This code was used already. Ask the office for a new one.",
        Code::EnrolExpired => "This code is too old. Ask the office for a new one.",
        Code::NotEnrolled => "This device is not enrolled. Scan the enrolment code from the office first.",
        Code::TokenUnknown => {
            "The office does not know this device. Your data is still here. Ask the office to enrol it again."
        }
        Code::TokenRevoked => {
            "The office ended this device's right. Unsent work is still here. Take the device to the office."
        }
        Code::LoginNeeded => "Please sign in first.",
        Code::LoginWrong => "Name or password is wrong. Please try again.",
        Code::LoginLocked => "Too many wrong passwords. Wait 15 minutes and try again.",
        Code::SetupDone => "This set-up link is no longer valid. Sign in with name and password.",
        Code::PasswordWeak => "The password is too short. Use at least 10 characters.",
        Code::NotFound => "This was not found.",
        Code::Forbidden => "Your role may not do this. Ask whoever is in charge.",
        Code::EmergencyShut => "Give a reason first; then the emergency view opens.",
        Code::NotYourShelf => "This is outside your area. It is kept for the office to check.",
        Code::NotYourField => "Your role may not change this. It is kept for the office to check.",
        Code::BadRecord => "This entry has the wrong form. It is kept for the office to check.",
        Code::CommitDamaged => {
            "This entry was damaged in the device's storage before it was sent. Look at what can be read, and save it again."
        }
        Code::TooMuch => {
            "This repeats too often or holds more than can be kept. It is kept for the office to check."
        }
        Code::DayFull => {
            "This device has sent as much today as the office takes. Everything is safe here and goes on tomorrow by itself. Please tell the office."
        }
        Code::SlipUsed => {
            "This slip was used for a payment already. Ask for another slip, or send the payer to the office."
        }
        Code::SlipUnreadable => {
            "This is not the code of a bank slip. Scan the QR in the corner of the slip again."
        }
        Code::NoBill => "There is no bill for this yet.",
        Code::BillWaits => {
            "The office looks at this first: there is no bill of this cycle yet. Tell the customer that it comes later."
        }
        Code::AmountWrong => "The amount is wrong. Write it in baht, such as 120 or 120.50.",
        Code::ReasonNeeded => "Write the reason first, then try again.",
        Code::Offline => "No signal yet. Everything is safe on this device and will be sent by itself.",
        Code::NotOurServer => {
            "This network answers in the office's place. Perhaps the Wi-Fi wants you to sign in. Your data is safe here."
        }
        Code::PhotoUnreadable => "This picture cannot be opened. Take it again or choose another.",
        Code::CodeMistyped => "The code is not right. Check its letters.",
        Code::CodeElsewhere => "This label belongs to another municipality.",
        Code::CodeHostile => "This is not one of our labels. Do not open the link in it.",
        Code::CodeForged => {
            "This office did not print this label. Do not use it, pay nothing by it, and tell the office."
        }
        Code::CodeTaken => "This code is attached to something else already. Check the label.",
        Code::LabelTooSmall => {
            "This label is too small for a code that a camera can read. Choose a larger one."
        }
        Code::TooManyLabels => {
            "Too many labels. Make at most 2,000 at a time: in several turns, or zone by zone."
        }
        Code::FormIncomplete => "Something is missing or must be corrected. Look for the red frame.",
        Code::FormChanged => {
            "Somebody published this form meanwhile. Nothing has changed yet; upload it again to compare it anew."
        }
        Code::FormUnreadable => {
            "This file cannot be used as a form yet. Mend what is said, and upload it again."
        }
        Code::FormMissing => "This form is not on the device. Sync and try again.",
        Code::CycleClosed => "This cycle is closed and changes no more. Adjust in the next one.",
        Code::NextRead => {
            "The next cycle was read already and made up for the difference, so this one cannot be corrected. If the sum is still wrong, ask the office to adjust it."
        }
        Code::DiskFull => {
            "No room left, so it is not saved yet. Delete other files and save again. Everything else is safe."
        }
        Code::StoreNewer => "The data here was written by a newer app. Please update. Nothing is lost.",
        Code::StoreDamaged => {
            "The old database does not open. It was set aside, not deleted. Take the device to the office."
        }
        Code::StoreLocked => "The app is open in another window. Go on there, or close it and try again.",
        Code::StoreUnavailable => {
            "This browser cannot keep data. Use a recent Chrome, and no private window."
        }
        Code::Internal => "Something went wrong. What was saved is safe. Please try again.",
        _ => return None,
    })
}
