//! `outport access` on a running server.

use outport_app::gate::Terms;
use outport_spec::bundle::SourceTexts;
use serde_json::json;

use super::{Decide, Explain, GateVerb, Policy, PolicyVerb, list, read_policies, show};
use crate::{failure::Failure, remote::Server, render, terminal::Terminal};

impl GateVerb {
    /// Asks a server what [`GateVerb::execute`] asks the gate of a home. Who asks is whom the token belongs to.
    pub(super) async fn execute_there(self, server: &Server, terminal: Terminal) -> Result<(), Failure> {
        match self {
            Self::Request(request) => {
                nobody_else(request.who.user.is_some())?;
                let terms: Terms = request.terms();
                show(terminal, &server.request_agreement(&terms).await?);
            }
            Self::List { who } => {
                nobody_else(who.user.is_some())?;
                list(terminal, &server.agreements().await?);
            }
            Self::Approve(decide) => decide.there("approve", server, terminal).await?,
            Self::Reject(decide) => decide.there("reject", server, terminal).await?,
            Self::Withdraw(decide) => decide.there("withdraw", server, terminal).await?,
            Self::Revoke(decide) => decide.there("revoke", server, terminal).await?,
            Self::Renew { decide, expires } => {
                nobody_else(decide.who.user.is_some())?;
                show(terminal, &server.renew_agreement(decide.id, expires).await?);
            }
            Self::Explain(explain) => explain.there(server, terminal).await?,
            Self::Check => {
                render::diagnostic::show(&server.check_policies().await?, &SourceTexts::default());
                if !terminal.machine(&json!({"valid": true})) {
                    terminal.out("the policies can be used");
                }
            }
            Self::Policy(policy) => policy.there(server, terminal).await?,
            Self::Agreement(documents) => Box::pin(documents.there(server, terminal)).await?,
        }
        Ok(())
    }
}

impl Decide {
    async fn there(self, decision: &str, server: &Server, terminal: Terminal) -> Result<(), Failure> {
        nobody_else(self.who.user.is_some())?;
        show(terminal, &server.decide_agreement(self.id, decision, self.comment.as_deref()).await?);
        Ok(())
    }
}

impl Explain {
    async fn there(self, server: &Server, terminal: Terminal) -> Result<(), Failure> {
        let (product, table) = self.named()?;
        let explained = server.explain(&self.user, self.purpose.as_ref(), product, table).await?;
        if !terminal.machine(&explained) {
            terminal.out(&render::access::explanation(&self.user, &explained));
        }
        Ok(())
    }
}

impl Policy {
    async fn there(self, server: &Server, terminal: Terminal) -> Result<(), Failure> {
        match self.verb {
            PolicyVerb::List => {
                let policies = server.policies().await?;
                if !terminal.machine(&policies) {
                    terminal.out(&render::access::policies(&policies));
                }
            }
            PolicyVerb::Set { files } => {
                for file in files {
                    let (name, text) = read_policies(&file)?;
                    let mut sources = SourceTexts::default();
                    sources.insert(&format!("{name}.cedar"), &text);
                    match server.put_policies(&name, &text).await {
                        Ok(warnings) => render::diagnostic::show(&warnings, &sources),
                        Err(Failure::Diagnostics { diagnostics, .. }) => {
                            return Err(Failure::Diagnostics { diagnostics, sources: Box::new(sources) });
                        }
                        Err(failure) => return Err(failure),
                    }
                    if !terminal.machine(&json!({"set": name})) {
                        terminal.out(&format!("policies `{name}` are in force"));
                    }
                }
            }
            PolicyVerb::Remove { name } => {
                server.remove_policies(&name).await?;
                if !terminal.machine(&json!({"removed": name})) {
                    terminal.out(&format!("policies `{name}` are removed"));
                }
            }
        }
        Ok(())
    }
}

/// A server knows who asks, and nobody asks as another.
pub(crate) fn nobody_else(named: bool) -> Result<(), Failure> {
    if named {
        return Err(Failure::Argument {
            message: "a server answers whoever the token belongs to, and nobody `--as` another".to_owned(),
            help: "leave out `--as`, and show a token of that user".to_owned(),
        });
    }
    Ok(())
}
