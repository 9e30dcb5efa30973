//! What a request counts against: which windows, and how many requests each of them may have.

use super::Quota;
use crate::auth::Identity;
use florin_ledger::Principal;
use florin_store::Username;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// What a request is for, as far as limits are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Asks how the server is; never limited.
    House,
    /// Anything that is not named here.
    Ordinary,
    /// Presents a secret that can be guessed, or makes an account.
    Credentials,
    /// Moves money.
    Movement,
}

/// A limit's name, as clients see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Policy {
    /// All requests.
    Default,
    /// Those that present secrets, and persons' movements.
    Sensitive,
    /// Wrong passwords for one account.
    SignIn,
}

impl Policy {
    /// The name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Sensitive => "sensitive",
            Self::SignIn => "sign-in",
        }
    }
}

/// What is counted for one caller, address or account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// By which policy.
    pub policy: Policy,
    /// Whose, as text that no other window has.
    pub key: String,
    /// How much fits in.
    pub quota: Quota,
}

/// How many requests may be made; `None` for no limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct LimitSettings {
    /// By one person or operator.
    pub person: Option<Quota>,
    /// With one API key.
    pub service: Option<Quota>,
    /// From one address.
    pub address: Option<Quota>,
    /// Sensitive ones, by one person.
    pub sensitive_person: Option<Quota>,
    /// Sensitive ones, from one address.
    pub sensitive_address: Option<Quota>,
    /// Wrong passwords for one account.
    pub sign_in: Option<Quota>,
}

impl LimitSettings {
    /// The windows of a request; those of its caller only where the caller is known.
    pub(super) fn windows(&self, kind: Kind, caller: Option<&Identity>, peer: Option<IpAddr>) -> Vec<Window> {
        let mut windows = Vec::new();
        if kind == Kind::House || self.longest_window().is_zero() {
            return windows;
        }
        let mut add = |policy: Policy, who: &dyn std::fmt::Display, quota: Option<Quota>| {
            windows.extend(quota.map(|quota| Window {
                policy,
                key: format!("limit:{}:{who}", policy.as_str()),
                quota,
            }));
        };
        let address = peer.map(network);
        let who = caller.map(name);
        let is_service = caller.is_some_and(|caller| caller.api_key().is_some());
        if let Some(who) = &who {
            add(Policy::Default, who, if is_service { self.service } else { self.person });
        }
        if let Some(address) = &address {
            add(Policy::Default, address, self.address);
        }
        // The house moves others' money all day; a person moves their own.
        let is_sensitive = match kind {
            Kind::Credentials => true,
            Kind::Movement => caller.is_none_or(|caller| !caller.is_house()),
            Kind::House | Kind::Ordinary => false,
        };
        if is_sensitive {
            if let Some(who) = &who {
                add(Policy::Sensitive, who, self.sensitive_person);
            }
            if let Some(address) = &address {
                add(Policy::Sensitive, address, self.sensitive_address);
            }
        }
        windows
    }

    /// The window of an account. One that does not exist has one too, or its lack would say so.
    pub(super) fn sign_in_window(&self, name: &Username) -> Option<Window> {
        let key = format!("limit:sign-in:{}", name.as_str());
        self.sign_in.map(|quota| Window { policy: Policy::SignIn, key, quota })
    }

    pub(super) fn longest_window(&self) -> Duration {
        let quotas = [
            self.person,
            self.service,
            self.address,
            self.sensitive_person,
            self.sensitive_address,
            self.sign_in,
        ];
        quotas.into_iter().flatten().map(|quota| quota.window).max().unwrap_or_default()
    }
}

fn name(caller: &Identity) -> String {
    let ledger = caller.ledger.0;
    match caller.principal() {
        Principal::User(user) => format!("{ledger}:user:{user}"),
        Principal::Service(api_key) => format!("{ledger}:api-key:{}", api_key.0),
    }
}

/// Who is counted as one address. A single household gets 2^64 addresses of IPv6 (RFC 6177).
fn network(peer: IpAddr) -> String {
    match peer {
        IpAddr::V4(address) => format!("address:{address}"),
        IpAddr::V6(address) => {
            let network = Ipv6Addr::from_bits(address.to_bits() >> 64 << 64);
            format!("address:{network}/64")
        }
    }
}
