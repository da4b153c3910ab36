//! Bills and receipts: their facts, and how they lie on a roll and on a page.
//!
//! A paper holds texts and numbers only, ready to be read: whoever knows the programme and the registry fills it in.
//! Everything on it is Thai, because those who pay are.

mod codes;
mod page;
mod roll;

use crate::BadPaper;
use crate::raster::Raster;
use crate::shape::Shape;
use crate::text::Fonts;
use domain::billing::{Bill, LineKind};
use domain::money::Satang;
use domain::promptpay::Payment;
use domain::thai_date;

/// Something to be said of the customer: เลขที่ผู้ใช้น้ำ, 0012345.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// What it is.
    pub label: String,
    /// What it is here.
    pub value: String,
}

impl Said {
    /// A label and a value.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Said {
        Said { label: label.into(), value: value.into() }
    }
}

/// Who is paid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct From {
    /// Name of the office.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Telephone.
    pub tel: String,
    /// Taxpayer's number.
    pub tax_id: String,
}

/// A bill, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BillPaper {
    /// Who is paid.
    pub from: From,
    /// What the paper is called.
    pub title: String,
    /// What is said of the customer, in order. The name comes first.
    pub customer: Vec<Said>,
    /// The cycle, as people say it: พฤศจิกายน 2569.
    pub cycle: String,
    /// What a unit is called.
    pub unit: String,
    /// What the charge for use is called: ค่าน้ำ.
    pub use_title: String,
    /// What the monthly fee is called.
    pub fee_title: String,
    /// The bill.
    pub bill: Bill,
    /// Value added tax in basis points.
    pub vat_bp: u32,
    /// The reader's remark in words; empty where there is nothing to say.
    pub comment: String,
    /// How it can be paid by telephone; none where nothing is to be paid.
    pub code: Option<Payment>,
    /// What is left to be paid of it and of what is older, on the day of printing.
    pub open: Satang,
    /// It does not stand any more, and why.
    pub void: Option<String>,
    /// Which copy this is; 0 is the original.
    pub copy: u32,
    /// What stands at the foot.
    pub footer: String,
    /// When and by whom it was printed, and with which version.
    pub printed: String,
}

/// A receipt, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReceiptPaper {
    /// Who was paid.
    pub from: From,
    /// The receipt's number.
    pub no: String,
    /// When, as people read it.
    pub at: String,
    /// What is said of the customer.
    pub customer: Vec<Said>,
    /// What was paid for: a text and its amount each.
    pub items: Vec<(String, Satang)>,
    /// How it came: เงินสด.
    pub means: String,
    /// Who took it.
    pub by: String,
    /// Which copy this is; 0 is the original.
    pub copy: u32,
    /// It was cancelled since, and why.
    pub cancelled: Option<String>,
    /// When it was printed, and with which version.
    pub printed: String,
}

/// The paper of a thermal printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roll {
    /// 58 mm wide, 384 dots printed.
    Mm58,
    /// 80 mm wide, 576 dots printed.
    Mm80,
}

/// Dots a millimetre of thermal printers.
pub const ROLL_DOTS: f32 = 8.0;

impl Roll {
    /// What is printed of the width, in millimetres.
    fn width(self) -> f32 {
        match self {
            Roll::Mm58 => 48.0,
            Roll::Mm80 => 72.0,
        }
    }

    /// The em of running text.
    fn size(self) -> f32 {
        match self {
            Roll::Mm58 => 3.1,
            Roll::Mm80 => 3.6,
        }
    }
}

/// Shapes with the size of what they lie on, in millimetres.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// Width and height.
    pub size: (f32, f32),
    /// What is drawn.
    pub shapes: Vec<Shape>,
}

impl Drawing {
    /// The dots of a thermal printer.
    pub fn for_roll(&self, fonts: &Fonts) -> Raster {
        Raster::draw(self.size, ROLL_DOTS, &self.shapes, fonts)
    }

    /// A picture to send on, as sharp as a telephone shows it, with a white margin.
    ///
    /// # Errors
    /// [`BadPaper::NotEncoded`].
    pub fn picture(&self, fonts: &Fonts) -> Result<Vec<u8>, BadPaper> {
        const MARGIN: f32 = 4.0;
        // A whole number of dots for each module of the code, which is a multiple of a printer's dot.
        const DOTS: f32 = 16.0;
        let shapes: Vec<Shape> =
            self.shapes.iter().map(|shape| shape.clone().moved((MARGIN, MARGIN))).collect();
        let size = (self.size.0 + 2.0 * MARGIN, self.size.1 + 2.0 * MARGIN);
        Raster::draw(size, DOTS, &shapes, fonts).png()
    }
}

/// A5 across, half of an A4 page: width and height in millimetres.
pub const A5_ACROSS: (f32, f32) = (210.0, 148.5);
/// A4.
pub const A4: (f32, f32) = (210.0, 297.0);

impl BillPaper {
    /// The bill on a roll.
    pub fn roll(&self, roll: Roll, fonts: &mut Fonts) -> Drawing {
        roll::bill(self, roll, fonts)
    }

    /// The bill on half a page ([`A5_ACROSS`]).
    pub fn page(&self, fonts: &mut Fonts) -> Drawing {
        page::bill(self, fonts)
    }

