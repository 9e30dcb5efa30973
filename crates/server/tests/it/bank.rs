//! A server of its own for each test, with two assets and an operator; people and money as a test needs them.

use crate::call::Client;
use crate::contract::Contract;
use crate::engine::{Engine, Place};
use argon2::{Algorithm, Argon2, Params, PasswordHasher};
use florin_ledger::{
    Fingerprint, IdempotencyKey, KeyHash, LedgerId, Movement, Principal, Timestamp, UserId, WalletId,
};
use florin_server::auth::approval;
use florin_server::auth::{
    AccessTokenSettings, AccessTokens, ApiKeys, Approvals, Auth, ExternalIssuer, ExternalTokens, Intent,
    PinPepper, Sessions, SigningKey,
};
use florin_server::cache::Cache;
use florin_server::clock;
use florin_server::committer::{Committer, CommitterSettings};
use florin_server::http::{self, AppState, Console, HttpSettings, Parts};
use florin_server::limits::{LimitSettings, Limits};
use florin_server::payouts::{Runner, RunnerSettings};
use florin_store::payouts::NewPayout;
use florin_store::{
    Created, CreationKey, EmailAddress, NewApiKey, NewUser, Origin, Role, Scope, Store, StoredPin,
    TransactionFilter, Username, WalletFilter,
};
use metrics_exporter_prometheus::PrometheusBuilder;
use secrecy::ExposeSecret;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const LEDGER: LedgerId = LedgerId::MAIN;

/// Of no password that is known: whoever is made here has a token already.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$oVdteFt2at3Eesh7Fg82QQ$a1CzYTKDYBiRpMvbxpOSxwVBmqHBRNndEch9zrIDKeo";

/// What every bank signs tokens with: the key of RFC 8037, appendix A.1.
pub(crate) const SIGNING_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";

/// Everybody's PIN, and the pepper that it is stored under.
pub(crate) const PIN: &str = "2846";
pub(crate) const PEPPER: &str = "1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// A running server.
pub(crate) struct Bank {
    pub(crate) store: Arc<dyn florin_store::Engine>,
    pub(crate) operator: Client,
    pub(crate) operator_id: UserId,
    key: SigningKey,
    pub(crate) committer: Committer,
    runner: Runner,
    state: AppState,
    shutdown: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
    place: Place,
    guard: MustClose,
}

/// A person with wallets.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: i64,
    pub(crate) client: Client,
}

/// Fails a test that would end without an audit.
struct MustClose {
    is_closed: bool,
}

impl Drop for MustClose {
    fn drop(&mut self) {
        assert!(self.is_closed || std::thread::panicking(), "the test did not close its bank");
    }
}

impl Bank {
    /// Opens one with the assets `USD` (2 decimals) and `GOLD` (none).
    pub(crate) async fn open(engine: Engine) -> Self {
        Self::open_with(engine, HttpSettings::default(), CommitterSettings::default()).await
    }

    pub(crate) async fn open_with(engine: Engine, http: HttpSettings, committer: CommitterSettings) -> Self {
        Self::open_on(engine.store().await, http, committer).await
    }

    /// One that accepts the tokens of an external issuer too.
    pub(crate) async fn open_with_issuer(engine: Engine, issuer: ExternalIssuer) -> Self {
        let external = Some(ExternalTokens::new(issuer));
        let (http, committer) = (HttpSettings::default(), CommitterSettings::default());
        let runner = RunnerSettings::default();
        Self::open_as(engine.store().await, http, committer, runner, external, Console::default()).await
    }

    /// One that begins payouts, and runs none.
    pub(crate) async fn open_without_runs(engine: Engine, http: HttpSettings) -> Self {
        let runner = RunnerSettings { payouts_max: 0, ..RunnerSettings::default() };
        let (committer, console) = (CommitterSettings::default(), Console::default());
        Self::open_as(engine.store().await, http, committer, runner, None, console).await
    }

    /// On a store that is there.
    pub(crate) async fn open_on(
        store: (Arc<dyn florin_store::Engine>, Place),
        http: HttpSettings,
        committer: CommitterSettings,
    ) -> Self {
        Self::open_as(store, http, committer, RunnerSettings::default(), None, Console::default()).await
    }

    /// One that has this for browsers.
    pub(crate) async fn open_with_console(engine: Engine, console: Console) -> Self {
        let (http, committer) = (HttpSettings::default(), CommitterSettings::default());
        Self::open_as(engine.store().await, http, committer, RunnerSettings::default(), None, console).await
    }

