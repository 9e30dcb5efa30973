//! The audit log: who did what, from where, when, and what came of it. It is only ever added to, and holds no
//! secret. (What proves the books is another thing: [`Store::audit`](crate::Store::audit).)

use crate::{ApiKey, ExternalIdentity, Standing, User, Verdict, WalletRecord};
use florin_ledger::{
    ApiKeyId, AssetCode, PayoutId, Scale, Timestamp, TransactionId, UserId, Wallet, WalletId, WalletStatus,
};
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person who signed in.
    User(UserId),
    /// A service.
    ApiKey(ApiKeyId),
    /// Somebody who proved nothing.
    Anonymous,
    /// Florin itself, or whoever may run its commands.
    System,
}

impl Actor {
    /// Reads what its [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "anonymous" => return Some(Self::Anonymous),
            "system" => return Some(Self::System),
            _ => {}
        }
        let (kind, id) = text.split_once(':')?;
        match kind {
            "user" => id.parse().ok().map(|id| Self::User(UserId(id))),
            "api_key" => id.parse().ok().map(|id| Self::ApiKey(ApiKeyId(id))),
            _ => None,
        }
    }
}

impl fmt::Display for Actor {
    /// `user:7`, `api_key:3`, `anonymous` or `system`: in the database and on the wire.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::ApiKey(id) => write!(f, "api_key:{id}"),
            Self::Anonymous => f.write_str("anonymous"),
            Self::System => f.write_str("system"),
        }
    }
}

/// What it was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A person.
    User(UserId),
    /// A service's key.
    ApiKey(ApiKeyId),
    /// An asset.
    Asset(AssetCode),
    /// A wallet.
    Wallet(WalletId),
    /// A movement of money.
    Transaction(TransactionId),
    /// A payout.
    Payout(PayoutId),
}

impl Subject {
    /// Reads what its [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        match kind {
            "user" => id.parse().ok().map(|id| Self::User(UserId(id))),
            "api_key" => id.parse().ok().map(|id| Self::ApiKey(ApiKeyId(id))),
            "asset" => AssetCode::parse(id).map(Self::Asset),
            "wallet" => id.parse().ok().map(|id| Self::Wallet(WalletId(id))),
            "transaction" => {
                id.parse::<uuid::Uuid>().ok().map(|id| Self::Transaction(TransactionId(id.as_u128())))
            }
            "payout" => id.parse().ok().map(|id| Self::Payout(PayoutId(id))),
            _ => None,
        }
    }
}

impl fmt::Display for Subject {
    /// `wallet:9`, `asset:USD`: in the database and on the wire.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::ApiKey(id) => write!(f, "api_key:{id}"),
            Self::Asset(code) => write!(f, "asset:{code}"),
            Self::Wallet(id) => write!(f, "wallet:{id}"),
            Self::Transaction(id) => write!(f, "transaction:{id}"),
            Self::Payout(id) => write!(f, "payout:{id}"),
        }
    }
}

