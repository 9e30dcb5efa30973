//! Batches of money.

use super::scene::{Scene, refusal};
use crate::asks::{Ask, Asks, by, by_the_house};
use florin_ledger::{
    ApiKeyId, Caller, Failure, GroupOutcome, Outcome, Principal, Rejection, Status, Timestamp, TransactionId,
    TransactionType, UserId, Version, WalletId, WalletStatus,
};
use florin_store::{Store, TransactionFilter, WalletFilter};
use std::collections::BTreeSet;

/// Alice has 100.00 on her main wallet, bob has nothing.
struct Pair {
    alice: UserId,
    bob: UserId,
    from: WalletId,
    to: WalletId,
}

async fn pair(scene: &mut Scene) -> Pair {
    scene.asset("USD", 2).await;
    let (alice, bob) = (scene.user("alice").await, scene.user("bob").await);
    let (from, to) = (scene.wallet(alice, "USD").await, scene.wallet(bob, "USD").await);
    scene.completes(by_the_house().tops_up(alice, "USD", "100.00")).await;
    Pair { alice, bob, from, to }
}

pub(super) async fn every_type_of_movement(scene: &mut Scene) {
    let Pair { alice, bob, from, to } = pair(scene).await;
    scene.completes(by_the_house().deposits("50.00", to).noting("Wire 77", r#"{"bank":"ØK"}"#)).await;
    scene.completes(by(bob).withdraws("20.00", to)).await;
    let paid = scene.completes(by(alice).transfers("12.50", from, to).noting("Lunch 🍜", "{}")).await;
    scene.completes(by(bob).spends(bob, "USD", "1.25")).await;
    scene.completes(by_the_house().gives_a_bonus(alice, "USD", "0.01")).await;
    scene.completes(by(bob).reverses_part(paid.id, "2.50")).await;
    assert_eq!([scene.balance(from).await, scene.balance(to).await], ["90.01", "38.75"]);
    let mut kinds = BTreeSet::new();
    for transaction in
        scene.twins.transactions(scene.ledger, TransactionFilter::default(), None, 100).await.unwrap()
    {
        assert_eq!(transaction.settlement.status(), Status::Completed);
        kinds.insert(transaction.kind);
    }
    // Payouts' rows are paid by payouts alone.
    kinds.insert(TransactionType::Payout);
    assert_eq!(kinds, TransactionType::ALL.into_iter().collect());
}

pub(super) async fn a_replay_has_the_first_outcome_also_after_a_restart(scene: &mut Scene) {
    let Pair { alice, from, to, .. } = pair(scene).await;
    let ask = by(alice).transfers("60.00", from, to).under("once").noting("first", r#"{"n":1}"#);
    let first = scene.completes(ask.clone()).await;
    scene.completes(by_the_house().tops_up(alice, "USD", "500.00")).await;
    assert_eq!(scene.runs(ask.clone()).await, Outcome::Replayed(first.clone()));
    scene.restarts().await;
    assert_eq!(scene.runs(ask).await, Outcome::Replayed(first));
    assert_eq!(scene.balance(to).await, "60.00");
}

pub(super) async fn one_key_in_many_batches_runs_once(scene: &mut Scene) {
    let Pair { alice, from, to, .. } = pair(scene).await;
    let ask = by(alice).transfers("1.00", from, to).under("twin");
    let twins = vec![ask.clone(); 3];
    let outcomes = scene.runs_all(&twins).await;
    assert!(matches!(outcomes[..], [Outcome::Settled(_), Outcome::Replayed(_), Outcome::Replayed(_)]));
    let groups = vec![scene.group(&twins, false), scene.group(&twins, true), scene.group(&twins, false)];
    for outcome in scene.commits(groups).await {
        assert!(matches!(outcome, GroupOutcome::Done(done)
            if done.iter().all(|outcome| matches!(outcome, Outcome::Replayed(_)))));
    }
    assert_eq!(scene.balance(to).await, "1.00");
}

pub(super) async fn a_key_with_another_body_is_refused(scene: &mut Scene) {
    let Pair { alice, from, to, .. } = pair(scene).await;
    scene.completes(by(alice).transfers("1.00", from, to).under("k")).await;
    for other in [
        by(alice).transfers("2.00", from, to),
        by(alice).transfers("1.00", from, to).noting("x", "{}"),
        by(alice).withdraws("1.00", from),
        by(alice).transfers("1.00", WalletId(999), to),
    ] {
        assert_eq!(scene.refuses(other.under("k")).await, Rejection::KeyReused);
    }
    let (one, other) = (by(alice).withdraws("1.00", from), by(alice).withdraws("2.00", from));
    let both = scene.runs_all(&[one.under("in-one-batch"), other.under("in-one-batch")]).await;
    assert_eq!(both[1], Outcome::Rejected(Rejection::KeyReused));
}

pub(super) async fn keys_are_each_caller_s_own(scene: &mut Scene) {
    let Pair { alice, bob, from, to } = pair(scene).await;
    scene.completes(by_the_house().tops_up(bob, "USD", "10.00")).await;
    let service = |id| Caller { principal: Principal::Service(ApiKeyId(id)), is_house: true };
    let operator = |id| Caller { principal: Principal::User(UserId(id)), is_house: true };
    for caller in [by(alice), service(1), service(2), operator(77)] {
        scene.completes(caller.transfers("1.00", from, to).under("mine")).await;
    }
    scene.completes(by(bob).transfers("1.00", to, from).under("mine")).await;
    // An operator who signed in is the same caller as the person.
    let same = Caller { is_house: true, ..by(alice) };
    let replay = scene.runs(same.transfers("1.00", from, to).under("mine")).await;
    assert!(matches!(replay, Outcome::Replayed(_)));
    assert_eq!(scene.balance(from).await, "97.00");
}

pub(super) async fn a_failure_sticks_to_its_key(scene: &mut Scene) {
    let Pair { alice, from, to, .. } = pair(scene).await;
    let ask = by(alice).transfers("100.01", from, to).under("too-much");
    let refused = scene.refuses(ask.clone()).await;
    assert!(matches!(refused, Rejection::Failure(Failure::InsufficientFunds { .. })));
    scene.completes(by_the_house().tops_up(alice, "USD", "500.00")).await;
    let replayed = scene.runs(ask.clone()).await;
    assert!(matches!(&replayed, Outcome::Replayed(_)));
    assert_eq!(refusal(&replayed), Some(refused));
    scene.restarts().await;
    assert_eq!(scene.runs(ask.clone()).await, replayed);
    assert_eq!(
        scene.refuses(by(alice).transfers("1.00", from, to).under("too-much")).await,
        Rejection::KeyReused
    );
    scene.completes(ask.under("again")).await;
}

pub(super) async fn rejections_leave_no_trace(scene: &mut Scene) {
    let Pair { alice, bob, from, to } = pair(scene).await;
    scene.asset("GOLD", 0).await;
    let gold = scene.wallet(bob, "GOLD").await;
    let treasury = scene.twins.assets(scene.ledger).await.unwrap()[0].system_wallets[0];
    let nowhere = WalletId(999);
    let before = scene.snapshot(scene.ledger).await;
    let refused: [(Ask, &str); 16] = [
        (by(alice).transfers("1.00", from, from), "same_wallet"),
        (by(alice).reverses(TransactionId(7)), "transaction_not_found"),
        (by_the_house().tops_up(alice, "SILVER", "1.00"), "asset_not_found"),
        (by(alice).transfers("1.00", nowhere, to), "wallet_not_found"),
        (by(alice).transfers("1.00", from, nowhere), "wallet_not_found"),
        (by(alice).transfers("1.00", to, from), "wallet_not_found"),
        (by(alice).transfers("1.00", from, treasury), "wallet_not_found"),
        (by(alice).transfers("1.00", WalletId(-1), WalletId(i64::MAX)), "wallet_not_found"),
        (by_the_house().tops_up(alice, "GOLD", "1"), "wallet_not_found"),
        (by_the_house().spends(UserId(999), "USD", "1.00"), "wallet_not_found"),
        (by(alice).deposits("1.00", from), "not_permitted"),
        (by(alice).tops_up(alice, "USD", "1.00"), "not_permitted"),
        (by(alice).transfers("1.00", from, gold), "asset_mismatch"),
        (by(alice).transfers("1.001", from, to), "amount_too_precise"),
        (by(alice).transfers("1000000000000000000000000000000000000", from, to), "amount_too_large"),
        (by(alice).transfers("1.00", from, to).if_version(7), "version_conflict"),
    ];
    let asks: Vec<_> = refused.iter().map(|(ask, _)| ask.clone().under("free")).collect();
    let outcomes = scene.runs_all(&asks).await;
    for (outcome, (ask, code)) in outcomes.iter().zip(&refused) {
        assert!(
            matches!(outcome, Outcome::Rejected(rejection) if rejection.code() == *code),
            "{ask:?}: {outcome:?}"
        );
    }
    for ask in asks {
        assert!(matches!(scene.runs(ask).await, Outcome::Rejected(_)));
    }
    assert_eq!(scene.snapshot(scene.ledger).await, before);
    scene.completes(by(alice).transfers("1.00", from, to).under("free")).await;
}

pub(super) async fn an_atomic_group_happens_whole_and_replays(scene: &mut Scene) {
    let Pair { alice, bob, from, to } = pair(scene).await;
    let asks = [
        by(alice).transfers("100.00", from, to).under("a"),
        by(bob).transfers("60.00", to, from).under("b"),
        by(alice).withdraws("60.00", from).under("c"),
    ];
    let GroupOutcome::Done(first) = scene.runs_atomically(&asks).await else { panic!() };
    assert!(first.iter().all(|outcome| refusal(outcome).is_none()));
    let GroupOutcome::Done(again) = scene.runs_atomically(&asks).await else { panic!() };
    assert!(again.iter().all(|outcome| matches!(outcome, Outcome::Replayed(_))));
    // One of them is new: the others replay, and it happens.
    let [a, b, _] = asks;
    let GroupOutcome::Done(mixed) = scene.runs_atomically(&[a, b, by(bob).withdraws("40.00", to)]).await
    else {
        panic!()
    };
    assert!(matches!(mixed[..], [Outcome::Replayed(_), Outcome::Replayed(_), Outcome::Settled(_)]));
    assert_eq!([scene.balance(from).await, scene.balance(to).await], ["0.00", "0.00"]);
}

pub(super) async fn a_refused_atomic_group_leaves_no_trace(scene: &mut Scene) {
    let Pair { alice, bob, from, to } = pair(scene).await;
    let failed = by(alice).transfers("900.00", from, to).under("failed-before");
    scene.refuses(failed.clone()).await;
    let before = scene.snapshot(scene.ledger).await;
    let good = by(alice).transfers("10.00", from, to).under("good");
    let bad: [Ask; 4] = [
        by(bob).transfers("10.01", to, from),
        by(bob).transfers("1.00", to, WalletId(999)),
        by(bob).transfers("1.00", to, from).if_version(99),
        failed,
    ];
    for bad in bad {
        let asks = [good.clone(), by(bob).transfers("1.00", to, from), bad, good.clone()];
        let outcome = scene.runs_atomically(&asks).await;
        assert!(matches!(outcome, GroupOutcome::Refused { index: 2, .. }), "{outcome:?}");
        assert_eq!(scene.snapshot(scene.ledger).await, before);
    }
    scene.completes(good).await;
}

pub(super) async fn groups_of_a_batch_see_each_other(scene: &mut Scene) {
    let Pair { alice, bob, from, to } = pair(scene).await;
    let groups = vec![
        scene.group(&[by(alice).transfers("100.00", from, to)], false),
        // Refused, and put back as if it had never been.
        scene.group(&[by(bob).transfers("100.00", to, from), by(bob).transfers("1.00", to, from)], true),
        scene.group(&[by(bob).transfers("30.00", to, from)], true),
        scene.group(&[by(alice).transfers("30.01", from, to), by(alice).transfers("30.00", from, to)], false),
    ];
    let outcomes = scene.commits(groups).await;
    assert!(matches!(outcomes[1], GroupOutcome::Refused { index: 1, .. }));
    assert_eq!([scene.balance(from).await, scene.balance(to).await], ["0.00", "100.00"]);
}

pub(super) async fn of_two_on_one_version_one_wins(scene: &mut Scene) {
    let Pair { alice, from, to, .. } = pair(scene).await;
    let ask = by(alice).transfers("1.00", from, to).if_version(1);
    let outcomes = scene.runs_all(&[ask.clone(), ask.clone()]).await;
    assert_eq!(refusal(&outcomes[0]), None);
    let conflict = Rejection::VersionConflict { wallet: from, current: Version(2) };
    assert_eq!(outcomes[1], Outcome::Rejected(conflict));
    assert_eq!(scene.refuses(ask).await, conflict);
    scene.completes(by_the_house().deposits("1.00", to).if_version(1)).await;
    assert_eq!(
        scene.refuses(by_the_house().deposits("1.00", to).if_version(1)).await,
        Rejection::VersionConflict { wallet: to, current: Version(2) }
    );
}

pub(super) async fn nothing_to_do(scene: &mut Scene) {
    assert_eq!(scene.commits(Vec::new()).await, []);
    let empty = vec![scene.group(&[], false), scene.group(&[], true)];
    assert_eq!(scene.commits(empty).await, [GroupOutcome::Done(Vec::new()), GroupOutcome::Done(Vec::new())]);
    assert_eq!(scene.runs_all(&[by(UserId(1)).withdraws("1.00", WalletId(1))]).await.len(), 1);
}

pub(super) async fn a_thousand_commands_at_once(scene: &mut Scene) {
    scene.asset("USD", 2).await;
    let mut wallets = Vec::new();
    for number in 0..10 {
        let user = scene.user(&format!("user{number}")).await;
        wallets.push((user, scene.wallet(user, "USD").await));
    }
    let mut asks: Vec<_> =
        wallets.iter().map(|(user, _)| by_the_house().tops_up(*user, "USD", "1.00")).collect();
    for step in 0..1000_usize {
        let (user, from) = wallets[step * 7 % 10];
        let (_, to) = wallets[(step * step + 1) % 10];
        let amount = format!("0.{:02}", step % 89 + 10);
        asks.push(by(user).transfers(&amount, from, to));
    }
    let outcomes = scene.runs_all(&asks).await;
    let completed = outcomes.iter().filter(|outcome| refusal(outcome).is_none()).count();
    assert!((500..1010).contains(&completed), "{completed} of 1,010 completed");
}

pub(super) async fn clocks_that_go_back(scene: &mut Scene) {
    let Pair { alice, from, to, .. } = pair(scene).await;
    let first = scene.completes(by(alice).transfers("1.00", from, to)).await;
    scene.set_clock(Timestamp(first.created_at.0 - 3_600_000_000));
    let second = scene.completes(by(alice).transfers("1.00", from, to)).await;
    assert_eq!(second.created_at, first.created_at.next());
    assert!(second.id > first.id);
    scene.set_clock(Timestamp(0));
    let failed = scene.runs(by(alice).transfers("1000.00", from, to)).await;
    assert!(matches!(failed, Outcome::Settled(_)));
    scene.restarts().await;
    let third = scene.completes(by(alice).transfers("1.00", from, to)).await;
    assert_eq!(third.created_at, second.created_at.next());
}

pub(super) async fn statuses_stop_money(scene: &mut Scene) {
    let Pair { alice, bob, from, to } = pair(scene).await;
    scene.sets(to, WalletStatus::Frozen).await;
    assert_eq!(
        scene.refuses(by(alice).transfers("1.00", from, to)).await,
        Rejection::WalletFrozen { wallet: to }
    );
    assert_eq!(
        scene.refuses(by_the_house().tops_up(bob, "USD", "1.00")).await,
        Rejection::WalletFrozen { wallet: to }
    );
    scene.sets(to, WalletStatus::Closed).await;
    assert_eq!(
        scene.refuses(by(alice).transfers("1.00", from, to)).await,
        Rejection::WalletClosed { wallet: to }
    );
    let treasury = scene.twins.assets(scene.ledger).await.unwrap()[0].system_wallets[0];
    scene.sets(treasury, WalletStatus::Frozen).await;
    assert_eq!(
        scene.refuses(by_the_house().tops_up(alice, "USD", "1.00")).await,
        Rejection::WalletFrozen { wallet: treasury }
    );
    scene.sets(treasury, WalletStatus::Active).await;
    scene.completes(by_the_house().tops_up(alice, "USD", "1.00")).await;
    assert!(scene.twins.wallets(scene.second, WalletFilter::default(), None, 10).await.unwrap().is_empty());
}
