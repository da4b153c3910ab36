//! What goes wrong, in words a person can act on: a stable code, and a Thai sentence that says what to do next.
//!
//! Codes are part of the protocol: they are never renamed or reused. PROTOCOL.md lists them all (a test compares).

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $http:literal, $thai:literal;)*) => {
        /// A stable error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
            /// A code of a newer server.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl Code {
            /// Every code, in the order of PROTOCOL.md.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as it travels.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* Code::Unknown => "unknown" }
            }

            /// The HTTP status that carries it.
            pub fn http_status(self) -> u16 {
                match self { $(Code::$name => $http,)* Code::Unknown => 500 }
            }

            /// The Thai sentence that says what to do next.
            pub fn hint(self) -> &'static str {
                match self {
                    $(Code::$name => $thai,)*
                    Code::Unknown => "เกิดข้อผิดพลาดที่แอปรุ่นนี้ไม่รู้จัก ข้อมูลในเครื่องยังอยู่ครบ กรุณาแจ้งสำนักงาน",
                }
            }
        }
    };
}

codes! {
    /// The enrolment code was never issued.
    EnrolUnknown = "enrol_unknown", 404, "ไม่พบรหัสลงทะเบียนนี้ ตรวจตัวอักษรอีกครั้ง หรือขอรหัสใหม่จากสำนักงาน";
    /// The enrolment code was used before.
    EnrolUsed = "enrol_used", 409, "รหัสนี้ถูกใช้ไปแล้ว ขอรหัสใหม่จากสำนักงาน";
    /// The enrolment code is too old.
    EnrolExpired = "enrol_expired", 410, "รหัสนี้หมดอายุแล้ว ขอรหัสใหม่จากสำนักงาน";
    /// The device still holds unsent work of another municipality.
    OtherMunicipality = "other_municipality", 409, "เครื่องนี้ยังมีข้อมูลของหน่วยงานเดิมที่ยังไม่ได้ส่ง ส่งให้ครบก่อน แล้วจึงลงทะเบียนกับที่ใหม่";
    /// Nothing may be done before enrolment.
    NotEnrolled = "not_enrolled", 401, "เครื่องนี้ยังไม่ได้ลงทะเบียน สแกนรหัสลงทะเบียนจากสำนักงานก่อน";
    /// The token is not known to this server.
    TokenUnknown = "token_unknown", 401, "สำนักงานไม่รู้จักเครื่องนี้ ข้อมูลในเครื่องยังอยู่ครบ ติดต่อสำนักงานเพื่อลงทะเบียนใหม่";
    /// The office ended this device's right.
    TokenRevoked = "token_revoked", 401, "สำนักงานยกเลิกสิทธิ์ของเครื่องนี้แล้ว ข้อมูลที่ยังไม่ส่งยังอยู่ในเครื่อง นำเครื่องไปที่สำนักงาน";
    /// A person must sign in first.
    LoginNeeded = "login_needed", 401, "กรุณาเข้าสู่ระบบก่อน";
    /// Name or password is wrong.
    LoginWrong = "login_wrong", 401, "ชื่อหรือรหัสผ่านไม่ถูกต้อง ลองใหม่อีกครั้ง";
    /// Too many wrong passwords.
    LoginLocked = "login_locked", 429, "ใส่รหัสผ่านผิดหลายครั้ง รอ 15 นาทีแล้วลองใหม่";
    /// The first administrator exists already, or the one-time link is wrong.
    SetupDone = "setup_done", 410, "ลิงก์ตั้งค่านี้ใช้ไม่ได้แล้ว เข้าสู่ระบบด้วยชื่อและรหัสผ่าน";
    /// A chosen password is too short.
    PasswordWeak = "password_weak", 422, "รหัสผ่านสั้นเกินไป ใช้อย่างน้อย 10 ตัวอักษร";
    /// It does not exist, or is not yours to see.
    NotFound = "not_found", 404, "ไม่พบข้อมูลนี้";
    /// The role may not do this.
    Forbidden = "forbidden", 403, "บทบาทของคุณทำรายการนี้ไม่ได้ หากจำเป็นให้ติดต่อผู้ดูแล";
    /// The emergency view was not opened, or its time is over.
    EmergencyShut = "emergency_shut", 403, "บอกเหตุผลก่อน แล้วจึงเปิดดูข้อมูลฉุกเฉินได้";
    /// A record of a shelf the device does not hold.
    NotYourShelf = "not_your_shelf", 403, "ข้อมูลนี้อยู่นอกพื้นที่ของคุณ ข้อมูลถูกเก็บไว้ให้สำนักงานตรวจแล้ว";
    /// A field the role may not write.
    NotYourField = "not_your_field", 403, "บทบาทของคุณแก้ช่องนี้ไม่ได้ ข้อมูลถูกเก็บไว้ให้สำนักงานตรวจแล้ว";
    /// A value or name the server cannot keep.
    BadRecord = "bad_record", 422, "ข้อมูลรายการนี้ไม่ถูกรูปแบบ ถูกเก็บไว้ให้สำนักงานตรวจแล้ว";
    /// A commit that the device's disk damaged before it was sent.
    CommitDamaged = "commit_damaged", 422, "รายการนี้เสียหายในที่เก็บข้อมูลของเครื่องก่อนส่งถึงสำนักงาน เปิดดูเท่าที่อ่านได้ แล้วบันทึกใหม่อีกครั้ง";
    /// The request cannot be read; the detail names the line.
    Malformed = "malformed", 422, "อ่านข้อมูลที่ส่งมาไม่ได้ ลองซิงก์ใหม่ หากยังไม่ได้ให้แจ้งสำนักงาน";
    /// The request is larger than allowed.
    TooLarge = "too_large", 413, "ข้อมูลชุดนี้ใหญ่เกินไป แอปจะส่งเป็นชุดเล็กลงเอง";
    /// A record would hold more than the server keeps of one, or one device says the same thing too often.
    TooMuch = "too_much", 422, "รายการนี้มีข้อมูลซ้ำหรือมากเกินกว่าที่ระบบรับได้ ข้อมูลถูกเก็บไว้ให้สำนักงานตรวจแล้ว";
    /// A device has sent as much as the server takes of one in a day.
    DayFull = "day_full", 429, "วันนี้เครื่องนี้ส่งข้อมูลครบจำนวนที่สำนักงานรับได้แล้ว ข้อมูลในเครื่องยังอยู่ครบ แอปจะส่งต่อเองในวันถัดไป กรุณาแจ้งสำนักงาน";
    /// The content encoding is not supported.
    BadEncoding = "bad_encoding", 415, "เซิร์ฟเวอร์ไม่รู้จักวิธีบีบอัดนี้ กรุณาปรับปรุงแอป";
    /// Commits must be pushed in order; the detail says which number is expected.
    Gap = "gap", 409, "ลำดับข้อมูลขาดช่วง แอปจะส่งใหม่ให้เอง";
    /// A photo's bytes do not match its name.
    PhotoHash = "photo_hash", 422, "ไฟล์ภาพเสียระหว่างส่ง แอปจะส่งใหม่ให้เอง";
    /// The file is not a picture the server can open.
    PhotoUnreadable = "photo_unreadable", 415, "เปิดไฟล์ภาพนี้ไม่ได้ ถ่ายใหม่หรือเลือกภาพอื่น";
    /// No answer from the server.
    Offline = "offline", 503, "ยังไม่มีสัญญาณ ข้อมูลอยู่ในเครื่องครบ จะส่งให้เองเมื่อมีสัญญาณ";
    /// Something between answered in the server's place, such as a Wi-Fi sign-in page.
    NotOurServer = "not_our_server", 502, "เครือข่ายนี้ตอบแทนสำนักงาน อาจต้องเข้าสู่ระบบ Wi-Fi ก่อน ข้อมูลอยู่ในเครื่องครบ";
    /// The code's check character is wrong.
    CodeMistyped = "code_mistyped", 422, "รหัสไม่ถูกต้อง ตรวจตัวอักษรอีกครั้ง";
    /// The code belongs to another municipality's server.
    CodeElsewhere = "code_elsewhere", 404, "ป้ายนี้เป็นของหน่วยงานอื่น ไม่ใช่ของที่นี่";
    /// The text is not a code: too long, or with control characters. It is shown, never opened.
    CodeHostile = "code_hostile", 422, "ป้ายนี้ไม่ใช่ป้ายของเรา ไม่ต้องเปิดลิงก์ในป้าย";
    /// The label's authenticator is not ours: somebody else printed it.
    CodeForged = "code_forged", 404, "ป้ายนี้ไม่ได้พิมพ์จากสำนักงานนี้ อย่าใช้และอย่าจ่ายเงินตามป้าย แจ้งสำนักงานให้ตรวจ";
    /// The code is bound to another subject.
    CodeTaken = "code_taken", 409, "รหัสนี้ผูกกับทะเบียนอื่นแล้ว ตรวจป้ายอีกครั้ง";
    /// The code does not fit the label in modules that a camera can read.
    LabelTooSmall = "label_too_small", 422, "ป้ายขนาดนี้เล็กเกินไปสำหรับรหัส เลือกป้ายที่ใหญ่กว่านี้";
    /// More labels were chosen than one selection or one file of drawings holds.
    TooManyLabels = "too_many_labels", 422, "เลือกป้ายมากเกินไป ทำครั้งละไม่เกิน 2,000 ดวง แบ่งเป็นหลายครั้ง หรือเลือกเป็นเขต";
    /// A form lacks an answer or holds one that is out of range; the detail names the question.
    FormIncomplete = "form_incomplete", 422, "ยังตอบไม่ครบหรือมีคำตอบที่ต้องแก้ ดูช่องที่มีกรอบแดง";
    /// The form or programme is not on this device.
    FormMissing = "form_missing", 404, "ไม่พบแบบฟอร์มนี้ในเครื่อง ซิงก์แล้วลองใหม่";
    /// Another version of the form was published since this one was checked.
    FormChanged = "form_changed", 409, "มีคนเผยแพร่แบบฟอร์มนี้ไปก่อนแล้ว ยังไม่มีอะไรเปลี่ยน อัปโหลดอีกครั้งเพื่อเทียบกับรุ่นล่าสุด";
    /// An uploaded form has mistakes, or is no form at all.
    FormUnreadable = "form_unreadable", 422, "ไฟล์นี้ยังใช้เป็นแบบฟอร์มไม่ได้ แก้ตามที่บอกแล้วอัปโหลดอีกครั้ง";
    /// The slip was used for another payment.
    SlipUsed = "slip_used", 409, "สลิปนี้ใช้แจ้งชำระไปแล้ว ขอดูสลิปใบอื่น หรือให้ผู้จ่ายติดต่อสำนักงาน";
    /// What was scanned is no bank slip.
    SlipUnreadable = "slip_unreadable", 422, "รหัสนี้ไม่ใช่รหัสบนสลิปธนาคาร สแกน QR มุมสลิปอีกครั้ง";
    /// Nothing is charged here, or no bill was issued yet.
    NoBill = "no_bill", 404, "ยังไม่มีใบแจ้งหนี้ของรายการนี้";
    /// The office has to look at the visit before there is a bill of it.
    BillWaits = "bill_waits", 409, "การบันทึกครั้งนี้รอสำนักงานตรวจ ยังไม่มีใบแจ้งของงวดนี้ บอกเจ้าของบ้านว่าจะแจ้งภายหลัง";
    /// An amount that cannot be.
    AmountWrong = "amount_wrong", 422, "จำนวนเงินไม่ถูกต้อง ใส่เป็นบาท เช่น 120 หรือ 120.50";
    /// A reason has to be given.
    ReasonNeeded = "reason_needed", 422, "เขียนเหตุผลก่อน แล้วลองอีกครั้ง";
    /// The cycle is closed: nothing of it changes any more.
    CycleClosed = "cycle_closed", 409, "งวดนี้ปิดแล้ว แก้ไขไม่ได้ ให้ปรับปรุงในงวดถัดไป";
    /// The next cycle was read already; it made up for what this reading got wrong.
    NextRead = "next_read", 409, "จดงวดถัดไปแล้ว หน่วยที่คลาดเคลื่อนรวมอยู่ในการจดครั้งนั้น จึงแก้ครั้งนี้ไม่ได้ หากยอดยังผิดให้สำนักงานปรับปรุงยอด";
    /// No room left.
    DiskFull = "disk_full", 507, "ที่เก็บข้อมูลเต็ม ยังบันทึกไม่ได้ ลบไฟล์อื่นในเครื่องแล้วกดบันทึกอีกครั้ง ข้อมูลเดิมยังอยู่ครบ";
    /// The database was written by a newer app; it is left untouched.
    StoreNewer = "store_newer", 500, "ข้อมูลในเครื่องมาจากแอปรุ่นใหม่กว่า กรุณาปรับปรุงแอป ข้อมูลยังอยู่ครบ";
    /// The database does not open; it was set aside, not replaced.
    StoreDamaged = "store_damaged", 500, "เปิดฐานข้อมูลเดิมไม่ได้ ไฟล์เดิมถูกเก็บไว้แล้ว นำเครื่องไปที่สำนักงานเพื่อกู้ข้อมูล";
    /// Someone else holds the database: another tab or window.
    StoreLocked = "store_locked", 503, "แอปเปิดอยู่ในหน้าต่างอื่นแล้ว กลับไปใช้หน้าต่างนั้น หรือปิดก่อนแล้วลองใหม่";
    /// The device cannot keep data: no OPFS, or a private window.
    StoreUnavailable = "store_unavailable", 500, "เบราว์เซอร์นี้เก็บข้อมูลถาวรไม่ได้ ใช้ Chrome รุ่นใหม่ และไม่ใช้โหมดไม่ระบุตัวตน";
    /// A file is there already; it is not written over.
    FileExists = "file_exists", 409, "มีไฟล์อยู่ที่นั่นแล้ว จึงไม่เขียนทับ เลือกชื่ออื่น หรือย้ายไฟล์เดิมออกก่อน";
    /// A fault of ours.
    Internal = "internal", 500, "เกิดข้อผิดพลาดในระบบ ข้อมูลที่บันทึกแล้วยังอยู่ครบ ลองอีกครั้ง";
}

/// An error as a person and a program both can use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}: {hint}", code.as_str())]
pub struct Problem {
    /// The stable code.
    pub code: Code,
    /// A Thai sentence that says what to do next.
    pub hint: String,
    /// Which line, question or value, for the person who looks closer. Never personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Problem {
    /// A problem with its code's own sentence.
    pub fn new(code: Code) -> Problem {
        Problem { code, hint: code.hint().to_owned(), detail: None }
    }

    /// Adds which line, question or value.
    #[must_use]
    pub fn about(mut self, detail: impl ToString) -> Problem {
        self.detail = Some(detail.to_string());
        self
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Problem {
        Problem::new(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_its_own_and_speaks_thai() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{} twice", code.as_str());
            assert!(code.hint().chars().any(|c| ('ก'..='๙').contains(&c)));
            let json = serde_json::to_string(code).unwrap();
            assert_eq!(json, format!("{:?}", code.as_str()));
        }
    }

    #[test]
    fn a_code_of_a_newer_server_is_understood_as_unknown() {
        assert_eq!(serde_json::from_str::<Code>("\"from_2031\"").unwrap(), Code::Unknown);
    }
}
