//! Wrong passwords, and labels that are not ours: who has to wait, and for how long.
//!
//! A guesser must not be able to lock the clerk out. So wrong passwords are counted by account name and by the network
//! they come from, and a browser in which the account was opened before has a count of its own that no stranger can
//! touch. A count over all networks is there too, but so high that it takes many machines to reach it.
//!
//! All of it is in memory: a restart of the server forgives, which nobody outside can cause.

use std::collections::HashMap;
use std::net::IpAddr;

/// Wrong passwords that cost no pause: from one browser or network, and from everywhere together.
const FREE: u32 = 5;
const FREE_EVERYWHERE: u32 = 100;
/// Wrong passwords of one network whatever the names: somebody tries names, and each costs a core.
const FREE_NAMES: u32 = 50;
/// Labels whose authenticator is wrong, of one network. A passer-by meets one in years.
const FREE_LABELS: u32 = 20;
/// The pause after the first wrong password too many. It doubles with each further one.
const FIRST_PAUSE_MS: u64 = 60_000;
const LONGEST_PAUSE_MS: u64 = 15 * 60_000;
/// A count is forgotten when nothing was added to it for so long.
const FORGET_MS: u64 = 24 * 60 * 60_000;
/// Counts kept at once: the list must not grow with an attacker's patience.
const MOST_COUNTS: usize = 10_000;

/// Where a login comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A browser in which this account was opened before, by its random name.
    Browser(String),
    /// Any other, by its address.
    Network(IpAddr),
}

/// The counts, by a hash of what they count: no typed name is kept.
#[derive(Default)]
pub(crate) struct Guesses {
    counts: HashMap<[u8; 32], Count>,
    /// When a wrong password was last written to the audit, by account; the empty name stands for all unknown ones.
    noted: HashMap<String, u64>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    wrong: u32,
    last_ms: u64,
    paused_until_ms: u64,
}

impl Guesses {
    /// Counts a login as wrong before it is known to be, so that many at once gain nothing. During a pause it is not
    /// looked at: the error is how many milliseconds are left.
    pub(crate) fn begin(&mut self, name: &str, source: &Source, now_ms: u64) -> Result<(), u64> {
        self.count(keys(name, source), matches!(source, Source::Browser(_)), now_ms)
    }

    /// Whether a network may be told if a label's authenticator is ours. `forged` counts against it; one that guesses is
    /// told nothing for a while, of genuine ones neither: it would go on and look for the answer that differs.
    pub(crate) fn tells_of_label(&mut self, from: IpAddr, forged: bool, now_ms: u64) -> bool {
        let key = (key("label", &network(from), ""), FREE_LABELS);
        if self.pause_left(&[key], now_ms) > 0 {
            return false;
        }
        !forged || self.count(vec![key], false, now_ms).is_ok()
    }

    fn pause_left(&self, keys: &[Counted], now_ms: u64) -> u64 {
        let left = |key| self.counts.get(key).map_or(0, |count| count.paused_until_ms.saturating_sub(now_ms));
        keys.iter().map(|(key, _)| left(key)).max().unwrap_or(0)
    }

    fn count(&mut self, keys: Vec<Counted>, known: bool, now_ms: u64) -> Result<(), u64> {
        let longest = self.pause_left(&keys, now_ms);
        if longest > 0 {
            return Err(longest);
        }
        for (key, free) in keys {
            // A known browser needs no room: its mark is signed, so that no stranger can make one.
            if !known && !self.counts.contains_key(&key) {
                self.make_room(now_ms)?;
            }
            let count = self.counts.entry(key).or_default();
            if now_ms >= count.last_ms.saturating_add(FORGET_MS) {
                count.wrong = 0;
            }
            count.wrong = count.wrong.saturating_add(1);
            count.last_ms = now_ms;
            if let Some(over) = count.wrong.checked_sub(free) {
                let pause = (FIRST_PAUSE_MS << over.min(10)).min(LONGEST_PAUSE_MS);
                count.paused_until_ms = now_ms.saturating_add(pause);
            }
        }
        Ok(())
    }

    /// The password was right after all.
    pub(crate) fn right(&mut self, name: &str, source: &Source) {
        for (key, free) in keys(name, source) {
            if free == FREE {
                self.counts.remove(&key);
            } else if let Some(count) = self.counts.get_mut(&key) {
                // One right password does not forgive what others guessed.
                count.wrong = count.wrong.saturating_sub(1);
                if count.wrong < free {
                    count.paused_until_ms = 0;
                }
            }
        }
    }

    /// Says whether a wrong password for this account (empty: for no account) is to be written to the audit. Once in
    /// the longest pause: the audit keeps everything for ever, and a stranger must not fill it.
    pub(crate) fn worth_noting(&mut self, account: &str, now_ms: u64) -> bool {
        match self.noted.get(account) {
            Some(last) if now_ms < last.saturating_add(LONGEST_PAUSE_MS) => false,
            _ => {
                self.noted.insert(account.to_owned(), now_ms);
                true
            }
        }
    }

    /// Forgets the oldest count if there is no room. Never one in its pause: else a flood of names would end it.
    fn make_room(&mut self, now_ms: u64) -> Result<(), u64> {
        if self.counts.len() < MOST_COUNTS {
            return Ok(());
        }
        let idle = self.counts.iter().filter(|(_, count)| count.paused_until_ms <= now_ms);
        let oldest = idle.min_by_key(|(_, count)| count.last_ms).map(|(key, _)| *key);
        self.counts.remove(&oldest.ok_or(FIRST_PAUSE_MS)?);
        Ok(())
    }
}

