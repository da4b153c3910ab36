//! What the screens of orders say, on the phone and at the office. The words of states and topics are data.

use crate::app::App;

sentences! {
    OrderStrings;
    orders: "ใบงาน", "Work orders";
    orders_open: "ใบงาน {} เรื่อง", "{} work orders";
    none: "ไม่มีใบงานค้าง", "Nothing is waiting";
    by_due: "ด่วนก่อน", "Urgent first";
    by_near: "ใกล้ฉันก่อน", "Nearest first";
    by_newest: "ใหม่ก่อน", "Newest first";
    mine: "ของฉัน", "Mine";
    nobodys: "ยังไม่มีคนทำ", "Nobody's yet";
    nobody: "ยังไม่มอบหมาย", "Nobody yet";
    late: "เกินเวลา", "Late";
    late_by: "เกินเวลา {}", "{} late";
    left: "เหลือ {}", "{} left";
    waits: "รอหน่วยงานอื่น ไม่นับเวลา", "Waits for others, no time counts";
    withdrawn: "แก้ไขค่าแล้ว ไม่เร่งด่วน", "Corrected since, not urgent";
    reported_by_n: "แจ้ง {} คน", "{} reports";
    minutes: "{} นาที", "{} min";
    hours: "{} ชม.", "{} h";
    days: "{} วัน", "{} days";
    no_place: "ยังไม่ทราบตำแหน่งเครื่องนี้", "Where this device is, is not known yet";
    next_step: "ทำอะไรต่อ", "What next";
    checks: "ตรวจก่อนลงมือ", "Before you begin";
    photos_of_work: "รูปก่อนและหลัง", "Photos before and after";
    photo_before: "ถ่ายรูปก่อนซ่อม", "Photo before";
    photo_after: "ถ่ายรูปหลังซ่อม", "Photo after";
    before: "ก่อน", "Before";
    after: "หลัง", "After";
    reported: "ที่แจ้งมา", "Reported";
    materials: "วัสดุที่ใช้", "Materials used";
    material: "วัสดุ", "Material";
    quantity: "จำนวน", "How many";
    add_material: "เพิ่มวัสดุ", "Add";
    not_used: "ไม่ได้ใช้", "Not used";
    quantity_wrong: "ใส่จำนวนเป็นตัวเลขมากกว่า 0", "Enter a number above 0";
    reports: "สิ่งที่แจ้ง", "What was reported";
    citizen: "ประชาชน", "A citizen";
    hidden: "สำนักงานซ่อนข้อความนี้", "Hidden by the office";
    time_line: "ลำดับเหตุการณ์", "What happened";
    idle: "ไม่นับ เพราะเรื่องเดินไปก่อนแล้ว", "Does not count: it had moved on";
    others_here: "ใบงานอื่นที่จุดเดียวกัน", "Other work orders here";
    same_as: "รวมกับใบงาน", "Same as";
    note_for: "{} — ผู้แจ้งจะอ่านข้อความนี้", "{}: whoever reported it reads this";
    note: "ข้อความ", "Message";
    note_needed: "เขียนหนึ่งประโยคก่อน", "Write a sentence first";
    confirm: "ยืนยัน", "Confirm";
    cancel: "ยกเลิก", "Cancel";
    choose_other: "เป็นเรื่องเดียวกับ", "It is the same as";
    needs_photo: "ถ่ายรูปหลังซ่อมก่อน", "Take the photo of afterwards first";
    needs_checks: "ติ๊กรายการตรวจก่อนลงมือให้ครบ", "Tick everything that must be checked first";
    moved: "บันทึกแล้ว: {}", "Saved: {}";
    assigned_to: "ผู้ทำ", "Done by";
    assign: "มอบหมายให้", "Give it to";
    severity: "ความเร่งด่วน", "How urgent";
    as_topics: "ตามอาการที่แจ้ง", "As its faults are";
    office_lead: "เรื่องที่แจ้งและงานที่ต้องทำ เรียงตามความด่วน", "What was reported and is to be done, the urgent first";
    as_board: "กระดานตามสถานะ", "Board by state";
    new_order: "เปิดใบงานใหม่", "Open a new work order";
    new_for: "ใบงานของรายการไหน ค้นแล้วแตะรายการนั้น", "For which entry? Search for it, then tap it";
    new_none: "รายการนี้ไม่มีใบงานที่เปิดเองได้ ให้จดแบบฟอร์มในหน้าทะเบียนแทน", "No work order is opened by hand for this entry: fill its form on the page of the registry";
    new_other: "เลือกรายการอื่น", "Choose another entry";
    only_late: "เฉพาะที่เกินเวลา", "Late ones only";
    all_states: "ทุกสถานะ", "Every state";
    nothing_chosen: "เลือกใบงานจากรายการ", "Choose a work order from the list";
    back_to_list: "กลับไปที่รายการ", "Back to the list";
    page_before: "หน้าก่อน", "Page before";
    page_after: "หน้าถัดไป", "Next page";
    of_citizens: "เรื่องจากประชาชน", "From citizens";
    of_citizens_lead: "สิ่งที่ประชาชนส่งมา ตรวจรูปและข้อความ แล้วซ่อนสิ่งที่ไม่ควรเห็น", "What citizens sent. Look at it, and hide what nobody should see";
    no_citizens: "ยังไม่มีเรื่องจากประชาชน", "Nothing from citizens yet";
    hide_words: "ซ่อนข้อความ", "Hide the words";
    show_words: "แสดงข้อความ", "Show the words";
    hide_photo: "ซ่อนรูปนี้", "Hide this photo";
    show_photo: "แสดงรูปนี้", "Show this photo";
    contact: "ติดต่อ", "Contact";
    see_order: "เปิดใบงาน", "Open the work order";
    no_words: "ไม่ได้เขียนข้อความ", "No words";
    clock_done: "{} ใช้ {}", "{}: took {}";
    clock_runs: "{} ภายใน {}", "{}: by {}";
    waiting_received: "รอส่งถึงสำนักงาน", "Waits to be sent";
}

/// The strings in the language of the page.
pub fn orders(app: App) -> &'static OrderStrings {
    OrderStrings::of(app.lang())
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_languages_say_everything_with_the_same_gaps() {
        crate::strings::assert_both_say_everything(super::ALL, &[]);
    }
}
