//! A store of its own for each test, on either engine, and the binary to work on it.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_postgres::{Client, Config, NoTls};

/// Which engine a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A folder, and a database if the engine needs one.
pub(crate) struct Place {
    folder: TempDir,
    database: Option<String>,
    environment: Vec<(&'static str, String)>,
}

/// What became of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    /// An empty one.
    pub(crate) async fn new(engine: Engine) -> Self {
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(create_database().await),
        };
        Self { folder: tempfile::tempdir().expect("a folder"), database, environment: Vec::new() }
    }

    /// One with a schema.
    pub(crate) async fn migrated(engine: Engine) -> Self {
        let place = Self::new(engine).await;
        assert!(place.florin(&["migrate", "up"]).status.success());
        place
    }

    /// What else stands in the environment of its commands, from now on.
    pub(crate) fn set_environment(&mut self, environment: impl IntoIterator<Item = (&'static str, String)>) {
        self.environment.extend(environment);
    }

    /// The folder in which commands run; data and settings are in it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The URL of its database, if the engine has one.
    pub(crate) fn url(&self) -> Option<String> {
        self.database.as_deref().map(database_url)
    }

    /// The URL of its database, for another role.
    pub(crate) fn url_as(&self, role: &str, password: &str) -> String {
        let url = database_url(self.database.as_ref().expect("it has a database"));
        let (scheme, rest) = url.split_once("://").expect("it is a URL");
        let server = rest.split_once('@').map_or(rest, |(_, server)| server);
        format!("{scheme}://{role}:{password}@{server}")
    }

    /// A command of the binary, in this place, undisturbed by the settings of whoever runs the tests.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_florin"));
        let ours = std::env::vars_os().map(|(name, _)| name);
        for name in ours.filter(|name| name.to_string_lossy().starts_with("FLORIN_")) {
            command.env_remove(name);
        }
        // What it puts into temporary folders is here too, so that a test sees what it leaves.
        command.current_dir(self.folder.path()).env("TMPDIR", self.folder.path()).args(args);
        command.envs(self.environment.iter().cloned());
        if let Some(name) = &self.database {
            command.env("FLORIN_DATABASE_URL", database_url(name));
        }
        command
    }

    /// Runs a command to its end.
    pub(crate) fn florin(&self, args: &[&str]) -> Ran {
        self.florin_reading(args, "")
    }

    /// Runs a command to its end; it reads `input`.
    pub(crate) fn florin_reading(&self, args: &[&str], input: &str) -> Ran {
        let piped =
            self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = piped.expect("the binary runs");
        // It may end without having read everything.
        let _ = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
        // All attacks of the lab together take minutes, where others work beside them.
        end_within(&mut child, Duration::from_mins(10));
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes| String::from_utf8(bytes).expect("it writes text");
        Ran { status: output.status, out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs SQL on the store, past all of Florin.
    pub(crate) async fn execute(&self, sql: &str) {
        self.try_execute(sql).await.expect("the database does it");
    }

    /// Runs SQL on the store, past all of Florin; what the database says where it does not do it.
    pub(crate) async fn try_execute(&self, sql: &str) -> Result<(), String> {
        match &self.database {
            None => {
                let file = self.folder.path().join("florin-data/florin.db");
                let db = rusqlite::Connection::open(file).expect("there is a store");
                db.execute_batch(sql).map_err(|error| error.to_string())
            }
            Some(name) => {
                let db = connect(&database_url(name)).await;
                db.batch_execute(sql).await.map_err(|error| error.to_string())
            }
        }
    }

    /// How many transactions the place's database has open.
    pub(crate) async fn open_transactions(&self) -> i64 {
        let db = connect(&self.url().expect("it has a database")).await;
        let open = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
                AND backend_type = 'client backend'";
        db.query_one(open, &[]).await.expect("the catalogue can be read").get(0)
    }

    /// Removes the database; the folder goes by itself.
    pub(crate) async fn remove(self) {
        if let Some(name) = &self.database {
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            connect(&server_url()).await.batch_execute(&drop).await.expect("a superuser may");
        }
    }
}

/// A command that should have refused to start must not keep the tests waiting for ever.
fn end_within(child: &mut Child, limit: Duration) {
    let begun = Instant::now();
    while child.try_wait().expect("it is ours").is_none() {
        if begun.elapsed() > limit {
            child.kill().expect("it is ours");
            panic!("the command did not end");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

async fn create_database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("florin_binary_{}_{count}_{:016x}", std::process::id(), rand::random::<u64>());
    let create = format!("CREATE DATABASE {name}");
    connect(&server_url()).await.batch_execute(&create).await.expect("a superuser may");
    name
}

async fn connect(url: &str) -> Client {
    let config: Config = url.parse().expect("it is a PostgreSQL URL");
    let (client, connection) = config.connect(NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    client
}

fn database_url(name: &str) -> String {
    let server = server_url();
    let (rest, _database) = server.rsplit_once('/').expect("the URL names a database");
    format!("{rest}/{name}?sslmode=disable")
}

fn server_url() -> String {
    std::env::var("FLORIN_TEST_POSTGRES_URL").expect(
        "FLORIN_TEST_POSTGRES_URL must name a PostgreSQL server for tests; `make test` starts one, and \
         `scripts/with-postgres COMMAND` does for any command",
    )
}
