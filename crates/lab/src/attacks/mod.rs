//! What is done to a target, and the oracle that judges what came of it. One file an attack.
//!
//! An attack does not know which target it has: it makes the same calls, and judges answers and balances by the same
//! rules. So what it finds in the specimen says that it would find it in Florin.

mod bad_csv;
mod big_body;
mod borrowed_key;
mod changed_twin;
mod crash_database;
mod crash_mid_write;
mod crash_payout;
mod crowd;
mod cut_reply;
mod disk_fails;
mod double_csv;
mod drain;
mod dust;
mod evidence;
mod forged_token;
mod frozen;
mod frozen_server;
mod half_move;
mod hang_up;
mod impostor;
mod late_funds;
mod list_append;
mod load;
mod lost_update;
mod negative;
mod opposed_pairs;
mod payroll;
mod read_skew;
mod redis_down;
mod refund_twice;
mod replay;
mod round;
mod self_transfer;
mod slow_database;
mod stale_lock;
mod stampede;
mod stolen_token;
mod three_fifties;
mod twins;
mod two_servers;
mod write_skew;

pub use crate::grounds::Needs;
pub(crate) use round::Round;

use futures_util::future::BoxFuture;
use std::fmt;

/// What is done to a target, and what must not come of it.
pub struct Attack {
    /// Its name.
    pub id: &'static str,
    /// What it does.
    pub does: &'static str,
    /// What should happen.
    pub expected: &'static str,
    /// Why the specimen breaks.
    pub fault: &'static str,
    /// What it needs under its target.
    pub needs: Needs,
    pub(crate) run: for<'a> fn(Round<'a>) -> BoxFuture<'a, Judgement>,
}

/// What must not be, in sentences: none where the target held. An error where nobody can tell.
pub(crate) type Judgement = anyhow::Result<Vec<String>>;

/// All attacks, in the order in which they run.
pub const ATTACKS: &[Attack] = &[
    drain::ATTACK,
    three_fifties::ATTACK,
    lost_update::ATTACK,
    stale_lock::ATTACK,
    opposed_pairs::ATTACK,
    replay::ATTACK,
    twins::ATTACK,
    changed_twin::ATTACK,
    borrowed_key::ATTACK,
    late_funds::ATTACK,
    half_move::ATTACK,
    hang_up::ATTACK,
    read_skew::ATTACK,
    write_skew::ATTACK,
    list_append::ATTACK,
    negative::ATTACK,
    dust::ATTACK,
    self_transfer::ATTACK,
    frozen::ATTACK,
    refund_twice::ATTACK,
    double_csv::ATTACK,
    impostor::ATTACK,
    stolen_token::ATTACK,
    forged_token::ATTACK,
    bad_csv::ATTACK,
    big_body::ATTACK,
    stampede::ATTACK,
    crash_mid_write::ATTACK,
    crash_payout::ATTACK,
    crash_database::ATTACK,
    two_servers::ATTACK,
    frozen_server::ATTACK,
    disk_fails::ATTACK,
    cut_reply::ATTACK,
    slow_database::ATTACK,
    redis_down::ATTACK,
];

/// The attack of this name.
pub fn find(id: &str) -> Option<&'static Attack> {
    ATTACKS.iter().find(|attack| attack.id == id)
}

impl fmt::Debug for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}
