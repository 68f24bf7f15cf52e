//! `outport serve`

use std::{io, net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use clap::Args;
use outport_app::gate::Gate;
use outport_http::{Addresses, Endpoint};
use serde_json::json;
use tokio::{net::TcpListener, time::Instant};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::Setting;
use crate::{
    bundles,
    configuration::{Configuration, Listening},
    failure::Failure,
    hub,
    installation::Installed,
    shutdown, telemetry, tls, wiring,
};

/// Where HTTP is served where nothing else is said.
const HTTP: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7_411);

/// How long what was broken off has to go on record.
const LAST: Duration = Duration::from_secs(5);

/// How long traces have to be delivered at least, where answers took all of the time that there is to end.
const MOMENT: Duration = Duration::from_secs(1);

/// Open the doors: serve everything that is released
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address of HTTP [default: `http` of `[serve]`, else 127.0.0.1:7411]
    #[arg(long, env = "OUTPORT_HTTP", value_name = "ADDRESS")]
    http: Option<SocketAddr>,
    /// Address of the PostgreSQL wire protocol [default: `postgres` of `[serve]`, else none]
    #[arg(long, env = "OUTPORT_POSTGRES", value_name = "ADDRESS")]
    postgres: Option<SocketAddr>,
    /// Address of Arrow Flight SQL [default: `flight` of `[serve]`, else none]
    #[arg(long, env = "OUTPORT_FLIGHT", value_name = "ADDRESS")]
    flight: Option<SocketAddr>,
}

/// The doors that are open, by the address that each listens on.
#[derive(Debug)]
struct Doors {
    http: TcpListener,
    postgres: Option<TcpListener>,
    flight: Option<TcpListener>,
}

impl Serve {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let configuration = &setting.configuration;
        let settings = &configuration.serve;
        let tls = tls::server(settings)?;
        let http = self.http.or(settings.http).unwrap_or(HTTP);
        let (postgres, flight) = (self.postgres.or(settings.postgres), self.flight.or(settings.flight));
        for address in [Some(http), postgres, flight].into_iter().flatten() {
            tls::protects(settings, tls.is_some(), address)?;
        }
        let metrics = Arc::new(outport_http::Metrics::default());
        let gate = Arc::new(wiring::measured_gate(configuration, Arc::clone(&metrics)).await?);
        let doors =
            Doors { http: bind(http).await?, postgres: bind_some(postgres).await?, flight: bind_some(flight).await? };
        let shutdown = shutdown::on_signal(setting.terminal, settings.drain())
            .map_err(|source| Failure::Serve { what: "a door".to_owned(), source })?;
        announce(setting, &doors, tls.is_some());
        let stopped = tokio::spawn(moment_of(shutdown.clone()));
        let listening = Listening { http, postgres, flight };
        let host = Host { tls, gate, metrics, configuration, listening, shutdown };
        let served = Box::pin(host.run(doors)).await;
        let end = stopped.await.unwrap_or_else(|_| Instant::now()) + settings.drain();
        setting.telemetry.end(end.saturating_duration_since(Instant::now()).max(MOMENT)).await;
        served.map(|()| ExitCode::SUCCESS)
    }
}

/// What all doors have in common.
struct Host<'a> {
    tls: Option<Arc<rustls::ServerConfig>>,
    gate: Arc<Gate>,
    metrics: Arc<outport_http::Metrics>,
    configuration: &'a Configuration,
    listening: Listening,
    shutdown: CancellationToken,
}

