//! The bad network as a process: `chaos HOST:PORT SEED`. See [`tests::harness::chaos`].

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, server, seed] = &arguments[..] else { panic!("chaos HOST:PORT SEED") };
    tests::harness::chaos::run(server, seed.parse().expect("a seed is a number"));
}
