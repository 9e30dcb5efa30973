//! A store under load: its wallets with money in them, its committer, and the proof afterwards.

use super::in_process;
use super::measure::Round;
use super::mix::{Mix, Transfers, Wallets};
use super::progress::Progress;
use super::rounds::Length;
use super::scratch::{Scratch, Scratches};
use crate::cli::serve;
use anyhow::{Context, bail};
use florin_ledger::{
    Asset, AssetCode, Caller, Command, Decimal, Fingerprint, IdempotencyKey, KeyHash, LedgerId, Movement,
    Principal, Scale, UserId,
};
use florin_server::auth::ApiKeys;
use florin_server::cache::Cache;
use florin_server::clock;
use florin_server::committer::Committer;
use florin_server::config::Settings;
use florin_store::{
    AuditReport, Created, CreationKey, EmailAddress, Engine, NewApiKey, NewAsset, NewUser, Origin, Role,
    Scope, Store, Username,
};
use secrecy::SecretString;
use std::sync::Arc;

/// What every wallet begins with: no load can use it up.
pub(super) const OPENING_BALANCE: &str = "1000000.00";

/// A store that loads are run on.
pub(super) struct Subject {
    pub(super) scratch: Scratch,
    pub(super) store: Arc<dyn Engine>,
    pub(super) committer: Committer,
    pub(super) wallets: Wallets,
    /// What they hold.
    pub(super) asset: AssetCode,
    operator: UserId,
    /// On whose behalf money moves, as the committer knows them.
    pub(super) caller: Caller,
    /// How many transactions must be in the ledger.
    transactions: u64,
}

impl Subject {
    /// Makes a database with an asset, a user, and so many wallets, each with money.
    pub(super) async fn prepare(
        scratches: &Scratches,
        settings: &Settings,
        wallets: u32,
        progress: &Progress,
    ) -> anyhow::Result<Self> {
        let scratch = scratches.create().await?;
        let store = scratch.open().await?;
        let user = create_operator(&*store).await?;
        let asset = Asset {
            code: AssetCode::parse("BENCH").context("an asset code")?,
            scale: Scale::new(2).context("a scale")?,
        };
        let new = NewAsset { asset, name: "Bench".to_owned() };
        let key = creation_key(user, "asset");
        let Created::New(record) =
            store.create_asset(LedgerId::MAIN, new, key, Origin::SYSTEM, clock::now()).await?
        else {
            bail!("the asset was not created");
        };
        let first = record.system_wallets.iter().map(|id| id.0).max().unwrap_or(0) + 1;
        let wallets = Wallets { first, count: wallets };
        scratch.insert_wallets(wallets, user, asset.code).await?;

        let committer =
            Committer::start(Arc::clone(&store) as _, serve::committer_settings(settings), Cache::off());
        let caller = Caller { principal: Principal::User(user), is_house: true };
        let mut subject = Self {
            scratch,
            store,
            committer,
            wallets,
            asset: asset.code,
            operator: user,
            caller,
            transactions: 0,
        };
        subject.open_balances(progress).await?;
        subject.scratch.settle().await?;
        Ok(subject)
    }

    async fn open_balances(&mut self, progress: &Progress) -> anyhow::Result<()> {
        let amount = Decimal::parse(OPENING_BALANCE)?;
        let caller = self.caller;
        let deposits = self.wallets.ids().map(|wallet| {
            let key =
                IdempotencyKey::parse(&format!("opening-{wallet}")).expect("letters and digits are a key");
            let fingerprint = Fingerprint::of("deposit", key.as_str().as_bytes());
            Command::new(caller, key, fingerprint, Movement::Deposit { wallet, amount })
        });
        let count = u64::from(self.wallets.count);
        let task = progress.task("opening balances", count);
        in_process::fill(&self.committer, deposits, |made| task.advance(made)).await?;
        self.acknowledge(count);
        Ok(())
    }

    /// The transfers of a mix; another seed gives others.
    pub(super) fn transfers(&self, mix: Mix, seed: u32) -> Transfers {
        Transfers::new(self.wallets, mix, seed)
    }

    /// Notes transactions that were acknowledged: the ledger must have them in the end.
    pub(super) fn acknowledge(&mut self, transactions: u64) {
        self.transactions += transactions;
    }

    /// Runs single transfers on the committer.
    pub(super) async fn measure(
        &mut self,
        transfers: &Transfers,
        in_flight: usize,
        length: Length,
    ) -> anyhow::Result<Round> {
        let round =
            in_process::singles(&self.committer, transfers, self.caller, in_flight, length.begin()).await?;
        self.acknowledge(round.acknowledged);
        Ok(round)
    }

    /// Makes transfers until the ledger has so many transactions.
    pub(super) async fn fill(
        &mut self,
        transactions: u64,
        seed: u32,
        progress: &Progress,
    ) -> anyhow::Result<()> {
        let missing = transactions.saturating_sub(self.transactions);
        let task = progress.task("filling the store", missing);
        let commands = self.transfers(Mix::Uniform, seed).take(usize::try_from(missing)?);
        let caller = self.caller;
        let commands = commands.map(move |transfer| transfer.command(caller));
        in_process::fill(&self.committer, commands, |made| task.advance(made)).await?;
        self.acknowledge(missing);
        Ok(())
    }

    /// The secret of a service's key that moves money here: what drives servers is a service, and no person.
    pub(super) async fn create_api_key(&self) -> anyhow::Result<SecretString> {
        let secret = ApiKeys::generate_secret();
        let new = NewApiKey {
            name: "bench".to_owned(),
            secret_hash: secret.hash,
            scopes: vec![Scope::Read, Scope::TransactionsWrite],
            created_by: self.operator,
        };
        let key = creation_key(self.operator, "api-key");
        match self.store.create_api_key(LedgerId::MAIN, new, key, Origin::SYSTEM, clock::now()).await? {
            Created::New(_) => Ok(secret.text),
            other => bail!("the API key was not created: {other:?}"),
        }
    }

    /// Audits the books: they must be in order, and have every transaction that was acknowledged.
    pub(super) async fn audit(&self) -> anyhow::Result<AuditReport> {
        let report = self.store.audit(LedgerId::MAIN).await?;
        demand_ok(&report)?;
        if report.transactions != self.transactions {
            bail!(
                "{} transactions were acknowledged, the ledger has {}",
                self.transactions,
                report.transactions
            );
        }
        Ok(report)
    }
}

/// An error where the audit found faults.
pub(super) fn demand_ok(report: &AuditReport) -> anyhow::Result<()> {
    if let Some(fault) = report.faults.first() {
        bail!("the books are not in order: {fault}, and {} more faults", report.faults.len() - 1);
    }
    Ok(())
}

async fn create_operator(store: &dyn Store) -> anyhow::Result<UserId> {
    let operator = NewUser {
        username: Username::parse("bench").context("a name")?,
        email: EmailAddress::parse("bench@florin.example").context("an address")?,
        // No password has this hash: nobody can sign in.
        password_hash: "-".to_owned(),
        role: Role::Operator,
    };
    let key = creation_key(UserId(0), "operator");
    match store.create_user(LedgerId::MAIN, operator, key, Origin::SYSTEM, clock::now()).await? {
        Created::New(user) => Ok(user.id),
        other => bail!("the operator was not created: {other:?}"),
    }
}

fn creation_key(user: UserId, what: &str) -> CreationKey {
    let key = IdempotencyKey::parse(what).expect("a word is a key");
    CreationKey {
        hash: KeyHash::of(Principal::User(user), &key),
        fingerprint: Fingerprint::of("bench", what.as_bytes()),
    }
}
