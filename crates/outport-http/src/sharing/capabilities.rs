//! What a client says that it can do, and what is chosen of it.

use std::collections::BTreeSet;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::refusal::Refusal;
use crate::problem::Problem;

/// What a client can do, and what the answer makes use of.
const CAPABILITIES: HeaderName = HeaderName::from_static("delta-sharing-capabilities");

/// By which rule the ids of files are made.
const FILE_ID_HASH: HeaderName = HeaderName::from_static("fileidhash");

/// The feature that tables with a timestamp without time zone need.
pub(super) const TIMESTAMP_NTZ: &str = "timestampntz";

/// A format of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// The one from the beginning: files of Parquet, and nothing that needs more than that.
    Parquet,
    /// The actions of a Delta log.
    Delta,
}

/// What a client can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Capabilities {
    formats: BTreeSet<String>,
    features: BTreeSet<String>,
    /// Whether the last line is to say until when the addresses hold.
    end: bool,
    hash: Option<HeaderValue>,
}

/// What is chosen of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) format: Format,
    pub(super) end: bool,
    hash: Option<HeaderValue>,
}

impl Capabilities {
    /// What the head of a request says. Whoever says nothing takes Parquet.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let text = headers.get(CAPABILITIES).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut all = Self { formats: BTreeSet::new(), features: BTreeSet::new(), end: false, hash: None };
        for (name, value) in text.to_ascii_lowercase().split(';').filter_map(|part| part.split_once('=')) {
            let values = value.split(',').map(|value| value.trim().to_owned());
            match name.trim() {
                "responseformat" => all.formats.extend(values),
                "readerfeatures" => all.features.extend(values),
                "includeendstreamaction" => all.end = value.trim() == "true",
                _ => {}
            }
        }
        if let Some(hash) = headers.get(FILE_ID_HASH) {
            if !["parquet", "delta"].contains(&hash.to_str().unwrap_or_default().to_ascii_lowercase().as_str()) {
                return Err(Problem::bad_request("`fileidhash` is neither `parquet` nor `delta`"));
            }
            all.hash = Some(hash.clone());
        }
        Ok(all)
    }

    /// The format for a table that needs these features: Parquet where that is enough, since every client reads it.
    pub(super) fn choose(&self, needed: &[&str]) -> Result<Chosen, Refusal> {
        let takes = |format: &str| self.formats.contains(format);
        let chosen = |format| Ok(Chosen { format, end: self.end, hash: self.hash.clone() });
        let reads = |feature: &&str| self.features.contains(*feature);
        if needed.is_empty() && (takes("parquet") || !takes("delta")) {
            return chosen(Format::Parquet);
        }
        match needed.iter().find(|feature| !takes("delta") || !reads(feature)) {
            None => chosen(Format::Delta),
            Some(feature) => {
                let problem = Problem::bad_request(format!("the table needs a client that reads `{feature}`"));
                Err(problem
                    .with_help("use a client that takes `responseformat=delta`, or read the table by SQL")
                    .into())
            }
        }
    }
}

impl Chosen {
    /// Says in the head of the answer what was chosen.
    pub(super) fn echo(&self, headers: &mut HeaderMap) {
        let format = match self.format {
            Format::Parquet => "responseformat=parquet",
            Format::Delta => "responseformat=delta",
        };
        let end = if self.end { ";includeendstreamaction=true" } else { "" };
        headers.extend(HeaderValue::from_str(&format!("{format}{end}")).ok().map(|value| (CAPABILITIES, value)));
        headers.extend(self.hash.clone().map(|value| (FILE_ID_HASH, value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(said: &str, needed: &[&str]) -> Option<Format> {
        let mut headers = HeaderMap::new();
        headers.insert(CAPABILITIES, said.parse().unwrap());
        Capabilities::of(&headers).unwrap().choose(needed).ok().map(|chosen| chosen.format)
    }

    #[test]
    fn parquet_is_chosen_where_it_is_enough() {
        assert_eq!(chosen("", &[]), Some(Format::Parquet));
        assert_eq!(chosen("responseformat=delta,parquet", &[]), Some(Format::Parquet));
        assert_eq!(chosen("ResponseFormat=DELTA", &[]), Some(Format::Delta));
        assert_eq!(chosen("responseformat=iceberg", &[]), Some(Format::Parquet));
    }

    #[test]
    fn features_need_a_client_that_has_them() {
        let needed = [TIMESTAMP_NTZ];
        assert_eq!(chosen("", &needed), None);
        assert_eq!(chosen("responseformat=delta", &needed), None);
        assert_eq!(chosen("responseformat=parquet;readerfeatures=timestampntz", &needed), None);
        assert_eq!(
            chosen("responseformat=delta,parquet;readerfeatures=columnmapping,timestampNtz", &needed),
            Some(Format::Delta)
        );
    }
}
