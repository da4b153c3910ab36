//! What must be read, what must not, and what may never happen, on pictures drawn by the test itself.

use crate::draw::{BARS, Chance, Pose, Scene, bars, qr, raw, texts};
use proptest::prelude::*;
use scan::{Effort, Format, Step};

const LABEL: &str = "HTTPS://Q.EXAMPLE.GO.TH/Q/7K3D9QX2M4";
const BLACK_ON_WHITE: (u8, u8) = (30, 225);

/// The label in the middle of a small picture.
fn scene(pose: impl FnOnce(&mut Pose)) -> Scene {
    let mut label = Pose::straight((160.0, 120.0), 4.0);
    pose(&mut label);
    Scene::new(320, 240, 150).label(&qr(LABEL), label, BLACK_ON_WHITE)
}

#[track_caller]
fn assert_read(scene: Scene, effort: Effort) {
    assert_eq!(texts(&scene.finish(), effort), [LABEL]);
}

#[test]
fn a_camera_frame_reads_a_label_however_it_is_held() {
    for turn in [0.0, 30.0, 90.0, 137.0, 180.0, 271.0] {
        assert_read(scene(|pose| pose.turn = turn), Effort::Frame);
    }
    for slant in [0.15, 0.35] {
        assert_read(scene(|pose| pose.slant = slant), Effort::Frame);
    }
}

#[test]
fn a_camera_frame_reads_through_blur_noise_and_shadow() {
    assert_read(scene(|_| {}).blur(1), Effort::Frame);
    assert_read(scene(|_| {}).noise(60.0, 1), Effort::Frame);
    assert_read(scene(|_| {}).shadow(0.25), Effort::Frame);
    let faint = Scene::new(320, 240, 120).label(&qr(LABEL), Pose::straight((160.0, 120.0), 4.0), (100, 130));
    assert_read(faint, Effort::Frame);
    assert_read(
        scene(|pose| (pose.turn, pose.slant) = (20.0, 0.2)).shadow(0.4).blur(1).noise(15.0, 2),
        Effort::Frame,
    );
}

#[test]
fn dirt_away_from_the_corners_is_mended() {
    let dirty = scene(|_| {}).blot((165.0, 125.0), 9.0, 90).blot((175.0, 90.0), 6.0, 20).blot(
        (190.0, 160.0),
        5.0,
        250,
    );
    assert_read(dirty, Effort::Frame);
}

#[test]
fn one_clean_corner_is_enough_for_a_photograph() {
    // 33 modules of 4 pixels: the corners' patterns are 52 pixels from the middle along both axes.
    let corners = [(-1.0f32, -1.0f32), (1.0, -1.0), (-1.0, 1.0)];
    for clean in 0..3 {
        for turn in [0.0f32, 24.0, 155.0] {
            let (sine, cosine) = turn.to_radians().sin_cos();
            let side = (qr(LABEL).len() - 2 * scan::label::QUIET_ZONE) as f32 * 4.0;
            let mut dirty = scene(|pose| pose.turn = turn).noise(6.0, 4);
            for (index, (x, y)) in corners.into_iter().enumerate() {
                let (x, y) = (x * (side / 2.0 - 12.0), y * (side / 2.0 - 12.0));
                if index != clean {
                    let middle = (160.0 + x * cosine - y * sine, 120.0 + x * sine + y * cosine);
                    dirty = dirty.blot(middle, 13.0, 140);
                }
            }
            let found = scan::decode(&dirty.blur(1).finish().as_luma(), Effort::Still);
            let texts: Vec<_> = found.iter().map(|symbol| symbol.text.as_str()).collect();
            assert_eq!(texts, [LABEL], "clean corner {clean}, turned by {turn}");
            let (x, y) = (-side / 2.0, -side / 2.0);
            let upper_left = (160.0 + x * cosine - y * sine, 120.0 + x * sine + y * cosine);
            let corner = found[0].corners[0];
            let off = (corner.x - upper_left.0).hypot(corner.y - upper_left.1);
            assert!(off < 6.0, "{corner:?} is {off} pixels off");
        }
    }
}

