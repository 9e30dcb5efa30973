//! The audit log: a line for what changed something, in the order in which it happened.

use super::scene::{Scene, created, creation_key, new_user};
use crate::asks::code;
use florin_ledger::{
    Amount, LedgerId, Timestamp, TransactionId, UserId, WalletChange, WalletId, WalletStatus,
};
use florin_store::{
    Actor, AuditAction, AuditFilter, AuditId, AuditLine, AuditRecord, NewApiKey, Origin, RefreshToken, Scope,
    Store, Subject,
};

async fn log(scene: &Scene, ledger: LedgerId) -> Vec<AuditRecord> {
    let mut lines = scene.twins.audit_log(ledger, AuditFilter::default(), None, 1000).await.unwrap();
    lines.reverse();
    lines
}

/// `action subject`, oldest first.
async fn told(scene: &Scene) -> Vec<String> {
    let tell = |record: AuditRecord| {
        let subject = record.line.subject.map(|subject| subject.to_string()).unwrap_or_default();
        format!("{} {subject}", record.line.action.as_str())
    };
    log(scene, scene.ledger).await.into_iter().map(tell).collect()
}

pub(super) async fn what_changes_people_keys_and_wallets_writes_a_line(scene: &mut Scene) {
    scene.asset("USD", 2).await;
    let alice = scene.user("alice").await;
    let wallet = scene.wallet(alice, "USD").await;
    scene.sets(wallet, WalletStatus::Frozen).await;
    let limit = Amount::from_units(1250);
    let both = WalletChange { status: Some(WalletStatus::Active), credit_limit: limit };
    scene.changes(wallet, both).await.unwrap();
    scene.changes(wallet, WalletChange { status: None, credit_limit: Some(Amount::ZERO) }).await.unwrap();
    scene.sets(wallet, WalletStatus::Closed).await;
    let (key, now) = (scene.creation_key("", "shop"), scene.now());
    let scopes = vec![Scope::Read, Scope::WalletsWrite];
    let new = NewApiKey { name: "shop".to_owned(), secret_hash: [7; 32], scopes, created_by: alice };
    created(scene.twins.create_api_key(scene.ledger, new, key, Origin::SYSTEM, now).await.unwrap());
    let now = scene.now();
    let api_key = florin_ledger::ApiKeyId(1);
    scene.twins.revoke_api_key(scene.ledger, api_key, Origin::SYSTEM, now).await.unwrap();
    assert_eq!(
        told(scene).await,
        [
            "asset.created asset:USD",
            "user.created user:1",
            "wallet.created wallet:5",
            "wallet.frozen wallet:5",
            "wallet.unfrozen wallet:5",
            "wallet.credit_limit_changed wallet:5",
            "wallet.credit_limit_changed wallet:5",
            "wallet.closed wallet:5",
            "api_key.created api_key:1",
            "api_key.revoked api_key:1",
        ]
    );
    let lines = log(scene, scene.ledger).await;
    let details =
        |index: usize| lines[index].line.details.iter().map(|(name, value)| format!("{name}={value}"));
    assert_eq!(details(1).collect::<Vec<_>>(), ["role=user"]);
    assert_eq!(details(2).collect::<Vec<_>>(), ["asset=USD", "user=1"]);
    assert_eq!(details(5).collect::<Vec<_>>(), ["after=12.50", "before=0.00"]);
    assert_eq!(details(8).collect::<Vec<_>>(), ["name=shop", "scopes=read wallets:write"]);
    assert!(lines.iter().map(|record| record.id.0).eq(1..=10), "numbered without gaps");
}

pub(super) async fn what_changes_nothing_writes_none(scene: &mut Scene) {
    scene.asset("USD", 2).await;
    let alice = scene.user("alice").await;
    let wallet = scene.wallet(alice, "USD").await;
    let before = log(scene, scene.ledger).await;
    let now = scene.now();
    // A refusal, a replay, a rejected change, a change to what is there already, a key that is not there.
    let (ledger, twins) = (scene.ledger, &scene.twins);
    for key in [creation_key("another", ""), creation_key("another", "")] {
        twins.create_user(ledger, new_user("alice"), key, Origin::SYSTEM, now).await.unwrap();
    }
    let change = WalletChange { status: Some(WalletStatus::Active), credit_limit: Some(Amount::ZERO) };
    twins.change_wallet(ledger, wallet, change, None, Origin::SYSTEM, now).await.unwrap().unwrap();
    let change = WalletChange { status: Some(WalletStatus::Closed), credit_limit: None };
    twins.change_wallet(ledger, WalletId(1), change, None, Origin::SYSTEM, now).await.unwrap().unwrap_err();
    twins.revoke_api_key(ledger, florin_ledger::ApiKeyId(9), Origin::SYSTEM, now).await.unwrap();
    twins.end_session(ledger, [9; 32], Origin::SYSTEM, now).await.unwrap();
    assert_eq!(log(scene, scene.ledger).await, before);
}

