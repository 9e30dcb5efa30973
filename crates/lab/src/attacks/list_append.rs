//! Many clients moving and reading money at once, and whether one order explains what they were told.
//!
//! Every wallet is a list and every movement appends one entry to each of two; a read shows how far lists had come.
//! Florin numbers entries; of the specimen, which does not, it is the balance that tells after which entry another was
//! written: amounts are so random that few balances come twice.

use super::evidence::Evidence;
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Answer, Ask, Wallet};
use crate::money::Money;
use rand::rngs::StdRng;
use rand::{RngExt, seq::SliceRandom};

const WALLETS: usize = 4;
const CLIENTS: usize = 8;
/// What each client asks for, one after the other, in a round of the usual size.
const EACH: usize = 60;

pub(super) const ATTACK: Attack = Attack {
    id: "list-append",
    does: "eight clients move money between four wallets and read several of them at once; each entry is an element \
           appended to its wallet's list",
    expected: "one order of all operations, true to real time, explains every answer",
    fault: "reads, then writes what it made of that: updates are lost, and a read is of several moments",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let each = Money::whole(10_000);
    let mut wallets = Vec::new();
    for _ in 0..WALLETS {
        wallets.push(target.wallet(&target.people.alice, each).await?);
    }
    let plans: Vec<Vec<Ask>> =
        (0..CLIENTS).map(|_| plan(&mut round.random, &wallets, EACH * round.size)).collect();
    let clients = plans.into_iter().map(async |plan| {
        let mut answers = Vec::new();
        for ask in plan {
            answers.push(target.house(ask).await);
        }
        answers
    });
    let answers: Vec<Answer> = futures_util::future::join_all(clients).await.concat();
    target.balances(&wallets).await?;
    // What the answers prove is for the checker of histories, which looks at every attack.
    Evidence::default().judge(&answers)
}

/// Two movements to one read, in no order.
fn plan(random: &mut StdRng, wallets: &[Wallet], asks: usize) -> Vec<Ask> {
    let one = |random: &mut StdRng| {
        let mut some = wallets.to_vec();
        some.shuffle(random);
        if random.random_range(0..3) == 0 {
            some.truncate(random.random_range(2..=WALLETS));
            return Ask::Balances { wallets: some };
        }
        let cents = random.random_range(1..=5_000);
        Ask::Transfer { from: some[0], to: some[1], amount: format!("{}.{:02}", cents / 100, cents % 100) }
    };
    (0..asks).map(|_| one(random)).collect()
}
