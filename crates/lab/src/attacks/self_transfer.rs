//! A transfer from a wallet to itself.

use super::evidence::Evidence;
use super::{Attack, Judgement, Needs, Round};
use crate::call::Ask;

pub(super) const ATTACK: Attack = Attack {
    id: "self-transfer",
    does: "a transfer from a wallet to itself",
    expected: "it is refused, or changes nothing",
    fault: "reads the wallet twice and writes it twice: the second write forgets the first",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let before = round.amount(50..=150);
    let wallet = target.wallet(&target.people.alice, before).await?;
    let amount = round.amount(1..=50).to_string();
    let answer = target.house(Ask::Transfer { from: wallet, to: wallet, amount }).await;

    let mut evidence = Evidence::default();
    evidence.must_be("the wallet", before, target.balance(wallet).await?);
    evidence.judge(&[answer])
}
