//! What the office says where something is written down at the desk: a form, a correction, a work order.

use crate::app::App;

sentences! {
    DeskStrings;
    /// Heading.
    write_down: "จดบันทึกแทน", "Write down for somebody";
    /// What it is for.
    write_down_lead: "สำหรับสิ่งที่แจ้งทางโทรศัพท์หรือจดมาบนกระดาษ บันทึกในชื่อของคุณ ณ เวลานี้", "For what was said on the telephone or written on paper. It is saved in your name, as of now.";
    /// Button on a past visit.
    correct: "แก้ไข", "Correct";
    /// The button that leaves a form, pressed with answers on it.
    leave_sure: "ทิ้งที่กรอกไว้จริงหรือไม่", "Really drop what was filled in?";
    /// A message after a form was left by another way.
    left_unsaved: "ออกจากแบบฟอร์มโดยยังไม่ได้บันทึก สิ่งที่กรอกไว้ไม่ถูกเก็บ", "The form was left without saving. What was filled in is not kept.";
    /// Heading; which kind of order.
    open_order: "เปิด{}", "Open: {}";
    /// Above the boxes to tick.
    about_what: "เรื่องอะไร", "What it is about";
    /// Label.
    in_words: "รายละเอียด", "In words";
    /// Nothing was said about it.
    say_what: "เลือกเรื่อง หรือเขียนรายละเอียดก่อน", "Choose what it is about, or describe it first";
}

/// The sentences in the language of the page.
pub fn desk(app: App) -> &'static DeskStrings {
    DeskStrings::of(app.lang())
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_languages_say_everything_with_the_same_gaps() {
        crate::strings::assert_both_say_everything(super::ALL, &[]);
    }
}
