//! Decimal numbers: their text, and the groups of four digits that PostgreSQL keeps them in.

use bytes::{BufMut, BytesMut};

use super::value::OutOfRange;

/// The number whose digits are `unscaled` with the point `scale` digits from the right.
pub(super) fn scaled(unscaled: &str, scale: i8) -> String {
    let (sign, digits) = match unscaled.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", unscaled),
    };
    match usize::try_from(scale) {
        Ok(0) => unscaled.to_owned(),
        Ok(scale) => {
            let padded = format!("{digits:0>width$}", width = scale + 1);
            let (whole, fraction) = padded.split_at(padded.len() - scale);
            format!("{sign}{whole}.{fraction}")
        }
        Err(_) if digits == "0" => "0".to_owned(),
        Err(_) => format!("{sign}{digits}{}", "0".repeat(scale.unsigned_abs().into())),
    }
}

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;

/// Writes a number, given as text without an exponent.
pub(super) fn write(text: &str, out: &mut BytesMut) -> Result<(), OutOfRange> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (NEGATIVE, digits),
        None => (POSITIVE, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let padding = (4 - whole.len() % 4) % 4;
    let whole = format!("{}{whole}", "0".repeat(padding));
    let after = format!("{fraction}{}", "0".repeat((4 - fraction.len() % 4) % 4));
    let groups: Vec<i16> = groups(&whole)?.into_iter().chain(groups(&after)?).collect();
    let leading = groups.iter().take_while(|group| **group == 0).count();
    let trailing = groups[leading..].iter().rev().take_while(|group| **group == 0).count();
    let kept = &groups[leading..groups.len() - trailing];
    let count = |length: usize| i16::try_from(length).map_err(|_| OutOfRange);
    let weight = if kept.is_empty() { 0 } else { count(whole.len() / 4)? - 1 - count(leading)? };
    out.put_i16(count(kept.len())?);
    out.put_i16(weight);
    out.put_u16(if kept.is_empty() { POSITIVE } else { sign });
    out.put_i16(count(fraction.len())?);
    for group in kept {
        out.put_i16(*group);
    }
    Ok(())
}

fn groups(digits: &str) -> Result<Vec<i16>, OutOfRange> {
    let group = |group: &[u8]| std::str::from_utf8(group).ok()?.parse().ok();
    digits.as_bytes().chunks(4).map(|chunk| group(chunk).ok_or(OutOfRange)).collect()
}

/// The text of a number as PostgreSQL sends it.
pub(crate) fn read(mut bytes: &[u8]) -> Option<String> {
    use bytes::Buf as _;
    let count = usize::from(bytes.try_get_u16().ok()?);
    let weight = i64::from(bytes.try_get_i16().ok()?);
    let sign = bytes.try_get_u16().ok()?;
    let scale = usize::from(bytes.try_get_u16().ok()?);
    if bytes.len() != count * 2 || scale > 16_383 || !(-5_000..=5_000).contains(&weight) {
        return None;
    }
    let sign = match sign {
        POSITIVE => "",
        NEGATIVE => "-",
        0xc000 => return Some("NaN".to_owned()),
        _ => return None,
    };
    let groups: Vec<u16> = (0..count).map_while(|_| bytes.try_get_u16().ok()).collect();
    if groups.iter().any(|group| *group > 9_999) {
        return None;
    }
    let digit = |place: i64| {
        let index = usize::try_from(weight - place).ok();
        format!("{:04}", index.and_then(|index| groups.get(index)).copied().unwrap_or(0))
    };
    let whole: String = (0..=weight).rev().map(digit).collect();
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let places = i64::try_from(scale.div_ceil(4)).ok()?;
    let fraction: String = (1..=places).map(|place| digit(-place)).collect();
    let fraction = fraction.get(..scale)?;
    Some(if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> Vec<u8> {
        let mut out = BytesMut::new();
        write(text, &mut out).unwrap();
        out.to_vec()
    }

    #[test]
    fn the_point_is_put_in() {
        assert_eq!(scaled("12345", 2), "123.45");
        assert_eq!(scaled("-5", 3), "-0.005");
        assert_eq!(scaled("0", 2), "0.00");
        assert_eq!(scaled("12", -3), "12000");
        assert_eq!(scaled("0", -3), "0");
    }

    #[test]
    fn groups_are_as_postgres_has_them() {
        // Taken from `numeric_send` of PostgreSQL 15.
        assert_eq!(written("12345.678"), [0, 3, 0, 1, 0, 0, 0, 3, 0, 1, 9, 0x29, 0x1a, 0x7c]);
        assert_eq!(written("-0.00010"), [0, 1, 0xff, 0xff, 0x40, 0, 0, 5, 0, 1]);
        assert_eq!(written("0.00"), [0, 0, 0, 0, 0, 0, 0, 2]);
    }

    #[test]
    fn what_is_no_number_is_not_read() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[0, 2, 0, 0, 0, 0, 0, 0, 0, 1]), None);
        assert_eq!(read(&[0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10]), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(unscaled: i128, scale in 0i8..38) {
            let text = scaled(&unscaled.to_string(), scale);
            prop_assert_eq!(read(&written(&text)).unwrap(), text);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }
    }
}
