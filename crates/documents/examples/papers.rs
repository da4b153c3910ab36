//! Draws sample papers into a folder, for eyes and for independent readers: `papers FOLDER`. Simulated persons only.

use documents::escpos;
use documents::paper::{BillPaper, From, ReceiptPaper, Roll, Said, bills_pdf, receipt_pdf};
use documents::text::Fonts;
use domain::billing::{Account, Bill, BillNumber, Block, Month, Tariff};
use domain::money::Satang;
use domain::promptpay::Payment;
use std::path::PathBuf;

fn bill() -> BillPaper {
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
        estimated: true,
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
    BillPaper {
        from: From {
            name: "เทศบาลตำบลบ้านสนาม".into(),
            address: "1 หมู่ 2 ตำบลบ้านสนาม อำเภอเมือง".into(),
            tel: "0-7621-1111".into(),
            tax_id: "0999999999999".into(),
        },
        title: "ใบแจ้งค่าน้ำประปา".into(),
        customer: vec![
            Said::new("เลขที่ผู้ใช้น้ำ", "0000012345"),
            Said::new("ชื่อผู้ใช้น้ำ", "นายสมชาย ทองตัวอย่างดี"),
            Said::new("ที่อยู่", "99/123 หมู่ 5 ซอยน้ำพุที่ปู่สร้าง ตำบลบ้านสนาม"),
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
        code: Some(Payment::bill("099999999999990", "0000012345", "691100C0002S00", bill.payable())),
        open: bill.payable(),
        void: None,
        copy: 1,
        footer: "เกินกำหนดชำระ เทศบาลอาจระงับการใช้น้ำ ติดต่อกองการประปา".into(),
        printed: "พิมพ์ 21 พ.ย. 2569 09:30 น. โดย สมหญิง · Sanam 0.1.0".into(),
        bill,
    }
}

fn receipt(bill: &BillPaper) -> ReceiptPaper {
    ReceiptPaper {
        from: bill.from.clone(),
        no: "R6911-00C-0002T-00".into(),
        at: "21 พ.ย. 2569 09:31 น.".into(),
        customer: bill.customer.clone(),
        items: vec![
            ("ค่าน้ำประปา พ.ย. 2569".into(), bill.bill.total),
            ("ค่าน้ำประปา ต.ค. 2569".into(), Satang(18_725)),
        ],
        means: "เงินสด".into(),
        by: "สมหญิง".into(),
        copy: 0,
        cancelled: None,
        printed: "พิมพ์ 21 พ.ย. 2569 09:31 น. · Sanam 0.1.0".into(),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("papers FOLDER")?);
    std::fs::create_dir_all(&folder)?;
    let mut fonts = Fonts::load().ok_or("the fonts cannot be read")?;
    let bill = bill();
    let receipt = receipt(&bill);
    for (name, roll) in [("58", Roll::Mm58), ("80", Roll::Mm80)] {
        let raster = bill.roll(roll, &mut fonts).for_roll(&fonts);
        std::fs::write(folder.join(format!("bill-{name}.png")), raster.png_of_bits()?)?;
        std::fs::write(folder.join(format!("bill-{name}.escpos")), escpos::print(&raster))?;
        let raster = receipt.roll(roll, &mut fonts).for_roll(&fonts);
        std::fs::write(folder.join(format!("receipt-{name}.png")), raster.png_of_bits()?)?;
    }
    std::fs::write(folder.join("bill-share.png"), bill.roll(Roll::Mm80, &mut fonts).picture(&fonts)?)?;
    std::fs::write(folder.join("bill.pdf"), bills_pdf(std::slice::from_ref(&bill), false)?)?;
    std::fs::write(folder.join("bills.pdf"), bills_pdf(&[bill.clone(), bill.clone(), bill.clone()], true)?)?;
    std::fs::write(folder.join("receipt.pdf"), receipt_pdf(&receipt)?)?;
    let code = bill.code.ok_or("a bill without a code")?;
    std::fs::write(folder.join("qr.txt"), code.text())?;
    std::fs::write(folder.join("bars.txt"), code.bar_code().unwrap_or_default())?;
    Ok(())
}
