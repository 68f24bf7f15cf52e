//! How things are shown to people and written for machines.

pub(crate) mod access;
pub(crate) mod cases;
pub(crate) mod checks;
pub(crate) mod diagnostic;
pub(crate) mod failure;
pub(crate) mod feedback;
pub(crate) mod junit;
pub(crate) mod oors;
pub(crate) mod people;
pub(crate) mod plan;
pub(crate) mod product;
pub(crate) mod rows;
pub(crate) mod run;

use comfy_table::{ContentArrangement, Table, presets::UTF8_BORDERS_ONLY};

/// A table with a header; it breaks lines where the terminal is narrow.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    table.trim_fmt()
}

/// `1 warning`, `2 warnings`.
pub(crate) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A duration for people.
pub(crate) fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}

/// A moment for people, in UTC.
pub(crate) fn moment(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!(grouped(336_776), "336,776");
        assert_eq!(grouped(12), "12");
        assert_eq!(duration(61_000), "1 min 1 s");
        assert_eq!(duration(1_250), "1.2 s");
        assert_eq!(count(1, "table"), "1 table");
    }
}
