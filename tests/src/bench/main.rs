//! `make bench`: what it costs. Real stores on real files with `synchronous=FULL`; the exchange goes over
//! HTTP on the loopback interface, packed as on the road. Figures are merged into `target/bench.json`.
//!
//! The workload is one municipality's water registry: 18,000 meters with Thai names and addresses and one reading
//! each, 36,000 records and some 11 MB of JSON: W1, with its tariffs, positions and notes. Names come from short lists, so
//! real registries compress less well. At the end it says which goals are met; `bench goals` only says that.

mod crowd;
mod dashboard;
mod device;
mod engine;
mod figures;
mod forms;
mod goals;
#[path = "../../../crates/forms/tests/hostile/mod.rs"]
mod hostile;
mod large_form;
mod link;
mod money;
mod processes;
mod rescue;
mod scale;
mod town;
mod upkeep;

use figures::Figures;

fn main() {
    if let [_, act, name, path] = std::env::args().collect::<Vec<_>>().as_slice()
        && act == "hostile"
    {
        return forms::be_attacked(name, path);
    }
    let mut figures = Figures::default();
    if std::env::args().nth(1).as_deref() == Some("goals") {
        return goals::print(&figures.merge_into(std::path::Path::new("target/bench.json")));
    }
    // `bench scale`, `bench upkeep`, `bench dashboard`, `bench money`, `bench forms` measure only that, for whoever works on it.
    let only = std::env::args().nth(1);
    let wants = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if wants("town") || wants("upkeep") {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut town = town::Town::new(folder.path());
        engine::run(&mut town, &mut figures);
        if wants("town") {
            device::run(&mut town, &mut figures);
            crowd::run(&mut town, &mut figures);
            processes::run(&mut town, &mut figures);
        }
        upkeep::run(&mut town, &mut figures);
    }
    if wants("rescue") || wants("town") {
        rescue::run(&mut figures);
    }
    if wants("scale") {
        scale::run(&mut figures);
    }
    if wants("dashboard") {
        dashboard::run(&mut figures);
    }
    if wants("money") {
        money::run(&mut figures);
    }
    if wants("forms") {
        forms::run(&mut figures);
    }
    figures.print();
    let all = figures.merge_into(std::path::Path::new("target/bench.json"));
    goals::print(&all);
}
