//! `florin payout`: pays a file's rows from a wallet, through a server. The key of the payout comes from the file and
//! the wallet, so the same command again goes on where the last one stopped, and never pays twice.

mod client;
mod report;

use anyhow::{Context, bail};
use clap::Args;
use client::{Client, SignIn, Uploaded};
use florin_api::{Payout, PayoutPreflight, PayoutState, SecretText};
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// How often to ask how a payout stands.
const POLL: Duration = Duration::from_millis(250);

/// Pay the rows of a CSV file from a wallet
///
/// The file has the columns `recipient_id` and `amount`, and may have `reference` and `memo`; a recipient is a
/// wallet's id, or user:NAME. Where a row is wrong nothing is paid. The same command again goes on with the same payout.
/// Rows that are wrong, or that could not be paid, are left in FILE.failed.csv; the latter can be paid from there.
///
/// The exit code is 0 when all rows were paid, 1 on an error, 2 when some rows are wrong or were not paid, and 3
/// when an operator has to approve it first.
///
/// Sign in with `FLORIN_API_KEY`, or with a name; `FLORIN_PASSWORD` and `FLORIN_PIN` are asked for where they are not
/// set.
#[derive(Args)]
pub(super) struct PayoutArgs {
    /// The rows to pay
    file: PathBuf,
    /// The id of the wallet that pays
    #[arg(long, value_name = "WALLET")]
    from: i64,
    /// Where the server is
    #[arg(long, value_name = "URL", env = "FLORIN_URL", default_value = "http://localhost:3000")]
    server: String,
    /// The name to sign in with
    #[arg(long, value_name = "NAME", env = "FLORIN_USER")]
    user: Option<String>,
    /// What people call the payout [default: the file's name]
    #[arg(long)]
    name: Option<String>,
    /// Pay without asking
    #[arg(long)]
    yes: bool,
    /// Pay also what another payout pays or has paid
    #[arg(long)]
    allow_duplicate: bool,
    /// Another key than the file's own, to pay the same file once more
    #[arg(long)]
    key: Option<String>,
}

/// How it went.
enum Ended {
    AllPaid,
    SomeFailed,
    ApprovalNeeded,
}

pub(super) async fn run(args: PayoutArgs) -> anyhow::Result<ExitCode> {
    let sign_in = sign_in(&args)?;
    let is_person = matches!(sign_in, SignIn::Person { .. });
    let key = match &args.key {
        Some(key) => key.clone(),
        None => key_of(&args.file, args.from).with_context(|| format!("reading {}", args.file.display()))?,
    };
    let mut client = Client::sign_in(&args.server, sign_in).await?;
    let created = client.create_payout(&key, args.from, &name(&args)).await?;
    let payout = client.payout(created.id).await?;
    let ended = if payout.state == PayoutState::Pending {
        pay(&mut client, &args, &key, &payout, is_person).await?
    } else {
        say(&format!("Payout {} has begun before; this is how it goes on.", payout.id))?;
        watch(&mut client, &args, payout.id).await?
    };
    Ok(match ended {
        Ended::AllPaid => ExitCode::SUCCESS,
        Ended::SomeFailed => ExitCode::from(2),
        Ended::ApprovalNeeded => ExitCode::from(3),
    })
}

/// Uploads the rows, shows what will happen, asks, and lets it happen.
async fn pay(
    client: &mut Client,
    args: &PayoutArgs,
    key: &str,
    payout: &Payout,
    is_person: bool,
) -> anyhow::Result<Ended> {
    let failed = failed_file(&args.file);
    let bar =
        bar(std::fs::metadata(&args.file).map_or(0, |file| file.len()), "{bytes}/{total_bytes} uploaded");
    let uploaded = client.upload(payout.id, &args.file, &bar).await;
    bar.finish_and_clear();
    if let Uploaded::Bad(problem) = uploaded? {
        report::bad_rows(&mut std::io::stdout(), &problem)?;
        client.download_errors(payout.id, &failed).await?;
        let (file, failed) = (args.file.display(), failed.display());
        say(&format!("Nothing was paid. They are in {failed}; mend them in {file}, and pay that again."))?;
        return Ok(Ended::SomeFailed);
    }
    let preflight = client.preflight(payout.id).await?;
    report::preflight(&mut std::io::stdout(), payout, &preflight)?;
    if preflight.approval.required && preflight.approval.at.is_none() {
        say(&format!(
            "An operator must approve payout {} first; then give the same command again.",
            payout.id
        ))?;
        return Ok(Ended::ApprovalNeeded);
    }
    if preflight.likely_duplicate_of.is_some() && !args.allow_duplicate {
        bail!("it was likely paid before; give --allow-duplicate to pay it all the same");
    }
    if !(args.yes || confirmed(payout, &preflight)?) {
        bail!("nothing was paid");
    }
    let pin = if is_person { Some(secret("FLORIN_PIN", "PIN: ")?) } else { None };
    client
        .execute(payout.id, &format!("{key}-execute"), &preflight.digest, args.allow_duplicate, pin)
        .await?;
    watch(client, args, payout.id).await
}

