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
    counts: HashMap<[u8; 32], Count>,
    /// What is everybody's, by what is done: apart, so that it never makes room for others.
    everywhere: HashMap<&'static str, Count>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    began_ms: u64,
    count: u32,
    /// It has had all that it may have.
    spent: bool,
}

impl Count {
    fn is_over(&self, now_ms: u64) -> bool {
        now_ms >= self.began_ms.saturating_add(WINDOW_MS)
    }

    fn add(&mut self, most: u32, now_ms: u64) -> bool {
        if self.is_over(now_ms) {
            *self = Count::default();
        }
        if self.count == 0 {
            self.began_ms = now_ms;
        }
        self.count = self.count.saturating_add(1);
        self.spent = self.count >= most;
        self.count <= most
    }
}

impl Allowance {
    /// Counts one more; says whether it is still allowed. What its label refuses counts for nothing else, and what the network
    /// refuses not for everybody: so one label makes no counts of networks, and no network uses up what is everybody's.
    ///
    /// Only what is proven is to be counted: a label that anybody could make up has no count of its own.
    pub(crate) fn take(
        &mut self,
        what: &'static str,
        thing: &str,
        from: IpAddr,
        most: Most,
        now_ms: u64,
    ) -> bool {
        self.add(&format!("{what}\nthing\n{thing}"), most.thing, now_ms)
            && self.add(&format!("{what}\nnetwork\n{}", network(from)), most.network, now_ms)
            && self.everywhere.entry(what).or_default().add(most.everywhere, now_ms)
    }

    fn add(&mut self, key: &str, most: u32, now_ms: u64) -> bool {
        let key = *blake3::hash(key.as_bytes()).as_bytes();
        if !self.counts.contains_key(&key) {
            self.make_room(now_ms);
        }
        self.counts.entry(key).or_default().add(most, now_ms)
    }

    /// Forgets one count if there is no room: one whose hour is over, or else the idlest, and only where all are spent one of
    /// these. Nobody is refused for want of room; what is everybody's has its own bound.
    fn make_room(&mut self, now_ms: u64) {
        if self.counts.len() < MOST_COUNTS {
            return;
        }
        let idlest = self
            .counts
            .iter()
            .min_by_key(|(_, count)| (!count.is_over(now_ms), count.spent, count.count, count.began_ms));
        if let Some(key) = idlest.map(|(key, _)| *key) {
            self.counts.remove(&key);
        }
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

    /// A network of its own for each number.
    fn network_of(number: usize) -> IpAddr {
        IpAddr::from([0x2001, 0xdb8, 0, u16::try_from(number).unwrap(), 0, 0, 0, 1])
    }

    #[test]
    fn one_label_from_many_networks_makes_no_counts_of_them() {
        let mut allowance = Allowance::default();
        for number in 0..=MOST_COUNTS {
            allowance.take("report", "a", network_of(number), MOST, 0);
        }
        assert_eq!(allowance.counts.len(), 3, "the label, and the networks of the two that it allowed");
        assert!(allowance.take("report", "b", IpAddr::from([192, 0, 2, 9]), MOST, 0));
    }

    #[test]
    fn a_full_list_refuses_nobody_and_forgives_nobody() {
        let most = Most { everywhere: u32::MAX, ..MOST };
        let mut allowance = Allowance::default();
        let honest = IpAddr::from([192, 0, 2, 9]);
        for _ in 0..2 {
            assert!(allowance.take("report", "a", honest, most, 0));
        }
        for number in 0..MOST_COUNTS / 2 + 100 {
            assert!(allowance.take("report", &number.to_string(), network_of(number), most, 1));
        }
        assert_eq!(allowance.counts.len(), MOST_COUNTS);
        assert!(allowance.take("report", "b", honest, most, 2), "an honest one in the same hour");
        assert!(!allowance.take("report", "a", honest, most, 2), "the label has had its two");
        assert!(allowance.take("report", "a", honest, most, WINDOW_MS), "an hour later");
    }

    #[test]
    fn what_is_everybodys_is_kept_when_all_are_spent() {
        let most = Most { thing: 1, network: 1, everywhere: 1 };
        let mut allowance = Allowance::default();
        for number in 0..MOST_COUNTS / 2 + 100 {
            assert_eq!(
                allowance.take("report", &number.to_string(), network_of(number), most, 0),
                number == 0
            );
        }
        assert_eq!(allowance.counts.len(), MOST_COUNTS);
        assert!(allowance.take("add", "x", network_of(0), most, 0), "what is added has its own");
    }
}
