//! What `florin payout` asks of a server. A server that is away for a while is asked again: every request can be
//! repeated, because it carries its key or changes nothing.

use anyhow::{Context, anyhow, bail};
use florin_api::{
    ExecutePayout, LoginRequest, NewPayout, Payout, PayoutPreflight, Problem, ProblemCode, SecretText, Tokens,
};
use futures_util::TryStreamExt;
use indicatif::ProgressBar;
use reqwest::{Body, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

/// How long a server may be away.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_secs(1);

/// How long one answer may take, and an upload or a download.
const TIMEOUT: Duration = Duration::from_secs(30);
const FILE_TIMEOUT: Duration = Duration::from_mins(15);

/// Who asks.
pub(super) enum SignIn {
    Person { name: String, password: SecretText },
    Service { secret: SecretText },
}

/// What an upload came to.
pub(super) enum Uploaded {
    /// The rows are in force.
    Good,
    /// Some are wrong.
    Bad(Box<Problem>),
}

/// Somebody, signed in at a server.
pub(super) struct Client {
    http: reqwest::Client,
    url: String,
    sign_in: SignIn,
    token: SecretText,
}

impl Client {
    /// Signs in.
    pub(super) async fn sign_in(url: &str, sign_in: SignIn) -> anyhow::Result<Self> {
        // Another part of the process may have chosen one already; that one does as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().connect_timeout(TIMEOUT).build()?;
        let url = url.trim_end_matches('/').to_owned();
        let mut client = Self { http, url, sign_in, token: "".into() };
        client.renew_token().await?;
        Ok(client)
    }

    async fn renew_token(&mut self) -> anyhow::Result<()> {
        self.token = match &self.sign_in {
            SignIn::Service { secret } => secret.clone(),
            SignIn::Person { name, password } => {
                let body = LoginRequest { username: name.clone(), password: password.clone() };
                let request = || self.http.post(format!("{}/v1/auth/login", self.url)).json(&body);
                let tokens: Tokens = json(persistently(request).await?).await.context("signing in")?;
                tokens.access_token
            }
        };
        Ok(())
    }

    pub(super) async fn create_payout(
        &mut self,
        key: &str,
        source: i64,
        name: &str,
    ) -> anyhow::Result<Payout> {
        let name = (!name.is_empty()).then(|| name.to_owned());
        let body = NewPayout { source_wallet_id: source, name };
        let answer = self.ask(|http, url| {
            http.post(format!("{url}/v1/payouts")).header("Idempotency-Key", key).json(&body)
        });
        json(answer.await?).await.context("making the payout")
    }

    pub(super) async fn payout(&mut self, id: i64) -> anyhow::Result<Payout> {
        json(self.ask(|http, url| http.get(format!("{url}/v1/payouts/{id}"))).await?).await
    }

    pub(super) async fn preflight(&mut self, id: i64) -> anyhow::Result<PayoutPreflight> {
        json(self.ask(|http, url| http.get(format!("{url}/v1/payouts/{id}/preflight"))).await?).await
    }

    /// Sends the file as it is read.
    pub(super) async fn upload(
        &mut self,
        id: i64,
        file: &Path,
        bar: &ProgressBar,
    ) -> anyhow::Result<Uploaded> {
        let opened =
            tokio::fs::File::open(file).await.with_context(|| format!("opening {}", file.display()))?;
        let bar = bar.clone();
        let advance = move |chunk: &bytes::Bytes| bar.inc(u64::try_from(chunk.len()).unwrap_or(0));
        let body = Body::wrap_stream(ReaderStream::new(opened).inspect_ok(advance));
        let request = self.http.put(format!("{}/v1/payouts/{id}/rows", self.url)).timeout(FILE_TIMEOUT);
        let request = request.header("Content-Type", "text/csv").bearer_auth(self.token.expose()).body(body);
        let answer = request.send().await.context("uploading the rows")?;
        if answer.status().is_success() {
            return Ok(Uploaded::Good);
        }
        let problem = problem(answer).await?;
        match problem.code {
            ProblemCode::PayoutRowsInvalid => Ok(Uploaded::Bad(Box::new(problem))),
            _ => Err(refused(&problem)),
        }
    }

    pub(super) async fn execute(
        &mut self,
        id: i64,
        key: &str,
        digest: &str,
        allow_duplicate: bool,
        pin: Option<SecretText>,
    ) -> anyhow::Result<Payout> {
        let body = ExecutePayout { digest: digest.to_owned(), allow_duplicate };
        let answer = self.ask(|http, url| {
            let request = http.post(format!("{url}/v1/payouts/{id}/execute")).header("Idempotency-Key", key);
            let pin = pin.as_ref().map(SecretText::expose);
            pin.into_iter().fold(request, |request, pin| request.header("Transaction-Pin", pin)).json(&body)
        });
        json(answer.await?).await.context("executing the payout")
    }

    /// The rows that are wrong or were not paid, as a file that can be mended and paid.
    pub(super) async fn download_errors(&mut self, id: i64, to: &Path) -> anyhow::Result<()> {
        let answer =
            self.ask(|http, url| http.get(format!("{url}/v1/payouts/{id}/errors.csv")).timeout(FILE_TIMEOUT));
        let mut answer = successful(answer.await?).await?;
        let mut file =
            tokio::fs::File::create(to).await.with_context(|| format!("making {}", to.display()))?;
        while let Some(chunk) = answer.chunk().await? {
            file.write_all(&chunk).await?;
        }
        Ok(file.flush().await?)
    }

    /// Asks until there is an answer; once more with a new token where the old one has run out.
    async fn ask(
        &mut self,
        request: impl Fn(&reqwest::Client, &str) -> RequestBuilder,
    ) -> anyhow::Result<Response> {
        let answer = persistently(|| self.signed(&request)).await?;
        if answer.status() != StatusCode::UNAUTHORIZED || matches!(self.sign_in, SignIn::Service { .. }) {
            return Ok(answer);
        }
        self.renew_token().await?;
        persistently(|| self.signed(&request)).await
    }

    fn signed(&self, request: impl Fn(&reqwest::Client, &str) -> RequestBuilder) -> RequestBuilder {
        request(&self.http, &self.url).bearer_auth(self.token.expose())
    }
}

/// Sends a request until it is answered by something that will not change by waiting.
async fn persistently(request: impl Fn() -> RequestBuilder) -> anyhow::Result<Response> {
    let begun = Instant::now();
    loop {
        match request().timeout(TIMEOUT).send().await {
            Ok(answer) if !is_passing(answer.status()) || begun.elapsed() > PATIENCE => return Ok(answer),
            Err(error) if error.is_builder() || begun.elapsed() > PATIENCE => {
                return Err(error).context("the server does not answer");
            }
            Ok(_) | Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

fn is_passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY
    )
}

async fn json<T: DeserializeOwned>(answer: Response) -> anyhow::Result<T> {
    successful(answer).await?.json().await.context("the server's answer is not Florin's")
}

async fn successful(answer: Response) -> anyhow::Result<Response> {
    if answer.status().is_success() { Ok(answer) } else { Err(refused(&problem(answer).await?)) }
}

async fn problem(answer: Response) -> anyhow::Result<Problem> {
    let status = answer.status();
    match answer.json().await {
        Ok(problem) => Ok(problem),
        Err(_) => bail!("the server answered with {status}"),
    }
}

fn refused(problem: &Problem) -> anyhow::Error {
    anyhow!("{}: {} ({})", problem.title, problem.detail, problem.code.as_str())
}
