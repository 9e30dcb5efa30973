//! What `--demo` puts into a store: assets, people, wallets, and money through real top-ups. Every step has
//! a fixed key, so that a second start replays them all and changes nothing.

use anyhow::{Context, bail};
use florin_ledger::{
    Asset, AssetCode, Caller, Command, Decimal, Fingerprint, IdempotencyKey, KeyHash, LedgerId, Movement,
    Outcome, Principal, Scale, Settlement, UserId,
};
use florin_server::auth::{Auth, NewPassword, Pin};
use florin_server::clock;
use florin_server::committer::Committer;
use florin_store::{
    Created, CreationKey, EmailAddress, NewAsset, NewUser, NewWallet, Origin, Role, Store, Username,
    WalletName,
};
use std::fmt::Display;
use tokio::time::{Duration, Instant};

/// The password of everybody in the demo. Production refuses a store in which it opens a door.
pub(super) const PASSWORD: &str = "florin-demo";

/// Their PIN; the same goes for it.
pub(super) const PIN: &str = "2846";

/// Everybody in the demo: the operator, and those who own wallets.
pub(super) const OPERATOR: &str = "house";
/// Who owns wallets in the demo.
pub(super) const OWNERS: [&str; 2] = ["alice", "bob"];

const ASSETS: [(&str, &str, u8); 2] = [("USD", "US dollar", 2), ("GOLD", "Gold coin", 0)];
const OPENING_BALANCES: [(&str, &str, &str); 4] =
    [("alice", "USD", "1000.00"), ("alice", "GOLD", "500"), ("bob", "USD", "250.00"), ("bob", "GOLD", "100")];

/// How long one top-up may wait for its commit.
const DEADLINE: Duration = Duration::from_secs(30);

/// Puts the demo into the store, where it is not there yet.
pub(super) async fn seed(store: &dyn Store, committer: &Committer, auth: &Auth) -> anyhow::Result<()> {
    let demo = Demo { store, committer, auth };
    demo.seed().await.context("the demo does not fit into this store; give it a data folder of its own")
}

struct Demo<'server> {
    store: &'server dyn Store,
    committer: &'server Committer,
    auth: &'server Auth,
}

impl Demo<'_> {
    async fn seed(&self) -> anyhow::Result<()> {
        for (code, name, places) in ASSETS {
            self.asset(code, name, places).await?;
        }
        let house = self.user(OPERATOR, Role::Operator).await?;
        for owner in OWNERS {
            let user = self.user(owner, Role::User).await?;
            for (code, _, _) in ASSETS {
                self.wallet(owner, user, code).await?;
            }
            for (_, code, amount) in OPENING_BALANCES.into_iter().filter(|(name, _, _)| *name == owner) {
                self.top_up(house, owner, user, code, amount).await?;
            }
        }
        Ok(())
    }

    async fn asset(&self, code: &str, name: &str, places: u8) -> anyhow::Result<()> {
        let scale = Scale::new(places).context("a scale")?;
        let asset = NewAsset { asset: Asset { code: asset_code(code)?, scale }, name: name.to_owned() };
        let key = creation_key(&format!("asset-{code}"))?;
        let created =
            self.store.create_asset(LedgerId::MAIN, asset, key, Origin::SYSTEM, clock::now()).await?;
        there(created, code).map(drop)
    }

    async fn user(&self, name: &str, role: Role) -> anyhow::Result<UserId> {
        let password = NewPassword::parse(PASSWORD.into()).context("a password")?;
        let user = NewUser {
            username: Username::parse(name).context("a name")?,
            email: EmailAddress::parse(&format!("{name}@florin.example")).context("an address")?,
            password_hash: self.auth.passwords.hash(password).await?,
            role,
        };
        let key = creation_key(&format!("user-{name}"))?;
        let created = self.store.create_user(LedgerId::MAIN, user, key, Origin::SYSTEM, clock::now()).await?;
        let user = there(created, name)?.id;
        self.pin(user).await?;
        Ok(user)
    }

    /// Only where there is none: a PIN that was changed since the first start stays.
    async fn pin(&self, user: UserId) -> anyhow::Result<()> {
        if self.store.pin(LedgerId::MAIN, user).await?.is_some() {
            return Ok(());
        }
        let pin = Pin::parse(PIN.into()).context("a PIN")?;
        let pin = self.auth.pins.hash(LedgerId::MAIN, user, &pin).await?;
        Ok(self.store.set_pin(LedgerId::MAIN, user, pin, Origin::SYSTEM, clock::now()).await?)
    }

    async fn wallet(&self, name: &str, user: UserId, code: &str) -> anyhow::Result<()> {
        let wallet = NewWallet { user, asset: asset_code(code)?, name: WalletName::main() };
        let key = creation_key(&format!("wallet-{name}-{code}"))?;
        let created =
            self.store.create_wallet(LedgerId::MAIN, wallet, key, Origin::SYSTEM, clock::now()).await?;
        there(created, format!("{name}'s wallet of {code}")).map(drop)
    }

    async fn top_up(
        &self,
        house: UserId,
        name: &str,
        user: UserId,
        code: &str,
        amount: &str,
    ) -> anyhow::Result<()> {
        let caller = Caller { principal: Principal::User(house), is_house: true };
        let text = format!("demo-opening-{name}-{code}");
        let (key, fingerprint) = (IdempotencyKey::parse(&text)?, Fingerprint::of("demo", text.as_bytes()));
        let movement = Movement::TopUp { user, asset: asset_code(code)?, amount: Decimal::parse(amount)? };
        let command = Command::new(caller, key, fingerprint, movement);
        match self.committer.submit(command, Instant::now() + DEADLINE).await? {
            Outcome::Settled(transaction) | Outcome::Replayed(transaction) => match &transaction.settlement {
                Settlement::Completed { .. } => Ok(()),
                Settlement::Failed(failure) => bail!("topping up {name}'s {code}: {failure}"),
            },
            Outcome::Rejected(rejection) => bail!("topping up {name}'s {code}: {rejection}"),
        }
    }
}

fn asset_code(code: &str) -> anyhow::Result<AssetCode> {
    AssetCode::parse(code).context("an asset's code")
}

/// In a scope that no request has: there is no user 0.
fn creation_key(what: &str) -> anyhow::Result<CreationKey> {
    let key = IdempotencyKey::parse(&format!("demo-{what}"))?;
    let hash = KeyHash::of(Principal::User(UserId(0)), &key);
    Ok(CreationKey { hash, fingerprint: Fingerprint::of("demo", what.as_bytes()) })
}

fn there<T>(created: Created<T>, what: impl Display) -> anyhow::Result<T> {
    match created {
        Created::New(it) | Created::Replayed(it) => Ok(it),
        Created::KeyReused | Created::Refused(_) => bail!("there is another {what}"),
    }
}
