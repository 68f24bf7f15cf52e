//! What the checks of a product came to, release by release.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use outport_model::{
    check::{CheckResult, Dimension},
    name::ProductName,
    release::ReleaseNumber,
};
use serde::Serialize;
use serde_json::Value;

use super::{
    super::{Caller, Gate, error::GateError},
    card::Tally,
    findings::{Clarity, Subject},
    known::KnownProduct,
};

/// Releases of an answer at most.
const MOST: usize = 30;

/// What the checks of a product came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductQuality {
    /// Newest first; those that are kept.
    pub releases: Vec<ReleaseQuality>,
}

/// What the checks of a release came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseQuality {
    /// The release.
    pub number: ReleaseNumber,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Whether it is the current one.
    pub current: bool,
    /// How many checks came to what, by quality dimension.
    pub dimensions: BTreeMap<Dimension, Tally>,
    /// What each of them came to; figures only where the caller could count them too.
    pub checks: Vec<CheckResult>,
}

impl Gate {
    /// What the checks of a product came to, as far as the caller may know of what they are about.
    pub async fn product_quality(&self, caller: &Caller, product: &ProductName) -> Result<ProductQuality, GateError> {
        let look = self.look(caller).await?;
        let known = look.product(product)?;
        let operates = known.operates()?;
        let mut kept = self.all_kept(product).await?;
        kept.sort_by_key(|release| std::cmp::Reverse(release.number));
        let mut releases = Vec::new();
        for release in kept.iter().take(MOST) {
            let results = self.app.stores.runs.check_results(release.run).await?;
            let checks = if operates { results } else { told(&known, results)? };
            let mut dimensions: BTreeMap<Dimension, Tally> = BTreeMap::new();
            for result in &checks {
                dimensions.entry(result.check.dimension).or_default().add(result.outcome);
            }
            releases.push(ReleaseQuality {
                number: release.number,
                published_at: release.published_at,
                current: known.release.is_some_and(|current| current.number == release.number),
                dimensions,
                checks,
            });
        }
        Ok(ProductQuality { releases })
    }
}

/// The results that the caller may know of. What was read is nobody's promise, so that checks of inputs are not among them.
fn told(known: &KnownProduct<'_>, results: Vec<CheckResult>) -> Result<Vec<CheckResult>, GateError> {
    let mut tables = BTreeMap::new();
    for port in known.ports() {
        let name = port.port.name.as_str();
        tables.insert(name, known.tables_of(name)?);
    }
    let told = results.into_iter().filter_map(|result| {
        let tables = tables.get(result.port.as_deref()?)?;
        match Subject::of(&result.check).clarity(tables)? {
            Clarity::Figures => Some(result),
            Clarity::Outcome => Some(without_figures(result)),
        }
    });
    Ok(told.collect())
}

/// A message has values of rows in it, now and then.
fn without_figures(result: CheckResult) -> CheckResult {
    CheckResult { measured: Value::Null, rows: None, failed_rows: None, sample_query: None, message: None, ..result }
}
