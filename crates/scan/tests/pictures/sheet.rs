//! Sheets of labels: what is on them, where, and that what is printed can be read back.

use crate::draw;
use scan::sheet::{BadSheet, Label, Sheet, Stock, calibration_pdf, engraving_svg, fit, pdf, single_pdf, svg};
use scan::{Effort, LumaBuf};

fn label(number: usize) -> Label {
    Label {
        link: format!("HTTPS://Q.EXAMPLE.GO.TH/Q/7K3D9QX{number:03}"),
        code: format!("7K3D9QX{number:03}"),
        title: "มิเตอร์น้ำ".into(),
        name: format!("สาย 3 เลขที่ {number}"),
    }
}

fn sheet(stock: &str) -> Sheet {
    Sheet {
        municipality: "เทศบาลตำบลบ้านน้ำใส".into(),
        public_line: Some("สแกนเพื่อแจ้งปัญหา".into()),
        colour: [11, 92, 173],
        ..Sheet::new(Stock::named(stock).unwrap())
    }
}

fn numbers(text: &str) -> Vec<f32> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
        .filter_map(|n| n.parse().ok())
        .collect()
}

/// Paints the codes of an SVG page, ten pixels a millimetre, by the even-odd rule.
fn painted(svg: &str, width: usize, height: usize) -> LumaBuf {
    let mut pixels = vec![255u8; width * height];
    for code in svg.split("<path transform=\"translate(").skip(1) {
        let (place, rest) = code.split_once(") scale(").unwrap();
        let (scale, rest) = rest.split_once(')').unwrap();
        let (place, scale) = (numbers(place), scale.parse::<f32>().unwrap() * 10.0);
        let path = rest.split_once(" d=\"").unwrap().1.split_once('"').unwrap().0;
        for line in path.split('z').filter(|line| !line.is_empty()) {
            let (mut at, mut edges) = ((0.0f32, 0.0f32), Vec::new());
            let mut start = None;
            let mut rest = line;
            while let Some(kind) = rest.chars().next() {
                let end = rest[1..].find(['M', 'H', 'V']).map_or(rest.len(), |end| end + 1);
                let values = numbers(&rest[1..end]);
                let to = match kind {
                    'M' => (values[0], values[1]),
                    'H' => (values[0], at.1),
                    _ => (at.0, values[0]),
                };
                if start.is_none() {
                    start = Some(to);
                } else {
                    edges.push((at, to));
                }
                (at, rest) = (to, &rest[end..]);
            }
            edges.push((at, start.unwrap()));
            for (from, to) in edges.into_iter().filter(|(from, to)| from.0 == to.0) {
                let x = (place[0] * 10.0 + from.0 * scale) as usize;
                let y = |y: f32| (place[1] * 10.0 + y * scale) as usize;
                for row in y(from.1.min(to.1))..y(from.1.max(to.1)) {
                    pixels[row * width + x..(row + 1) * width].iter_mut().for_each(|pixel| *pixel = !*pixel);
                }
            }
        }
    }
    LumaBuf::new(width, height, pixels).unwrap()
}

#[test]
fn every_label_of_every_stock_is_read_back() {
    for stock in scan::sheet::STOCKS {
        let count = stock.count().min(6);
        let labels: Vec<_> = (0..count).map(label).collect();
        for two_copies in [false, true] {
            let sheet = Sheet { two_copies, ..sheet(stock.name) };
            let pages = svg(&labels, &sheet).unwrap();
            assert_eq!(pages.len(), 1);
            let page = painted(&pages[0], 2100, 2970);
            for (index, label) in labels.iter().enumerate() {
                let (column, row) = (index as u32 % stock.columns, index as u32 / stock.columns);
                let left = (stock.origin.0 + column * (stock.label.0 + stock.gap.0)) / 100;
                let top = (stock.origin.1 + row * (stock.label.1 + stock.gap.1)) / 100;
                let part =
                    cut(&page, (left as usize, top as usize), (stock.label.0 / 100, stock.label.1 / 100));
                let texts: Vec<_> = draw::texts(&part, Effort::Frame);
                let copies = if two_copies && stock.label.0 >= 50_000 { 2 } else { 1 };
                assert_eq!(texts, vec![label.link.clone(); copies], "on {}", stock.name);
            }
        }
    }
}

