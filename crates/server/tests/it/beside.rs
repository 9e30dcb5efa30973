//! More servers beside a bank's own, on the same store.

use crate::bank::{Bank, Person};
use crate::call::Client;
use florin_server::auth::ApiKeys;
use florin_server::cache::{Cache, Link};
use florin_server::committer::{Committer, CommitterSettings};
use florin_server::http::{self, AppState, Console, HttpSettings, Parts};
use florin_server::limits::{LimitSettings, Limits};
use florin_server::payouts::Waker;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A running server beside a bank's own. It is stopped before the bank is closed.
pub(crate) struct Beside {
    url: String,
    committer: Committer,
    shutdown: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Beside {
    /// Starts one.
    pub(crate) async fn start(bank: &Bank, limits: LimitSettings, link: Option<Link>) -> Self {
        let cache = link.clone().map_or_else(Cache::off, Cache::shared);
        Self::start_with(bank, limits, link, cache).await
    }

    /// Starts one that remembers so.
    pub(crate) async fn start_with(
        bank: &Bank,
        limits: LimitSettings,
        link: Option<Link>,
        cache: Cache,
    ) -> Self {
        let store = Arc::clone(&bank.store);
        let mut auth = bank.auth();
        auth.api_keys = ApiKeys::new().hearing_by(link.clone());
        let committer = Committer::start(store as _, CommitterSettings::default(), cache.clone());
        let state = AppState::new(Parts {
            store: Arc::clone(&bank.store),
            committer: committer.clone(),
            payouts: Waker::default(),
            auth,
            cache,
            limits: Limits::new(limits, link),
            prometheus: PrometheusBuilder::new().build_recorder().handle(),
            console: Console::default(),
            settings: HttpSettings::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (shutdown, stopped) = oneshot::channel();
        let server = tokio::spawn(http::serve(listener, state, async { drop(stopped.await) }));
        Self { url, committer, shutdown, server }
    }

    /// Whoever this is, as a client of this server.
    pub(crate) fn client(&self, who: &Client) -> Client {
        Client { url: self.url.clone(), ..who.clone() }
    }

    /// The same for a person.
    pub(crate) fn person(&self, who: &Person) -> Person {
        Person { client: self.client(&who.client), ..who.clone() }
    }

    /// From now on nothing is committed here.
    pub(crate) async fn stop_committing(&self) {
        self.committer.stop().await;
    }

    /// Stops it.
    pub(crate) async fn stop(self) {
        let _ = self.shutdown.send(());
        self.server.await.unwrap().unwrap();
        self.committer.stop().await;
    }
}
