//! Settings: `florin.default.toml`, a file, the environment, flags; the later one wins.
//!
//! The defaults live in the documented file alone, so that documentation and defaults cannot differ. It must
//! never print a secret, nor guess what an unknown name may have meant.

mod approvals;
mod durations;
mod quotas;
mod secrets;

use crate::auth::safe_url;
use crate::limits::Quota;
use crate::payouts::ApprovalFrom;
use figment::Figment;
use figment::error::Kind;
use figment::providers::{Env, Format, Serialized, Toml};
use ipnet::IpNet;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The settings file that is read where it exists and no other is named.
pub const FILE_NAME: &str = "florin.toml";

/// Every setting with its default and what it is for.
pub const DEFAULTS: &str = include_str!("../../../../florin.default.toml");

const ENVIRONMENT_PREFIX: &str = "FLORIN_";

/// Why Florin cannot work with its settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// No setting has that name.
    #[error("there is no setting `{name}` (in {place}); florin.default.toml lists all of them")]
    Unknown {
        /// The name.
        name: String,
        /// Where it stands.
        place: String,
    },
    /// A value that its setting cannot have, or a file that is not TOML or not there.
    #[error("the settings cannot be read: {0}")]
    Malformed(Box<figment::Error>),
    /// Values that make no sense, each by itself or together.
    #[error("{setting} must be {rule}")]
    OutOfRange {
        /// Which setting.
        setting: &'static str,
        /// What it must be.
        rule: &'static str,
    },
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// All settings; `florin.default.toml` says what each one is for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "florin.default.toml documents every setting, for users and readers alike")]
pub struct Settings {
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    #[serde(deserialize_with = "secrets::optional")]
    pub database_url: Option<SecretString>,
    pub production: bool,

    #[serde(deserialize_with = "secrets::optional")]
    pub signing_key: Option<SecretString>,
    pub token_issuer: String,
    pub token_audience: String,
    pub oidc_issuer: String,
    pub oidc_audience: String,
    pub oidc_jwks_url: String,
    #[serde(deserialize_with = "durations::positive")]
    pub access_token_lifetime: Duration,
    #[serde(deserialize_with = "durations::positive")]
    pub refresh_token_lifetime: Duration,
    #[serde(deserialize_with = "secrets::optional")]
    pub pin_pepper: Option<SecretString>,
    #[serde(deserialize_with = "durations::positive")]
    pub approval_lifetime: Duration,

    #[serde(deserialize_with = "durations::positive")]
    pub request_timeout: Duration,
    #[serde(deserialize_with = "durations::positive")]
    pub body_timeout: Duration,
    pub requests_max: usize,
    #[serde(deserialize_with = "durations::positive")]
    pub header_timeout: Duration,
    pub connections_max: usize,
    pub event_streams_max: usize,
    #[serde(deserialize_with = "durations::positive")]
    pub shutdown_timeout: Duration,
    pub trusted_proxies: Vec<IpNet>,

    #[serde(deserialize_with = "quotas::optional")]
    pub rate_limit_person: Option<Quota>,
    #[serde(deserialize_with = "quotas::optional")]
    pub rate_limit_service: Option<Quota>,
    #[serde(deserialize_with = "quotas::optional")]
    pub rate_limit_address: Option<Quota>,
    #[serde(deserialize_with = "quotas::optional")]
    pub rate_limit_sensitive_person: Option<Quota>,
    #[serde(deserialize_with = "quotas::optional")]
    pub rate_limit_sensitive_address: Option<Quota>,
    #[serde(deserialize_with = "quotas::optional")]
    pub rate_limit_names: Option<Quota>,
    #[serde(deserialize_with = "quotas::optional")]
    pub rate_limit_sign_in: Option<Quota>,

    #[serde(deserialize_with = "durations::positive")]
    pub payout_lease: Duration,
    #[serde(deserialize_with = "approvals::from")]
    pub payout_approval_from: ApprovalFrom,
    #[serde(deserialize_with = "durations::positive")]
    pub payout_compensation_window: Duration,

    pub queue_commands_max: usize,
    pub batch_commands_max: usize,

