//! What the console is told of the server.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the server is, as far as the console's pages depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsoleConfig {
    /// The server's version.
    #[schema(example = "0.1.0")]
    pub version: String,
    /// Whether the demo's users are there, with passwords that everybody knows.
    pub demo: bool,
    /// Whether the fragile specimen is beside the server, at `/lab/specimen/`.
    pub lab: bool,
    /// What the server keeps everything in.
    pub store: StoreKind,
}

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// A file of this server's alone.
    Sqlite,
    /// A database that any number of servers share.
    Postgres,
}
