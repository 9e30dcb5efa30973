//! Money that leaves a wallet after it was frozen.

use super::evidence::Evidence;
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Answer, Ask, Wallet};
use crate::money::Money;
use crate::target::Target;
use anyhow::bail;
use futures_util::future::{join, join_all};
use rand::RngExt;

const CLIENTS: usize = 16;
/// How many transfers each client makes, one after the other.
const TRANSFERS: usize = 12;

pub(super) const ATTACK: Attack = Attack {
    id: "frozen",
    does: "a freeze while 16 clients send from the wallet",
    expected: "once the freeze is acknowledged, not one more cent leaves",
    fault: "reads the status before the work, and does not look again when it writes",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let before = round.amount(1000..=2000);
    let from = target.wallet(&target.people.alice, before).await?;
    let to = target.wallet(&target.people.bob, Money::ZERO).await?;
    let reads_before = round.random.random_range(2..8);
    let freeze = async {
        // Something that takes as long as the others' transfers do.
        for _ in 0..reads_before {
            target.balance(from).await?;
        }
        let answer = target.house(Ask::Freeze { wallet: from }).await;
        // What had not left by now never may.
        Ok::<_, anyhow::Error>((answer, target.balance(from).await?))
    };
    let sends = join_all((0..CLIENTS).map(|_| send(target, from, to)));
    let (answers, frozen) = join(sends, freeze).await;
    let (frozen, when_frozen) = frozen?;
    if !frozen.is_done() {
        bail!("the wallet could not be frozen: {frozen}");
    }
    let mut evidence = Evidence::default();
    evidence.must_be("the frozen wallet", when_frozen, target.balance(from).await?);
    evidence.judge(&answers.concat())
}

async fn send(target: &Target, from: Wallet, to: Wallet) -> Vec<Answer> {
    let mut answers = Vec::new();
    for _ in 0..TRANSFERS {
        answers.push(target.house(Ask::Transfer { from, to, amount: "1.00".to_owned() }).await);
    }
    answers
}
