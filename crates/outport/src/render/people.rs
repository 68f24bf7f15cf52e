//! Users, tokens and what they asked.

use outport_app::{
    audit::Verification,
    identity::{Token, User},
};
use outport_model::audit::{RequestRecord, RequestResult};

use super::{count, grouped, moment, table};

/// All users, a line each.
pub(crate) fn users(users: &[User]) -> String {
    if users.is_empty() {
        return "there are no users yet: `outport init`".to_owned();
    }
    let row = |user: &User| {
        let principal = &user.principal;
        let groups: Vec<_> = principal.groups.iter().map(ToString::to_string).collect();
        vec![
            principal.id.to_string(),
            principal.kind.as_str().to_owned(),
            groups.join(", "),
            principal.department.clone().unwrap_or_default(),
            principal.region.clone().unwrap_or_default(),
            principal.clearance.map(|n| n.to_string()).unwrap_or_default(),
            if user.disabled { "kept out" } else { "" }.to_owned(),
        ]
    };
    table(&["user", "kind", "groups", "department", "region", "clearance", ""], users.iter().map(row))
}

/// Tokens, a line each.
pub(crate) fn tokens(tokens: &[Token]) -> String {
    if tokens.is_empty() {
        return "there are no tokens: `outport token create --user NAME`".to_owned();
    }
    let row = |token: &Token| {
        vec![
            token.id.to_string(),
            token.owner.to_string(),
            token.label.clone(),
            moment(token.created_at),
            token.revoked_at.map_or_else(|| moment(token.expires_at), |at| format!("revoked {}", moment(at))),
            token.last_used_at.map(moment).unwrap_or_default(),
        ]
    };
    table(&["token", "user", "label", "made (UTC)", "until (UTC)", "last used (UTC)"], tokens.iter().map(row))
}

/// Requests, a line each.
pub(crate) fn requests(records: &[RequestRecord]) -> String {
    if records.is_empty() {
        return "nothing is on record yet".to_owned();
    }
    let row = |record: &RequestRecord| {
        let tables = record
            .reads
            .iter()
            .flat_map(|(product, tables)| tables.keys().map(move |table| format!("{}.{}", product.sql(), table.sql())));
        vec![
            moment(record.at),
            record.principal.as_ref().map(ToString::to_string).unwrap_or_default(),
            record.door.as_str().to_owned(),
            record.purpose.as_ref().map(ToString::to_string).unwrap_or_default(),
            tables.collect::<Vec<_>>().join(", "),
            grouped(record.rows),
            ending(record),
            record.request.split_whitespace().collect::<Vec<_>>().join(" "),
        ]
    };
    let header = ["at (UTC)", "principal", "door", "purpose", "tables", "rows", "result", "request"];
    table(&header, records.iter().map(row))
}

/// How it ended; `refused ×12` where it is the record of twelve.
fn ending(record: &RequestRecord) -> String {
    match record.times {
        1 => result(&record.result).to_owned(),
        times => format!("{} ×{}", result(&record.result), grouped(times)),
    }
}

fn result(result: &RequestResult) -> &'static str {
    match result {
        RequestResult::Answered => "answered",
        RequestResult::Refused { .. } => "refused",
        RequestResult::Limited { .. } => "limited",
        RequestResult::Failed { .. } => "failed",
        RequestResult::Cancelled => "cancelled",
    }
}

/// What checking the record gave.
pub(crate) fn verification(found: &Verification) -> String {
    let counted = |number: u64, what: &str| count(usize::try_from(number).unwrap_or(usize::MAX), what);
    let size = format!("{} in {}", counted(found.records, "request"), counted(found.chains, "chain"));
    let cut = found.incomplete.iter().map(|file| format!("\n  {file}: its last line was not written to its end"));
    let cut: String = cut.collect();
    if found.faults.is_empty() {
        return format!("the record is as it was written: {size}{cut}");
    }
    let faults = found.faults.iter().map(|fault| format!("  {}:{}: {}", fault.file, fault.line, fault.message));
    let lines: Vec<_> = faults.collect();
    format!("the record is not as it was written: {size}\n{}{cut}", lines.join("\n"))
}
