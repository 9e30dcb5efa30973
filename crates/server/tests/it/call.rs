//! Requests and answers, so that a test reads as a sentence.

use crate::contract::Contract;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::sync::Arc;

/// Somebody who sends requests.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) token: Option<String>,
    /// What is sent as `Transaction-Pin`, unless a call says otherwise.
    pub(crate) pin: Option<&'static str>,
    pub(crate) contract: Arc<Contract>,
}

/// A request to be.
pub(crate) struct Call {
    request: RequestBuilder,
    contract: Arc<Contract>,
    method: Method,
    path: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    pub(crate) fn patch(&self, path: &str) -> Call {
        self.call(Method::PATCH, path)
    }

    pub(crate) fn put(&self, path: &str) -> Call {
        self.call(Method::PUT, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(pin) = self.pin {
            request = request.header("transaction-pin", pin);
        }
        Call { request, contract: Arc::clone(&self.contract), method, path: path.to_owned() }
    }

    /// Whoever this is, without a token.
    pub(crate) fn signed_out(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// Whoever this is, without a PIN.
    pub(crate) fn without_pin(&self) -> Self {
        Self { pin: None, ..self.clone() }
    }

    /// What is at this address now.
    pub(crate) async fn read(&self, path: &str) -> Value {
        self.get(path).send().await.ok()
    }
}

impl Call {
    pub(crate) fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub(crate) fn if_match(self, version: i64) -> Self {
        self.header("if-match", &format!("\"{version}\""))
    }

    pub(crate) fn header(self, name: &'static str, value: &str) -> Self {
        self.header_bytes(name, value.as_bytes())
    }

    pub(crate) fn header_bytes(mut self, name: &'static str, value: &[u8]) -> Self {
        let value = HeaderValue::from_bytes(value).expect("a header's value");
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// A body that says it is JSON, whatever it is.
    pub(crate) fn bytes(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request = self.request.body(body.into());
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let answer = self.request.send().await.expect("the server answers");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        // A stream of events has no end of its own.
        let is_stream = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body =
            if is_stream { vec![] } else { answer.bytes().await.expect("the whole answer comes").to_vec() };
        if self.method != Method::HEAD {
            self.contract.check(self.method.as_str(), &self.path, status, &body);
        }
        Answer { status, headers, body }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn is_replay(&self) -> bool {
        self.header("idempotency-replayed") == Some("true")
    }

    /// The body of a 2xx.
    pub(crate) fn ok(self) -> Value {
        let body = self.json();
        assert!((200..300).contains(&self.status), "{} {body:#}", self.status);
        body
    }

    /// The problem, which must have this code; everything that all problems have is checked.
    pub(crate) fn problem(self, code: &str) -> Value {
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem:#}");
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["type"], format!("urn:florin:problem:{code}"));
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"));
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{problem:#}");
        problem
    }

    /// The same, without the request's name: for snapshots.
    pub(crate) fn redacted_problem(self, code: &str) -> Value {
        let mut problem = self.problem(code);
        problem["request_id"] = "[request_id]".into();
        problem
    }
}
