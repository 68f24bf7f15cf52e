//! The settings of one connection: what `SET` sets and `SHOW` shows.
//!
//! Clients set a lot at the beginning. What would change how values are written is refused unless it changes nothing;
//! what this door knows of is done; the rest is kept and shown again, and changes nothing.

use std::{collections::BTreeMap, time::Duration};

use outport_model::principal::{PrincipalId, Purpose};

use crate::failure::Failure;

/// The setting that says what data is read for.
pub(crate) const PURPOSE: &str = "outport.purpose";

/// The version of PostgreSQL whose catalog and texts are followed.
pub(crate) const VERSION: &str = concat!("16.6 (Outport ", env!("CARGO_PKG_VERSION"), ")");

/// A setting that is known here.
struct Known {
    /// As clients are told it.
    name: &'static str,
    /// What it is unless it is set.
    default: &'static str,
    /// Whether clients are told when it changes.
    reported: bool,
    /// What may be set.
    allowed: Allowed,
}

enum Allowed {
    Anything,
    /// Only what it is.
    Nothing,
    /// These values, in any case, since they are how values are written.
    Only(&'static [&'static str]),
    Span,
    Purpose,
}

const fn known(name: &'static str, default: &'static str, reported: bool, allowed: Allowed) -> Known {
    Known { name, default, reported, allowed }
}

const KNOWN: &[Known] = &[
    known("application_name", "", true, Allowed::Anything),
    known("backslash_quote", "safe_encoding", false, Allowed::Anything),
    known("block_size", "8192", false, Allowed::Nothing),
    known("bytea_output", "hex", false, Allowed::Only(&["hex"])),
    known("check_function_bodies", "on", false, Allowed::Anything),
    known("client_encoding", "UTF8", true, Allowed::Only(&["utf8", "utf-8", "unicode", "sql_ascii"])),
    known("client_min_messages", "notice", false, Allowed::Anything),
    known("DateStyle", "ISO, MDY", true, Allowed::Only(&["iso", "iso, mdy", "iso, dmy", "iso, ymd", "iso,mdy"])),
    known("default_table_access_method", "heap", false, Allowed::Anything),
    known("default_tablespace", "", false, Allowed::Anything),
    known("default_transaction_deferrable", "off", false, Allowed::Anything),
    known("default_transaction_isolation", "read committed", false, Allowed::Anything),
    known("default_transaction_read_only", "on", true, Allowed::Anything),
    known("escape_string_warning", "on", false, Allowed::Anything),
    known("extra_float_digits", "1", false, Allowed::Anything),
    known("idle_in_transaction_session_timeout", "0", false, Allowed::Anything),
    known("idle_session_timeout", "0", false, Allowed::Anything),
    known("in_hot_standby", "off", true, Allowed::Nothing),
    known("integer_datetimes", "on", true, Allowed::Nothing),
    known("IntervalStyle", "postgres", true, Allowed::Only(&["postgres"])),
    known("is_superuser", "off", true, Allowed::Nothing),
    known("jit", "off", false, Allowed::Anything),
    known("lc_collate", "C.UTF-8", false, Allowed::Nothing),
    known("lc_ctype", "C.UTF-8", false, Allowed::Nothing),
    known("lc_messages", "C.UTF-8", false, Allowed::Anything),
    known("lc_monetary", "C.UTF-8", false, Allowed::Anything),
    known("lc_numeric", "C.UTF-8", false, Allowed::Anything),
    known("lc_time", "C.UTF-8", false, Allowed::Anything),
    known("lock_timeout", "0", false, Allowed::Anything),
    known("max_connections", "100", false, Allowed::Nothing),
    known("max_function_args", "100", false, Allowed::Nothing),
    known("max_identifier_length", "63", false, Allowed::Nothing),
    known("max_index_keys", "32", false, Allowed::Nothing),
    known(PURPOSE, "", false, Allowed::Purpose),
    known("row_security", "on", false, Allowed::Anything),
    known("search_path", "\"$user\", public", true, Allowed::Anything),
    known("server_encoding", "UTF8", true, Allowed::Nothing),
    known("server_version", VERSION, true, Allowed::Nothing),
    known("server_version_num", "160006", false, Allowed::Nothing),
    known("session_authorization", "", true, Allowed::Nothing),
    known("standard_conforming_strings", "on", true, Allowed::Only(&["on", "true", "1", "yes"])),
    known("statement_timeout", "0", false, Allowed::Span),
    known("synchronize_seqscans", "on", false, Allowed::Anything),
    known("TimeZone", "UTC", true, Allowed::Anything),
    known("transaction_deferrable", "off", false, Allowed::Anything),
    known("transaction_isolation", "read committed", false, Allowed::Anything),
    known("transaction_read_only", "on", false, Allowed::Anything),
];

