//! Dice that fall the same way for the same seed.

use store::Entropy;

/// A splitmix64 generator: small, and every seed is as good as another.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice from a seed.
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// The next 64 bits.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, not including, `most`.
    pub fn below(&mut self, most: u64) -> u64 {
        self.throw() % most.max(1)
    }

    /// A share from 0 to 1.
    pub fn share(&mut self) -> f64 {
        self.below(1_000_000) as f64 / 1_000_000.0
    }

    /// True in `percent` of all throws.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let at = self.below(all.len() as u64) as usize;
        &all[at]
    }

    /// Other dice, decided by these.
    pub fn split(&mut self) -> Dice {
        Dice(self.throw())
    }

    /// Random bytes for a store.
    pub fn entropy(&mut self) -> Entropy {
        let mut dice = self.split();
        Box::new(move |bytes| bytes.iter_mut().for_each(|byte| *byte = dice.throw() as u8))
    }
}
