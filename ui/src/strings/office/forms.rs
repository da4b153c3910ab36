//! What the pages about forms say: the list, an upload with what is wrong in it, a trial, the publication.

use crate::app::App;
use crate::strings::Language;

/// The sentences in one language. `{}` stands for what [`crate::strings::fill`] puts in.
#[derive(Debug)]
pub struct FormStrings {
    /// What the page is for.
    pub forms_lead: &'static str,
    /// Version of a form.
    pub form_version: &'static str,
    /// The municipality made it.
    pub form_own: &'static str,
    /// It came with the app.
    pub form_shipped: &'static str,
    /// How many questions it asks.
    pub n_questions: &'static str,
    /// Button: fills the present form without saving.
    pub form_try: &'static str,
    /// Button.
    pub form_download: &'static str,
    /// While a file is being made.
    pub form_fetching: &'static str,
    /// Heading.
    pub form_earlier: &'static str,
    /// Nothing to show.
    pub form_no_earlier: &'static str,
    /// A moment goes in.
    pub form_since: &'static str,
    /// Button.
    pub form_upload: &'static str,
    /// For those who may not change forms.
    pub forms_read_only: &'static str,
    /// Link.
    pub back_to_forms: &'static str,
    /// Heading.
    pub upload_title: &'static str,
    /// What can be chosen.
    pub upload_lead: &'static str,
    /// Button.
    pub choose_file: &'static str,
    /// Button, after one was chosen.
    pub choose_other_file: &'static str,
    /// While it is read.
    pub reading_file: &'static str,
    /// The file is too large.
    pub file_too_large: &'static str,
    /// The browser gives no bytes.
    pub file_unreadable: &'static str,
    /// Heading.
    pub mistakes: &'static str,
    /// What to do.
    pub mistakes_lead: &'static str,
    /// Heading.
    pub remarks: &'static str,
    /// Where a message belongs.
    pub at_sheet: &'static str,
    /// Where a message belongs.
    pub at_row: &'static str,
    /// Where a message belongs.
    pub at_column: &'static str,
    /// Where a message belongs.
    pub whole_file: &'static str,
    /// Heading.
    pub changes: &'static str,
    /// Nothing differs.
    pub no_changes: &'static str,
    /// How much differs.
    pub changes_sum: &'static str,
    /// Mark.
    pub change_added: &'static str,
    /// Mark.
    pub change_removed: &'static str,
    /// Mark.
    pub change_edited: &'static str,
    /// What becomes of old answers.
    pub change_removed_note: &'static str,
    /// The order differs.
    pub change_order: &'static str,
    /// What happens.
    pub change_label: &'static str,
    /// What happens.
    pub change_kind: &'static str,
    /// What happens.
    pub change_required: &'static str,
    /// What happens.
    pub change_not_required: &'static str,
    /// What happens.
    pub change_choices_added: &'static str,
    /// What happens.
    pub change_choices_removed: &'static str,
    /// What happens.
    pub change_choice_renamed: &'static str,
    /// What happens.
    pub change_condition: &'static str,
    /// What happens.
    pub change_rule: &'static str,
    /// What happens.
    pub change_formula: &'static str,
    /// What happens.
    pub change_hint: &'static str,
    /// What happens.
    pub change_look: &'static str,
    /// What happens.
    pub change_place: &'static str,
    /// Written elsewhere in the registry.
    pub change_saves: &'static str,
    /// Order, pictures or columns of choices.
    pub change_choice_details: &'static str,
    /// Words in another language.
    pub change_languages: &'static str,
    /// What the form does to the registry.
    pub change_registry: &'static str,
    /// The name of records, or the language to begin with.
    pub change_settings: &'static str,
    /// Folded away.
    pub behind_the_scenes: &'static str,
    /// Heading.
    pub trial: &'static str,
    /// It is safe.
    pub trial_lead: &'static str,
    /// Whose values it begins with.
    pub trial_sample: &'static str,
    /// Button.
    pub trial_again: &'static str,
    /// Button.
    pub trial_one: &'static str,
    /// Button.
    pub trial_pages: &'static str,
    /// Button.
    pub publish: &'static str,
    /// Heading.
    pub publish_sure: &'static str,
    /// What happens.
    pub publish_devices: &'static str,
    /// What happens.
    pub publish_drafts: &'static str,
    /// What happens.
    pub publish_records: &'static str,
    /// Button.
    pub publish_yes: &'static str,
    /// Button.
    pub publish_no: &'static str,
    /// It is done.
    pub published: &'static str,
}

/// The sentences in the language of the page.
pub fn forms(app: App) -> &'static FormStrings {
    match app.lang() {
        Language::Thai => &TH,
        Language::English => &EN,
    }
}

