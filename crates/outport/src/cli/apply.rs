//! `outport apply`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use outport_app::{App, Consent, Planned, UseCaseError};
use serde_json::json;

use super::{Setting, plan::plan};
use crate::{failure::Failure, progress, render, terminal::Terminal, wiring};

/// Make a bundle, or a folder of bundles, live: record, build, audit, publish
#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// Bundle or folder of bundles
    #[arg(default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    consent: ConsentFlags,
}

/// What is agreed to without being asked.
#[derive(Debug, Args)]
pub(super) struct ConsentFlags {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Remove also what other products read; that is then on record
    #[arg(long)]
    force: bool,
}

impl Apply {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let app = wiring::app(&setting.configuration).await?;
        let (planned, bundles) = plan(&self.path, setting, &app).await?;
        render::diagnostic::show(&planned.warnings, &bundles.sources);
        carry_out(planned, &self.consent, setting, &app).await
    }
}

/// Shows a plan, asks, applies it and shows what came of it.
pub(super) async fn carry_out(
    planned: Planned,
    consent: &ConsentFlags,
    setting: &Setting,
    app: &App,
) -> Result<ExitCode, Failure> {
    let terminal = setting.terminal;
    if planned.plan.is_empty() {
        if !terminal.last_line(&json!({"plan": planned.plan, "runs": [], "collected": 0})) {
            terminal.out("nothing to change: everything is as the bundles say");
        }
        return Ok(ExitCode::SUCCESS);
    }
    if terminal.is_for_people() {
        terminal.out(&render::plan::text(&planned.plan));
    }
    let forced = |refusal: &outport_model::plan::Refusal| consent.force && refusal.can_be_forced();
    let stopped = planned.plan.refusals().any(|(_, refusal)| !forced(refusal));
    let confirmed = || consent.yes || (Terminal::can_ask() && Terminal::ask("apply this plan?"));
    if !stopped && !confirmed() {
        return Err(UseCaseError::NotConfirmed.into());
    }
    let agreed = if consent.force { Consent::Force } else { Consent::Plan };
    let watch = progress::watch(terminal);
    let cancel = progress::cancel_on_interrupt(terminal);
    let applied = app.apply(planned, agreed, watch.observer(), cancel).await?;
    watch.finish();
    let summary =
        json!({"plan": applied.plan, "runs": render::run::machine(&applied.runs), "collected": applied.collected});
    if !terminal.last_line(&summary) {
        terminal.out(&render::run::text(&applied.runs));
        if applied.collected > 0 {
            terminal.out(&format!("removed {} that nothing needs", render::count(applied.collected, "stored table")));
        }
    }
    super::run::outcome(&applied.runs)
}
