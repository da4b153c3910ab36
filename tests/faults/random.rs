//! C3: a random municipality. Twenty phones and a server live through weeks, as in R7 but longer and with more people.
//! The same seed is the same story: `SANAM_SEED=17 cargo test -p tests random`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use tests::harness::r07_interleavings::{Life, live};

/// Seeds of an ordinary run; `SANAM_SEEDS=2000` asks for more.
const SEEDS: u64 = 12;
const LONG: Life = Life { phones: 20, steps: 500, restores: true, mixed: false };

#[test]
fn c3_nothing_is_lost_in_random_worlds() {
    let number = |key: &str| std::env::var(key).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("SANAM_SEED") {
        Some(one) => one..one + 1,
        None => 1..number("SANAM_SEEDS").unwrap_or(SEEDS) + 1,
    };
    for seed in seeds {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| live(LONG, seed))) {
            let what = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            panic!("seed {seed} (SANAM_SEED={seed} runs it alone): {what}");
        }
    }
}
