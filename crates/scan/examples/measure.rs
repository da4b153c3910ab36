//! Reads a folder of labelled pictures and prints how many texts were right and how long it took.
//!
//! `cargo run --release -p scan --example measure -- LIST [frame|still]`, where each line of LIST is tab
//! separated: set, kind, path of an 8-bit PNG beside LIST, format, text as JSON (empty for no code), ...
//! Without arguments it times one 1280x720 frame with a label and one without.
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use scan::{Effort, Luma, LumaBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let Some(list) = arguments.next() else { return time_frames() };
    let effort = if arguments.next().as_deref() == Some("still") { Effort::Still } else { Effort::Frame };
    let folder = Path::new(&list).parent().unwrap_or(Path::new("."));
    // Kind to pictures, right texts, pictures with a wrong text.
    let mut kinds: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut steps: BTreeMap<scan::Step, usize> = BTreeMap::new();
    let mut times = Vec::new();
    for line in std::fs::read_to_string(&list)?.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [_, kind, path, _, text, ..] = columns.as_slice() else { continue };
        let text: String = serde_json::from_str(text)?;
        let picture = open(&folder.join(path))?;
        let start = Clock::start();
        let found = scan::decode(&picture.as_luma(), effort);
        times.push(start.milliseconds());
        let counts = kinds.entry((*kind).to_owned()).or_default();
        let is_right = found.iter().any(|symbol| symbol.text == text);
        if !is_right {
            println!("missed: {path}");
        }
        let is_wrong = found.iter().any(|symbol| symbol.text != text);
        for (count, by) in counts.iter_mut().zip([true, is_right, is_wrong]) {
            *count += usize::from(by);
        }
        for symbol in found {
            if symbol.text == text {
                *steps.entry(symbol.found_by).or_default() += 1;
            } else {
                println!("wrong: {path} {symbol:?}");
            }
        }
    }
    for (kind, [pictures, right, wrong]) in &kinds {
        println!("{kind:12} {right:4} of {pictures:4}, wrong {wrong}");
    }
    println!("{steps:?}");
    print_times("all", &mut times);
    Ok(())
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

/// Times a frame of a camera with a label in it, and one with nothing but a textured wall.
fn time_frames() -> Result<(), Box<dyn Error>> {
    let (width, height) = (1280usize, 720usize);
    let wall = |x: usize, y: usize| {
        let grain = (x.wrapping_mul(40_507) ^ y.wrapping_mul(40_503)) >> 3 & 31;
        let slope = (x * 80) / width;
        u8::try_from(90 + grain + slope).unwrap_or(255)
    };
    let empty: Vec<u8> = (0..width * height).map(|i| wall(i % width, i / width)).collect();
    let modules = scan::label::qr_modules("HTTPS://Q.EXAMPLE.GO.TH/Q/7K3D9QX2M4")?;
    let mut labelled = empty.clone();
    for (i, pixel) in labelled.iter_mut().enumerate() {
        let (x, y) = (i % width, i / width);
        let module =
            y.checked_sub(200).zip(x.checked_sub(500)).and_then(|(y, x)| modules.get(y / 6)?.get(x / 6));
        if let Some(dark) = module {
            *pixel = if *dark { 40 } else { 220 };
        }
    }
    for (name, bytes) in [("label", &labelled), ("no code", &empty)] {
        let picture = Luma::new(width, height, bytes)?;
        for effort in [Effort::Frame, Effort::Still] {
            let mut found = 0;
            let mut times: Vec<f64> = (0..31)
                .map(|_| {
                    let start = Clock::start();
                    found = scan::decode(&picture, effort).len();
                    start.milliseconds()
                })
                .collect();
            print_times(&format!("720p, {name}, {effort:?}, {found} found"), &mut times);
        }
    }
    Ok(())
}

/// Time this thread has worked, which a busy machine does not change. Elsewhere than on Linux: time passed.
struct Clock {
    worked: Option<Duration>,
    started: Instant,
}

impl Clock {
    fn start() -> Self {
        Self { worked: worked(), started: Instant::now() }
    }

    fn milliseconds(&self) -> f64 {
        let spent = match (worked(), self.worked) {
            (Some(now), Some(then)) => now.saturating_sub(then),
            _ => self.started.elapsed(),
        };
        spent.as_secs_f64() * 1000.0
    }
}

fn worked() -> Option<Duration> {
    let counters = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    counters.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn print_times(name: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    let at = |part: usize| {
        times.get((times.len() * part / 100).min(times.len().saturating_sub(1))).unwrap_or(&0.0)
    };
    println!("{name}: median {:.1} ms, p95 {:.1} ms, most {:.1} ms", at(50), at(95), at(100));
}
