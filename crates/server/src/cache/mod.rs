//! Redis, which makes things quicker and is never needed. Whatever is in it may be gone, old or wrong at any
//! time; nothing here may decide about money.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`link`] | the connection, and the circuit breaker in front of it |

pub mod link;

pub use link::{Link, LinkSettings, Unreachable};
