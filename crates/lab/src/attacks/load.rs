//! Clients that transfer money until something breaks, and the reckoning afterwards: what they were told must be so,
//! and what they were not told must come out when they ask again.
//!
//! Each client has two wallets of its own, so that even a target that loses updates in races gets every total right
//! while nothing breaks.

use super::evidence::Evidence;
use crate::call::{Answer, Ask, Call, Caller, Wallet};
use crate::money::Money;
use crate::target::Target;
use futures_util::future::join_all;

/// What each wallet has in the beginning.
pub(super) const OPENING: i64 = 10_000;
const AMOUNT: i64 = 1;

/// Clients with their wallets.
pub(super) struct Load {
    pairs: Vec<[Wallet; 2]>,
}

/// What a client sent, and what it was told.
pub(super) struct Sent {
    pub(super) client: usize,
    pub(super) call: Call,
    pub(super) answer: Answer,
}

impl Load {
    pub(super) async fn prepare(target: &Target, clients: usize) -> anyhow::Result<Self> {
        let pairs = (0..clients).map(async |_| {
            let money = Money::whole(OPENING);
            let one = target.wallet(&target.people.alice, money).await?;
            anyhow::Ok([one, target.wallet(&target.people.bob, money).await?])
        });
        let pairs = join_all(pairs).await.into_iter().collect::<Result<_, _>>()?;
        Ok(Self { pairs })
    }

    /// Every client transfers, one transfer after the other, until it does not hear what became of one.
    pub(super) async fn run_until_it_breaks(&self, target: &Target) -> Vec<Sent> {
        let clients = (0..self.pairs.len()).map(async |client| {
            let mut sent = Vec::new();
            for number in 0.. {
                let call = target.asks(Caller::House, self.transfer(client, number));
                let answer = target.call(call.clone()).await;
                let is_unclear = answer.is_unclear();
                sent.push(Sent { client, call, answer });
                if is_unclear {
                    break;
                }
            }
            sent
        });
        join_all(clients).await.into_iter().flatten().collect()
    }

    /// Every client makes so many transfers, one after the other, whatever becomes of them.
    pub(super) async fn run(&self, target: &Target, each: usize) -> Vec<Sent> {
        let clients = (0..self.pairs.len()).map(async |client| {
            let mut sent = Vec::new();
            for number in 0..each {
                let call = target.asks(Caller::House, self.transfer(client, number));
                let answer = target.call(call.clone()).await;
                sent.push(Sent { client, call, answer });
            }
            sent
        });
        join_all(clients).await.into_iter().flatten().collect()
    }

    /// How many clients there are.
    pub(super) fn clients(&self) -> usize {
        self.pairs.len()
    }

    /// Whose transfers with even numbers leave.
    pub(super) fn giver(&self, client: usize) -> Wallet {
        self.pairs[client][0]
    }

    /// What has come to each client's second wallet.
    pub(super) async fn received(&self, target: &Target) -> anyhow::Result<Vec<Money>> {
        let others: Vec<Wallet> = self.pairs.iter().map(|[_, other]| *other).collect();
        let balances = target.balances(&others).await?;
        Ok(balances.into_iter().map(|balance| balance - Money::whole(OPENING)).collect())
    }

    /// There and back.
    pub(super) fn transfer(&self, client: usize, number: usize) -> Ask {
        let [one, other] = self.pairs[client];
        let (from, to) = if number.is_multiple_of(2) { (one, other) } else { (other, one) };
        Ask::Transfer { from, to, amount: Money::whole(AMOUNT).to_string() }
    }

    /// Asks for everything once more, under the same keys, and counts: what was acknowledged must be the same
    /// transaction still, and every balance what the transfers that were done make it. What it was told now.
    pub(super) async fn settle(
        &self,
        target: &Target,
        sent: Vec<Sent>,
        evidence: &mut Evidence,
    ) -> anyhow::Result<Vec<Sent>> {
        let mut expected = vec![[Money::whole(OPENING); 2]; self.pairs.len()];
        let mut by_client: Vec<Vec<Sent>> = self.pairs.iter().map(|_| Vec::new()).collect();
        for one in sent {
            by_client[one.client].push(one);
        }
        let retries = by_client.into_iter().map(async |sent| {
            let mut retried = Vec::new();
            for Sent { client, call, answer } in sent {
                let again = target.call(call.clone()).await;
                retried.push((Sent { client, call, answer }, again));
            }
            retried
        });
        let mut told = Vec::new();
        for (Sent { client, call, answer }, again) in join_all(retries).await.into_iter().flatten() {
            anyhow::ensure!(!again.is_unclear(), "a retry does not say what happened: {again}");
            evidence.against_if(answer.is_done() && again != answer, || {
                format!("what was {answer} is {again} when it is asked for again")
            });
            if let (Ask::Transfer { from, .. }, true) = (&call.ask, again.is_done()) {
                let amount = Money::whole(AMOUNT);
                let is_first = *from == self.pairs[client][0];
                let [one, other] = &mut expected[client];
                let (giver, taker) = if is_first { (one, other) } else { (other, one) };
                (*giver, *taker) = (*giver - amount, *taker + amount);
            }
            told.push(Sent { client, call, answer: again });
        }
        self.count(target, &expected, evidence).await?;
        Ok(told)
    }

    async fn count(
        &self,
        target: &Target,
        expected: &[[Money; 2]],
        evidence: &mut Evidence,
    ) -> anyhow::Result<()> {
        let wallets = self.pairs.concat();
        let balances = target.balances(&wallets).await?;
        let expected = expected.concat();
        let wrong = balances.iter().zip(&expected).filter(|(balance, expected)| balance != expected).count();
        evidence.against_if(wrong > 0, || {
            format!("{wrong} of {} wallets have not what their transfers make", wallets.len())
        });
        let total = expected.iter().copied().sum();
        evidence.must_be("all wallets together", total, balances.iter().copied().sum());
        for fault in target.audit().await? {
            evidence.against_if(true, || fault);
        }
        Ok(())
    }
}
