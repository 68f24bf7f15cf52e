//! The settings as administrators are told them: each as it holds, and where it comes from. No secret is in what is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::Path,
};

use clap::{ArgMatches, parser::ValueSource};
use outport_http::{Setting, SettingSource};
use outport_identity::{KeySource, Provider};
use serde_json::{Value, json};

use super::{Configuration, Serve};

/// What can be given beside the file: the argument, the setting, the flag and the variable of the environment.
const GIVEN: [(&str, &str, &str, &str); 7] = [
    ("home", "home", "--home", "OUTPORT_HOME"),
    ("workspace", "workspace", "--workspace", "OUTPORT_WORKSPACE"),
    ("memory_limit", "memory_limit", "--memory-limit", "OUTPORT_MEMORY_LIMIT"),
    ("threads", "threads", "--threads", "OUTPORT_THREADS"),
    ("http", "serve.http", "--http", "OUTPORT_HTTP"),
    ("postgres", "serve.postgres", "--postgres", "OUTPORT_POSTGRES"),
    ("flight", "serve.flight", "--flight", "OUTPORT_FLIGHT"),
];

/// Settings that come from the command line or the environment, and which of them said it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given(BTreeMap<&'static str, (SettingSource, &'static str)>);

impl Given {
    /// What was given to a verb, or to all of them.
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        let levels = [Some(matches), matches.subcommand().map(|(_, of_verb)| of_verb)];
        let mut given = BTreeMap::new();
        for level in levels.into_iter().flatten() {
            for (argument, setting, flag, variable) in GIVEN {
                // Other verbs have other arguments.
                let known = level.try_contains_id(argument).is_ok();
                let said = match known.then(|| level.value_source(argument)).flatten() {
                    Some(ValueSource::CommandLine) => (SettingSource::Flag, flag),
                    Some(ValueSource::EnvVariable) => (SettingSource::Environment, variable),
                    _ => continue,
                };
                given.insert(setting, said);
            }
        }
        Self(given)
    }
}

/// Where settings come from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    given: Given,
    /// What the file has, with `.` for its tables.
    file: BTreeSet<String>,
}

impl Said {
    pub(super) fn new(given: Given, file: &toml::Table) -> Self {
        let mut keys = BTreeSet::new();
        add_keys(file, "", &mut keys);
        Self { given, file: keys }
    }

    fn source(&self, name: &str) -> (SettingSource, Option<String>) {
        match self.given.0.get(name) {
            Some((source, from)) => (*source, Some((*from).to_owned())),
            None if self.file.contains(name) => (SettingSource::File, None),
            None => (SettingSource::Default, None),
        }
    }
}

fn add_keys(table: &toml::Table, prefix: &str, keys: &mut BTreeSet<String>) {
    for (key, value) in table {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        if let toml::Value::Table(inner) = value {
            add_keys(inner, &name, keys);
        }
        keys.insert(name);
    }
}

/// Settings that are told, one after the other.
pub(super) struct Teller<'a> {
    said: &'a Said,
    told: Vec<Setting>,
}

impl Teller<'_> {
    /// Tells of a setting.
    pub(super) fn tell(&mut self, name: &str, about: &'static str, value: impl Into<Value>) {
        let (source, from) = self.said.source(name);
        self.add(name, about, value.into(), (source, from));
    }

    /// Tells of a setting that is looked up under another name in the file.
    fn tell_as(&mut self, name: &str, key: &str, about: &'static str, value: impl Into<Value>) {
        let source = self.said.source(key);
        self.add(name, about, value.into(), source);
    }

    /// Tells of a setting that a variable has, which the file does not know of.
    pub(super) fn tell_of_variable(
        &mut self,
        name: &str,
        about: &'static str,
        value: impl Into<Value>,
        variable: &str,
    ) {
        self.add(name, about, value.into(), (SettingSource::Environment, Some(variable.to_owned())));
    }

    /// Tells that a secret is set, where it is.
    pub(super) fn tell_secret(&mut self, name: &str, about: &'static str, is_set: bool) {
        self.tell_secret_as(name, name, about, is_set);
    }

    /// Tells that a secret is set that is looked up under another name in the file.
    fn tell_secret_as(&mut self, name: &str, key: &str, about: &'static str, is_set: bool) {
        let (source, from) = if is_set { self.said.source(key) } else { (SettingSource::Default, None) };
        let value = if is_set { Setting::SET.into() } else { Value::Null };
        self.told.push(Setting { name: name.to_owned(), about, value, secret: true, source, from });
    }

    fn add(&mut self, name: &str, about: &'static str, value: Value, (source, from): (SettingSource, Option<String>)) {
        self.told.push(Setting { name: name.to_owned(), about, value, secret: false, source, from });
    }
}

