//! Who pays whom. Seeded, so that both sides of a comparison, and every run, draw the same transfers.

use florin_ledger::{Caller, Command, Decimal, Fingerprint, IdempotencyKey, Movement, WalletId};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::fmt;
use std::sync::Arc;

/// How transfers spread over the wallets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mix {
    /// Every wallet is as likely as any other.
    Uniform,
    /// A few wallets have most of the traffic: Zipf's law with exponent 0.99, as YCSB has it.
    Zipf,
    /// One wallet is on one side of every transfer.
    Hot,
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uniform => "uniform",
            Self::Zipf => "zipf",
            Self::Hot => "hot",
        })
    }
}

/// The wallets of a run: `count` ids in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wallets {
    pub(super) first: i64,
    pub(super) count: u32,
}

impl Wallets {
    pub(super) fn id(self, index: u32) -> WalletId {
        WalletId(self.first.saturating_add(i64::from(index)))
    }

    pub(super) fn ids(self) -> impl Iterator<Item = WalletId> {
        (0..self.count).map(move |index| self.id(index))
    }
}

/// One transfer to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transfer {
    pub(super) from: WalletId,
    pub(super) to: WalletId,
    /// In smallest units of an asset of scale 2.
    pub(super) cents: u32,
    key: u128,
}

impl Transfer {
    /// The idempotency key: a version 4 UUID, as clients make them.
    pub(super) fn key(&self) -> uuid::Uuid {
        uuid::Builder::from_random_bytes(self.key.to_be_bytes()).into_uuid()
    }

    /// The amount as text: `3.17`.
    pub(super) fn amount(&self) -> String {
        format!("{}.{:02}", self.cents / 100, self.cents % 100)
    }

    /// The transfer as the server would submit it.
    pub(super) fn command(&self, caller: Caller) -> Command {
        let amount = self.amount();
        let body = format!("{} {} {amount}", self.from, self.to);
        let key = IdempotencyKey::parse(&self.key().to_string()).expect("a UUID is a key");
        let amount = Decimal::parse(&amount).expect("cents are an amount");
        let movement = Movement::Transfer { from: self.from, to: self.to, amount };
        Command::new(caller, key, Fingerprint::of("transfer", body.as_bytes()), movement)
    }
}

/// The most cents that one transfer moves.
const CENTS_MAX: u32 = 1000;

/// An endless stream of transfers.
#[derive(Clone, Debug)]
pub(super) struct Transfers {
    wallets: Wallets,
    mix: Mix,
    /// For Zipf: the probability of a rank or one before it, by rank.
    cumulative: Arc<[f64]>,
    seed: u32,
    rng: SmallRng,
}

impl Transfers {
    /// The transfers of `seed`: another seed gives other transfers, under other keys. Needs two wallets or more.
    pub(super) fn new(wallets: Wallets, mix: Mix, seed: u32) -> Self {
        let cumulative = if mix == Mix::Zipf { cumulative_zipf(wallets.count) } else { Arc::default() };
        Self { wallets, mix, cumulative, seed, rng: rng(seed, 0) }
    }

    /// The stream of one worker: workers of one seed draw different transfers too.
    pub(super) fn of_worker(&self, worker: u32) -> Self {
        Self { rng: rng(self.seed, worker), ..self.clone() }
    }

    fn pair(&mut self) -> (u32, u32) {
        match self.mix {
            Mix::Uniform => {
                let one = self.rng.random_range(0..self.wallets.count);
                (one, self.other_than(one))
            }
            Mix::Zipf => {
                let one = self.zipf();
                let mut other = self.zipf();
                while other == one {
                    other = self.zipf();
                }
                (one, other)
            }
            Mix::Hot => {
                // In the middle, so that ascending locks take it first about as often as last.
                let hot = self.wallets.count / 2;
                let other = self.other_than(hot);
                if self.rng.random() { (hot, other) } else { (other, hot) }
            }
        }
    }

    fn other_than(&mut self, one: u32) -> u32 {
        let other = self.rng.random_range(0..self.wallets.count.saturating_sub(1));
        if other >= one { other + 1 } else { other }
    }

    fn zipf(&mut self) -> u32 {
        let draw: f64 = self.rng.random();
        let rank = self.cumulative.partition_point(|reached| *reached <= draw);
        let rank = u32::try_from(rank).unwrap_or(u32::MAX).min(self.wallets.count.saturating_sub(1));
        scattered(rank, self.wallets.count)
    }
}