macro_rules! audit_actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        /// What was done, in words that never change their meaning. New ones may come.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum AuditAction { $($(#[$doc])* $name,)+ }

        impl AuditAction {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The action's name, in the database and on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

audit_actions! {
    /// A person signed up, or was created.
    UserCreated = "user.created";
    /// A person signed in.
    UserSignedIn = "user.signed_in";
    /// Somebody tried to, with a wrong name or password.
    UserSignInFailed = "user.sign_in_failed";
    /// A person signed out.
    UserSignedOut = "user.signed_out";
    /// A refresh token came a second time, so that its sign-in was ended.
    UserTokenReused = "user.token_reused";
    /// A person set or changed their transaction PIN.
    PinSet = "pin.set";
    /// A PIN was wrong.
    PinWrong = "pin.wrong";
    /// Wrong tries locked a PIN.
    PinLocked = "pin.locked";
    /// An operator reset a PIN.
    PinReset = "pin.reset";
    /// A right PIN gave an approval of certain movements.
    PinApproved = "pin.approved";
    /// A user was linked to a subject of an external issuer.
    UserLinked = "user.linked";
    /// The link was taken away.
    UserUnlinked = "user.unlinked";
    /// A service's key was created.
    ApiKeyCreated = "api_key.created";
    /// A service's key was revoked.
    ApiKeyRevoked = "api_key.revoked";
    /// An asset was created.
    AssetCreated = "asset.created";
    /// A wallet was created.
    WalletCreated = "wallet.created";
    /// A wallet was frozen.
    WalletFrozen = "wallet.frozen";
    /// A frozen wallet was unfrozen.
    WalletUnfrozen = "wallet.unfrozen";
    /// A wallet was closed.
    WalletClosed = "wallet.closed";
    /// A wallet's credit limit was changed.
    WalletCreditLimitChanged = "wallet.credit_limit_changed";
    /// An operator moved money from wallet to wallet.
    MoneyTransferred = "money.transferred";
    /// An operator brought money in.
    MoneyDeposited = "money.deposited";
    /// An operator sent money out.
    MoneyWithdrawn = "money.withdrawn";
    /// An operator topped a person up.
    MoneyToppedUp = "money.topped_up";
    /// An operator spent a person's money.
    MoneySpent = "money.spent";
    /// An operator paid a bonus.
    MoneyBonusPaid = "money.bonus_paid";
    /// An operator reversed a transaction.
    MoneyReversed = "money.reversed";
    /// An operator moved money in a bulk.
    MoneyBulkMoved = "money.bulk_moved";
    /// A payout was made, without rows.
    PayoutCreated = "payout.created";
    /// A payout's rows were uploaded, and are in force.
    PayoutUploaded = "payout.uploaded";
    /// An operator agreed with a payout's content.
    PayoutApproved = "payout.approved";
    /// Somebody let a payout's rows be paid.
    PayoutExecuted = "payout.executed";
    /// Somebody let the rows that had failed be paid once more.
    PayoutRetried = "payout.retried";
    /// Somebody stopped a payout for a while.
    PayoutPaused = "payout.paused";
    /// Somebody let it go on.
    PayoutResumed = "payout.resumed";
    /// Somebody stopped a payout for good.
    PayoutCancelled = "payout.cancelled";
    /// Somebody let rows that were paid be reversed.
    PayoutCompensated = "payout.compensated";
    /// All rows of a payout were decided.
    PayoutEnded = "payout.ended";
    /// All rows of a compensation were decided.
    PayoutCompensationEnded = "payout.compensation_ended";
}

impl AuditAction {
    /// The action of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.as_str() == text)
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
}

impl AuditOutcome {
    /// The outcome's name, in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }

    /// The outcome of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Done, Self::Refused].into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// Who asks for something, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who.
    pub actor: Actor,
    /// The address that the request came from, if it came over the network.
    pub peer: Option<IpAddr>,
    /// The request's name in the server's logs, if it was a request.
    pub request_id: Option<String>,
}

impl Origin {
    /// Florin itself.
    pub const SYSTEM: Self = Self { actor: Actor::System, peer: None, request_id: None };

    /// The same request, by somebody who has proved meanwhile who they are.
    #[must_use]
    pub fn by(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }
}

/// What was done, to what, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// What was done.
    pub action: AuditAction,
    /// To what, if there is such a thing.
    pub subject: Option<Subject>,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// What else an auditor wants to know; never a secret.
    pub details: BTreeMap<String, String>,
}

impl AuditLine {
    /// Something that was done.
    pub fn done(action: AuditAction, subject: impl Into<Option<Subject>>) -> Self {
        Self { action, subject: subject.into(), outcome: AuditOutcome::Done, details: BTreeMap::new() }
    }

    /// Something that was refused.
    pub fn refused(action: AuditAction, subject: impl Into<Option<Subject>>) -> Self {
        Self { outcome: AuditOutcome::Refused, ..Self::done(action, subject) }
    }

    /// A person who was created.
    pub fn user_created(user: &User) -> Self {
        Self::done(AuditAction::UserCreated, Subject::User(user.id)).with("role", user.role.as_str())
    }

    /// A service's key that was created.
    pub fn api_key_created(api_key: &ApiKey) -> Self {
        let scopes: Vec<&str> = api_key.scopes.iter().map(|scope| scope.as_str()).collect();
        Self::done(AuditAction::ApiKeyCreated, Subject::ApiKey(api_key.id))
            .with("name", &api_key.name)
            .with("scopes", scopes.join(" "))
    }

    /// A user who was linked to an external identity, or is no more.
    pub fn external_identity_set(user: UserId, identity: Option<&ExternalIdentity>) -> Self {
        match identity {
            Some(identity) => Self::done(AuditAction::UserLinked, Subject::User(user))
                .with("issuer", identity.issuer())
                .with("subject", identity.subject()),
            None => Self::done(AuditAction::UserUnlinked, Subject::User(user)),
        }
    }

