//! Makes conditions smaller without permitting more.
//!
//! A condition is true, false or undecided. What is exact keeps all three apart. Where a condition stands so that only
//! *true* or *not true* matters, more can be done; nothing that is done permits a row that Cedar would not, or lets a
//! row through that Cedar would forbid.

use outport_model::access::{Comparison, Condition};

/// What a condition is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Rows are permitted that it holds for: undecided is as good as false.
    Permit,
    /// Rows are forbidden that it holds for or that it is undecided for.
    Forbid,
    /// Part of something else: all three matter.
    Exact,
}

const TRUE: Condition = Condition::Constant { holds: true };
const FALSE: Condition = Condition::Constant { holds: false };

/// The same condition, smaller.
pub(crate) fn simplify(condition: Condition, side: Side) -> Condition {
    match condition {
        Condition::Not { condition } => negate(simplify(*condition, Side::Exact)),
        Condition::All { conditions } => {
            // What is undecided or false here makes the whole undecided or false, so that all parts are on this side.
            let parts = conditions.into_iter().map(|part| simplify(part, side)).collect();
            all(parts, side)
        }
        Condition::Any { conditions } => {
            // An undecided part hides the parts after it; were it false, they would count. Only the last can be either,
            // except where more rows may be forbidden.
            let last = conditions.len().saturating_sub(1);
            let of = |at: usize| if at == last || side == Side::Forbid { side } else { Side::Exact };
            let parts = conditions.into_iter().enumerate().map(|(at, part)| simplify(part, of(at))).collect();
            any(parts, side)
        }
        Condition::If { test, then, otherwise } => match simplify(*test, Side::Exact) {
            Condition::Constant { holds: true } => simplify(*then, side),
            Condition::Constant { holds: false } => simplify(*otherwise, side),
            test => Condition::If {
                test: Box::new(test),
                then: Box::new(simplify(*then, side)),
                otherwise: Box::new(simplify(*otherwise, side)),
            },
        },
        other => other,
    }
}

fn all(parts: Vec<Condition>, side: Side) -> Condition {
    let mut kept = Vec::new();
    for part in parts {
        match part {
            TRUE => {}
            Condition::All { conditions } => kept.extend(conditions),
            other => kept.push(other),
        }
    }
    if let Some(end) = kept.iter().position(|part| *part == FALSE) {
        if end == 0 || side != Side::Exact {
            return FALSE;
        }
        kept.truncate(end + 1);
    }
    match kept.len() {
        0 => TRUE,
        1 => kept.swap_remove(0),
        _ => Condition::All { conditions: kept },
    }
}

fn any(parts: Vec<Condition>, side: Side) -> Condition {
    let mut kept = Vec::new();
    for part in parts {
        match part {
            FALSE => {}
            Condition::Any { conditions } => kept.extend(conditions),
            other => kept.push(other),
        }
    }
    if let Some(end) = kept.iter().position(|part| *part == TRUE) {
        if end == 0 || side == Side::Forbid {
            return TRUE;
        }
        kept.truncate(end + 1);
    }
    match kept.len() {
        0 => FALSE,
        1 => kept.swap_remove(0),
        _ => Condition::Any { conditions: kept },
    }
}

fn negate(condition: Condition) -> Condition {
    match condition {
        Condition::Constant { holds } => Condition::Constant { holds: !holds },
        Condition::Not { condition } => *condition,
        Condition::Compare { column, comparison, value } => {
            Condition::Compare { column, comparison: opposite(comparison), value }
        }
        Condition::CompareColumns { left, comparison, right } => {
            Condition::CompareColumns { left, comparison: opposite(comparison), right }
        }
        other => Condition::Not { condition: Box::new(other) },
    }
}

/// The comparison that holds where this one does not.
const fn opposite(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}