fn rng(seed: u32, worker: u32) -> SmallRng {
    SmallRng::seed_from_u64(u64::from(seed) << 32 | u64::from(worker))
}

impl Iterator for Transfers {
    type Item = Transfer;

    fn next(&mut self) -> Option<Transfer> {
        let (from, to) = self.pair();
        Some(Transfer {
            from: self.wallets.id(from),
            to: self.wallets.id(to),
            cents: self.rng.random_range(1..=CENTS_MAX),
            key: self.rng.random(),
        })
    }
}

/// Spreads ranks over the ids, so that busy wallets are not neighbours on one page.
fn scattered(rank: u32, count: u32) -> u32 {
    // A prime above every count: multiplying by it modulo `count` is a permutation.
    const PRIME: u64 = 4_294_967_291;
    let place = u64::from(rank) * PRIME % u64::from(count);
    u32::try_from(place).expect("below a u32")
}

fn cumulative_zipf(count: u32) -> Arc<[f64]> {
    const EXPONENT: f64 = 0.99;
    let weights: Vec<f64> = (1..=count).map(|rank| f64::from(rank).powf(-EXPONENT)).collect();
    let total: f64 = weights.iter().sum();
    let mut reached = 0.0;
    let add = |weight: &f64| {
        reached += weight / total;
        reached
    };
    weights.iter().map(add).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    const WALLETS: Wallets = Wallets { first: 5, count: 1000 };

    fn draw(mix: Mix, seed: u32) -> Vec<Transfer> {
        Transfers::new(WALLETS, mix, seed).take(20_000).collect()
    }

    fn uses(transfers: &[Transfer]) -> HashMap<WalletId, usize> {
        let mut uses = HashMap::new();
        transfers.iter().flat_map(|transfer| [transfer.from, transfer.to]).for_each(|wallet| {
            *uses.entry(wallet).or_default() += 1;
        });
        uses
    }

    #[test]
    fn every_mix_stays_within_the_wallets_and_moves_something_to_another() {
        for mix in [Mix::Uniform, Mix::Zipf, Mix::Hot] {
            for transfer in draw(mix, 1) {
                assert_ne!(transfer.from, transfer.to);
                assert!((1..=CENTS_MAX).contains(&transfer.cents));
                assert!([transfer.from, transfer.to].iter().all(|wallet| (5..1005).contains(&wallet.0)));
            }
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_and_other_seeds_and_workers_use_other_keys() {
        assert_eq!(draw(Mix::Zipf, 7), draw(Mix::Zipf, 7));
        let mut all = draw(Mix::Uniform, 1);
        all.extend(draw(Mix::Uniform, 2));
        all.extend(Transfers::new(WALLETS, Mix::Uniform, 1).of_worker(1).take(20_000));
        let keys: HashSet<_> = all.iter().map(Transfer::key).collect();
        assert_eq!(keys.len(), 60_000);
    }

    #[test]
    fn uniform_uses_every_wallet_about_alike() {
        let uses = uses(&draw(Mix::Uniform, 1));
        assert_eq!(uses.len(), 1000);
        assert!(uses.values().all(|count| (10..=90).contains(count)));
    }

    #[test]
    fn zipf_gives_the_busiest_wallet_its_share_and_most_of_the_rest_to_few() {
        let mut counts: Vec<_> = uses(&draw(Mix::Zipf, 1)).into_values().collect();
        counts.sort_unstable_by(|one, other| other.cmp(one));
        let all: usize = counts.iter().sum();
        // Of 1,000 ranks at exponent 0.99 the first has 13 %, and the first hundred have 68 %.
        assert!((all * 11 / 100..all * 15 / 100).contains(&counts[0]), "{}", counts[0]);
        assert!(counts.iter().take(100).sum::<usize>() > all * 6 / 10);
    }

    #[test]
    fn hot_has_one_wallet_in_every_transfer_on_either_side() {
        let transfers = draw(Mix::Hot, 1);
        let hot = WALLETS.id(500);
        assert!(transfers.iter().all(|transfer| transfer.from == hot || transfer.to == hot));
        let paying = transfers.iter().filter(|transfer| transfer.from == hot).count();
        assert!((9_000..11_000).contains(&paying));
    }

    #[test]
    fn scattering_is_a_permutation() {
        for count in [2, 1000, 100_000] {
            let places: HashSet<_> = (0..count).map(|rank| scattered(rank, count)).collect();
            assert_eq!(places.len(), count as usize);
        }
    }
}
