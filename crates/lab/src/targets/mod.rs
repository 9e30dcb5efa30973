//! The two services: how each is asked, and what its answers mean.

mod florin;
mod specimen;

pub(crate) use florin::Florin;
pub(crate) use specimen::Specimen;

use crate::call::{Answer, Call, Person};
use crate::wire::{Held, Request, Response};
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

    pub(crate) fn answer(&self, call: &Call, response: &Response) -> Answer {
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        match response.status {
            200..300 => match self {
                Self::Florin(_) => florin::done(&call.ask, &body),
                Self::Specimen(_) => specimen::done(&call.ask, &body),
            },
            // Nothing of it happened; both say why under the same name.
            status @ 400..500 => {
                let code = body["code"].as_str().unwrap_or("without a code").to_owned();
                Answer::Refused { status, code }
            }
            status => Answer::Unclear { why: format!("{status} {}", body["code"].as_str().unwrap_or("")) },
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
