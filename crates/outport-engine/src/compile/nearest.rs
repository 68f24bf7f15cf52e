//! "Did you mean": the name that was probably meant.

use datafusion::common::utils::datafusion_strsim::levenshtein;

/// How many names a list in a message has at most.
const SHOWN: usize = 12;

/// The nearest of the names: the same but for case, else with at most a third of its letters changed.
pub(super) fn to<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let near = |candidate: &'a str| {
        let other = candidate.to_lowercase();
        let distance = levenshtein(&lower, &other);
        let length = lower.chars().count().max(other.chars().count());
        (distance * 3 <= length).then_some((distance, candidate))
    };
    names.into_iter().filter_map(near).min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// Names for a message: each in backticks, cut short where there are many.
pub(super) fn list<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match names.len() {
        0 => "nothing".to_owned(),
        count if count > SHOWN => format!("{} and {} more", names[..SHOWN].join(", "), count - SHOWN),
        _ => names.join(", "),
    }
}
