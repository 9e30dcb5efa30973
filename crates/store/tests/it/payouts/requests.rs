//! What people want of a payout, and what they may.

use super::stage::{Stage, all_rows, row};
use crate::asks::by;
use florin_ledger::{Fence, UserId};
use florin_store::payouts::{Execution, Payout, PayoutRefusal, PayoutState, Steer};
use florin_store::{AuditAction, AuditFilter, Origin, Subject};

const CHECKER: UserId = UserId(2);

async fn approves(
    stage: &Stage,
    payout: &Payout,
    by: UserId,
    digest: [u8; 32],
) -> Result<Payout, PayoutRefusal> {
    let now = stage.now();
    stage.store.approve_payout(stage.ledger, payout.id, by, digest, Origin::SYSTEM, now).await.unwrap()
}

async fn steers(stage: &Stage, payout: &Payout, steer: Steer) -> Result<Payout, PayoutRefusal> {
    let now = stage.now();
    stage.store.steer_payout(stage.ledger, payout.id, steer, Origin::SYSTEM, now).await.unwrap()
}

pub(super) async fn only_what_was_meant_is_executed(stage: &Stage) {
    let empty = stage.creates().await;
    let execution =
        Execution { caller: by(stage.alice), digest: [0; 32], allows_duplicate: true, needs_approval: false };
    assert_eq!(stage.asks_to_execute(&empty, execution).await, Err(PayoutRefusal::NoRows));
    let seen = stage.uploaded(&["1.00"]).await;
    let execution = stage.execution(&seen);
    stage.uploads(seen.id, &[row(1, stage.to[0], "100.00")]).await;
    assert_eq!(stage.asks_to_execute(&seen, execution).await, Err(PayoutRefusal::ContentChanged));

    let now = stage.payout(seen.id).await;
    let begun = stage.executes(&now).await;
    assert_eq!((begun.state, begun.fence, begun.lease_until), (PayoutState::Processing, Fence(1), None));
    let payment = begun.payment.unwrap();
    assert_eq!((payment.number, payment.caller, payment.rows), (1, by(stage.alice), 1));
    assert_eq!((payment.done_rows, payment.failed_rows, payment.ended_at), (0, 0, None));
    assert_eq!(stage.payout(seen.id).await, begun);
    let again = stage.asks_to_execute(&begun, stage.execution(&begun)).await;
    assert_eq!(again, Err(PayoutRefusal::WrongState(PayoutState::Processing)));
}

pub(super) async fn a_key_executes_once(stage: &Stage) {
    let payout = stage.uploaded(&["1.00"]).await;
    let (key, now) = (stage.key("execute"), stage.now());
    let execute = async |payout: &Payout, key| {
        let execution = stage.execution(payout);
        stage
            .store
            .execute_payout(stage.ledger, payout.id, execution, key, Origin::SYSTEM, now)
            .await
            .unwrap()
    };
    let first = execute(&payout, key).await.unwrap();
    assert_eq!(execute(&payout, key).await, Ok(first));
    let claimed = stage.claims().await;
    let ended = stage.runs(&claimed).await;
    assert_eq!(execute(&payout, key).await, Ok(ended), "a replay sees how it stands");

    // For another payout, under another body, and where it has made something else.
    let other = stage.uploaded(&["2.00"]).await;
    assert_eq!(execute(&other, key).await, Err(PayoutRefusal::KeyReused));
    let body = florin_ledger::Fingerprint::of("execute", b"another body");
    let other_body = florin_store::CreationKey { fingerprint: body, ..key };
    assert_eq!(execute(&payout, other_body).await, Err(PayoutRefusal::KeyReused));
    let creation = stage.key("create");
    let new = stage.new_payout();
    stage.store.create_payout(stage.ledger, new, creation, Origin::SYSTEM, now).await.unwrap();
    assert_eq!(execute(&other, creation).await, Err(PayoutRefusal::KeyReused));

    // What is refused binds no key.
    let key = stage.key("execute");
    let wrong = Execution { digest: [0; 32], ..stage.execution(&other) };
    let refused =
        stage.store.execute_payout(stage.ledger, other.id, wrong, key, Origin::SYSTEM, now).await.unwrap();
    assert_eq!(refused, Err(PayoutRefusal::ContentChanged));
    execute(&other, key).await.unwrap();
}

