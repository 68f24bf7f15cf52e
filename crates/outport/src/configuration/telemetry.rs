//! Settings of traces: the variables that OpenTelemetry gives names to, else `[telemetry]`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use url::Url;

use super::{
    ConfigurationError,
    told::{Teller, path, without_credentials},
};
use crate::tls;

/// How this program is called among others that are traced.
const SERVICE: &str = "outport";

/// `[telemetry]`: where traces go.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Telemetry {
    endpoint: Option<String>,
    service_name: Option<String>,
    sample_ratio: Option<f64>,
    certificate_authorities: Option<PathBuf>,
    #[serde(default)]
    headers: BTreeMap<String, Secret>,
}

/// Where a secret is found. It never stands in the settings itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Secret {
    /// In a variable of the environment.
    Env(String),
    /// In a file.
    File(PathBuf),
}

/// Where traces go, and which.
#[derive(Clone, PartialEq)]
pub(crate) struct Export {
    /// The collector.
    pub(crate) endpoint: Url,
    /// What each request to it says beside the traces, which is secret.
    pub(crate) headers: BTreeMap<String, String>,
    /// Certificates in PEM of those who vouch for the collector, beside those that this machine trusts.
    pub(crate) authorities: Option<Vec<u8>>,
    /// What is said of this process.
    pub(crate) resource: BTreeMap<String, String>,
    pub(crate) sampling: Sampling,
}

/// Which traces are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sampling {
    /// The part that is kept of traces that begin here.
    pub(crate) ratio: f64,
    /// Whether a trace that began elsewhere is kept exactly where it was kept there.
    pub(crate) as_caller: bool,
}

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Export").field("endpoint", &self.endpoint.as_str()).finish_non_exhaustive()
    }
}

impl Telemetry {
    /// Paths start from the home.
    pub(super) fn below(self, home: &Path) -> Self {
        let headers = self.headers.into_iter().map(|(name, secret)| {
            let secret = match secret {
                Secret::File(path) => Secret::File(home.join(path)),
                variable @ Secret::Env(_) => variable,
            };
            (name, secret)
        });
        Self {
            headers: headers.collect(),
            certificate_authorities: self.certificate_authorities.map(|path| home.join(path)),
            ..self
        }
    }

    /// Tells of these settings. `variable` reads the environment.
    pub(super) fn tell(&self, teller: &mut Teller<'_>, variable: impl Fn(&str) -> Option<String>) {
        let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let about = "The collector of traces.";
        let named = variables_of_traces("ENDPOINT").into_iter().find_map(|name| Some((variable(&name)?, name)));
        match named {
            Some((said, name)) => {
                teller.tell_of_variable("telemetry.endpoint", about, without_credentials(&said), &name);
            }
            None => teller.tell("telemetry.endpoint", about, self.endpoint.as_deref().map(without_credentials)),
        }
        let about = "How this server is called among others that are traced.";
        match variable("OTEL_SERVICE_NAME") {
            Some(said) => teller.tell_of_variable("telemetry.service_name", about, said, "OTEL_SERVICE_NAME"),
            None => teller.tell("telemetry.service_name", about, self.service_name.as_deref().unwrap_or(SERVICE)),
        }
        let about = "The part of traces that is kept of those that begin here, or the sampler that decides.";
        match variable("OTEL_TRACES_SAMPLER") {
            Some(said) => teller.tell_of_variable("telemetry.sample_ratio", about, said, "OTEL_TRACES_SAMPLER"),
            None => teller.tell("telemetry.sample_ratio", about, self.sample_ratio.unwrap_or(1.0)),
        }
        let authorities = self.certificate_authorities.as_deref().map(path);
        teller.tell("telemetry.certificate_authorities", "Certificates of who vouches for the collector.", authorities);
        for name in self.headers.keys() {
            teller.tell_secret(&format!("telemetry.headers.{name}"), "A header that the collector is shown.", true);
        }
    }

