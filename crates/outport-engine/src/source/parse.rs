//! Texts as numbers, days and points in time: exactly, or not at all.

/// Reads a whole number; blanks round it are allowed.
pub(super) fn integer(text: &str) -> Option<i128> {
    let text = text.trim_ascii();
    if text.len() < 19 { text.parse::<i64>().ok().map(i128::from) } else { text.parse().ok() }
}

/// Reads a binary floating-point number of 32 or 64 bits, `NaN` and infinities included. Too large is no number.
pub(super) fn float(text: &str, bits: u8) -> Option<f64> {
    let text = text.trim_ascii();
    let number = if bits == 32 { f64::from(text.parse::<f32>().ok()?) } else { text.parse().ok()? };
    let overflowed = number.is_infinite() && text.bytes().any(|b| b.is_ascii_digit());
    (!overflowed).then_some(number)
}

/// Reads a decimal number as the count of its units of `10^-scale`. Digits that the scale cannot hold make it no number.
pub(super) fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let text = text.trim_ascii();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], digits[at + 1..].parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut shift = exponent.checked_add(i32::from(scale))?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let trimmed_fraction = fraction.trim_end_matches('0');
    let dropped =
        if shift < 0 { (fraction.len() - trimmed_fraction.len()).min(shift.unsigned_abs() as usize) } else { 0 };
    shift += i32::try_from(dropped).ok()?;
    let mut value = 0_i128;
    for digit in whole.bytes().chain(fraction[..fraction.len() - dropped].bytes()) {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
    }
    let value = scaled(value, shift)?;
    (value < 10_i128.checked_pow(u32::from(precision))?).then_some(if negative { -value } else { value })
}

fn scaled(value: i128, shift: i32) -> Option<i128> {
    if value == 0 {
        return Some(0);
    }
    let factor = 10_i128.checked_pow(shift.unsigned_abs())?;
    if shift >= 0 { value.checked_mul(factor) } else { (value % factor == 0).then_some(value / factor) }
}

/// Reads `true`, `t`, `yes` or `1` and their opposites, in any case.
pub(super) fn boolean(text: &str) -> Option<bool> {
    let text = text.trim_ascii();
    let is = |words: &[&str]| words.iter().any(|w| text.eq_ignore_ascii_case(w));
    if is(&["true", "t", "1", "yes"]) {
        Some(true)
    } else if is(&["false", "f", "0", "no"]) {
        Some(false)
    } else {
        None
    }
}

/// Reads an ISO 8601 day as days since 1970-01-01.
pub(super) fn date(text: &str) -> Option<i32> {
    day(text.trim_ascii().as_bytes())
}

fn day(text: &[u8]) -> Option<i32> {
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let (year, month, day) = (number(&text[..4])?, number(&text[5..7])?, number(&text[8..])?);
    let date = chrono::NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Some(date.to_epoch_days())
}

fn number(digits: &[u8]) -> Option<u32> {
    let step = |n: u32, d: &u8| d.is_ascii_digit().then(|| n * 10 + u32::from(d - b'0'));
    if digits.is_empty() { None } else { digits.iter().try_fold(0, step) }
}

/// Reads an ISO 8601 point in time (`T` or a blank between day and time; seconds, fraction and zone may be absent; a
/// day alone is its midnight) as microseconds since 1970-01-01T00:00Z. Without zone it is UTC; what is smaller than a
/// microsecond is cut off.
pub(super) fn timestamp(text: &str) -> Option<i64> {
    let text = text.trim_ascii().as_bytes();
    let midnight = i64::from(day(text.get(..10)?)?) * 86_400_000_000;
    let Some((separator, rest)) = text[10..].split_first() else { return Some(midnight) };
    if !matches!(separator, b'T' | b't' | b' ') {
        return None;
    }
    let zone_at = rest.iter().position(|b| matches!(b, b'Z' | b'z' | b'+' | b'-')).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(zone_at);
    Some(midnight + time_of_day(clock.trim_ascii_end())? - offset(zone)?)
}