    async fn open_as(
        (store, place): (Arc<dyn florin_store::Engine>, Place),
        http: HttpSettings,
        committer: CommitterSettings,
        runner: RunnerSettings,
        external: Option<ExternalTokens>,
        console: Console,
    ) -> Self {
        let committer = Committer::start(Arc::clone(&store) as _, committer, Cache::off());
        let runner = Runner::start(Arc::clone(&store), committer.clone(), runner);
        let key = SigningKey::from_pem(&SIGNING_KEY.into()).unwrap();
        let state = AppState::new(Parts {
            store: Arc::clone(&store),
            committer: committer.clone(),
            payouts: runner.waker(),
            auth: Auth { external, ..auth(&key) },
            cache: Cache::off(),
            limits: Limits::new(LimitSettings::default(), None),
            prometheus: PrometheusBuilder::new().build_recorder().handle(),
            console,
            settings: http,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (shutdown, stopped) = oneshot::channel();
        let stopped = async { drop(stopped.await) };
        let server = tokio::spawn(http::serve(listener, state.clone(), stopped));
        // Another test may have chosen it before; none of them needs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let nobody = Client {
            http: reqwest::Client::new(),
            url,
            token: None,
            pin: None,
            contract: Arc::new(Contract::new()),
        };
        let operator_id = create_user(&*store, "house", Role::Operator).await;
        let operator = signed_in(&state, &nobody, operator_id, Role::Operator);
        let guard = MustClose { is_closed: false };
        let bank = Self {
            store,
            operator,
            operator_id,
            key,
            committer,
            runner,
            state,
            shutdown,
            server,
            place,
            guard,
        };
        for (code, name, scale) in [("USD", "US dollar", 2), ("GOLD", "Gold coin", 0)] {
            let body = json!({"code": code, "name": name, "scale": scale});
            bank.operator.post("/v1/assets").key(&format!("asset-{code}")).json(&body).send().await.ok();
        }
        bank
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        self.operator.url.strip_prefix("http://").unwrap()
    }

    /// A new person, without wallets.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let id = create_user(&*self.store, name, Role::User).await;
        Person { id: id.0, client: signed_in(&self.state, &self.operator, id, Role::User) }
    }

    /// Another operator.
    pub(crate) async fn operator_named(&self, name: &str) -> Person {
        let id = create_user(&*self.store, name, Role::Operator).await;
        Person { id: id.0, client: signed_in(&self.state, &self.operator, id, Role::Operator) }
    }

    /// A new person's main wallet of `USD`, with this in it.
    pub(crate) async fn person_with(&self, name: &str, usd: &str) -> (Person, i64) {
        let person = self.person(name).await;
        let wallet = self.wallet_with(&person, "USD", "main", usd).await;
        (person, wallet)
    }

    /// A new wallet with this in it.
    pub(crate) async fn wallet_with(&self, owner: &Person, asset: &str, name: &str, amount: &str) -> i64 {
        let key = format!("wallet-{}-{asset}-{name}", owner.id);
        let body = json!({"asset": asset, "name": name});
        let wallet = owner.client.post("/v1/wallets").key(&key).json(&body).send().await.ok();
        let wallet = wallet["id"].as_i64().unwrap();
        if amount != "0" {
            let body = json!({"wallet_id": wallet, "amount": amount});
            self.operator.post("/v1/deposits").key(&key).json(&body).send().await.ok();
        }
        wallet
    }

    /// A new payout of a person's, without rows.
    pub(crate) async fn payout(&self, owner: &Person, source: i64) -> i64 {
        let source = self.store.wallet(LEDGER, WalletId(source)).await.unwrap().unwrap().wallet;
        let creator = Principal::User(UserId(owner.id));
        let new = NewPayout { source: source.id, asset: source.asset, name: None, creator };
        let made = self.store.create_payout(LEDGER, new, creation_key(), Origin::SYSTEM, clock::now()).await;
        match made.unwrap() {
            Created::New(payout) => payout.id.0,
            other => panic!("{other:?}"),
        }
    }

    /// A person's access token, as it was issued at that time.
    pub(crate) fn token(&self, user: i64, at: Timestamp) -> String {
        let token = self.state.auth.access_tokens.issue(UserId(user), Role::User, LEDGER, at);
        token.expose_secret().to_owned()
    }

    /// A person's access token, as another server would issue it.
    pub(crate) fn foreign_token(user: i64) -> String {
        let another = AccessTokens::new(&SigningKey::generate(), AccessTokenSettings::default());
        another.issue(UserId(user), Role::User, LEDGER, clock::now()).expose_secret().to_owned()
    }

    /// A service with these scopes.
    pub(crate) async fn service(&self, scopes: &[Scope]) -> Client {
        let secret = ApiKeys::generate_secret();
        let new = NewApiKey {
            name: "service".to_owned(),
            secret_hash: secret.hash,
            scopes: scopes.to_vec(),
            created_by: self.operator_id,
        };
        let created = self
            .store
            .create_api_key(LEDGER, new, creation_key(), Origin::SYSTEM, clock::now())
            .await
            .unwrap();
        assert!(matches!(created, Created::New(_)), "{created:?}");
        Client { token: Some(secret.text.expose_secret().to_owned()), pin: None, ..self.operator.clone() }
    }

    /// The usual PIN, for somebody who has none.
    pub(crate) async fn give_pin(&self, user: i64) {
        set_cheap_pin(&*self.store, UserId(user)).await;
    }

    /// An approval of a person's movement, as the server would have given it at that time.
    pub(crate) async fn grant(&self, user: i64, movement: &Movement, at: Timestamp) -> String {
        let digest = approval::digest([Intent::Movement(*movement)]);
        let approvals = self.state.auth.approvals;
        let granted = approvals.grant(&*self.store, LEDGER, UserId(user), digest, Origin::SYSTEM, at).await;
        granted.unwrap().expose_secret().to_owned()
    }

