//! `florin serve`: from settings to a server that answers, and back, in that order.

use super::beside::Specimen;
use super::location::Location;
use super::{StoreFlags, demo};
use anyhow::{Context, bail};
use clap::Args;
use florin_api::StoreKind;
use florin_ledger::LedgerId;
use florin_server::auth::{
    AccessTokenSettings, ApiKeys, Approvals, Auth, ExternalIssuer, ExternalTokens, KeyTimes, Pin, PinError,
    PinPepper, Sessions, SigningKey, safe_url,
};
use florin_server::cache::{Cache, Link, LinkSettings};
use florin_server::committer::{Committer, CommitterSettings};
use florin_server::config::Settings;
use florin_server::http::{self, AppState, Console, HttpSettings, Parts};
use florin_server::limits::{LimitSettings, Limits};
use florin_server::payouts::{PayoutPolicy, Runner, RunnerSettings};
use florin_server::telemetry;
use florin_store::{Store, Username};
use serde::Serialize;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Start the server
#[derive(Args, Serialize)]
pub(super) struct ServeArgs {
    /// Put demo users, wallets and money into the store, once
    #[arg(long)]
    #[serde(skip)]
    demo: bool,
    /// Start the fragile specimen beside the server, for the console's lab; it ends with the server
    #[arg(long)]
    #[serde(skip)]
    lab: bool,
    /// Bring a PostgreSQL database's schema up to date first; the embedded store's always is
    #[arg(long)]
    #[serde(skip)]
    migrate: bool,
    /// Where to listen for HTTP [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    #[serde(flatten)]
    store: StoreFlags,
}

pub(super) async fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let settings = Settings::load(args.store.config.as_deref(), &args)?;
    if settings.production && args.demo {
        bail!("production has no demo: its password and its PIN are known to everybody");
    }
    if settings.production && args.lab {
        bail!("production has no lab: a service that is meant to break stays away from it");
    }
    telemetry::start_logs(&settings.log, settings.log_format)?;
    let prometheus = telemetry::start_metrics().context("starting the metrics")?;
    let stopped = stop_signal()?;

    let location = Location::of(&settings);
    if settings.embedded_store().is_some() || args.migrate || args.demo {
        for step in location.migrate_up().await.with_context(|| format!("migrating {location}"))? {
            tracing::info!(%step, "migrated");
        }
    }
    let store = location.open().await?;
    let key = signing_key(&settings)?;
    let link = redis_link(&settings, &key)?;
    let mut auth = auth(&key, &settings)?;
    auth.api_keys = ApiKeys::new().hearing_by(link.clone());
    if settings.production {
        refuse_demo_secrets(&*store, &auth).await?;
    }
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("listening on {}", settings.listen))?;
    let cache = cache(&settings, link.as_ref());
    let committer = Committer::start(Arc::clone(&store) as _, committer_settings(&settings), cache.clone());
    if args.demo {
        demo::seed(&*store, &committer, &auth).await?;
    }
    let specimen = if args.lab { Some(Specimen::start().await?) } else { None };
    let runner = Runner::start(Arc::clone(&store), committer.clone(), runner_settings(&settings));
    greet(listener.local_addr()?, &location, args.demo);

    let state = AppState::new(Parts {
        store,
        committer: committer.clone(),
        payouts: runner.waker(),
        auth,
        cache,
        limits: Limits::new(limit_settings(&settings), link.clone()),
        prometheus,
        console: Console {
            specimen: specimen.as_ref().map(|specimen| specimen.address),
            ..console(&settings, args.demo)
        },
        settings: http_settings(&settings),
    });
    http::serve(listener, state, stopped).await.context("serving")?;
    // Requests are answered or cut off; what they put into the queue is still committed.
    let last_commits = async {
        runner.stop().await;
        committer.stop().await;
    };
    if tokio::time::timeout(settings.shutdown_timeout, last_commits).await.is_err() {
        bail!("the last commits did not end within {:?}", settings.shutdown_timeout);
    }
    if let Some(link) = link {
        link.leave().await;
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Completes at the first SIGTERM or SIGINT.
pub(crate) fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}

