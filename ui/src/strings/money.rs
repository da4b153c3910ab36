//! What the screens of bills and payments say, in Thai and in English.

use super::Language;

sentences! {
    MoneyStrings;
    /// Button on a card and after saving.
    open: "ใบแจ้งและยอดค้าง", "Bill and account";
    /// Heading of the account.
    account: "บัญชีย้อนหลัง", "Account";
    /// Above the large amount.
    to_pay: "ต้องชำระ", "To pay";
    /// After an amount.
    baht: "บาท", "baht";
    /// Before the due date.
    due: "ภายใน {}", "by {}";
    /// No due date.
    direct_debit: "หักบัญชีธนาคาร", "Paid by the bank's standing order";
    /// Nothing is open.
    paid: "ชำระครบแล้ว", "All paid";
    /// Slips that wait.
    claimed: "แจ้งสลิปไว้ {} บาท รอสำนักงานตรวจกับธนาคาร", "{} baht claimed by slip; the office checks with the bank";
    /// Paid too much.
    credit: "มีเงินรับไว้ล่วงหน้า {} บาท", "{} baht paid in advance";
    /// Owed from before.
    arrears: "รวมค้างเดิม {} งวด {} บาท", "With {} earlier, {} baht";
    /// Under the code.
    scan_to_pay: "ให้ผู้จ่ายสแกนด้วยแอปธนาคาร", "The payer scans this with a bank's app";
    /// What a screen reader says of the code.
    code_title: "QR สำหรับจ่ายเงิน", "Payment QR";
    /// Estimated.
    estimated: "คิดเฉลี่ย", "estimated";
    /// Button.
    print: "พิมพ์ใบแจ้ง", "Print the bill";
    /// Button.
    share: "ส่งรูปใบแจ้ง", "Send a picture";
    /// Button.
    cash: "รับเงินสด", "Take cash";
    /// Button.
    slip: "สแกนสลิปของผู้จ่าย", "Scan the payer's slip";
    /// Heading of the dialog.
    print_title: "พิมพ์ที่ไหน", "Print where?";
    /// Button.
    by_bluetooth: "เครื่องพิมพ์บลูทูธ", "Bluetooth printer";
    /// Button.
    by_usb: "เครื่องพิมพ์สาย USB", "USB printer";
    /// Button.
    as_picture: "บันทึกเป็นรูป แล้วพิมพ์จากแอปอื่น", "Save as a picture and print it elsewhere";
    /// Choice of paper.
    paper: "กระดาษกว้าง", "Paper width";
    /// 58 mm.
    mm58: "58 มม.", "58 mm";
    /// 80 mm.
    mm80: "80 มม.", "80 mm";
    /// While it prints.
    printing: "กำลังพิมพ์", "Printing";
    /// Done.
    printed: "ส่งให้เครื่องพิมพ์แล้ว", "Sent to the printer";
    /// Failed.
    print_failed: "พิมพ์ไม่ได้ เปิดเครื่องพิมพ์แล้วลองใหม่ หรือบันทึกเป็นรูป", "Cannot print. Turn the printer on and try again, or save a picture";
    /// A picture went to the downloads.
    saved_picture: "บันทึกรูปไว้ในเครื่องแล้ว", "The picture is in your downloads";
    /// Heading.
    cash_title: "รับเงินสดเท่าไร", "How much cash?";
    /// Label.
    amount: "จำนวนเงิน (บาท)", "Amount (baht)";
    /// Button.
    cash_yes: "รับเงินและออกใบเสร็จ", "Take it and give a receipt";
    /// Before the two choices below.
    cash_more: "มากกว่ายอดที่ต้องชำระ {} บาท จะทอนหรือรับไว้ล่วงหน้า", "More than the {} baht owed. Give change, or keep it in advance?";
    /// Button: what was handed over, and the change.
    cash_change: "รับ {} บาท ทอน {} บาท", "Given {} baht, change {} baht";
    /// Button: no change.
    cash_ahead: "รับไว้ล่วงหน้าทั้งหมด", "Keep all of it in advance";
    /// Said after.
    cash_done: "รับเงิน {} บาท ใบเสร็จเลขที่ {}", "{} baht received, receipt {}";
    /// Heading.
    slip_title: "สแกน QR บนสลิป", "Scan the slip's QR";
    /// What to do.
    slip_lead: "ดูยอดบนสลิปให้ตรงกับจำนวนนี้ แล้วสแกน QR มุมสลิปในโทรศัพท์ของผู้จ่าย", "See that the slip says this amount, then scan the QR in its corner on the payer's phone";
    /// Label of the typed line.
    slip_type: "หรือพิมพ์ข้อความใน QR", "Or type what the QR says";
    /// Said after.
    slip_done: "บันทึกการแจ้งชำระแล้ว สำนักงานจะตรวจกับธนาคาร", "Claim saved. The office checks with the bank";
    /// Button.
    receipt: "ใบเสร็จ", "Receipt";
    /// A charge that is no bill.
    adjustment: "ปรับปรุงยอด", "Adjustment";
    /// Given back.
    given_back: "คืนเงิน / ลดหนี้", "Given back";
    /// State of a charge.
    state_open: "ค้างชำระ", "Open";
    /// State of a charge that may still be paid in time.
    state_due: "รอชำระ", "To be paid";
    /// State of a charge.
    state_partly: "ชำระบางส่วน", "Partly paid";
    /// State of a charge.
    state_claimed: "รอตรวจสลิป", "Slip to be checked";
    /// State of a charge.
    state_paid: "ชำระแล้ว", "Paid";
    /// State of a charge.
    state_replaced: "มีฉบับแก้ไขแล้ว", "Replaced";
    /// State of a charge.
    state_cancelled: "ยกเลิก", "Cancelled";
    /// State of a payment.
    pay_received: "เงินสด อยู่ที่ผู้รับ", "Cash, with the collector";
    /// State of a payment.
    pay_handed_over: "เงินสด ส่งสำนักงานแล้ว", "Cash, at the office";
    /// State of a payment.
    pay_deposited: "เงินสด ฝากธนาคารแล้ว", "Cash, at the bank";
    /// State of a payment.
    pay_claimed: "สลิป รอตรวจ", "Slip, to be checked";
    /// State of a payment.
    pay_confirmed: "ธนาคารยืนยันแล้ว", "Confirmed by the bank";
    /// State of a payment.
    pay_duplicate: "สลิปซ้ำ ไม่นับ", "Slip used before: does not count";
    /// State of a payment.
    pay_reversed: "ยกเลิก / ไม่พบเงินเข้า", "Cancelled, or never came";
    /// Button.
    cancel_entry: "ยกเลิกรายการ", "Cancel this";
    /// Heading.
    cancel_title: "ยกเลิกรายการนี้ เพราะอะไร", "Why is this cancelled?";
    /// Label.
    reason: "เหตุผล", "Reason";
    /// Button.
    cancel_yes: "ยกเลิกรายการ", "Cancel it";
    /// Button on a slip.
    slip_came: "เงินเข้าแล้ว", "The money came";
    /// Button on a slip.
    slip_never: "ไม่พบเงินเข้า", "It never came";
    /// Said after.
    done: "บันทึกแล้ว", "Saved";
    /// No bill yet.
    no_bill: "ยังไม่มีใบแจ้งของงวดนี้ ใบแจ้งจะออกเมื่อบันทึกการอ่าน", "No bill of this cycle yet. It is issued when a reading is saved";
    /// Button at the office.
    page: "ใบนี้เป็นหน้ากระดาษ (PDF)", "As a page (PDF)";
    /// Button at the office.
    counter: "รับชำระที่เคาน์เตอร์", "Take cash at the counter";
    /// Heading.
    adjust_title: "ปรับปรุงยอดเท่าไร เพราะอะไร", "Adjust by how much, and why?";
    /// Button.
    adjust_charge: "เรียกเก็บเพิ่ม", "Charge it";
    /// Button.
    adjust_back: "คืนเงิน / ลดหนี้", "Give it back";
    /// A page of the office.
    takings: "เงินรับ", "Money received";
    /// What the page is for.
    takings_lead: "เงินสดอยู่ที่ใคร และสลิปที่รอตรวจกับธนาคาร", "Whose hands cash is in, and slips to be checked with the bank";
    /// Nothing is charged anywhere.
    takings_none: "ยังไม่มีงานที่เก็บเงิน", "Nothing is charged in any programme";
    /// Label.
    since: "รับตั้งแต่วันที่", "Received since";
    /// Heading.
    cash_by: "เงินสดตามผู้รับ", "Cash by collector";
    /// None.
    no_cash: "ไม่มีเงินสดในช่วงนี้", "No cash in this time";
    /// Sum of a collector.
    in_hands: "อยู่ที่ผู้รับ {} บาท อยู่ที่สำนักงาน {} บาท ฝากธนาคารแล้ว {} บาท", "{} baht with the collector, {} at the office, {} at the bank";
    /// So many payments.
    n_payments: "{} รายการ", "{} payments";
    /// Button: the office has it.
    hand_in: "รับมอบเงินแล้ว", "Handed over";
    /// Button: the bank has it.
    deposit: "ฝากธนาคารแล้ว", "Deposited";
    /// Heading of a question.
    hand_in_sure: "นับเงินจาก {} ได้ {} บาท ครบแล้วใช่ไหม", "The cash from {} was counted: is it {} baht?";
    /// Heading of a question.
    deposit_sure: "ฝากเงินที่ {} รับไว้ {} บาท เข้าธนาคารแล้วใช่ไหม", "Is the cash of {}, {} baht, at the bank?";
    /// What the answer means.
    moved_for_good: "บันทึกแล้วย้อนกลับไม่ได้", "This cannot be taken back";
    /// Heading.
    slips_waiting: "สลิปรอตรวจกับธนาคาร", "Slips to be checked with the bank";
    /// None.
    no_slips: "ไม่มีสลิปรอตรวจ", "No slip waits";
    /// The list is cut.
    shown_of: "แสดง {} จาก {}", "{} of {} shown";
    /// Number of a bill.
    number: "เลขที่ {}", "No. {}";
    /// Printed so often.
    copies: "พิมพ์หรือส่งจากเครื่องนี้แล้ว {} ครั้ง", "Printed or sent {} times from here";
    /// Label of the line of use.
    used: "ใช้ {} {}", "Used {} {}";
    /// Sum of the cycle.
    this_cycle: "รวมเดือนนี้", "This month";
    /// Line of a bill.
    line_use: "ค่าใช้", "Use";
    /// Line of a bill.
    line_discount: "ส่วนลด", "Discount";
    /// Line of a bill.
    line_fee: "ค่าบริการ", "Service fee";
    /// Line of a bill.
    line_extra: "อื่น ๆ", "Other";
    /// Line of a bill.
    line_vat: "ภาษีมูลค่าเพิ่ม", "Value added tax";
    /// Line of a bill.
    line_rounding: "ปัดเศษ", "Rounding";
}

/// The sentences of a language.
pub fn money(language: Language) -> &'static MoneyStrings {
    MoneyStrings::of(language)
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_languages_say_everything_with_the_same_gaps() {
        crate::strings::assert_both_say_everything(super::ALL, &[]);
    }
}
