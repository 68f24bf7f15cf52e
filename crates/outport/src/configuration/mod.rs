//! Settings: flag, else environment `OUTPORT_*`, else `outport.toml`, else the default.

mod server;
mod telemetry;
mod told;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use outport_app::gate::Limits;
use outport_identity::Provider;
use outport_model::name::{DepotName, WorkspaceName};
use serde::Deserialize;

pub(crate) use self::{
    server::Serve,
    telemetry::{Export, Sampling, Telemetry},
    told::{Given, Listening, Said, path},
};

/// The folder that holds the metadata store, the warehouse and `outport.toml`.
const HOME: &str = ".outport";
/// Its settings file.
const FILE: &str = "outport.toml";

/// Settings from flags and environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    pub(crate) home: Option<PathBuf>,
    pub(crate) workspace: Option<String>,
    pub(crate) memory_limit: Option<String>,
    pub(crate) threads: Option<usize>,
    /// Which of them, and of those that a verb has for itself, were given, and how.
    pub(crate) given: Given,
}

/// Settings as they hold.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    pub(crate) home: PathBuf,
    pub(crate) workspace: WorkspaceName,
    pub(crate) depots: BTreeMap<DepotName, PathBuf>,
    pub(crate) memory_limit: usize,
    /// Bytes for the rows of tables that are asked for again and again.
    pub(crate) cache: usize,
    pub(crate) threads: usize,
    pub(crate) limits: Limits,
    pub(crate) providers: Vec<Provider>,
    pub(crate) serve: Serve,
    pub(crate) telemetry: Telemetry,
    /// Where they come from.
    said: Said,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfiguration {
    workspace: Option<String>,
    memory_limit: Option<String>,
    threads: Option<usize>,
    #[serde(default)]
    depots: BTreeMap<DepotName, RawDepot>,
    #[serde(default)]
    workspaces: BTreeMap<WorkspaceName, RawWorkspace>,
    #[serde(default)]
    limits: server::RawLimits,
    #[serde(default)]
    providers: Vec<Provider>,
    #[serde(default)]
    serve: Serve,
    #[serde(default)]
    telemetry: Telemetry,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWorkspace {
    #[serde(default)]
    depots: BTreeMap<DepotName, RawDepot>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDepot {
    location: PathBuf,
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigurationError {
    /// The file cannot be read.
    #[error("`{file}` cannot be read")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file says something that is not understood.
    #[error("`{file}` has a setting that is not understood\n{source}")]
    Parse {
        /// The file.
        file: String,
        /// What and where.
        source: toml::de::Error,
    },
    /// A setting has a wrong value.
    #[error("`{value}` is no {what}")]
    Value {
        /// The value.
        value: String,
        /// What it should be.
        what: &'static str,
        /// What to write.
        help: String,
    },
    /// An identity provider cannot be used.
    #[error("an identity provider of `[[providers]]` cannot be used: {0}")]
    Provider(#[from] outport_identity::ConfigurationError),
    /// A header for the collector of traces has no value.
    #[error("the header `{name}` of `[telemetry.headers]` has no value: {reason}")]
    Header {
        /// The header.
        name: String,
        /// Why.
        reason: String,
    },
    /// The home cannot be made.
    #[error("the home `{home}` cannot be used: {reason}")]
    Home {
        /// The folder.
        home: String,
        /// Why.
        reason: String,
    },
}

impl ConfigurationError {
    pub(crate) fn help(&self) -> String {
        match self {
            Self::Value { help, .. } => help.clone(),
            Self::Header { .. } => "name a variable of the environment or a file that has it".to_owned(),
            Self::Provider(_) => "correct it in `outport.toml`; every command needs it to be right".to_owned(),
            Self::Home { .. } => {
                "let this user write there, or choose another folder with `--home` or `OUTPORT_HOME`".to_owned()
            }
            Self::Parse { .. } => "settings are `workspace`, `memory_limit`, `threads`, `[depots.NAME]` and `[workspaces.NAME.depots.NAME]` with `location`, `[limits]`, `[serve]`, `[telemetry]` and `[[providers]]`"
                    .to_owned(),
            Self::Read { .. } => "check that the home is a folder that this user can read, or choose another with `--home`".to_owned(),
        }
    }
}

impl Configuration {
    /// Puts flags, environment and file together. `current` is where the command was called.
    pub(crate) fn load(flags: Flags, current: &Path) -> Result<Self, ConfigurationError> {
        let home = flags.home.map_or_else(|| nearest_home(current), |home| current.join(home));
        let (raw, file) = read(&home.join(FILE))?;
        let workspace = flags.workspace.or(raw.workspace).unwrap_or_else(|| "dev".to_owned());
        let workspace: WorkspaceName = workspace.parse().map_err(|error| ConfigurationError::Value {
            value: workspace.clone(),
            what: "name of a workspace",
            help: format!("{error}; names have lower case letters, digits, `-` and `_`"),
        })?;
        let limit = flags.memory_limit.or(raw.memory_limit);
        let mut depots = raw.depots;
        if let Some(own) = raw.workspaces.into_iter().find(|(name, _)| *name == workspace) {
            depots.extend(own.1.depots);
        }
        let depots = depots.into_iter().map(|(name, depot)| (name, home.join(depot.location))).collect();
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let memory_limit = limit.map_or(Ok(DEFAULT_MEMORY), |text| bytes(&text))?;
        Ok(Self {
            memory_limit,
            cache: raw.serve.cache()?,
            threads: flags.threads.or(raw.threads).unwrap_or(processors).max(1),
            limits: raw.limits.limits(memory_limit)?,
            providers: raw.providers.into_iter().map(|provider| server::below(provider, &home)).collect(),
            serve: raw.serve.below(&home),
            telemetry: raw.telemetry.below(&home),
            said: Said::new(flags.given, &file),
            home,
            workspace,
            depots,
        })
    }
}

impl Configuration {
    /// The issuers of tokens that are accepted, as clients are told them: those that are addresses, to the letter.
    pub(crate) fn issuers(&self) -> Vec<String> {
        let issuers = self.providers.iter().map(|provider| provider.issuer.clone());
        issuers.filter(|issuer| url::Url::parse(issuer).is_ok_and(|url| url.has_host())).collect()
    }
}

/// 4 GiB: what a laptop can spare. Operators that need more spill to disk.
const DEFAULT_MEMORY: usize = 4 << 30;

fn nearest_home(current: &Path) -> PathBuf {
    let found = current.ancestors().map(|folder| folder.join(HOME)).find(|home| home.is_dir());
    found.unwrap_or_else(|| current.join(HOME))
}

/// The settings of a file, and its keys as they stand there.
fn read(file: &Path) -> Result<(RawConfiguration, toml::Table), ConfigurationError> {
    let name = || file.display().to_string();
    let wrong = |source| ConfigurationError::Parse { file: name(), source };
    match std::fs::read_to_string(file) {
        Ok(text) => Ok((toml::from_str(&text).map_err(wrong)?, toml::from_str(&text).map_err(wrong)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok((RawConfiguration::default(), toml::Table::new()))
        }
        Err(source) => Err(ConfigurationError::Read { file: name(), source }),
    }
}

/// `512MiB`, `4GiB`, `1500000000`.
fn bytes(text: &str) -> Result<usize, ConfigurationError> {
    let wrong = || ConfigurationError::Value {
        value: text.to_owned(),
        what: "amount of memory",
        help: "write it like `512MiB` or `4GiB`".to_owned(),
    };
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: usize = number.parse().map_err(|_| wrong())?;
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.checked_mul(factor).filter(|n| *n > 0).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_memory() {
        assert_eq!(bytes("512MiB").unwrap(), 512 << 20);
        assert_eq!(bytes("7").unwrap(), 7);
        for wrong in ["", "much", "-1", "0", "99999999999GiB"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn flags_go_before_the_file_and_workspaces_before_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join(HOME);
        std::fs::create_dir(&home).unwrap();
        let text = "workspace = \"prod\"\nthreads = 3\n[depots.a]\nlocation = \"x\"\n[workspaces.prod.depots.a]\nlocation = \"/y\"\n";
        std::fs::write(home.join(FILE), text).unwrap();
        let deep = folder.path().join("deep/er");
        std::fs::create_dir_all(&deep).unwrap();
        let found = Configuration::load(Flags::default(), &deep).unwrap();
        assert_eq!((found.workspace.as_str(), found.threads), ("prod", 3));
        assert_eq!(found.depots[&"a".parse().unwrap()], Path::new("/y"));
        let flags = Flags { workspace: Some("dev".into()), threads: Some(1), ..Flags::default() };
        let found = Configuration::load(flags, &deep).unwrap();
        assert_eq!((found.workspace.as_str(), found.threads), ("dev", 1));
        assert_eq!(found.depots[&"a".parse().unwrap()], home.join("x"));
    }

    #[test]
    fn no_cache_is_an_amount_too() {
        let folder = tempfile::tempdir().unwrap();
        let flags = || Flags { home: Some(folder.path().to_owned()), ..Flags::default() };
        for (cache, bytes) in [("0", Some(0)), ("64MiB", Some(64 << 20)), ("some", None)] {
            std::fs::write(folder.path().join(FILE), format!("[serve]\ncache = \"{cache}\"\n")).unwrap();
            assert_eq!(Configuration::load(flags(), folder.path()).ok().map(|found| found.cache), bytes, "{cache}");
        }
    }

    #[test]
    fn clients_are_told_of_issuers_to_the_letter() {
        let folder = tempfile::tempdir().unwrap();
        let provider = |name: &str, issuer: &str| {
            format!("[[providers]]\nname = \"{name}\"\nissuer = \"{issuer}\"\naudience = \"a\"\njwks = \"keys.json\"\n")
        };
        let text = provider("one", "https://login.example.org") + &provider("two", "an issuer without an address");
        std::fs::write(folder.path().join(FILE), text).unwrap();
        let flags = Flags { home: Some(folder.path().to_owned()), ..Flags::default() };
        assert_eq!(Configuration::load(flags, folder.path()).unwrap().issuers(), ["https://login.example.org"]);
    }

    #[test]
    fn memory_of_a_query_is_a_part_of_all() {
        let folder = tempfile::tempdir().unwrap();
        let limits = |text: &str| {
            std::fs::write(folder.path().join(FILE), text).unwrap();
            let flags = Flags { home: Some(folder.path().to_owned()), ..Flags::default() };
            Configuration::load(flags, folder.path()).map(|found| found.limits)
        };
        let of_all = limits("memory_limit = \"1GiB\"\n").unwrap();
        assert_eq!((of_all.memory, of_all.principal_memory), (512 << 20, 768 << 20));
        assert_eq!(limits("").unwrap(), Limits::default());
        let set =
            "[limits]\nmemory = \"64MiB\"\nprincipal_memory = \"96MiB\"\nwait_seconds = 0\ntotal_concurrent = 8\n";
        let set = limits(set).unwrap();
        assert_eq!((set.memory, set.principal_memory, set.total_concurrent), (64 << 20, 96 << 20, 8));
        assert!(set.wait.is_zero());
        for wrong in ["concurrent = 0", "total_concurrent = 0", "memory = \"0\"", "memory = \"much\""] {
            assert!(limits(&format!("[limits]\n{wrong}\n")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn unknown_settings_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "treads = 3\n").unwrap();
        let flags = Flags { home: Some(folder.path().to_owned()), ..Flags::default() };
        let error = Configuration::load(flags, folder.path()).unwrap_err().to_string();
        assert!(error.contains("treads"), "{error}");
    }
}
