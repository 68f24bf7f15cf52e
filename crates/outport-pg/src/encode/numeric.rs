//! Decimal numbers: their text, and the groups of four digits that PostgreSQL keeps them in.

use bytes::{BufMut, BytesMut};
use outport_app::digits;

use super::value::OutOfRange;

/// Writes the number whose digits are `unscaled` with the point `scale` digits from the right, as text.
pub(super) fn write_text(unscaled: i128, scale: i8, out: &mut BytesMut) {
    match digits::decimal(unscaled, scale) {
        Some(digits) => out.put_slice(digits.as_bytes()),
        None => out.put_slice(scaled(&unscaled.to_string(), scale).as_bytes()),
    }
}

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

/// Of one group of digits.
const GROUP: u64 = 10_000;

/// As many groups as 64 bits have.
const MOST_GROUPS: usize = 5;

/// Writes the number whose digits are `unscaled` with the point `scale` digits from the right.
pub(super) fn write_decimal(unscaled: i128, scale: i8, out: &mut BytesMut) -> Result<(), OutOfRange> {
    match short(unscaled, scale) {
        Some((number, places)) => put_groups(number, places, unscaled < 0, out),
        None => write(&scaled(&unscaled.to_string(), scale), out)?,
    }
    Ok(())
}

/// The digits so that whole groups of them stand behind the point, and how many digits do without that; `None` where they
/// are more than 64 bits.
fn short(unscaled: i128, scale: i8) -> Option<(u64, u16)> {
    let places = u16::try_from(scale).ok()?;
    let missing = u32::from((4 - places % 4) % 4);
    let number = u64::try_from(unscaled.unsigned_abs()).ok()?.checked_mul(10_u64.pow(missing))?;
    Some((number, places))
}

fn put_groups(mut number: u64, places: u16, negative: bool, out: &mut BytesMut) {
    // The last group comes first.
    let (mut groups, mut count) = ([0_u16; MOST_GROUPS], 0);
    while number > 0 {
        groups[count] = u16::try_from(number % GROUP).unwrap_or(0);
        number /= GROUP;
        count += 1;
    }
    let trailing = groups.iter().take(count).take_while(|group| **group == 0).count();
    // All of these are small.
    let weight = i16::try_from(count).unwrap_or(0) - 1 - i16::try_from(places.div_ceil(4)).unwrap_or(0);
    out.put_i16(i16::try_from(count - trailing).unwrap_or(0));
    out.put_i16(if count == 0 { 0 } else { weight });
    out.put_u16(if negative { NEGATIVE } else { POSITIVE });
    out.put_u16(places);
    groups.iter().take(count).skip(trailing).rev().for_each(|group| out.put_u16(*group));
}

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
        fn the_short_way_writes_what_the_long_way_does(
            unscaled in prop_oneof![any::<i128>(), any::<i64>().prop_map(i128::from), -20_000_i128..20_000],
            zeros in 0_u32..19,
            scale in -38_i8..39,
        ) {
            let unscaled = unscaled.checked_mul(10_i128.pow(zeros)).unwrap_or(unscaled);
            let text = scaled(&unscaled.to_string(), scale);
            let (mut short, mut shown) = (BytesMut::new(), BytesMut::new());
            write_decimal(unscaled, scale, &mut short).unwrap();
            write_text(unscaled, scale, &mut shown);
            prop_assert_eq!((short.to_vec(), shown.to_vec()), (written(&text), text.into_bytes()));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }
    }
}