#[test]
fn without_any_clean_corner_nothing_is_made_up() {
    let side = (qr(LABEL).len() - 2 * scan::label::QUIET_ZONE) as f32 * 4.0;
    let mut dirty = scene(|_| {});
    for (x, y) in [(-1.0f32, -1.0f32), (1.0, -1.0), (-1.0, 1.0)] {
        dirty = dirty.blot((160.0 + x * (side / 2.0 - 12.0), 120.0 + y * (side / 2.0 - 12.0)), 13.0, 140);
    }
    assert_eq!(texts(&dirty.finish(), Effort::Still), [""; 0]);
}

/// Drawn by another maker of codes: an oblong, the smallest square, and a larger one.
const DATA_MATRIX: [(&str, &str); 3] = [
    (
        "PEA-LED-0042",
        "#.#.#.#.#.#.#.#.#.#.#.#.#.#.#.#./#.#......##...###.###.#.###..#.#/#...####..#####.#...#..####..#../###..#...#..#.###..#...#..##...#/#....##.#..##.#.####.###..#..##./##...##.#..#...##.#..#..###.##.#/#.#.###.....###.#.#.#.#.##....../################################",
    ),
    (
        "7",
        "#.#.#.#.#./##.##.####/#...#####./#..###...#/##.##..##./#..###...#/#..#...##./###.####.#/#......#../##########",
    ),
    (
        "SN 2569-00042 LED 40W 220V",
        "#.#.#.#.#.#.#.#.#.#./#.#..#.##..#.###..##/#..###.##.#..#....#./####......#..#####.#/#...###.....##.#.##./#.#.#..#.#..#......#/#.##....#.#..###..../#..##.##.####..##.##/##...##.####.##.#.#./###.#..#.#.#....##.#/###..###..####..#.../#....#..#......#.###/#.#.###...#.#.#.##../#.....#...#.#.##..##/##..###.#.##.#...##./##.#.#..#..###.#...#/##...##.#..#..###.#./#...#####..###...#.#/##..#..#...#...##.#./####################",
    ),
];

#[test]
fn a_data_matrix_is_read_by_frames_and_photographs() {
    for (text, drawn) in DATA_MATRIX {
        let modules = crate::draw::drawn(drawn, 3);
        for turn in [0.0, 20.0, 130.0] {
            let pose = Pose { turn, ..Pose::straight((160.0, 120.0), 5.0) };
            let picture =
                Scene::new(320, 240, 150).label(&modules, pose, BLACK_ON_WHITE).noise(8.0, 1).finish();
            // A frame is searched along the lines through its middle only.
            let efforts = if turn == 0.0 { &[Effort::Frame, Effort::Still][..] } else { &[Effort::Still] };
            for effort in efforts {
                let found = scan::decode(&picture.as_luma(), *effort);
                let seen: Vec<_> = found.iter().map(|symbol| (symbol.format, symbol.text.as_str())).collect();
                assert_eq!(seen, [(Format::DataMatrix, text)], "turned by {turn}, {effort:?}");
            }
        }
    }
}

/// Drawn by another maker of codes: M1 and two of M3.
const MICRO: [(&str, &str); 3] = [
    (
        "12345",
        "#######.#.#/#.....#.##./#.###.#.#../#.###.#..../#.###.#.###/#.....#..##/#######.#../.........##/##..###..##/.#.#...##../####.....##",
    ),
    (
        "METER-7",
        "#######.#.#.#.#/#.....#..#..###/#.###.#.#.#.#.#/#.###.#.##.##.#/#.###.#.#...###/#.....#.###..#./#######....##.#/........###...#/#....##.#.#...#/......#.....###/#..####.#####../.##.#.#......#./#.#........##../##.##..##.#.#..#./####.#.##..##.#",
    ),
    (
        "SN 2569/42",
        "#######.#.#.#.#/#.....#.......#/#.###.#.##..#.#/#.###.#.#..###./#.###.#.#..##.#/#.....#.#####.#/#######..###.../........#.##.#./#....##.#.#..##/##.##.#........../#..#.##.######./..#....##.....#/##.##..#######./.........###..#/#.#.##.###..#.#",
    ),
];