/// Where a server listens, however that was said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listening {
    pub(crate) http: SocketAddr,
    pub(crate) postgres: Option<SocketAddr>,
    pub(crate) flight: Option<SocketAddr>,
}

impl Configuration {
    /// Every setting of a server. `variable` reads the environment.
    pub(crate) fn told(&self, at: Listening, variable: impl Fn(&str) -> Option<String>) -> Vec<Setting> {
        let mut teller = Teller { said: &self.said, told: Vec::new() };
        teller.tell("home", "The folder of the metadata store, the warehouse and the settings.", path(&self.home));
        teller.tell("workspace", "The workspace that is served.", self.workspace.as_str());
        teller.tell(
            "memory_limit",
            "Bytes of memory for sorting, joining and grouping; more spills to disk.",
            self.memory_limit,
        );
        teller.tell("threads", "How much is worked on at once.", self.threads);
        self.tell_depots(&mut teller);
        self.tell_limits(&mut teller);
        self.serve.tell(&mut teller, at, self.cache);
        self.telemetry.tell(&mut teller, variable);
        for provider in &self.providers {
            tell_provider(provider, &mut teller);
        }
        teller.told
    }

    fn tell_depots(&self, teller: &mut Teller<'_>) {
        for (name, folder) in &self.depots {
            let (plain, own) =
                (format!("depots.{name}.location"), format!("workspaces.{}.depots.{name}.location", self.workspace));
            let key = if teller.said.file.contains(&own) { &own } else { &plain };
            teller.tell_as(key, key, "A folder that inputs may read files of.", path(folder));
        }
    }

    fn tell_limits(&self, teller: &mut Teller<'_>) {
        let limits = &self.limits;
        teller.tell("limits.rows", "Rows of an answer.", limits.rows);
        teller.tell("limits.bytes", "Bytes of an answer, as they are in memory.", limits.bytes);
        teller.tell("limits.seconds", "Seconds from a question to the last row.", limits.time.as_secs());
        teller.tell("limits.concurrent", "Queries of one principal at once.", limits.concurrent);
        teller.tell("limits.total_concurrent", "Queries of everyone at once.", limits.total_concurrent);
        teller.tell("limits.wait_seconds", "Seconds that a query waits for its turn.", limits.wait.as_secs());
        teller.tell("limits.memory", "Bytes of memory of one query.", limits.memory);
        teller.tell(
            "limits.principal_memory",
            "Bytes of memory of all queries of one principal.",
            limits.principal_memory,
        );
    }
}

impl Serve {
    fn tell(&self, teller: &mut Teller<'_>, at: Listening, cache: usize) {
        let address = |address: Option<SocketAddr>| address.map(|address| address.to_string());
        teller.tell("serve.http", "Where HTTP listens.", at.http.to_string());
        teller.tell("serve.postgres", "Where the PostgreSQL wire protocol listens.", address(at.postgres));
        teller.tell("serve.flight", "Where Arrow Flight SQL listens.", address(at.flight));
        let certificate = self.certificate.as_deref().map(path);
        teller.tell("serve.certificate", "The certificate chain; with it every door is TLS.", certificate);
        teller.tell_secret("serve.key", "Its private key.", self.key.is_some());
        let public = self.public_url.as_ref().map(|url| without_credentials(url.as_str()));
        teller.tell("serve.public_url", "The address that clients use.", public);
        let origins = self.cors_origins.clone();
        teller.tell("serve.cors_origins", "Web pages that may call, by their origin.", origins);
        teller.tell("serve.hub", "Whether there are pages of the hub, and sessions.", self.has_hub());
        teller.tell("serve.open_metrics", "Whether `/metrics` needs no credential.", self.open_metrics);
        teller.tell("serve.behind_tls_proxy", "Whether a proxy in front ends TLS.", self.behind_tls_proxy);
        let drain = self.drain().as_secs();
        teller.tell("serve.drain_seconds", "Seconds that requests under way have to end when the server stops.", drain);
        teller.tell("serve.cache", "Bytes of memory for rows that are asked for again and again.", cache);
    }
}

/// A provider is only ever in the file.
fn tell_provider(provider: &Provider, teller: &mut Teller<'_>) {
    let key = |member: &str| format!("providers.{}.{member}", provider.name);
    let mut tell = |member: &str, about, value: Value| teller.tell_as(&key(member), "providers", about, value);
    let issuer = without_credentials(&provider.issuer);
    tell("issuer", "What the provider's tokens have as `iss`.", issuer.into());
    tell("audience", "What they must have in `aud`.", provider.audience.as_str().into());
    let keys = match &provider.jwks {
        KeySource::Url(url) => without_credentials(url),
        KeySource::File(file) => path(file),
    };
    tell("jwks", "Where its keys are.", keys.into());
    let administrators = json!(provider.administrators);
    tell("administrators", "Its group whose members are administrators here.", administrators);
    if let Some(sign_in) = &provider.sign_in {
        tell("sign_in.client_id", "What this server is called there.", sign_in.client_id.as_str().into());
        let secret = key("sign_in.client_secret_file");
        let about = "The secret that the provider gave this server.";
        teller.tell_secret_as(&secret, "providers", about, sign_in.client_secret_file.is_some());
    }
}

