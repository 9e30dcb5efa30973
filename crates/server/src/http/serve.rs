//! Sockets and connections, and how they end. The server drives hyper itself: a connection must send each head
//! within a time, or slow clients would hold it for ever.

use super::peer::Peer;
use super::{AppState, router};
use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

/// A head larger than this is refused (431).
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How long to wait when the system has no socket to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers requests until `shutdown` completes; then takes no more, and returns when those that run are
/// answered or the time for that is over.
///
/// Commands may still be under way in the committer then; stopping it comes after this.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let settings = state.settings.clone();
    let router = router(state.clone());
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(settings.header_timeout).max_buf_size(HEAD_BYTES_MAX);
    let room = Arc::new(Semaphore::new(settings.connections_max));
    let connections = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);

    loop {
        let (socket, peer, place) = tokio::select! {
            accepted = accept(&listener, &room) => accepted?,
            () = &mut shutdown => break,
        };
        let connection = http.serve_connection(TokioIo::new(socket), on_connection(router.clone(), peer));
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    state.start_stopping();
    drop(listener);
    if tokio::time::timeout(settings.shutdown_timeout, connections.shutdown()).await.is_err() {
        tracing::warn!("requests were cut off that ran longer than a stop may take");
    }
    Ok(())
}

/// The routes, for one connection: its requests say whom they come from.
fn on_connection(
    router: Router,
    peer: SocketAddr,
) -> TowerToHyperService<
    impl tower::Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> + Clone,
> {
    TowerToHyperService::new(router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request
    }))
}

/// The next connection, when there is room for one.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                // An answer is one write; waiting to fill a packet would only delay it. Where that cannot be
                // set the client has gone away, which shows soon enough.
                let _ = socket.set_nodelay(true);
                return Ok((socket, peer, place));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
