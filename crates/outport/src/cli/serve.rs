//! `outport serve`

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use clap::Args;
use outport_app::gate::Gate;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Setting;
use crate::{configuration::Serve as Settings, failure::Failure, progress, tls, wiring};

/// Where HTTP is served where nothing else is said.
const HTTP: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7_411);

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
        let settings = setting.configuration.serve.clone();
        let tls = tls::server(&settings)?;
        let metrics = Arc::new(outport_http::Metrics::default());
        let gate = Arc::new(wiring::measured_gate(&setting.configuration, Arc::clone(&metrics)).await?);
        let doors = Doors {
            http: bind(self.http.or(settings.http).unwrap_or(HTTP)).await?,
            postgres: bind_some(self.postgres.or(settings.postgres)).await?,
            flight: bind_some(self.flight.or(settings.flight)).await?,
        };
        announce(setting, &doors, tls.is_some());
        let shutdown = progress::cancel_on_interrupt(setting.terminal);
        run(doors, tls, gate, metrics, &settings, shutdown).await?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn run(
    doors: Doors,
    tls: Option<Arc<rustls::ServerConfig>>,
    gate: Arc<Gate>,
    metrics: Arc<outport_http::Metrics>,
    settings: &Settings,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    let options = outport_http::Options {
        public_url: settings.public_url.clone(),
        cors_origins: settings.cors_origins.clone(),
        open_metrics: settings.open_metrics,
        metrics,
        ..outport_http::Options::default()
    };
    let http = outport_http::serve(doors.http, tls.clone(), Arc::clone(&gate), options, shutdown.clone());
    let postgres = async {
        match doors.postgres {
            Some(listener) => {
                let options =
                    outport_pg::Options { allow_plain: settings.allow_plain, ..outport_pg::Options::default() };
                outport_pg::serve(listener, tls.clone(), Arc::clone(&gate), options, shutdown.clone()).await
            }
            None => Ok(()),
        }
    };
    let flight = async {
        match doors.flight {
            Some(listener) => {
                let options =
                    outport_flight::Options { allow_plain: settings.allow_plain, ..outport_flight::Options::default() };
                outport_flight::serve(listener, tls.clone(), Arc::clone(&gate), options, shutdown.clone()).await
            }
            None => Ok(()),
        }
    };
    let served = tokio::try_join!(http, postgres, flight);
    // One door that fails closes all.
    shutdown.cancel();
    served.map(|_| ()).map_err(|source| Failure::Serve { what: "a door".to_owned(), source })
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
