//! A proxy in front of PostgreSQL that can lose a commit, or the answer to it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(super) struct CuttingProxy {
    port: u16,
    upstream: u16,
    armed: Armed,
}

/// What is done to the next commit.
type Armed = Arc<Mutex<Option<Cut>>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// It reaches the server; its answer reaches nobody.
    Answer,
    /// It reaches nobody.
    Commit,
}

/// How long a commit that will be cut is on its way: time enough for the batch behind it to be decided.
const DELAY: Duration = Duration::from_millis(20);

impl CuttingProxy {
    pub(super) async fn start(upstream: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let armed = Armed::default();
        let shared = Arc::clone(&armed);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, upstream, Arc::clone(&shared)));
            }
        });
        Self { port, upstream, armed }
    }

    pub(super) fn in_front_of(&self, url: &str) -> String {
        url.replace(&format!(":{}/", self.upstream), &format!(":{}/", self.port))
    }

    pub(super) fn cut_the_next_commit(&self, cut: Cut) {
        *self.armed.lock().expect("nobody panics with it") = Some(cut);
    }
}

async fn forward(client: TcpStream, upstream: u16, armed: Armed) {
    let server = TcpStream::connect(("127.0.0.1", upstream)).await.expect("PostgreSQL listens");
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let is_cut = Arc::new(AtomicBool::new(false));
    let cut = Arc::clone(&is_cut);
    let requests = async move {
        let mut buffer = vec![0; 65_536];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            let bytes = &buffer[..read];
            let is_commit = bytes.windows(7).any(|window| window == b"COMMIT\0");
            let cut_now = if is_commit { armed.lock().expect("nobody panics with it").take() } else { None };
            if let Some(what) = cut_now {
                tokio::time::sleep(DELAY).await;
                if what == Cut::Commit {
                    break;
                }
                cut.store(true, Ordering::SeqCst);
            }
            if to_server.write_all(bytes).await.is_err() {
                break;
            }
        }
    };
    let answers = async move {
        let mut buffer = vec![0; 65_536];
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            if is_cut.load(Ordering::SeqCst) || to_client.write_all(&buffer[..read]).await.is_err() {
                break;
            }
        }
    };
    // The first side to end takes the other with it, and with both the sockets.
    tokio::select! {
        () = requests => {}
        () = answers => {}
    }
}
