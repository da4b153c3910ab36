//! Papers hold what they must, and their codes are read back from the dots.

use super::*;
use crate::escpos;
use domain::billing::BillNumber;
use domain::billing::{Account, Block, Month, Tariff};

/// A bill with everything on it.
pub(crate) fn full() -> BillPaper {
    let tariff = Tariff {
        blocks: vec![
            Block { upto: Some(10), rate: Satang(1_020) },
            Block { upto: None, rate: Satang(1_600) },
        ],
        service_fee: [("01".to_owned(), Satang(3_000))].into(),
        vat_bp: 700,
        ..Tariff::default()
    };
    let charge = tariff.charge(16, "01", "");
    let month = |cycle: &str, units, owed| Month { cycle: cycle.into(), units, owed };
    let bill = Bill {
        no: BillNumber::of("691100C0002S00"),
        units: 16,
        previous: Some(1_200),
        reading: Some(1_216),
        previous_on: "2026-10-22".into(),
        read_on: "2026-11-21".into(),
        lines: charge.lines,
        total: charge.total,
        before: Account { arrears: Satang(18_725), cycles: 1, credit: Satang::ZERO },
        due_on: "2026-11-24".into(),
        months: vec![
            month("2026-10", 14, true),
            month("2026-09", 18, false),
            month("2026-08", 0, false),
            month("2026-07", 22, false),
        ],
        ..Bill::default()
    };
    let payable = bill.payable();
    BillPaper {
        from: From {
            name: "เทศบาลตำบลบ้านน้ำปู่ญ่า".into(),
            address: "1 หมู่ 2 ต.บ้านสนาม อ.เมือง".into(),
            tel: "0-7621-1111".into(),
            tax_id: "0994000165501".into(),
        },
        title: "ใบแจ้งค่าน้ำประปา".into(),
        customer: vec![
            Said::new("เลขที่ผู้ใช้น้ำ", "0000012345"),
            Said::new("ชื่อผู้ใช้น้ำ", "นายสมชาย ทองตัวอย่างดี"),
            Said::new("ที่อยู่", "99/123 หมู่ 5 ซอยน้ำพุที่ปู่สร้าง ต.บ้านสนาม อ.เมือง"),
            Said::new("เส้นทาง", "R03.0042"),
            Said::new("เลขมาตร", "M-0042"),
            Said::new("ประเภท", "ที่อยู่อาศัย"),
        ],
        cycle: "พฤศจิกายน 2569".into(),
        unit: "หน่วย".into(),
        use_title: "ค่าน้ำประปา".into(),
        fee_title: "ค่าบริการรายเดือน".into(),
        vat_bp: 700,
        comment: "27 ใช้น้ำมากผิดปกติ".into(),
        code: Some(Payment::bill("099400016550100", "0000012345", "691100C0002S00", payable)),
        open: payable,
        void: None,
        copy: 1,
        footer: "เกินกำหนดชำระ เทศบาลอาจระงับการใช้น้ำ".into(),
        printed: "พิมพ์ 21 พ.ย. 2569 09:30 น. โดย สมหญิง · Sanam 0.1".into(),
        bill,
    }
}

fn receipt() -> ReceiptPaper {
    let bill = full();
    ReceiptPaper {
        from: bill.from,
        no: "R6911-00C-0002T-00".into(),
        at: "21 พ.ย. 2569 09:31 น.".into(),
        customer: bill.customer,
        items: vec![
            ("ค่าน้ำประปา พ.ย. 2569".into(), Satang(24_396)),
            ("ค่าน้ำประปา ต.ค. 2569".into(), Satang(18_725)),
        ],
        means: "เงินสด".into(),
        by: "สมหญิง".into(),
        copy: 2,
        cancelled: None,
        printed: "พิมพ์ 21 พ.ย. 2569".into(),
    }
}

