//! Reads a folder of labelled pictures and prints how many texts were right and how long it took.
//!
//! `cargo run --release -p scan --example measure -- LIST [frame|still]`, where each line of LIST is tab
//! separated: set, kind, path of an 8-bit PNG beside LIST, format, text as JSON (a list of texts for several codes).
//! With `--times [PART] [ROUNDS]` instead of LIST it times pictures drawn here, hostile ones among them; PART picks those
//! whose name holds it ("12mp still, wall"), and one round of one of them is what a profiler wants to see. Figures are
//! printed as one line of JSON a kind; times are the work of this thread in milliseconds. Where other work shares the
//! machine's caches, the least of many rounds says more than their median.
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

use scan::{Effort, Luma, LumaBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let list = arguments.next().ok_or("which list?")?;
    if list == "--times" {
        let part = arguments.next().unwrap_or_default();
        return time_drawn(&part, arguments.next().map(|rounds| rounds.parse()).transpose()?);
    }
    let effort = if arguments.next().as_deref() == Some("still") { Effort::Still } else { Effort::Frame };
    let folder = Path::new(&list).parent().unwrap_or(Path::new("."));
    let mut kinds: BTreeMap<String, Counts> = BTreeMap::new();
    let mut steps: BTreeMap<scan::Step, usize> = BTreeMap::new();
    for line in std::fs::read_to_string(&list)?.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [_, kind, path, _, text, ..] = columns.as_slice() else { continue };
        let wanted: Wanted = serde_json::from_str(text)?;
        let picture = open(&folder.join(path))?;
        let start = Clock::start();
        let found = scan::decode(&picture.as_luma(), effort);
        let counts = kinds.entry((*kind).to_owned()).or_default();
        counts.times.push(start.milliseconds());
        let is_right = wanted.texts().iter().all(|text| found.iter().any(|symbol| symbol.text == *text));
        if !is_right {
            println!("missed: {path}");
        }
        let is_wrong = found.iter().any(|symbol| !wanted.texts().contains(&symbol.text));
        counts.right += usize::from(is_right);
        counts.wrong += usize::from(is_wrong);
        for symbol in found {
            if wanted.texts().contains(&symbol.text) {
                *steps.entry(symbol.found_by).or_default() += 1;
            } else {
                println!("wrong: {path} {symbol:?}");
            }
        }
    }
    for (kind, counts) in &mut kinds {
        counts.print(kind);
    }
    println!("{steps:?}");
    let mut all = Counts::default();
    for counts in kinds.values() {
        all.right += counts.right;
        all.wrong += counts.wrong;
        all.times.extend(&counts.times);
    }
    let times = all.sorted_times();
    println!("all: right {}, wrong {}, {times:.1?} ms (median, p95, most)", all.right, all.wrong);
    Ok(())
}

/// What is to be read in a picture.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Wanted {
    One(String),
    Several(Vec<String>),
}

impl Wanted {
    fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        }
    }
}

/// What came of the pictures of one kind: one time each.
#[derive(Default)]
struct Counts {
    right: usize,
    wrong: usize,
    times: Vec<f64>,
}

impl Counts {
    /// Median, 95th percentile and most.
    fn sorted_times(&mut self) -> [f64; 3] {
        self.times.sort_by(f64::total_cmp);
        [50, 95, 100].map(|part| {
            let index = (self.times.len() * part / 100).min(self.times.len().saturating_sub(1));
            self.times.get(index).copied().unwrap_or(0.0)
        })
    }

    fn print(&mut self, kind: &str) {
        let [median, p95, most] = self.sorted_times();
        let line = serde_json::json!({
            "kind": kind, "pictures": self.times.len(), "right": self.right, "wrong": self.wrong,
            "least_ms": self.times.first(), "median_ms": median, "p95_ms": p95, "most_ms": most,
        });
        println!("{line}");
    }
}

