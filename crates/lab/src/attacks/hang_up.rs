//! Callers who do not wait for the answer.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Answer, Ask, Caller, Wallet};
use crate::money::Money;
use crate::target::Target;
use rand::RngExt;
use std::time::Duration;

const CLIENTS: usize = 8;
/// How many transfers each of them hangs up on, one after the other.
const EACH: usize = 16;
/// When they do so at the latest: an answer may well be there by then.
const PATIENCE_MAX: Duration = Duration::from_millis(8);

pub(super) const ATTACK: Attack = Attack {
    id: "hang-up",
    does: "eight clients cut the connection at a random moment of each transfer, and of reads between them, and then ask \
           again under the transfer's key",
    expected: "every transfer is done once and whole, and whoever asks again is told so",
    fault: "works in the request's own task: when its connection ends, what is left of the work is never done",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let before = round.amount(500..=1000);
    // Each client has a pair of wallets of its own, so that a target that loses updates does not break by those.
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let from = target.wallet(&target.people.alice, before).await?;
        let to = target.wallet(&target.people.bob, Money::ZERO).await?;
        let mut patience = || Duration::from_micros(round.random.random_range(0..=micros(PATIENCE_MAX)));
        let patience: Vec<Duration> = std::iter::repeat_with(&mut patience).take(EACH).collect();
        clients.push((from, to, patience));
    }
    let hung_up =
        clients.iter().map(async |(from, to, patience)| hang_up(target, *from, *to, patience).await);
    let answers = futures_util::future::join_all(hung_up).await.concat();

    let mut evidence = Evidence::default();
    let done = done(&answers);
    evidence.against_if(done != answers.len(), || {
        format!("of {} transfers {done} were done, once they were asked for again", answers.len())
    });
    for (from, to, _) in clients {
        let balances = target.balances(&[from, to]).await?;
        let moved = Money::whole(1).times(EACH);
        evidence.must_be(&format!("a giver after {EACH} transfers of 1.00"), before - moved, balances[0]);
        evidence.must_be(&format!("its receiver after {EACH} transfers of 1.00"), moved, balances[1]);
    }
    evidence.judge(&answers)
}

/// What is answered to whoever asks again.
async fn hang_up(target: &Target, from: Wallet, to: Wallet, patience: &[Duration]) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (number, patience) in patience.iter().enumerate() {
        let transfer = target.asks(Caller::House, Ask::Transfer { from, to, amount: "1.00".to_owned() });
        target.hang_up_on(transfer.clone(), Some(*patience)).await;
        if number % 4 == 0 {
            let read = target.asks(Caller::House, Ask::Balances { wallets: vec![from, to] });
            target.hang_up_on(read, Some(*patience)).await;
        }
        answers.push(target.call(transfer).await);
    }
    answers
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
