//! Amounts that are none.

use super::evidence::Evidence;
use super::{Attack, Judgement, Needs, Round};
use crate::call::Ask;
use crate::money::Money;

/// What no movement can be of, in an asset of two decimals.
const AMOUNTS: [&str; 14] = [
    "-1000", "-0.01", "-0", "0", "0.00", "1e309", "1e3", "NaN", "Infinity", "10.999", "１０", "1,000",
    "0x10", "",
];

pub(super) const ATTACK: Attack = Attack {
    id: "negative",
    does: "deposits and transfers of -1000, 0, 1e309, NaN, 10.999, １０ and the like; then deposits of 0.10 and 0.20",
    expected: "each of them is refused and changes nothing; 0.10 and 0.20 make 0.30",
    fault: "takes whatever is a number, and counts in floats",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let before = round.amount(10_000..=20_000);
    let from = target.wallet(&target.people.alice, before).await?;
    let to = target.wallet(&target.people.bob, before).await?;
    let mut evidence = Evidence::default();
    let mut answers = Vec::new();
    for amount in AMOUNTS {
        let amount = amount.to_owned();
        let deposit = Ask::Deposit { wallet: to, amount: amount.clone() };
        for (what, ask) in
            [("deposit", deposit), ("transfer", Ask::Transfer { from, to, amount: amount.clone() })]
        {
            let answer = target.house(ask).await;
            evidence.against_if(answer.is_done(), || format!("a {what} of \"{amount}\" was done"));
            answers.push(answer);
        }
    }
    let balances = target.balances(&[from, to]).await?;
    evidence.must_be("the giver, who gave nothing", before, balances[0]);
    evidence.must_be("the receiver, who got nothing", before, balances[1]);

    let wallet = target.wallet(&target.people.alice, Money::ZERO).await?;
    for amount in ["0.10", "0.20"] {
        target.must_do(Ask::Deposit { wallet, amount: amount.to_owned() }).await?;
    }
    let three_tenths = Money::parse("0.30").expect("it is an amount");
    evidence.must_be("0.10 and 0.20", three_tenths, target.balance(wallet).await?);
    evidence.judge(&answers)
}
