//! What the verbs work on: a home, or a running server.
//!
//! Both do the same use cases and give the same values, so that a verb shows one as it shows the other.

mod feedback;
mod people;
mod products;

use outport_app::{Consent, gate::Gate};
use outport_model::{diagnostic::Diagnostic, fingerprint::Fingerprint, plan::Plan};
use outport_spec::bundle::SourceTexts;

use crate::{
    cli::Setting,
    configuration::Configuration,
    failure::Failure,
    remote::{Change, Server},
    wiring,
};

/// A home, or a running server.
#[derive(Debug)]
pub(crate) enum Platform {
    /// The home of this machine.
    Home(Box<Home>),
    /// A server.
    Server(Server),
}

/// A home.
#[derive(Debug)]
pub(crate) struct Home {
    gate: Gate,
    configuration: Configuration,
}

/// What would change, and what is needed to change just that.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) warnings: Vec<Diagnostic>,
    /// The texts that the warnings point into.
    pub(crate) sources: SourceTexts,
    way: Way,
}

/// How a plan is applied.
#[derive(Debug)]
enum Way {
    Home(Box<outport_app::Planned>),
    Server { change: Change, fingerprint: Fingerprint },
}

impl Platform {
    /// The server that is set, else the home, which is made where it does not exist.
    pub(crate) async fn open(setting: &Setting) -> Result<Self, Failure> {
        let configuration = &setting.configuration;
        let Some(settings) = &setting.server else {
            let gate = wiring::gate(configuration).await?;
            return Ok(Self::Home(Box::new(Home { gate, configuration: configuration.clone() })));
        };
        let server = Server::new(settings)?;
        if let Some(wanted) = &setting.workspace {
            let served = server.workspace().await?;
            if served.as_str() != wanted {
                return Err(Failure::Argument {
                    message: format!("the server serves workspace `{served}`, not `{wanted}`"),
                    help: "leave out `--workspace`, or name the server of the other workspace".to_owned(),
                });
            }
        }
        Ok(Self::Server(server))
    }
}

impl Planned {
    /// Whether consent overrules everything that forbids the plan.
    pub(crate) fn is_allowed(&self, consent: Consent) -> bool {
        self.plan.refusals().all(|(_, refusal)| consent == Consent::Force && refusal.can_be_forced())
    }
}
