//! HTTP: one file a resource, read top-down; [`mod@router`] is the list of them all.
//!
//! A handler finds out who asks, parses what they want, and calls the committer (to move money) or the store
//! (for everything else). It decides nothing about money, and holds nothing between requests.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`mod@router`] | every route, in one list |
//! | [`mod@serve`] | sockets, connections, and how they end |
//! | `peer` | where a request comes from |
//! | [`edge`], [`deadline`] | what every request passes: its name, its place, its deadline, its metrics, its problem |
//! | [`error`] | every reason not to answer 2xx, and what the client is told |
//! | `limited` | what is too much, and what clients are told of their limits |
//! | `cached` | answers from the cache |
//! | [`extract`], `body`, [`caller`] | bodies, queries, headers and identities, parsed once |
//! | `users`, `sessions`, `api_keys`, `pins`, `external_identities`, `well_known` | who there is, and how they sign in |
//! | `assets`, `wallets`, `recipients`, `entries`, `transactions`, `ledger` | what there is |
//! | `movements`, `bulk` | what moves money; `ask` and `proof` are their head, `commands` makes commands of their bodies |
//! | `payouts` | many transfers from one wallet, from a file; a folder of its own |
//! | `parse`, `view`, `viewer`, `page`, `created` | values on their way in and out, and who may see what |
//! | `audit_log`, `operator_log` | who did what, from where; what operators move |
//! | `console` | what browsers need beside the API: pages, and signing in with a cookie |
//! | [`house`] | is it alive, how is it doing |

pub mod caller;
pub mod deadline;
pub mod edge;
pub mod error;
pub mod extract;
pub mod house;
pub mod openapi;
pub mod router;
pub mod serve;
pub mod state;

mod api_keys;
mod ask;
mod assets;
mod audit_log;
mod body;
mod bulk;
mod cached;
mod commands;
mod console;
mod created;
mod entries;
mod external_identities;
mod ledger;
mod limited;
mod metrics;
mod movements;
mod operator_log;
mod page;
mod parse;
mod payouts;
mod peer;
mod pins;
mod proof;
mod recipients;
mod rejection;
mod sessions;
mod transactions;
mod users;
mod view;
mod viewer;
mod wallets;
mod well_known;

pub use console::{Console, Files};
pub use error::ApiError;
pub use router::{openapi_document, router};
pub use serve::serve;
pub use state::{AppState, HttpSettings, Parts};