pub(super) async fn somebody_else_must_agree(stage: &Stage) {
    let payout = stage.uploaded(&["900.00"]).await;
    let digest = payout.content.unwrap().digest;
    let needed = Execution { needs_approval: true, ..stage.execution(&payout) };
    assert_eq!(stage.asks_to_execute(&payout, needed).await, Err(PayoutRefusal::ApprovalNeeded));
    assert_eq!(approves(stage, &payout, stage.alice, digest).await, Err(PayoutRefusal::OwnApproval));
    assert_eq!(approves(stage, &payout, CHECKER, [0; 32]).await, Err(PayoutRefusal::ContentChanged));
    let approved = approves(stage, &payout, CHECKER, digest).await.unwrap();
    let approval = approved.approval.unwrap();
    assert_eq!((approval.by, approval.digest), (CHECKER, digest));
    assert_eq!(stage.payout(payout.id).await, approved);
    // Whoever agreed may not be who asks.
    let by_checker = Execution { caller: by(CHECKER), ..needed };
    assert_eq!(stage.asks_to_execute(&payout, by_checker).await, Err(PayoutRefusal::OwnApproval));
    stage.asks_to_execute(&payout, needed).await.unwrap();
    let late = approves(stage, &payout, CHECKER, digest).await;
    assert_eq!(late, Err(PayoutRefusal::WrongState(PayoutState::Processing)));
}

pub(super) async fn an_approval_ends_with_its_content(stage: &Stage) {
    let payout = stage.uploaded(&["900.00"]).await;
    approves(stage, &payout, CHECKER, payout.content.unwrap().digest).await.unwrap();
    let uploaded = stage.uploads(payout.id, &[row(1, stage.to[0], "901.00")]).await;
    assert_eq!(uploaded.approval, None);
    let needed = Execution { needs_approval: true, ..stage.execution(&uploaded) };
    assert_eq!(stage.asks_to_execute(&uploaded, needed).await, Err(PayoutRefusal::ApprovalNeeded));
}

pub(super) async fn a_likely_duplicate_must_be_wanted(stage: &Stage) {
    let [first, second, third] = [(); 3].map(|()| stage.uploaded(&["1.00"]));
    let (first, second, third) = (first.await, second.await, third.await);
    let strictly = |payout: &Payout| Execution { allows_duplicate: false, ..stage.execution(payout) };
    // Of payouts that nobody has executed, the later one is the duplicate.
    let refused = stage.asks_to_execute(&second, strictly(&second)).await;
    assert_eq!(refused, Err(PayoutRefusal::LikelyDuplicate(first.id)));
    let found = stage.store.findings(stage.ledger, third.id).await.unwrap().unwrap();
    assert_eq!(found.likely_duplicate, Some(second.id));
    let found = stage.store.findings(stage.ledger, first.id).await.unwrap().unwrap();
    assert_eq!(found.likely_duplicate, None);

    stage.asks_to_execute(&second, stage.execution(&second)).await.unwrap();
    for late in [&first, &third] {
        let refused = stage.asks_to_execute(late, strictly(late)).await;
        assert_eq!(refused, Err(PayoutRefusal::LikelyDuplicate(second.id)), "what is executed comes first");
    }
    // What was stopped pays nothing any more, and other rows are no duplicate.
    for stopped in [&first, &second] {
        steers(stage, stopped, Steer::Cancel).await.unwrap();
    }
    stage.asks_to_execute(&third, strictly(&third)).await.unwrap();
    let other = stage.uploaded(&["1.01"]).await;
    stage.asks_to_execute(&other, strictly(&other)).await.unwrap();
}

pub(super) async fn nothing_changes_once_it_is_executed(stage: &Stage) {
    let payout = stage.uploaded(&["1.00"]).await;
    let revision = stage.store.begin_upload(stage.ledger, payout.id).await.unwrap().unwrap();
    stage.executes(&payout).await;
    let rows = [row(1, stage.to[0], "100.00")];
    let wrong = PayoutRefusal::WrongState(PayoutState::Processing);
    assert_eq!(stage.stores(payout.id, revision, &rows).await, Err(wrong));
    assert_eq!(stage.ends_upload(payout.id, revision, &rows).await, Err(wrong));
    assert_eq!(stage.store.begin_upload(stage.ledger, payout.id).await.unwrap(), Err(wrong));
    assert_eq!(stage.store.begin_mending(stage.ledger, payout.id).await.unwrap(), Err(wrong));
    assert_eq!(stage.retries(payout.id).await, Err(wrong));
    assert_eq!(stage.compensates(payout.id, all_rows()).await, Err(wrong));
    let claimed = stage.claims().await;
    stage.runs(&claimed).await;
    assert_eq!(stage.balance(stage.to[0]).await, "1.00");
    let wrong = PayoutRefusal::WrongState(PayoutState::Completed);
    assert_eq!(stage.retries(payout.id).await, Err(wrong));
    for steer in [Steer::Pause, Steer::Resume, Steer::Cancel] {
        assert_eq!(steers(stage, &payout, steer).await, Err(wrong));
    }
}

