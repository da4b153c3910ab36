//! What the office's pages about the world outside say: notifications, keys of other systems, the map.

use crate::app::App;

sentences! {
    OutsideStrings;
    // -- the page of notifications
    /// Heading and entry of the menu.
    notify: "การแจ้งเตือน", "Notifications";
    /// What it is for.
    notify_lead: "เลือกว่าใครได้รับข่าวอะไร ทางไหน ข้อความไม่มีชื่อคนหรือข้อมูลสุขภาพ", "Choose who hears of what, and how. Messages name no person and no health data.";
    /// Heading.
    channels: "ช่องทาง", "Ways out";
    /// In the place of a list.
    no_channels: "ยังไม่มีช่องทาง เพิ่มช่องทางแรกด้านล่าง", "There is none yet. Add the first below.";
    /// Button.
    add_line: "เพิ่ม LINE", "Add LINE";
    /// Button.
    add_email: "เพิ่มอีเมล", "Add e-mail";
    /// Button.
    add_webhook: "เพิ่มระบบอื่น (webhook)", "Add another system (webhook)";
    /// A way.
    way_line: "LINE", "LINE";
    /// A way.
    way_email: "อีเมล", "E-mail";
    /// A way.
    way_webhook: "ระบบอื่น (webhook)", "Another system (webhook)";
    /// Button.
    send_test: "ส่งข้อความทดสอบ", "Send a test";
    /// While it is sent.
    testing: "กำลังส่ง…", "Sending…";
    /// The result.
    test_ok: "ส่งสำเร็จ ปลายทางรับข้อความแล้ว", "Sent. The other side has taken it.";
    /// The result, and why.
    test_failed: "ยังส่งไม่ได้: {}", "Not sent: {}";
    /// Button.
    edit: "แก้ไข", "Change";
    /// Button.
    remove: "ลบ", "Remove";
    /// The button once pressed.
    remove_sure: "กดอีกครั้งเพื่อลบ", "Press again to remove";
    /// State of a way.
    never_sent: "ยังไม่เคยส่ง", "Nothing sent yet";
    /// State of a way.
    last_sent: "ส่งสำเร็จล่าสุด {}", "Last sent {}";
    /// State of a way.
    last_failed: "ครั้งล่าสุดส่งไม่ได้: {}", "The last attempt failed: {}";
    /// State of a way.
    no_rules: "ยังไม่ได้เลือกว่าจะแจ้งเรื่องอะไร", "Nothing is chosen for it yet";
    // -- the editor
    /// Heading.
    channel_new: "ช่องทางใหม่", "A new way out";
    /// Heading.
    channel_change: "แก้ไขช่องทาง", "Change a way out";
    /// Label.
    channel_title: "เรียกว่า", "Called";
    /// An example.
    channel_title_hint: "เช่น กลุ่มช่างไฟ หรือ ปลัด", "Such as: the electricians, or the chief clerk";
    /// Label.
    line_target: "รหัสผู้รับของ LINE", "LINE's id of the receiver";
    /// Where it is found.
    line_target_hint: "ขึ้นต้นด้วย U (คน) หรือ C (กลุ่ม) ตามด้วย 32 ตัว ดูใน LINE Developers", "U (a person) or C (a group) and 32 characters, as LINE Developers shows it";
    /// Label.
    line_token: "Channel access token", "Channel access token";
    /// Where it is found.
    line_token_hint: "คัดลอกจาก LINE Developers เก็บแล้วจะไม่แสดงอีก", "Copied from LINE Developers; once kept it is not shown again";
    /// Label.
    email_target: "อีเมลผู้รับ", "Receiver's address";
    /// Label.
    webhook_target: "ที่อยู่ (URL)", "Address (URL)";
    /// What it must be.
    webhook_target_hint: "ขึ้นต้นด้วย https://", "It begins with https://";
    /// Label.
    webhook_key: "กุญแจลายเซ็น", "Key of the signature";
    /// What happens.
    webhook_key_hint: "เว้นว่างไว้ ระบบสร้างให้และแสดงครั้งเดียว", "Left empty, one is made and shown once";
    /// What happens.
    secret_kept: "มีเก็บไว้แล้ว เว้นว่างไว้ถ้าไม่เปลี่ยน", "One is kept. Leave it empty to keep it";
    /// Legend.
    tell_of: "แจ้งเรื่องอะไรบ้าง", "Tell of what?";
    /// An event.
    event_opened: "เรื่องใหม่", "New case";
    /// An event.
    event_changed: "สถานะเปลี่ยน", "State changed";
    /// An event.
    event_overdue: "เกินกำหนด", "Overdue";
    /// An event.
    event_red_flag: "เรื่องด่วน", "Urgent case";
    /// An event.
    event_trouble: "เครื่องส่งข้อมูลไม่ได้ หรือเงียบไปหลายวัน", "A device cannot send, or is silent for days";
    /// Legend.
    the_system: "ระบบ", "The system";
    /// Button.
    save: "บันทึก", "Save";
    /// Button.
    cancel: "ยกเลิก", "Cancel";
    /// It is done.
    saved: "บันทึกแล้ว", "Saved";
    /// What is wrong.
    wrong_title: "ใส่ชื่อที่ใช้เรียกช่องทางนี้", "Give it a name";
    /// What is wrong.
    wrong_target: "ที่อยู่หรือรหัสผู้รับไม่ถูกรูปแบบ ตรวจอีกครั้ง", "The address has the wrong form. Check it again";
    /// What is wrong.
    wrong_secret: "ต้องใส่ token ด้วย", "The token is needed";
    /// Shown once.
    key_once: "คัดลอกกุญแจนี้เก็บไว้ตอนนี้ จะไม่แสดงอีก", "Copy this key now. It is not shown again.";
    /// Button.
    key_copied: "เก็บแล้ว ปิดได้", "It is kept, close";
    // -- the mail server
    /// Heading.
    mail: "เซิร์ฟเวอร์อีเมล", "Mail server";
    /// What it is for.
    mail_lead: "ใช้ส่งอีเมลถึงเจ้าหน้าที่ และถึงประชาชนที่ฝากอีเมลไว้ ถามค่าจากผู้ดูแลอีเมลของหน่วยงาน", "For letters to staff, and to citizens who left an address. Ask whoever looks after your mail.";
    /// Label.
    mail_host: "ชื่อเซิร์ฟเวอร์", "Server";
    /// Label.
    mail_port: "พอร์ต", "Port";
    /// Label.
    mail_safety: "การเข้ารหัส", "Encryption";
    /// A choice.
    safety_starttls: "STARTTLS (พอร์ต 587)", "STARTTLS (port 587)";
    /// A choice.
    safety_tls: "TLS (พอร์ต 465)", "TLS (port 465)";
    /// A choice.
    safety_open: "ไม่เข้ารหัส (ในเครือข่ายเดียวกันเท่านั้น)", "None (on the same wire only)";
    /// Label.
    mail_user: "ชื่อผู้ใช้", "User";
    /// Label.
    mail_password: "รหัสผ่าน", "Password";
    /// Label.
    mail_from: "ส่งในชื่ออีเมล", "Sender's address";
    /// What is wrong.
    wrong_mail: "ตรวจชื่อเซิร์ฟเวอร์ พอร์ต และอีเมลผู้ส่งอีกครั้ง", "Check server, port and sender's address";
    /// Button.
    mail_remove: "เลิกใช้อีเมล", "Use no mail server";
    // -- what failed
    /// Heading.
    failed: "ส่งไม่สำเร็จ", "Not sent";
    /// In the place of a list.
    none_failed: "ไม่มีข้อความค้าง", "Nothing is left over";
    /// How many wait.
    waiting: "รอส่ง {} ข้อความ", "{} waiting";
    /// Button.
    retry_all: "ลองส่งอีกครั้งทั้งหมด", "Try all again";
    /// It is done.
    retried: "กำลังลองส่งอีกครั้ง", "Trying again";
    /// When it is tried next.
    next_try: "ลองแล้ว {} ครั้ง ลองอีกครั้ง {}", "Tried {} times, again {}";
    /// It is over.
    given_up: "ลองแล้ว {} ครั้ง เลิกส่งแล้ว", "Tried {} times, given up";
    /// In the place of a way.
    to_citizen: "ถึงประชาชน", "To a citizen";
    // -- why
    /// Why it failed.
    why_inside: "ที่อยู่นี้เป็นเครื่องในเครือข่ายภายใน ระบบไม่อนุญาต ถ้าตั้งใจให้ผู้ดูแลระบบเปิด --may-reach", "this is a machine of an inside network; whoever runs the server must allow it with --may-reach";
    /// Why it failed.
    why_host: "ไม่พบเครื่องปลายทาง ตรวจตัวสะกดของที่อยู่", "no such machine; check the spelling of the address";
    /// Why it failed.
    why_no_answer: "ปลายทางไม่ตอบ ตรวจที่อยู่และพอร์ต หรือลองใหม่ภายหลัง", "no answer; check address and port, or try later";
    /// Why it failed.
    why_untrusted: "ใบรับรองความปลอดภัยของปลายทางใช้ไม่ได้", "its certificate cannot be trusted";
    /// Why it failed.
    why_not_signed_in: "กุญแจ token หรือรหัสผ่านไม่ถูกต้อง ใส่ใหม่แล้วลองอีกครั้ง", "key, token or password is wrong; enter it again";
    /// Why it failed.
    why_receiver: "ปลายทางไม่รู้จักผู้รับนี้ ตรวจรหัสหรืออีเมลผู้รับ", "it does not know this receiver; check the id or address";
    /// Why it failed.
    why_too_much: "ปลายทางรับไม่ทันหรือครบโควตา ระบบจะลองใหม่เอง", "it has had enough for now, or the quota is used up; it is tried again by itself";
    /// Why it failed.
    why_failed: "ปลายทางตอบว่าเกิดข้อผิดพลาด", "it answered with a failure";
    /// Why it failed.
    why_no_mail: "ยังไม่ได้ตั้งค่าเซิร์ฟเวอร์อีเมลด้านล่าง", "the mail server below is not set up";
    /// Why it failed.
    why_unreadable: "โปรแกรมรุ่นนี้อ่านข้อความนี้ไม่ได้ ให้อัปเดตเซิร์ฟเวอร์", "this version cannot read the message; update the server";
    // -- keys of systems outside
    /// Heading.
    keys: "กุญแจของระบบภายนอก (Open311)", "Keys of other systems (Open311)";
    /// What it is for.
    keys_lead: "ระบบที่มีกุญแจส่งเรื่องแจ้งเข้ามาได้ ดูเรื่องที่เปิดเผยได้โดยไม่ต้องมีกุญแจ", "Who has a key may send cases in. What is public can be read without one.";
    /// In the place of a list.
    no_keys: "ยังไม่ได้ออกกุญแจ", "No key yet";
    /// Label.
    key_title: "ออกให้ใคร", "For whom";
    /// Button.
    key_make: "ออกกุญแจ", "Make a key";
    /// Button.
    key_end: "ยกเลิกกุญแจ", "End this key";
    /// The button once pressed.
    key_end_sure: "กดอีกครั้งเพื่อยกเลิก", "Press again to end it";
    /// State of a key.
    key_used: "ใช้ล่าสุด {}", "Last used {}";
    /// State of a key.
    key_unused: "ยังไม่เคยใช้", "Never used";
    // -- the map
    /// Heading and entry of the menu.
    map: "แผนที่และภาพรวม", "Map and overview";
    /// What it is for.
    map_lead: "จุดบนแผนที่ สีตามสภาพ กดที่จุดเพื่อเปิดดู", "Each point in the colour of its state. Press one to open it.";
    /// The map, for a screen reader.
    map_alone: "แผนที่ของ{} มีรายการเดียวกันเป็นข้อความด้านล่าง", "Map of {}; the same stands below as a list";
    /// Label.
    map_programme: "งาน", "Programme";
    /// In the place of the map.
    map_nothing: "งานนี้ยังไม่มีจุดที่รู้พิกัด", "Nothing of this programme has a position yet";
    /// In the place of the map.
    map_failed: "เบราว์เซอร์นี้แสดงแผนที่ไม่ได้ ดูรายการด้านล่างแทน", "This browser cannot show a map. Use the list below.";
    /// A state.
    state_good: "ปกติ", "In order";
    /// A state.
    state_watch: "กำลังดำเนินการ", "Being dealt with";
    /// A state.
    state_bad: "ต้องแก้ไข", "Needs attention";
    /// Heading.
    by_group: "แยกตาม{}", "By {}";
    /// Column.
    of_all: "{} จาก {}", "{} of {}";
    /// A figure.
    mean_days: "เวลาเฉลี่ยจนเสร็จ {} วัน (90 วันที่ผ่านมา {} เรื่อง)", "{} days on average until done (last 90 days, {} cases)";
    /// A figure.
    no_mean: "ยังไม่มีเรื่องที่เสร็จใน 90 วันที่ผ่านมา", "No case was finished in the last 90 days";
    /// A figure.
    open_cases: "เรื่องที่ยังไม่เสร็จ {}", "{} open cases";
    /// Heading.
    open_list: "ต้องแก้ไขและกำลังดำเนินการ", "Needs attention or being dealt with";
    /// In the place of a list.
    nothing_open: "ไม่มีจุดที่ต้องแก้ไข", "Nothing needs attention";
    /// Below a list that was cut.
    and_more: "และอีก {} จุด", "and {} more";
    /// Button.
    and_more_groups: "ดูอีก {} รายการ", "Show {} more";
    /// The share that is in order, and the one that should be.
    share_good: "ได้ {}% (เป้า {}%)", "{}% reached (goal {}%)";
    /// How many points the map leaves out.
    without_place: "ไม่รู้พิกัด {} รายการ", "{} without a position";
}

/// The sentences in the language of the page.
pub fn outside(app: App) -> &'static OutsideStrings {
    OutsideStrings::of(app.lang())
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_languages_say_everything_with_the_same_gaps() {
        crate::strings::assert_both_say_everything(super::ALL, &["way_line", "line_token"]);
    }
}
