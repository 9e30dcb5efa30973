//! The same random steps with payouts on both engines: every answer, every record and every row must be equal, and
//! the books of both in order.
//!
//! Few cases by default; `FLORIN_DIFFERENTIAL_CASES=2000 cargo test -p florin-store payouts::differential` for a
//! long run.

mod steps;

use super::stage::{LEASE, Stage, all_rows, bad_row, group, row};
use crate::asks::by;
use crate::engines::{OnPostgres, OnSqlite};
use florin_ledger::{Group, GroupOutcome, RowNumber, Timestamp, UserId};
use florin_store::Origin;
use florin_store::payouts::{Execution, NewCompensation, Payout, Selection, UploadedRow};
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use steps::{Step, steps};
use tokio::runtime::Runtime;

/// Of payouts, rows and compensations.
const STATES: [&str; 11] = [
    "Pending",
    "Processing",
    "Paused",
    "Completed",
    "PartiallyFailed",
    "Failed",
    "Cancelled",
    "Invalid",
    "Paid",
    "Reversed",
    "PartiallyReversed",
];

#[test]
fn both_engines_say_the_same() {
    let runtime = Runtime::new().unwrap();
    let cases = std::env::var("FLORIN_DIFFERENTIAL_CASES").map_or(8, |cases| cases.parse().unwrap());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let seen = RefCell::new(BTreeSet::new());
    let result = TestRunner::new(config).run(&steps(), |steps| {
        runtime.block_on(play(&steps, &mut seen.borrow_mut()));
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    println!("{cases} cases: {:?}", seen.borrow());
    // A few cases need not have met everything.
    if cases >= 100 {
        assert_eq!(seen.into_inner().len(), STATES.len() + 1, "all states, and that a lease was lost");
    }
}

/// An engine, and what was got from it so far.
struct Side {
    stage: Stage,
    payouts: Vec<Payout>,
    leases: Vec<Payout>,
    groups: Vec<Arc<Group>>,
}

async fn play(steps: &[Step], seen: &mut BTreeSet<&'static str>) {
    let mut sides = Vec::new();
    for engine in [OnSqlite::start().await, OnPostgres::start().await] {
        let stage = Stage::set(engine).await;
        let payouts = vec![half_reversed(&stage).await, stage.creates().await];
        sides.push(Side { stage, payouts, leases: Vec::new(), groups: Vec::new() });
    }
    let [sqlite, postgres] = &mut sides[..] else { panic!("there are two") };
    for step in steps {
        let answers = [sqlite.does(step, seen).await, postgres.does(step, seen).await];
        assert_eq!(answers[0], answers[1], "SQLite (left) and PostgreSQL (right) differ at {step:?}");
        let all = sqlite.all().await;
        assert_eq!(all, postgres.all().await, "after {step:?}");
        seen.extend(STATES.into_iter().filter(|state| all.contains(&format!("state: {state},"))));
    }
    for side in sides {
        side.stage.ends().await;
    }
}

/// A payout that was paid in part, and then reversed in part.
async fn half_reversed(stage: &Stage) -> Payout {
    let payout = stage.paid(&["20.00", "30.00", "5000.00", "40.00"]).await;
    stage.moves("45.00", stage.to[0], stage.to[1]).await;
    stage.compensated(payout.id, all_rows()).await
}

impl Side {
    /// Does a step; what the engine says.
    async fn does(&mut self, step: &Step, seen: &mut BTreeSet<&'static str>) -> String {
        let (stage, store, ledger) = (&self.stage, Arc::clone(&self.stage.store), self.stage.ledger);
        let id = |payout: &Index| payout.get(&self.payouts).id;
        match step {
            Step::Make => {
                let made = stage.creates().await;
                self.payouts.push(made);
                String::new()
            }
            Step::Upload { payout, rows, has_fault } => {
                let rows = self.rows(rows, *has_fault);
                let Ok(revision) = store.begin_upload(ledger, id(payout)).await.unwrap() else {
                    return "no upload".to_owned();
                };
                stage.stores(id(payout), revision, &rows).await.unwrap();
                said(stage.ends_upload(id(payout), revision, &rows).await)
            }
            Step::Mend(payout) => {
                let begun = store.begin_mending(ledger, id(payout)).await.unwrap();
                let Ok(revision) = begun else { return said(begun) };
                let stored = stage.rows_of(id(payout), revision).await;
                let mended = stored.iter().map(|stored| row(stored.uploaded.number.0, stage.to[0], "1.00"));
                let rows: Vec<_> = mended.collect();
                stage.stores(id(payout), revision, &rows).await.unwrap();
                said(stage.ends_upload(id(payout), revision, &rows).await)
            }
            Step::Approve { payout, by, is_right } => {
                let digest = self.digest(payout, *is_right).await;
                let approver = UserId(*by);
                let now = stage.now();
                said(
                    store
                        .approve_payout(ledger, id(payout), approver, digest, Origin::SYSTEM, now)
                        .await
                        .unwrap(),
                )
            }
            Step::Execute { payout, by: user, is_right, allows_duplicate, needs_approval } => {
                let execution = Execution {
                    caller: by(UserId(*user)),
                    digest: self.digest(payout, *is_right).await,
                    allows_duplicate: *allows_duplicate,
                    needs_approval: *needs_approval,
                };
                said(stage.asks_to_execute(payout.get(&self.payouts), execution).await)
            }
            Step::Direct(payout, steer) => {
                let now = stage.now();
                said(store.steer_payout(ledger, id(payout), *steer, Origin::SYSTEM, now).await.unwrap())
            }
            Step::Retry(payout) => said(stage.retries(id(payout)).await),
            Step::Compensate { payout, rows, range, to, allows_partial } => {
                let selection = Selection {
                    named: !rows.is_empty(),
                    first_row: Some(RowNumber(range.0)).filter(|row| row.0 > 0),
                    last_row: Some(RowNumber(range.1)),
                    recipient: to.map(|to| stage.to[to]),
                };
                let rows = rows.iter().copied().map(RowNumber).collect();
                let new = NewCompensation { selection, rows, allows_partial: *allows_partial, ..all_rows() };
                said(stage.compensates(id(payout), new).await)
            }
            Step::Claim { is_late } => {
                if *is_late {
                    stage.waits(2 * LEASE);
                }
                let claimed = stage.claims_if_any().await;
                self.leases.extend(claimed.clone());
                said(claimed)
            }
            Step::Move { from, to, amount } => {
                let wallets = self.wallets();
                stage.moves(amount, wallets[*from], wallets[*to]).await;
                String::new()
            }
            Step::Set(wallet, status) => {
                let change = florin_ledger::WalletChange { status: Some(*status), credit_limit: None };
                let now = stage.now();
                let wallet = self.wallets()[*wallet];
                said(store.change_wallet(ledger, wallet, change, None, Origin::SYSTEM, now).await.unwrap())
            }
            Step::Sweep(payout) => {
                while store.sweep_rows(ledger, id(payout)).await.unwrap() {}
                said(store.findings(ledger, id(payout)).await.unwrap())
            }
            Step::ClaimAgain(_)
            | Step::Commit { .. }
            | Step::CommitAgain(_)
            | Step::End(_)
            | Step::Pass(_) => self.runs(step, seen).await,
        }
    }

    /// What whoever has or had a lease does.
    async fn runs(&mut self, step: &Step, seen: &mut BTreeSet<&'static str>) -> String {
        if self.leases.is_empty() {
            return String::new();
        }
        match step {
            Step::ClaimAgain(lease) => {
                let claimed = self.stage.claims_again(lease.get(&self.leases)).await;
                self.leases.extend(claimed.clone());
                said(claimed)
            }
            Step::Commit { lease, rows_max } => {
                let payout = self.lease(lease.as_ref());
                let mut rows = self.stage.undecided(&payout).await;
                rows.truncate(*rows_max);
                let group = group(&payout, &rows, Timestamp(self.stage.now().0 + LEASE));
                self.groups.push(Arc::clone(&group));
                self.commits(group, seen).await
            }
            Step::CommitAgain(earlier) if !self.groups.is_empty() => {
                let group = Arc::clone(earlier.get(&self.groups));
                self.commits(group, seen).await
            }
            Step::Pass(lease) => {
                let payout = self.lease(lease.as_ref());
                let group = self.stage.slice(&payout, 100).await;
                let committed = self.commits(group, seen).await;
                format!("{committed} {}", self.ends(&payout).await)
            }
            Step::End(lease) => self.ends(&self.lease(lease.as_ref())).await,
            _ => String::new(),
        }
    }

    /// One that was given, or the newest.
    fn lease(&self, any: Option<&Index>) -> Payout {
        any.map_or_else(|| self.leases.last().unwrap(), |any| any.get(&self.leases)).clone()
    }

    async fn commits(&self, group: Arc<Group>, seen: &mut BTreeSet<&'static str>) -> String {
        let now = self.stage.now();
        let entropy = now.0.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let outcome = self.stage.store.commit(self.stage.ledger, vec![group], now, entropy).await;
        if let Ok([GroupOutcome::Superseded]) = outcome.as_deref() {
            seen.insert("Superseded");
        }
        // The engines refuse what must not be in words of their own.
        outcome.map_or_else(|_| "an error".to_owned(), said)
    }

    async fn ends(&self, payout: &Payout) -> String {
        let run = payout.run().unwrap();
        let ended = self.stage.store.end_run(self.stage.ledger, run, payout.fence, self.stage.now()).await;
        ended.map_or_else(|_| "an error".to_owned(), said)
    }

    /// Everything there is of payouts, and what the wallets hold.
    async fn all(&self) -> String {
        let mut all = Vec::new();
        for payout in &self.payouts {
            let payout = self.stage.payout(payout.id).await;
            for revision in 1..payout.next_revision {
                let rows = self.stage.rows_of(payout.id, revision).await;
                all.push(format!("{revision}: {rows:#?}"));
            }
            all.push(format!("{payout:#?}"));
        }
        for wallet in self.wallets() {
            all.push(self.stage.balance(wallet).await);
        }
        all.join("\n")
    }

    fn wallets(&self) -> [florin_ledger::WalletId; 4] {
        let [bob, carol, dave] = self.stage.to;
        [bob, carol, dave, self.stage.source]
    }

    fn rows(&self, rows: &[(usize, &'static str)], has_fault: bool) -> Vec<UploadedRow> {
        let wallets = self.wallets();
        let rows = (1..).zip(rows).map(|(number, (to, amount))| row(number, wallets[*to], amount));
        let mut rows: Vec<_> = rows.collect();
        if has_fault {
            rows[0] = bad_row(1, "x");
        }
        rows
    }

    /// The digest of the rows in force, or another one.
    async fn digest(&self, payout: &Index, is_right: bool) -> [u8; 32] {
        let content = self.stage.payout(payout.get(&self.payouts).id).await.content;
        content.filter(|_| is_right).map_or([7; 32], |content| content.digest)
    }
}

fn said(answer: impl std::fmt::Debug) -> String {
    format!("{answer:#?}")
}
