//! What is said of subjects that are ticked in the registry, to print their stickers.

use crate::app::App;

sentences! {
    TickStrings;
    tick: "เลือก {}", "Choose {}";
    print: "พิมพ์สติกเกอร์ที่เลือก ({})", "Print the chosen stickers ({})";
    untick: "เลิกเลือกทั้งหมด", "Choose none";
    labels_of: "สติกเกอร์ของ {} รายการที่เลือกในทะเบียน เรียงตามลำดับเดินงาน", "Stickers of {} entries chosen in the registry, in walking order";
    none: "ยังไม่ได้เลือกรายการ ไปที่ทะเบียน เลือกงาน ติ๊กรายการที่ต้องการ แล้วกด “พิมพ์สติกเกอร์ที่เลือก”", "Nothing is chosen yet. Go to the registry, choose a programme, tick the entries and press “Print the chosen stickers”";
}

/// The strings in the language of the page.
pub fn ticks(app: App) -> &'static TickStrings {
    TickStrings::of(app.lang())
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_languages_say_everything_with_the_same_gaps() {
        crate::strings::assert_both_say_everything(super::ALL, &[]);
    }
}
