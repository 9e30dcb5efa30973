//! A payout, run as a server runs it: its rows stored before, its lease taken, slices through the committer.

use super::measure::{Round, new_histogram};
use super::subject::Subject;
use anyhow::{Context, bail};
use florin_ledger::{Amount, Fingerprint, IdempotencyKey, KeyHash, LedgerId, PayoutId, RowNumber, WalletId};
use florin_server::clock;
use florin_server::payouts::{Runner, RunnerSettings};
use florin_store::payouts::{Checked, Content, Execution, NewPayout, PayoutState, Upload, UploadedRow};
use florin_store::{Created, CreationKey, Origin, Payout, PayoutStore};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often to look whether it has ended: seldom enough to cost nothing.
const POLL: Duration = Duration::from_millis(20);

/// How many rows are stored at once.
const CHUNK: usize = 2_000;

/// Pays so many rows from the subject's first wallet to the others in turn, and says how long that took from the
/// execution on.
pub(super) async fn run(subject: &Subject, rows: u32) -> anyhow::Result<Round> {
    let store = &*subject.store;
    let payout = upload(subject, rows).await?;
    let runner =
        Runner::start(Arc::clone(&subject.store), subject.committer.clone(), RunnerSettings::default());
    let began = Instant::now();
    let digest = payout.content.context("the rows are in force")?.digest;
    let execution =
        Execution { caller: subject.caller, digest, allows_duplicate: false, needs_approval: false };
    let (key, now) = (random_key(subject)?, clock::now());
    let executed =
        store.execute_payout(LedgerId::MAIN, payout.id, execution, key, Origin::SYSTEM, now).await?;
    if let Err(refusal) = executed {
        bail!("the payout was not executed: {refusal:?}");
    }
    runner.waker().wake();
    let payout = until_ended(store, payout.id).await?;
    let measured = began.elapsed();
    runner.stop().await;
    if payout.state != PayoutState::Completed {
        bail!("not all rows were paid: {payout:?}");
    }
    let transfers = u64::from(rows);
    Ok(Round {
        measured,
        transfers,
        acknowledged: transfers,
        latency: new_histogram(),
        generator_cores: None,
    })
}

async fn until_ended(store: &dyn PayoutStore, id: PayoutId) -> anyhow::Result<Payout> {
    loop {
        let payout = store.payout(LedgerId::MAIN, id).await?.context("the payout is gone")?;
        if payout.run().is_none() {
            return Ok(payout);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Makes a payout and brings its rows in force.
async fn upload(subject: &Subject, count: u32) -> anyhow::Result<Payout> {
    let (store, now) = (&*subject.store, clock::now());
    let mut wallets = subject.wallets.ids();
    let source = wallets.next().context("a wallet that pays")?;
    let receivers: Vec<WalletId> = wallets.collect();
    let creator = subject.caller.principal;
    let new = NewPayout { source, asset: subject.asset, name: None, creator };
    let key = random_key(subject)?;
    let Created::New(payout) = store.create_payout(LedgerId::MAIN, new, key, Origin::SYSTEM, now).await?
    else {
        bail!("the payout was not made");
    };
    let revision = demand(store.begin_upload(LedgerId::MAIN, payout.id).await?)?;
    let amount = Amount::from_units(1).context("a cent")?;
    let rows: Vec<_> = (1..=i64::from(count))
        .zip(receivers.iter().cycle())
        .map(|(number, wallet)| UploadedRow {
            number: RowNumber(number),
            line: number + 1,
            recipient: wallet.to_string(),
            reference: None,
            memo: None,
            checked: Checked::Good { wallet: *wallet, amount },
        })
        .collect();
    for chunk in rows.chunks(CHUNK) {
        demand(store.store_rows(LedgerId::MAIN, payout.id, revision, chunk.to_vec()).await?)?;
    }
    let content = Content {
        revision,
        rows: count.into(),
        total: Amount::from_units(count.into()).context("a total")?,
        digest: rand::random(),
    };
    let (good, now) = (Upload::Good(content), clock::now());
    demand(store.end_upload(LedgerId::MAIN, payout.id, revision, good, Origin::SYSTEM, now).await?)
}

fn demand<T>(answer: Result<T, florin_store::payouts::PayoutRefusal>) -> anyhow::Result<T> {
    answer.map_err(|refusal| anyhow::anyhow!("the rows were not taken: {refusal:?}"))
}

fn random_key(subject: &Subject) -> anyhow::Result<CreationKey> {
    let key = IdempotencyKey::parse(&format!("payout-{:032x}", rand::random::<u128>()))?;
    let hash = KeyHash::of(subject.caller.principal, &key);
    Ok(CreationKey { hash, fingerprint: Fingerprint::of("bench", key.as_str().as_bytes()) })
}
