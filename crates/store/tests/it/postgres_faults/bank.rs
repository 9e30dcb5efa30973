//! A small ledger on a database of its own: one user, wallets 5 to 12 with money in them.

use crate::postgres_server::TestDatabase;
use florin_lab::proxy::Proxy;
use florin_ledger::{
    Asset, AssetCode, Caller, Command, Decimal, Fingerprint, Group, IdempotencyKey, KeyHash, LedgerId,
    Movement, Outcome, Principal, Scale, Timestamp, Transaction, TransactionId, UserId, WalletId,
};
use florin_store::postgres::{Postgres, PostgresSettings};
use florin_store::{
    Created, CreationKey, EmailAddress, NewAsset, NewUser, NewWallet, Origin, Role, Store, TransactionFilter,
    Username, WalletName, migrate,
};
use std::sync::Arc;
use std::time::Duration;

pub(super) const OPENING_DEPOSITS: usize = 8;

pub(super) struct Bank {
    pub(super) store: Postgres,
    pub(super) ledger: LedgerId,
    database: TestDatabase,
}

/// When everything happens; the ledger makes a time of its own for each transaction.
pub(super) const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

const HOUSE: Caller = Caller { principal: Principal::User(UserId(1)), is_house: true };

impl Bank {
    pub(super) async fn open() -> Self {
        let database = TestDatabase::create().await;
        let mut client = database.client().await;
        migrate::postgres::up(&mut client, migrate::POSTGRES, NOW).await.expect("an empty database");
        let store =
            Postgres::connect(&settings(database.url().to_owned())).await.expect("the test server answers");
        let bank = Self { store, ledger: LedgerId::MAIN, database };
        bank.found().await;
        bank
    }

    async fn found(&self) {
        let user = NewUser {
            username: Username::parse("alice").expect("a name"),
            email: EmailAddress::parse("alice@example.com").expect("an address"),
            password_hash: "none".to_owned(),
            role: Role::Operator,
        };
        let asset = Asset { code: usd(), scale: Scale::new(2).expect("a scale") };
        let asset = NewAsset { asset, name: "US dollar".to_owned() };
        let key = |name: &str| CreationKey {
            hash: KeyHash::of(HOUSE.principal, &key(name)),
            fingerprint: Fingerprint::of(name, b""),
        };
        let user = self
            .store
            .create_user(self.ledger, user, key("user"), Origin::SYSTEM, NOW)
            .await
            .expect("a user");
        assert!(matches!(user, Created::New(_)), "{user:?}");
        let asset = self
            .store
            .create_asset(self.ledger, asset, key("asset"), Origin::SYSTEM, NOW)
            .await
            .expect("an asset");
        assert!(matches!(asset, Created::New(_)), "{asset:?}");
        for number in 1..=OPENING_DEPOSITS {
            let name = WalletName::parse(&format!("wallet {number}")).expect("a name");
            let wallet = NewWallet { user: UserId(1), asset: usd(), name };
            let key = key(&format!("wallet-{number}"));
            let created = self
                .store
                .create_wallet(self.ledger, wallet, key, Origin::SYSTEM, NOW)
                .await
                .expect("a wallet");
            let Created::New(created) = created else { panic!("{created:?}") };
            let amount = Decimal::parse("1000.00").expect("an amount");
            let deposit = Movement::Deposit { wallet: created.wallet.id, amount };
            let deposit = group(&format!("opening-{number}"), deposit);
            self.store.commit(self.ledger, vec![deposit], NOW, 0).await.expect("a deposit");
        }
    }

    /// A second server on the same database.
    pub(super) async fn another_server(&self) -> Postgres {
        Self::server_at(self.database.url().to_owned()).await
    }

    /// One that reaches the database through a proxy.
    pub(super) async fn server_behind_a_proxy(&self) -> (Postgres, Proxy) {
        let (proxy, url) = Proxy::in_front_of(self.database.url()).await.expect("a free port");
        (Self::server_at(url).await, proxy)
    }

    async fn server_at(url: String) -> Postgres {
        Postgres::connect(&settings(url)).await.expect("the test server answers")
    }