fn open(path: &Path) -> Result<LumaBuf, Box<dyn Error>> {
    let mut decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path)?));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info()?;
    let mut bytes = vec![0; reader.output_buffer_size().ok_or("too large")?];
    let info = reader.next_frame(&mut bytes)?;
    let (width, height) = (usize::try_from(info.width)?, usize::try_from(info.height)?);
    let grey = match info.color_type.samples() {
        1 => bytes,
        3 => {
            let (colours, _) = bytes.as_chunks::<3>();
            let rgba: Vec<u8> = colours.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect();
            return Ok(scan::luma_from_rgba(width, height, &rgba)?);
        }
        4 => return Ok(scan::luma_from_rgba(width, height, &bytes)?),
        _ => return Err("grey or colour pictures only".into()),
    };
    Ok(LumaBuf::new(width, height, grey)?)
}

/// Times frames and photographs of a label on a wall, and of things that look like many codes and are none: those whose
/// name holds `part`, so many times.
fn time_drawn(part: &str, asked: Option<usize>) -> Result<(), Box<dyn Error>> {
    let modules = scan::label::qr_modules("HTTPS://Q.EXAMPLE.GO.TH/Q/7K3D9QX2M4")?;
    let grain = |x: usize, y: usize| {
        let mut mixed =
            (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
        mixed ^= mixed >> 29;
        u8::try_from(mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 56).unwrap_or(0)
    };
    let wall = |x: usize, y: usize| 90 + grain(x, y) / 8 + u8::try_from(x / 64 % 80).unwrap_or(0);
    let finder = |x: usize, y: usize| {
        let ring = x.abs_diff(3).max(y.abs_diff(3));
        if ring <= 1 || ring == 3 { 30 } else { 220 }
    };
    type Shade<'a> = &'a dyn Fn(usize, usize) -> u8;
    let label = |x: usize, y: usize| {
        let module =
            y.checked_sub(200).zip(x.checked_sub(500)).and_then(|(y, x)| modules.get(y / 6)?.get(x / 6));
        module.map_or_else(|| wall(x, y), |dark| if *dark { 40 } else { 220 })
    };
    // A tiled floor of finder patterns, a fence, a chequered cloth, pixels of pure noise, and noise in squares.
    let scenes: [(&str, Shade<'_>); 7] = [
        ("label", &label),
        ("wall", &wall),
        ("finders", &|x, y| finder(x / 4 % 11, y / 4 % 11)),
        ("fence", &|x, y| if grain(x / 3, y / 400) > 127 { 40 } else { 210 }),
        ("cloth", &|x, y| if (x / 5 + y / 5) % 2 == 0 { 40 } else { 210 }),
        ("noise", &|x, y| grain(x, y)),
        ("squares", &|x, y| if grain(x / 4, y / 4) > 127 { 40 } else { 210 }),
    ];
    for (size, width, height, rounds) in [("720p", 1280usize, 720usize, 21), ("12mp", 4000, 3000, 5)] {
        for (name, shade) in scenes {
            let efforts = [("frame", Effort::Frame), ("still", Effort::Still)]
                .map(|(effort_name, effort)| (format!("{size} {effort_name}, {name}"), effort));
            if !efforts.iter().any(|(name, _)| name.contains(part)) {
                continue;
            }
            let pixels: Vec<u8> = (0..width * height).map(|i| shade(i % width, i / width)).collect();
            let picture = Luma::new(width, height, &pixels)?;
            for (name, effort) in efforts.iter().filter(|(name, _)| name.contains(part)) {
                let mut counts = Counts::default();
                for _ in 0..asked.unwrap_or(rounds) {
                    let start = Clock::start();
                    let found = scan::decode(&picture, *effort);
                    counts.times.push(start.milliseconds());
                    counts.right += found.len();
                }
                counts.print(name);
            }
        }
    }
    Ok(())
}

/// Time this thread has worked, which a busy machine changes less than time passed.
struct Clock(Duration);

impl Clock {
    fn start() -> Self {
        Self(worked())
    }

    fn milliseconds(&self) -> f64 {
        worked().saturating_sub(self.0).as_secs_f64() * 1000.0
    }
}

fn worked() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(now).unwrap_or_default()
}