    /// Where traces go; `None` where no collector is named. `variable` reads the environment.
    pub(crate) fn export(
        &self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Export>, ConfigurationError> {
        // As its specification has it, an empty variable is none.
        let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let says = |name: &str, value: &str| variable(name).is_some_and(|said| said.eq_ignore_ascii_case(value));
        if says("OTEL_SDK_DISABLED", "true") || says("OTEL_TRACES_EXPORTER", "none") {
            return Ok(None);
        }
        let named = of_traces("ENDPOINT", &variable).or_else(|| self.endpoint.clone());
        let Some(endpoint) = named else { return Ok(None) };
        let endpoint = address(&endpoint)?;
        if let Some(protocol) = of_traces("PROTOCOL", &variable).filter(|protocol| protocol != "grpc") {
            return Err(wrong(protocol, "protocol that traces are sent with", "say `grpc`, and name the port for it"));
        }
        if !self.headers.is_empty() && endpoint.scheme() == "http" && !tls::stays_here(&endpoint) {
            let what = "address that secrets can be sent to";
            return Err(wrong(endpoint.into(), what, "use `https`, or leave out `[telemetry.headers]`"));
        }
        Ok(Some(Export {
            endpoint,
            headers: self.headers(&variable)?,
            authorities: self.authorities()?,
            resource: self.resource(&variable),
            sampling: self.sampling(&variable)?,
        }))
    }

    fn headers(
        &self,
        variable: &impl Fn(&str) -> Option<String>,
    ) -> Result<BTreeMap<String, String>, ConfigurationError> {
        let read = |(name, secret): (&String, &Secret)| {
            let text = match secret {
                Secret::Env(name) => variable(name).ok_or_else(|| format!("`{name}` is not set")),
                Secret::File(path) => read(path),
            };
            match text {
                Ok(text) => Ok((name.to_ascii_lowercase(), text.trim().to_owned())),
                Err(reason) => Err(ConfigurationError::Header { name: name.clone(), reason }),
            }
        };
        self.headers.iter().map(read).collect()
    }

    fn authorities(&self) -> Result<Option<Vec<u8>>, ConfigurationError> {
        let Some(path) = &self.certificate_authorities else { return Ok(None) };
        std::fs::read(path).map(Some).map_err(|error| {
            let help = format!("`certificate_authorities` of `[telemetry]` names a file in PEM: {error}");
            wrong(path.display().to_string(), "file of certificates", &help)
        })
    }

    fn resource(&self, variable: &impl Fn(&str) -> Option<String>) -> BTreeMap<String, String> {
        let name = self.service_name.clone().unwrap_or_else(|| SERVICE.to_owned());
        let mut resource = BTreeMap::from([("service.name".to_owned(), name)]);
        let said = variable("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
        let pairs = said.split(',').filter_map(|pair| pair.split_once('='));
        resource.extend(pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())));
        resource.extend(variable("OTEL_SERVICE_NAME").map(|name| ("service.name".to_owned(), name)));
        resource
    }

    fn sampling(&self, variable: &impl Fn(&str) -> Option<String>) -> Result<Sampling, ConfigurationError> {
        let Some(sampler) = variable("OTEL_TRACES_SAMPLER") else {
            let ratio = self.sample_ratio.unwrap_or(1.0);
            return ratio_of(ratio, || ratio.to_string()).map(|ratio| Sampling { ratio, as_caller: true });
        };
        let (kind, as_caller) = match sampler.strip_prefix("parentbased_") {
            Some(kind) => (kind, true),
            None => (sampler.as_str(), false),
        };
        let ratio = match kind {
            "always_on" => 1.0,
            "always_off" => 0.0,
            "traceidratio" => match variable("OTEL_TRACES_SAMPLER_ARG") {
                Some(text) => ratio_of(text.trim().parse().unwrap_or(f64::NAN), || text.clone())?,
                None => 1.0,
            },
            _ => {
                let help = "`OTEL_TRACES_SAMPLER` is `always_on`, `always_off` or `traceidratio`, each also with \
                            `parentbased_` before it";
                return Err(wrong(sampler, "sampler", help));
            }
        };
        Ok(Sampling { ratio, as_caller })
    }
}

/// A variable of the exporter: the one for traces alone, else the one for all that is exported.
fn of_traces(name: &str, variable: &impl Fn(&str) -> Option<String>) -> Option<String> {
    variables_of_traces(name).iter().find_map(|name| variable(name))
}

fn variables_of_traces(name: &str) -> [String; 2] {
    [format!("OTEL_EXPORTER_OTLP_TRACES_{name}"), format!("OTEL_EXPORTER_OTLP_{name}")]
}

fn address(text: &str) -> Result<Url, ConfigurationError> {
    let url = Url::parse(text.trim()).ok().filter(|url| {
        let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && bare
    });
    url.ok_or_else(|| wrong(text.to_owned(), "address of a collector", "write it like `http://localhost:4317`"))
}

fn ratio_of(ratio: f64, text: impl Fn() -> String) -> Result<f64, ConfigurationError> {
    if (0.0..=1.0).contains(&ratio) {
        return Ok(ratio);
    }
    Err(wrong(text(), "part of all traces", "write a number from 0 to 1, such as `0.1`"))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("`{}`: {error}", path.display()))
}

