//! What the office's page about rounds says.

use crate::app::App;
use crate::strings::Language;

/// The page's sentences in one language. `{}` stands for what [`crate::strings::fill`] puts in.
#[derive(Debug)]
pub struct RoundStrings {
    /// Heading.
    pub title: &'static str,
    /// What the page is for.
    pub lead: &'static str,
    /// No programme has rounds.
    pub nothing: &'static str,
    /// Label.
    pub cycle: &'static str,
    /// Of a tile.
    pub done: &'static str,
    /// How many there are in all.
    pub of_all: &'static str,
    /// How many today.
    pub today_n: &'static str,
    /// Of a tile.
    pub left: &'static str,
    /// Of a tile.
    pub skipped: &'static str,
    /// Of a tile.
    pub waiting: &'static str,
    /// Of a tile.
    pub billed: &'static str,
    /// Of a tile.
    pub collected: &'static str,
    /// Below that tile: what slips say.
    pub claimed_n: &'static str,
    /// What was read and never billed.
    pub unbilled: &'static str,
    /// Of a tile.
    pub seconds_each: &'static str,
    /// A part of the page.
    pub by_person: &'static str,
    /// A part of the page.
    pub to_check: &'static str,
    /// A part of the page.
    pub losses: &'static str,
    /// Label of the parts.
    pub parts: &'static str,
    /// Heading of a column.
    pub person: &'static str,
    /// Heading of a column.
    pub areas: &'static str,
    /// Heading of a column.
    pub last_at: &'static str,
    /// A state.
    pub open: &'static str,
    /// A state.
    pub reviewed: &'static str,
    /// A state.
    pub approved: &'static str,
    /// A state.
    pub closed: &'static str,
    /// Button.
    pub do_reviewed: &'static str,
    /// Button.
    pub do_approved: &'static str,
    /// Button.
    pub do_closed: &'static str,
    /// Button.
    pub take_back: &'static str,
    /// Heading of a question.
    pub take_back_title: &'static str,
    /// Heading of a question.
    pub close_title: &'static str,
    /// What closing means.
    pub close_lead: &'static str,
    /// What is not done.
    pub close_left: &'static str,
    /// What was not billed, and that a reason is wanted.
    pub close_without_bill: &'static str,
    /// The steps to a closed cycle, above the zones.
    pub steps: &'static str,
    /// Whose state is set.
    pub every_area: &'static str,
    /// Label.
    pub all_areas: &'static str,
    /// It is done.
    pub set_done: &'static str,
    /// Not done: which zone, and why.
    pub set_held: &'static str,
    /// A reason: how many visits wait for the office.
    pub held_waiting: &'static str,
    /// A reason: how many questions are open.
    pub held_questions: &'static str,
    /// A reason: how many were read and never billed.
    pub held_unbilled: &'static str,
    /// A reason: the state that the zone is in.
    pub held_state: &'static str,
    /// More zones than are named.
    pub held_more: &'static str,
    /// Nothing to do.
    pub none_ready: &'static str,
    /// Label.
    pub reason: &'static str,
    /// Button.
    pub cancel: &'static str,
    /// Folded away.
    pub plan: &'static str,
    /// Label.
    pub reader: &'static str,
    /// Nobody is named.
    pub no_reader: &'static str,
    /// Label.
    pub read_on: &'static str,
    /// Label.
    pub due_on: &'static str,
    /// Label.
    pub cutoff_on: &'static str,
    /// How a day is typed.
    pub day_hint: &'static str,
    /// It is no day.
    pub day_wrong: &'static str,
    /// Button.
    pub save: &'static str,
    /// It is done.
    pub saved: &'static str,
    /// Nothing to check.
    pub no_waiting: &'static str,
    /// None with this mark.
    pub none_marked: &'static str,
    /// Label.
    pub show_marked: &'static str,
    /// Button.
    pub counts: &'static str,
    /// Button.
    pub again: &'static str,
    /// It is done.
    pub counted: &'static str,
    /// It is done.
    pub sent_back: &'static str,
    /// Label of the bars.
    pub before: &'static str,
    /// The value of this time.
    pub now: &'static str,
    /// Folded away.
    pub files: &'static str,
    /// Button.
    pub report_pdf: &'static str,
    /// Button.
    pub report_xlsx: &'static str,
    /// Button.
    pub bills_pdf: &'static str,
    /// Button.
    pub payments_csv: &'static str,
    /// Button.
    pub cut_off_xlsx: &'static str,
    /// While a file is made.
    pub making: &'static str,
    /// The file is there.
    pub made: &'static str,
    /// Not entered.
    pub produced_none: &'static str,
    /// Heading of a column.
    pub counted_units: &'static str,
    /// Heading of a column.
    pub lost: &'static str,
    /// The loss is not the last word.
    pub unread_n: &'static str,
    /// None.
    pub dead_none: &'static str,
    /// Heading.
    pub again_title: &'static str,
    /// Button.
    pub more: &'static str,
    /// When the numbers are from.
    pub updated: &'static str,
    /// Label of the day of a file.
    pub file_day: &'static str,
    /// Label.
    pub bills_of: &'static str,
    /// Of the choice of zone.
    pub approved_areas: &'static str,
    /// A filter.
    /// Button, with the title of a mark.
    pub approve_together: &'static str,
    /// What the button means.
    pub approve_together_sure: &'static str,
    /// It is done.
    pub approved_together: &'static str,
    /// A list is cut.
    pub shown_of: &'static str,
    /// The server is silent.
    pub not_updated: &'static str,
}

