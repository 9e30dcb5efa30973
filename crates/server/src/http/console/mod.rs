//! What the console in a browser needs of the server beside the API that everybody has. It decides nothing, and
//! knows nothing of money.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`sessions`] | signing in with a cookie instead of a refresh token |
//! | `cookie` | that cookie |
//! | `own_page` | proof that a page of Florin's own sent a request |
//! | `bundle` | the console's files, in the binary |
//! | [`files`] | how they are answered |
//! | `page` | what is said with a page, so that it can load and reach nothing else |
//! | [`specimen`] | the way to the fragile specimen, where one is beside the server |
//! | [`config`] | what the console is told of the server |

mod bundle;
pub(super) mod config;
mod cookie;
pub(super) mod files;
mod own_page;
mod page;
pub(super) mod sessions;
pub(super) mod specimen;

use florin_api::StoreKind;
use std::borrow::Cow;
use std::net::SocketAddr;

/// The file at a path of the bundle, such as `bundle/index-4f3a.js`.
pub type Files = fn(&str) -> Option<Cow<'static, [u8]>>;

/// What browsers are given, and told of the server.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// Where the console's files are.
    pub files: Files,
    /// Whether the demo is in the store.
    pub is_demo: bool,
    /// What the store is.
    pub store: StoreKind,
    /// Where the fragile specimen listens, if it was started too.
    pub specimen: Option<SocketAddr>,
}

impl Default for Console {
    /// The bundle of this binary, over an SQLite store.
    fn default() -> Self {
        Self { files: bundle::find, is_demo: false, store: StoreKind::Sqlite, specimen: None }
    }
}

impl Console {
    /// Whether there is a console to open.
    pub fn is_built(&self) -> bool {
        (self.files)(files::INDEX).is_some()
    }
}
