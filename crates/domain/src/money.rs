//! Money: whole satang, never a fraction and never a float.

use crate::text::ascii_digits;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// An amount of Thai money in satang, a hundredth of a baht. Negative: to somebody's good.
///
/// Sums saturate at the ends of `i64`, ninety quadrillion baht away, instead of turning round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Satang(pub i64);

impl Satang {
    /// Nothing.
    pub const ZERO: Satang = Satang(0);

    /// Whole baht.
    pub const fn baht(baht: i64) -> Satang {
        Satang(baht.saturating_mul(100))
    }

    /// A share in basis points (700 is 7 %), to the nearest satang, halves away from zero.
    #[must_use]
    pub fn share(self, basis_points: u32) -> Satang {
        Satang(nearest(i128::from(self.0) * i128::from(basis_points), 10_000))
    }

    /// The share that is already within this amount: the VAT in a price that includes it, `total * 7 / 107`.
    #[must_use]
    pub fn share_within(self, basis_points: u32) -> Satang {
        Satang(nearest(i128::from(self.0) * i128::from(basis_points), 10_000 + i128::from(basis_points)))
    }

    /// So many times this amount.
    #[must_use]
    pub fn times(self, count: i64) -> Satang {
        Satang(self.0.saturating_mul(count))
    }

    /// To the nearest multiple of `step` satang, halves away from zero. A step of one or less changes nothing.
    #[must_use]
    pub fn to_nearest(self, step: i64) -> Satang {
        if step <= 1 {
            self
        } else {
            Satang(nearest(i128::from(self.0), i128::from(step)).saturating_mul(step))
        }
    }

    /// Without what is below zero.
    #[must_use]
    pub fn or_zero(self) -> Satang {
        self.max(Satang::ZERO)
    }

    /// Says whether there is nothing.
    pub fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// The amount as payment codes write it: `1234.50`, without commas.
    pub fn plain(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (baht, satang) = self.parts();
        format!("{sign}{baht}.{satang:02}")
    }

    /// Reads baht as a person types them: `1,234.50`, `๑๒๐`, `120.5`. At most two decimals; no sign.
    pub fn read(typed: &str) -> Option<Satang> {
        let text: String = ascii_digits(typed.trim()).chars().filter(|c| *c != ',').collect();
        let (baht, decimals) = text.split_once('.').unwrap_or((&text, ""));
        let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        if (baht.is_empty() && decimals.is_empty())
            || !digits(baht)
            || !digits(decimals)
            || decimals.len() > 2
        {
            return None;
        }
        let baht: i64 = if baht.is_empty() { 0 } else { baht.parse().ok()? };
        let satang: i64 = format!("{decimals:0<2}").parse().ok()?;
        Some(Satang(baht.checked_mul(100)?.checked_add(satang)?))
    }

    /// The amount in Thai words, as receipts write it: `หนึ่งร้อยยี่สิบบาทห้าสิบสตางค์`, `สิบบาทถ้วน`.
    pub fn words(self) -> String {
        let (baht, satang) = self.parts();
        let mut words = if self.0 < 0 { "ลบ".to_owned() } else { String::new() };
        if baht > 0 || satang == 0 {
            words.push_str(&number_words(baht));
            words.push_str("บาท");
        }
        if satang == 0 {
            words.push_str("ถ้วน");
        } else {
            words.push_str(&number_words(satang));
            words.push_str("สตางค์");
        }
        words
    }

    fn parts(self) -> (u64, u64) {
        let amount = self.0.unsigned_abs();
        (amount / 100, amount % 100)
    }
}

/// To the nearest whole quotient, halves away from zero. `over` is above zero.
fn nearest(value: i128, over: i128) -> i64 {
    let sign = value.signum();
    let whole = (value.abs() * 2 + over) / (over * 2) * sign;
    i64::try_from(whole).unwrap_or(if sign < 0 { i64::MIN } else { i64::MAX })
}

fn number_words(number: u64) -> String {
    const DIGITS: [&str; 10] = ["ศูนย์", "หนึ่ง", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า"];
    const PLACES: [&str; 6] = ["", "สิบ", "ร้อย", "พัน", "หมื่น", "แสน"];
    if number >= 1_000_000 {
        let (millions, rest) = (number / 1_000_000, number % 1_000_000);
        let rest = if rest == 0 { String::new() } else { below_a_million(rest, true, &DIGITS, &PLACES) };
        return format!("{}ล้าน{rest}", number_words(millions));
    }
    if number == 0 {
        DIGITS.first().copied().unwrap_or_default().to_owned()
    } else {
        below_a_million(number, false, &DIGITS, &PLACES)
    }
}

/// `follows`: a greater part was said before, so a lone one at the end is เอ็ด.
fn below_a_million(number: u64, follows: bool, digits: &[&str; 10], places: &[&str; 6]) -> String {
    let mut words = String::new();
    for (place, title) in (0u32..6).zip(places).rev() {
        let digit = usize::try_from(number / 10u64.pow(place) % 10).unwrap_or(0);
        match (place, digit) {
            (_, 0) => {}
            (1, 1) => words.push_str(title),
            (1, 2) => {
                words.push_str("ยี่");
                words.push_str(title);
            }
            (0, 1) if follows || number > 9 => words.push_str("เอ็ด"),
            _ => {
                words.push_str(digits.get(digit).copied().unwrap_or_default());
                words.push_str(title);
            }
        }
    }
    words
}

/// `1,234.50`.
impl fmt::Display for Satang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (baht, satang) = self.parts();
        let digits = baht.to_string();
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        f.pad_integral(self.0 >= 0, "", &format!("{text}.{satang:02}"))
    }
}