/// Thai.
pub const TH: RoundStrings = RoundStrings {
    file_day: "วันที่ของรายงานและไฟล์",
    bills_of: "ใบแจ้งของ",
    approved_areas: "ทุกเขตที่อนุมัติแล้ว",
    unbilled: "จดแล้วแต่ยังไม่มีใบแจ้ง",
    approve_together: "ให้นับทั้งหมดของเขตนี้ที่รอเพราะ {}",
    approve_together_sure: "รายการที่รอเพราะเหตุนี้อย่างเดียวจะนับทั้งหมด รายการที่ผิดปกติอย่างอื่นด้วยยังรอให้ตรวจทีละราย",
    approved_together: "ให้นับแล้ว {} ราย",
    shown_of: "แสดง {} จาก {} ตามลำดับเดิน",
    title: "รอบและงวด",
    lead: "ตัวเลขเปลี่ยนเองเมื่อเครื่องส่งข้อมูลเข้ามา",
    nothing: "ยังไม่มีงานที่เดินเป็นรอบ",
    cycle: "งวด",
    done: "ทำแล้ว",
    of_all: "จาก {}",
    today_n: "วันนี้ {}",
    left: "ยังไม่ได้ไป",
    skipped: "ทำไม่ได้",
    waiting: "รอตรวจ",
    billed: "ออกใบแจ้งแล้ว (บาท)",
    collected: "รับเงินแล้ว (บาท)",
    claimed_n: "แจ้งโอนไว้ {} รอธนาคารยืนยัน",
    seconds_each: "วินาทีต่อราย",
    by_person: "ตามคน",
    to_check: "ต้องตรวจ",
    losses: "สูญเสีย",
    parts: "ส่วนของหน้า",
    person: "ชื่อ",
    areas: "เขต",
    last_at: "ล่าสุด",
    open: "เปิดอยู่",
    reviewed: "ตรวจแล้ว",
    approved: "อนุมัติแล้ว",
    closed: "ปิดแล้ว",
    do_reviewed: "ตรวจครบแล้ว",
    do_approved: "อนุมัติ",
    do_closed: "ปิดงวด",
    take_back: "ถอยกลับไปเปิด",
    take_back_title: "เปิด {} อีกครั้ง เพราะอะไร",
    close_title: "ปิดงวด {} ของ {}",
    close_lead: "ปิดแล้วแก้ในงวดนี้ไม่ได้อีก ส่วนที่ต่างจะไปปรับในงวดถัดไป",
    close_left: "ยังไม่ได้ไป {} ราย ทำไม่ได้ {} ราย",
    close_without_bill: "{} รายไม่มีใบแจ้งของงวดนี้ เขียนเหตุผลก่อนปิดงวด",
    steps: "แต่ละเขตทำทีละขั้น: ตรวจครบแล้ว → อนุมัติ → ปิดงวด",
    every_area: "ทุกเขต",
    all_areas: "ทุกเขตที่พร้อม",
    set_done: "เปลี่ยนสถานะแล้ว {} เขต",
    set_held: "{} ไปต่อไม่ได้ เพราะ{}",
    held_waiting: "รอตรวจ {} ราย ตรวจที่ปุ่ม “ต้องตรวจ” ก่อน",
    held_questions: "มีข้อสงสัยยังไม่ได้ตอบ {} ข้อ ตอบที่เมนู “ข้อสงสัย” ก่อน",
    held_unbilled: "จดแล้วแต่ยังไม่มีใบแจ้ง {} ราย ดูที่ปุ่ม “ต้องตรวจ”",
    held_state: "สถานะคือ “{}” ต้องทำทีละขั้น",
    held_more: "และอีก {} เขต",
    none_ready: "ไม่มีเขตที่ถึงขั้นนี้",
    reason: "เหตุผล",
    cancel: "ยกเลิก",
    plan: "ผู้เดินรอบและวัน",
    reader: "ผู้เดินรอบ",
    no_reader: "ยังไม่ได้ระบุผู้เดินรอบ",
    read_on: "วันเริ่มเดินรอบ",
    due_on: "ครบกำหนดชำระ",
    cutoff_on: "วันระงับบริการ",
    day_hint: "พิมพ์เช่น 28/11/2569",
    day_wrong: "อ่านวันที่ไม่ออก พิมพ์เช่น 28/11/2569",
    save: "บันทึก",
    saved: "บันทึกแล้ว",
    no_waiting: "ไม่มีรายการรอตรวจ",
    none_marked: "ไม่มีรายการ",
    show_marked: "แสดง",
    counts: "ถูกต้อง นับได้",
    again: "ให้ไปทำใหม่",
    counted: "ให้นับแล้ว",
    sent_back: "ส่งกลับให้ไปทำใหม่แล้ว",
    before: "{} รอบก่อน ๆ และครั้งนี้",
    now: "ครั้งนี้",
    files: "ไฟล์และรายงาน",
    report_pdf: "รายงานประจำวัน (PDF)",
    report_xlsx: "รายงานประจำวัน (Excel)",
    bills_pdf: "ใบแจ้งที่ส่งไปรษณีย์ (PDF)",
    payments_csv: "รับชำระที่มาถึงวันนั้น (CSV)",
    cut_off_xlsx: "ค้างชำระเกินวันระงับ ณ วันนั้น (Excel)",
    making: "กำลังทำไฟล์…",
    made: "ไฟล์อยู่ในดาวน์โหลดแล้ว",
    produced_none: "ยังไม่ได้กรอก",
    counted_units: "นับได้",
    lost: "สูญเสีย",
    unread_n: "ยังไม่อ่าน {}",
    dead_none: "ไม่มี",
    again_title: "{} สองงวดติดกัน",
    more: "แสดงเพิ่ม",
    updated: "ข้อมูลเมื่อ {}",
    not_updated: "เซิร์ฟเวอร์ไม่ตอบ กำลังลองใหม่ ตัวเลขนี้เมื่อ {}",
};

