//! Those who come.

use super::{Shared, Way, connection};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Until it is aborted, and all connections with it.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                // The port stays taken, so that nobody else can listen there meanwhile: who is refused has connected.
                Ok((client, _)) if shared.switch.way() == Way::Refuse => connection::reset(&client),
                Ok((client, _)) => {
                    connections.spawn(connection::serve(client, Arc::clone(&shared)));
                }
                // Too many open files: it passes.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
