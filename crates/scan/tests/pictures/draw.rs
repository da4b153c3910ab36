//! Draws labels into pictures and harms them, so that tests know what must be read.
//!
//! All is computed from the arguments: no files, no clock, and chance only from a seed.

use scan::{Luma, LumaBuf};

/// How a label lies in the picture.
#[derive(Clone, Copy)]
pub struct Pose {
    /// Middle of the label in pixels.
    pub middle: (f32, f32),
    /// Pixels a module.
    pub module: f32,
    /// Degrees, clockwise as seen.
    pub turn: f32,
    /// How much smaller the far edge looks: 0 is seen straight on, 0.3 slanting.
    pub slant: f32,
}

impl Pose {
    pub fn straight(middle: (f32, f32), module: f32) -> Self {
        Self { middle, module, turn: 0.0, slant: 0.0 }
    }
}

/// A picture being drawn; brightness from 0 to 255.
#[derive(Clone)]
pub struct Scene {
    pub width: usize,
    pub height: usize,
    pixels: Vec<f32>,
}

impl Scene {
    pub fn new(width: usize, height: usize, wall: u8) -> Self {
        Self { width, height, pixels: vec![f32::from(wall); width * height] }
    }

    /// Sticks a label on. `modules` includes its quiet zone; `ink` and `paper` are its two shades.
    pub fn label(mut self, modules: &[Vec<bool>], pose: Pose, (ink, paper): (u8, u8)) -> Self {
        let (rows, columns) = (modules.len() as f32, modules[0].len() as f32);
        let (sin, cos) = pose.turn.to_radians().sin_cos();
        for y in 0..self.height {
            for x in 0..self.width {
                let mut sum = 0.0;
                for sample in 0..4 {
                    let dx = x as f32 + [0.25, 0.75][sample % 2] - pose.middle.0;
                    let dy = y as f32 + [0.25, 0.75][sample / 2] - pose.middle.1;
                    let (across, down) =
                        ((dx * cos + dy * sin) / pose.module, (dy * cos - dx * sin) / pose.module);
                    // Perspective: what lies lower on the label is nearer.
                    let near = 1.0 - pose.slant * down / rows;
                    let (column, row) = (across / near + columns / 2.0, down / near + rows / 2.0);
                    let inside = (0.0..columns).contains(&column) && (0.0..rows).contains(&row);
                    sum += match inside {
                        true if modules[row as usize][column as usize] => f32::from(ink),
                        true => f32::from(paper),
                        false => self.pixels[y * self.width + x],
                    };
                }
                self.pixels[y * self.width + x] = sum / 4.0;
            }
        }
        self
    }

    /// Blurs with three box filters, which come close to a lens out of focus.
    pub fn blur(mut self, radius: usize) -> Self {
        for _ in 0..3 {
            for (step, count, stride, lines) in
                [(1, self.width, self.width, self.height), (self.width, self.height, 1, self.width)]
            {
                for line in 0..lines {
                    let at = |i: usize| line * stride + i * step;
                    let before: Vec<f32> = (0..count).map(|i| self.pixels[at(i)]).collect();
                    for i in 0..count {
                        let window = i.saturating_sub(radius)..(i + radius + 1).min(count);
                        let size = window.len() as f32;
                        self.pixels[at(i)] = before[window].iter().sum::<f32>() / size;
                    }
                }
            }
        }
        self
    }

    /// Adds grain of at most `strength` levels either way.
    pub fn noise(mut self, strength: f32, seed: u64) -> Self {
        let mut chance = Chance(seed);
        for pixel in &mut self.pixels {
            *pixel += (chance.part() * 2.0 - 1.0) * strength;
        }
        self
    }

    /// Lets the light fall off to `least` of it towards the right, with a hard shadow over the lower third.
    pub fn shadow(mut self, least: f32) -> Self {
        for y in 0..self.height {
            for x in 0..self.width {
                let fall = 1.0 - (1.0 - least) * x as f32 / self.width as f32;
                let shade = if y > self.height * 2 / 3 { 0.6 } else { 1.0 };
                self.pixels[y * self.width + x] *= fall * shade;
            }
        }
        self
    }

    /// Puts a round blot on.
    pub fn blot(mut self, middle: (f32, f32), radius: f32, shade: u8) -> Self {
        for y in 0..self.height {
            for x in 0..self.width {
                if (x as f32 - middle.0).hypot(y as f32 - middle.1) < radius {
                    self.pixels[y * self.width + x] = f32::from(shade);
                }
            }
        }
        self
    }

    /// Exchanges light and dark.
    pub fn negative(mut self) -> Self {
        self.pixels.iter_mut().for_each(|pixel| *pixel = 255.0 - *pixel);
        self
    }

