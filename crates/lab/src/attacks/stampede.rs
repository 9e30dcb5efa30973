//! More requests at once than a target has places for.

use super::evidence::Evidence;
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Answer, Ask, Call, Caller, Wallet};
use crate::money::Money;
use crate::target::Target;
use crate::wire::Held;
use futures_util::future::{join_all, try_join_all};

/// So many requests are begun and not ended, unless a target is full before: four times the places that there are.
const HELD_MAX: usize = 32;
/// How many come when it is full.
const CROWD: usize = 24;
const OPENING: i64 = 100;

pub(super) const ATTACK: Attack = Attack {
    id: "stampede",
    does: "begins transfers and does not end them, one after another, until somebody is turned away; then a crowd comes; \
           then all are ended, and who was turned away asks again",
    expected: "who comes when all places are taken is refused at once with Retry-After, and nothing of it happens; who was \
               let in is served; in the end everything was done, once",
    fault: "lets in whoever comes: its queue has no end, and nobody is told to come back",
    needs: Needs::Places,
    run: |round| Box::pin(run(round)),
};

async fn run(round: Round<'_>) -> Judgement {
    let target = round.target;
    let from = target.wallet(&target.people.alice, Money::whole(OPENING)).await?;
    let to = target.wallet(&target.people.bob, Money::ZERO).await?;
    let transfer = || target.asks(Caller::House, Ask::Transfer { from, to, amount: "1.00".to_owned() });

    let held = hold_until_full(target, from, &transfer).await?;
    let under_way = held.len();
    target.mark(format!("{under_way} begun"));
    let crowd = std::iter::repeat_with(&transfer).take(CROWD).map(|call| begin(target, call));
    let of_crowd = end(target, try_join_all(crowd).await?).await;
    target.mark("all are ended");
    let of_held = end(target, held).await;

    let mut evidence = Evidence::default();
    let let_in: Vec<_> = of_crowd.iter().filter(|(_, answer)| !answer.is_turned_away()).collect();
    evidence.against_if(!let_in.is_empty(), || {
        let (count, answer) = (let_in.len(), &let_in[0].1);
        format!(
            "{under_way} were under way, and {count} of {CROWD} more were not turned away, such as: {answer}"
        )
    });
    evidence.against_if(!of_held.iter().any(|(_, answer)| answer.is_done()), || {
        "nobody who had been let in was served".to_owned()
    });
    if evidence.is_empty() {
        come_back(target, [of_held, of_crowd].concat(), [from, to], &mut evidence).await?;
    }
    evidence.judge(&[])
}

/// Begins one call after another, until somebody who comes behind them is turned away: then they have all places, and
/// keep them. None of this depends on how fast a target is.
async fn hold_until_full(
    target: &Target,
    wallet: Wallet,
    transfer: impl Fn() -> Call,
) -> anyhow::Result<Vec<(Call, Held)>> {
    let mut held = Vec::new();
    while held.len() < HELD_MAX {
        held.push(begin(target, transfer()).await?);
        if target.house(Ask::Balances { wallets: vec![wallet] }).await.is_turned_away() {
            break;
        }
    }
    Ok(held)
}

async fn begin(target: &Target, call: Call) -> anyhow::Result<(Call, Held)> {
    let held = target.hold(&call).await?;
    Ok((call, held))
}

/// Ends all of them at once; what they are told.
async fn end(target: &Target, begun: Vec<(Call, Held)>) -> Vec<(Call, Answer)> {
    join_all(begun.into_iter().map(async |(call, held)| (call.clone(), target.release(call, held).await)))
        .await
}

/// Everybody asks once more under the same key: all of it must have been done now, and once.
async fn come_back(
    target: &Target,
    told: Vec<(Call, Answer)>,
    [from, to]: [Wallet; 2],
    evidence: &mut Evidence,
) -> anyhow::Result<()> {
    let all = Money::whole(i64::try_from(told.len())?);
    if !told.iter().any(|(_, answer)| answer.is_unclear()) {
        let served = told.iter().filter(|(_, answer)| answer.is_done()).count();
        let given = target.balance(to).await?;
        evidence.must_be(
            "who was given, by those who were served",
            Money::whole(i64::try_from(served)?),
            given,
        );
    }
    for (call, answer) in told {
        let again = target.call(call).await;
        anyhow::ensure!(!again.is_unclear(), "a retry does not say what happened: {again}");
        let is_as_it_must_be = if answer.is_done() { again == answer } else { again.is_done() };
        evidence.against_if(!is_as_it_must_be, || {
            format!("what was {answer} is {again} when it is asked for again")
        });
    }
    let balances = target.balances(&[from, to]).await?;
    evidence.must_be("who gave", Money::whole(OPENING) - all, balances[0]);
    evidence.must_be("who was given", all, balances[1]);
    Ok(())
}
