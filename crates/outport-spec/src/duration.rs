//! Durations as documents write them.

/// Seconds of a number with a unit (`d`, `hours`…) or of an ISO 8601 duration (`P1DT12H`). A month counts 30 days, a
/// year 365.
pub(crate) fn seconds(value: &str, unit: Option<&str>) -> Option<f64> {
    let value = value.trim();
    if let Some(iso) = value.strip_prefix('P') {
        return iso_seconds(iso);
    }
    let split = value.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(value.len());
    let (number, own_unit) = value.split_at(split);
    let unit = if own_unit.is_empty() { unit? } else { own_unit };
    Some(positive(number)? * unit_seconds(unit)?)
}

fn positive(number: &str) -> Option<f64> {
    number.trim().parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0)
}

fn unit_seconds(unit: &str) -> Option<f64> {
    const DAY: f64 = 86_400.0;
    Some(match unit.trim().to_ascii_lowercase().as_str() {
        "s" | "sec" | "second" | "seconds" => 1.0,
        "m" | "min" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => DAY,
        "w" | "week" | "weeks" => 7.0 * DAY,
        "mo" | "month" | "months" => 30.0 * DAY,
        "y" | "yr" | "year" | "years" => 365.0 * DAY,
        _ => return None,
    })
}

fn iso_seconds(text: &str) -> Option<f64> {
    let (days, time) = text.split_once('T').unwrap_or((text, ""));
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let month = |unit: char| if unit == 'M' { "mo".to_owned() } else { unit.to_string() };
    Some(designated(days, "YMWD", month)? + designated(time, "HMS", |unit| unit.to_string())?)
}

/// Adds up parts such as `1D`, each of a unit in `units`.
fn designated(mut text: &str, units: &str, name: impl Fn(char) -> String) -> Option<f64> {
    let mut sum = 0.0;
    while !text.is_empty() {
        let at = text.find(|c: char| c.is_ascii_alphabetic())?;
        let unit = text[at..].chars().next().filter(|c| units.contains(*c))?;
        sum += positive(&text[..at])? * unit_seconds(&name(unit))?;
        text = &text[at + 1..];
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds() {
        let cases = [
            ("4", Some("d"), 345_600.0),
            ("1.5", Some("Hours"), 5400.0),
            ("24h", None, 86_400.0),
            ("P1D", None, 86_400.0),
            ("PT1H30M", Some("ISO"), 5400.0),
            ("P1M", None, 2_592_000.0),
            ("P1DT0.5S", None, 86_400.5),
        ];
        for (value, unit, expect) in cases {
            assert_eq!(seconds(value, unit), Some(expect), "{value} {unit:?}");
        }
    }

    #[test]
    fn other_texts_are_none() {
        let cases = [
            ("4", None),
            ("4", Some("parsecs")),
            ("P", None),
            ("PT", None),
            ("P1", None),
            ("PD", None),
            ("-1", Some("d")),
        ];
        for (value, unit) in cases {
            assert_eq!(seconds(value, unit), None, "{value} {unit:?}");
        }
    }
}
