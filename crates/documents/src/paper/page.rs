//! Papers on half an A4 page, across: what is said on the left, what is to be paid on the right, bars at the foot.

use super::roll::{bars_of_months, customer, sums};
use super::{A5_ACROSS, BillPaper, Drawing, From, ReceiptPaper, codes, copy_mark};
use crate::flow::{Align, Flow, LEADING};
use crate::text::{Fonts, Weight};
use domain::money::Satang;
use domain::thai_date;

const MARGIN: f32 = 12.0;
/// Where the right column begins, and how wide it is.
const RIGHT: f32 = 128.0;
const RIGHT_WIDTH: f32 = A5_ACROSS.0 - MARGIN - RIGHT;
const LEFT_WIDTH: f32 = RIGHT - MARGIN - 8.0;
const SIZE: f32 = 4.2;
/// The ems that are tried in turn: what is long is set in smaller type rather than over its own foot.
const SIZES: [f32; 5] = [SIZE, 3.8, 3.4, 3.0, 2.6];
/// Where the foot begins.
const FOOT: f32 = A5_ACROSS.1 - 23.0;
/// Where that of a receipt does, which is a single line.
const RECEIPT_FOOT: f32 = A5_ACROSS.1 - 11.5;
/// A dot of a printer of 600 dots an inch: modules are whole multiples of it.
const DOT: f32 = 25.4 / 600.0;

fn head<'f>(fonts: &'f mut Fonts, from: &From, title: &str, below: &[&str]) -> Flow<'f> {
    let mut flow = Flow::new(fonts, (MARGIN, MARGIN - 3.0), LEFT_WIDTH, SIZE);
    flow.text(&from.name, SIZE * 1.3, Weight::Bold, Align::Left);
    let contact = [from.address.clone(), tel(from)].join(" ");
    flow.text(contact.trim(), SIZE * 0.85, Weight::Regular, Align::Left);
    let left_bottom = flow.y;
    (flow.left, flow.width, flow.y) = (RIGHT - 6.0, RIGHT_WIDTH + 6.0, MARGIN - 3.0);
    flow.text(title, SIZE * 1.35, Weight::Bold, Align::Right);
    for text in below {
        flow.text(text, SIZE, Weight::Bold, Align::Right);
    }
    flow.y = flow.y.max(left_bottom) + 1.0;
    flow.fill((MARGIN, flow.y), A5_ACROSS.0 - 2.0 * MARGIN, 0.5);
    flow.y += 2.5;
    (flow.left, flow.width) = (MARGIN, LEFT_WIDTH);
    flow
}

fn tel(from: &From) -> String {
    if from.tel.is_empty() { String::new() } else { format!("โทร. {}", from.tel) }
}

/// What is said on the left: whose it is, what was used, what it costs.
fn said(flow: &mut Flow<'_>, paper: &BillPaper) {
    let bill = &paper.bill;
    customer(flow, &paper.customer);
    flow.rule();
    let shown = |day: &str, dial: Option<i64>| {
        let day = if day.is_empty() { String::new() } else { thai_date::of_any_precision(day) };
        format!("{day}   {}", dial.map(|dial| dial.to_string()).unwrap_or_default()).trim().to_owned()
    };
    flow.pair("อ่านครั้งก่อน", &shown(&bill.previous_on, bill.previous), Weight::Regular);
    flow.pair("อ่านครั้งนี้", &shown(&bill.read_on, bill.reading), Weight::Regular);
    flow.pair("จำนวนที่ใช้", &paper.units(), Weight::Bold);
    flow.rule();
    sums(flow, paper);
    if !paper.comment.is_empty() {
        flow.pair("หมายเหตุ", &paper.comment, Weight::Regular);
    }
}

pub(super) fn bill(paper: &BillPaper, fonts: &mut Fonts) -> Drawing {
    let bill = &paper.bill;
    let mut flow =
        head(fonts, &paper.from, &paper.title, &paper.below_title().each_ref().map(String::as_str));
    let top = flow.y;
    let before = flow.shapes.len();
    for size in SIZES {
        flow.shapes.truncate(before);
        (flow.y, flow.size) = (top, size);
        said(&mut flow, paper);
        if flow.y <= FOOT {
            break;
        }
    }
    flow.size = SIZE;

    (flow.left, flow.width, flow.y) = (RIGHT, RIGHT_WIDTH, top);
    flow.pair("ประจำเดือน", &paper.cycle, Weight::Bold);
    flow.pair_sized("เลขที่ใบแจ้ง", &bill.no.grouped(), SIZE * 0.85, Weight::Regular);
    let box_top = flow.y + 1.0;
    flow.y = box_top + 1.5;
    (flow.left, flow.width) = (RIGHT + 2.5, RIGHT_WIDTH - 5.0);
    let (asked, amount) = paper.asked();
    flow.text(asked, SIZE, Weight::Regular, Align::Left);
    if let Some(amount) = amount {
        flow.text(&format!("{amount} บาท"), SIZE * 1.9, Weight::Bold, Align::Right);
        flow.pair("ภายใน", &paper.due(), Weight::Bold);
    }
    (flow.left, flow.width) = (RIGHT, RIGHT_WIDTH);
    let height = flow.y - box_top + 1.0;
    flow.outline((RIGHT, box_top), RIGHT_WIDTH, height);
    flow.y = box_top + height + 1.5;
    if let Some(payment) = &paper.code {
        let room = 38.0;
        if let Some((shape, side)) = codes::square(payment, (RIGHT - 2.0, flow.y), room, DOT) {
            flow.shapes.push(shape);
            let beside = flow.y;
            (flow.left, flow.width) = (RIGHT + side - 1.0, RIGHT_WIDTH - side + 1.0);
            flow.y += 3.0;
            flow.text("สแกนจ่าย ด้วยแอปธนาคาร", SIZE * 0.95, Weight::Bold, Align::Left);
            for (label, value) in codes::references(payment) {
                flow.text(label, SIZE * 0.7, Weight::Regular, Align::Left);
                flow.text(&value, SIZE * 0.75, Weight::Bold, Align::Left);
            }
            (flow.left, flow.width, flow.y) = (RIGHT, RIGHT_WIDTH, flow.y.max(beside + side) + 0.5);
        }
    }
    flow.size = SIZE * 0.75;
    if !bill.months.is_empty() && FOOT - flow.y > 20.0 {
        bars_of_months(&mut flow, paper);
    }
    foot_of(flow, paper.code.as_ref(), &paper.footer, &paper.printed)
}