/// Thai.
pub const TH: FormStrings = FormStrings {
    forms_lead: "แก้แบบฟอร์มในตาราง (Excel) แล้วอัปโหลดที่นี่ ทุกเครื่องได้รุ่นใหม่เองในการส่งข้อมูลครั้งถัดไป",
    form_version: "รุ่น {}",
    form_own: "ปรับโดยหน่วยงาน",
    form_shipped: "รุ่นที่มากับระบบ",
    n_questions: "{} คำถาม",
    form_try: "ลองทำ",
    form_download: "ดาวน์โหลด Excel",
    form_fetching: "กำลังเตรียมไฟล์ จะอยู่ในโฟลเดอร์ดาวน์โหลด",
    form_earlier: "รุ่นก่อนหน้า",
    form_no_earlier: "ยังไม่มีรุ่นก่อนหน้า",
    form_since: "ใช้ตั้งแต่ {}",
    form_upload: "อัปโหลดรุ่นใหม่",
    forms_read_only: "การอัปโหลดแบบฟอร์มเป็นหน้าที่ของธุรการหรือผู้ดูแลระบบ",
    back_to_forms: "กลับไปที่รายการแบบฟอร์ม",
    upload_title: "รุ่นใหม่ของ “{}”",
    upload_lead: "เลือกไฟล์ Excel (.xlsx) หรือไฟล์ CSV ของแต่ละแผ่น (survey, choices, settings) ยังไม่มีอะไรเปลี่ยนจนกว่าจะกดเผยแพร่",
    choose_file: "เลือกไฟล์",
    choose_other_file: "เลือกไฟล์อื่น",
    reading_file: "กำลังอ่าน {}…",
    file_too_large: "ไฟล์ใหญ่เกิน 4 MB ลบรูปและแผ่นงานที่ไม่ใช้ แล้วเลือกใหม่",
    file_unreadable: "เปิดไฟล์นี้ไม่ได้ ปิดไฟล์ในโปรแกรมตารางก่อน แล้วเลือกใหม่",
    mistakes: "ต้องแก้ {} แห่งก่อนเผยแพร่",
    mistakes_lead: "แก้ในไฟล์ บันทึก แล้วเลือกไฟล์อีกครั้ง แบบฟอร์มที่ใช้อยู่ยังเหมือนเดิม",
    remarks: "ข้อสังเกต {} ข้อ (เผยแพร่ได้)",
    at_sheet: "แผ่น {}",
    at_row: "แถว {}",
    at_column: "ช่อง {}",
    whole_file: "ทั้งไฟล์",
    changes: "เทียบกับรุ่นที่ใช้อยู่",
    no_changes: "เหมือนรุ่นที่ใช้อยู่ทุกข้อ ไม่จำเป็นต้องเผยแพร่",
    changes_sum: "เพิ่ม {} · ตัดออก {} · แก้ไข {}",
    change_added: "เพิ่ม",
    change_removed: "ตัดออก",
    change_edited: "แก้ไข",
    change_removed_note: "คำตอบเดิมยังอยู่และอ่านได้",
    change_order: "ลำดับคำถามเปลี่ยน",
    change_label: "ข้อความเดิม “{}”",
    change_kind: "ชนิดคำตอบ: {} → {}",
    change_required: "เงื่อนไขการบังคับตอบเปลี่ยน (ต้องตอบ)",
    change_not_required: "ไม่บังคับตอบแล้ว",
    change_choices_added: "เพิ่มตัวเลือก: {}",
    change_choices_removed: "ตัดตัวเลือก: {}",
    change_choice_renamed: "ตัวเลือก “{}” เปลี่ยนเป็น “{}”",
    change_condition: "เงื่อนไขว่าจะถามเมื่อใดเปลี่ยน",
    change_rule: "กฎตรวจคำตอบหรือคำเตือนเปลี่ยน",
    change_formula: "สูตรคำนวณหรือค่าเริ่มต้นเปลี่ยน",
    change_hint: "คำแนะนำใต้คำถามเปลี่ยน",
    change_look: "หน้าตาบนจอเปลี่ยน",
    change_place: "ย้ายไปอยู่อีกหน้าหรือกลุ่ม",
    change_saves: "ช่องในทะเบียนที่คำตอบไปปรับปรุงเปลี่ยน",
    change_choice_details: "ลำดับ รูป หรือช่องอื่นของตัวเลือกเปลี่ยน",
    change_languages: "ถ้อยคำในอีกภาษาเปลี่ยน",
    change_registry: "สิ่งที่แบบฟอร์มเพิ่มหรือแก้ในทะเบียนเปลี่ยน",
    change_settings: "ชื่อของบันทึกหรือภาษาเริ่มต้นเปลี่ยน",
    behind_the_scenes: "ค่าที่คำนวณเองเปลี่ยน {} รายการ",
    trial: "ลองทำในจอขนาดมือถือ",
    trial_lead: "ไม่มีอะไรถูกบันทึก กดตอบได้เต็มที่",
    trial_sample: "ใช้ข้อมูลของ “{}” เป็นตัวอย่าง",
    trial_again: "เริ่มใหม่",
    trial_one: "ทีละข้อ",
    trial_pages: "ทีละหน้า",
    publish: "เผยแพร่รุ่นนี้",
    publish_sure: "เผยแพร่ “{}” ใช่ไหม",
    publish_devices: "ทุกเครื่องได้รุ่นนี้เองในการส่งข้อมูลครั้งถัดไป",
    publish_drafts: "งานที่ทำค้างไว้ทำต่อด้วยรุ่นเดิมจนบันทึก",
    publish_records: "สิ่งที่บันทึกไปแล้วไม่เปลี่ยน และยังอ่านได้",
    publish_yes: "เผยแพร่",
    publish_no: "ยังก่อน",
    published: "เผยแพร่แล้ว รุ่น {}",
};

