//! Clients of several servers who have their wallets and their keys in common, and the reckoning afterwards: whatever
//! was asked for under a key has one effect and one answer, wherever it was asked.

use super::evidence::Evidence;
use crate::call::{Answer, Ask, Call, Caller, Wallet};
use crate::money::Money;
use crate::target::Target;
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, seq::SliceRandom};
use std::collections::HashMap;

const WALLETS: usize = 4;
/// How many clients each server has.
const CLIENTS: usize = 8;
/// What each wallet has in the beginning: so little that some transfers must be refused.
const OPENING: i64 = 100;

/// Wallets, and what is to be asked for: a list for each client, and the same lists at every server.
pub(super) struct Crowd {
    wallets: Vec<Wallet>,
    lists: Vec<Vec<Call>>,
    addresses: Vec<String>,
}

/// A call, and what was answered to it somewhere.
pub(super) type Asked = (Call, Answer);

impl Crowd {
    /// Lists of so many calls, for the servers at these addresses.
    pub(super) async fn prepare(
        target: &Target,
        random: &mut StdRng,
        addresses: Vec<String>,
        each: usize,
    ) -> anyhow::Result<Self> {
        let mut wallets = Vec::new();
        for _ in 0..WALLETS {
            wallets.push(target.wallet(&target.people.alice, Money::whole(OPENING)).await?);
        }
        let list = |_| (0..each).map(|_| target.asks(Caller::House, ask(random, &wallets))).collect();
        let lists = (0..CLIENTS).map(list).collect();
        Ok(Self { wallets, lists, addresses })
    }

    /// Every client asks for what is on its list, one after the other, whatever it hears. Two have the same list, at
    /// one server each: where both keep step their keys race.
    pub(super) async fn run(&self, target: &Target) -> Vec<Asked> {
        let clients = self.addresses.iter().flat_map(|address| {
            self.lists.iter().map(async move |list| {
                let mut asked = Vec::new();
                for call in list {
                    let mut answers = target.race_at(vec![(call.clone(), address)]).await;
                    asked.extend(answers.pop().map(|answer| (call.clone(), answer)));
                }
                asked
            })
        });
        join_all(clients).await.concat()
    }

    /// Asks for everything once more, at every server. All answers to a transfer must agree, those of before too, and
    /// every balance must be what the transfers that were done make it, each once.
    pub(super) async fn settle(
        &self,
        target: &Target,
        asked: Vec<Asked>,
        evidence: &mut Evidence,
    ) -> anyhow::Result<()> {
        let settled = self.ask_again(target, evidence).await?;
        let is_untrue = |(call, answer): &&Asked| {
            answer.is_done() && settled.get(&call.key).is_some_and(|(_, now)| now != answer)
        };
        let untrue: Vec<&Asked> = asked.iter().filter(is_untrue).collect();
        if let Some((call, answer)) = untrue.first() {
            let (_, now) = &settled[&call.key];
            let all = untrue.len();
            evidence.against_if(true, || {
                format!("what was {answer} is {now} when it is asked for again (one of {all})")
            });
        }
        let done = settled.values().filter(|(_, answer)| answer.is_done());
        self.count(target, done.map(|(call, _)| &call.ask), evidence).await
    }

    /// What every server says of each transfer now, by its key.
    async fn ask_again(
        &self,
        target: &Target,
        evidence: &mut Evidence,
    ) -> anyhow::Result<HashMap<String, Asked>> {
        let mut settled = HashMap::new();
        let calls = self.lists.iter().flatten();
        for call in calls.filter(|call| matches!(call.ask, Ask::Transfer { .. })) {
            let everywhere = self.addresses.iter().map(|address| (call.clone(), &**address));
            for answer in target.race_at(everywhere.collect()).await {
                anyhow::ensure!(!answer.is_unclear(), "a retry does not say what happened: {answer}");
                let (_, first) =
                    settled.entry(call.key.clone()).or_insert_with(|| (call.clone(), answer.clone()));
                evidence.against_if(*first != answer, || {
                    format!("one server says {first}, and another {answer}, under one key")
                });
            }
        }
        Ok(settled)
    }

    async fn count(
        &self,
        target: &Target,
        done: impl Iterator<Item = &Ask>,
        evidence: &mut Evidence,
    ) -> anyhow::Result<()> {
        let mut expected: HashMap<i64, Money> =
            self.wallets.iter().map(|wallet| (wallet.id, Money::whole(OPENING))).collect();
        for ask in done {
            let Ask::Transfer { from, to, amount } = ask else { continue };
            let amount = Money::parse(amount).unwrap_or_default();
            for (wallet, change) in [(from, Money::ZERO - amount), (to, amount)] {
                let balance = expected.entry(wallet.id).or_default();
                *balance = *balance + change;
            }
        }
        for (wallet, is) in self.wallets.iter().zip(target.balances(&self.wallets).await?) {
            evidence.must_be(&format!("wallet {}", wallet.id), expected[&wallet.id], is);
        }
        for fault in target.audit().await? {
            evidence.against_if(true, || fault);
        }
        Ok(())
    }
}

/// Three transfers to a read of all wallets.
fn ask(random: &mut StdRng, wallets: &[Wallet]) -> Ask {
    if random.random_range(0..4) == 0 {
        return Ask::Balances { wallets: wallets.to_vec() };
    }
    let mut some = wallets.to_vec();
    some.shuffle(random);
    Ask::Transfer {
        from: some[0],
        to: some[1],
        amount: Money::whole(random.random_range(1..=60)).to_string(),
    }
}
