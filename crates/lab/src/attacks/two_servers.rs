//! Two servers on one database, asked for the same things at once.

use super::crowd::Crowd;
use super::evidence::Evidence;
use super::{Attack, Judgement, Needs, Round};

/// What each client asks for.
const EACH: usize = 15;

pub(super) const ATTACK: Attack = Attack {
    id: "two-servers",
    does: "eight clients of each of two servers on one database move money between four wallets and read them; every \
           key is used at both servers",
    expected: "one effect and one answer a key, every total right, and one order of everything",
    fault: "locks nothing that another process would see",
    needs: Needs::Servers,
    run: |round| Box::pin(run(round)),
};

async fn run(mut round: Round<'_>) -> Judgement {
    let target = round.target;
    let addresses = round.grounds()?.addresses();
    let crowd = Crowd::prepare(target, &mut round.random, addresses, EACH).await?;
    let asked = crowd.run(target).await;
    let answers: Vec<_> = asked.iter().map(|(_, answer)| answer.clone()).collect();
    let mut evidence = Evidence::default();
    crowd.settle(target, asked, &mut evidence).await?;
    evidence.judge(&answers)
}
