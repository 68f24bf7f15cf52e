//! Agreements, policies, and why someone sees what they see.

use outport_app::{
    gate::{Explanation, ImportChange, Imported},
    identity::WorkspacePolicies,
    policy::{ColumnVerdict, PolicyName, PolicyOwner, Verdict},
};
use outport_model::{
    access::{ColumnAccess, DateUnit, Mask},
    agreement::{Agreement, AgreementState, Standing},
    principal::PrincipalId,
};

use super::{moment, table};

/// One agreement.
pub(crate) fn agreement(agreement: &Agreement) -> String {
    let state = match (agreement.state, agreement.expires_at) {
        (AgreementState::Approved, Some(end)) => format!("approved, until {} UTC", moment(end)),
        (AgreementState::Requested, _) => {
            format!("requested; to approve it: `outport access approve {}`", agreement.id)
        }
        (state, _) => state.as_str().to_owned(),
    };
    format!(
        "agreement {}\n  {} may read {}\n  for \"{}\"\n  {state}",
        agreement.id,
        agreement.consumer,
        columns(agreement),
        agreement.purpose
    )
}

/// What became of agreements that were imported.
pub(crate) fn imported(imported: &[Imported]) -> String {
    let line = |one: &Imported| {
        let agreement = &one.agreement;
        let (sign, what) = match one.change {
            ImportChange::Added => ("+", "is on record"),
            ImportChange::Moved => ("~", "has moved on"),
            ImportChange::Unchanged => ("=", "was on record already"),
        };
        let state = agreement.state.as_str();
        format!(
            "{sign} agreement {} {what}: {} may read {}, {state}",
            agreement.id,
            agreement.consumer,
            columns(agreement)
        )
    };
    let changed = imported.iter().filter(|one| one.change != ImportChange::Unchanged).count();
    let lines = imported.iter().map(line);
    let summary = format!("{changed} of {} changed", super::count(imported.len(), "agreement"));
    lines.chain([summary]).collect::<Vec<_>>().join("\n")
}

fn columns(agreement: &Agreement) -> String {
    match &agreement.columns {
        None => agreement.port.to_string(),
        Some(columns) => {
            let columns: Vec<_> = columns.iter().map(String::as_str).collect();
            format!("{} ({})", agreement.port, columns.join(", "))
        }
    }
}

/// Agreements, a line each.
pub(crate) fn agreements(agreements: &[(Agreement, Standing)]) -> String {
    if agreements.is_empty() {
        return "there are no agreements: `outport access request PRODUCT.PORT --purpose …`".to_owned();
    }
    let row = |(agreement, standing): &(Agreement, Standing)| {
        let state = match standing {
            Standing::Active => "active",
            Standing::Expired => "expired",
            Standing::None => agreement.state.as_str(),
        };
        vec![
            agreement.id.to_string(),
            agreement.consumer.to_string(),
            columns(agreement),
            agreement.purpose.to_string(),
            state.to_owned(),
            agreement.expires_at.map(moment).unwrap_or_default(),
        ]
    };
    table(&["agreement", "consumer", "port", "purpose", "state", "until (UTC)"], agreements.iter().map(row))
}

/// Policy files, a line each.
pub(crate) fn policies(policies: &[WorkspacePolicies]) -> String {
    if policies.is_empty() {
        return "the workspace has no policies yet: `outport access policy set FILE.cedar`".to_owned();
    }
    let row = |policies: &WorkspacePolicies| {
        vec![
            policies.name.to_string(),
            policies.text.lines().count().to_string(),
            moment(policies.changed_at),
            policies.changed_by.to_string(),
        ]
    };
    table(&["policies", "lines", "changed (UTC)", "by"], policies.iter().map(row))
}

/// Why someone sees what they see, for people.
pub(crate) fn explanation(who: &PrincipalId, explained: &Explanation) -> String {
    let name = format!("{}.{}", explained.port.product.sql(), explained.table.sql());
    if explained.administrator {
        return format!("`{who}` is an administrator and sees all of `{name}`");
    }
    let verdict = &explained.verdict;
    let mut lines =
        vec![format!("`{who}` {} `{name}`", if verdict.read.allowed { "may read" } else { "may not read" })];
    lines.push(format!("  because {}", because(&verdict.read)));
    if let Some(agreement) = &explained.agreement {
        lines.push(format!("  under agreement {agreement}"));
    }
    if !verdict.columns.is_empty() {
        lines.push("columns".to_owned());
        lines.extend(verdict.columns.iter().map(column));
    }
    if let Some(rows) = &verdict.rows {
        lines.push("rows".to_owned());
        lines.extend(rows.permits.iter().map(|(policy, rule)| format!("  + {rule}  ({})", named(policy))));
        lines.extend(rows.forbids.iter().map(|(policy, rule)| format!("  - {rule}  ({})", named(policy))));
        if rows.permits.is_empty() {
            lines.push("  none: no policy permits any".to_owned());
        }
    }
    lines.join("\n")
}

fn column(verdict: &ColumnVerdict) -> String {
    let (sight, why) = match (&verdict.access, &verdict.masked) {
        (Some(ColumnAccess::Clear), _) => ("clear".to_owned(), because(&verdict.clear)),
        (Some(ColumnAccess::Masked(mask)), _) => (format!("masked: {}", mask_name(mask)), because(&verdict.clear)),
        (None, Some(masked)) => ("hidden".to_owned(), because(masked)),
        (None, None) => ("hidden".to_owned(), because(&verdict.clear)),
    };
    format!("  {}: {sight}  ({why})", verdict.column)
}

pub(super) fn because(verdict: &Verdict) -> String {
    let names: Vec<_> = verdict.policies.iter().map(named).collect();
    let said = match (names.is_empty(), verdict.allowed) {
        (true, true) => "it is allowed".to_owned(),
        (true, false) => "no policy permits it".to_owned(),
        (false, true) => format!("permitted by {}", names.join(", ")),
        (false, false) => format!("forbidden by {}", names.join(", ")),
    };
    if verdict.grace.is_empty() {
        return said;
    }
    let grace: Vec<_> = verdict.grace.iter().map(named).collect();
    format!("{said}; will be forbidden by {}", grace.join(", "))
}

pub(super) fn named(policy: &PolicyName) -> String {
    match &policy.owner {
        PolicyOwner::Workspace => policy.id.clone(),
        PolicyOwner::Product(product) => format!("{product}: {}", policy.id),
    }
}

fn mask_name(mask: &Mask) -> String {
    match mask {
        Mask::Null => "no value".to_owned(),
        Mask::Redact => "redacted".to_owned(),
        Mask::Hash => "hashed".to_owned(),
        Mask::Last { characters } => format!("the last {characters} characters"),
        Mask::First { characters } => format!("the first {characters} characters"),
        Mask::NumberBucket { width } => format!("in steps of {width}"),
        Mask::DateBucket { unit } => format!("the {}", DateUnit::as_str(*unit)),
        Mask::Regex { pattern, replacement } => format!("`{pattern}` replaced by `{replacement}`"),
    }
}