/// What something counts towards, and how many wrong ones are free there.
type Counted = ([u8; 32], u32);

/// What a login counts towards.
fn keys(name: &str, source: &Source) -> Vec<Counted> {
    match source {
        Source::Browser(id) => vec![(key("browser", id, name), FREE)],
        Source::Network(address) => {
            let network = network(*address);
            vec![
                (key("network", &network, name), FREE),
                (key("names", &network, ""), FREE_NAMES),
                (key("everywhere", "", name), FREE_EVERYWHERE),
            ]
        }
    }
}

fn key(kind: &str, from: &str, name: &str) -> [u8; 32] {
    *blake3::hash(format!("{kind}\n{from}\n{name}").as_bytes()).as_bytes()
}

/// An IPv4 address by itself; of an IPv6 address the half that one subscriber gets.
pub(crate) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x}", address.to_bits() >> 64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> Source {
        Source::Network(address.parse().unwrap())
    }

    #[test]
    fn pauses_grow_and_touch_only_their_own_network() {
        let mut guesses = Guesses::default();
        for _ in 0..5 {
            guesses.begin("a", &from("10.0.0.1"), 0).unwrap();
        }
        assert_eq!(guesses.begin("a", &from("10.0.0.1"), 0), Err(60_000));
        assert_eq!(guesses.begin("a", &from("::ffff:10.0.0.1"), 0), Err(60_000), "the same machine");
        guesses.begin("a", &from("10.0.0.2"), 0).unwrap();
        guesses.begin("b", &from("10.0.0.1"), 0).unwrap();
        guesses.begin("a", &Source::Browser("x".to_owned()), 0).unwrap();
        guesses.begin("a", &from("10.0.0.1"), 60_000).unwrap();
        assert_eq!(guesses.begin("a", &from("10.0.0.1"), 60_000), Err(120_000), "twice as long");
        let mut now = 180_000;
        for _ in 0..20 {
            guesses.begin("a", &from("10.0.0.1"), now).unwrap();
            now += LONGEST_PAUSE_MS;
        }
        guesses.right("a", &from("10.0.0.1"));
        for _ in 0..5 {
            guesses.begin("a", &from("10.0.0.1"), now).unwrap();
        }
    }

    #[test]
    fn many_networks_together_pause_strangers_but_not_a_known_browser() {
        let mut guesses = Guesses::default();
        for number in 0..100 {
            guesses.begin("a", &from(&format!("2001:db8:0:{number:x}::1")), 0).unwrap();
        }
        assert_eq!(guesses.begin("a", &from("192.0.2.1"), 0), Err(60_000));
        guesses.begin("a", &Source::Browser("x".to_owned()), 0).unwrap();
        assert_eq!(network("2001:db8::1".parse().unwrap()), network("2001:db8::2".parse().unwrap()));
    }

    #[test]
    fn a_flood_of_names_neither_grows_the_list_nor_ends_a_pause() {
        let mut guesses = Guesses::default();
        for _ in 0..5 {
            guesses.begin("a", &from("10.0.0.1"), 0).unwrap();
        }
        for number in 0..MOST_COUNTS {
            let network = format!("2001:db8:0:{number:x}::1");
            guesses.begin(&format!("name {number}"), &from(&network), 1).unwrap();
        }
        assert!(guesses.counts.len() <= MOST_COUNTS);
        assert_eq!(guesses.begin("a", &from("10.0.0.1"), 2), Err(59_998));
    }

    #[test]
    fn a_known_browser_is_let_in_when_strangers_have_filled_the_list() {
        let mut guesses = Guesses::default();
        for number in 0..MOST_COUNTS {
            let thief = format!("2001:db8:0:{number:x}::1").parse().unwrap();
            for _ in 0..=FREE_LABELS {
                guesses.tells_of_label(thief, true, 0);
            }
        }
        assert_eq!(guesses.begin("a", &from("10.0.0.1"), 1), Err(FIRST_PAUSE_MS), "no room for a stranger");
        guesses.begin("a", &Source::Browser("x".to_owned()), 1).unwrap();
    }

    #[test]
    fn one_network_that_tries_names_is_paused_and_others_are_not() {
        let mut guesses = Guesses::default();
        for number in 0..FREE_NAMES {
            guesses.begin(&format!("name {number}"), &from("10.0.0.1"), 0).unwrap();
        }
        assert_eq!(guesses.begin("another", &from("10.0.0.1"), 0), Err(60_000));
        guesses.begin("another", &from("10.0.0.2"), 0).unwrap();
        guesses.begin("another", &Source::Browser("x".to_owned()), 0).unwrap();
    }

    #[test]
    fn who_guesses_what_proves_a_label_is_told_nothing_for_a_while() {
        let mut guesses = Guesses::default();
        let (thief, other) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        for _ in 0..FREE_LABELS {
            assert!(guesses.tells_of_label(thief, true, 0));
            assert!(guesses.tells_of_label(other, false, 0), "genuine ones cost nothing");
        }
        assert!(!guesses.tells_of_label(thief, true, 1) && !guesses.tells_of_label(thief, false, 1));
        assert!(guesses.tells_of_label(other, true, 1));
        assert!(guesses.tells_of_label(thief, false, FIRST_PAUSE_MS));
    }

    #[test]
    fn the_audit_gets_one_row_in_a_pause() {
        let mut guesses = Guesses::default();
        let noted = (0..50).filter(|at| guesses.worth_noting("", *at)).count();
        assert_eq!(noted, 1);
        assert!(guesses.worth_noting("admin", 50));
        assert!(guesses.worth_noting("", LONGEST_PAUSE_MS));
    }
}
