//! Numbers of bills and receipts that cannot collide, though nobody is asked.
//!
//! A number is the cycle, the device, the commit that wrote it, and its place in that commit. The server gives each
//! device a number of its own, and a device numbers its commits without a gap: so the device's number is a block
//! reserved for it alone, and within the block no number comes twice. A phone that was copied is noticed by its
//! `install` and gets another device number, and with it another block.

use crate::ids::DeviceNo;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is numbered. Each has its own first characters, so that a bill is never taken for a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Series {
    /// Bills: the number begins with the cycle.
    Bill,
    /// Receipts: an R stands before the cycle.
    Receipt,
}

/// The number of a bill or receipt: 14 or 15 of `0-9A-Z`, so that it fits the second reference of a payment.
///
/// `YYMM` of the cycle in the Buddhist era, three characters of the device, five of the commit, two of the place in it, each
/// in base 36.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BillNumber(String);

impl BillNumber {
    /// Makes a number. `cycle` is a month or a day in ISO; `n` is the commit that will hold the record, `place` counts
    /// from 0 within it.
    ///
    /// `None`: no such month, or more than 46,656 devices, 60 million commits of one device or 1,296 bills of one
    /// commit.
    pub fn new(series: Series, cycle: &str, device: DeviceNo, n: u64, place: u64) -> Option<BillNumber> {
        let (year, month) = (cycle.get(..4)?.parse::<i32>().ok()?, cycle.get(5..7)?.parse::<u32>().ok()?);
        if !(1..=12).contains(&month) {
            return None;
        }
        let year = crate::thai_date::buddhist_year(year, month).rem_euclid(100);
        let letter = match series {
            Series::Bill => "",
            Series::Receipt => "R",
        };
        Some(BillNumber(format!(
            "{letter}{year:02}{month:02}{}{}{}",
            base36(u64::from(device.0), 3)?,
            base36(n, 5)?,
            base36(place, 2)?
        )))
    }

    /// The number as payments carry it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number in groups, as people read it out: `6911-00C-0002S-00`.
    pub fn grouped(&self) -> String {
        let at = self.0.len().saturating_sub(10);
        match (self.0.get(..at), self.0.get(at..at + 3), self.0.get(at + 3..at + 8), self.0.get(at + 8..)) {
            (Some(cycle), Some(device), Some(n), Some(place)) => format!("{cycle}-{device}-{n}-{place}"),
            _ => self.0.clone(),
        }
    }

    /// A number as another system or an older app wrote it.
    pub fn of(text: &str) -> BillNumber {
        BillNumber(text.to_owned())
    }
}

impl fmt::Display for BillNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn base36(mut number: u64, width: usize) -> Option<String> {
    let mut digits = vec!['0'; width];
    for digit in digits.iter_mut().rev() {
        *digit = char::from_digit(u32::try_from(number % 36).ok()?, 36)?.to_ascii_uppercase();
        number /= 36;
    }
    (number == 0).then(|| digits.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_says_its_cycle_and_fits_a_reference() {
        let number = BillNumber::new(Series::Bill, "2026-11", DeviceNo(12), 100, 0).unwrap();
        assert_eq!(number.as_str(), "691100C0002S00");
        assert_eq!(number.grouped(), "6911-00C-0002S-00");
        let receipt = BillNumber::new(Series::Receipt, "2026-11-26", DeviceNo(12), 100, 0).unwrap();
        assert_eq!(receipt.as_str(), "R691100C0002S00");
        assert_eq!(receipt.grouped(), "R6911-00C-0002S-00");
        for bad in ["", "2026", "2026-13", "๒๕๖๙-๑๑"] {
            assert_eq!(BillNumber::new(Series::Bill, bad, DeviceNo(1), 1, 0), None, "{bad:?}");
        }
        assert_eq!(BillNumber::new(Series::Bill, "2026-11", DeviceNo(46_656), 1, 0), None);
        assert_eq!(BillNumber::new(Series::Bill, "2026-11", DeviceNo(1), 60_466_176, 0), None);
        assert_eq!(BillNumber::new(Series::Bill, "2026-11", DeviceNo(1), 1, 1_296), None);
        assert_eq!(BillNumber::of("บ้าน").grouped(), "บ้าน", "foreign numbers stay as they are");
    }

    proptest! {
        #[test]
        fn two_commits_never_share_a_number(
            a in (0u32..46_656, 0u64..60_466_176, 0u64..1_296),
            b in (0u32..46_656, 0u64..60_466_176, 0u64..1_296),
        ) {
            let number = |(device, n, place)| {
                BillNumber::new(Series::Bill, "2026-11", DeviceNo(device), n, place).unwrap()
            };
            prop_assert_eq!(number(a) == number(b), a == b);
            prop_assert!(number(a).as_str().len() <= 20);
            prop_assert!(number(a).as_str().bytes().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()));
        }
    }
}