#[test]
fn a_micro_qr_code_is_read_and_a_corner_of_a_large_one_is_none() {
    for (text, rows) in MICRO {
        let modules = crate::draw::drawn(rows, 2);
        for turn in [0.0, 40.0, 200.0] {
            let pose = Pose { turn, ..Pose::straight((160.0, 120.0), 6.0) };
            let picture =
                Scene::new(320, 240, 150).label(&modules, pose, BLACK_ON_WHITE).noise(8.0, 1).finish();
            let found = scan::decode(&picture.as_luma(), Effort::Frame);
            let seen: Vec<_> = found.iter().map(|symbol| (symbol.format, symbol.text.as_str())).collect();
            assert_eq!(seen, [(Format::MicroQr, text)], "turned by {turn}");
        }
        // Without light round it, it may be a corner of anything.
        let bare = crate::draw::drawn(rows, 0);
        let picture = Scene::new(320, 240, 40)
            .label(&bare, Pose::straight((160.0, 120.0), 6.0), BLACK_ON_WHITE)
            .finish();
        assert_eq!(texts(&picture, Effort::Still), [""; 0]);
    }
    // A large code of which two corners are hidden keeps one finder pattern, and is not taken for a small code.
    let hidden = scene(|_| {}).blot((212.0, 68.0), 30.0, 225).blot((108.0, 172.0), 30.0, 225);
    let found = scan::decode(&hidden.finish().as_luma(), Effort::Still);
    assert!(found.iter().all(|symbol| symbol.format == Format::Qr), "{found:?}");
}

#[test]
fn a_light_code_on_a_dark_ground_is_read() {
    let found = scan::decode(&scene(|_| {}).negative().finish().as_luma(), Effort::Frame);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].text.as_str(), found[0].found_by), (LABEL, Step::Inverted));
}

#[test]
fn a_photograph_reads_what_a_frame_cannot() {
    let blurred = scene(|pose| pose.module = 4.8).blur(2);
    assert_eq!(texts(&blurred.clone().finish(), Effort::Frame), [""; 0]);
    assert_read(blurred, Effort::Still);
}

/// So the page hands photographs of twelve megapixels over as they are.
#[test]
fn a_label_far_away_is_read_in_the_whole_photograph_and_in_no_smaller_copy() {
    let photo = |part: f32| {
        let pose = Pose::straight((2_950.0 * part, 1_250.0 * part), 2.0 * part);
        let side = |pixels: f32| (pixels * part) as usize;
        let wall = Scene::new(side(4_000.0), side(3_000.0), 180);
        texts(&wall.label(&qr(LABEL), pose, BLACK_ON_WHITE).finish(), Effort::Still)
    };
    assert_eq!(photo(1.0), [LABEL]);
    assert_eq!(photo(0.6), [""; 0]);
}

#[test]
fn corners_are_the_corners_of_the_code_in_the_callers_pixels() {
    // 1,600 pixels wide, so that the frame is shrunk before it is searched.
    let modules = qr(LABEL);
    let picture =
        Scene::new(1600, 600, 150).label(&modules, Pose::straight((1000.0, 300.0), 8.0), BLACK_ON_WHITE);
    let found = scan::decode(&picture.finish().as_luma(), Effort::Frame);
    let half = (modules.len() as f32 / 2.0 - scan::label::QUIET_ZONE as f32) * 8.0;
    let wanted = [(-half, -half), (half, -half), (half, half), (-half, half)];
    assert_eq!(found.len(), 1);
    for (corner, (dx, dy)) in found[0].corners.iter().zip(wanted) {
        let off = (corner.x - 1000.0 - dx).hypot(corner.y - 300.0 - dy);
        assert!(off < 10.0, "{corner:?} is {off} pixels off");
    }
}

#[test]
fn every_bar_code_is_read_both_ways_round_and_upright() {
    for (format, text, modules) in BARS {
        for turn in [0.0, 90.0, 180.0] {
            let pose = Pose { turn, ..Pose::straight((300.0, 300.0), 2.4) };
            let scene = Scene::new(600, 600, 150).label(&bars(modules, 40), pose, BLACK_ON_WHITE);
            let found = scan::decode(&scene.finish().as_luma(), Effort::Frame);
            let seen: Vec<_> = found.iter().map(|symbol| (symbol.format, symbol.text.as_str())).collect();
            assert_eq!(seen, [(format, text)], "turned by {turn}");
        }
    }
}

