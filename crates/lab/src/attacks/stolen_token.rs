//! A sign-in in the wrong hands.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Ask, Caller};
use crate::money::Money;
use rand::seq::SliceRandom;

/// More than anybody mistypes.
const WRONG: usize = 16;

pub(super) const ATTACK: Attack = Attack {
    id: "stolen-token",
    does: "transfers with somebody's sign-in: without their PIN, with 16 wrong ones at once, and then with the right \
           one",
    expected: "all are refused, the last because the PIN is locked by then",
    fault: "is content with the sign-in",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    // Whose PIN gets locked is nobody whom other attacks need.
    let victim = target.newcomer("victim").await?;
    let before = round.amount(50..=150);
    let purse = target.wallet(&victim, before).await?;
    let loot = target.wallet(&target.people.mallory, Money::ZERO).await?;
    let steal = Ask::Transfer { from: purse, to: loot, amount: "1.00".to_owned() };
    let with_pin = |pin: Option<String>| {
        let token = victim.token.clone();
        target.asks(Caller::Bearer { who: "a thief", token, pin }, steal.clone())
    };

    // The owner can.
    target.must(with_pin(Some(victim.pin.clone()))).await?;
    let before = target.balance(purse).await?;

    let mut answers = vec![target.call(with_pin(None)).await];
    let mut wrong: Vec<String> =
        (1000..10_000).map(|pin| pin.to_string()).filter(|pin| *pin != victim.pin).collect();
    wrong.shuffle(&mut round.random);
    answers.extend(target.race(wrong.into_iter().take(WRONG).map(|pin| with_pin(Some(pin))).collect()).await);
    answers.push(target.call(with_pin(Some(victim.pin.clone()))).await);

    let balance = target.balance(purse).await?;
    let done = done(&answers);
    let mut evidence = Evidence::default();
    evidence.against_if(done > 0, || format!("{done} of {} transfers were done for a thief", answers.len()));
    evidence.must_be("the victim's wallet", before, balance);
    evidence.judge(&answers)
}