    pub pool_size: usize,
    #[serde(deserialize_with = "durations::positive")]
    pub connect_timeout: Duration,
    #[serde(deserialize_with = "durations::positive")]
    pub lock_timeout: Duration,
    #[serde(deserialize_with = "durations::positive")]
    pub statement_timeout: Duration,

    #[serde(deserialize_with = "secrets::optional")]
    pub redis_url: Option<SecretString>,
    #[serde(deserialize_with = "durations::positive")]
    pub redis_timeout: Duration,
    #[serde(deserialize_with = "durations::positive")]
    pub redis_pause: Duration,

    pub log: String,
    pub log_format: LogFormat,
}

impl Settings {
    /// Reads the settings: the defaults, then `file` (or [`FILE_NAME`], where it exists), then the
    /// environment, then `flags`, whose fields have the settings' names and are left out where not given.
    pub fn load(file: Option<&Path>, flags: impl Serialize) -> Result<Self, SettingsError> {
        let usual = Path::new(FILE_NAME);
        let file = file.or_else(|| usual.is_file().then_some(usual));
        let defaults = Figment::from(Toml::string(DEFAULTS));
        let names = names(&defaults)?;
        let settings: Self = file
            .into_iter()
            .fold(defaults, |defaults, file| defaults.merge(Toml::file_exact(file)))
            // Unknown names are let pass here alone: orchestrators add their own (FLORIN_SERVICE_HOST).
            .merge(
                Env::prefixed(ENVIRONMENT_PREFIX).filter(move |name| names.iter().any(|known| name == known)),
            )
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(explain)?;
        settings.check()?;
        Ok(settings)
    }

    /// Where the embedded store is, if it is the one in use.
    pub fn embedded_store(&self) -> Option<&Path> {
        self.database_url.is_none().then_some(self.data_dir.as_path())
    }

    fn check(&self) -> Result<(), SettingsError> {
        let rules = [
            ("requests_max", self.requests_max > 0, "1 or more"),
            ("connections_max", self.connections_max > 0, "1 or more"),
            ("event_streams_max", self.event_streams_max > 0, "1 or more"),
            ("batch_commands_max", self.batch_commands_max > 0, "1 or more"),
            (
                "queue_commands_max",
                self.queue_commands_max >= self.batch_commands_max,
                "at least batch_commands_max",
            ),
            ("pool_size", self.pool_size >= 5, "5 or more: 4 connections are kept for writing"),
            ("token_issuer", !self.token_issuer.is_empty(), "a name"),
            ("token_audience", !self.token_audience.is_empty(), "a name"),
            (
                "oidc_issuer",
                self.oidc_issuer.is_empty()
                    || (safe_url(&self.oidc_issuer).is_some() && self.oidc_issuer != self.token_issuer),
                "an address with https, or with http on this machine, and not token_issuer",
            ),
            (
                "oidc_audience",
                self.oidc_issuer.is_empty() || !self.oidc_audience.is_empty(),
                "the audience of the issuer's tokens that are for Florin",
            ),
            (
                "oidc_jwks_url",
                self.oidc_jwks_url.is_empty() || safe_url(&self.oidc_jwks_url).is_some(),
                "an address with https, or with http on this machine",
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((setting, _, rule)) => Err(SettingsError::OutOfRange { setting, rule }),
            None => Ok(()),
        }
    }
}

/// The names of all settings: every one has its default in the file.
fn names(defaults: &Figment) -> Result<Vec<String>, SettingsError> {
    let defaults: figment::value::Dict = defaults.extract().map_err(explain)?;
    Ok(defaults.into_keys().collect())
}

fn explain(error: figment::Error) -> SettingsError {
    match &error.kind {
        Kind::UnknownField(name, _) => {
            let source = error.metadata.as_ref().and_then(|metadata| metadata.source.as_ref());
            let place = source.map_or_else(|| "a flag".to_owned(), ToString::to_string);
            SettingsError::Unknown { name: name.clone(), place }
        }
        _ => SettingsError::Malformed(Box::new(error)),
    }
}

#[cfg(test)]
mod tests;
