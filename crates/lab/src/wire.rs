//! HTTP/1.1, as far as attacks need it: a request that is there but for its last byte, and then there; and requests
//! that no client library would send.
//!
//! A client library would decide itself when to send what. One connection carries one request, so that none waits for
//! another on its way.

use anyhow::{Context, anyhow, bail};
use futures_util::FutureExt;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long an answer may take. Longer than a server's own deadlines: those are to answer themselves.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// An answer that came whole.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Whether it says when to come back.
    pub(crate) has_retry_after: bool,
    pub(crate) body: Vec<u8>,
}

/// A request that its server has, but for the last byte.
#[derive(Debug)]
pub(crate) struct Held {
    stream: TcpStream,
    last: u8,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// A POST of JSON.
    pub(crate) fn post(path: impl Into<String>, body: &serde_json::Value) -> Self {
        Self { method: "POST", ..Self::get(path) }
            .with_body("application/json", body.to_string().into_bytes())
    }

    pub(crate) fn with_body(mut self, content_type: &str, body: Vec<u8>) -> Self {
        self.headers.push(("content-type", content_type.to_owned()));
        self.body = body;
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn bytes(&self, host: &str) -> Vec<u8> {
        let length = self.body.len();
        let mut bytes = self.head(host, &format!("content-length: {length}"));
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// What comes before the body, with the line that says how long it is.
    pub(crate) fn head(&self, host: &str, length: &str) -> Vec<u8> {
        let Self { method, path, headers, .. } = self;
        let mut text =
            format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{length}\r\n");
        for (name, value) in headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.push_str("\r\n");
        text.into_bytes()
    }
}

impl Held {
    /// Connects to `host:port` and sends all but the last byte.
    pub(crate) async fn send(address: &str, request: &Request) -> anyhow::Result<Self> {
        let mut stream = connect(address).await?;
        let mut bytes = request.bytes(address);
        let last = bytes.pop().context("an empty request")?;
        stream.write_all(&bytes).await.context("sending a request")?;
        Ok(Self { stream, last })
    }

    /// Sends the last byte, at once: nobody else's turn comes between.
    pub(crate) fn release(&self) -> anyhow::Result<()> {
        if self.stream.try_write(&[self.last]).context("releasing a request")? == 1 {
            return Ok(());
        }
        bail!("the connection takes no more bytes")
    }

    /// Closes the connection without hearing an answer: after this time, or, if there is none, when the answer comes.
    pub(crate) async fn hang_up(self, after: Option<Duration>) {
        match after {
            Some(after) => tokio::time::sleep(after).await,
            // However it comes out, nobody hears it.
            None => drop(tokio::time::timeout(ANSWER_TIMEOUT, self.stream.readable()).await),
        }
    }

    /// Whether an answer has begun to come, or the connection is cut.
    pub(crate) fn is_answered(&self) -> bool {
        is_answered(&self.stream)
    }

    /// The connection, for who wants to know how it ends.
    pub(crate) fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Waits for the whole answer.
    pub(crate) async fn answer(mut self) -> anyhow::Result<Response> {
        answer(&mut self.stream).await
    }
}

/// A connection whose bytes go at once.
pub(crate) async fn connect(address: &str) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Whether an answer has begun to come here, or the connection is cut.
pub(crate) fn is_answered(stream: &TcpStream) -> bool {
    stream.peek(&mut [0]).now_or_never().is_some()
}

/// Waits for the whole answer to what was sent here.
pub(crate) async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> anyhow::Result<Response> {
    let mut received = Vec::new();
    let read = tokio::time::timeout(ANSWER_TIMEOUT, stream.read_to_end(&mut received)).await;
    match read.context("no answer came in time")? {
        Ok(_) => parse(&received),
        // Who refuses a request that is still being sent answers, and cuts the connection.
        Err(error) => parse(&received).map_err(|_| error).context("reading an answer"),
    }
}

fn parse(received: &[u8]) -> anyhow::Result<Response> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head_bytes) = response.parse(received).context("an answer's head")? else {
        bail!("the connection was cut before an answer's head was there");
    };
    let status = response.code.context("an answer without a status")?;
    let header = |name: &str| response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    let has_retry_after = header("retry-after").is_some();
    let body = &received[head_bytes..];
    if header("transfer-encoding").is_some() {
        return Ok(Response { status, has_retry_after, body: joined(body)? });
    }
    let length: usize = match header("content-length") {
        Some(length) => std::str::from_utf8(length.value)?.trim().parse().context("a Content-Length")?,
        None if status == 204 => 0,
        None => bail!("an answer without a Content-Length"),
    };
    if body.len() != length {
        bail!("an answer of {length} bytes was cut after {}", body.len());
    }
    Ok(Response { status, has_retry_after, body: body.to_vec() })
}

/// A body that came in chunks, of which the last one is empty.
fn joined(mut chunks: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = httparse::parse_chunk_size(chunks).map_err(|_| anyhow!("a chunk's size"))?;
        let httparse::Status::Complete((begin, size)) = size else {
            bail!("an answer was cut between chunks")
        };
        let end = begin + usize::try_from(size)?;
        let Some(chunk) = chunks.get(begin..end) else { bail!("an answer was cut in a chunk") };
        if chunk.is_empty() {
            return Ok(body);
        }
        body.extend_from_slice(chunk);
        // Behind each is a line break.
        chunks = chunks.get(end + 2..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn nothing_is_complete_before_it_is_released() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let request = Request::post("/here", &serde_json::json!({"a": 1}));
        let whole = request.bytes(&address);
        let held = Held::send(&address, &request).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        let mut received = vec![0; whole.len() - 1];
        server.read_exact(&mut received).await.unwrap();
        assert_eq!(received, whole[..whole.len() - 1]);
        assert_eq!(server.try_read(&mut [0; 1]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
        held.release().unwrap();
        assert_eq!(server.read_u8().await.unwrap(), b'}');
        server.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
        drop(server);
        let response = held.answer().await.unwrap();
        assert_eq!((response.status, response.body.as_slice()), (201, b"ok".as_slice()));
    }

    #[test]
    fn what_was_cut_is_no_answer() {
        for received in
            ["", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"]
        {
            assert!(parse(received.as_bytes()).is_err(), "{received}");
        }
    }

    #[test]
    fn chunks_are_joined_and_all_of_them_must_be_there() {
        let whole = "HTTP/1.1 200 OK\r\nRetry-After: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nok,\r\n2\r\nok\r\n0\r\n\r\n";
        let response = parse(whole.as_bytes()).unwrap();
        assert_eq!((response.body.as_slice(), response.has_retry_after), (b"ok,ok".as_slice(), true));
        for cut in ["0\r\n\r\n", "2\r\nok\r\n0\r\n\r\n", "k\r\n0\r\n\r\n"] {
            assert!(parse(whole.strip_suffix(cut).unwrap().as_bytes()).is_err(), "{cut}");
        }
    }
}
