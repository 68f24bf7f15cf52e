//! Plans.

use outport_model::{
    diff::Step,
    name::TableName,
    plan::{Action, Affected, Plan, PortChange, ProductPlan, Refusal},
};

use super::count;

/// A plan for people.
pub(crate) fn text(plan: &Plan) -> String {
    if plan.is_empty() {
        return format!("nothing to change in workspace `{}`", plan.workspace);
    }
    let mut lines = vec![format!("plan for workspace `{}`:", plan.workspace)];
    for product in plan.products.iter().filter(|p| p.action != Action::Unchanged || p.pending) {
        lines.push(String::new());
        lines.extend(one(product));
    }
    if !plan.garbage.is_empty() {
        lines.push(String::new());
        lines.push(format!("  - {} that nothing needs any more:", count(plan.garbage.len(), "stored table")));
        lines.extend(plan.garbage.iter().map(|path| format!("      {path}")));
    }
    lines.push(String::new());
    lines.push(summary(plan));
    lines.join("\n")
}

fn one(product: &ProductPlan) -> Vec<String> {
    let version = match (&product.from_version, &product.to_version) {
        (Some(from), Some(to)) if from != to => format!(" {from} → {to}"),
        (None, Some(version)) | (Some(version), _) => format!(" {version}"),
        (None, None) => String::new(),
    };
    let (sign, verb) = match product.action {
        Action::Create => ("+", "is created"),
        Action::Change => ("~", "changes"),
        Action::Remove => ("-", "is removed"),
        Action::Unchanged => ("!", "is as on record, and has not been built yet"),
    };
    let mut lines = vec![format!("  {sign} {}{version} {verb}", product.product)];
    lines.extend(product.ports.iter().flat_map(|change| port(change, product.action)));
    if product.action == Action::Change {
        let files: Vec<_> = product.files.iter().map(|f| format!("{} {}", mark(f.action), f.file)).collect();
        if !files.is_empty() {
            lines.push(format!("      files: {}", files.join(", ")));
        }
    }
    if !product.rebuilt.is_empty() && product.action != Action::Remove {
        let models: Vec<_> = product.rebuilt.iter().map(TableName::as_str).collect();
        lines.push(format!("      builds: {}", models.join(", ")));
    }
    if !product.affected.is_empty() {
        lines.push("      who is affected:".to_owned());
        lines.extend(product.affected.iter().map(affected));
    }
    lines.extend(product.refusals.iter().map(|r| format!("      refused: {}", refusal(r))));
    lines
}

fn mark(action: Action) -> char {
    match action {
        Action::Create => '+',
        Action::Change => '~',
        Action::Remove => '-',
        Action::Unchanged => ' ',
    }
}

fn port(change: &PortChange, product: Action) -> Vec<String> {
    let name = format!("{}@{}", change.port, change.major);
    let mut lines = vec![match change.action {
        Action::Remove if product == Action::Remove => return Vec::new(),
        Action::Create => format!("      + port {name}"),
        Action::Remove => format!("      - port {name}"),
        Action::Change | Action::Unchanged => format!("      ~ port {name}: {}", demanded(change)),
    }];
    lines.extend(change.contract.iter().map(|c| format!("          {c} ({})", c.step())));
    lines
}

fn demanded(change: &PortChange) -> String {
    let step = match change.demanded {
        Step::None => "no change for consumers".to_owned(),
        step => format!("a {step} change"),
    };
    match (&change.from_version, &change.to_version) {
        (Some(from), Some(to)) if from != to => format!("{step}, contract {from} → {to}"),
        (_, Some(version)) => format!("{step}, contract stays {version}"),
        _ => step,
    }
}

fn affected(affected: &Affected) -> String {
    match &affected.column {
        Some(column) => {
            format!("        {}.{}.{column} comes from {}", affected.product, affected.table, affected.because_of)
        }
        None => format!("        {}.{}: its rows depend on {}", affected.product, affected.table, affected.because_of),
    }
}

/// Why a plan is refused, for people.
pub(crate) fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::VersionSaysLess { port, at_least, written } => {
            format!(
                "the contract of port `{port}` changes more than its version says: {written} must be at least {at_least}"
            )
        }
        Refusal::StillRead { what, by } => {
            let by: Vec<_> = by.iter().map(|p| format!("`{p}`")).collect();
            format!("`{what}` is still read by {}", by.join(", "))
        }
    }
}

fn summary(plan: &Plan) -> String {
    let number = |action| plan.products.iter().filter(|p| p.action == action).count();
    let pending = plan.products.iter().filter(|p| p.action == Action::Unchanged && p.pending).count();
    let mut parts = Vec::new();
    for (count, what) in [
        (number(Action::Create), "to create"),
        (number(Action::Change), "to change"),
        (number(Action::Remove), "to remove"),
        (pending, "to build"),
        (plan.garbage.len(), "stored tables to collect"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let refused = plan.refusals().count();
    if refused > 0 {
        parts.push(format!("refused for {}", count(refused, "reason")));
    }
    parts.join(", ")
}
