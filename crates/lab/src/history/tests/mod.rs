//! The checker's own tests: each anomaly is planted and must be found and named, and the same history without it must
//! be clean; what a correct bank did is always clean, and what a mutation made of it never.

mod bank;
mod cycles;
mod large;
mod naive;
mod promises;
mod properties;
mod script;
