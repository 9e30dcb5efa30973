//! HTTP/1.1, as far as a load generator needs it: requests written into a buffer, answers measured out.
//!
//! A full client would cost as much as the server, and the two share the machine.

use super::mix::Transfer;
use anyhow::{Context, bail};
use std::fmt::Write as _;
use std::io::Write as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where the requests go, and who sends them.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// `host:port`.
    pub(super) address: String,
    /// What comes after `Authorization: Bearer`.
    pub(super) token: String,
}

/// The part of a request that is the same every time.
#[derive(Clone, Debug)]
pub(super) struct Head(Vec<u8>);

impl Head {
    /// The head of a POST to `path`.
    pub(super) fn post(target: &Target, path: &str) -> Self {
        let Target { address, token } = target;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\nidempotency-key: "
        );
        Self(head.into_bytes())
    }

    /// Puts the whole request into `out`.
    pub(super) fn render(&self, out: &mut Vec<u8>, key: uuid::Uuid, body: &str) {
        out.clear();
        out.extend_from_slice(&self.0);
        let rest = write!(out, "{key}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        rest.expect("writing into memory does not fail");
    }
}

/// The body of `POST /v1/transfers`, into `out`.
pub(super) fn render_transfer(out: &mut String, transfer: &Transfer) {
    out.clear();
    let amount = transfer.amount();
    let body = write!(
        out,
        r#"{{"from_wallet_id":{},"to_wallet_id":{},"amount":"{amount}"}}"#,
        transfer.from, transfer.to
    );
    body.expect("writing into memory does not fail");
}

/// The body of `POST /v1/transactions/bulk`, into `out`.
pub(super) fn render_bulk(out: &mut String, is_atomic: bool, transfers: &[Transfer]) {
    out.clear();
    let mode = if is_atomic { "atomic" } else { "independent" };
    let mut body = write!(out, r#"{{"mode":"{mode}","transactions":["#);
    for (index, transfer) in transfers.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let (key, amount) = (transfer.key(), transfer.amount());
        body = body.and(write!(
            out,
            r#"{comma}{{"type":"transfer","idempotency_key":"{key}","from_wallet_id":{},"to_wallet_id":{},"amount":"{amount}"}}"#,
            transfer.from, transfer.to
        ));
    }
    body.and(out.write_str("]}")).expect("writing into memory does not fail");
}

/// One answer: its status, and where its body is in what was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    status: u16,
    head_bytes: usize,
    body_bytes: usize,
}

/// Measures an answer's head; `None` until it is whole.
fn parse_head(received: &[u8]) -> anyhow::Result<Option<Frame>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head_bytes) = response.parse(received).context("an answer's head")? else {
        return Ok(None);
    };
    let status = response.code.context("an answer without a status")?;
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.context("an answer without a Content-Length")?;
    let body_bytes =
        std::str::from_utf8(length.value)?.trim().parse().context("an answer's Content-Length")?;
    Ok(Some(Frame { status, head_bytes, body_bytes }))
}

/// A kept-alive connection that carries one request at a time.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    filled: usize,
}

