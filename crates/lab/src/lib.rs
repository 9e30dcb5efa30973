//! The failure lab: breaks a fragile wallet, fails to break Florin, and keeps the proof.
//!
//! It knows what goes over the wire ([`florin_api`]) and nothing else of Florin, so that its judgement cannot share
//! Florin's mistakes. Both targets are processes behind an address; what is known of them is what they answer.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`specimen`] | the fragile wallet |
//! | [`attacks`] | what is done to both targets, and the oracle that judges what came of it |
//! | `target`, `targets` | what attacks act on: the same calls for both, all of them recorded |
//! | `call`, `money`, `wire` | a call and its answer; amounts as oracles count them; requests that are released together, and such as no client would send |
//! | `latency` | how long movements took |
//! | `grounds`, `processes`, `scratch`, `cluster`, `redis` | what targets stand on, for attacks that disturb it: their processes, the places that they work in, a PostgreSQL that may be killed |
//! | [`proxy`] | a network that fails on demand |
//! | [`disk`] | a disk that fails when it is told to, under a target that uses SQLite |
//! | [`history`], `witness` | what clients saw, and the checker that finds what cannot have happened; every attack's records go through it |
//! | [`run`], [`verdict`], [`report`] | a run, what it found, and how that is told |

pub mod attacks;
mod call;
mod cluster;
pub mod disk;
mod grounds;
pub mod history;
mod latency;
mod money;
mod processes;
pub mod proxy;
mod redis;
pub mod report;
pub mod run;
mod scratch;
pub mod specimen;
mod target;
mod targets;
pub mod verdict;
mod wire;
mod witness;
