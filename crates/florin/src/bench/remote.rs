//! A run against a server that is there already, over HTTP alone.
//!
//! It makes a user, an asset and wallets of its own there, and they stay: what moved money is never deleted.
//! It touches no other wallet.

use super::figures::{Engine, Measured, figures};
use super::http_load;
use super::http_wire::{Connection, Head, Target};
use super::machine::{Machine, Memory};
use super::measure::Round;
use super::mix::{Transfers, Wallets};
use super::plan::Load;
use super::progress::Progress;
use super::report::{AuditLine, FigureLine, LoadLine, Options, Report};
use super::rounds::{Length, Measure, take_turns};
use super::subject::OPENING_BALANCE;
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many deposits one request makes.
const BULK: usize = 1000;

/// Runs it, and says what it found.
pub(super) async fn run(target: Target, loads: Vec<Load>, options: Options) -> anyhow::Result<Report> {
    let began_at = jiff::Timestamp::now().to_string();
    let progress = Progress::new();
    let wallets = prepare(&target, options.wallets, &progress).await?;
    let before = audit(&target).await?;
    let mut remote = Remote { target: target.clone(), wallets, seed: rand::random(), acknowledged: 0 };
    let measured: Vec<Measured> = take_turns(&loads, &options, &progress, &mut remote).await?;
    let after = audit(&target).await?;
    // Others may use the server meanwhile.
    if after.transactions < before.transactions + remote.acknowledged {
        bail!(
            "{} transfers were acknowledged, the ledger has only {} more transactions than before",
            remote.acknowledged,
            after.transactions - before.transactions
        );
    }
    Ok(Report {
        florin_version: env!("CARGO_PKG_VERSION"),
        began_at,
        engine: Engine::Remote,
        machine: Machine::read(),
        database: BTreeMap::from([("server".to_owned(), target.address)]),
        options,
        loads: measured.iter().map(LoadLine::of).collect(),
        figures: figures(Engine::Remote, &measured).into_iter().map(FigureLine::from).collect(),
        audits: vec![after],
        memory: Memory::read(),
    })
}

struct Remote {
    target: Target,
    wallets: Wallets,
    /// Another one in every run: the server remembers the keys of those before.
    seed: u32,
    acknowledged: u64,
}

impl Measure for Remote {
    async fn measure(&mut self, load: Load, length: Length) -> anyhow::Result<Round> {
        self.seed = self.seed.wrapping_add(1);
        let transfers = Transfers::new(self.wallets, load.mix(), self.seed);
        let round = http_load::run(load, self.target.clone(), transfers, length).await?;
        self.acknowledged += round.acknowledged;
        Ok(round)
    }
}

/// Makes a user, an asset, and so many wallets with money in them.
async fn prepare(target: &Target, wallets: u32, progress: &Progress) -> anyhow::Result<Wallets> {
    let mut api = Api::connect(target).await?;
    let name = format!("bench-{:08x}", rand::random::<u32>());
    let password = uuid::Uuid::from_u128(rand::random()).to_string();
    let email = format!("{name}@florin.example");
    let user = json!({"username": name, "email": email, "password": password});
    let user = api.post("/v1/users", &user).await?;
    let asset = format!("BENCH_{:08X}", rand::random::<u32>());
    api.post("/v1/assets", &json!({"code": asset, "name": "Bench", "scale": 2})).await?;

    let task = progress.task("making wallets", u64::from(wallets));
    let mut first = None;
    for index in 0..wallets {
        let wallet = json!({"user_id": user["id"], "asset": asset, "name": format!("bench {index}")});
        let id = api.post("/v1/wallets", &wallet).await?["id"].as_i64().context("a wallet without an id")?;
        if *first.get_or_insert(id) + i64::from(index) != id {
            bail!("somebody else makes wallets on this server: a bench needs it for itself");
        }
        task.advance(1);
    }
    let wallets = Wallets { first: first.context("no wallets")?, count: wallets };
    let ids: Vec<_> = wallets.ids().collect();
    for ids in ids.chunks(BULK) {
        let deposit = |id: &florin_ledger::WalletId| json!({"type": "deposit", "idempotency_key": random_key(), "wallet_id": id.0, "amount": OPENING_BALANCE});
        let deposits: Vec<_> = ids.iter().map(deposit).collect();
        api.post("/v1/transactions/bulk", &json!({"mode": "atomic", "transactions": deposits})).await?;
    }
    Ok(wallets)
}

async fn audit(target: &Target) -> anyhow::Result<AuditLine> {
    let report = Api::connect(target).await?.post("/v1/ledger/audit", &json!({})).await?;
    if report["is_ok"] != true {
        bail!("the books are not in order: {}", report["faults"]);
    }
    let count = |name: &str| report[name].as_u64().with_context(|| format!("an audit without {name}"));
    Ok(AuditLine {
        books: "the server",
        is_ok: true,
        wallets: count("wallets")?,
        transactions: count("transactions")?,
        entries: count("entries")?,
    })
}

/// The server's API, as far as preparing needs it.
struct Api<'run> {
    target: &'run Target,
    connection: Connection,
}

impl<'run> Api<'run> {
    /// A new connection each time: the server ends one that idles while loads are measured.
    async fn connect(target: &'run Target) -> anyhow::Result<Self> {
        Ok(Self { target, connection: Connection::open(target).await? })
    }

    async fn post(&mut self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let mut request = Vec::new();
        Head::post(self.target, path).render(&mut request, random_key(), &body.to_string());
        let (status, answer) = self.connection.exchange(&request).await.with_context(|| path.to_owned())?;
        if !(200..300).contains(&status) {
            bail!("{path} was answered with {status}: {}", String::from_utf8_lossy(answer));
        }
        serde_json::from_slice(answer).with_context(|| format!("{path} was not answered with JSON"))
    }
}

fn random_key() -> uuid::Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}
