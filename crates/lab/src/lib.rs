//! The failure lab: breaks a fragile wallet, fails to break Florin, and keeps the proof.
//!
//! It knows what goes over the wire ([`florin_api`]) and nothing else of Florin, so that its judgement cannot share
//! Florin's mistakes.

pub mod history;