fn cut(page: &LumaBuf, (left, top): (usize, usize), (width, height): (u32, u32)) -> LumaBuf {
    let (width, height) = (width as usize, height as usize);
    let page = page.as_luma();
    let rows = (top..top + height).flat_map(|y| &page.pixels()[y * page.width() + left..][..width]);
    LumaBuf::new(width, height, rows.copied().collect()).unwrap()
}

#[test]
fn a_used_sheet_goes_on_where_it_was_left() {
    let labels: Vec<_> = (0..4).map(label).collect();
    let sheet = Sheet { start_at: 20, ..sheet("63.5x38.1") };
    let pages = svg(&labels, &sheet).unwrap();
    assert_eq!(pages.len(), 2);
    let counts: Vec<_> = pages.iter().map(|page| page.matches("evenodd").count()).collect();
    assert_eq!(counts, [2, 2]);
    let first = scan::decode(&painted(&pages[0], 2100, 2970).as_luma(), Effort::Still);
    // Label 20 is the second of the last row.
    let corner = first.iter().find(|symbol| symbol.text == labels[0].link).unwrap().corners[0];
    assert!((732.0..1367.0).contains(&corner.x) && (2437.0..2820.0).contains(&corner.y), "{corner:?}");
}

#[test]
fn a_pdf_has_its_pages_and_asks_not_to_be_scaled() {
    let labels: Vec<_> = (0..22).map(label).collect();
    let file = pdf(&labels, &sheet("63.5x38.1")).unwrap();
    let has = |part: &str| file.windows(part.len()).any(|window| window == part.as_bytes());
    assert!(has("/Count 2") && has("/PrintScaling /None") && has("Sarabun-Bold"));
    assert!(calibration_pdf(&sheet("25")).unwrap().starts_with(b"%PDF"));
    assert!(pdf(&[], &sheet("25")).unwrap().starts_with(b"%PDF"));
}

#[test]
fn modules_are_whole_printer_dots() {
    for dots_per_inch in [203, 300, 600] {
        let sheet = Sheet { dots_per_inch, ..sheet("63.5x38.1") };
        let page = svg(&[label(1)], &sheet).unwrap().remove(0);
        let module = numbers(page.split_once("scale(").unwrap().1)[0];
        let dots = module * dots_per_inch as f32 / 25.4;
        assert!((dots - dots.round()).abs() < 0.01 && dots >= 4.0, "{dots} dots at {dots_per_inch}");
    }
}

#[test]
fn a_roll_is_for_a_thermal_printer_and_no_module_is_under_four_of_its_dots() {
    for stock in scan::sheet::STOCKS {
        for dots_per_inch in [stock.usual_dots_per_inch(), 203, 300, 600] {
            for two_copies in [false, true] {
                let sheet = Sheet { dots_per_inch, two_copies, ..sheet(stock.name) };
                let Ok(told) = fit(&label(1), &sheet) else { continue };
                let module = told.module_um as f32 / 1000.0;
                let dots = module * dots_per_inch as f32 / 25.4;
                let what = format!("{dots} dots on {} at {dots_per_inch}", stock.name);
                assert!((dots - dots.round()).abs() < 0.02 && dots > 3.9 && module >= 0.33, "{what}");
                assert!(told.copies == 1 || module >= 0.5, "one large code is better than two: {what}");
            }
        }
    }
    assert_eq!(sheet("roll-50x30").dots_per_inch, 203);
    assert_eq!(sheet("25").dots_per_inch, 600);
    // Finer modules than a coarse printer makes are refused, not printed as they come.
    let told = |dots_per_inch| fit(&label(1), &Sheet { dots_per_inch, ..sheet("25") });
    assert!(told(600).is_ok() && told(300).is_ok());
    assert_eq!(told(203), Err(BadSheet::LabelTooSmall));
}