fn find(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// The settings of one connection, by name in lower case.
#[derive(Debug)]
pub(crate) struct Settings {
    values: BTreeMap<String, String>,
    /// What they go back to.
    initial: BTreeMap<String, String>,
    /// What they were before `SET LOCAL`.
    before: BTreeMap<String, Option<String>>,
}

impl Settings {
    /// The settings that a connection begins with: the parameters of its start, and `-c name=value` in `options`.
    pub(crate) fn new(user: &PrincipalId, parameters: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let mut settings = Self { values: BTreeMap::new(), initial: BTreeMap::new(), before: BTreeMap::new() };
        let options = parameters.get("options").map(|text| options(text)).transpose()?.unwrap_or_default();
        let no_setting = ["user", "database", "options", "replication"];
        let direct =
            parameters.iter().filter(|(name, _)| !no_setting.contains(&name.as_str()) && !name.starts_with("_pq_."));
        for (name, value) in direct.map(|(name, value)| (name.clone(), value.clone())).chain(options) {
            settings.set(&name, Some(value), false)?;
        }
        settings.values.insert("session_authorization".to_owned(), user.to_string());
        settings.initial = settings.values.clone();
        Ok(settings)
    }

    /// Sets something; without a value, back to what it was in the beginning. Gives what the client is to be told.
    pub(crate) fn set(
        &mut self,
        name: &str,
        value: Option<String>,
        local: bool,
    ) -> Result<Option<(&'static str, String)>, Failure> {
        let key = name.to_ascii_lowercase();
        let known = find(&key);
        if known.is_none() && key.starts_with("outport.") {
            return Err(Failure::NoSetting(name.to_owned()));
        }
        if let (Some(known), Some(value)) = (known, &value) {
            check(known, value)?;
        }
        if local {
            self.before.entry(key.clone()).or_insert_with(|| self.values.get(&key).cloned());
        }
        let value = value.or_else(|| self.initial.get(&key).cloned());
        match value {
            Some(value) => self.values.insert(key.clone(), value),
            None => self.values.remove(&key),
        };
        Ok(known.filter(|known| known.reported).map(|known| (known.name, self.value(known))))
    }

    /// Takes `SET LOCAL` back at the end of a transaction. Gives what the client is to be told.
    pub(crate) fn end_transaction(&mut self) -> Vec<(&'static str, String)> {
        let before = std::mem::take(&mut self.before);
        for (name, value) in &before {
            match value {
                Some(value) => self.values.insert(name.clone(), value.clone()),
                None => self.values.remove(name),
            };
        }
        before.keys().filter_map(|name| find(name)).filter(|k| k.reported).map(|k| (k.name, self.value(k))).collect()
    }

    /// Sets everything back. Gives what the client is to be told.
    pub(crate) fn reset(&mut self) -> Vec<(&'static str, String)> {
        self.before.clear();
        self.values = self.initial.clone();
        self.reported()
    }

    /// What clients are told at the beginning.
    pub(crate) fn reported(&self) -> Vec<(&'static str, String)> {
        KNOWN.iter().filter(|known| known.reported).map(|known| (known.name, self.value(known))).collect()
    }

    /// A setting, by the name under which it is shown.
    pub(crate) fn show(&self, name: &str) -> Result<(String, String), Failure> {
        if let Some(known) = find(name) {
            return Ok((known.name.to_owned(), self.value(known)));
        }
        let key = name.to_ascii_lowercase();
        let value = self.values.get(&key).cloned().ok_or_else(|| Failure::NoSetting(name.to_owned()))?;
        Ok((key, value))
    }

    /// All settings.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        let others = self.values.iter().filter(|(name, _)| find(name).is_none());
        let known = KNOWN.iter().map(|known| (known.name.to_owned(), self.value(known)));
        known.chain(others.map(|(name, value)| (name.clone(), value.clone()))).collect()
    }

    fn value(&self, known: &Known) -> String {
        let set = match known.allowed {
            // Whatever of them was set, it is how values are written.
            Allowed::Only(_) => None,
            _ => self.values.get(&known.name.to_ascii_lowercase()),
        };
        set.map_or(known.default, String::as_str).to_owned()
    }

    /// What data is read for.
    pub(crate) fn purpose(&self) -> Option<Purpose> {
        self.values.get(PURPOSE)?.parse().ok()
    }

    /// The longest that a statement may take.
    pub(crate) fn statement_timeout(&self) -> Option<Duration> {
        self.values.get("statement_timeout").and_then(|text| span(text)).filter(|span| !span.is_zero())
    }

    /// The schemas in which tables are looked for, without those that every database has.
    pub(crate) fn search_path(&self) -> Vec<String> {
        let path = self.values.get("search_path").map_or("", String::as_str);
        let names = path.split(',').map(|name| name.trim().trim_matches(['"', '\'']).to_owned());
        names.filter(|name| !["", "$user", "public", "pg_catalog"].contains(&name.as_str())).collect()
    }
}

