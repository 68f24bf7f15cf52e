//! `GET /v1/settings`: how a server is set, for administrators. `GET /v1/depots` is in `depots`.

use std::{fmt, path::PathBuf, sync::Arc};

use axum::{extract::State, response::Response};
use outport_app::gate::Limits;
use outport_model::name::{DepotName, WorkspaceName};
use serde::Serialize;
use serde_json::Value;

use super::{enter, settle};
use crate::{identify::Visitor, options::Options, problem::Problem, state::Doors};

/// What a server stands on.
pub trait Installation: Send + Sync + fmt::Debug {
    /// The settings as they hold. None of them has a secret in it.
    fn settings(&self) -> Vec<Setting>;

    /// The depots.
    fn depots(&self) -> Vec<DepotSetting>;

    /// Whether a depot can be read now. It may take as long as it takes.
    fn look_at(&self, depot: &DepotSetting) -> DepotFound;
}

/// A setting as it holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    /// Its name in the settings, with `.` for tables.
    pub name: String,
    /// What it is, in a line.
    pub about: &'static str,
    /// Its value; `null` where there is none. Of a secret, [`Setting::SET`].
    pub value: Value,
    /// Whether it is a secret, whose value is not told.
    pub secret: bool,
    /// Where it comes from.
    pub source: SettingSource,
    /// The flag, or the variable of the environment.
    pub from: Option<String>,
}

impl Setting {
    /// What is said of a secret.
    pub const SET: &str = "set";
}

/// Where a setting comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SettingSource {
    /// The command line.
    Flag,
    /// The environment.
    Environment,
    /// The file of settings.
    File,
    /// Nowhere: nothing was said.
    Default,
}

/// A depot as it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepotSetting {
    /// Its name.
    pub name: DepotName,
    /// What it points at, as it may be shown.
    pub location: String,
    /// The folder, without `.` and `..`.
    pub folder: PathBuf,
}

/// How a depot was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DepotFound {
    /// It can be read.
    Readable,
    /// There is nothing.
    Missing,
    /// It cannot be read.
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// How a server is set.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    workspace: &'a WorkspaceName,
    version: &'static str,
    doors: Vec<ServedDoor>,
    limits: LimitSettings,
    settings: Vec<Setting>,
}

/// A door that is open.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ServedDoor {
    door: &'static str,
    /// Where clients reach it, as they are told.
    address: String,
    tls: bool,
}

/// What one query, one principal, and all of them may take at most.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LimitSettings {
    rows: u64,
    bytes: u64,
    seconds: u64,
    concurrent: usize,
    total_concurrent: usize,
    wait_seconds: u64,
    memory: u64,
    principal_memory: u64,
}

/// How the server is set.
pub(super) async fn describe(State(doors): State<Arc<Doors>>, visitor: Visitor) -> Result<Response, Problem> {
    let (caller, inquiry) = enter(&doors, visitor, "GET /v1/settings".to_owned()).await?;
    let found = doors.gate.administrator(&caller, "see settings").await;
    let installation = doors.options.installation.as_ref();
    let described = found.map(|()| {
        let mut settings = installation.map(|installation| installation.settings()).unwrap_or_default();
        settings.sort_by(|one, other| one.name.cmp(&other.name));
        Document {
            workspace: &doors.gate.app().workspace,
            version: env!("CARGO_PKG_VERSION"),
            doors: served(&doors.options),
            limits: LimitSettings::of(doors.gate.limits()),
            settings,
        }
    });
    settle(inquiry, described)
}

/// The doors that are open.
fn served(options: &Options) -> Vec<ServedDoor> {
    let door = |door, address: Option<String>| Some(ServedDoor { door, address: address?, tls: options.encrypted });
    let addresses = &options.addresses;
    let all = [
        door("http", options.http()),
        door("postgres", addresses.postgres.as_ref().map(ToString::to_string)),
        door("flight", addresses.flight.as_ref().map(ToString::to_string)),
    ];
    all.into_iter().flatten().collect()
}

impl LimitSettings {
    fn of(limits: &Limits) -> Self {
        Self {
            rows: limits.rows,
            bytes: limits.bytes,
            seconds: limits.time.as_secs(),
            concurrent: limits.concurrent,
            total_concurrent: limits.total_concurrent,
            wait_seconds: limits.wait.as_secs(),
            memory: limits.memory,
            principal_memory: limits.principal_memory,
        }
    }
}
