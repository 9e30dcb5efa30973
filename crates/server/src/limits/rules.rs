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
    /// Asks whose a name or a wallet is.
    Names,
}

/// A limit's name, as clients see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Policy {
    /// All requests.
    Default,
    /// Those that present secrets, and persons' movements.
    Sensitive,
    /// Questions by persons whose a name or a wallet is.
    Names,
    /// Wrong passwords for one account.
    SignIn,
}

impl Policy {
    /// The name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Sensitive => "sensitive",
            Self::Names => "names",
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
    /// Questions about names, by one person.
    pub names: Option<Quota>,
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
        // The house moves others' money all day, and knows everybody; a person moves their own.
        let is_sensitive = match kind {
            Kind::Credentials => true,
            Kind::Movement | Kind::Names => caller.is_none_or(|caller| !caller.is_house()),
            Kind::House | Kind::Ordinary => false,
        };
        if kind == Kind::Names
            && let Some(who) = who.as_ref().filter(|_| is_sensitive)
        {
            add(Policy::Names, who, self.names);
        }
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
            self.names,
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

#[cfg(test)]
mod tests {
    use super::*;
    use florin_ledger::{LedgerId, UserId};
    use florin_store::Role;

    fn quota(requests: u32) -> Quota {
        Quota { requests, window: Duration::from_mins(1) }
    }

    /// How many requests each window of a request has room for, by policy.
    fn windows(kind: Kind, caller: Option<Role>, peer: Option<&str>) -> Vec<(&'static str, u32)> {
        let settings = LimitSettings {
            person: Some(quota(1)),
            service: Some(quota(2)),
            address: Some(quota(3)),
            sensitive_person: Some(quota(4)),
            sensitive_address: Some(quota(5)),
            names: Some(quota(7)),
            sign_in: Some(quota(6)),
        };
        let caller = caller.map(|role| Identity::user(LedgerId::MAIN, UserId(7), role));
        let peer = peer.map(|peer| peer.parse().unwrap());
        let windows = settings.windows(kind, caller.as_ref(), peer);
        windows.iter().map(|window| (window.policy.as_str(), window.quota.requests)).collect()
    }

    #[test]
    fn a_request_counts_for_who_asks_and_from_where() {
        let (person, operator, peer) = (Some(Role::User), Some(Role::Operator), Some("192.0.2.1"));
        let (all, address) = ([("default", 1), ("default", 3)], [("default", 3)]);
        let sensitive = [all, [("sensitive", 4), ("sensitive", 5)]].concat();
        assert_eq!(windows(Kind::House, person, peer), []);
        assert_eq!(windows(Kind::Ordinary, None, None), []);
        assert_eq!(windows(Kind::Ordinary, None, peer), address);
        assert_eq!(windows(Kind::Ordinary, person, peer), all);
        assert_eq!(windows(Kind::Credentials, None, peer), [("default", 3), ("sensitive", 5)]);
        assert_eq!(windows(Kind::Movement, person, peer), sensitive);
        assert_eq!(windows(Kind::Movement, operator, peer), all, "the house moves others' money all day");
        let names = [all[0], all[1], ("names", 7), ("sensitive", 4), ("sensitive", 5)];
        assert_eq!(windows(Kind::Names, person, peer), names);
        assert_eq!(windows(Kind::Names, operator, peer), all, "the house knows everybody");
        assert_eq!(windows(Kind::Credentials, operator, peer), sensitive, "and guesses like anybody else");
    }

    #[test]
    fn one_household_is_one_address() {
        assert_eq!(network("192.0.2.1".parse().unwrap()), "address:192.0.2.1");
        for address in ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"] {
            assert_eq!(network(address.parse().unwrap()), "address:2001:db8:1:2::/64");
        }
        assert_eq!(network("2001:db8:1:3::1".parse().unwrap()), "address:2001:db8:1:3::/64");
    }
}
