//! Which formats there are, and which one a client asks for.

use http::{HeaderMap, header};

use crate::problem::Problem;

/// A format of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One JSON document.
    Json,
    /// A JSON object a line.
    Ndjson,
    /// Comma-separated values, with a line of names.
    Csv,
    /// An Arrow IPC stream.
    Arrow,
    /// Parquet.
    Parquet,
}

impl Format {
    /// Every format; the first is the one that is taken where nothing is asked for.
    pub(crate) const ALL: [Self; 5] = [Self::Json, Self::Ndjson, Self::Csv, Self::Arrow, Self::Parquet];

    /// Its name in `?format=`, and the ending of files.
    pub(crate) const fn parameter(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Arrow => "arrow",
            Self::Parquet => "parquet",
        }
    }

    /// Its media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv",
            Self::Arrow => "application/vnd.apache.arrow.stream",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// What `Content-Type` says.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            other => other.media_type(),
        }
    }

    /// The format of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.parameter() == name)
    }

    /// The format that a client asks for: by `?format=`, else by `Accept`.
    pub(crate) fn wanted(parameter: Option<&str>, headers: &HeaderMap) -> Result<Self, Problem> {
        match parameter {
            Some(name) => Self::named(name).ok_or_else(|| {
                let known = Self::ALL.map(Self::parameter).join("`, `");
                Problem::bad_request(format!("there is no format `{name}`"))
                    .with_help(format!("choose one of `{known}`"))
            }),
            None => Self::accepted(headers),
        }
    }

    /// The format that `Accept` prefers.
    fn accepted(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut ranges: Vec<Range> = Vec::new();
        for value in headers.get_all(header::ACCEPT) {
            let text = value.to_str().map_err(|_| Problem::bad_request("`Accept` cannot be read"))?;
            ranges.extend(text.split(',').filter_map(Range::parse));
        }
        if ranges.is_empty() {
            return Ok(Self::Json);
        }
        // Stable: of equal weights the one that is written first.
        ranges.sort_by_key(|range| std::cmp::Reverse(range.weight));
        let mut wanted = ranges.iter().filter(|range| range.weight > 0);
        wanted.find_map(Range::format).ok_or_else(|| {
            let known = Self::ALL.map(Self::media_type).join(", ");
            Problem::not_acceptable("rows are not written in what `Accept` names")
                .with_help(format!("accept one of {known}"))
        })
    }
}

/// One range of `Accept`.
struct Range {
    media: String,
    /// In thousandths.
    weight: u16,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let media = parts.next().filter(|media| !media.is_empty())?.to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        Some(Self { media, weight: weight.map_or(1000, thousandths) })
    }

    fn format(&self) -> Option<Format> {
        match self.media.as_str() {
            "*/*" | "application/*" => Some(Format::Json),
            "text/*" => Some(Format::Csv),
            "application/ndjson" | "application/jsonl" => Some(Format::Ndjson),
            media => Format::ALL.into_iter().find(|format| format.media_type() == media),
        }
    }
}

/// `0.75` as 750; what is no weight weighs nothing.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{fraction:0<3}");
    let fraction = digits.get(..3).and_then(|digits| digits.parse::<u16>().ok());
    match (whole.parse::<u16>(), fraction) {
        (Ok(whole), Some(fraction)) if whole <= 1 => (whole * 1000 + fraction).min(1000),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(accept: &str) -> Option<Format> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        Format::wanted(None, &headers).ok()
    }

    #[test]
    fn the_heaviest_range_decides() {
        for (accept, expect) in [
            ("*/*", Some(Format::Json)),
            ("text/csv", Some(Format::Csv)),
            ("text/html, text/csv;q=0.5, application/json;q=0.4", Some(Format::Csv)),
            ("application/json;q=0.2, application/vnd.apache.parquet;q=0.25", Some(Format::Parquet)),
            ("application/x-ndjson, application/json", Some(Format::Ndjson)),
            ("APPLICATION/JSON; charset=utf-8", Some(Format::Json)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("text/html, */*;q=0.1", Some(Format::Json)),
        ] {
            assert_eq!(wanted(accept), expect, "{accept}");
        }
    }

    #[test]
    fn the_parameter_goes_before_the_header() {
        let headers = HeaderMap::new();
        assert_eq!(Format::wanted(Some("arrow"), &headers).unwrap(), Format::Arrow);
        assert!(Format::wanted(Some("xml"), &headers).is_err());
        assert_eq!(Format::wanted(None, &headers).unwrap(), Format::Json);
    }
}
