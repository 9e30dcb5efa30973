//! The proxy between a real client and a real PostgreSQL: what was committed, and what the client heard of it.

use florin_lab::proxy::{Point, Proxy, Way, When};
use std::time::Duration;
use tokio_postgres::{Client, NoTls};

/// A table of its own, in the database that tests are given, with a row for each transaction that was committed.
struct Table {
    name: String,
    url: String,
    proxy: Proxy,
    through: String,
    direct: Client,
}

impl Table {
    async fn create() -> Self {
        let url = std::env::var("FLORIN_TEST_POSTGRES_URL").expect(
            "FLORIN_TEST_POSTGRES_URL must name a PostgreSQL server for tests; `make test` starts one",
        );
        let (proxy, through) = Proxy::in_front_of(&url).await.unwrap();
        let direct = connect(&url).await;
        let name = format!("proxied_{:016x}", rand::random::<u64>());
        direct.batch_execute(&format!("CREATE TABLE {name} (number int)")).await.unwrap();
        Self { name, url, proxy, through, direct }
    }

    async fn client(&self) -> Client {
        connect(&self.through).await
    }

    fn insert(&self) -> String {
        format!("INSERT INTO {} VALUES (1)", self.name)
    }

    async fn rows(&self) -> i64 {
        let count = format!("SELECT count(*) FROM {}", self.name);
        self.direct.query_one(&count, &[]).await.unwrap().get(0)
    }

    /// Until there are so many: a commit that was only just forwarded takes a moment.
    async fn comes_to(&self, expected: i64, what: &str) {
        for _ in 0..500 {
            if self.rows().await == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(self.rows().await, expected, "{what}");
    }

    /// How many sessions are in the middle of a transaction, if it stays so for a moment.
    async fn open_transactions(&self) -> i64 {
        let count = "SELECT count(*) FROM pg_stat_activity
            WHERE state LIKE 'idle in transaction%' AND query LIKE '%' || $1 || '%'";
        let mut open = 0;
        for _ in 0..100 {
            open = self.direct.query_one(count, &[&self.name]).await.unwrap().get(0);
            if open == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        open
    }

    async fn drop_it(self) {
        let Self { name, url, .. } = self;
        connect(&url).await.batch_execute(&format!("DROP TABLE {name}")).await.unwrap();
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A transaction with three kinds of statements, which commits by a statement that was prepared, or by a query.
async fn transact(client: &Client, insert: &str, prepares: bool) -> Result<(), tokio_postgres::Error> {
    client.batch_execute("BEGIN").await?;
    client.execute(insert, &[]).await?;
    if prepares {
        client.execute("COMMIT", &[]).await.map(drop)
    } else {
        client.batch_execute("COMMIT").await
    }
}

#[tokio::test]
async fn a_commit_is_cut_before_and_after_the_server_has_it() {
    let table = Table::create().await;
    let mut expected = 0;
    for prepares in [false, true] {
        for point in [Point::Before, Point::After] {
            let client = table.client().await;
            let mut trap = table.proxy.trap(When::Commit, point);
            let insert = table.insert();
            let transaction = transact(&client, &insert, prepares);
            let cut = async {
                let caught = trap.caught().await;
                // The server has decided before anybody is told that the message was caught.
                let rows = table.rows().await;
                caught.cut();
                rows
            };
            let (heard, rows) = tokio::join!(transaction, cut);
            expected += i64::from(point == Point::After);
            assert!(heard.unwrap_err().is_closed(), "nobody answers");
            assert_eq!(rows, expected, "{point:?}, prepared: {prepares}");
            assert_eq!(table.open_transactions().await, 0);
            assert_eq!(table.rows().await, expected, "{point:?}, prepared: {prepares}");
        }
    }
    table.drop_it().await;
}

/// Whatever message the client is cut at: the row is there if the commit was forwarded, and only then.
#[tokio::test]
async fn a_transaction_is_cut_at_each_of_its_messages() {
    let table = Table::create().await;
    let (mut expected, mut messages, mut committing) = (0, 0, None);
    for point in [Point::Before, Point::After] {
        for number in 1.. {
            let client = table.client().await;
            let mut trap = table.proxy.trap(When::Message(number), point);
            let insert = table.insert();
            let caught = tokio::select! {
                done = transact(&client, &insert, false) => { done.unwrap(); None }
                caught = trap.caught() => Some(caught),
            };
            let Some(caught) = caught else {
                expected += 1;
                messages = number - 1;
                break;
            };
            if caught.message == "Query \"COMMIT\"" {
                committing = Some(number);
                expected += i64::from(point == Point::After);
            }
            drop(client);
            caught.cut();
            assert_eq!(table.open_transactions().await, 0, "message {number}");
            table.comes_to(expected, &format!("{point:?} message {number}")).await;
        }
        assert_eq!(committing.take(), Some(messages), "the commit comes last");
    }
    assert!(messages >= 5, "{messages}");
    table.drop_it().await;
}

/// The network still had it when its sender died.
#[tokio::test]
async fn a_commit_that_is_released_after_its_client_has_gone_is_done() {
    let table = Table::create().await;
    let client = table.client().await;
    let mut trap = table.proxy.trap(When::Commit, Point::Before);
    let insert = table.insert();
    let caught = tokio::select! {
        done = transact(&client, &insert, false) => panic!("{done:?}"),
        caught = trap.caught() => caught,
    };
    drop(client);
    assert_eq!(table.rows().await, 0);
    caught.release();
    assert_eq!(table.open_transactions().await, 0);
    table.comes_to(1, "the commit arrives").await;
    table.drop_it().await;
}

#[tokio::test]
async fn a_client_that_is_stalled_goes_on_and_one_in_a_black_hole_does_not() {
    let table = Table::create().await;
    let client = table.client().await;
    for (way, goes_on) in [(Way::Stall, true), (Way::BlackHole, false)] {
        table.proxy.set(way);
        let ask = client.simple_query("SELECT 1");
        tokio::pin!(ask);
        assert!(tokio::time::timeout(Duration::from_millis(200), &mut ask).await.is_err());
        table.proxy.set(Way::Pass);
        if goes_on {
            ask.await.unwrap();
        } else {
            assert!(tokio::time::timeout(Duration::from_millis(200), &mut ask).await.is_err());
            table.proxy.reset();
            ask.await.unwrap_err();
        }
    }
    table.client().await.simple_query("SELECT 1").await.unwrap();
    table.drop_it().await;
}
