//! `outport apply`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use outport_app::{ApplyReport, Consent, UseCaseError};
use outport_model::plan::Action;

use super::Setting;
use crate::{
    failure::Failure,
    platform::{Planned, Platform},
    progress, render,
    terminal::Terminal,
};

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
        let platform = Platform::open(setting).await?;
        let planned = platform.plan(&self.path).await?;
        render::diagnostic::show(&planned.warnings, &planned.sources);
        carry_out(planned, &self.consent, setting, &platform).await
    }
}

/// Shows a plan, asks, applies it and shows what came of it.
pub(super) async fn carry_out(
    planned: Planned,
    consent: &ConsentFlags,
    setting: &Setting,
    platform: &Platform,
) -> Result<ExitCode, Failure> {
    let terminal = setting.terminal;
    if planned.plan.is_empty() {
        if !terminal.last_line(&ApplyReport { plan: planned.plan, runs: Vec::new(), collected: 0 }) {
            terminal.out("nothing to change: everything is as the bundles say");
        }
        return Ok(ExitCode::SUCCESS);
    }
    if terminal.is_for_people() {
        terminal.out(&render::plan::text(&planned.plan));
    }
    let agreed = if consent.force { Consent::Force } else { Consent::Plan };
    let confirmed = || consent.yes || (Terminal::can_ask() && Terminal::ask("apply this plan?"));
    if planned.is_allowed(agreed) && !confirmed() {
        return Err(UseCaseError::NotConfirmed.into());
    }
    let watch = progress::watch(terminal);
    let cancel = progress::cancel_on_interrupt(terminal);
    let applied = platform.apply(planned, agreed, watch.observer(), cancel).await?;
    watch.finish();
    if !terminal.last_line(&applied) {
        let removed = applied.plan.products.iter().filter(|product| product.action == Action::Remove).count();
        if removed > 0 {
            terminal.out(&format!("removed {} from the record", render::count(removed, "product")));
        }
        if !applied.runs.is_empty() {
            terminal.out(&render::run::text(&applied.runs));
        }
        if applied.collected > 0 {
            terminal.out(&format!("removed {} that nothing needs", render::count(applied.collected, "stored table")));
        }
    }
    super::run::outcome(&applied.runs)
}