    /// The charges, a label and an amount each.
    fn charges(&self) -> Vec<(String, Satang)> {
        let label = |line: &domain::billing::Line| match (line.kind, &line.title) {
            (_, Some(title)) if !title.th.is_empty() => title.th.clone(),
            (LineKind::Use, _) => self.use_title.clone(),
            (LineKind::Discount, _) => "ส่วนลด".to_owned(),
            (LineKind::ServiceFee, _) => self.fee_title.clone(),
            (LineKind::Extra, _) => "ค่าบริการอื่น".to_owned(),
            (LineKind::Vat, _) => format!("ภาษีมูลค่าเพิ่ม {}%", percent(self.vat_bp)),
            (LineKind::Rounding, _) => "ปัดเศษ".to_owned(),
        };
        self.bill.lines.iter().map(|line| (label(line), line.amount)).collect()
    }

    /// The day by which it is to be paid, as people read it.
    fn due(&self) -> String {
        match self.bill.due_on.as_str() {
            "" => "หักบัญชีธนาคาร".to_owned(),
            day => thai_date::of_any_precision(day),
        }
    }

    /// What is to be paid now, and what it is called. Without an amount where nothing is.
    fn asked(&self) -> (&'static str, Option<Satang>) {
        match self.bill.payable() {
            _ if self.void.is_some() => ("ไม่ต้องชำระตามใบนี้", None),
            payable if self.open <= Satang::ZERO && payable > Satang::ZERO => ("ชำระครบแล้ว", None),
            payable if self.open != payable => ("คงเหลือต้องชำระ", Some(self.open)),
            payable => ("ต้องชำระ", Some(payable)),
        }
    }

    /// What the bill asked for when it was issued, and by how much less that is now, where it is not the same.
    fn since(&self) -> Option<(Satang, Satang)> {
        let payable = self.bill.payable();
        (self.void.is_none() && payable != self.open).then_some((payable, payable - self.open))
    }

    /// What stands below the title.
    fn below_title(&self) -> [String; 3] {
        [NO_RECEIPT.to_owned(), copy_mark(self.copy), self.void.clone().unwrap_or_default()]
    }

    fn units(&self) -> String {
        let estimated = if self.bill.estimated { " (เฉลี่ย)" } else { "" };
        format!("{} {}{estimated}", self.bill.units, self.unit)
    }

    fn arrears_label(&self) -> String {
        format!("ค้างชำระ {} งวด", self.bill.before.cycles)
    }
}

/// `7`, `7.5`.
fn percent(basis_points: u32) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:02}").trim_end_matches('0').to_owned() }
}

/// `สำเนาครั้งที่ 2`; nothing on the original.
fn copy_mark(copy: u32) -> String {
    if copy == 0 { String::new() } else { format!("สำเนาครั้งที่ {copy}") }
}

/// What a bill says of itself beside its title.
const NO_RECEIPT: &str = "ไม่ใช่ใบเสร็จรับเงิน";

impl ReceiptPaper {
    /// The receipt on a roll.
    pub fn roll(&self, roll: Roll, fonts: &mut Fonts) -> Drawing {
        roll::receipt(self, roll, fonts)
    }

    /// The receipt on half a page ([`A5_ACROSS`]).
    pub fn page(&self, fonts: &mut Fonts) -> Drawing {
        page::receipt(self, fonts)
    }

    /// What was paid in all.
    pub fn amount(&self) -> Satang {
        self.items.iter().map(|(_, amount)| *amount).sum()
    }
}

/// Bills as one file, a page of half an A4 each, or two on an A4 page to be cut apart.
///
/// # Errors
/// [`BadPaper::NoFont`].
#[cfg(feature = "pdf")]
pub fn bills_pdf(bills: &[BillPaper], two_a_page: bool) -> Result<Vec<u8>, BadPaper> {
    let mut fonts = Fonts::load().ok_or(BadPaper::NoFont)?;
    let mut file = crate::pdf::File::new();
    for pair in bills.chunks(if two_a_page { 2 } else { 1 }) {
        let size = if two_a_page { A4 } else { A5_ACROSS };
        let mut shapes = Vec::new();
        for (at, bill) in pair.iter().enumerate() {
            let down = at as f32 * A5_ACROSS.1;
            shapes.extend(bill.page(&mut fonts).shapes.into_iter().map(|shape| shape.moved((0.0, down))));
        }
        if two_a_page {
            shapes.push(Shape::Box { x: 0.0, y: A5_ACROSS.1, width: 6.0, height: 0.1, colour: [160; 3] });
            shapes.push(Shape::Box {
                x: A4.0 - 6.0,
                y: A5_ACROSS.1,
                width: 6.0,
                height: 0.1,
                colour: [160; 3],
            });
        }
        file.page(size, &crate::pdf::stream(size.1, &shapes));
    }
    Ok(file.finished(&fonts))
}

/// A receipt as a page of half an A4.
///
/// # Errors
/// [`BadPaper::NoFont`].
#[cfg(feature = "pdf")]
pub fn receipt_pdf(receipt: &ReceiptPaper) -> Result<Vec<u8>, BadPaper> {
    let mut fonts = Fonts::load().ok_or(BadPaper::NoFont)?;
    let mut file = crate::pdf::File::new();
    let drawing = receipt.page(&mut fonts);
    file.page(drawing.size, &crate::pdf::stream(drawing.size.1, &drawing.shapes));
    Ok(file.finished(&fonts))
}

#[cfg(test)]
mod tests;
