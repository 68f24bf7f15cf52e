//! `outport serve`

use std::{io, net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use clap::Args;
use outport_app::gate::Gate;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Setting;
use crate::{bundles, configuration::Configuration, failure::Failure, shutdown, tls, wiring};

/// Where HTTP is served where nothing else is said.
const HTTP: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7_411);

/// How long what was broken off has to go on record.
const LAST: Duration = Duration::from_secs(5);

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
        let host = Host { tls, gate, metrics, configuration, shutdown };
        Box::pin(host.run(doors)).await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What all doors have in common.
struct Host<'a> {
    tls: Option<Arc<rustls::ServerConfig>>,
    gate: Arc<Gate>,
    metrics: Arc<outport_http::Metrics>,
    configuration: &'a Configuration,
    shutdown: CancellationToken,
}

impl Host<'_> {
    /// Keeps the doors open until the server is stopped or one of them fails, which closes all.
    async fn run(self, doors: Doors) -> Result<(), Failure> {
        let http = self.http(doors.http);
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

    async fn http(&self, listener: TcpListener) -> io::Result<()> {
        let settings = &self.configuration.serve;
        let options = outport_http::Options {
            public_url: settings.public_url.clone(),
            authorization_servers: self.configuration.issuers(),
            cors_origins: settings.cors_origins.clone(),
            open_metrics: settings.open_metrics,
            drain_time: settings.drain(),
            metrics: Arc::clone(&self.metrics),
            bundles: Some(Arc::new(bundles::Sent::new(self.configuration.clone()))),
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
        let options =
            outport_flight::Options { drain: self.configuration.serve.drain(), ..outport_flight::Options::default() };
        outport_flight::serve(listener, self.tls.clone(), Arc::clone(&self.gate), options, self.shutdown.clone()).await
    }
}

fn announce(setting: &Setting, doors: &Doors, tls: bool) {
    let address = |listener: &TcpListener| listener.local_addr().map(|a| a.to_string()).unwrap_or_default();
    let scheme = if tls { "https" } else { "http" };
    let http = format!("{scheme}://{}", address(&doors.http));
    let postgres = doors.postgres.as_ref().map(address);
    let flight = doors.flight.as_ref().map(address);
    let terminal = setting.terminal;
    if terminal.last_line(&json!({"http": http, "postgres": postgres, "flight": flight})) {
        return;
    }
    let mut lines = vec![format!("workspace `{}` is served", setting.configuration.workspace)];
    lines.push(format!("  HTTP        {http}"));
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
