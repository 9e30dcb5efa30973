//! Transfers that need the same wallets in opposite order.

use super::evidence::Evidence;
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Answer, Ask, Call, Caller, Wallet};
use crate::money::Money;
use crate::target::Target;
use rand::seq::SliceRandom;

const PAIRS: usize = 12;
/// How often all of them move, one time after the other. The wallets have enough for that.
const WAVES: usize = 8;
const EACH: i64 = 1_000;

pub(super) const ATTACK: Attack = Attack {
    id: "opposed-pairs",
    does: "A pays B while B pays A, in twelve pairs, and each pair pays one hot wallet and is paid by it, 48 transfers \
           at once, eight times",
    expected: "every transfer is done, as if nobody else were there; no money appears or vanishes",
    fault: "locks the wallets in the order of the request: two wait for each other, until one is killed",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let wallets = wallets(target).await?;
    let (hot, pairs) = (wallets[0], wallets[1..].chunks_exact(2));
    let mut ways = Vec::new();
    for pair in pairs {
        ways.extend([(pair[0], pair[1]), (pair[1], pair[0]), (pair[0], hot), (hot, pair[1])]);
    }
    let mut answers = Vec::new();
    for _ in 0..WAVES {
        ways.shuffle(&mut round.random);
        let transfers: Vec<Call> = ways
            .iter()
            .map(|(from, to)| {
                let amount = round.amount(1..=5).to_string();
                target.asks(Caller::House, Ask::TransferUnderLock { from: *from, to: *to, amount })
            })
            .collect();
        answers.extend(target.race(transfers).await);
        if answers.iter().any(|answer| !answer.is_done()) {
            break;
        }
    }

    let balances = target.balances(&wallets).await?;
    let mut evidence = Evidence::default();
    let all = answers.len();
    let undone: Vec<&Answer> = answers.iter().filter(|answer| !answer.is_done()).collect();
    evidence.against_if(!undone.is_empty(), || {
        format!(
            "{} of {all} transfers were not done, though nothing stood against them: {}",
            undone.len(),
            undone[0]
        )
    });
    let total = Money::whole(EACH).times(wallets.len());
    evidence.must_be("all wallets together", total, balances.iter().copied().sum());
    evidence.judge(&answers)
}

/// The hot wallet, and then the pairs.
async fn wallets(target: &Target) -> anyhow::Result<Vec<Wallet>> {
    let owners = [&target.people.alice, &target.people.bob].into_iter().cycle();
    let opened = owners.take(1 + 2 * PAIRS).map(|owner| target.wallet(owner, Money::whole(EACH)));
    futures_util::future::try_join_all(opened).await
}
