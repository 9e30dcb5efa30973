//! A whole server on a subject's store and committer, behind a real socket.

use super::http_wire::Target;
use super::subject::Subject;
use crate::cli::serve;
use anyhow::Context;
use florin_server::auth::{AccessTokenSettings, Approvals, Auth, PinPepper, Sessions, SigningKey};
use florin_server::cache::Cache;
use florin_server::config::Settings;
use florin_server::http::{self, AppState, Console, Parts};
use florin_server::limits::{LimitSettings, Limits};
use florin_server::payouts::Waker;
use florin_server::telemetry;
use secrecy::ExposeSecret;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server that answers on a port of its own, on the loopback alone.
pub(super) struct Server {
    pub(super) target: Target,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Starts it, with logs and metrics as `florin serve` has them.
    pub(super) async fn start(subject: &Subject, settings: &Settings) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("opening a port")?;
        let address = listener.local_addr()?.to_string();
        let tokens = AccessTokenSettings::default();
        let (key, pepper) = (SigningKey::generate(), PinPepper::generate());
        let auth =
            Auth::new(&key, tokens, Sessions::new(&key, Sessions::LIFETIME), pepper, Approvals::default());
        let state = AppState::new(Parts {
            store: Arc::clone(&subject.store),
            committer: subject.committer.clone(),
            payouts: Waker::default(),
            auth,
            cache: Cache::off(),
            // It measures what the server can do, not what it lets one caller do.
            limits: Limits::new(LimitSettings::default(), None),
            prometheus: telemetry::start_metrics().context("starting the metrics")?,
            console: Console::default(),
            settings: serve::http_settings(settings),
        });
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(http::serve(listener, state, async {
            // Gone without a word is as good as a word.
            let _ = stopped.await;
        }));
        let token = subject.create_api_key().await?.expose_secret().to_owned();
        Ok(Self { target: Target { address, token }, stop, serving })
    }

    /// Lets it answer what it has taken, and end.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        // It may have ended by itself: that is what `serving` says then.
        let _ = self.stop.send(());
        Ok(self.serving.await.context("the server panicked")??)
    }
}