impl Host<'_> {
    /// Keeps the doors open until the server is stopped or one of them fails, which closes all.
    async fn run(self, doors: Doors) -> Result<(), Failure> {
        let addresses = addresses(&doors, self.configuration.serve.public_url.as_ref());
        let http = self.http(doors.http, addresses);
        let postgres = async {
            match doors.postgres {
                Some(listener) => self.postgres(listener).await,
                None => Ok(()),
            }
        };
        let flight = async {
            match doors.flight {
                Some(listener) => self.flight(listener).await,
                None => Ok(()),
            }
        };
        let served = tokio::try_join!(http, postgres, flight);
        self.shutdown.cancel();
        // What was broken off goes on record when the last of it is dropped.
        let _ = tokio::time::timeout(LAST, self.gate.idle()).await;
        served.map(|_| ()).map_err(|source| Failure::Serve { what: "a door".to_owned(), source })
    }

    async fn http(&self, listener: TcpListener, addresses: Addresses) -> io::Result<()> {
        let settings = &self.configuration.serve;
        let sent = Arc::new(bundles::Sent::new(self.configuration.clone()));
        let options = outport_http::Options {
            public_url: settings.public_url.clone(),
            authorization_servers: self.configuration.issuers(),
            cors_origins: settings.cors_origins.clone(),
            open_metrics: settings.open_metrics,
            drain_time: settings.drain(),
            metrics: Arc::clone(&self.metrics),
            bundles: Some(sent.clone()),
            documents: Some(sent),
            installation: Some(Arc::new(Installed::new(self.configuration.clone(), self.listening))),
            join_trace: telemetry::join,
            hub: settings.has_hub().then(|| Arc::new(hub::hub())),
            addresses,
            ..outport_http::Options::default()
        };
        outport_http::serve(listener, self.tls.clone(), Arc::clone(&self.gate), options, self.shutdown.clone()).await
    }

    async fn postgres(&self, listener: TcpListener) -> io::Result<()> {
        let options =
            outport_pg::Options { ending: self.configuration.serve.drain(), ..outport_pg::Options::default() };
        outport_pg::serve(listener, self.tls.clone(), Arc::clone(&self.gate), options, self.shutdown.clone()).await
    }

    async fn flight(&self, listener: TcpListener) -> io::Result<()> {
        let options = outport_flight::Options {
            drain: self.configuration.serve.drain(),
            join_trace: telemetry::join,
            ..outport_flight::Options::default()
        };
        outport_flight::serve(listener, self.tls.clone(), Arc::clone(&self.gate), options, self.shutdown.clone()).await
    }
}

/// When the server was asked to stop.
async fn moment_of(shutdown: CancellationToken) -> Instant {
    shutdown.cancelled().await;
    Instant::now()
}

/// Where clients reach the doors. A door that is open to other machines is reached by the name in the public URL, where
/// there is one.
fn addresses(doors: &Doors, public: Option<&Url>) -> Addresses {
    let named = public.and_then(Url::host_str).map(|host| host.trim_matches(['[', ']']).to_owned());
    let endpoint = |listener: &TcpListener| {
        let address = listener.local_addr().ok()?;
        let host = match &named {
            Some(host) if !address.ip().is_loopback() => host.clone(),
            None if address.ip().is_unspecified() => "localhost".to_owned(),
            _ => address.ip().to_string(),
        };
        Some(Endpoint { host, port: address.port() })
    };
    Addresses {
        http: endpoint(&doors.http),
        postgres: doors.postgres.as_ref().and_then(endpoint),
        flight: doors.flight.as_ref().and_then(endpoint),
    }
}

fn announce(setting: &Setting, doors: &Doors, tls: bool) {
    let address = |listener: &TcpListener| listener.local_addr().map(|a| a.to_string()).unwrap_or_default();
    let scheme = if tls { "https" } else { "http" };
    let http = format!("{scheme}://{}", address(&doors.http));
    let settings = &setting.configuration.serve;
    let public = settings.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/'));
    let hub = settings.has_hub().then(|| format!("{}/hub/", public.unwrap_or(&http)));
    let postgres = doors.postgres.as_ref().map(address);
    let flight = doors.flight.as_ref().map(address);
    let terminal = setting.terminal;
    if terminal.last_line(&json!({"http": http, "hub": hub, "postgres": postgres, "flight": flight})) {
        return;
    }
    let mut lines = vec![format!("workspace `{}` is served", setting.configuration.workspace)];
    lines.push(format!("  HTTP        {http}"));
    lines.extend(hub.map(|at| format!("  Hub         {at}")));
    lines.extend(postgres.map(|at| format!("  PostgreSQL  {at}")));
    lines.extend(flight.map(|at| format!("  Flight SQL  {at}")));
    lines.push("stop with Ctrl-C".to_owned());
    terminal.out(&lines.join("\n"));
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|source| Failure::Serve { what: format!("`{address}`"), source })
}

async fn bind_some(address: Option<SocketAddr>) -> Result<Option<TcpListener>, Failure> {
    match address {
        Some(address) => bind(address).await.map(Some),
        None => Ok(None),
    }
}
