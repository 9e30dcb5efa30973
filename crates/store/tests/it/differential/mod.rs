//! The same random commands on an engine and on the model end in equal answers and equal states.
//!
//! Few cases by default; `FLORIN_DIFFERENTIAL_CASES=20000 cargo test -p florin-store differential -- --nocapture`
//! for a long run. Each case has a ledger of its own in one store, so a long run also shows that ledgers
//! do not disturb each other.

mod draft;

use crate::conformance::scene::Scene;
use crate::conformance::snapshot::Snapshot;
use crate::engines::{Engine, OnPostgres, OnSqlite};
use draft::{GroupDraft, Step};
use florin_ledger::{Command, Group, GroupOutcome, LedgerId, Outcome, Settlement, TransactionId, WalletId};
use florin_store::{Created, NewWallet, Origin, Store, WalletName};
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;
use std::sync::Arc;
use tokio::runtime::Runtime;

#[test]
fn on_sqlite() {
    let runtime = Runtime::new().unwrap();
    let engine = runtime.block_on(OnSqlite::start());
    equals_the_model("SQLite", &runtime, engine);
}

#[test]
fn on_postgres() {
    let runtime = Runtime::new().unwrap();
    let engine = runtime.block_on(OnPostgres::start_alone());
    equals_the_model("PostgreSQL", &runtime, engine);
}

/// What was done, to see that it was not nothing.
#[derive(Debug, Default)]
struct Count {
    /// Commands, and changes of wallets.
    operations: u64,
    completed: u64,
    failed: u64,
    replayed: u64,
    rejected: u64,
    refused_groups: u64,
}

fn equals_the_model(engine_name: &str, runtime: &Runtime, engine: Box<dyn Engine>) {
    let cases = std::env::var("FLORIN_DIFFERENTIAL_CASES").map_or(24, |cases| cases.parse().unwrap());
    let scene = RefCell::new(Scene::new(engine));
    let count = RefCell::new(Count::default());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    let result = TestRunner::new(config).run(&draft::steps(), |steps| {
        runtime.block_on(play(&mut scene.borrow_mut(), &mut count.borrow_mut(), &steps));
        Ok(())
    });
    let count = count.into_inner();
    println!("{engine_name}: {cases} cases, {count:?}");
    result.unwrap_or_else(|failure| panic!("{failure}"));
    let Count { operations, completed, failed, replayed, rejected, refused_groups } = count;
    assert!(
        [operations, completed, failed, replayed, rejected, refused_groups].iter().all(|seen| *seen > 0),
        "{count:?}"
    );
    runtime.block_on(scene.into_inner().ends());
}

/// One case, in a new ledger.
async fn play(scene: &mut Scene, count: &mut Count, steps: &[Step]) {
    let ledger = LedgerId(scene.ledger.0.max(1_000) + 1);
    scene.twins.engine.add_ledger(ledger).await;
    scene.twins.model.add_ledger(ledger);
    scene.ledger = ledger;
    draft::set_up(scene).await;
    let (mut known, mut earlier) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Batches(batches) => {
                let groups = batches.iter().flatten();
                count.operations += groups.map(|group| group.drafts.len() as u64).sum::<u64>();
                let mut of_batch = |groups: &Vec<GroupDraft>| -> Vec<_> {
                    groups.iter().map(|group| commands(scene, group, &known, &mut earlier)).collect()
                };
                let batches = batches.iter().map(&mut of_batch).collect();
                for outcome in scene.commits_at_once(batches).await {
                    take_note(&outcome, count, &mut known);
                }
            }
            Step::Change { wallet, change, expected } => {
                count.operations += 1;
                let id = WalletId(*wallet);
                let now = scene.now();
                let changed = scene.twins.change_wallet(ledger, id, *change, *expected, Origin::SYSTEM, now);
                let _refused_on_both = changed.await.unwrap();
            }
            Step::Open { user, asset, name } => {
                count.operations += 1;
                let key = scene.creation_key("", name);
                let now = scene.now();
                let new = NewWallet {
                    user: *user,
                    asset: crate::asks::code(asset),
                    name: WalletName::parse(name).unwrap(),
                };
                let _: Created<_> =
                    scene.twins.create_wallet(ledger, new, key, Origin::SYSTEM, now).await.unwrap();
            }
            Step::Clock(seconds) => scene.shift_clock(*seconds),
        }
    }
    let _: Snapshot = scene.snapshot(ledger).await;
    scene.twins.model.remove_ledger(ledger);
}

/// A group's commands: new ones, and some of `earlier` once more.
fn commands(
    scene: &mut Scene,
    draft: &GroupDraft,
    known: &[TransactionId],
    earlier: &mut Vec<Command>,
) -> Arc<Group> {
    let asks: Vec<_> = draft.drafts.iter().map(|draft| draft.ask(known)).collect();
    let mut group = Arc::unwrap_or_clone(scene.group(&asks, draft.is_atomic));
    for (command, draft) in group.commands.iter_mut().zip(&draft.drafts) {
        match draft.repeats {
            Some(index) if !earlier.is_empty() => command.clone_from(index.get(earlier)),
            _ => earlier.push(command.clone()),
        }
    }
    Arc::new(group)
}

fn take_note(outcome: &GroupOutcome, count: &mut Count, known: &mut Vec<TransactionId>) {
    let GroupOutcome::Done(outcomes) = outcome else {
        count.refused_groups += 1;
        return;
    };
    for outcome in outcomes {
        match outcome {
            Outcome::Rejected(_) => count.rejected += 1,
            Outcome::Replayed(_) => count.replayed += 1,
            Outcome::Settled(transaction) => {
                known.push(transaction.id);
                match transaction.settlement {
                    Settlement::Completed { .. } => count.completed += 1,
                    Settlement::Failed(_) => count.failed += 1,
                }
            }
        }
    }
}
