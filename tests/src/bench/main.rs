//! `make bench`: what it costs. Real stores on real files with `synchronous=FULL`; the exchange goes over
//! HTTP on the loopback interface, packed as on the road. Figures are merged into `target/bench.json`.
//!
//! The workload is one municipality's water registry: 18,000 meters with Thai names and addresses and one reading
//! each, 36,000 records and some 11 MB of JSON. Names come from short lists, so real registries compress less well.

mod crowd;
mod device;
mod engine;
mod figures;
mod link;
mod processes;
mod scale;
mod town;
mod upkeep;

use figures::Figures;

fn main() {
    let mut figures = Figures::default();
    // `bench scale` and `bench upkeep` measure only that, for whoever works on it.
    let only = std::env::args().nth(1);
    if only.as_deref() != Some("scale") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut town = town::Town::new(folder.path());
        engine::run(&mut town, &mut figures);
        if only.is_none() {
            device::run(&mut town, &mut figures);
            crowd::run(&mut town, &mut figures);
            processes::run(&mut town, &mut figures);
        }
        upkeep::run(&mut town, &mut figures);
    }
    if only.as_deref() != Some("upkeep") {
        scale::run(&mut figures);
    }
    figures.print();
    figures.merge_into(std::path::Path::new("target/bench.json"));
}