#[test]
fn bar_codes_are_read_at_any_angle() {
    for (index, (format, text, modules)) in BARS.into_iter().enumerate() {
        let turn = [35.0, 52.0, 141.0][index % 3];
        let pose = Pose { turn, ..Pose::straight((250.0, 250.0), 2.2) };
        let scene = Scene::new(500, 500, 150).label(&bars(modules, 40), pose, BLACK_ON_WHITE).noise(12.0, 5);
        let picture = scene.finish();
        for effort in [Effort::Frame, Effort::Still] {
            let found = scan::decode(&picture.as_luma(), effort);
            let seen: Vec<_> = found.iter().map(|symbol| (symbol.format, symbol.text.as_str())).collect();
            assert_eq!(seen, [(format, text)], "turned by {turn}, {effort:?}");
        }
    }
}

#[test]
fn bar_codes_survive_blur_and_spread_ink() {
    for (_, text, modules) in BARS {
        // An edge is washed out over more than a module: the two digit pairs that EAN tells apart by one bar's
        // width alone are what fails first.
        let pose = Pose::straight((460.0, 80.0), 3.5);
        let scene =
            Scene::new(920, 160, 150).label(&bars(modules, 30), pose, BLACK_ON_WHITE).blur(1).noise(8.0, 3);
        assert_eq!(texts(&scene.finish(), Effort::Still), [text], "blur");
        // Ten pixels a module and one more of ink at either side of every bar.
        let fat: Vec<Vec<bool>> = bars(modules, 20)
            .iter()
            .map(|row| {
                let fine: Vec<bool> = row.iter().flat_map(|dark| [*dark; 5]).collect();
                (0..fine.len())
                    .map(|i| fine[i.saturating_sub(1)..(i + 2).min(fine.len())].contains(&true))
                    .collect()
            })
            .collect();
        let fat: Vec<Vec<bool>> = fat.into_iter().flat_map(|row| vec![row; 5]).collect();
        let scene =
            Scene::new(600, 200, 150).label(&fat, Pose::straight((300.0, 100.0), 0.48), BLACK_ON_WHITE);
        assert_eq!(texts(&scene.finish(), Effort::Frame), [text], "spread ink");
    }
}

#[test]
fn one_line_of_a_bar_code_is_not_believed() {
    // Two pixels high: no two lines that do not share their pixels.
    for (_, _, modules) in BARS {
        let sliver: Vec<Vec<bool>> = bars(modules, 1);
        let scene =
            Scene::new(600, 200, 225).label(&sliver, Pose::straight((300.0, 100.0), 2.0), BLACK_ON_WHITE);
        assert_eq!(texts(&scene.finish(), Effort::Still), [""; 0]);
    }
}

#[test]
fn a_bar_code_cut_off_at_the_edge_is_not_read_in_part() {
    for (_, text, modules) in BARS {
        for cut in [0.2, 0.4] {
            let width = (modules.len() as f32 + 20.0) * 2.0;
            // Shifted out of the picture to the left, then to the right.
            for middle in [width * (0.5 - cut), 600.0 - width * (0.5 - cut)] {
                let pose = Pose::straight((middle, 100.0), 2.0);
                let scene = Scene::new(600, 200, 150).label(&bars(modules, 40), pose, BLACK_ON_WHITE);
                assert_eq!(texts(&scene.finish(), Effort::Still), [""; 0], "{text} cut by {cut}");
            }
        }
    }
}