pub(super) async fn steering(stage: &Stage) {
    let payout = stage.uploaded(&["1.00"]).await;
    let wrong = |state| Err(PayoutRefusal::WrongState(state));
    assert_eq!(steers(stage, &payout, Steer::Pause).await, wrong(PayoutState::Pending));
    assert_eq!(steers(stage, &payout, Steer::Resume).await, wrong(PayoutState::Pending));
    let begun = stage.executes(&payout).await;
    assert_eq!(steers(stage, &payout, Steer::Resume).await, Ok(begun.clone()), "it is so already");
    let paused = steers(stage, &payout, Steer::Pause).await.unwrap();
    assert_eq!((paused.state, paused.fence), (PayoutState::Paused, Fence(begun.fence.0 + 1)));
    assert_eq!(steers(stage, &payout, Steer::Pause).await, Ok(paused));
    assert_eq!(stage.claims_if_any().await, None);
    let resumed = steers(stage, &payout, Steer::Resume).await.unwrap();
    assert_eq!(resumed.state, PayoutState::Processing);
    let cancelled = steers(stage, &payout, Steer::Cancel).await.unwrap();
    assert_eq!(cancelled.state, PayoutState::Cancelled);
    assert!(cancelled.payment.unwrap().ended_at.is_some());
    assert_eq!(steers(stage, &payout, Steer::Cancel).await, Ok(cancelled));
    assert_eq!(steers(stage, &payout, Steer::Resume).await, wrong(PayoutState::Cancelled));
    assert_eq!(stage.claims_if_any().await, None);

    let never_begun = stage.creates().await;
    let cancelled = steers(stage, &never_begun, Steer::Cancel).await.unwrap();
    assert_eq!((cancelled.state, cancelled.payment), (PayoutState::Cancelled, None));
}

pub(super) async fn the_audit_log_tells_it_all(stage: &Stage) {
    let payout = stage.uploaded(&["1.00", "2.00"]).await;
    let digest = payout.content.unwrap().digest;
    approves(stage, &payout, CHECKER, digest).await.unwrap();
    stage.executes(&payout).await;
    for steer in [Steer::Pause, Steer::Pause, Steer::Resume, Steer::Resume] {
        steers(stage, &payout, steer).await.unwrap();
    }
    stage.sets(stage.to[1], florin_ledger::WalletStatus::Frozen).await;
    let claimed = stage.claims().await;
    stage.runs(&claimed).await;
    stage.retries(payout.id).await.unwrap();
    let claimed = stage.claims().await;
    stage.runs(&claimed).await;
    stage.compensated(payout.id, all_rows()).await;
    stage.uploads(stage.creates().await.id, &[super::stage::bad_row(1, "x")]).await;

    let filter = AuditFilter { subject: Some(Subject::Payout(payout.id)), ..AuditFilter::default() };
    let mut lines = stage.store.audit_log(stage.ledger, filter, None, 100).await.unwrap();
    lines.reverse();
    let actions: Vec<_> = lines.iter().map(|record| record.line.action).collect();
    assert_eq!(
        actions,
        [
            AuditAction::PayoutCreated,
            AuditAction::PayoutUploaded,
            AuditAction::PayoutApproved,
            AuditAction::PayoutExecuted,
            AuditAction::PayoutPaused,
            AuditAction::PayoutResumed,
            AuditAction::PayoutEnded,
            AuditAction::PayoutRetried,
            AuditAction::PayoutEnded,
            AuditAction::PayoutCompensated,
            AuditAction::PayoutCompensationEnded,
        ]
    );
    let details = |place: usize| {
        let details = lines[place].line.details.iter();
        details.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
    };
    let hex = uuid::Uuid::from_slice(&digest[..16]).unwrap().simple().to_string().repeat(2);
    let content = [format!("digest={hex}"), "rows=2".to_owned(), "total=3.00".to_owned()];
    assert_eq!(details(0), ["asset=USD".to_owned(), format!("source={}", stage.source)]);
    for about_content in 1..=3 {
        assert_eq!(details(about_content), content);
    }
    assert_eq!(details(4), ["done_rows=0", "failed_rows=0", "run=1"]);
    assert_eq!(details(6), ["done_rows=1", "failed_rows=1", "run=1", "state=PARTIALLY_FAILED"]);
    assert_eq!(details(7), ["run=2"]);
    assert_eq!(details(9), ["allows_partial=true", "named=false", "rows=1", "run=1"]);
    assert_eq!(details(10), ["done_rows=1", "failed_rows=0", "run=1"]);
}
