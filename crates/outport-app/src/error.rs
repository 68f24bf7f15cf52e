//! Why a use case was not done.

use chrono::{DateTime, Utc};
use outport_model::{
    diagnostic::Diagnostic,
    name::{PortName, ProductName},
    plan::Refusal,
};

use crate::{engine::EngineError, store::StoreError};

/// Why a use case was not done.
#[derive(Debug, thiserror::Error)]
pub enum UseCaseError {
    /// The metadata store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The products cannot be used as they are.
    #[error("the bundles have {} {}", .0.iter().filter(|d| d.is_error()).count(), plural(.0))]
    Invalid(Vec<Diagnostic>),
    /// The plan is refused.
    #[error("the plan is refused")]
    Refused(Vec<(ProductName, Refusal)>),
    /// Nobody said yes.
    #[error("nothing was applied")]
    NotConfirmed,
    /// The product is not on record.
    #[error("there is no product `{product}` in workspace `{workspace}`")]
    NoSuchProduct {
        /// The product.
        product: String,
        /// The workspace.
        workspace: String,
        /// The products that there are.
        known: Vec<String>,
    },
    /// Another process works on the product.
    #[error("another process (`{holder}`) works on `{product}`, until {until} unless it goes on")]
    Busy {
        /// The product.
        product: ProductName,
        /// Who.
        holder: String,
        /// When its lease lapses.
        until: DateTime<Utc>,
    },
    /// A product that is read has no release yet.
    #[error("`{product}` reads `{upstream}`, which has no release of `{port}` yet")]
    UpstreamUnreleased {
        /// The reader.
        product: ProductName,
        /// What it reads.
        upstream: ProductName,
        /// The port that it reads.
        port: PortName,
    },
    /// Products read each other in a circle.
    #[error("products read each other in a circle: {}", .0.iter().map(ProductName::as_str).collect::<Vec<_>>().join(" → "))]
    Circle(Vec<ProductName>),
    /// There is no earlier release.
    #[error("`{product}` has no {wanted}")]
    NoRelease {
        /// The product.
        product: ProductName,
        /// What was asked for.
        wanted: String,
    },
}

pub(crate) fn plural(diagnostics: &[Diagnostic]) -> &'static str {
    if diagnostics.iter().filter(|d| d.is_error()).count() == 1 { "error" } else { "errors" }
}

impl UseCaseError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Engine(error) => error.help(),
            Self::Store(StoreError::Outdated { .. }) => Some("look at the plan again: `outport plan`".to_owned()),
            Self::Store(StoreError::Open { .. }) => {
                Some(
                    "check that it is a file of Outport in a folder that can be written, or choose another home with `--home`"
                        .to_owned(),
                )
            }
            Self::Store(StoreError::TooNew { .. }) => Some("use the newer Outport that wrote it".to_owned()),
            Self::NoSuchProduct { known, .. } if known.is_empty() => {
                Some("nothing is applied yet: `outport apply PATH`".to_owned())
            }
            Self::NoSuchProduct { known, .. } => Some(format!("there are: {}", known.join(", "))),
            Self::NotConfirmed => Some("say `--yes` to apply without being asked".to_owned()),
            Self::NoRelease { product, .. } => Some(format!("its releases: `outport history {product}`")),
            Self::Store(StoreError::NoSuchRelease { product, .. }) => {
                Some(format!("its releases: `outport history {product}`"))
            }
            Self::Busy { .. } => Some("wait until it is done, and try again".to_owned()),
            Self::UpstreamUnreleased { upstream, .. } => Some(format!("run it first: `outport run {upstream}`")),
            Self::Refused(refusals) if refusals.iter().all(|(_, r)| r.can_be_forced()) => {
                Some("change the readers first, or say `--force`: the removal is then on record".to_owned())
            }
            Self::Refused(_) => Some("raise the version of the contract and of the port as shown".to_owned()),
            _ => None,
        }
    }
}