    pub fn finish(self) -> LumaBuf {
        let pixels = self.pixels.iter().map(|pixel| pixel.clamp(0.0, 255.0) as u8).collect();
        LumaBuf::new(self.width, self.height, pixels).unwrap()
    }
}

/// Numbers from a seed (SplitMix64).
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 up to but not including 1.
    pub fn part(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }
}

/// The modules of a QR code, level Q, with its quiet zone.
pub fn qr(text: &str) -> Vec<Vec<bool>> {
    scan::label::qr_modules(text).unwrap()
}

/// The modules of a bar code given as `1` and `0`, `height` modules high, with a quiet zone of ten modules
/// (twenty where the narrow bar is drawn two wide, as the ITF below).
pub fn bars(modules: &str, height: usize) -> Vec<Vec<bool>> {
    let quiet = if modules.starts_with("1100110011") { 20 } else { 10 };
    let light = std::iter::repeat_n(false, quiet);
    let row: Vec<bool> =
        light.clone().chain(modules.bytes().map(|module| module == b'1')).chain(light).collect();
    let blank = vec![false; row.len()];
    let mut rows = vec![blank.clone(); 3];
    rows.extend(std::iter::repeat_n(row, height));
    rows.extend(vec![blank; 3]);
    rows
}

/// Bar codes drawn by encoders that are not ours (python-barcode 0.16, zint): kind, text, modules.
pub const BARS: [(scan::Format, &str, &str); 12] = {
    use scan::Format::{Code39, Code128, Ean8, Ean13, Itf, UpcA, UpcE};
    [
        (
            Code128,
            "PWA-12-34567890",
            "11010010000111011101101110100011010100011000100110111001001110011011001110010100110111001011101111010001011000111000101101100001010011011110110101100001001100011101011",
        ),
        (
            Code128,
            "MEA 0042917",
            "1101001000010111011000100011010001010001100011011001100101110111101101100110010110111000111101101101011110111011101101110100111100101100011101011",
        ),
        (
            Code128,
            "00012345678905",
            "1101001110011011001100110011011001110110111010111011000100001011001101101111010001001100111010011001100011101011",
        ),
        (
            Code39,
            "WM20481937",
            "10001011101110101110001110101010111011101010001010111000101011101010001110111010101000111010111011101000101110101110100010101110101110001011101011101110001010101010001011101110100010111011101",
        ),
        (
            Code39,
            "PEA-77.4/B",
            "10001011101110101011101110100010111010111000101011101010001011101000101011101110101000101110111010100010111011101110001010111010101000111010111010001000101000101011101000101110100010111011101",
        ),
        (
            Ean13,
            "8851234567898",
            "10101101110111001001100100110110100001010001101010100111010100001000100100100011101001001000101",
        ),
        (
            UpcA,
            "0036000291452",
            "10100011010111101010111100011010001101000110101010110110011101001100110101110010011101101100101",
        ),
        (UpcE, "0012345000065", "101011001100100110111101001110101110010101111010101"),
        (UpcE, "0123456000070", "101001001101111010100011011100100001010010001010101"),
        (
            UpcA,
            "0123456789012",
            "10100110010010011011110101000110110001010111101010100010010010001110100111001011001101101100101",
        ),
        (Ean8, "88512341", "1010110111011011101100010011001010101101100100001010111001100110101"),
        (
            Itf,
            "204819371650",
            "11001100110011111001100000110000011111001100000110011111001100000111110011111001100000110011000001111100111110011111001100110000011000001111100110000011000001100111110011111001100111110000011000001100111110011",
        ),
    ]
};

/// A drawing of `#` and `.`, rows parted by `/`, with a quiet zone of so many modules.
pub fn drawn(rows: &str, quiet: usize) -> Vec<Vec<bool>> {
    let width = rows.find('/').unwrap();
    let blank = std::iter::repeat_n(vec![false; width + 2 * quiet], quiet);
    let inner = rows.split('/').map(|row| {
        let light = std::iter::repeat_n(false, quiet);
        light.clone().chain(row.bytes().map(|module| module == b'#')).chain(light).collect()
    });
    blank.clone().chain(inner).chain(blank).collect()
}

/// The text of everything read, sorted.
pub fn texts(picture: &LumaBuf, effort: scan::Effort) -> Vec<String> {
    let mut texts: Vec<String> =
        scan::decode(&picture.as_luma(), effort).into_iter().map(|symbol| symbol.text).collect();
    texts.sort();
    texts
}

/// A picture of the given bytes, as many full rows as there are.
pub fn raw(width: usize, bytes: &[u8]) -> Luma<'_> {
    Luma::new(width, bytes.len() / width, bytes).unwrap()
}
