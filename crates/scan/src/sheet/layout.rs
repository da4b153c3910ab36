//! What goes where on one label, and on one page. Millimetres from the upper left corner.

use qrcode::EcLevel;

use documents::shape::{BLACK, Shape};
use documents::text::{Fonts, Line, Weight};

use super::stock::Stock;
use super::{BadSheet, Label, Sheet};
use crate::label::{qr_modules_at, side_at};

/// Kept free for a knife or a sheet that slips: by text, and by the quiet zone, which is free already.
const TEXT_MARGIN: f32 = 2.0;
const CODE_MARGIN: f32 = 1.0;
/// Modules below this are lost in dirt and on cheap printers.
const LEAST_MODULE: f32 = 0.33;
/// With fewer dots a module, what one dot more or less does to it is seen by the camera.
const LEAST_DOTS: f32 = 4.0;
/// Level H mends more dirt than Q but has smaller modules. With modules below this, Q is read from farther away and
/// no less dirty, as 240 labels each have shown.
const LEAST_MODULE_OF_H: f32 = 0.7;
/// With modules below this one large code is better than two.
const LEAST_MODULE_OF_TWO: f32 = 0.5;
/// The least em that can be read: 5.5 points.
const LEAST_TEXT: f32 = 1.95;
/// The width of the programme's stripe on a label and on a small one, and the room between it and text.
const STRIPE: f32 = 1.5;
const THIN_STRIPE: f32 = 0.8;
const SPACE: f32 = 1.0;

/// The width of a printer's dot.
fn dot_of(sheet: &Sheet) -> f32 {
    25.4 / sheet.dots_per_inch.max(1) as f32
}

/// The largest module of whole printer dots with which `count` modules fit into `room`.
fn module_for(room: f32, count: usize, dot: f32) -> f32 {
    // A hair is added so that an exact fit is not lost to rounding.
    ((room / count.max(1) as f32 / dot + 1e-4).floor()).max(0.0) * dot
}

/// One wish for a line of text: what, how heavy, how large at most.
struct Wish<'a> {
    text: &'a str,
    weight: Weight,
    most: f32,
    colour: [u8; 3],
}

/// The shapes of one label, with two codes if they are wished for and come out large enough.
pub(super) fn label(label: &Label, sheet: &Sheet, fonts: &mut Fonts) -> Result<Vec<Shape>, BadSheet> {
    match sheet.two_copies {
        true => laid_out(label, sheet, true, fonts).or_else(|_| laid_out(label, sheet, false, fonts)),
        false => laid_out(label, sheet, false, fonts),
    }
}