impl Connection {
    pub(super) async fn open(target: &Target) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(&target.address)
            .await
            .with_context(|| format!("connecting to {}", target.address))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: vec![0; 4096], filled: 0 })
    }

    /// Sends a request and waits for the whole answer: its status and its body.
    pub(super) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<(u16, &[u8])> {
        self.stream.write_all(request).await.context("sending a request")?;
        self.filled = 0;
        let mut frame = None;
        loop {
            if let Some(Frame { status, head_bytes, body_bytes }) = frame {
                let answer_bytes = head_bytes + body_bytes;
                if self.filled == answer_bytes {
                    return Ok((status, &self.received[head_bytes..answer_bytes]));
                }
                if self.filled > answer_bytes {
                    bail!("the server sent more than its answer");
                }
                self.received.resize(self.received.len().max(answer_bytes), 0);
            } else if self.filled == self.received.len() {
                self.received.resize(self.received.len() * 2, 0);
            }
            let read =
                self.stream.read(&mut self.received[self.filled..]).await.context("reading an answer")?;
            if read == 0 {
                bail!("the server closed the connection in the middle of an answer");
            }
            self.filled += read;
            if frame.is_none() {
                frame = parse_head(&self.received[..self.filled])?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::mix::{Mix, Transfers, Wallets};
    use super::*;
    use tokio::net::TcpListener;

    const WALLETS: Wallets = Wallets { first: 1, count: 10 };

    /// A server that reads one request and answers it with these pieces.
    async fn answering(pieces: &'static [&'static str]) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            for piece in pieces {
                stream.write_all(piece.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        Target { address, token: "secret".to_owned() }
    }

    async fn answer(pieces: &'static [&'static str]) -> anyhow::Result<(u16, String)> {
        let mut connection = Connection::open(&answering(pieces).await).await?;
        let (status, body) = connection.exchange(b"GET / HTTP/1.1\r\n\r\n").await?;
        Ok((status, String::from_utf8_lossy(body).into_owned()))
    }

    #[tokio::test]
    async fn an_answer_may_come_in_pieces() {
        let whole = answer(&["HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\nbody"]).await.unwrap();
        assert_eq!(whole, (201, "body".to_owned()));
        let pieces =
            answer(&["HTTP/1.1 422 Un", "processable\r\nContent-Length: ", "4\r\n\r", "\nbo", "dy"]).await;
        assert_eq!(pieces.unwrap(), (422, "body".to_owned()));
    }

    #[tokio::test]
    async fn what_is_no_whole_answer_is_an_error() {
        let errors: [(&'static [&'static str], &str); 4] = [
            (&["HTTP/1.1 200 OK\r\n\r\n"], "without a Content-Length"),
            (&["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbody"], "closed the connection"),
            (&["HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nbody"], "more than its answer"),
            (&["SSH-2.0-OpenSSH_9.2\r\n\r\n"], "an answer's head"),
        ];
        for (pieces, expected) in errors {
            let error = answer(pieces).await.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[tokio::test]
    async fn a_long_answer_is_read_whole() {
        let body: &'static str = Box::leak("x".repeat(10_000).into_boxed_str());
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n";
        let (status, read) = answer(Box::leak(Box::new([head, body]))).await.unwrap();
        assert_eq!((status, read.len()), (200, 10_000));
    }

    #[test]
    fn a_request_is_what_the_api_reads() {
        let target = Target { address: "127.0.0.1:3000".to_owned(), token: "secret".to_owned() };
        let transfer = Transfers::new(WALLETS, Mix::Uniform, 1).next().unwrap();
        let (mut body, mut request) = (String::new(), Vec::new());
        render_transfer(&mut body, &transfer);
        Head::post(&target, "/v1/transfers").render(&mut request, transfer.key(), &body);
        let request = String::from_utf8(request).unwrap();
        let (head, sent) = request.split_once("\r\n\r\n").unwrap();
        assert_eq!(sent, body);
        let expected = format!(
            "POST /v1/transfers HTTP/1.1\r\nhost: 127.0.0.1:3000\r\nauthorization: Bearer secret\r\n\
             content-type: application/json\r\nidempotency-key: {}\r\ncontent-length: {}",
            transfer.key(),
            body.len()
        );
        assert_eq!(head, expected);
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(json["from_wallet_id"], transfer.from.0);
        assert_eq!(json["amount"], transfer.amount());
    }

    #[test]
    fn a_bulk_request_lists_every_transfer_under_its_key() {
        let transfers: Vec<_> = Transfers::new(WALLETS, Mix::Uniform, 1).take(3).collect();
        let mut body = String::new();
        render_bulk(&mut body, true, &transfers);
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(json["mode"], "atomic");
        let listed = json["transactions"].as_array().unwrap();
        assert_eq!(listed.len(), 3);
        for (listed, transfer) in listed.iter().zip(&transfers) {
            assert_eq!(listed["type"], "transfer");
            assert_eq!(listed["idempotency_key"], transfer.key().to_string());
            assert_eq!(listed["to_wallet_id"], transfer.to.0);
        }
    }
}