    /// The secret of an API key that is worth nothing any more.
    pub(crate) async fn revoked_api_key(&self) -> String {
        let service = self.service(&Scope::ALL).await;
        let newest = self.store.api_keys(LEDGER, None, 1).await.unwrap()[0].id;
        let revoked = self.store.revoke_api_key(LEDGER, newest, Origin::SYSTEM, clock::now()).await.unwrap();
        assert!(revoked.is_some_and(|api_key| api_key.revoked_at.is_some()));
        service.token.unwrap()
    }

    /// Everything that the store holds, to see whether anything changed.
    pub(crate) async fn everything(&self) -> String {
        let assets = self.store.assets(LEDGER).await.unwrap();
        let wallets = self.store.wallets(LEDGER, WalletFilter::default(), None, 100_000).await.unwrap();
        let transactions =
            self.store.transactions(LEDGER, TransactionFilter::default(), None, 100_000).await.unwrap();
        let users = self.store.users(LEDGER, None, 100_000).await.unwrap();
        format!("{assets:#?}\n{wallets:#?}\n{transactions:#?}\n{users:#?}")
    }

    /// The balance of a wallet, as the house sees it.
    pub(crate) async fn posted(&self, wallet: i64) -> String {
        let wallet = self.operator.read(&format!("/v1/wallets/{wallet}")).await;
        wallet["posted"].as_str().unwrap().to_owned()
    }

    /// What proves who somebody is, for another server of this bank.
    pub(crate) fn auth(&self) -> Auth {
        auth(&self.key)
    }

    /// A connection of one's own to the database, where it is PostgreSQL.
    pub(crate) async fn database_client(&self) -> tokio_postgres::Client {
        self.place.database_client().await
    }

    /// Stops the server, and audits the books.
    pub(crate) async fn close(mut self) {
        self.guard.is_closed = true;
        let _ = self.shutdown.send(());
        self.server.await.unwrap().unwrap();
        self.runner.stop().await;
        self.committer.stop().await;
        let report = self.store.audit(LEDGER).await.unwrap();
        assert!(report.is_ok(), "{report:#?}");
        let mut sums = std::collections::BTreeMap::new();
        for line in self.store.trial_balance(LEDGER).await.unwrap() {
            *sums.entry(line.asset.to_string()).or_insert(0) += line.posted.units();
        }
        assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
        drop((self.state, self.committer, self.store));
        self.place.remove().await;
    }
}

impl Person {
    /// Sends money.
    pub(crate) async fn sends(&self, key: &str, from: i64, to: i64, amount: &str) -> crate::call::Answer {
        let body = json!({"from_wallet_id": from, "to_wallet_id": to, "amount": amount});
        self.client.post("/v1/transfers").key(key).json(&body).send().await
    }
}

fn auth(key: &SigningKey) -> Auth {
    let (tokens, sessions) = (AccessTokenSettings::default(), Sessions::new(key, Sessions::LIFETIME));
    Auth::new(key, tokens, sessions, PinPepper::parse(&PEPPER.into()).unwrap(), Approvals::default())
}

fn signed_in(state: &AppState, nobody: &Client, user: UserId, role: Role) -> Client {
    let token = state.auth.access_tokens.issue(user, role, LEDGER, clock::now());
    Client { token: Some(token.expose_secret().to_owned()), pin: Some(PIN), ..nobody.clone() }
}

async fn create_user(store: &dyn Store, name: &str, role: Role) -> UserId {
    let user = NewUser {
        username: Username::parse(name).unwrap(),
        email: EmailAddress::parse(&format!("{name}@florin.example")).unwrap(),
        password_hash: NOBODYS_HASH.to_owned(),
        role,
    };
    match store.create_user(LEDGER, user, creation_key(), Origin::SYSTEM, clock::now()).await.unwrap() {
        Created::New(user) => {
            set_cheap_pin(store, user.id).await;
            user.id
        }
        other => panic!("{other:?}"),
    }
}

/// The usual PIN, hashed so that checking it costs tests nothing: a stored hash brings its own parameters.
async fn set_cheap_pin(store: &dyn Store, user: UserId) {
    let pepper = PinPepper::parse(&PEPPER.into()).unwrap();
    let seasoned = pepper.season(pepper.newest(), LEDGER, user, &PIN.into()).unwrap();
    let params = Params::new(8, 1, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, argon2::Version::V0x13, params);
    let phc = argon2.hash_password(&seasoned).unwrap().to_string();
    let pin = StoredPin { phc, pepper_version: pepper.newest() };
    store.set_pin(LEDGER, user, pin, Origin::SYSTEM, clock::now()).await.unwrap();
}

/// A key that nobody else has.
fn creation_key() -> CreationKey {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let key = format!("fixture-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let hash = KeyHash::of(Principal::User(UserId(0)), &IdempotencyKey::parse(&key).unwrap());
    CreationKey { hash, fingerprint: Fingerprint::of("fixture", key.as_bytes()) }
}
