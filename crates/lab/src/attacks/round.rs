//! One go of an attack: its target, and its randomness.

use crate::grounds::Grounds;
use crate::money::Money;
use crate::run::Options;
use crate::target::Target;
use anyhow::Context;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// One go of an attack. The same seed, attack and number give the same requests.
pub(crate) struct Round<'a> {
    pub(crate) target: &'a Target,
    grounds: Option<&'a Grounds>,
    /// Counted from 1.
    pub(crate) number: u32,
    pub(crate) random: StdRng,
    /// How many times as much as usual is to be done, by an attack that has a length.
    pub(crate) size: usize,
}

impl<'a> Round<'a> {
    pub(crate) fn new(
        target: &'a Target,
        grounds: Option<&'a Grounds>,
        options: &Options,
        attack: &str,
        number: u32,
    ) -> Self {
        // FNV-1a: attacks of one seed get numbers of their own.
        let name = attack.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let random = StdRng::seed_from_u64(options.seed ^ name ^ u64::from(number).rotate_left(32));
        let size = usize::try_from(options.size).unwrap_or(usize::MAX);
        Self { target, grounds, number, random, size }
    }

    /// What the target stands on: the attack's own, if it [needs](crate::grounds::Needs) more than an address.
    pub(crate) fn grounds(&self) -> anyhow::Result<&'a Grounds> {
        self.grounds.context("nothing of this target's can be disturbed: it was there already")
    }

    /// Some whole units.
    pub(crate) fn amount(&mut self, range: std::ops::RangeInclusive<i64>) -> Money {
        Money::whole(self.random.random_range(range))
    }
}
