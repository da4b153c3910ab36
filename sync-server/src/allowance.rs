//! How often strangers may do something: by the label, by the network they come from, and all together.
//!
//! Many telephones share one address of their operator, so a network has more than a label. All of it is in memory: a
//! restart forgets it, which nobody outside can cause.

use crate::guesses::network;
use std::collections::HashMap;
use std::net::IpAddr;

/// After this time a count begins anew.
const WINDOW_MS: u64 = 60 * 60_000;
/// Counts kept at once: the list must not grow with an attacker's patience.
const MOST_COUNTS: usize = 10_000;

/// How many times in an hour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most {
    /// For one label or link.
    pub thing: u32,
    /// From one network.
    pub network: u32,
    /// In all.
    pub everywhere: u32,
}

/// Reports: a label sees a few an hour, even after a storm.
pub(crate) const REPORTS: Most = Most { thing: 6, network: 40, everywhere: 400 };
/// What is added to a report: words and photos, which cost a core to draw.
pub(crate) const ADDITIONS: Most = Most { thing: 8, network: 40, everywhere: 400 };

/// The counts, by a hash of what they count: no label and no address is kept.
#[derive(Default)]
pub(crate) struct Allowance {
    counts: HashMap<[u8; 32], (u64, u32)>,
}

impl Allowance {
    /// Counts one more; says whether it is still allowed. What is refused counts as well only for its own label and
    /// network, so that one of them cannot use up what is everybody's.
    pub(crate) fn take(&mut self, what: &str, thing: &str, from: IpAddr, most: Most, now_ms: u64) -> bool {
        let own = self.add(&format!("{what}\nthing\n{thing}"), most.thing, now_ms);
        let near = self.add(&format!("{what}\nnetwork\n{}", network(from)), most.network, now_ms);
        own && near && self.add(&format!("{what}\neverywhere"), most.everywhere, now_ms)
    }

    fn add(&mut self, key: &str, most: u32, now_ms: u64) -> bool {
        let key = *blake3::hash(key.as_bytes()).as_bytes();
        if self.counts.len() >= MOST_COUNTS && !self.counts.contains_key(&key) {
            self.counts.retain(|_, (began, _)| now_ms < began.saturating_add(WINDOW_MS));
            if self.counts.len() >= MOST_COUNTS {
                return false;
            }
        }
        let (began, count) = self.counts.entry(key).or_insert((now_ms, 0));
        if now_ms >= began.saturating_add(WINDOW_MS) {
            (*began, *count) = (now_ms, 0);
        }
        *count = count.saturating_add(1);
        *count <= most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Most = Most { thing: 2, network: 3, everywhere: 5 };

    #[test]
    fn a_label_a_network_and_everybody_have_their_own_count() {
        let mut allowance = Allowance::default();
        let from = |last: u8| IpAddr::from([192, 0, 2, last]);
        let mut take =
            |thing: &str, last: u8, now_ms: u64| allowance.take("report", thing, from(last), MOST, now_ms);
        assert!(take("a", 1, 0) && take("a", 2, 0));
        assert!(!take("a", 3, 0), "the label has had its two");
        assert!(take("b", 1, 0));
        assert!(take("c", 1, 0));
        assert!(!take("d", 1, 0), "the network has had its three");
        assert!(take("d", 4, 0));
        assert!(!take("e", 5, 0), "everybody together has had five");
        assert!(take("a", 1, WINDOW_MS), "an hour later");
    }

    #[test]
    fn a_flood_of_labels_does_not_grow_the_list() {
        let mut allowance = Allowance::default();
        for number in 0..2 * MOST_COUNTS {
            allowance.take("report", &number.to_string(), IpAddr::from([192, 0, 2, 1]), MOST, 0);
        }
        assert!(allowance.counts.len() <= MOST_COUNTS);
        assert!(allowance.take("report", "x", IpAddr::from([192, 0, 2, 9]), MOST, WINDOW_MS));
    }
}