async fn refuse_demo_secrets(store: &dyn Store, auth: &Auth) -> anyhow::Result<()> {
    let demo_pin = Pin::parse(demo::PIN.into()).context("the demo's PIN")?;
    for name in std::iter::once(demo::OPERATOR).chain(demo::OWNERS) {
        let username = Username::parse(name).context("a demo's name")?;
        let Some(user) = store.user_by_name(LedgerId::MAIN, username).await? else { continue };
        if auth.passwords.verify(demo::PASSWORD.into(), Some(user.password_hash)).await? {
            bail!("user {name} has the demo's password, which everybody knows: production will not start");
        }
        let Some(pin) = store.pin(LedgerId::MAIN, user.id).await? else { continue };
        match auth.pins.is_stored(LedgerId::MAIN, user.id, &demo_pin, pin).await {
            // Under a pepper that is not there it opens nothing.
            Ok(false) | Err(PinError::PepperMissing(_)) => {}
            Ok(true) => {
                bail!("user {name} has the demo's PIN, which everybody knows: production will not start")
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn signing_key(settings: &Settings) -> anyhow::Result<SigningKey> {
    Ok(match &settings.signing_key {
        Some(pem) => SigningKey::from_pem(pem)?,
        None if settings.production => {
            bail!("production needs `signing_key`: openssl genpkey -algorithm ed25519 makes one")
        }
        None => {
            make_folder(&settings.data_dir)?;
            SigningKey::load_or_create(&settings.data_dir)?
        }
    })
}

fn auth(key: &SigningKey, settings: &Settings) -> anyhow::Result<Auth> {
    let pepper = match &settings.pin_pepper {
        Some(text) => PinPepper::parse(text)?,
        None if settings.production => {
            bail!("production needs `pin_pepper`: \"1:$(openssl rand -base64 32)\" makes the first")
        }
        None => {
            make_folder(&settings.data_dir)?;
            PinPepper::load_or_create(&settings.data_dir)?
        }
    };
    let tokens = AccessTokenSettings {
        issuer: settings.token_issuer.clone(),
        audience: settings.token_audience.clone(),
        lifetime: settings.access_token_lifetime,
    };
    let sessions = Sessions::new(key, settings.refresh_token_lifetime);
    let approvals = Approvals { lifetime: settings.approval_lifetime };
    let auth = Auth::new(key, tokens, sessions, pepper, approvals);
    let external = (!settings.oidc_issuer.is_empty()).then(|| {
        ExternalTokens::new(ExternalIssuer {
            issuer: settings.oidc_issuer.clone(),
            audience: settings.oidc_audience.clone(),
            jwks_url: safe_url(&settings.oidc_jwks_url),
            key_times: KeyTimes::default(),
        })
    });
    Ok(Auth { external, ..auth })
}

fn make_folder(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))
}

/// What to remember of the store, and where all who change it hear of it.
fn cache(settings: &Settings, link: Option<&Link>) -> Cache {
    match link {
        None if settings.embedded_store().is_some() => Cache::local(),
        None => Cache::off(),
        // Servers whose keys differ do not hear of each other.
        Some(_) if settings.embedded_store().is_none() && settings.signing_key.is_none() => {
            tracing::warn!(
                "balances are not cached: servers on one database must share `signing_key` for that"
            );
            Cache::off()
        }
        Some(link) => Cache::shared(link.clone()),
    }
}

pub(crate) fn committer_settings(settings: &Settings) -> CommitterSettings {
    CommitterSettings {
        queue_commands_max: settings.queue_commands_max,
        batch_commands_max: settings.batch_commands_max,
        ..CommitterSettings::default()
    }
}

fn runner_settings(settings: &Settings) -> RunnerSettings {
    RunnerSettings { lease: settings.payout_lease, ..RunnerSettings::default() }
}

/// The way to Redis, if there is one. Whether it answers does not matter.
fn redis_link(settings: &Settings, key: &SigningKey) -> anyhow::Result<Option<Link>> {
    let Some(url) = settings.redis_url.clone() else { return Ok(None) };
    let settings = LinkSettings {
        url,
        // Servers on one database share their key, and no others do.
        scope: key.kid().to_owned(),
        timeout: settings.redis_timeout,
        pause: settings.redis_pause,
    };
    Link::start(&settings).context("`redis_url` is no Redis URL").map(Some)
}

fn limit_settings(settings: &Settings) -> LimitSettings {
    LimitSettings {
        person: settings.rate_limit_person,
        service: settings.rate_limit_service,
        address: settings.rate_limit_address,
        sensitive_person: settings.rate_limit_sensitive_person,
        sensitive_address: settings.rate_limit_sensitive_address,
        names: settings.rate_limit_names,
        sign_in: settings.rate_limit_sign_in,
    }
}

pub(crate) fn http_settings(settings: &Settings) -> HttpSettings {
    HttpSettings {
        request_timeout: settings.request_timeout,
        body_timeout: settings.body_timeout,
        requests_max: settings.requests_max,
        header_timeout: settings.header_timeout,
        connections_max: settings.connections_max,
        event_streams_max: settings.event_streams_max,
        shutdown_timeout: settings.shutdown_timeout,
        trusted_proxies: settings.trusted_proxies.as_slice().into(),
        secure_cookies: settings.production,
        payouts: PayoutPolicy {
            approval_from: settings.payout_approval_from.clone(),
            compensation_window: settings.payout_compensation_window,
        },
    }
}

/// What browsers are given, and told.
fn console(settings: &Settings, is_demo: bool) -> Console {
    let store = if settings.embedded_store().is_some() { StoreKind::Sqlite } else { StoreKind::Postgres };
    Console { is_demo, store, ..Console::default() }
}

/// For the person who started it, if one reads; scripts read the address from the first line.
fn greet(address: SocketAddr, location: &Location, is_demo: bool) {
    let until_built = if Console::default().is_built() { "" } else { ", once `make console` has built it" };
    let mut lines = vec![
        format!("Florin {} on http://{address} ({location})", env!("CARGO_PKG_VERSION")),
        format!("  console        open http://{}{until_built}", within_reach(address)),
        format!("  documentation  http://{address}/docs"),
    ];
    if is_demo {
        let owners = demo::OWNERS.join(", ");
        lines.push(format!("  sign in as     {owners}, or {}, the operator", demo::OPERATOR));
        lines.push(format!("  password       {}", demo::PASSWORD));
        lines.push(format!("  PIN            {}", demo::PIN));
    }
    lines.push(String::new());
    if let Err(error) = std::io::stdout().write_all(lines.join("\n").as_bytes()) {
        tracing::debug!(%error, "nobody reads the greeting");
    }
}

/// Where a browser on this machine finds what listens there.
fn within_reach(address: SocketAddr) -> SocketAddr {
    let everywhere = address.ip().is_unspecified();
    if everywhere { SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())) } else { address }
}