/// Reads every code in a picture of dots.
fn read(raster: &Raster) -> Vec<String> {
    let bits = raster.bits();
    let across = raster.width().div_ceil(8);
    let mut pixels = Vec::new();
    for y in 0..raster.height() {
        for x in 0..raster.width() {
            let ink = bits[y * across + x / 8] >> (7 - x % 8) & 1;
            pixels.push(if ink == 1 { 0 } else { 255 });
        }
    }
    let picture = scan::Luma::new(raster.width(), raster.height(), &pixels).unwrap();
    scan::decode(&picture, scan::Effort::Still).into_iter().map(|symbol| symbol.text).collect()
}

#[test]
fn the_code_on_a_roll_says_what_is_to_be_paid() {
    let mut fonts = Fonts::load().unwrap();
    let paper = full();
    for roll in [Roll::Mm58, Roll::Mm80] {
        let drawing = paper.roll(roll, &mut fonts);
        let raster = drawing.for_roll(&fonts);
        assert_eq!(raster.width(), if roll == Roll::Mm58 { escpos::DOTS_58 } else { escpos::DOTS_80 });
        let texts = read(&raster);
        let payment = paper.code.clone().unwrap();
        assert!(texts.contains(&payment.text()), "{roll:?}: {texts:?}");
        assert!(drawing.size.1 < 330.0, "{roll:?}: {} mm of paper", drawing.size.1);
    }
}

#[test]
fn nothing_stands_out_of_its_paper_or_over_something_else() {
    let mut fonts = Fonts::load().unwrap();
    let mut long = full();
    long.customer[1].value = "บริษัท รุ่งเรืองเจริญทรัพย์สมบูรณ์พูนผลการประปาและการก่อสร้าง (ประเทศไทย) จำกัด".into();
    long.from.name = "องค์การบริหารส่วนตำบลบ้านน้ำใสใต้ร่มไม้ใหญ่ที่ปู่ย่าสร้างไว้ให้ลูกหลาน".into();
    let mut bare = full();
    (bare.code, bare.bill.months, bare.bill.before, bare.copy) = (None, vec![], Account::default(), 0);
    let mut partly = full();
    partly.open = Satang(10_000);
    let mut void = full();
    (void.code, void.open) = (None, Satang::ZERO);
    void.void = Some("ยกเลิกแล้ว ใช้ใบแจ้งเลขที่ 6911-00C-0002T-00 แทน".into());
    // Of half a year, of two years and a half, and of so many charges that no type is small enough.
    let arrears = |count: u16| ReceiptPaper {
        items: (0..count).map(|at| (format!("ค่าน้ำประปา งวดที่ {at}"), Satang(24_396))).collect(),
        cancelled: Some("ออกผิดราย".into()),
        ..receipt()
    };
    for paper in [full(), long, bare, partly, void] {
        for drawing in [
            arrears(7).page(&mut fonts),
            arrears(30).page(&mut fonts),
            arrears(60).page(&mut fonts),
            paper.roll(Roll::Mm58, &mut fonts),
            paper.roll(Roll::Mm80, &mut fonts),
            paper.page(&mut fonts),
            receipt().roll(Roll::Mm58, &mut fonts),
            receipt().page(&mut fonts),
        ] {
            let texts: Vec<(f32, f32, f32, f32)> = drawing
                .shapes
                .iter()
                .filter_map(|shape| match shape {
                    // What a line of consonants takes; marks may come near the line above.
                    Shape::Text { x, y, size, line, .. } => {
                        Some((*x, y - size * 0.6, x + line.width * size, *y))
                    }
                    _ => None,
                })
                .collect();
            for (at, (left, top, right, bottom)) in texts.iter().enumerate() {
                assert!(
                    *left >= -0.05 && *right <= drawing.size.0 + 0.05,
                    "{left} {right} {:?}",
                    drawing.size
                );
                assert!(*top >= 0.0 && *bottom <= drawing.size.1, "{top} {bottom} {:?}", drawing.size);
                for other in texts.iter().skip(at + 1) {
                    let apart = other.0 >= right - 0.05
                        || other.2 <= left + 0.05
                        || other.1 >= bottom - 0.05
                        || other.3 <= top + 0.05;
                    assert!(apart, "{:?} over {other:?}", (left, top, right, bottom));
                }
            }
        }
    }
}

