//! What attacks act on. Every call is recorded here, with its answer.

use crate::call::{Answer, Ask, Call, Caller, Mark, Person, Record, Wallet};
use crate::money::Money;
use crate::targets::Service;
use crate::wire::{Held, Request};
use crate::witness::Shown;
use anyhow::{Context, bail};
use futures_util::future::join_all;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A wallet service at an address.
pub(crate) struct Target {
    service: Service,
    /// Those who have wallets there.
    pub(crate) people: People,
    /// What all keys begin with: a target may remember those of earlier runs.
    run: String,
    begun: Instant,
    clients: AtomicU64,
    keys: AtomicU64,
    records: Mutex<Vec<Record>>,
    marks: Mutex<Vec<Mark>>,
}

/// Who lives at a target.
pub(crate) struct People {
    pub(crate) alice: Person,
    pub(crate) bob: Person,
    /// Who attacks the other two, where an attack has one side.
    pub(crate) mallory: Person,
}

impl Target {
    /// The one behind this service; its people sign up.
    pub(crate) async fn begin(service: Service) -> anyhow::Result<Self> {
        let run = format!("lab-{:08x}", rand::random::<u32>());
        let people = People {
            alice: service.sign_up(&format!("alice-{run}")).await.context("alice signs up")?,
            bob: service.sign_up(&format!("bob-{run}")).await.context("bob signs up")?,
            mallory: service.sign_up(&format!("mallory-{run}")).await.context("mallory signs up")?,
        };
        Ok(Self {
            service,
            people,
            run,
            begun: Instant::now(),
            clients: AtomicU64::new(0),
            keys: AtomicU64::new(0),
            records: Mutex::default(),
            marks: Mutex::default(),
        })
    }

    /// A call under a key of its own.
    pub(crate) fn asks(&self, caller: Caller, ask: Ask) -> Call {
        let number = self.keys.fetch_add(1, Ordering::Relaxed);
        Call { caller, key: format!("{}-{number}", self.run), within: None, ask }
    }

    /// Makes one call.
    pub(crate) async fn call(&self, call: Call) -> Answer {
        let mut answers = self.race(vec![call]).await;
        answers.pop().expect("a call has an answer")
    }

    /// The same for the house, under a key of its own.
    pub(crate) async fn house(&self, ask: Ask) -> Answer {
        self.call(self.asks(Caller::House, ask)).await
    }

    /// A call that must be done, or nothing can be told: what is prepared, and what shows that a refusal is not for
    /// another reason. The id of what came of it.
    pub(crate) async fn must(&self, call: Call) -> anyhow::Result<String> {
        let ask = call.ask.clone();
        match self.call(call).await {
            Answer::Done { id } => Ok(id),
            answer => bail!("{ask:?} had to be done: {answer}"),
        }
    }

    /// The same for the house, under a key of its own.
    pub(crate) async fn must_do(&self, ask: Ask) -> anyhow::Result<String> {
        self.must(self.asks(Caller::House, ask)).await
    }

    /// Makes all calls at once: each on its own connection, sent but for the last byte; when all of them are that far
    /// the last bytes are released together. The answers come in the calls' order.
    pub(crate) async fn race(&self, calls: Vec<Call>) -> Vec<Answer> {
        let here = self.service.address();
        self.race_at(calls.into_iter().map(|call| (call, here)).collect()).await
    }

    /// The same over several servers: each call goes to the address beside it.
    pub(crate) async fn race_at(&self, calls: Vec<(Call, &str)>) -> Vec<Answer> {
        let sent = calls.into_iter().map(async |(call, address)| {
            let request = self.service.request(&call);
            let held = Held::send(address, &request).await;
            (call, held)
        });
        let sent = join_all(sent).await;
        if sent.len() > 1 {
            self.mark(format!("{} released", sent.len()));
        }
        let released: Vec<_> = sent
            .into_iter()
            .map(|(call, held)| {
                let invoked_at = self.begun.elapsed();
                let held = held.and_then(|held| held.release().map(|()| held));
                (call, held, invoked_at)
            })
            .collect();
        let answered = released
            .into_iter()
            .map(async |(call, held, invoked_at)| self.answered(call, held, invoked_at).await);
        join_all(answered).await
    }

    /// Begins a call: all of it is sent but for its last byte.
    pub(crate) async fn hold(&self, call: &Call) -> anyhow::Result<Held> {
        Held::send(self.service.address(), &self.service.request(call)).await
    }

