//! "Did you mean": the known name that comes nearest to one that is not known.

/// The candidate that differs least, if it differs little.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.chars().count() / 3).max(1);
    let measured = candidates.into_iter().map(|candidate| (distance(name, candidate), candidate));
    let similar = |candidate: &str| candidate.chars().count().max(name.chars().count());
    measured
        .filter(|(distance, candidate)| *distance <= allowed && *distance < similar(candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, found)| found)
}

/// "did you mean", or advice for the case that nothing is near.
pub(crate) fn or(name: &str, candidates: &[String], advice: &str) -> String {
    match nearest(name, candidates.iter().map(String::as_str)) {
        Some(found) => format!("did you mean `{found}`?"),
        None => advice.to_owned(),
    }
}

/// As [`or`], with a list of everything that is known where nothing is near.
pub(crate) fn or_list(name: &str, candidates: &[String], nothing: &str) -> String {
    const SHOWN: usize = 8;
    if candidates.is_empty() {
        return nothing.to_owned();
    }
    let shown: Vec<_> = candidates.iter().take(SHOWN).map(|candidate| format!("`{candidate}`")).collect();
    let rest = if candidates.len() > SHOWN { ", …" } else { "" };
    or(name, candidates, &format!("known are {}{rest}", shown.join(", ")))
}

/// Insertions, deletions, replacements and swaps of neighbours that make one text of the other; case counts nothing.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<_> = a.to_lowercase().chars().collect();
    let b: Vec<_> = b.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let replace = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replace.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found() {
        let known = ["flights", "weather", "registry", "y"];
        for (name, expect) in [
            ("fligths", Some("flights")),
            ("Flights", Some("flights")),
            ("wether", Some("weather")),
            ("planes", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), expect, "{name}");
        }
    }
}
