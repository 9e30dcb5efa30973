//! Payouts: many transfers from one wallet, from a file.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `requests` | what bodies say, for the store and for approvals |

mod requests;

pub(super) use requests::{approval_intent, compensation_intent, execution_intent, retry_intent};
