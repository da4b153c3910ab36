//! `make bench`: what it costs. Real stores on real files with `synchronous=FULL`; the exchange goes through the bodies
//! that would travel, compressed as they would be, without the socket. Figures are merged into `target/bench.json`.
//!
//! The workload is one municipality's water registry: 18,000 meters with Thai names and addresses and one reading
//! each, 36,000 records and some 11 MB of JSON. Names come from short lists, so real registries compress less well.

mod device;
mod engine;
mod figures;
mod town;

use figures::Figures;

fn main() {
    let mut figures = Figures::default();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut town = town::Town::new(folder.path());
    engine::run(&mut town, &mut figures);
    device::run(&mut town, &mut figures);
    figures.print();
    figures.merge_into(std::path::Path::new("target/bench.json"));
}
