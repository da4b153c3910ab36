//! Random numbers that come out the same on every machine: the town must not differ between two people who talk
//! about it. SplitMix64, whose whole state is one number.

/// A seeded generator.
pub struct Random(u64);

impl Random {
    /// A generator for one purpose. Its own seed for each part of the town keeps one part from shifting another.
    pub fn new(seed: u64, purpose: &str) -> Random {
        let mixed = purpose.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Random(mixed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to less than 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number of a range, both ends included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(0).cast_unsigned() + 1;
        low + (self.bits() % span).cast_signed()
    }

    /// True in `share` of cases.
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// One of a list. The lists of this program are never empty.
    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        let at = self.between(0, from.len() as i64 - 1);
        match from.get(usize::try_from(at).unwrap_or(0)).or(from.first()) {
            Some(one) => one,
            None => unreachable!("a list of the demo town is empty"),
        }
    }

    /// Normally distributed (Box-Muller).
    pub fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let (a, b) = (1.0 - self.unit(), self.unit());
        mean + deviation * (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }

    /// Lognormally distributed with this median.
    pub fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * self.normal(0.0, sigma).exp()
    }

    /// Random bytes as a store takes them, so that what is saved by requests has the same ids for everybody.
    pub fn entropy(mut self) -> store::Entropy {
        Box::new(move |bytes: &mut [u8]| {
            for part in bytes.chunks_mut(8) {
                for (byte, random) in part.iter_mut().zip(self.bits().to_le_bytes()) {
                    *byte = random;
                }
            }
        })
    }

    /// Ten bytes for an id.
    pub fn id_bytes(&mut self) -> [u8; 10] {
        let mut bytes = [0u8; 10];
        for (byte, random) in
            bytes.iter_mut().zip(self.bits().to_le_bytes().into_iter().chain(self.bits().to_le_bytes()))
        {
            *byte = random;
        }
        bytes
    }
}
