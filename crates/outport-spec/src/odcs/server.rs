//! `servers`: where the data is.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::{CustomProperty, Role};
use crate::bitol::block;

block! {
    /// A place that has the data; which keys there are depends on the type.
    Server {
        /// The name.
        server: String,
        /// `local`, `s3`, `postgres`, `custom`, … (closed).
        r#type: String,
    } {
        /// Stable id.
        id: String,
        /// What it is.
        description: String,
        /// `prod`, `dev`, … (open).
        environment: String,
        /// Roles that give access.
        roles: Vec<Role>,
        /// Additional properties.
        custom_properties: Vec<CustomProperty>,
        /// Account.
        account: String,
        /// Catalog.
        catalog: String,
        /// URL of the catalog.
        catalog_url: String,
        /// Database.
        database: String,
        /// Dataset.
        dataset: String,
        /// Between fields of a CSV file.
        delimiter: String,
        /// Character encoding.
        encoding: String,
        /// URL of the service.
        endpoint_url: String,
        /// File format.
        format: String,
        /// Host name.
        host: String,
        /// URL of the data.
        location: String,
        /// Namespace.
        namespace: String,
        /// Path of files.
        path: String,
        /// Port number, or a variable that holds it (v3.2.0).
        port: Port,
        /// Project.
        project: String,
        /// Region.
        region: String,
        /// Name of the region.
        region_name: String,
        /// Schema in the database.
        schema: String,
        /// Name of the service.
        service_name: String,
        /// Folder for what is in work.
        staging_dir: String,
        /// Stream.
        stream: String,
        /// Warehouse.
        warehouse: String,
        /// Work group.
        workgroup: String,
    }
}

/// A port number, or text with a variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Port {
    /// A number.
    Number(Number),
    /// Text.
    Text(String),
}
