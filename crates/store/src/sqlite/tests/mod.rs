//! What this engine alone has: its file, its threads, its constraints, its chains. What every engine does is the
//! conformance suite's.

mod constraints;
mod file;
mod histories;
pub(super) mod plans;
mod tampering;

use super::*;
use crate::{CreationKey, NewAsset, NewUser, NewWallet, Origin, Role, WalletName};
use florin_ledger::{
    Asset, AssetCode, Caller, Command, Decimal, Fingerprint, IdempotencyKey, KeyHash, Movement, Outcome,
    Principal, Scale,
};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

fn migrated() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let mut alone = Sqlite::connect_alone(folder.path()).expect("a connection");
    migrate::sqlite::up(&mut alone.connection, migrate::SQLITE, NOW).expect("the schema");
    folder
}

fn key(text: &str) -> (IdempotencyKey, CreationKey) {
    let key = IdempotencyKey::parse(text).expect("a key");
    let fingerprint = Fingerprint::of("test", text.as_bytes());
    (key.clone(), CreationKey { hash: KeyHash::of(HOUSE.principal, &key), fingerprint })
}

const HOUSE: Caller = Caller { principal: Principal::User(UserId(1)), is_house: true };

fn command(text: &str, movement: Movement) -> Arc<Group> {
    let (key, creation) = key(text);
    let command = Command::new(HOUSE, key, creation.fingerprint, movement);
    Arc::new(Group::independent(vec![command]))
}

fn usd() -> AssetCode {
    AssetCode::parse("USD").expect("a code")
}

fn ten() -> Decimal {
    Decimal::parse("10.00").expect("an amount")
}

/// A store with a user, an asset, and 10.00 on the user's main wallet.
async fn store(folder: &TempDir) -> Sqlite {
    let store = Sqlite::open(folder.path()).expect("a store");
    let user = NewUser {
        username: Username::parse("alice").expect("a name"),
        email: crate::EmailAddress::parse("alice@example.com").expect("an address"),
        password_hash: "hash".to_owned(),
        role: Role::User,
    };
    store.create_user(LedgerId::MAIN, user, key("user").1, Origin::SYSTEM, NOW).await.expect("a user");
    let asset = Asset { code: usd(), scale: Scale::new(2).expect("a scale") };
    let asset = NewAsset { asset, name: "US dollar".to_owned() };
    store.create_asset(LedgerId::MAIN, asset, key("asset").1, Origin::SYSTEM, NOW).await.expect("an asset");
    let wallet = NewWallet { user: UserId(1), asset: usd(), name: WalletName::main() };
    store
        .create_wallet(LedgerId::MAIN, wallet, key("wallet").1, Origin::SYSTEM, NOW)
        .await
        .expect("a wallet");
    let top_up = command("top-up", Movement::TopUp { user: UserId(1), asset: usd(), amount: ten() });
    let outcomes = store.commit(LedgerId::MAIN, vec![top_up], NOW, 7).await.expect("a commit");
    assert!(
        matches!(&outcomes[..], [GroupOutcome::Done(done)] if matches!(done[..], [Outcome::Settled(_)])),
        "{outcomes:?}"
    );
    store
}

/// What SQLite says to a statement that Florin does not have.
async fn by_hand(store: &Sqlite, sql: &'static str) -> Result<usize, StoreError> {
    store.writer().expect("a writer").run(move |db_tx| Ok(db_tx.execute(sql, [])?)).await
}
