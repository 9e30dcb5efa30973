//! Fetches one JSON document over HTTP, for an issuer's keys: bounded in time and size, by TLS or from this machine,
//! and from nowhere else than it was told.

use axum::http::{Request, StatusCode, Uri, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The most bytes of what is fetched.
const BYTES_MAX: usize = 256 * 1024;
const TIME_MAX: Duration = Duration::from_secs(5);

/// Why there is no document; for the log.
pub(super) type FetchError = Box<dyn std::error::Error + Send + Sync>;

/// Fetches documents.
pub(super) struct Fetcher {
    tls: TlsConnector,
}

impl Fetcher {
    /// Trusts whom the system trusts; `SSL_CERT_FILE` names another set.
    pub(super) fn new() -> Self {
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has the default protocol versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { tls: TlsConnector::from(Arc::new(config)) }
    }

    /// The document at an address that [`safe_url`] let pass.
    pub(super) async fn fetch<T: DeserializeOwned>(&self, url: &Uri) -> Result<T, FetchError> {
        let bytes = tokio::time::timeout(TIME_MAX, self.get(url)).await??;
        Ok(serde_json::from_slice(&bytes)?)
    }

    async fn get(&self, url: &Uri) -> Result<Bytes, FetchError> {
        let host = url.host().ok_or("the address has no host")?.trim_matches(['[', ']']);
        let is_tls = url.scheme_str() == Some("https");
        let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let socket = TcpStream::connect((host, port)).await?;
        if is_tls {
            let name = ServerName::try_from(host.to_owned())?;
            get_on(TokioIo::new(self.tls.connect(name, socket).await?), url).await
        } else {
            get_on(TokioIo::new(socket), url).await
        }
    }
}

async fn get_on(
    connection: impl Read + Write + Unpin + Send + 'static,
    url: &Uri,
) -> Result<Bytes, FetchError> {
    let (mut sender, connection) = http1::handshake(connection).await?;
    // It ends with the sender.
    tokio::spawn(connection);
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let authority = url.authority().map_or("", |authority| authority.as_str());
    let request =
        Request::get(path).header(header::HOST, authority).header(header::ACCEPT, "application/json");
    let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    if response.status() != StatusCode::OK {
        return Err(format!("{url} answered {}", response.status()).into());
    }
    Ok(Limited::new(response.into_body(), BYTES_MAX).collect().await?.to_bytes())
}

/// An address that keys may come from: nobody on the way may change them.
pub fn safe_url(text: &str) -> Option<Uri> {
    let url: Uri = text.parse().ok()?;
    let is_this_machine = matches!(url.host()?, "127.0.0.1" | "[::1]" | "localhost");
    (url.scheme_str() == Some("https") || (url.scheme_str() == Some("http") && is_this_machine))
        .then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_by_tls_or_from_this_machine() {
        for good in
            ["https://issuer.example/jwks", "http://127.0.0.1:80/", "http://localhost/", "http://[::1]:1/"]
        {
            assert!(safe_url(good).is_some(), "{good}");
        }
        for bad in
            ["http://issuer.example/", "http://127.0.0.1.issuer.example/", "file:///etc/passwd", "issuer", ""]
        {
            assert!(safe_url(bad).is_none(), "{bad}");
        }
    }
}