#[test]
fn what_fits_on_no_receipt_shares_a_line_and_adds_up() {
    let items: Vec<(String, Satang)> = (1..=5).map(|at| (format!("งวด {at}"), Satang(100 * at))).collect();
    let folded = page::folded(&items, 3);
    let label = "งวด 1 ถึง งวด 3 รวม 3 รายการ".to_owned();
    assert_eq!(folded, [(label, Satang(600)), items[3].clone(), items[4].clone()]);
    assert_eq!(page::folded(&items, 9).len(), 1);
    assert!(page::folded(&[], 2).is_empty());
    // Nothing is folded as long as it fits.
    let mut fonts = Fonts::load().unwrap();
    let lines = |count: i64, fonts: &mut Fonts| {
        let items = (0..count).map(|at| (format!("งวด {at}"), Satang(100))).collect();
        let drawing = ReceiptPaper { items, ..receipt() }.page(fonts);
        drawing.shapes.iter().filter(|shape| matches!(shape, Shape::Text { .. })).count()
    };
    assert_eq!(lines(7, &mut fonts), lines(1, &mut fonts) + 2 * 6, "a label and an amount each");
    assert!(lines(60, &mut fonts) < lines(1, &mut fonts) + 2 * 59);
}

#[test]
fn the_picture_to_send_on_is_sharp_and_small() {
    let mut fonts = Fonts::load().unwrap();
    let drawing = full().roll(Roll::Mm80, &mut fonts);
    let file = drawing.picture(&fonts).unwrap();
    assert!(file.len() < 250_000, "{} bytes", file.len());
    let reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
    assert_eq!(reader.info().width, 1_280);
}

#[test]
fn a_bill_printed_later_asks_for_what_is_left() {
    let mut paper = full();
    let payable = paper.bill.payable();
    assert_eq!((paper.asked(), paper.since()), (("ต้องชำระ", Some(payable)), None));
    paper.open = Satang(14_400);
    assert_eq!(paper.asked(), ("คงเหลือต้องชำระ", Some(Satang(14_400))));
    assert_eq!(paper.since(), Some((payable, payable - Satang(14_400))));
    paper.open = Satang::ZERO;
    assert_eq!(paper.asked(), ("ชำระครบแล้ว", None));
    paper.void = Some("ยกเลิกแล้ว: จดผิดบ้าน".into());
    assert_eq!((paper.asked(), paper.since()), (("ไม่ต้องชำระตามใบนี้", None), None));
    assert_eq!(paper.below_title()[2], "ยกเลิกแล้ว: จดผิดบ้าน");
}

#[test]
fn a_copy_says_so_and_an_estimate_too() {
    let mut paper = full();
    assert_eq!(paper.units(), "16 หน่วย");
    paper.bill.estimated = true;
    assert_eq!(paper.units(), "16 หน่วย (เฉลี่ย)");
    assert_eq!((copy_mark(0), copy_mark(2)), (String::new(), "สำเนาครั้งที่ 2".to_owned()));
    paper.bill.due_on.clear();
    assert_eq!(paper.due(), "หักบัญชีธนาคาร");
    assert_eq!((percent(700), percent(750), percent(725)), ("7".into(), "7.5".into(), "7.25".into()));
    let labels: Vec<String> = full().charges().into_iter().map(|(label, _)| label).collect();
    assert_eq!(labels, ["ค่าน้ำประปา", "ค่าบริการรายเดือน", "ภาษีมูลค่าเพิ่ม 7%"]);
    assert_eq!(receipt().amount(), Satang(43_121));
}

#[cfg(feature = "pdf")]
#[test]
fn many_bills_are_one_file() {
    let bills = vec![full(), full(), full()];
    let pages = |file: &[u8]| String::from_utf8_lossy(file).matches("/Type /Page\n").count();
    let apart = bills_pdf(&bills, false).unwrap();
    let two = bills_pdf(&bills, true).unwrap();
    assert_eq!((pages(&apart), pages(&two)), (3, 2));
    assert!(receipt_pdf(&receipt()).unwrap().starts_with(b"%PDF"));
}