/// English.
pub const EN: RoundStrings = RoundStrings {
    file_day: "Day of the report and of the files",
    bills_of: "Bills of",
    approved_areas: "All approved zones",
    unbilled: "Done, without a bill",
    approve_together: "Let all of this zone count that wait for: {}",
    approve_together_sure: "All that wait for this alone will count. What is odd in another way too waits to be looked at by itself.",
    approved_together: "{} count now",
    shown_of: "{} of {} shown, in walking order",
    title: "Rounds",
    lead: "The numbers change by themselves as devices send their work.",
    nothing: "No programme is walked in rounds",
    cycle: "Cycle",
    done: "Done",
    of_all: "of {}",
    today_n: "{} today",
    left: "Not visited",
    skipped: "Not possible",
    waiting: "To check",
    billed: "Billed (baht)",
    collected: "Received (baht)",
    claimed_n: "{} more by slips, not confirmed yet",
    seconds_each: "Seconds each",
    by_person: "By person",
    to_check: "To check",
    losses: "Losses",
    parts: "Parts of the page",
    person: "Name",
    areas: "Zones",
    last_at: "Latest",
    open: "Open",
    reviewed: "Reviewed",
    approved: "Approved",
    closed: "Closed",
    do_reviewed: "Reviewed",
    do_approved: "Approve",
    do_closed: "Close",
    take_back: "Open again",
    take_back_title: "Why open {} again?",
    close_title: "Close {} of {}",
    close_lead: "After closing nothing changes in this cycle. A difference is adjusted in the next.",
    close_left: "{} not visited, {} not possible",
    close_without_bill: "{} have no bill of this cycle. Write why before closing it",
    steps: "Each zone goes step by step: reviewed → approved → closed",
    every_area: "all zones",
    all_areas: "All zones that are ready",
    set_done: "{} zones changed",
    set_held: "{} cannot follow: {}",
    held_waiting: "{} wait to be checked; see “To check” first",
    held_questions: "{} questions are open; answer them under “Questions” first",
    held_unbilled: "{} were read and not billed; see “To check”",
    held_state: "it is “{}”; one step at a time",
    held_more: "and {} more zones",
    none_ready: "No zone is ready for this step",
    reason: "Reason",
    cancel: "Cancel",
    plan: "Who walks, and when",
    reader: "Who walks it",
    no_reader: "Nobody named yet",
    read_on: "Begins on",
    due_on: "To be paid until",
    cutoff_on: "Cut off on",
    day_hint: "Such as 2026-11-28",
    day_wrong: "Not a day. Type it such as 2026-11-28",
    save: "Save",
    saved: "Saved",
    no_waiting: "Nothing waits to be checked",
    none_marked: "None",
    show_marked: "Show",
    counts: "Right, it counts",
    again: "To be done again",
    counted: "It counts now",
    sent_back: "Sent back to be done again",
    before: "{} before, and this time",
    now: "now",
    files: "Files and reports",
    report_pdf: "The day’s report (PDF)",
    report_xlsx: "The day’s report (Excel)",
    bills_pdf: "Bills by post (PDF)",
    payments_csv: "Payments that came that day (CSV)",
    cut_off_xlsx: "Unpaid past the cut-off by that day (Excel)",
    making: "Making the file…",
    made: "The file is in your downloads",
    produced_none: "Not entered",
    counted_units: "Counted",
    lost: "Lost",
    unread_n: "{} unread",
    dead_none: "None",
    again_title: "{} twice running",
    more: "Show more",
    updated: "As of {}",
    not_updated: "The server does not answer; trying again. These numbers are from {}",
};

/// The strings in the language of the page.
pub fn rounds(app: App) -> &'static RoundStrings {
    match app.lang() {
        Language::Thai => &TH,
        Language::English => &EN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_everything_with_the_same_gaps() {
        let lines = |strings: &RoundStrings| -> Vec<String> {
            format!("{strings:#?}").lines().filter(|line| line.contains(": \"")).map(str::to_owned).collect()
        };
        let (thai, english) = (lines(&TH), lines(&EN));
        assert_eq!(thai.len(), english.len());
        for (thai, english) in thai.iter().zip(&english) {
            let gaps = |text: &str| text.matches("{}").count();
            assert_eq!(gaps(thai), gaps(english), "{thai} {english}");
            assert!(!english.chars().any(|c| ('ก'..='๙').contains(&c)), "{english}");
        }
    }
}