fn wrong(value: String, what: &'static str, help: &str) -> ConfigurationError {
    ConfigurationError::Value { value, what, help: help.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of settings and variables.
    fn export(settings: &str, variables: &[(&str, &str)]) -> Result<Option<Export>, ConfigurationError> {
        let settings: Telemetry = toml::from_str(settings).unwrap();
        settings.export(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    fn made(settings: &str, variables: &[(&str, &str)]) -> Export {
        export(settings, variables).unwrap().unwrap()
    }

    const HERE: &str = "endpoint = \"http://localhost:4317\"\n";

    #[test]
    fn nothing_is_exported_where_no_collector_is_named() {
        assert_eq!(export("", &[]).unwrap(), None);
        assert_eq!(export("sample_ratio = 0.5", &[("OTEL_SERVICE_NAME", "x")]).unwrap(), None);
        assert_eq!(export("", &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]).unwrap(), None);
        assert_eq!(export(HERE, &[("OTEL_SDK_DISABLED", "true")]).unwrap(), None);
        assert_eq!(export(HERE, &[("OTEL_TRACES_EXPORTER", "none")]).unwrap(), None);
    }

    #[test]
    fn variables_go_before_the_file() {
        let file = "endpoint = \"http://localhost:1\"\nservice_name = \"file\"\nsample_ratio = 0.25\n";
        let own = made(file, &[]);
        assert_eq!((own.endpoint.as_str(), own.resource["service.name"].as_str()), ("http://localhost:1/", "file"));
        assert_eq!(own.sampling, Sampling { ratio: 0.25, as_caller: true });
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:2"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=some, region = eu ,odd"),
            ("OTEL_TRACES_SAMPLER", "traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.5"),
        ];
        let said = made(file, &variables);
        assert_eq!((said.endpoint.as_str(), said.resource["service.name"].as_str()), ("http://localhost:2/", "some"));
        assert_eq!(said.resource["region"], "eu");
        assert_eq!(said.sampling, Sampling { ratio: 0.5, as_caller: false });
        let more = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost:3"), ("OTEL_SERVICE_NAME", "named")];
        let said = made(file, &[&variables[..], &more].concat());
        assert_eq!((said.endpoint.as_str(), said.resource["service.name"].as_str()), ("http://localhost:3/", "named"));
        assert_eq!(made(HERE, &[]).resource["service.name"], "outport");
    }

    #[test]
    fn samplers_are_those_of_the_specification() {
        for (sampler, ratio, as_caller) in [
            ("always_on", 1.0, false),
            ("always_off", 0.0, false),
            ("traceidratio", 1.0, false),
            ("parentbased_always_on", 1.0, true),
            ("parentbased_always_off", 0.0, true),
            ("parentbased_traceidratio", 1.0, true),
        ] {
            let sampling = made(HERE, &[("OTEL_TRACES_SAMPLER", sampler)]).sampling;
            assert_eq!(sampling, Sampling { ratio, as_caller }, "{sampler}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (file, name, value) in [
            ("", "OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317"),
            ("", "OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://localhost"),
            ("", "OTEL_EXPORTER_OTLP_ENDPOINT", "https://ann:secret@localhost"),
            (HERE, "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            (HERE, "OTEL_TRACES_SAMPLER", "xray"),
        ] {
            assert!(export(file, &[(name, value)]).is_err(), "{name}={value}");
        }
        for ratio in ["1.5", "-0.1", "some", "NaN"] {
            let variables = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", ratio)];
            assert!(export(HERE, &variables).is_err(), "{ratio}");
        }
        assert!(export(&format!("{HERE}sample_ratio = 2.0"), &[]).is_err());
        for wrong in ["headers = {authorization = \"Bearer x\"}", "headers = {a = {text = \"x\"}}", "end = 1"] {
            assert!(toml::from_str::<Telemetry>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn headers_are_secrets_from_elsewhere() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("tenant"), "shop\n").unwrap();
        let text = format!("{HERE}[headers]\nAuthorization = {{env = \"TOKEN\"}}\nx-tenant = {{file = \"tenant\"}}\n");
        let settings = toml::from_str::<Telemetry>(&text).unwrap().below(home.path());
        let export = |token: Option<&str>| settings.export(|name| (name == "TOKEN").then_some(token?.to_owned()));
        let made = export(Some("Bearer s3cret")).unwrap().unwrap();
        assert_eq!(made.headers["authorization"], "Bearer s3cret");
        assert_eq!(made.headers["x-tenant"], "shop");
        assert!(!format!("{made:?}").contains("s3cret"));
        assert!(export(None).unwrap_err().to_string().contains("`TOKEN` is not set"));
        let elsewhere = text.replace("localhost", "collector.example.org");
        let elsewhere = toml::from_str::<Telemetry>(&elsewhere).unwrap().below(home.path());
        let refused = elsewhere.export(|_| Some("x".to_owned()));
        assert!(refused.is_err(), "{refused:?}");
    }
}