fn check(known: &Known, value: &str) -> Result<(), Failure> {
    let refuse =
        |reason: String| Err(Failure::Setting { name: known.name.to_owned(), value: value.to_owned(), reason });
    match &known.allowed {
        Allowed::Anything => Ok(()),
        Allowed::Nothing if value == known.default => Ok(()),
        Allowed::Nothing => refuse("it cannot be changed".to_owned()),
        // asyncpg sends the value with the quotes that SQL would have.
        Allowed::Only(values) if values.contains(&value.trim().trim_matches('\'').to_ascii_lowercase().as_str()) => {
            Ok(())
        }
        Allowed::Only(_) => refuse(format!("it is always {}", known.default)),
        Allowed::Span if span(value).is_some() => Ok(()),
        Allowed::Span => refuse("it is no span of time, such as 500, '30s' or '5min'".to_owned()),
        Allowed::Purpose => match value.parse::<Purpose>() {
            Err(error) if !value.is_empty() => refuse(error.to_string()),
            _ => Ok(()),
        },
    }
}

/// A span of time: milliseconds where no unit stands with it.
fn span(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (count, unit) = text.split_at(unit);
    let count: u64 = count.parse().ok()?;
    let milliseconds = match unit.trim() {
        "us" => return Some(Duration::from_micros(count)),
        "" | "ms" => count,
        "s" => count.checked_mul(1_000)?,
        "min" => count.checked_mul(60_000)?,
        "h" => count.checked_mul(3_600_000)?,
        "d" => count.checked_mul(86_400_000)?,
        _ => return None,
    };
    Some(Duration::from_millis(milliseconds))
}

/// The settings in `options`, as in `-c name=value` and `--name=value`. A backslash keeps white space together.
fn options(text: &str) -> Result<Vec<(String, String)>, Failure> {
    let mut words = words(text).into_iter();
    let mut settings = Vec::new();
    while let Some(word) = words.next() {
        let setting =
            match word.strip_prefix("-c").map(str::to_owned).or_else(|| word.strip_prefix("--").map(str::to_owned)) {
                Some(rest) if rest.is_empty() => words.next().unwrap_or_default(),
                Some(rest) => rest,
                None => word.clone(),
            };
        let (name, value) =
            setting.split_once('=').filter(|_| word.starts_with('-')).ok_or_else(|| Failure::Setting {
                name: "options".to_owned(),
                value: word.clone(),
                reason: "it takes `-c name=value`".to_owned(),
            })?;
        settings.push((name.replace('-', "_"), value.to_owned()));
    }
    Ok(settings)
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => word.get_or_insert_default().extend(letters.next()),
            letter if letter.is_whitespace() => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(parameters: &[(&str, &str)]) -> Result<Settings, Failure> {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Settings::new(&"ann".parse().unwrap(), &parameters)
    }

    #[test]
    fn the_purpose_comes_with_the_start() {
        let found = settings(&[("options", r"-c outport.purpose=churn\ analysis --statement_timeout=5s")]).unwrap();
        assert_eq!(found.purpose().unwrap().as_str(), "churn analysis");
        assert_eq!(found.statement_timeout(), Some(Duration::from_secs(5)));
        assert_eq!(settings(&[(PURPOSE, "ads")]).unwrap().purpose().unwrap().as_str(), "ads");
    }

    #[test]
    fn what_is_set_locally_ends_with_the_transaction() {
        let mut found = settings(&[(PURPOSE, "first")]).unwrap();
        found.set(PURPOSE, Some("second".to_owned()), true).unwrap();
        found.set(PURPOSE, Some("third".to_owned()), true).unwrap();
        assert_eq!(found.purpose().unwrap().as_str(), "third");
        found.end_transaction();
        assert_eq!(found.purpose().unwrap().as_str(), "first");
        found.set(PURPOSE, Some("fourth".to_owned()), false).unwrap();
        found.set(PURPOSE, None, false).unwrap();
        assert_eq!(found.purpose().unwrap().as_str(), "first");
    }

    #[test]
    fn nobody_becomes_someone_else_by_a_setting() {
        let mut found = settings(&[]).unwrap();
        let failure = found.set("session_authorization", Some("bob".to_owned()), false).unwrap_err();
        assert_eq!(failure.state(), "22023");
        assert_eq!(found.show("session_authorization").unwrap().1, "ann");
        assert_eq!(settings(&[("session_authorization", "bob")]).unwrap_err().state(), "22023");
    }

    #[test]
    fn what_would_change_how_values_are_written_is_refused() {
        let mut found = settings(&[]).unwrap();
        assert!(found.set("client_encoding", Some("LATIN1".to_owned()), false).is_err());
        assert!(found.set("client_encoding", Some("'utf-8'".to_owned()), false).is_ok(), "as asyncpg writes it");
        let told = found.set("client_encoding", Some("utf-8".to_owned()), false).unwrap();
        assert_eq!(told, Some(("client_encoding", "UTF8".to_owned())));
        assert!(found.set("statement_timeout", Some("soon".to_owned()), false).is_err());
        assert!(found.set("outport.other", Some("x".to_owned()), false).is_err());
        assert!(found.set("jit", Some("off".to_owned()), false).unwrap().is_none());
        assert_eq!(found.show("jit").unwrap().1, "off");
        assert!(found.show("nothing").is_err());
    }

    #[test]
    fn schemas_that_every_database_has_are_not_searched() {
        let found = settings(&[("search_path", "\"$user\", public, sales , \"other\"")]).unwrap();
        assert_eq!(found.search_path(), ["sales", "other"]);
    }
}
