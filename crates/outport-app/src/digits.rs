//! Text of numbers, days and times, made on the stack: doors write millions of them.
//!
//! What is rare (years before 1 or after 9999, more digits than 64 bits have) is not here. Whoever wants it takes the long way.

use chrono::{Datelike, NaiveDate};

/// Enough for a sign, a point and 38 digits before or after it.
const ROOM: usize = 48;

/// The most digits after a point.
const LONGEST: u32 = 38;

/// A short text of ASCII.
#[derive(Debug, Clone)]
pub struct Digits {
    bytes: [u8; ROOM],
    start: usize,
}

impl Digits {
    const fn new() -> Self {
        Self { bytes: [0; ROOM], start: ROOM }
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// Puts a character before what is there.
    const fn put(&mut self, byte: u8) {
        self.start -= 1;
        self.bytes[self.start] = byte;
    }

    /// Puts the last `count` digits of a number before what is there, and gives what is left of it.
    const fn put_digits(&mut self, mut number: u64, count: u32) -> u64 {
        let mut left = count;
        while left > 0 {
            self.put(b'0' + (number % 10) as u8);
            number /= 10;
            left -= 1;
        }
        number
    }

    /// Puts all digits of a number before what is there, at least one.
    const fn put_whole(&mut self, mut number: u64) {
        number = self.put_digits(number, 1);
        while number > 0 {
            number = self.put_digits(number, 1);
        }
    }
}

/// A whole number.
pub const fn whole(number: i64) -> Digits {
    let mut digits = Digits::new();
    digits.put_whole(number.unsigned_abs());
    if number < 0 {
        digits.put(b'-');
    }
    digits
}

/// The decimal number `unscaled` with its point `scale` digits from the right, with a digit before the point and all digits
/// after it; `None` where it is more than 64 bits, or the scale is negative or large.
pub fn decimal(unscaled: i128, scale: i8) -> Option<Digits> {
    let scale = u32::try_from(scale).ok().filter(|scale| *scale <= LONGEST)?;
    let number = u64::try_from(unscaled.unsigned_abs()).ok()?;
    // Whatever of 20 digits does not stand behind the point stands before it.
    let mut digits = Digits::new();
    let whole = digits.put_digits(number, scale);
    if scale > 0 {
        digits.put(b'.');
    }
    digits.put_whole(whole);
    if unscaled < 0 {
        digits.put(b'-');
    }
    Some(digits)
}

/// The day that is so many days after the first of 1970: `2026-01-31`; `None` outside of the years 1 to 9999.
pub fn day(days: i64) -> Option<Digits> {
    let date = NaiveDate::from_num_days_from_ce_opt(i32::try_from(days.checked_add(719_163)?).ok()?)?;
    let year = u64::try_from(date.year()).ok().filter(|year| (1..=9_999).contains(year))?;
    let mut digits = Digits::new();
    digits.put_digits(u64::from(date.day()), 2);
    digits.put(b'-');
    digits.put_digits(u64::from(date.month()), 2);
    digits.put(b'-');
    digits.put_digits(year, 4);
    Some(digits)
}

/// The time of day that is so many seconds after midnight, with a fraction of so many digits: `12:34:56.789`.
pub fn clock(seconds: u32, fraction: u32, places: u32) -> Digits {
    let mut digits = Digits::new();
    if places > 0 {
        digits.put_digits(u64::from(fraction), places.min(9));
        digits.put(b'.');
    }
    digits.put_digits(u64::from(seconds % 60), 2);
    digits.put(b':');
    digits.put_digits(u64::from(seconds / 60 % 60), 2);
    digits.put(b':');
    digits.put_digits(u64::from(seconds / 3_600), 2);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(digits: &Digits) -> String {
        String::from_utf8(digits.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn whole_numbers_are_those_of_the_language() {
        for number in [0, 1, -1, 9, 10, -10, 1_234_567_890, i64::MAX, i64::MIN] {
            assert_eq!(text(&whole(number)), number.to_string());
        }
    }

    #[test]
    fn decimals_have_all_their_places() {
        let shown = |unscaled, scale| decimal(unscaled, scale).map(|digits| text(&digits));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(shown(12_345, 2), some("123.45"));
        assert_eq!(shown(-5, 3), some("-0.005"));
        assert_eq!(shown(0, 2), some("0.00"));
        assert_eq!(shown(-7, 0), some("-7"));
        assert_eq!(shown(i128::from(u64::MAX), 0), some("18446744073709551615"));
        assert_eq!(shown(-i128::from(u64::MAX), 20), some("-0.18446744073709551615"));
        assert_eq!(shown(1, 38), some(&format!("0.{}1", "0".repeat(37))));
        assert_eq!(shown(i128::from(u64::MAX) + 1, 0), None);
        assert_eq!(shown(i128::MIN, 3), None);
        assert_eq!((shown(1, -1), shown(1, 39)), (None, None));
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for days in (-719_162..=2_932_896).step_by(97).chain([-719_162, -1, 0, 19_782, 2_932_896]) {
            let date = NaiveDate::default() + chrono::TimeDelta::days(days);
            assert_eq!(text(&day(days).unwrap()), date.to_string());
        }
        for days in [-719_163, 2_932_897, i64::MIN, i64::MAX, i64::from(i32::MAX)] {
            assert!(day(days).is_none(), "{days}");
        }
    }

    #[test]
    fn times_have_as_many_places_as_are_wanted() {
        assert_eq!(text(&clock(0, 0, 0)), "00:00:00");
        assert_eq!(text(&clock(45_296, 0, 0)), "12:34:56");
        assert_eq!(text(&clock(86_399, 999_999_999, 9)), "23:59:59.999999999");
        assert_eq!(text(&clock(61, 50, 3)), "00:01:01.050");
    }
}
