//! Commands that read as a sentence: `by(ALICE).transfers("12.50", from, to).under("key")`.

use florin_ledger::{
    ApiKeyId, AssetCode, Caller, Command, Decimal, Fingerprint, IdempotencyKey, Metadata, Movement,
    Principal, Reference, TransactionId, UserId, Version, WalletId,
};

/// A person, signed in.
pub(crate) fn by(user: UserId) -> Caller {
    Caller { principal: Principal::User(user), is_house: false }
}

/// An operator or a service: the house.
pub(crate) fn by_the_house() -> Caller {
    Caller { principal: Principal::Service(ApiKeyId(1)), is_house: true }
}

/// What a caller asks for, before it has a key.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) caller: Caller,
    pub(crate) movement: Movement,
    pub(crate) key: Option<String>,
    pub(crate) expected_version: Option<Version>,
    reference: Option<Reference>,
    metadata: Option<Metadata>,
}

pub(crate) trait Asks {
    fn asks_for(self, movement: Movement) -> Ask;
    fn transfers(self, amount: &str, from: WalletId, to: WalletId) -> Ask;
    fn deposits(self, amount: &str, wallet: WalletId) -> Ask;
    fn withdraws(self, amount: &str, wallet: WalletId) -> Ask;
    fn tops_up(self, user: UserId, asset: &str, amount: &str) -> Ask;
    fn spends(self, user: UserId, asset: &str, amount: &str) -> Ask;
    fn gives_a_bonus(self, user: UserId, asset: &str, amount: &str) -> Ask;
    fn reverses(self, of: TransactionId) -> Ask;
    fn reverses_part(self, of: TransactionId, amount: &str) -> Ask;
}

impl Asks for Caller {
    fn asks_for(self, movement: Movement) -> Ask {
        Ask { caller: self, movement, key: None, expected_version: None, reference: None, metadata: None }
    }

    fn transfers(self, amount: &str, from: WalletId, to: WalletId) -> Ask {
        self.asks_for(Movement::Transfer { from, to, amount: decimal(amount) })
    }

    fn deposits(self, amount: &str, wallet: WalletId) -> Ask {
        self.asks_for(Movement::Deposit { wallet, amount: decimal(amount) })
    }

    fn withdraws(self, amount: &str, wallet: WalletId) -> Ask {
        self.asks_for(Movement::Withdrawal { wallet, amount: decimal(amount) })
    }

    fn tops_up(self, user: UserId, asset: &str, amount: &str) -> Ask {
        self.asks_for(Movement::TopUp { user, asset: code(asset), amount: decimal(amount) })
    }

    fn spends(self, user: UserId, asset: &str, amount: &str) -> Ask {
        self.asks_for(Movement::Spend { user, asset: code(asset), amount: decimal(amount) })
    }

    fn gives_a_bonus(self, user: UserId, asset: &str, amount: &str) -> Ask {
        self.asks_for(Movement::Bonus { user, asset: code(asset), amount: decimal(amount) })
    }

    fn reverses(self, of: TransactionId) -> Ask {
        self.asks_for(Movement::Reversal { of, amount: None })
    }

    fn reverses_part(self, of: TransactionId, amount: &str) -> Ask {
        self.asks_for(Movement::Reversal { of, amount: Some(decimal(amount)) })
    }
}

impl Ask {
    pub(crate) fn under(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub(crate) fn if_version(mut self, version: i64) -> Self {
        self.expected_version = Some(Version(version));
        self
    }

    pub(crate) fn noting(mut self, reference: &str, metadata: &str) -> Self {
        self.reference = Some(Reference::parse(reference).unwrap());
        self.metadata = Some(Metadata::parse(metadata).unwrap());
        self
    }

    /// The command; `fresh_key` where none was given.
    pub(crate) fn command(&self, fresh_key: &str) -> Command {
        let key = IdempotencyKey::parse(self.key.as_deref().unwrap_or(fresh_key)).unwrap();
        let body = format!("{:?}{:?}{:?}", self.movement, self.reference, self.metadata);
        let fingerprint = Fingerprint::of("test", body.as_bytes());
        Command {
            expected_version: self.expected_version,
            reference: self.reference.clone(),
            metadata: self.metadata.clone(),
            ..Command::new(self.caller, key, fingerprint, self.movement)
        }
    }
}

pub(crate) fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

pub(crate) fn code(text: &str) -> AssetCode {
    AssetCode::parse(text).unwrap()
}
