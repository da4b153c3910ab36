//! Papers on a roll: one column, as long as it needs to be.

use super::{BillPaper, Drawing, From, ROLL_DOTS, ReceiptPaper, Roll, Said, codes, copy_mark};
use crate::flow::{Align, Flow, LEADING};
use crate::text::{Fonts, Weight};
use domain::billing::Month;
use domain::money::Satang;
use domain::thai_date;

fn begin(roll: Roll, fonts: &mut Fonts) -> Flow<'_> {
    Flow::new(fonts, (0.5, 1.0), roll.width() - 1.0, roll.size())
}

fn finish(flow: Flow<'_>, roll: Roll) -> Drawing {
    // To a whole dot, so that the last row of the picture is white.
    let height = ((flow.y + 2.0) * ROLL_DOTS).ceil() / ROLL_DOTS;
    Drawing { size: (roll.width(), height), shapes: flow.shapes }
}

fn head(flow: &mut Flow<'_>, from: &From, title: &str, below: &[&str]) {
    let size = flow.size;
    flow.text(&from.name, size * 1.1, Weight::Bold, Align::Middle);
    if !from.tel.is_empty() {
        flow.text(&format!("โทร. {}", from.tel), size * 0.9, Weight::Regular, Align::Middle);
    }
    flow.gap(size * 0.4);
    flow.text(title, size * 1.35, Weight::Bold, Align::Middle);
    for text in below {
        flow.text(text, size, Weight::Bold, Align::Middle);
    }
    flow.rule();
}

/// Whose a paper is; on a page as on a roll.
pub(super) fn customer(flow: &mut Flow<'_>, said: &[Said]) {
    for Said { label, value } in said {
        flow.pair(label, value, Weight::Regular);
    }
}

/// What the month costs, and what stood before; on a page as on a roll.
pub(super) fn sums(flow: &mut Flow<'_>, paper: &BillPaper) {
    let bill = &paper.bill;
    for (label, amount) in paper.charges() {
        flow.pair(&label, &amount.to_string(), Weight::Regular);
    }
    flow.pair("รวมเดือนนี้", &bill.total.to_string(), Weight::Bold);
    if bill.before.arrears > Satang::ZERO {
        flow.pair(&paper.arrears_label(), &bill.before.arrears.to_string(), Weight::Bold);
    }
    if bill.before.credit > Satang::ZERO {
        flow.pair("หักเงินรับไว้เกิน", &format!("-{}", bill.before.credit), Weight::Regular);
    }
    if let Some((payable, less)) = paper.since() {
        flow.pair("ยอดตามใบแจ้ง", &payable.to_string(), Weight::Regular);
        if less > Satang::ZERO {
            flow.pair("ชำระหรือปรับแล้ว", &format!("-{less}"), Weight::Regular);
        }
    }
}

pub(super) fn bill(paper: &BillPaper, roll: Roll, fonts: &mut Fonts) -> Drawing {
    let mut flow = begin(roll, fonts);
    let (bill, size) = (&paper.bill, flow.size);
    head(&mut flow, &paper.from, &paper.title, &paper.below_title().each_ref().map(String::as_str));
    flow.pair("ประจำเดือน", &paper.cycle, Weight::Bold);
    flow.pair("เลขที่ใบแจ้ง", &bill.no.grouped(), Weight::Regular);
    customer(&mut flow, &paper.customer);
    flow.rule();
    dial(&mut flow, paper);
    flow.rule();
    sums(&mut flow, paper);
    flow.gap(size * 0.4);
    let top = flow.y;
    flow.y += size * 0.35;
    flow.left += 1.2;
    flow.width -= 2.4;
    match paper.asked() {
        (asked, Some(amount)) => {
            flow.pair_sized(asked, &format!("{amount} บาท"), size * 1.35, Weight::Bold);
            flow.pair_sized("ภายใน", &paper.due(), size * 1.1, Weight::Bold);
        }
        (asked, None) => flow.text(asked, size * 1.35, Weight::Bold, Align::Middle),
    }
    flow.left -= 1.2;
    flow.width += 2.4;
    let (left, width, height) = (flow.left, flow.width, flow.y - top + size * 0.2);
    flow.outline((left, top), width, height);
    flow.y = top + height + size * 0.5;
    pay(&mut flow, paper);
    months(&mut flow, paper);
    if !paper.comment.is_empty() {
        flow.pair("หมายเหตุ", &paper.comment, Weight::Regular);
    }
    flow.text(&paper.footer, size * 0.9, Weight::Regular, Align::Left);
    flow.gap(size * 0.3);
    flow.text(&paper.printed, size * 0.8, Weight::Regular, Align::Left);
    finish(flow, roll)
}

/// What the dial showed then and now.
fn dial(flow: &mut Flow<'_>, paper: &BillPaper) {
    let bill = &paper.bill;
    let shown = |day: &str, dial: Option<i64>| {
        let day = if day.is_empty() { String::new() } else { thai_date::of_any_precision(day) };
        match dial {
            Some(dial) => format!("{day}   {dial}"),
            None => day,
        }
    };
    flow.pair("อ่านครั้งก่อน", &shown(&bill.previous_on, bill.previous), Weight::Regular);
    flow.pair("อ่านครั้งนี้", &shown(&bill.read_on, bill.reading), Weight::Regular);
    flow.pair_sized("จำนวนที่ใช้", &paper.units(), flow.size * 1.15, Weight::Bold);
}

