//! What an unquoted word means: the core schema of YAML 1.2 (section 10.3.2).

use serde_json::{Number, Value};

/// What a plain scalar is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plain {
    /// A value that JSON can hold.
    Value(Value),
    /// A number that only comes close to what is written: its value after rounding.
    Rounded(Number),
    /// A number that JSON cannot hold: too large, infinite or not a number.
    Unrepresentable,
}

/// Reads a plain scalar.
pub(super) fn resolve(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Plain::Value(Value::Null),
        "true" | "True" | "TRUE" => Plain::Value(Value::Bool(true)),
        "false" | "False" | "FALSE" => Plain::Value(Value::Bool(false)),
        _ if is_special_float(text) => Plain::Unrepresentable,
        _ => number(text).unwrap_or_else(|| Plain::Value(Value::String(text.to_owned()))),
    }
}

/// Whether an unquoted word would be read as something else than itself as text.
pub(crate) fn is_text(text: &str) -> bool {
    matches!(resolve(text), Plain::Value(Value::String(_)))
}

fn is_special_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

fn number(text: &str) -> Option<Plain> {
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let (mantissa, exponent) = split_exponent(text)?;
    let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(w, f)| (w, Some(f)));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction.unwrap_or_default()) || (whole.len() + fraction.map_or(0, str::len)) == 0 {
        return None;
    }
    Some(if fraction.is_none() && exponent.is_none() { integer(text) } else { float(text) })
}

fn split_exponent(text: &str) -> Option<(&str, Option<&str>)> {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return Some((text, None));
    };
    let unsigned = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let is_number = !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some((mantissa, Some(exponent)))
}

fn radix(digits: &str, radix: u32) -> Option<Plain> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix);
    Some(value.map_or(Plain::Unrepresentable, |number| Plain::Value(number.into())))
}

fn integer(text: &str) -> Plain {
    let bare = text.strip_prefix('+').unwrap_or(text);
    if let Ok(number) = bare.parse::<i64>() {
        return Plain::Value(number.into());
    }
    bare.parse::<u64>().map_or(Plain::Unrepresentable, |number| Plain::Value(number.into()))
}

fn float(text: &str) -> Plain {
    let Some(number) = text.parse::<f64>().ok().and_then(Number::from_f64) else {
        return Plain::Unrepresentable;
    };
    if significant(text) == significant(&number.to_string()) {
        Plain::Value(Value::Number(number))
    } else {
        Plain::Rounded(number)
    }
}

/// The significant digits of a decimal number and the power of ten of the first, so that `1.50` equals `15e-1`.
fn significant(text: &str) -> (String, i64) {
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = bare.split_once(['e', 'E']).unwrap_or((bare, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let trimmed = digits.trim_start_matches('0');
    if trimmed.is_empty() {
        return (String::new(), 0);
    }
    let zeros = digits.len() - trimmed.len();
    let point = i64::try_from(whole.len()).unwrap_or(i64::MAX) - i64::try_from(zeros).unwrap_or(i64::MAX);
    let power = exponent.strip_prefix('+').unwrap_or(exponent).parse::<i64>().unwrap_or(i64::MAX);
    (trimmed.trim_end_matches('0').to_owned(), point.saturating_add(power))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_words_are_read_by_the_core_schema() {
        let cases = [
            ("~", json!(null)),
            ("", json!(null)),
            ("yes", json!("yes")),
            ("on", json!("on")),
            ("True", json!(true)),
            ("-12", json!(-12)),
            ("+12", json!(12)),
            ("007", json!(7)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
            ("1.50", json!(1.5)),
            ("1e3", json!(1000.0)),
            (".5", json!(0.5)),
            ("5.", json!(5.0)),
            ("2022-08-02", json!("2022-08-02")),
            ("1.2.3", json!("1.2.3")),
            ("12:30:00", json!("12:30:00")),
            ("1_000", json!("1_000")),
            ("-", json!("-")),
            (".", json!(".")),
            ("1e", json!("1e")),
        ];
        for (text, expect) in cases {
            assert_eq!(resolve(text), Plain::Value(expect), "{text}");
        }
    }

    #[test]
    fn numbers_that_json_cannot_hold_are_told_apart() {
        for text in [".inf", "-.INF", ".nan", "1e999", "18446744073709551616", "0xFFFFFFFFFFFFFFFFF"] {
            assert_eq!(resolve(text), Plain::Unrepresentable, "{text}");
        }
        for text in ["3.14159265358979323846", "0.1000000000000000055", "1e-400"] {
            assert!(matches!(resolve(text), Plain::Rounded(_)), "{text}");
        }
    }
}