#[test]
fn an_engraving_has_no_colour_and_no_frame() {
    let drawn = engraving_svg(&label(5), &sheet("50")).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.contains("width=\"50mm\""));
    assert!(!drawn.contains("<rect") && !drawn.contains("#0b5cad") && !drawn.contains("<text"));
    let read = draw::texts(&painted(&drawn, 500, 500), Effort::Frame);
    assert_eq!(read, [label(5).link]);
}

#[test]
fn hostile_and_endless_texts_harm_nothing() {
    let hostile = Label {
        title: "</svg><script>alert(1)</script>\u{0}\u{202e}".repeat(20),
        name: "ปู่ญ่าปั้น".repeat(300),
        code: "\n\r\t".into(),
        ..label(1)
    };
    for stock in scan::sheet::STOCKS {
        let page = svg(std::slice::from_ref(&hostile), &sheet(stock.name)).unwrap().remove(0);
        assert!(!page.contains("<script"));
        assert!(pdf(std::slice::from_ref(&hostile), &sheet(stock.name)).is_ok());
    }
    let long = Label { link: "A".repeat(300), ..label(1) };
    assert_eq!(svg(std::slice::from_ref(&long), &sheet("25")).unwrap_err(), BadSheet::LabelTooSmall);
    let endless = Label { link: "A".repeat(3_000), ..label(1) };
    assert_eq!(svg(&[endless], &sheet("70")).unwrap_err(), BadSheet::LinkTooLong);
}

#[test]
fn whoever_chooses_the_paper_is_told_what_it_will_be() {
    let told = |stock: &str| fit(&label(1), &sheet(stock)).unwrap();
    // Large enough for level H: version 4 with its quiet zone has 41 modules.
    let usual = told("63.5x38.1");
    assert_eq!((usual.code_um as f32 / usual.module_um as f32).round(), 41.0);
    assert!(usual.module_um >= 700 && usual.reads_to_mm == (usual.module_um as f32 * 0.4).round() as u32);
    // On a small one level Q keeps the modules larger: version 3, 37 modules.
    let small = told("25");
    assert_eq!((small.code_um as f32 / small.module_um as f32).round(), 37.0);
    assert!(small.reads_to_mm < usual.reads_to_mm && small.pole_mm < usual.pole_mm);
    assert!((usual.pole_mm as f32 * 0.33 - usual.code_um as f32 / 1000.0).abs() < 0.4);
    assert_eq!(fit(&label(1), &Sheet { two_copies: true, ..sheet("70") }).unwrap().copies, 2);
    let long = Label { link: "A".repeat(300), ..label(1) };
    assert_eq!(fit(&long, &sheet("25")), Err(BadSheet::LabelTooSmall));
}

#[test]
fn one_label_is_a_page_of_its_own_size() {
    let file = single_pdf(&label(1), &sheet("roll-50x30")).unwrap();
    let text = String::from_utf8_lossy(&file);
    // 50 and 30 mm in points.
    let media = text.split_once("/MediaBox [").unwrap().1.split_once(']').unwrap().0;
    let size = numbers(media);
    assert!((size[2] - 141.73).abs() < 0.1 && (size[3] - 85.04).abs() < 0.1, "{media}");
    assert_eq!(text.matches("/Type /Page\n").count() + text.matches("/Type /Page/").count(), 1);
    // A roll is one label a page.
    let labels: Vec<_> = (0..3).map(label).collect();
    assert_eq!(svg(&labels, &sheet("roll-50x30")).unwrap().len(), 3);
}
