//! People and services: who may sign in. Their secrets are here only as hashes.

use florin_ledger::{ApiKeyId, Timestamp, UserId};
use std::time::Duration;

/// A name to sign in with: 3 to 32 of `a`-`z`, `0`-`9`, `.`, `_` and `-`, beginning with a letter.
/// Upper case is folded, so no two names look alike by case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username(String);

impl Username {
    /// Reads a name; `None` unless it has the form that [`Username`] states.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.to_ascii_lowercase();
        let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let begins_well = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        ((3..=32).contains(&name.len()) && begins_well && name.bytes().all(valid)).then_some(Self(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An email address: one `@` between a local part and a domain with a dot, at most 254 characters of
/// visible ASCII. Only a message that arrives proves more. Case is folded, so it is unique in any case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address; `None` unless it has the form that [`EmailAddress`] states.
    pub fn parse(text: &str) -> Option<Self> {
        let address = text.to_ascii_lowercase();
        let (local, domain) = address.split_once('@')?;
        let labels_are_sound = domain.split('.').all(|label| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        });
        let valid = !local.is_empty()
            && local.len() <= 64
            && address.len() <= 254
            && address.bytes().all(|byte| byte.is_ascii_graphic())
            && !local.contains(['(', ')', '<', '>', ',', ';', ':', '\\', '"', '[', ']'])
            && domain.contains('.')
            && labels_are_sound;
        valid.then_some(Self(address))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Uses wallets of their own.
    User,
    /// Runs the house: assets, all wallets, issuing, API keys.
    Operator,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 2] = [Self::User, Self::Operator];

    /// The role's name, in the database, in tokens and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Operator => "operator",
        }
    }

    /// The role of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// A user, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their name.
    pub username: Username,
    /// Their address.
    pub email: EmailAddress,
    /// The password, as a PHC string of argon2id.
    pub password_hash: String,
    /// What they may do.
    pub role: Role,
    /// When they signed up.
    pub created_at: Timestamp,
}

/// A user to be created.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Their name; unique.
    pub username: Username,
    /// Their address; unique.
    pub email: EmailAddress,
    /// The password, as a PHC string of argon2id.
    pub password_hash: String,
    /// What they may do.
    pub role: Role,
}

/// Who a user is to an external issuer of tokens: 1 to 255 visible ASCII characters each, compared byte by byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExternalIdentity {
    issuer: String,
    subject: String,
}

impl ExternalIdentity {
    /// The most characters of an issuer, and of a subject (OpenID Connect Core, 2).
    pub const LENGTH_MAX: usize = 255;

    /// Takes an issuer and one of its subjects; `None` unless they have the form that [`ExternalIdentity`] states.
    pub fn new(issuer: &str, subject: &str) -> Option<Self> {
        let is_sound = |text: &str| {
            (1..=Self::LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        (is_sound(issuer) && is_sound(subject))
            .then(|| Self { issuer: issuer.to_owned(), subject: subject.to_owned() })
    }

    /// The issuer, as its tokens name it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The subject, as the issuer names it.
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

/// A refresh token, as stored: by the hash of what its holder has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// All tokens that descend from one sign-in share it.
    pub family: u128,
    /// Whose it is.
    pub user: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

impl RefreshToken {
    /// For how long an exchange may be repeated whose answer was lost: with the same successor, while nobody has
    /// exchanged that one.
    pub const REPEATABLE_FOR: Duration = Duration::from_secs(10);

    /// The last exchange that may not be repeated any more.
    pub(crate) fn unrepeatable_since(now: Timestamp) -> Timestamp {
        let repeatable_for_us = i64::try_from(Self::REPEATABLE_FOR.as_micros()).unwrap_or(i64::MAX);
        Timestamp(now.0.saturating_sub(repeatable_for_us))
    }
}

/// What became of a refresh token that somebody presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It was good, and its successor is stored; or it was exchanged for that successor just now, as
    /// [`RefreshToken::REPEATABLE_FOR`] allows.
    Rotated(User),
    /// It was exchanged before: somebody has a copy. Its family is revoked.
    Reused,
    /// Unknown, expired or revoked.
    Invalid,
}

/// What an API key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Read assets, users, wallets, transactions, entries and proofs.
    Read,
    /// Move money.
    TransactionsWrite,
    /// Create and change wallets.
    WalletsWrite,
    /// Create users.
    UsersWrite,
    /// Create assets.
    AssetsWrite,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 5] =
        [Self::Read, Self::TransactionsWrite, Self::WalletsWrite, Self::UsersWrite, Self::AssetsWrite];

    /// The scope's name, in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::TransactionsWrite => "transactions:write",
            Self::WalletsWrite => "wallets:write",
            Self::UsersWrite => "users:write",
            Self::AssetsWrite => "assets:write",
        }
    }

    /// The scope of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// A service's API key, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is for, in its maker's words; 1 to 64 characters.
    pub name: String,
    /// What it may do; ascending, no duplicates.
    pub scopes: Vec<Scope>,
    /// The operator who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Since when it is worth nothing, if it is.
    pub revoked_at: Option<Timestamp>,
}

/// An API key to be created.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// What it is for.
    pub name: String,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// What it may do; ascending, no duplicates.
    pub scopes: Vec<Scope>,
    /// The operator who makes it.
    pub created_by: UserId,
}