#[test]
fn two_codes_in_one_picture_are_both_returned() {
    let other = "M-0042";
    let two = Scene::new(480, 240, 150)
        .label(&qr(LABEL), Pose::straight((120.0, 120.0), 4.0), BLACK_ON_WHITE)
        .label(&qr(other), Pose { turn: 15.0, ..Pose::straight((360.0, 120.0), 5.0) }, BLACK_ON_WHITE)
        .finish();
    assert_eq!(texts(&two, Effort::Frame), [LABEL, other]);

    let (_, serial, modules) = BARS[0];
    let mixed = Scene::new(640, 480, 150)
        .label(&qr(LABEL), Pose::straight((320.0, 130.0), 5.0), BLACK_ON_WHITE)
        .label(&bars(modules, 25), Pose::straight((320.0, 380.0), 2.4), BLACK_ON_WHITE)
        .finish();
    let mut found = scan::decode(&mixed.as_luma(), Effort::Frame);
    found.sort_by_key(|symbol| symbol.format);
    let seen: Vec<_> = found.iter().map(|symbol| (symbol.format, symbol.text.as_str())).collect();
    assert_eq!(seen, [(Format::Qr, LABEL), (Format::Code128, serial)]);

    // The same text twice is two labels, for instance the two copies on a pole.
    let twice = Scene::new(480, 240, 150)
        .label(&qr(LABEL), Pose::straight((120.0, 120.0), 4.0), BLACK_ON_WHITE)
        .label(&qr(LABEL), Pose::straight((360.0, 120.0), 4.0), BLACK_ON_WHITE)
        .finish();
    assert_eq!(texts(&twice, Effort::Frame), [LABEL, LABEL]);
}

#[test]
fn a_sheet_of_labels_is_read_whole() {
    let mut sheet = Scene::new(640, 480, 240);
    let mut wanted = Vec::new();
    for (column, row) in (0..4).flat_map(|column| (0..3).map(move |row| (column, row))) {
        let text = format!("POLE-{column}{row}");
        let middle = (80.0 + 160.0 * column as f32, 80.0 + 160.0 * row as f32);
        sheet = sheet.label(&qr(&text), Pose::straight(middle, 4.0), BLACK_ON_WHITE);
        wanted.push(text);
    }
    assert_eq!(texts(&sheet.finish(), Effort::Frame), wanted);
}

#[test]
fn text_comes_back_as_it_was_written() {
    let hostile = [
        "<script>alert('สวัสดี')</script>",
        "'; DROP TABLE record; --",
        "\0\u{1}\u{7f}\r\n\t\u{1b}[2J",
        "\u{202e}txt.exe\u{200b}\u{feff}",
        "มิเตอร์ ๑๒๓ หมู่ ๔ บ้านป้าแดง",
        "ÄÖÜ é ß",
        "日本語 한국어 🚰",
        "../../../../etc/passwd%00",
        " leading and trailing ",
    ];
    for text in hostile {
        let picture =
            Scene::new(320, 320, 200).label(&qr(text), Pose::straight((160.0, 160.0), 5.0), BLACK_ON_WHITE);
        assert_eq!(texts(&picture.finish(), Effort::Frame), [text]);
    }
}

#[test]
fn the_largest_code_comes_back_whole() {
    // 2,900 bytes at level L are version 40; every byte value that is a character of its own.
    let text: String = (0..2_900u32).map(|i| char::from((i * 31 % 127) as u8)).collect();
    let code = qrcode::QrCode::with_error_correction_level(&text, qrcode::EcLevel::L).unwrap();
    assert_eq!(code.version(), qrcode::Version::Normal(40));
    let side = code.width();
    let mut modules = vec![vec![false; side + 8]; side + 8];
    for (i, color) in code.to_colors().into_iter().enumerate() {
        modules[i / side + 4][i % side + 4] = color == qrcode::Color::Dark;
    }
    let picture =
        Scene::new(800, 800, 200).label(&modules, Pose::straight((400.0, 400.0), 4.0), BLACK_ON_WHITE);
    assert_eq!(texts(&picture.finish(), Effort::Frame), [text]);
}

#[test]
fn a_part_of_a_divided_message_is_no_text() {
    // Structured append, then part 2 of 2 and a parity of two nibbles; the nibble 1 is the numeric mode's.
    let mut bits = qrcode::bits::Bits::new(qrcode::Version::Normal(2));
    bits.push_mode_indicator(qrcode::bits::ExtendedMode::StructuredAppend).unwrap();
    for _ in 0..4 {
        bits.push_mode_indicator(qrcode::bits::ExtendedMode::Data(qrcode::types::Mode::Numeric)).unwrap();
    }
    bits.push_byte_data(b"half").unwrap();
    bits.push_terminator(qrcode::EcLevel::Q).unwrap();
    let code = qrcode::QrCode::with_bits(bits, qrcode::EcLevel::Q).unwrap();
    let side = code.width();
    let mut modules = vec![vec![false; side + 8]; side + 8];
    for (i, color) in code.to_colors().into_iter().enumerate() {
        modules[i / side + 4][i % side + 4] = color == qrcode::Color::Dark;
    }
    let picture =
        Scene::new(320, 240, 200).label(&modules, Pose::straight((160.0, 120.0), 5.0), BLACK_ON_WHITE);
    assert_eq!(texts(&picture.finish(), Effort::Still), [""; 0]);
}

