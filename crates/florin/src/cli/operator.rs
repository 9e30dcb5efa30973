//! `florin operator`: makes an operator, which somebody must do before anybody can ask for one over HTTP.

use super::StoreFlags;
use super::location::Location;
use anyhow::{Context, bail};
use clap::Args;
use florin_ledger::{Fingerprint, IdempotencyKey, KeyHash, LedgerId, Principal, UserId};
use florin_server::auth::{NewPassword, Passwords};
use florin_server::clock;
use florin_store::{Created, CreationKey, EmailAddress, NewUser, Origin, Role, Username};
use std::io::Write;
use std::process::ExitCode;

/// Make an operator; the password is read from standard input
///
/// The first operator has to be made so. Where the store is the embedded one, no server may be using it.
#[derive(Args)]
pub(super) struct OperatorArgs {
    /// The name to sign in with
    name: String,
    /// Their email address
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    #[command(flatten)]
    store: StoreFlags,
}

pub(super) async fn run(args: OperatorArgs) -> anyhow::Result<ExitCode> {
    let username = Username::parse(&args.name)
        .context("a name has 3 to 32 of a-z, 0-9, '.', '_' and '-', and begins with a letter")?;
    let email = EmailAddress::parse(&args.email).context("that is not an email address")?;
    let password_hash = Passwords::default().hash(read_password()?).await?;
    let name = username.as_str().to_owned();
    let operator = NewUser { username, email, password_hash, role: Role::Operator };

    let location = Location::of(&args.store.settings()?);
    let store = location.open().await?;
    match store.create_user(LedgerId::MAIN, operator, key(&name)?, Origin::SYSTEM, clock::now()).await? {
        Created::New(user) => writeln!(std::io::stdout(), "made operator {name}, user {}", user.id)?,
        Created::Replayed(_) | Created::KeyReused | Created::Refused(_) => {
            bail!("there is a user with that name or address already")
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn read_password() -> anyhow::Result<NewPassword> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("reading the password from standard input")?;
    let rule =
        || format!("a password has {} to {} characters", NewPassword::LENGTH_MIN, NewPassword::LENGTH_MAX);
    NewPassword::parse(line.trim_end_matches(['\r', '\n']).into()).with_context(rule)
}

/// In a scope that no request has: there is no user 0.
fn key(name: &str) -> anyhow::Result<CreationKey> {
    let key = IdempotencyKey::parse(&format!("operator-{name}"))?;
    let hash = KeyHash::of(Principal::User(UserId(0)), &key);
    Ok(CreationKey { hash, fingerprint: Fingerprint::of("florin operator", name.as_bytes()) })
}