pub(super) async fn sessions_write_their_lines(scene: &mut Scene) {
    let alice = scene.user("alice").await;
    let now = scene.now();
    let expires_at = Timestamp(now.0 + 1_000_000_000);
    let anonymous = Origin { actor: Actor::Anonymous, ..Origin::SYSTEM };
    let (ledger, twins) = (scene.ledger, &scene.twins);
    for token in [1, 11] {
        let family = u128::from(token);
        let token = RefreshToken { hash: [token; 32], family, user: alice, created_at: now, expires_at };
        let origin = anonymous.clone().by(Actor::User(alice));
        twins.start_session(ledger, token, origin).await.unwrap();
    }
    for (old, new) in [(1, 2), (1, 3)] {
        let origin = anonymous.clone();
        twins.rotate_refresh_token(ledger, [old; 32], [new; 32], expires_at, origin, now).await.unwrap();
    }
    // What is over already is not ended a second time.
    for token in [11, 11, 2] {
        twins.end_session(ledger, [token; 32], anonymous.clone(), now).await.unwrap();
    }
    assert_eq!(
        told(scene).await,
        [
            "user.created user:1",
            "user.signed_in user:1",
            "user.signed_in user:1",
            "user.token_reused user:1",
            "user.signed_out user:1",
        ]
    );
    let actors: Vec<_> = log(scene, ledger).await.iter().map(|line| line.origin.actor).collect();
    let alice = Actor::User(alice);
    assert_eq!(actors[1..], [alice, alice, Actor::Anonymous, alice]);
}

pub(super) async fn lines_are_kept_as_they_were_given(scene: &mut Scene) {
    let now = scene.now();
    let subject = Subject::Transaction(TransactionId(0x0197_a6f0_1c2d_7e3f_8a4b_5c6d_7e8f_9a0b));
    let lines = [
        (
            Origin {
                actor: Actor::User(UserId(7)),
                peer: Some("2001:db8::7".parse().unwrap()),
                request_id: Some("a-request".to_owned()),
            },
            AuditLine::done(AuditAction::MoneyDeposited, subject)
                .with("amount", "12.50")
                .with("\"odd\"", "\n'ü'"),
        ),
        (
            Origin { actor: Actor::Anonymous, peer: Some("203.0.113.9".parse().unwrap()), request_id: None },
            AuditLine::refused(AuditAction::UserSignInFailed, None),
        ),
    ];
    for (origin, line) in lines.clone() {
        scene.twins.append_audit_line(scene.ledger, line, origin, now).await.unwrap();
    }
    let stored: Vec<_> =
        log(scene, scene.ledger).await.into_iter().map(|record| (record.origin, record.line)).collect();
    assert_eq!(stored, lines);
}

pub(super) async fn pages_and_filters(scene: &mut Scene) {
    let actors = [Actor::User(UserId(1)), Actor::User(UserId(2)), Actor::Anonymous];
    let subjects = [None, Some(Subject::Wallet(WalletId(9))), Some(Subject::Asset(code("USD")))];
    let actions = [AuditAction::WalletFrozen, AuditAction::UserSignedIn, AuditAction::MoneySpent];
    let mut times = vec![];
    for index in 0..60 {
        let now = scene.now();
        times.push(now);
        let line = AuditLine::done(actions[index % 3], subjects[index / 3 % 3]).with("index", index);
        let origin = Origin { actor: actors[index / 9 % 3], ..Origin::SYSTEM };
        // The other ledger's must not be seen.
        scene.twins.append_audit_line(scene.second, line.clone(), origin.clone(), now).await.unwrap();
        scene.twins.append_audit_line(scene.ledger, line, origin, now).await.unwrap();
    }
    let mut counts = vec![];
    for actor in [None, Some(actors[0]), Some(Actor::System)] {
        for action in [None, Some(actions[1])] {
            for subject in subjects {
                for (from, until) in
                    [(None, None), (Some(times[5]), Some(times[50])), (Some(times[59]), None)]
                {
                    let filter = AuditFilter { actor, action, subject, from, until };
                    let found = scene.twins.audit_log(scene.ledger, filter, None, 100).await.unwrap();
                    counts.push(found.len());
                    let before = found.get(3).map(|record| record.id);
                    let page = scene.twins.audit_log(scene.ledger, filter, before, 5).await.unwrap();
                    let skipped = if before.is_some() { 4 } else { 0 };
                    assert!(page.iter().eq(found.iter().skip(skipped).take(5)), "{filter:?}");
                }
            }
        }
    }
    assert!(
        counts.contains(&60) && counts.contains(&0) && counts.iter().any(|count| (2..20).contains(count))
    );
    let before_all = scene.twins.audit_log(scene.ledger, AuditFilter::default(), Some(AuditId(1)), 5).await;
    assert_eq!(before_all.unwrap(), []);
}