    /// A server that waits long for locks, and reads on one connection.
    pub(super) async fn patient_server(&self) -> Postgres {
        let lock_timeout = Duration::from_secs(30);
        let settings =
            PostgresSettings { pool_size: 1, lock_timeout, ..settings(self.database.url().to_owned()) };
        Postgres::connect(&settings).await.expect("the test server answers")
    }

    pub(super) async fn client(&self) -> tokio_postgres::Client {
        self.database.client().await
    }

    async fn number(&self, query: &str) -> i64 {
        self.client().await.query_one(query, &[]).await.expect("a count").get(0)
    }

    pub(super) async fn deadlocks(&self) -> i64 {
        self.number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").await
    }

    pub(super) async fn idle_in_transaction(&self) -> i64 {
        self.number(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
        )
        .await
    }

    /// How many connections there are, without the one that asks.
    pub(super) async fn connections(&self) -> i64 {
        self.number(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await
    }

    /// Until there are no more of them than that.
    pub(super) async fn until_connections_are(&self, count: i64) {
        while self.connections().await > count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// How many entries of the transactions' indexes were read so far.
    pub(super) async fn read_by_indexes(&self) -> i64 {
        self.number(
            "SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes WHERE relname = 'transactions'",
        )
        .await
    }

    /// Until so many connections wait for a lock.
    pub(super) async fn until_connections_wait(&self, count: i64) {
        let waiting = "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while self.number(waiting).await < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(super) async fn transaction_count(&self) -> usize {
        let all = self.store.transactions(self.ledger, TransactionFilter::default(), None, 100_000).await;
        all.expect("a read").len()
    }

    /// The end of every test: the books balance.
    pub(super) async fn close_balanced(self) {
        let report = self.store.audit(self.ledger).await.expect("an audit");
        assert!(report.is_ok(), "{:?}", report.faults);
        drop(self.store);
        self.database.drop_it().await;
    }
}

/// A batch of one transfer, from the `from`th wallet to the `to`th.
pub(super) fn transfer(key: &str, from: i64, to: i64, amount: &str) -> Vec<Arc<Group>> {
    // The asset's system wallets are the first four.
    let (from, to) = (WalletId(4 + from), WalletId(4 + to));
    vec![group(key, Movement::Transfer { from, to, amount: Decimal::parse(amount).expect("an amount") })]
}

/// A transaction taken back.
pub(super) fn reversal(key: &str, of: TransactionId) -> Arc<Group> {
    group(key, Movement::Reversal { of, amount: None })
}

/// One more wallet; done when the counters are free.
pub(super) async fn creates_a_wallet(store: &Postgres, ledger: LedgerId, number: i64) {
    let name = WalletName::parse(&format!("one more {number}")).expect("a name");
    let wallet = NewWallet { user: UserId(1), asset: usd(), name };
    let hash = KeyHash::of(HOUSE.principal, &key(&format!("one-more-{number}")));
    let key = CreationKey { hash, fingerprint: Fingerprint::of("one more", b"") };
    // Some wait for longer than they may.
    let _ = store.create_wallet(ledger, wallet, key, Origin::SYSTEM, NOW).await;
}

fn settings(url: String) -> PostgresSettings {
    PostgresSettings { pool_size: 8, lock_timeout: Duration::from_millis(500), ..PostgresSettings::new(url) }
}

fn usd() -> AssetCode {
    AssetCode::parse("USD").expect("a code")
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text).expect("a key")
}

fn group(name: &str, movement: Movement) -> Arc<Group> {
    let command = Command::new(HOUSE, key(name), Fingerprint::of("test", name.as_bytes()), movement);
    Arc::new(Group::independent(vec![command]))
}

/// The transaction of a command that was done, now or before.
pub(super) fn settled(outcome: &Outcome) -> &Transaction {
    match outcome {
        Outcome::Settled(transaction) | Outcome::Replayed(transaction) => transaction,
        Outcome::Rejected(rejection) => panic!("rejected: {rejection}"),
    }
}
