//! A PostgreSQL server of a test's own, which the test may freeze.

use florin_store::postgres::{Postgres, PostgresSettings};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A server; gone when it is dropped, frozen or not.
pub(crate) struct Cluster {
    process: Child,
    /// A superuser's URL.
    pub(crate) url: String,
    /// The process that makes all others of the server.
    postmaster: String,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/with-postgres");
        // The server is there until what runs with it ends: when its standard input does.
        let mut process = Command::new(script)
            .args(["sh", "-c", "echo \"$FLORIN_TEST_POSTGRES_URL\"; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the script runs");
        let mut url = String::new();
        let mut lines = BufReader::new(process.stdout.take().expect("it is piped"));
        lines.read_line(&mut url).expect("it writes text");
        assert!(url.starts_with("postgres://"), "no server was started: {url}");
        let url = url.trim().to_owned();
        let client = Postgres::connect_alone(&PostgresSettings::new(&url)).await.expect("it answers");
        let pid = client.query_one("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)", &[]).await;
        let postmaster = pid.expect("a superuser may").get(0);
        Self { process, url, postmaster }
    }

    /// Stops all of its processes where they are. Connections stay, and nothing answers on them.
    pub(crate) fn freeze(&self) {
        // First the one that makes the others.
        signal("-STOP", std::slice::from_ref(&self.postmaster));
        signal("-STOP", &children(&self.postmaster));
    }

    /// Lets them go on.
    pub(crate) fn thaw(&self) {
        signal("-CONT", &children(&self.postmaster));
        signal("-CONT", std::slice::from_ref(&self.postmaster));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.thaw();
        drop(self.process.stdin.take());
        // The script waits for the server's end.
        let _ = self.process.wait();
    }
}

fn children(parent: &str) -> Vec<String> {
    let listed = Command::new("ps").args(["-eo", "pid=,ppid="]).output().expect("procps is there");
    let listed = String::from_utf8(listed.stdout).expect("it writes text");
    let pairs = listed.lines().filter_map(|line| line.trim().split_once(char::is_whitespace));
    pairs.filter(|(_, of)| of.trim() == parent).map(|(pid, _)| pid.to_owned()).collect()
}

fn signal(signal: &str, pids: &[String]) {
    // One that has ended meanwhile is no fault.
    let _ = Command::new("kill").arg(signal).args(pids).stderr(Stdio::null()).status();
}
