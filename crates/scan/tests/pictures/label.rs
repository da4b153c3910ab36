//! What is drawn must be read back, in each of the three forms.

use crate::draw;
use scan::label::{BadLabel, SvgOptions, qr_modules, qr_png, qr_svg, qr_terminal};
use scan::{Effort, LumaBuf};

const LABEL: &str = "HTTPS://Q.EXAMPLE.GO.TH/Q/7K3D9QX2M4";

#[test]
fn a_png_is_read_back() {
    let file = qr_png(LABEL, 5).unwrap();
    let decoder = png::Decoder::new(std::io::Cursor::new(&file));
    let mut reader = decoder.read_info().unwrap();
    let mut packed = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut packed).unwrap();
    assert_eq!((info.width, info.bit_depth), (info.height, png::BitDepth::One));
    let side = info.width as usize;
    assert_eq!(side, qr_modules(LABEL).unwrap().len() * 5);
    let pixels = (0..side * side)
        .map(|i| packed[i / side * info.line_size + i % side / 8] >> (7 - i % side % 8) & 1)
        .map(|bit| bit * 255)
        .collect();
    let picture = LumaBuf::new(side, side, pixels).unwrap();
    assert_eq!(draw::texts(&picture, Effort::Frame), [LABEL]);
}

#[test]
fn a_terminal_shows_what_can_be_read() {
    let shown = qr_terminal(LABEL).unwrap();
    let mut rows: Vec<Vec<bool>> = Vec::new();
    for line in shown.lines() {
        let halves: Vec<(bool, bool)> = line
            .strip_prefix("\u{1b}[38;5;16;48;5;231m")
            .and_then(|line| line.strip_suffix("\u{1b}[0m"))
            .unwrap()
            .chars()
            .map(|half| match half {
                '█' => (true, true),
                '▀' => (true, false),
                '▄' => (false, true),
                ' ' => (false, false),
                other => panic!("{other:?} is no half block"),
            })
            .collect();
        rows.push(halves.iter().map(|(upper, _)| *upper).collect());
        rows.push(halves.iter().map(|(_, lower)| *lower).collect());
    }
    let modules = qr_modules(LABEL).unwrap();
    assert_eq!(rows[..modules.len()], modules[..]);
    assert!(rows[modules.len()..].iter().flatten().all(|dark| !dark));
}

#[test]
fn an_svg_holds_exactly_the_modules() {
    let options = SvgOptions {
        module_um: Some(812), title: "รหัส <QR> & \"มิเตอร์\"\u{1}".into()
    };
    let svg = qr_svg(LABEL, &options).unwrap();
    let modules = qr_modules(LABEL).unwrap();
    let side = modules.len();
    assert!(svg.starts_with(&format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="{0}.{1:03}mm""#,
        side * 812 / 1000,
        side * 812 % 1000
    )));
    assert!(svg.contains("<title>รหัส &lt;QR&gt; &amp; \"มิเตอร์\"\u{fffd}</title>"));
    // Draw the bars again from the path.
    let path = svg.rsplit_once(" d=\"").unwrap().1.split_once('"').unwrap().0;
    let mut drawn = vec![vec![false; side]; side];
    for bar in path.split('M').skip(1) {
        let (x, rest) = bar.split_once(' ').unwrap();
        let (y, rest) = rest.split_once('h').unwrap();
        let length: usize = rest.split_once('v').unwrap().0.parse().unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        drawn[y][x..x + length].fill(true);
    }
    assert_eq!(drawn, modules);
    assert!(qr_svg(LABEL, &SvgOptions::default()).unwrap().contains("aria-hidden"));
}

#[test]
fn capitals_make_the_smaller_code() {
    let capitals = qr_modules(LABEL).unwrap().len();
    let small = qr_modules(&LABEL.to_lowercase()).unwrap().len();
    assert!(capitals < small, "{capitals} against {small} modules");
}

#[test]
fn too_long_a_text_is_refused() {
    assert!(qr_modules(&"a".repeat(1_663)).is_ok());
    assert_eq!(qr_modules(&"a".repeat(1_664)).unwrap_err(), BadLabel::TooLong);
    assert_eq!(qr_png(&"A".repeat(2_421), 3).unwrap_err(), BadLabel::TooLong);
    assert_eq!(qr_terminal(&"๑".repeat(600)).unwrap_err(), BadLabel::TooLong);
}