#[test]
fn the_caller_can_stop_at_any_step() {
    let picture = scene(|_| {}).negative().finish();
    let mut asked = 0usize;
    let all = scan::decode_within(&picture.as_luma(), Effort::Still, &mut || {
        asked += 1;
        true
    });
    assert_eq!(all.len(), 1);
    assert!(asked > 4, "asked {asked} times");
    for allowed in 0..asked {
        let mut left: usize = allowed;
        let found = scan::decode_within(&picture.as_luma(), Effort::Still, &mut || {
            let yes = left > 0;
            left = left.saturating_sub(1);
            yes
        });
        assert!(found.len() <= 1);
        assert!(allowed > 0 || found.is_empty());
    }
}

#[test]
fn tiny_and_flat_pictures_give_nothing() {
    for (width, height) in [(1, 1), (1, 500), (500, 1), (2, 2), (3, 900), (7, 7), (640, 2)] {
        for shade in [0, 128, 255] {
            let bytes = vec![shade; width * height];
            assert!(scan::decode(&raw(width, &bytes), Effort::Still).is_empty(), "{width}x{height}");
        }
    }
}

#[test]
fn noise_and_patterns_give_no_text() {
    let mut chance = Chance(11);
    for round in 0..6 {
        let grain = 1 + round % 3 * 2;
        let (width, height) = (420, 300);
        let coarse: Vec<u8> =
            (0..width * height).map(|_| if chance.part() < 0.5 { 20 } else { 235 }).collect();
        let noise: Vec<u8> =
            (0..width * height).map(|i| coarse[i / width / grain * width + i % width / grain]).collect();
        assert!(scan::decode(&raw(width, &noise), Effort::Still).is_empty(), "grain {grain}");
        // Random bars: the hardest thing to read nothing from.
        let fence: Vec<u8> =
            (0..width * height).map(|i| coarse[i % width / (grain + 1) + round * width]).collect();
        assert!(scan::decode(&raw(width, &fence), Effort::Still).is_empty(), "bars {grain}");
    }
}

/// A case is a whole search of a picture; `make deep` asks for more of them than the tests of every day.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|count| count.parse().ok())
        .map_or(24, |count: u32| count.min(3_000))
}

/// Pieces of which a picture for a reader is made, right and wrong ones.
#[derive(Debug, Clone)]
enum Piece {
    Qr { module: usize, mirrored: bool },
    Bars { which: usize, module: usize, height: usize },
    Stripes { period: usize, upright: bool },
    Noise { grain: usize },
    Box { shade: u8 },
}

fn piece() -> impl Strategy<Value = (Piece, usize, usize, usize, usize)> {
    let kinds = prop_oneof![
        (1usize..9, any::<bool>()).prop_map(|(module, mirrored)| Piece::Qr { module, mirrored }),
        (0usize..12, 1usize..5, 1usize..120).prop_map(|(which, module, height)| Piece::Bars {
            which,
            module,
            height
        }),
        (1usize..12, any::<bool>()).prop_map(|(period, upright)| Piece::Stripes { period, upright }),
        (1usize..9).prop_map(|grain| Piece::Noise { grain }),
        any::<u8>().prop_map(|shade| Piece::Box { shade }),
    ];
    (kinds, 0usize..500, 0usize..400, 1usize..400, 1usize..300)
}