    /// A wallet that was created.
    pub fn wallet_created(record: &WalletRecord) -> Self {
        let line = Self::done(AuditAction::WalletCreated, Subject::Wallet(record.wallet.id));
        let line = line.with("asset", record.wallet.asset);
        record.user().into_iter().fold(line, |line, user| line.with("user", user))
    }

    /// What a change of a wallet's settings changed: nothing, or a line for each.
    pub fn wallet_changes(before: &Wallet, after: &Wallet, scale: Scale) -> Vec<Self> {
        let mut lines = Vec::new();
        if before.status != after.status {
            let action = match after.status {
                WalletStatus::Active => AuditAction::WalletUnfrozen,
                WalletStatus::Frozen => AuditAction::WalletFrozen,
                WalletStatus::Closed => AuditAction::WalletClosed,
            };
            lines.push(Self::done(action, Subject::Wallet(after.id)));
        }
        if before.credit_limit != after.credit_limit {
            let action = AuditAction::WalletCreditLimitChanged;
            let line = Self::done(action, Subject::Wallet(after.id))
                .with("before", before.credit_limit.display(scale))
                .with("after", after.credit_limit.display(scale));
            lines.push(line);
        }
        lines
    }

    /// What a try of a person's PIN is worth telling: nothing of a right one, a line of a wrong one, and one more
    /// where it locks the PIN.
    pub fn pin_tried(user: UserId, verdict: &Verdict, standing: Standing, now: Timestamp) -> Vec<Self> {
        if *verdict != Verdict::Wrong || standing == Standing::Void {
            return Vec::new();
        }
        let wrong = Self::refused(AuditAction::PinWrong, Subject::User(user));
        match standing {
            Standing::Open { tries_left } => vec![wrong.with("tries_left", tries_left)],
            Standing::Locked { until } => {
                vec![wrong.with("tries_left", 0), Self::pin_locked(user, until, now)]
            }
            Standing::Void => Vec::new(),
        }
    }

    /// A PIN that was locked.
    pub fn pin_locked(user: UserId, until: Timestamp, now: Timestamp) -> Self {
        let minutes = until.0.saturating_sub(now.0) / 60_000_000;
        Self::refused(AuditAction::PinLocked, Subject::User(user)).with("minutes", minutes)
    }

    /// The same, with one thing more to know.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.details.insert(name.to_owned(), value.to_string());
        self
    }

    /// The details as the database holds them: a JSON object.
    pub(crate) fn details_text(&self) -> String {
        serde_json::to_string(&self.details).expect("texts by text are JSON")
    }

    /// Reads what [`AuditLine::details_text`] writes.
    pub(crate) fn parse_details(text: &str) -> Option<BTreeMap<String, String>> {
        serde_json::from_str(text).ok()
    }
}

/// The place of a line in its ledger's log: 1, 2, 3, and so on. A gap means that a line was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditId(pub i64);

impl fmt::Display for AuditId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A line of the log, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its place.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who, and from where.
    pub origin: Origin,
    /// What.
    pub line: AuditLine,
}

/// Which lines; what is `None` does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By whom.
    pub actor: Option<Actor>,
    /// Of what.
    pub action: Option<AuditAction>,
    /// About what.
    pub subject: Option<Subject>,
    /// Written at this time or later.
    pub from: Option<Timestamp>,
    /// Written before this time.
    pub until: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_and_subjects_read_as_they_are_written() {
        let actors = [Actor::User(UserId(7)), Actor::ApiKey(ApiKeyId(3)), Actor::Anonymous, Actor::System];
        for actor in actors {
            assert_eq!(Actor::parse(&actor.to_string()), Some(actor));
        }
        let subjects = [
            Subject::User(UserId(7)),
            Subject::ApiKey(ApiKeyId(3)),
            Subject::Asset(AssetCode::parse("USD").unwrap()),
            Subject::Wallet(WalletId(9)),
            Subject::Transaction(TransactionId(5)),
            Subject::Payout(PayoutId(4)),
        ];
        for subject in subjects {
            assert_eq!(Subject::parse(&subject.to_string()), Some(subject));
        }
        for text in ["", "user", "user:", "user:x", "wallet:usd", "asset:", "transaction:1", "nobody:1"] {
            assert_eq!((Actor::parse(text), Subject::parse(text)), (None, None), "{text}");
        }
    }

    #[test]
    fn actions_have_names_of_their_own() {
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::parse(action.as_str()), Some(*action));
        }
        assert_eq!(AuditAction::parse("user.created "), None);
    }
}