/// English.
pub const EN: FormStrings = FormStrings {
    forms_lead: "Change a form in a spreadsheet and upload it here. Every device takes it with its next sync.",
    form_version: "Version {}",
    form_own: "Changed by the office",
    form_shipped: "As it came",
    n_questions: "{} questions",
    form_try: "Try it",
    form_download: "Download Excel",
    form_fetching: "The file is being made; look into your downloads",
    form_earlier: "Earlier versions",
    form_no_earlier: "There is no earlier version",
    form_since: "In use since {}",
    form_upload: "Upload a new version",
    forms_read_only: "Uploading forms is for clerks and administrators",
    back_to_forms: "Back to the list of forms",
    upload_title: "A new version of “{}”",
    upload_lead: "Choose an Excel file (.xlsx), or the CSV files of its sheets (survey, choices, settings). Nothing changes until you publish.",
    choose_file: "Choose a file",
    choose_other_file: "Choose another file",
    reading_file: "Reading {}…",
    file_too_large: "The file is larger than 4 MB. Remove pictures and unused sheets, and choose it again.",
    file_unreadable: "This file cannot be opened. Close it in the spreadsheet program and choose it again.",
    mistakes: "{} things to mend before it can be published",
    mistakes_lead: "Mend them in the file, save it, and choose it again. The form in use is as it was.",
    remarks: "{} remarks (it can be published)",
    at_sheet: "Sheet {}",
    at_row: "row {}",
    at_column: "column {}",
    whole_file: "The whole file",
    changes: "Compared with the version in use",
    no_changes: "It is the same as the version in use; there is no need to publish it",
    changes_sum: "{} new · {} gone · {} changed",
    change_added: "New",
    change_removed: "Gone",
    change_edited: "Changed",
    change_removed_note: "Old answers stay and can be read",
    change_order: "The questions are in another order",
    change_label: "It said “{}”",
    change_kind: "Kind of answer: {} → {}",
    change_required: "Must be answered, or under another condition",
    change_not_required: "Need not be answered any more",
    change_choices_added: "New choices: {}",
    change_choices_removed: "Choices taken out: {}",
    change_choice_renamed: "Choice “{}” is now “{}”",
    change_condition: "When it is asked has changed",
    change_rule: "The rules for its answer have changed",
    change_formula: "How it is worked out, or its first value, has changed",
    change_hint: "The help below it has changed",
    change_look: "It is drawn in another way",
    change_place: "It stands on another page or in another group",
    change_saves: "Its answer goes to another field of the registry",
    change_choice_details: "Order, pictures or other columns of its choices change",
    change_languages: "Its words in another language change",
    change_registry: "What the form adds or changes in the registry changes",
    change_settings: "How records are named, or the first language, changes",
    behind_the_scenes: "{} values that are worked out have changed",
    trial: "Try it at the size of a phone",
    trial_lead: "Nothing is saved; answer as you like",
    trial_sample: "Begins with the data of “{}”",
    trial_again: "Begin again",
    trial_one: "One at a time",
    trial_pages: "Page by page",
    publish: "Publish this version",
    publish_sure: "Publish “{}”?",
    publish_devices: "Every device takes it with its next sync",
    publish_drafts: "Unfinished forms go on in the version they were begun with",
    publish_records: "What was recorded does not change, and stays readable",
    publish_yes: "Publish",
    publish_no: "Not yet",
    published: "Published: version {}",
};