impl Add for Satang {
    type Output = Satang;
    fn add(self, other: Satang) -> Satang {
        Satang(self.0.saturating_add(other.0))
    }
}

impl Sub for Satang {
    type Output = Satang;
    fn sub(self, other: Satang) -> Satang {
        Satang(self.0.saturating_sub(other.0))
    }
}

impl Neg for Satang {
    type Output = Satang;
    fn neg(self) -> Satang {
        Satang(self.0.saturating_neg())
    }
}

impl AddAssign for Satang {
    fn add_assign(&mut self, other: Satang) {
        *self = *self + other;
    }
}

impl SubAssign for Satang {
    fn sub_assign(&mut self, other: Satang) {
        *self = *self - other;
    }
}

impl Sum for Satang {
    fn sum<I: Iterator<Item = Satang>>(amounts: I) -> Satang {
        amounts.fold(Satang::ZERO, Add::add)
    }
}

impl<'a> Sum<&'a Satang> for Satang {
    fn sum<I: Iterator<Item = &'a Satang>>(amounts: I) -> Satang {
        amounts.copied().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn as_it_is_written_and_typed() {
        for (satang, written) in [
            (0, "0.00"),
            (5, "0.05"),
            (123_450, "1,234.50"),
            (99_999, "999.99"),
            (100_000_000, "1,000,000.00"),
            (-10_020, "-100.20"),
        ] {
            assert_eq!(Satang(satang).to_string(), written);
        }
        assert_eq!(Satang(123_450).plain(), "1234.50");
        for (typed, satang) in [
            ("1,234.50", Some(123_450)),
            ("๑๒๐", Some(12_000)),
            (" 120.5 ", Some(12_050)),
            (".07", Some(7)),
            ("0.07", Some(7)),
            ("", None),
            (".", None),
            ("-5", None),
            ("1.234", None),
            ("12x", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(Satang::read(typed), satang.map(Satang), "{typed:?}");
        }
    }

    #[test]
    fn in_thai_words() {
        for (satang, words) in [
            (0, "ศูนย์บาทถ้วน"),
            (100, "หนึ่งบาทถ้วน"),
            (1_100, "สิบเอ็ดบาทถ้วน"),
            (2_100, "ยี่สิบเอ็ดบาทถ้วน"),
            (12_050, "หนึ่งร้อยยี่สิบบาทห้าสิบสตางค์"),
            (10_100, "หนึ่งร้อยเอ็ดบาทถ้วน"),
            (75, "เจ็ดสิบห้าสตางค์"),
            (41_409, "สี่ร้อยสิบสี่บาทเก้าสตางค์"),
            (100_000_100, "หนึ่งล้านเอ็ดบาทถ้วน"),
            (235_000_000_000, "สองพันสามร้อยห้าสิบล้านบาทถ้วน"),
        ] {
            assert_eq!(Satang(satang).words(), words);
        }
    }

    #[test]
    fn shares_go_half_up() {
        assert_eq!(Satang(11_160).share(700), Satang(781));
        assert_eq!(Satang(38_700).share(700), Satang(2_709));
        assert_eq!(Satang(50).share(100), Satang(1), "half a satang goes up");
        assert_eq!(Satang(-50).share(100), Satang(-1));
        assert_eq!(Satang(10_700).share_within(700), Satang(700));
        assert_eq!(Satang(1_012).to_nearest(25), Satang(1_000));
        assert_eq!(Satang(1_013).to_nearest(25), Satang(1_025));
        assert_eq!(Satang(1_050).to_nearest(100), Satang(1_100));
        assert_eq!(Satang(1_050).to_nearest(0), Satang(1_050));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(satang in 0i64..1_000_000_000_000) {
            prop_assert_eq!(Satang::read(&Satang(satang).to_string()), Some(Satang(satang)));
            prop_assert_eq!(Satang::read(&Satang(satang).plain()), Some(Satang(satang)));
        }

        #[test]
        fn tax_is_the_integer_formula(net in 0i64..1_000_000_000) {
            prop_assert_eq!(Satang(net).share(700), Satang((net * 7 + 50) / 100));
        }

        #[test]
        fn tax_within_a_total_is_the_tax_that_was_added(net in 0i64..1_000_000_000) {
            let tax = Satang(net).share(700);
            prop_assert_eq!((Satang(net) + tax).share_within(700), tax);
        }
    }
}