/// A path as it may be shown.
pub(crate) fn path(path: &Path) -> String {
    without_credentials(&path.display().to_string())
}

/// An address without anything that could be a credential: what stands before a host, and what is asked of it.
pub(super) fn without_credentials(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, after)| after);
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    format!("{scheme}://{rest}")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{super::Flags, *};
    use crate::cli::Arguments;

    const FILE: &str = r#"
workspace = "prod"
[limits]
rows = 7
[depots.landing]
location = "../data"
[depots.wrong]
location = "s3://key:s3cret/part@bucket/path?token=s3cret"
[workspaces.prod.depots.own]
location = "/own"
[serve]
http = "127.0.0.1:1"
key = "s3cret.pem"
public_url = "https://ann:s3cret@data.example.org/?token=s3cret"
[telemetry]
endpoint = "https://ann:s3cret@collector.example.org"
[telemetry.headers]
authorization = {env = "S3CRET_TOKEN"}
[[providers]]
name = "login"
issuer = "https://login.example.org"
audience = "outport"
jwks = "https://ann:s3cret@login.example.org/keys?token=s3cret"
[providers.sign_in]
client_id = "outport"
client_secret_file = "s3cret"
"#;

    fn told(arguments: &[&str], variables: &[(&str, &str)]) -> BTreeMap<String, Setting> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("outport.toml"), FILE).unwrap();
        let matches = Arguments::command().try_get_matches_from(arguments).unwrap();
        let flags = Flags {
            home: Some(folder.path().to_owned()),
            threads: matches.get_one("threads").copied(),
            given: Given::of(&matches),
            ..Flags::default()
        };
        let configuration = Configuration::load(flags, folder.path()).unwrap();
        let at = Listening { http: "127.0.0.1:2".parse().unwrap(), postgres: None, flight: None };
        let variable =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let told = configuration.told(at, variable);
        assert!(!format!("{told:?}").contains("s3cret"), "{told:#?}");
        assert!(!format!("{told:?}").contains("S3CRET"), "{told:#?}");
        told.into_iter().map(|setting| (setting.name.clone(), setting)).collect()
    }

    #[test]
    fn each_setting_is_told_with_where_it_comes_from_and_no_secret() {
        let told =
            told(&["outport", "serve", "--http", "127.0.0.1:2", "--threads", "3"], &[("OTEL_SERVICE_NAME", "named")]);
        let of = |name: &str| {
            let setting = &told[name];
            (setting.value.clone(), setting.source, setting.from.as_deref())
        };
        assert_eq!(of("workspace"), (json!("prod"), SettingSource::File, None));
        assert_eq!(of("limits.rows"), (json!(7), SettingSource::File, None));
        assert_eq!(of("limits.concurrent"), (json!(16), SettingSource::Default, None));
        assert_eq!(of("serve.http"), (json!("127.0.0.1:2"), SettingSource::Flag, Some("--http")));
        assert_eq!(of("threads"), (json!(3), SettingSource::Flag, Some("--threads")));
        assert_eq!(of("serve.postgres"), (Value::Null, SettingSource::Default, None));
        assert_eq!(of("serve.key"), (json!("set"), SettingSource::File, None));
        assert_eq!(of("serve.public_url").0, "https://data.example.org/");
        assert_eq!(of("telemetry.headers.authorization"), (json!("set"), SettingSource::File, None));
        assert_eq!(of("telemetry.endpoint"), (json!("https://collector.example.org"), SettingSource::File, None));
        let named = (json!("named"), SettingSource::Environment, Some("OTEL_SERVICE_NAME"));
        assert_eq!(of("telemetry.service_name"), named);
        assert_eq!(of("providers.login.jwks").0, "https://login.example.org/keys");
        assert_eq!(of("providers.login.sign_in.client_secret_file").0, "set");
        assert_eq!(of("workspaces.prod.depots.own.location"), (json!("/own"), SettingSource::File, None));
        assert!(of("depots.wrong.location").0.as_str().unwrap().ends_with("s3://bucket/path"), "{told:#?}");
        let secrets: Vec<_> =
            told.values().filter(|setting| setting.secret).map(|setting| setting.name.as_str()).collect();
        assert_eq!(
            secrets,
            ["providers.login.sign_in.client_secret_file", "serve.key", "telemetry.headers.authorization"]
        );
    }
}