fn laid_out(label: &Label, sheet: &Sheet, is_twice: bool, fonts: &mut Fonts) -> Result<Vec<Shape>, BadSheet> {
    let (width, height) = sheet.stock.label_mm();
    let beside = width > 1.3 * height && !is_twice;

    let halves = label.code.split_at_checked(5).filter(|_| label.code.len() == 10 && label.code.is_ascii());
    let spaced = halves.map_or_else(|| label.code.clone(), |(head, tail)| format!("{head} {tail}"));
    let wish = |text, most, colour| Wish { text, weight: Weight::Regular, most, colour };
    let code_wish = |text, most| Wish { text, weight: Weight::Bold, most, colour: BLACK };
    let small = (height * 0.065).clamp(2.1, 4.0);
    let mut wishes = Vec::new();
    let title = Wish { weight: Weight::Bold, ..wish(label.title.as_str(), small * 1.1, sheet.colour) };
    let name = wish(label.name.as_str(), small * 1.1, BLACK);
    let municipality = wish(sheet.municipality.as_str(), small, BLACK);
    let public = wish(sheet.public_line.as_deref().unwrap_or_default(), small, sheet.colour);
    if beside {
        wishes.push(title);
        match halves {
            Some((head, tail)) => wishes.extend([code_wish(head, 7.5), code_wish(tail, 7.5)]),
            None => wishes.push(code_wish(&spaced, 7.5)),
        }
        // On a low label a citizen needs to know what to do more than whose it is.
        if height < 33.0 && !public.text.is_empty() {
            wishes.extend([name, public]);
        } else {
            wishes.extend([name, municipality, public]);
        }
    } else {
        let code = code_wish(&spaced, (height * 0.11).clamp(2.7, 8.0));
        // What a small label leaves out first comes last here; the order of printing follows below.
        if height >= 60.0 {
            wishes.extend([title, code, name, municipality, public]);
        } else if height >= 45.0 {
            wishes.extend([title, code, municipality, public]);
        } else if height >= 33.0 {
            wishes.extend([code, if public.text.is_empty() { municipality } else { public }]);
        } else {
            wishes.push(code);
        }
    }
    wishes.retain(|wish| !wish.text.trim().is_empty());

    let mut shapes = Vec::new();
    let (text_left, text_width, text_top, text_bottom);
    if beside {
        let room = (height - 2.0 * CODE_MARGIN).min(width * 0.56);
        let code = Code::new(room, &label.link, sheet)?;
        let side = code.side();
        shapes.push(code.at(CODE_MARGIN, (height - side) / 2.0));
        let stripe = width - TEXT_MARGIN - STRIPE;
        shapes.push(Shape::Box {
            x: stripe,
            y: TEXT_MARGIN,
            width: STRIPE,
            height: height - 2.0 * TEXT_MARGIN,
            colour: sheet.colour,
        });
        text_left = CODE_MARGIN + side;
        text_width = stripe - SPACE - text_left;
        (text_top, text_bottom) = (TEXT_MARGIN, height - TEXT_MARGIN);
    } else {
        let stripe = if height < 45.0 { THIN_STRIPE } else { STRIPE };
        let wished: f32 = wishes.iter().map(|wish| wish.most * LEADING).sum();
        // The stripe takes its room from the text.
        let band = wished + stripe + SPACE / 2.0 + TEXT_MARGIN;
        let room_down = height - CODE_MARGIN - band.min(height * 0.4);
        let copies = if is_twice { 2.0 } else { 1.0 };
        let room = room_down.min((width - 2.0 * CODE_MARGIN) / copies);
        let code = Code::new(room, &label.link, sheet)?;
        let side = code.side();
        if is_twice && code.module < LEAST_MODULE_OF_TWO {
            return Err(BadSheet::LabelTooSmall);
        }
        if is_twice {
            let gap = (width - 2.0 * CODE_MARGIN - 2.0 * side).max(0.0);
            let right = CODE_MARGIN + side + gap;
            shapes.extend([code.at(CODE_MARGIN, CODE_MARGIN), code.at(right, CODE_MARGIN)]);
        } else {
            shapes.push(code.at((width - side) / 2.0, CODE_MARGIN));
        }
        text_left = TEXT_MARGIN;
        text_width = width - 2.0 * TEXT_MARGIN;
        (text_top, text_bottom) = (CODE_MARGIN + side, height - TEXT_MARGIN - stripe - SPACE / 2.0);
        shapes.push(Shape::Box {
            x: TEXT_MARGIN,
            y: height - TEXT_MARGIN - stripe,
            width: text_width,
            height: stripe,
            colour: sheet.colour,
        });
    }
    shapes.extend(text_block(&wishes, (text_left, text_width), (text_top, text_bottom), !beside, fonts));
    if !sheet.stock.is_cut {
        shapes.push(Shape::Frame { x: 0.0, y: 0.0, width, height });
    }
    Ok(shapes)
}

/// The level and the module for a square of `room` millimetres: level H where its modules are large enough, else Q.
/// Never less: a label hangs in the weather for years.
fn level_for(room: f32, link: &str, sheet: &Sheet) -> Result<(EcLevel, f32), BadSheet> {
    let module = |level| {
        let count = side_at(link, level).ok()?;
        Some(module_for(room, count, dot_of(sheet)))
    };
    if let Some(module) = module(EcLevel::H).filter(|module| *module >= LEAST_MODULE_OF_H) {
        return Ok((EcLevel::H, module));
    }
    let module = module(EcLevel::Q).ok_or(BadSheet::LinkTooLong)?;
    if module < LEAST_MODULE.max(LEAST_DOTS * dot_of(sheet)) {
        Err(BadSheet::LabelTooSmall)
    } else {
        Ok((EcLevel::Q, module))
    }
}

