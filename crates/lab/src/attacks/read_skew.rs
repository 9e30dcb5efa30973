//! A total that is read while money moves.

use super::evidence::{Evidence, done};
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Answer, Ask, Wallet};
use crate::money::Money;
use crate::target::Target;
use rand::seq::SliceRandom;

const WALLETS: usize = 6;
/// How many transfers each pair of wallets makes, one after the other, in a round of the usual size.
const TRANSFERS: usize = 30;
const READERS: usize = 2;
const READS: usize = 40;

pub(super) const ATTACK: Attack = Attack {
    id: "read-skew",
    does: "balances of six wallets, read in one request again and again while money moves between them",
    expected: "every total is the same: no money is seen twice, or not at all",
    fault: "reads wallet by wallet, each at another moment",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let each = round.amount(500..=1000);
    let mut wallets = Vec::new();
    for _ in 0..WALLETS {
        wallets.push(target.wallet(&target.people.alice, each).await?);
    }
    // Each mover has a pair of its own, so that even a target that loses updates conserves the total.
    let pairs: Vec<(Wallet, Wallet)> = wallets.chunks(2).map(|pair| (pair[0], pair[1])).collect();
    let movers = pairs.into_iter().map(|(one, other)| {
        let mut ways = [[one, other], [other, one]].repeat(TRANSFERS / 2 * round.size);
        ways.shuffle(&mut round.random);
        move_money(target, ways)
    });
    let movers = futures_util::future::join_all(movers);
    let readers =
        futures_util::future::join_all((0..READERS).map(|_| read(target, &wallets, READS * round.size)));
    let (moved, read) = futures_util::future::join(movers, readers).await;

    let (answers, read) = (moved.concat(), read.concat());
    let all = each.times(WALLETS);
    let mut evidence = Evidence::default();
    let totals = read.iter().filter_map(|answer| match answer {
        Answer::Balances { balances } => Some(balances.iter().copied().sum::<Money>()),
        _ => None,
    });
    let wrong: Vec<Money> = totals.filter(|total| *total != all).collect();
    evidence.against_if(!wrong.is_empty(), || {
        format!("{} of {} totals were not {all}, the first of them {}", wrong.len(), read.len(), wrong[0])
    });
    evidence.against_if(done(&answers) == 0, || "no transfer was done".to_owned());
    evidence.judge(&[answers, read].concat())
}

async fn move_money(target: &Target, ways: Vec<[Wallet; 2]>) -> Vec<Answer> {
    let mut answers = Vec::new();
    for [from, to] in ways {
        answers.push(target.house(Ask::Transfer { from, to, amount: "10.00".to_owned() }).await);
    }
    answers
}

async fn read(target: &Target, wallets: &[Wallet], reads: usize) -> Vec<Answer> {
    let mut answers = Vec::new();
    for _ in 0..reads {
        answers.push(target.house(Ask::Balances { wallets: wallets.to_vec() }).await);
    }
    answers
}
