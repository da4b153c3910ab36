//! The figures: names with numbers, printed as a table and merged into a file that others write to as well.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// What was measured.
#[derive(Default)]
pub struct Figures(Vec<(String, f64)>);

impl Figures {
    /// Notes one figure.
    pub fn note(&mut self, name: &str, value: f64) {
        println!("{name:<34} {value:>14.1}");
        self.0.push((name.to_owned(), (value * 1000.0).round() / 1000.0));
    }

    /// Measures one act in milliseconds.
    pub fn time<T>(&mut self, name: &str, act: impl FnOnce() -> T) -> T {
        let (begun, worked) = (Instant::now(), cpu_ms());
        let value = act();
        self.note(name, begun.elapsed().as_secs_f64() * 1000.0);
        // Client and server together, where both are in this process: steadier than the wall clock on a busy machine.
        if let Some(plain) = name.strip_suffix("_ms") {
            self.note(&format!("{plain}_cpu_ms"), cpu_ms() - worked);
        }
        value
    }

    /// A figure that was noted before.
    pub fn get(&self, name: &str) -> f64 {
        self.0.iter().find(|(known, _)| known == name).map_or(f64::NAN, |(_, value)| *value)
    }

    /// The figures as one table, sorted by name.
    pub fn print(&self) {
        println!("\n{:<34} {:>14}", "figure", "value");
        let mut sorted = self.0.clone();
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, value) in sorted {
            println!("{name:<34} {value:>14.1}");
        }
    }

    /// Writes the figures into a flat JSON map, beside what others wrote there. Returns all.
    pub fn merge_into(&self, path: &Path) -> BTreeMap<String, f64> {
        let known = std::fs::read_to_string(path).unwrap_or_default();
        let mut all: BTreeMap<String, f64> = serde_json::from_str(&known).unwrap_or_default();
        all.extend(self.0.iter().cloned());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).expect("the folder of the figures");
        }
        let text = serde_json::to_string_pretty(&all).expect("numbers are JSON");
        std::fs::write(path, text + "\n").expect("the file of the figures");
        all
    }
}

/// What this process has worked so far, in milliseconds; the kernel counts in hundredths of a second.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets may hold anything; user and system time are the 12th and 13th after it.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>()
        * 10.0
}

/// The value that `share` of all measurements stay below.
pub fn percentile(mut all: Vec<f64>, share: f64) -> f64 {
    all.sort_by(f64::total_cmp);
    let at = ((all.len() as f64 * share) as usize).min(all.len().saturating_sub(1));
    all.get(at).copied().unwrap_or(f64::NAN)
}

/// Calls `act` so many times and returns each duration in microseconds.
pub fn each(times: usize, mut act: impl FnMut(usize)) -> Vec<f64> {
    (0..times)
        .map(|at| {
            let begun = Instant::now();
            act(at);
            begun.elapsed().as_secs_f64() * 1e6
        })
        .collect()
}
