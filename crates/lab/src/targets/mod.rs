//! The two services: how each is asked, and what its answers mean.

mod florin;
mod specimen;

pub(crate) use florin::Florin;
pub(crate) use specimen::Specimen;

use crate::call::{Answer, Ask, Call, Person};
use crate::wire::{Held, Request, Response};
use crate::witness::Shown;
use anyhow::bail;
use serde_json::Value;

/// A service, and what is needed to ask it.
pub(crate) enum Service {
    Florin(Florin),
    Specimen(Specimen),
}

impl Service {
    /// `host:port`.
    pub(crate) fn address(&self) -> &str {
        match self {
            Self::Florin(florin) => &florin.address,
            Self::Specimen(specimen) => &specimen.address,
        }
    }

    pub(crate) fn request(&self, call: &Call) -> Request {
        match self {
            Self::Florin(florin) => florin.request(call),
            Self::Specimen(specimen) => specimen.request(call),
        }
    }

    /// What came of it, and what it shows beside that.
    pub(crate) fn answer(&self, call: &Call, response: &Response) -> (Answer, Shown) {
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let answer = match response.status {
            200..300 if matches!(call.ask, Ask::ReadErrors { .. } | Ask::ReadResults { .. }) => {
                Answer::File { text: String::from_utf8_lossy(&response.body).into_owned() }
            }
            200..300 => match self {
                Self::Florin(_) => return (florin::done(&call.ask, &body), florin::shown(&body)),
                Self::Specimen(_) => {
                    return (specimen::done(&call.ask, &body), specimen::shown(&call.ask, &body));
                }
            },
            503 if body["code"] == "overloaded" && response.has_retry_after => Answer::TurnedAway,
            // Nothing of it happened; both say why under the same name.
            status @ 400..500 => {
                let code = body["code"].as_str().unwrap_or("without a code").to_owned();
                let line = body["line"].as_u64().or_else(|| body["errors"][0]["line"].as_u64());
                Answer::Refused { status, code, line }
            }
            status => Answer::Unclear { why: format!("{status} {}", body["code"].as_str().unwrap_or("")) },
        };
        (answer, Shown::default())
    }

    pub(crate) async fn public_keys(&self) -> anyhow::Result<Vec<String>> {
        match self {
            Self::Florin(florin) => florin.public_keys().await,
            Self::Specimen(_) => Ok(Vec::new()),
        }
    }

    pub(crate) async fn audit(&self) -> anyhow::Result<Vec<String>> {
        match self {
            Self::Florin(florin) => florin.audit().await,
            Self::Specimen(_) => Ok(Vec::new()),
        }
    }

    /// Somebody new.
    pub(crate) async fn sign_up(&self, name: &str) -> anyhow::Result<Person> {
        match self {
            Self::Florin(florin) => florin.sign_up(name).await,
            Self::Specimen(specimen) => specimen.sign_up(name).await,
        }
    }
}

/// Asks for something that must work: what prepares a target. The answer's JSON.
async fn demand(address: &str, request: &Request) -> anyhow::Result<Value> {
    let held = Held::send(address, request).await?;
    held.release()?;
    let response = held.answer().await?;
    if !(200..300).contains(&response.status) {
        let body = String::from_utf8_lossy(&response.body);
        bail!("{} {}: {} {body}", request.method, request.path, response.status);
    }
    Ok(serde_json::from_slice(&response.body).unwrap_or_default())
}