/// A code with its quiet zone, as large as its room allows.
struct Code {
    module: f32,
    modules: Vec<Vec<bool>>,
}

impl Code {
    fn new(room: f32, link: &str, sheet: &Sheet) -> Result<Self, BadSheet> {
        let (level, module) = level_for(room, link, sheet)?;
        let modules = qr_modules_at(link, level).map_err(|_| BadSheet::LinkTooLong)?;
        Ok(Self { module, modules })
    }

    fn side(&self) -> f32 {
        self.module * self.modules.len() as f32
    }

    fn at(&self, x: f32, y: f32) -> Shape {
        Shape::Code { x, y, module: self.module, modules: self.modules.clone() }
    }
}

/// The height of a line in ems: Thai has marks on two levels above and one below.
const LEADING: f32 = 1.25;
/// How far below its top a line's base line lies, in ems.
const ASCENT: f32 = 0.98;

/// Lines one below the other, in the middle of the room from top to bottom. Each is as large as wished unless it
/// is too wide; if all together are too high, all shrink; what would be too small to read is cut short or left out.
fn text_block(
    wishes: &[Wish<'_>],
    (left, width): (f32, f32),
    (top, bottom): (f32, f32),
    is_centred: bool,
    fonts: &mut Fonts,
) -> Vec<Shape> {
    let mut set: Vec<(f32, Weight, [u8; 3], Line)> = Vec::new();
    for wish in wishes {
        let mut line = fonts.shape(wish.text, wish.weight);
        let mut size = wish.most.min(width / line.width.max(0.01));
        if size < LEAST_TEXT {
            size = LEAST_TEXT;
            line = fonts.fitted(wish.text, wish.weight, width / size);
        }
        set.push((size, wish.weight, wish.colour, line));
    }
    let height =
        |set: &[(f32, Weight, [u8; 3], Line)]| set.iter().map(|(size, ..)| size * LEADING).sum::<f32>();
    let room = bottom - top;
    let shrink = (room / height(&set).max(0.01)).min(1.0);
    set.iter_mut().for_each(|(size, ..)| *size = (*size * shrink).max(LEAST_TEXT.min(*size)));
    while set.len() > 1 && height(&set) > room + 0.05 {
        set.pop();
    }
    let mut y = top + (room - height(&set)).max(0.0) / 2.0;
    set.into_iter()
        .map(|(size, weight, colour, line)| {
            let x = if is_centred { left + (width - line.width * size) / 2.0 } else { left };
            let text = Shape::Text { x, y: y + size * ASCENT, size, weight, colour, line };
            y += size * LEADING;
            text
        })
        .collect()
}

/// A page with nothing but rulers and outlines, to be printed and held against a sheet of stickers.
pub(super) fn calibration(sheet: &Sheet, fonts: &mut Fonts) -> Vec<Shape> {
    let mut shapes = Vec::new();
    let (width, height) = sheet.stock.label_mm();
    for index in 0..sheet.stock.count() {
        let (x, y) = sheet.stock.corner(index);
        shapes.push(Shape::Frame { x, y, width, height });
        let (middle_x, middle_y) = (x + width / 2.0, y + height / 2.0);
        shapes.push(Shape::Box {
            x: middle_x - 2.0,
            y: middle_y - 0.05,
            width: 4.0,
            height: 0.1,
            colour: BLACK,
        });
        shapes.push(Shape::Box {
            x: middle_x - 0.05,
            y: middle_y - 2.0,
            width: 0.1,
            height: 4.0,
            colour: BLACK,
        });
    }
    let (page_width, page_height) = sheet.stock.page_mm();
    let (across, down) = (ruler_length(page_width), ruler_length(page_height));
    let (ruler_x, ruler_y) = ((page_width - f32::from(across)) / 2.0, 8.0);
    let (side_x, side_y) = (4.0f32.min(ruler_x - 3.5), (page_height - f32::from(down)) / 2.0);
    for mark in 0..=across.max(down) {
        let length = if mark % 10 == 0 {
            3.0
        } else if mark % 5 == 0 {
            2.0
        } else {
            1.2
        };
        let at = f32::from(mark);
        if mark <= across {
            shapes.push(Shape::Box {
                x: ruler_x + at - 0.05,
                y: ruler_y,
                width: 0.1,
                height: length,
                colour: BLACK,
            });
        }
        if mark <= down {
            shapes.push(Shape::Box {
                x: side_x,
                y: side_y + at - 0.05,
                width: length,
                height: 0.1,
                colour: BLACK,
            });
        }
    }
    let say = |text: &str, y: f32, fonts: &mut Fonts| {
        let size = 3.2;
        // Beside the ruler at the side, which on a roll reaches up to the words.
        let line = fonts.fitted(text, Weight::Regular, (page_width - 16.0) / size);
        let x = (page_width - line.width * size) / 2.0;
        Shape::Text { x, y, size, weight: Weight::Regular, colour: BLACK, line }
    };
    let is_roll = across < 100;
    let ruler = match is_roll {
        true => format!("ต้องยาว {across} มม. พอดี"),
        false => "ไม้บรรทัดนี้ต้องยาว 100 มม. พอดี ถ้าไม่ใช่ ให้พิมพ์ที่ \"ขนาดจริง 100%\" (actual size)".to_owned(),
    };
    let outlines = match is_roll {
        true => "กรอบต้องตรงขอบป้าย",
        false => "วางทาบแผ่นสติกเกอร์ ถ้ากรอบไม่ตรง ให้วัดแล้วใส่ระยะเลื่อน (offset) เป็น มม.",
    };
    shapes.push(say(&ruler, 7.0, fonts));
    shapes.push(say(outlines, page_height - 6.0, fonts));
    shapes
}

/// Whole centimetres that fit on a page with its edges, 100 mm at most.
fn ruler_length(page: f32) -> u8 {
    let centimetres = (1..=10u8).rev().find(|count| f32::from(*count) * 10.0 <= page - 10.0);
    centimetres.unwrap_or(1) * 10
}

/// Where a stock's label lies on the page, with the printer's own error taken off.
pub(super) fn corner(stock: &Stock, index: usize, offset_um: (i32, i32)) -> (f32, f32) {
    let (x, y) = stock.corner(index);
    (x + offset_um.0 as f32 / 1000.0, y + offset_um.1 as f32 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::super::STOCKS;
    use super::*;

    #[test]
    fn the_calibration_page_of_every_paper_lies_on_it() {
        for stock in &STOCKS {
            let (page_width, page_height) = stock.page_mm();
            let mut fonts = Fonts::load().unwrap();
            let mut texts = Vec::new();
            for shape in calibration(&Sheet::new(stock), &mut fonts) {
                let (left, top, width, height) = match shape {
                    Shape::Box { x, y, width, height, .. } | Shape::Frame { x, y, width, height } => {
                        (x, y, width, height)
                    }
                    Shape::Text { x, y, size, line, .. } => {
                        texts.push(line.width * size);
                        (x, y - size, line.width * size, size * LEADING)
                    }
                    other => panic!("{other:?}"),
                };
                let is_on = left >= 0.0
                    && top >= 0.0
                    && left + width <= page_width + 0.01
                    && top + height <= page_height + 0.01;
                assert!(is_on, "{}: {left} {top} {width} {height}", stock.name);
            }
            assert!(texts.len() == 2 && texts.iter().all(|width| *width > 15.0), "{}: {texts:?}", stock.name);
        }
    }
}
