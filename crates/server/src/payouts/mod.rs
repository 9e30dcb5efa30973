//! Payouts: many transfers from one wallet, from a file.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`file`](mod@file) | payout files: what clients send is read, what they fetch is written |

pub mod file;
