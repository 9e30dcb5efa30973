//! Who users are to external issuers: one identity a user, one user an identity.

use super::scene::Scene;
use florin_ledger::UserId;
use florin_store::{AuditFilter, ExternalIdentity, Origin, Refusal, Store};

fn identity(subject: &str) -> ExternalIdentity {
    ExternalIdentity::new("https://issuer.example", subject).unwrap()
}

async fn set(scene: &mut Scene, user: UserId, identity: Option<ExternalIdentity>) -> Result<(), Refusal> {
    let now = scene.now();
    scene.twins.set_external_identity(scene.ledger, user, identity, Origin::SYSTEM, now).await.unwrap()
}

async fn found(scene: &Scene, subject: &str) -> Option<UserId> {
    let user = scene.twins.user_by_external_identity(scene.ledger, identity(subject)).await.unwrap();
    user.map(|user| user.id)
}

async fn lines(scene: &Scene) -> usize {
    scene.twins.audit_log(scene.ledger, AuditFilter::default(), None, 1000).await.unwrap().len()
}

pub(super) async fn a_user_has_one_and_it_is_nobody_elses(scene: &mut Scene) {
    let (alice, bob) = (scene.user("alice").await, scene.user("bob").await);
    assert_eq!(found(scene, "a").await, None);
    assert_eq!(set(scene, alice, Some(identity("a"))).await, Ok(()));
    assert_eq!(found(scene, "a").await, Some(alice));
    assert_eq!(set(scene, bob, Some(identity("a"))).await, Err(Refusal::ExternalIdentityTaken));
    assert_eq!(set(scene, bob, Some(identity("A"))).await, Ok(()), "case matters");
    scene.restarts().await;
    assert_eq!((found(scene, "a").await, found(scene, "A").await), (Some(alice), Some(bob)));

    assert_eq!(set(scene, alice, Some(identity("b"))).await, Ok(()), "in the place of the first");
    assert_eq!((found(scene, "a").await, found(scene, "b").await), (None, Some(alice)));
    assert_eq!(scene.twins.external_identity(scene.ledger, alice).await.unwrap(), Some(identity("b")));
    assert_eq!(set(scene, alice, None).await, Ok(()));
    assert_eq!(found(scene, "b").await, None);
    assert_eq!(set(scene, bob, Some(identity("b"))).await, Ok(()), "it is free again");
    assert_eq!(set(scene, UserId(99), Some(identity("z"))).await, Err(Refusal::UserNotFound));
}

pub(super) async fn what_changes_nothing_is_not_in_the_log(scene: &mut Scene) {
    let (alice, bob) = (scene.user("alice").await, scene.user("bob").await);
    let before = lines(scene).await;
    for (user, identity, more) in [
        (alice, None, 0),
        (alice, Some(identity("a")), 1),
        (alice, Some(identity("a")), 1),
        (bob, Some(identity("a")), 1),
        (alice, Some(identity("b")), 2),
        (alice, None, 3),
        (alice, None, 3),
        (UserId(99), None, 3),
    ] {
        let _ = set(scene, user, identity).await;
        assert_eq!(lines(scene).await, before + more);
    }
}