/// Pastes pieces one over the other, each cut to its own box.
fn pasted(width: usize, height: usize, pieces: &[(Piece, usize, usize, usize, usize)], seed: u64) -> Vec<u8> {
    let mut pixels = vec![180u8; width * height];
    let mut chance = Chance(seed);
    let label = qr(LABEL);
    for (piece, left, top, wide, high) in pieces {
        let noise: Vec<u8> = (0..64).map(|_| (chance.next() >> 56) as u8).collect();
        for y in 0..*high {
            for x in 0..*wide {
                let dark = match piece {
                    Piece::Qr { module, mirrored } => {
                        let (x, y) =
                            if *mirrored { (y / module, x / module) } else { (x / module, y / module) };
                        label.get(y).and_then(|row| row.get(x)).copied()
                    }
                    Piece::Bars { which, module, height } => {
                        let modules = BARS[*which].2.as_bytes();
                        (y < *height).then(|| modules.get(x / module).map(|one| *one == b'1')).flatten()
                    }
                    Piece::Stripes { period, upright } => {
                        Some((if *upright { x } else { y }) / period % 2 == 0)
                    }
                    Piece::Noise { grain } => Some(noise[(x / grain * 7 + y / grain * 13) % 64] > 127),
                    Piece::Box { .. } => Some(true),
                };
                let shade = match (piece, dark) {
                    (Piece::Box { shade }, _) => *shade,
                    (_, Some(true)) => 30,
                    (_, Some(false)) => 225,
                    (_, None) => continue,
                };
                let (x, y) = (left + x, top + y);
                if x < width && y < height {
                    pixels[y * width + x] = shade;
                }
            }
        }
    }
    pixels
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_of_codes_one_over_the_other_give_only_what_is_on_one_of_them(
        width in 1usize..700,
        height in 1usize..500,
        pieces in prop::collection::vec(piece(), 1..12),
        seed: u64,
    ) {
        let pixels = pasted(width, height, &pieces, seed);
        let mut asked = 0u32;
        let found = scan::decode_within(&raw(width, &pixels), Effort::Still, &mut || { asked += 1; true });
        for symbol in found {
            let is_drawn = symbol.text == LABEL || BARS.iter().any(|(_, text, _)| symbol.text == *text);
            prop_assert!(is_drawn, "{symbol:?}");
            for corner in symbol.corners {
                prop_assert!(corner.x.is_finite() && corner.y.is_finite(), "{symbol:?}");
            }
        }
        // What bounds the time is how often the steps ask whether to go on, and they do some thousands of times.
        prop_assert!(asked < 20_000, "asked {asked} times");
    }

    #[test]
    fn no_bytes_make_it_panic(width in 1usize..200, bytes in prop::collection::vec(any::<u8>(), 200..12_000)) {
        let picture = raw(width, &bytes);
        prop_assert!(scan::decode(&picture, Effort::Still).is_empty());
    }

    #[test]
    fn heaps_of_finder_patterns_give_no_text(
        marks in prop::collection::vec((0usize..400, 0usize..300, 1usize..9, 0u8..3), 1..60),
        seed: u64,
    ) {
        // Whole and half patterns, one over the other, on a noisy ground: all that a detector falls for.
        let mut pixels: Vec<u8> = vec![170; 400 * 300];
        let mut chance = Chance(seed);
        pixels.iter_mut().for_each(|pixel| *pixel = pixel.saturating_add((chance.next() % 40) as u8));
        for (left, top, module, kind) in marks {
            for y in 0..9 * module {
                for x in 0..9 * module {
                    let (x_ring, y_ring) = ((x / module).abs_diff(4), (y / module).abs_diff(4));
                    let ring = x_ring.max(y_ring);
                    let is_torn = (kind == 1 && x > 5 * module) || (kind == 2 && x + y > 9 * module);
                    if !is_torn && left + x < 400 && top + y < 300 {
                        pixels[(top + y) * 400 + left + x] = if ring <= 1 || ring == 3 { 30 } else { 220 };
                    }
                }
            }
        }
        prop_assert!(scan::decode(&raw(400, &pixels), Effort::Still).is_empty());
    }

    #[test]
    fn any_text_survives_print_and_camera(text in "\\PC{1,40}", turn in 0f32..360.0, seed: u64) {
        let pose = Pose { turn, ..Pose::straight((160.0, 160.0), 3.0) };
        let picture = Scene::new(320, 320, 150).label(&qr(&text), pose, BLACK_ON_WHITE).noise(20.0, seed);
        prop_assert_eq!(texts(&picture.finish(), Effort::Still), [text]);
    }
}