/// The codes: the bars along the left edge, the square and the references to their right.
fn pay(flow: &mut Flow<'_>, paper: &BillPaper) {
    let Some(payment) = &paper.code else { return };
    let dot = 1.0 / ROLL_DOTS;
    let size = flow.size;
    let (left, width, top) = (flow.left, flow.width, flow.y);
    flow.text("สแกนจ่ายด้วยแอปธนาคาร", size, Weight::Bold, Align::Middle);
    let below = flow.y;
    let bar_width = width * 0.17;
    let bars = codes::bars_along(payment, (left + 1.5, below), 2.0 * dot, bar_width);
    let indent = if bars.is_some() { bar_width + 3.0 } else { 0.0 };
    (flow.left, flow.width) = (left + indent, width - indent);
    let room = flow.width.min(52.0);
    if let Some((_, side)) = codes::square(payment, (0.0, 0.0), room, dot) {
        let x = flow.left + (flow.width - side) / 2.0;
        let x = (x * ROLL_DOTS).round() * dot;
        if let Some((shape, side)) = codes::square(payment, (x, below), room, dot) {
            flow.shapes.push(shape);
            flow.y = below + side + 0.5;
        }
    }
    for (label, value) in codes::references(payment) {
        flow.pair_sized(label, &value, size * 0.85, Weight::Regular);
    }
    let mut bottom = flow.y;
    if let Some((shapes, length)) = bars {
        flow.shapes.extend(shapes);
        bottom = bottom.max(below + length);
        // The picture of the last months stands where the bars leave room.
        if bottom - flow.y > months_height(size) && !paper.bill.months.is_empty() {
            flow.y = bottom - months_height(size);
            bars_of_months(flow, paper);
        }
    }
    (flow.left, flow.width, flow.y) = (left, width, bottom.max(top) + size * 0.4);
}

fn has_room_beside_the_bars(paper: &BillPaper) -> bool {
    paper.code.as_ref().is_some_and(|payment| payment.bar_code().is_some())
}

fn months(flow: &mut Flow<'_>, paper: &BillPaper) {
    if paper.bill.months.is_empty() || has_room_beside_the_bars(paper) {
        return;
    }
    bars_of_months(flow, paper);
    flow.gap(flow.size * 0.4);
}

fn months_height(size: f32) -> f32 {
    size * (LEADING * 3.2 + 4.0)
}

/// The use of the last months as columns, this one last. Months that are owed for are marked.
pub(super) fn bars_of_months(flow: &mut Flow<'_>, paper: &BillPaper) {
    let bill = &paper.bill;
    let size = flow.size * 0.85;
    flow.text(&format!("การใช้ย้อนหลัง ({})", paper.unit), size, Weight::Regular, Align::Left);
    let this = Month { cycle: bill.read_on.chars().take(7).collect(), units: bill.units, owed: false };
    let all: Vec<&Month> = bill.months.iter().rev().chain([&this]).collect();
    let most = all.iter().map(|month| month.units).max().unwrap_or(0).max(1);
    let (tallest, step) = (flow.size * 3.4, flow.width / all.len().max(1) as f32);
    let base = flow.y + size * LEADING + tallest;
    for (at, month) in all.iter().enumerate() {
        let x = flow.left + at as f32 * step;
        let height = (month.units.max(0) as f32 / most as f32 * tallest).max(0.2);
        let (inset, is_this) = (step * 0.22, at + 1 == all.len());
        if is_this {
            flow.fill((x + inset, base - height), step - 2.0 * inset, height);
        } else {
            flow.outline((x + inset, base - height.max(0.8)), step - 2.0 * inset, height.max(0.8));
        }
        let weight = if is_this { Weight::Bold } else { Weight::Regular };
        flow.y = base - height.max(0.8) - size * LEADING;
        let line = flow.fonts.fitted(&month.units.to_string(), weight, step / size);
        flow.place(line, (x, step), size, weight, Align::Middle);
        flow.y = base + 0.3;
        let mut label = thai_date::cycle(&month.cycle);
        label = label.split(' ').next().unwrap_or_default().to_owned();
        if month.owed {
            label.push('*');
        }
        let line = flow.fonts.fitted(&label, weight, step / size);
        flow.place(line, (x, step), size, weight, Align::Middle);
    }
    flow.y = base + 0.3 + size * LEADING;
    if all.iter().any(|month| month.owed) {
        flow.text("* ยังไม่ได้ชำระ", size, Weight::Regular, Align::Left);
    }
}

pub(super) fn receipt(paper: &ReceiptPaper, roll: Roll, fonts: &mut Fonts) -> Drawing {
    let mut flow = begin(roll, fonts);
    let size = flow.size;
    let cancelled = paper.cancelled.as_ref().map(|why| format!("ยกเลิกแล้ว: {why}")).unwrap_or_default();
    head(&mut flow, &paper.from, "ใบเสร็จรับเงิน", &[&copy_mark(paper.copy), &cancelled]);
    flow.text(&paper.from.address, size * 0.9, Weight::Regular, Align::Left);
    flow.pair("เลขประจำตัวผู้เสียภาษี", &paper.from.tax_id, Weight::Regular);
    flow.pair("เลขที่", &paper.no, Weight::Bold);
    flow.pair("วันที่", &paper.at, Weight::Regular);
    customer(&mut flow, &paper.customer);
    flow.rule();
    for (label, amount) in &paper.items {
        flow.pair(label, &amount.to_string(), Weight::Regular);
    }
    flow.rule();
    flow.pair_sized("รับเงิน", &format!("{} บาท", paper.amount()), size * 1.35, Weight::Bold);
    flow.text(&format!("({})", paper.amount().words()), size, Weight::Regular, Align::Right);
    flow.pair("ชำระโดย", &paper.means, Weight::Regular);
    flow.pair("ผู้รับเงิน", &paper.by, Weight::Regular);
    flow.gap(size * 0.5);
    flow.text(&paper.printed, size * 0.8, Weight::Regular, Align::Left);
    finish(flow, roll)
}
