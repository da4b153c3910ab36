//! Passwords: argon2id, and a pause after wrong guesses.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::problem::{Code, Problem};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Fewest characters of a password.
pub(crate) const MIN_CHARS: usize = 10;
/// Most bytes of a name or password that are looked at.
pub(crate) const MAX_BYTES: usize = 1_000;
const WRONG_BEFORE_PAUSE: u32 = 5;
const PAUSE_MS: u64 = 15 * 60 * 1_000;
/// Names remembered at once. More are forgotten, oldest first: the list must not grow with an attacker's patience.
const MOST_NAMES: usize = 10_000;

/// 19 MiB, two passes, one lane: about a tenth of a second, the same whoever asks.
fn hasher() -> Result<Argon2<'static>, Problem> {
    let params = Params::new(19_456, 2, 1, None).map_err(internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn internal(error: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Internal).about(error)
}

/// Hashes a password into a PHC string.
pub fn hash_password(password: &str) -> Result<String, Problem> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(internal)?;
    let salt = SaltString::encode_b64(&bytes).map_err(internal)?;
    Ok(hasher()?.hash_password(password.as_bytes(), &salt).map_err(internal)?.to_string())
}

/// Says whether a password fits a PHC string. Without one it takes as long and says no, so that the time of the
/// answer does not tell which names exist.
pub(crate) fn fits(password: &str, stored: Option<&str>) -> bool {
    let Some(stored) = stored else {
        let _ = hash_password(password);
        return false;
    };
    match (PasswordHash::new(stored), hasher()) {
        (Ok(parsed), Ok(hasher)) => hasher.verify_password(password.as_bytes(), &parsed).is_ok(),
        _ => false,
    }
}

/// Random bytes as hexadecimal: 32 bytes make a session token.
pub fn random_hex(bytes: usize) -> Result<String, Problem> {
    let mut random = vec![0u8; bytes];
    getrandom::fill(&mut random).map_err(internal)?;
    Ok(random.iter().fold(String::with_capacity(bytes * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    }))
}

/// Wrong passwords per account name. In memory: a restart of the server forgives, which nobody outside can cause.
#[derive(Default)]
pub(crate) struct Guesses {
    by_name: HashMap<String, (u32, u64)>,
}

impl Guesses {
    /// Refuses while the account pauses.
    pub(crate) fn check(&self, name: &str, now_ms: u64) -> Result<(), Code> {
        match self.by_name.get(name) {
            Some((wrong, last)) if *wrong >= WRONG_BEFORE_PAUSE && now_ms < last.saturating_add(PAUSE_MS) => {
                Err(Code::LoginLocked)
            }
            _ => Ok(()),
        }
    }

    /// Counts a wrong password. Counted before it is known to be wrong, so that many at once gain nothing.
    pub(crate) fn begin(&mut self, name: &str, now_ms: u64) {
        if self.by_name.len() >= MOST_NAMES && !self.by_name.contains_key(name) {
            let oldest = self.by_name.iter().min_by_key(|(_, (_, last))| *last).map(|(name, _)| name.clone());
            if let Some(oldest) = oldest {
                self.by_name.remove(&oldest);
            }
        }
        let entry = self.by_name.entry(name.to_owned()).or_insert((0, now_ms));
        if now_ms >= entry.1.saturating_add(PAUSE_MS) {
            entry.0 = 0;
        }
        *entry = (entry.0 + 1, now_ms);
    }

    /// Forgets the wrong ones after a right one.
    pub(crate) fn right(&mut self, name: &str) {
        self.by_name.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let stored = hash_password("สวัสดีครับผม").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(fits("สวัสดีครับผม", Some(&stored)));
        assert!(!fits("สวัสดีครับ", Some(&stored)));
        assert!(!fits("สวัสดีครับผม", None));
        assert!(!fits("x", Some("not a hash")));
    }

    #[test]
    fn five_wrong_guesses_pause_an_account_for_a_quarter_hour() {
        let mut guesses = Guesses::default();
        for at in 0..5 {
            assert_eq!(guesses.check("a", at), Ok(()));
            guesses.begin("a", at);
        }
        assert_eq!(guesses.check("a", 5), Err(Code::LoginLocked));
        assert_eq!(guesses.check("b", 5), Ok(()));
        assert_eq!(guesses.check("a", 4 + PAUSE_MS), Ok(()));
        guesses.begin("a", 4 + PAUSE_MS);
        assert_eq!(guesses.check("a", 5 + PAUSE_MS), Ok(()), "the count starts anew after the pause");
        guesses.right("a");
        assert!(guesses.by_name.is_empty());
    }

    #[test]
    fn the_list_of_names_does_not_grow_without_end() {
        let mut guesses = Guesses::default();
        for at in 0..MOST_NAMES as u64 + 50 {
            guesses.begin(&format!("name {at}"), at);
        }
        assert_eq!(guesses.by_name.len(), MOST_NAMES);
        assert!(!guesses.by_name.contains_key("name 0"));
    }
}
