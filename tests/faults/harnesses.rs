//! R1 to R11 and the fuzzing, as small as `make test` needs them. `make deep` runs the same harnesses long.
//! `SANAM_FAULT_SEED=5` plays them from another seed.

use tests::harness::{harness, planted};

fn holds(id: &str) {
    let seed = std::env::var("SANAM_FAULT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let harness = harness(id);
    let outcome = (harness.run)(harness.small, seed);
    println!(
        "{id}: {} {}, looked for {}; {}",
        outcome.runs,
        harness.unit,
        outcome.looked_for,
        outcome.notes.join("; ")
    );
    assert!(outcome.runs >= harness.small && outcome.looked_for > 0, "{id} did nothing: {outcome:?}");
    assert_eq!(outcome.faults, 0, "{id} (seed {seed}):\n  {}", outcome.told.join("\n  "));
}

#[test]
fn r1_kill_device() {
    holds("R1");
}

#[test]
fn r2_kill_server() {
    holds("R2");
}

#[test]
fn r3_power_cut_device() {
    holds("R3");
}

#[test]
fn r4_power_cut_server() {
    holds("R4");
}

#[test]
fn r5_disk_faults() {
    holds("R5");
}

#[test]
fn r6_bit_rot() {
    holds("R6");
}

#[test]
fn r7_interleavings() {
    holds("R7");
}

#[test]
fn r8_lossy_network() {
    holds("R8");
}

#[test]
fn r9_clocks() {
    holds("R9");
}

#[test]
fn r10_versions() {
    holds("R10");
}

#[test]
fn r11_restore() {
    holds("R11");
}

#[test]
fn f1_bodies() {
    holds("F1");
}

#[test]
fn f2_merges() {
    holds("F2");
}

#[test]
fn r14_every_planted_bug_names_its_harness() {
    assert!(planted::every_bug_has_its_harness());
    assert!(planted::BUGS.len() >= 12);
    assert!(planted::now().is_none(), "no bug is planted in an ordinary build");
}
