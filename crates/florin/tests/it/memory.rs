//! How much memory a server takes when it is worked hard.

use crate::place::{Engine, Place};
use crate::server::Server;
use tokio::task::JoinSet;

/// Each hash of a password takes 19 MiB. What the allocator keeps of them must not grow with their number.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn sign_ins_leave_no_memory_behind() {
    let place = Place::new(Engine::Sqlite).await;
    let server = Server::start_demo(&place);
    for _ in 0..4 {
        let mut people = JoinSet::new();
        for _ in 0..64 {
            let url = server.url.clone();
            people.spawn(async move { crate::server::sign_in(&url, "alice").await });
        }
        assert_eq!(people.join_all().await.len(), 64);
    }
    let kept = server.resident_kib();
    assert!(kept < 300 * 1024, "{kept} KiB after 256 sign-ins");
    assert!(server.stop().success());
    place.remove().await;
}