/// The cashiers' bars and the small print at the foot.
fn foot_of(
    mut flow: Flow<'_>,
    payment: Option<&domain::promptpay::Payment>,
    footer: &str,
    printed: &str,
) -> Drawing {
    let width = A5_ACROSS.0 - 2.0 * MARGIN;
    let bottom = A5_ACROSS.1 - 7.0;
    let bars = payment.and_then(|payment| codes::bars_across(payment, (0.0, 0.0), 1.0, 1.0));
    if let Some((_, modules)) = bars
        && let Some(payment) = payment
    {
        let module = ((width * 0.62 / modules / DOT).floor()).clamp(5.0, 9.0) * DOT;
        if let Some((shapes, length)) = codes::bars_across(
            payment,
            (A5_ACROSS.0 - MARGIN - modules * module + 10.0 * module, bottom - 14.0),
            module,
            11.0,
        ) {
            flow.shapes.extend(shapes);
            flow.width = width - length + 4.0;
        }
    } else {
        flow.width = width;
    }
    (flow.left, flow.size) = (MARGIN, SIZE * 0.8);
    flow.y = bottom - 14.0;
    flow.text(footer, SIZE * 0.8, Weight::Regular, Align::Left);
    flow.y = flow.y.max(bottom - 4.0);
    let line = flow.fonts.fitted(printed, Weight::Regular, flow.width / (SIZE * 0.65));
    let (left, width) = (flow.left, flow.width);
    flow.place(line, (left, width), SIZE * 0.65, Weight::Regular, Align::Left);
    Drawing { size: A5_ACROSS, shapes: flow.shapes }
}

pub(super) fn receipt(paper: &ReceiptPaper, fonts: &mut Fonts) -> Drawing {
    let cancelled = paper.cancelled.as_ref().map(|why| format!("ยกเลิกแล้ว: {why}")).unwrap_or_default();
    let mut flow = head(fonts, &paper.from, "ใบเสร็จรับเงิน", &[&copy_mark(paper.copy), &cancelled]);
    let top = flow.y;
    customer(&mut flow, &paper.customer);
    let left_bottom = flow.y;
    (flow.left, flow.width, flow.y) = (RIGHT, RIGHT_WIDTH, top);
    flow.pair("เลขที่", &paper.no, Weight::Bold);
    flow.pair("วันที่", &paper.at, Weight::Regular);
    flow.pair("เลขผู้เสียภาษี", &paper.from.tax_id, Weight::Regular);
    let top = flow.y.max(left_bottom);
    let before = flow.shapes.len();
    for size in SIZES {
        flow.shapes.truncate(before);
        (flow.y, flow.size) = (top, size);
        paid(&mut flow, paper, &paper.items);
        if flow.y <= RECEIPT_FOOT {
            break;
        }
    }
    // The months of years fit in no size: as many of the oldest as are too many share a line.
    let (mut over, mut shared) = (flow.y - RECEIPT_FOOT, 1);
    while over > 0.0 {
        over -= flow.size * LEADING;
        shared += 1;
    }
    if shared > 1 {
        flow.shapes.truncate(before);
        flow.y = top;
        paid(&mut flow, paper, &folded(&paper.items, shared));
    }
    flow.size = SIZE;
    foot_of(flow, None, "", &paper.printed)
}

/// What was paid for and what it comes to, across the page, and below it who took it.
fn paid(flow: &mut Flow<'_>, paper: &ReceiptPaper, items: &[(String, Satang)]) {
    let size = flow.size;
    (flow.left, flow.width) = (MARGIN, A5_ACROSS.0 - 2.0 * MARGIN);
    flow.rule();
    for (label, amount) in items {
        flow.pair(label, &amount.to_string(), Weight::Regular);
    }
    flow.rule();
    flow.pair_sized("รวมเงิน", &format!("{} บาท", paper.amount()), size * 1.3, Weight::Bold);
    flow.text(&format!("({})", paper.amount().words()), size, Weight::Regular, Align::Right);
    flow.pair("ชำระโดย", &paper.means, Weight::Regular);
    flow.gap(12.0);
    flow.fill((RIGHT, flow.y), RIGHT_WIDTH, 0.2);
    flow.gap(0.5);
    (flow.left, flow.width) = (RIGHT, RIGHT_WIDTH);
    flow.text(&format!("ผู้รับเงิน {}", paper.by), size, Weight::Regular, Align::Middle);
}

/// Items of which the first, which are the oldest, share one line.
pub(super) fn folded(items: &[(String, Satang)], shared: usize) -> Vec<(String, Satang)> {
    let (old, rest) = items.split_at(shared.min(items.len()));
    let (Some((first, _)), Some((last, _))) = (old.first(), old.last()) else { return items.to_vec() };
    let label = format!("{first} ถึง {last} รวม {} รายการ", old.len());
    let sum: Satang = old.iter().map(|(_, amount)| *amount).sum();
    std::iter::once((label, sum)).chain(rest.iter().cloned()).collect()
}
