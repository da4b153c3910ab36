//! Passwords: argon2id, and the mark of a browser in which one was right.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::problem::{Code, Problem};
use std::fmt::Write as _;
use store::Account;

/// Fewest characters of a password.
pub(crate) const MIN_CHARS: usize = 10;
/// Most bytes of a name or password that are looked at.
pub(crate) const MAX_BYTES: usize = 1_000;

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

/// What a browser keeps to show that this account was opened in it: a random name, signed. The account's own password
/// hash is the key, so nothing has to be stored here, and a new password makes every browser unknown again.
pub(crate) fn browser_mark(browser: &str, account: &Account) -> String {
    format!("{browser}.{}", signature(browser, account).to_hex())
}

/// The browser's random name, if the mark it shows is one of this account's.
pub(crate) fn known_browser(mark: &str, account: &Account) -> Option<String> {
    let (browser, signed) = mark.split_once('.')?;
    // Hashes are compared in the same time wherever they differ.
    (blake3::Hash::from_hex(signed).ok()? == signature(browser, account)).then(|| browser.to_owned())
}

fn signature(browser: &str, account: &Account) -> blake3::Hash {
    let key = blake3::derive_key("sanam 2026-11 known browser", account.password_hash.as_bytes());
    blake3::keyed_hash(&key, format!("{browser}\n{}", account.name).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::access::{Grant, Role};

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
    fn a_browser_is_known_to_one_account_until_its_password_changes() {
        let account = |name: &str, password_hash: &str| Account {
            name: name.to_owned(),
            password_hash: password_hash.to_owned(),
            grant: Grant { person: String::new(), role: Role::Administrator, shelves: Vec::new() },
        };
        let admin = account("admin", "$hash");
        let mark = browser_mark("0011", &admin);
        assert_eq!(known_browser(&mark, &admin).as_deref(), Some("0011"));
        assert_eq!(known_browser(&mark, &account("clerk", "$hash")), None);
        assert_eq!(known_browser(&mark, &account("admin", "$new")), None);
        for forged in [mark.replace("0011", "0012"), mark.replace('.', ""), "0011.".to_owned()] {
            assert_eq!(known_browser(&forged, &admin), None, "{forged}");
        }
    }
}