/// Shows how the payout goes on until it ends, and leaves the rows that failed in a file.
async fn watch(client: &mut Client, args: &PayoutArgs, id: i64) -> anyhow::Result<Ended> {
    let bar = bar(0, "{human_pos}/{human_len} rows {msg}");
    let payout = loop {
        let payout = client.payout(id).await?;
        report::progress(&bar, &payout);
        match payout.state {
            PayoutState::Processing => tokio::time::sleep(POLL).await,
            PayoutState::Paused => {
                bar.set_message("paused by somebody");
                tokio::time::sleep(POLL).await;
            }
            _ => break payout,
        }
    };
    bar.finish_and_clear();
    report::ended(&mut std::io::stdout(), &payout)?;
    if payout.state == PayoutState::Completed {
        return Ok(Ended::AllPaid);
    }
    let failed = failed_file(&args.file);
    client.download_errors(id, &failed).await?;
    say(&format!("The rows that were not paid are in {}.", failed.display()))?;
    Ok(Ended::SomeFailed)
}

fn confirmed(payout: &Payout, preflight: &PayoutPreflight) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("there is nobody to ask; give --yes to pay without asking");
    }
    let (rows, total, asset) = (preflight.rows, &preflight.total, &payout.asset);
    print!("Pay {rows} rows, {total} {asset} in all, from wallet {}? [y/N] ", payout.source_wallet_id);
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn sign_in(args: &PayoutArgs) -> anyhow::Result<SignIn> {
    if let Ok(secret) = std::env::var("FLORIN_API_KEY") {
        return Ok(SignIn::Service { secret: secret.as_str().into() });
    }
    let Some(name) = args.user.clone() else {
        bail!("say who pays: --user NAME, or an API key in FLORIN_API_KEY");
    };
    Ok(SignIn::Person { name, password: secret("FLORIN_PASSWORD", "Password: ")? })
}

/// A secret from the environment, or from whoever sits at the terminal.
fn secret(variable: &str, prompt: &str) -> anyhow::Result<SecretText> {
    let text = match std::env::var(variable) {
        Ok(text) => text,
        Err(_) => rpassword::prompt_password(prompt).with_context(|| format!("{variable} is not set"))?,
    };
    Ok(text.as_str().into())
}

/// The same for the same file and wallet, and for no others.
fn key_of(file: &Path, wallet: i64) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    hasher.update(wallet.to_be_bytes());
    let mut file = std::fs::File::open(file)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => hasher.update(&buffer[..length]),
        }
    }
    let digest: [u8; 32] = hasher.finalize().into();
    Ok(digest.iter().fold("payout-".to_owned(), |text, byte| text + &format!("{byte:02x}")))
}

fn name(args: &PayoutArgs) -> String {
    let name = args.name.clone().or_else(|| Some(args.file.file_stem()?.to_string_lossy().into_owned()));
    name.unwrap_or_default().chars().take(64).collect()
}

/// `salaries.failed.csv` for `salaries.csv`.
fn failed_file(file: &Path) -> PathBuf {
    file.with_extension("failed.csv")
}

fn bar(length: u64, numbers: &str) -> ProgressBar {
    let template = format!("{{elapsed_precise}} {{wide_bar:.green}} {numbers}");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}

fn say(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_a_wallet_have_a_key_of_their_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("a file");
            path
        };
        let (one, twin, other) = (file("a.csv", "1,2"), file("b.csv", "1,2"), file("c.csv", "1,3"));
        let key = |path: &Path, wallet| key_of(path, wallet).expect("a key");
        assert_eq!(key(&one, 1), key(&twin, 1));
        assert_ne!(key(&one, 1), key(&one, 2));
        assert_ne!(key(&one, 1), key(&other, 1));
        assert_eq!(failed_file(&one).file_name().and_then(|name| name.to_str()), Some("a.failed.csv"));
    }
}