    /// Ends a call that was begun, unless it is answered already.
    pub(crate) async fn release(&self, call: Call, held: Held) -> Answer {
        let invoked_at = self.begun.elapsed();
        if !held.is_answered() {
            // Who turns it away at this moment takes no more of it, but answers.
            let _ = held.release();
        }
        self.answered(call, Ok(held), invoked_at).await
    }

    async fn answered(&self, call: Call, held: anyhow::Result<Held>, invoked_at: Duration) -> Answer {
        let response = match held {
            Ok(held) => held.answer().await,
            Err(error) => Err(error),
        };
        let (answer, shown) = match response {
            Ok(response) => self.service.answer(&call, &response),
            Err(error) => (Answer::Unclear { why: format!("{error:#}") }, Shown::default()),
        };
        let returned_at = self.begun.elapsed();
        let client = self.clients.fetch_add(1, Ordering::Relaxed);
        let answered = answer.clone();
        self.record(Record { client, invoked_at, returned_at, call, answer, shown });
        answered
    }

    /// Makes one call, and closes its connection without hearing what came of it: after this time, or, if there is none,
    /// when the answer comes.
    pub(crate) async fn hang_up_on(&self, call: Call, after: Option<Duration>) -> Answer {
        let held = Held::send(self.service.address(), &self.service.request(&call)).await;
        let invoked_at = self.begun.elapsed();
        let why = match held.and_then(|held| held.release().map(|()| held)) {
            Ok(held) => {
                held.hang_up(after).await;
                "hung up".to_owned()
            }
            Err(error) => format!("{error:#}"),
        };
        let (answer, shown) = (Answer::Unclear { why }, Shown::default());
        let client = self.clients.fetch_add(1, Ordering::Relaxed);
        let returned_at = self.begun.elapsed();
        self.record(Record { client, invoked_at, returned_at, call, answer: answer.clone(), shown });
        answer
    }

    /// `host:port`, for what no call can send.
    pub(crate) fn address(&self) -> &str {
        self.service.address()
    }

    /// A call as it would be sent.
    pub(crate) fn request(&self, call: &Call) -> Request {
        self.service.request(call)
    }

    fn record(&self, record: Record) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }

    /// What was recorded since it was last taken, in the order in which it was begun.
    pub(crate) fn take_records(&self) -> Vec<Record> {
        let mut records = std::mem::take(&mut *self.records.lock().unwrap_or_else(PoisonError::into_inner));
        records.sort_by_key(|record| record.invoked_at);
        records
    }

    /// Notes what befalls the target now.
    pub(crate) fn mark(&self, text: impl Into<String>) {
        let mark = Mark { at: self.begun.elapsed(), text: text.into() };
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).push(mark);
    }

    /// What was noted since it was last taken.
    pub(crate) fn take_marks(&self) -> Vec<Mark> {
        std::mem::take(&mut *self.marks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The public keys that the target's tokens are verified with, as text; none where its keys are secret.
    pub(crate) async fn public_keys(&self) -> anyhow::Result<Vec<String>> {
        self.service.public_keys().await
    }

    /// What the target itself finds wrong with its books, in sentences; one that keeps none finds nothing.
    pub(crate) async fn audit(&self) -> anyhow::Result<Vec<String>> {
        self.service.audit().await.context("the target's audit")
    }

    /// Somebody new, for what would spoil the others for other attacks.
    pub(crate) async fn newcomer(&self, name: &str) -> anyhow::Result<Person> {
        let number = self.keys.fetch_add(1, Ordering::Relaxed);
        self.service.sign_up(&format!("{name}{number}-{}", self.run)).await
    }

    /// A new wallet with money in it.
    pub(crate) async fn wallet(&self, owner: &Person, money: Money) -> anyhow::Result<Wallet> {
        let id = self.must_do(Ask::OpenWallet { owner: owner.id }).await?;
        let wallet = Wallet { id: id.parse().context("a wallet's id")?, owner: owner.id };
        if money > Money::ZERO {
            self.must_do(Ask::Deposit { wallet, amount: money.to_string() }).await?;
        }
        Ok(wallet)
    }

    /// What these wallets have, in one call.
    pub(crate) async fn balances(&self, wallets: &[Wallet]) -> anyhow::Result<Vec<Money>> {
        match self.house(Ask::Balances { wallets: wallets.to_vec() }).await {
            Answer::Balances { balances } if balances.len() == wallets.len() => Ok(balances),
            answer => bail!("balances could not be read: {answer}"),
        }
    }

    /// What this wallet has.
    pub(crate) async fn balance(&self, wallet: Wallet) -> anyhow::Result<Money> {
        Ok(self.balances(&[wallet]).await?.iter().copied().sum())
    }
}