/// Reads `HH:MM[:SS[.fraction]]` as microseconds since midnight.
fn time_of_day(text: &[u8]) -> Option<i64> {
    if text.len() < 5 || text[2] != b':' {
        return None;
    }
    let (hour, minute) = (number(&text[..2])?, number(&text[3..5])?);
    let (second, micros) = match &text[5..] {
        [] => (0, 0),
        [b':', a, b] => (number(&[*a, *b])?, 0),
        [b':', a, b, b'.' | b',', fraction @ ..] => (number(&[*a, *b])?, microseconds(fraction)?),
        _ => return None,
    };
    (hour < 24 && minute < 60 && second < 60)
        .then(|| (i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)) * 1_000_000 + i64::from(micros))
}

fn microseconds(fraction: &[u8]) -> Option<u32> {
    if fraction.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let kept = &fraction[..fraction.len().min(6)];
    Some(number(kept)? * 10_u32.pow(6 - u32::try_from(kept.len()).ok()?))
}

/// Reads `Z`, `±HH`, `±HHMM` or `±HH:MM` as microseconds east of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, digits) = match zone {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [_, _] => (number(digits)?, 0),
        [a, b, c, d] | [a, b, b':', c, d] => (number(&[*a, *b])?, number(&[*c, *d])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then(|| sign * (i64::from(hours) * 60 + i64::from(minutes)) * 60_000_000)
}

/// The text of an ISO 8601 time of day, without blanks round it.
pub(super) fn time(text: &str) -> Option<&str> {
    let text = text.trim_ascii();
    let bytes = text.as_bytes();
    let zone_at = bytes.iter().position(|b| matches!(b, b'Z' | b'z' | b'+' | b'-')).unwrap_or(bytes.len());
    let (clock, zone) = bytes.split_at(zone_at);
    (time_of_day(clock).is_some() && offset(zone).is_some()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_nothing() {
        let cases = [
            ("12.30", 4, 2, Some(1230)),
            (" 12.3 ", 4, 2, Some(1230)),
            ("12.345", 10, 2, None),
            ("12.3400", 10, 2, Some(1234)),
            ("-0.01", 3, 2, Some(-1)),
            ("1e2", 5, 0, Some(100)),
            ("1.5e-1", 5, 2, Some(15)),
            ("100", 2, 0, None),
            (".5", 2, 1, Some(5)),
            (".", 2, 1, None),
            ("1200", 4, -2, Some(12)),
            ("1250", 4, -2, None),
            ("0e999999999", 4, 0, Some(0)),
            ("1e999999999", 4, 0, None),
            ("99999999999999999999999999999999999999", 38, 0, Some(10_i128.pow(38) - 1)),
            ("999999999999999999999999999999999999999", 38, 0, None),
        ];
        for (text, precision, scale, expect) in cases {
            assert_eq!(decimal(text, precision, scale), expect, "`{text}`");
        }
    }

    #[test]
    fn points_in_time_are_read_with_and_without_zone() {
        let noon = 43_200_000_000;
        let cases = [
            ("1970-01-01T12:00:00Z", Some(noon)),
            ("1970-01-01 12:00", Some(noon)),
            ("1970-01-01T14:00:00+02:00", Some(noon)),
            ("1970-01-01T14:00:00.000001+02", Some(noon + 1)),
            ("1970-01-01 07:00:00 -0500", Some(noon)),
            ("1970-01-01", Some(0)),
            ("1969-12-31T23:59:59.5Z", Some(-500_000)),
            ("1970-01-01T12:00:00.", None),
            ("1970-13-01T12:00:00", None),
            ("1970-01-01T25:00:00", None),
            ("1970-01-01X12:00:00", None),
            ("1970-01-01T", None),
            ("", None),
        ];
        for (text, expect) in cases {
            assert_eq!(timestamp(text), expect, "`{text}`");
        }
    }

    #[test]
    fn numbers_that_overflow_are_not_read() {
        assert_eq!(float("1e39", 32), None);
        assert_eq!(float("1e39", 64), Some(1e39));
        assert_eq!(float("-inf", 32), Some(f64::NEG_INFINITY));
        assert!(float("NaN", 64).is_some_and(f64::is_nan));
        assert_eq!(integer("99999999999999999999"), Some(99_999_999_999_999_999_999));
        assert_eq!(integer("1.0"), None);
    }
}
