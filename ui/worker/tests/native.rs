//! The store's stories on an ordinary file system. The same are told on OPFS by `tests/browser/store.test.mjs`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends where it comes out wrong"
)]

mod stories;

use store::{Kind, Store};

#[test]
fn every_story_comes_out_right_on_a_file_system() {
    for (at, (name, story)) in stories::STORIES.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        println!("{name}");
        story(&|file| {
            let seed = file.bytes().map(u64::from).sum::<u64>() + 100 * at as u64;
            Store::open(&folder.path().join(file), Kind::Device, stories::entropy(seed), 1_795_000_000_000)
        });
    }
}
