//! Payout files over HTTP: what is taken, what is refused, and what of it is told.

use crate::bank::{Bank, Person};
use crate::call::Answer;
use crate::engine::Engine;
use crate::payout_files::{file, files, reader};
use florin_ledger::{LedgerId, PayoutId, WalletId};
use florin_server::committer::CommitterSettings;
use florin_server::http::HttpSettings;
use florin_server::payouts::file::{FileRow, RowError};
use florin_store::Payout;
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A bank with the recipients of the files: `alice`, and the wallets 17, 18 and 19.
struct World {
    bank: Bank,
    payer: Person,
    source: i64,
    payout: i64,
}

impl World {
    async fn open(engine: Engine) -> Self {
        Self::at(Bank::open(engine).await).await
    }

    async fn at(bank: Bank) -> Self {
        let (payer, source) = bank.person_with("payer", "1000").await;
        bank.person_with("alice", "0").await;
        let bob = bank.person("bob").await;
        let mut last = 0;
        while last < 19 {
            last = bank.wallet_with(&bob, "USD", &format!("pocket-{last}"), "0").await;
        }
        let payout = bank.payout(&payer, source).await;
        Self { bank, payer, source, payout }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/payouts/{}/{rest}", self.payout)
    }

    async fn puts(&self, file: impl Into<Vec<u8>>) -> Answer {
        self.payer.client.put(&self.path("rows")).header("content-type", "text/csv").body(file).send().await
    }

    async fn patches(&self, file: impl Into<Vec<u8>>) -> Answer {
        self.payer.client.patch(&self.path("rows")).header("content-type", "text/csv").body(file).send().await
    }

    async fn rows(&self, query: &str) -> Vec<Value> {
        let page = self.payer.client.read(&self.path(&format!("rows{query}"))).await;
        page["data"].as_array().unwrap().clone()
    }

    async fn download(&self, name: &str) -> String {
        let answer = self.payer.client.get(&self.path(name)).send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
        let expected = format!("attachment; filename=\"payout-{}-{name}\"", self.payout);
        assert_eq!(answer.header("content-disposition"), Some(expected.as_str()));
        String::from_utf8(answer.body).unwrap()
    }

    async fn stored(&self) -> Payout {
        self.bank.store.payout(LedgerId::MAIN, PayoutId(self.payout)).await.unwrap().unwrap()
    }
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn each_file_is_taken_or_refused_and_a_bad_one_leaves_what_is_in_force(#[case] engine: Engine) {
    let world = World::open(engine).await;
    world.puts("recipient_id,amount\n18,7.00\n").await.ok();
    let before = (world.stored().await.content, world.rows("").await);
    for name in files().into_iter().filter(|name| !name.contains("mending")) {
        let mut rows = Vec::new();
        let mut reader = reader(name);
        let read = reader.push(&file(name), &mut rows).and_then(|()| reader.finish(&mut rows));
        let answer = world.puts(file(name)).await;
        if let Err(error) = read {
            let problem = answer.problem("payout_file_invalid");
            let place = (problem["line"].as_u64(), problem["column"].as_u64(), problem["fault"].as_str());
            assert_eq!(place, (Some(error.line), error.column, Some(error.fault.code())), "{name}");
        } else if name.starts_with("rows_") {
            let problem = answer.problem("payout_rows_invalid");
            assert_eq!(problem["rows"], rows.len(), "{name}");
            let told: Vec<_> = problem["errors"].as_array().unwrap().iter().map(place_of).collect();
            for place in rows.iter().flat_map(places_of) {
                assert!(told.contains(&place), "{name}: {place:?} of {told:?}");
            }
        } else {
            let answer = answer.ok();
            assert_eq!(
                (&answer["good_rows"], &answer["bad_rows"]),
                (&json!(rows.len()), &json!(0)),
                "{name}"
            );
            assert_eq!(world.rows("").await.len(), rows.len(), "{name}");
            world.puts("recipient_id,amount\n18,7.00\n").await.ok();
        }
        let (content, rows) = (world.stored().await.content, world.rows("").await);
        let digest = |content: Option<florin_store::payouts::Content>| content.map(|content| content.digest);
        assert_eq!((digest(content), &rows), (digest(before.0), &before.1), "{name}");
    }
    world.bank.close().await;
}

fn place_of(error: &Value) -> (i64, String, String) {
    let text = |name: &str| error[name].as_str().unwrap().to_owned();
    (error["row"].as_i64().unwrap(), text("column"), text("code"))
}

fn places_of(row: &FileRow) -> Vec<(i64, String, String)> {
    let FileRow::Bad(row) = row else { return Vec::new() };
    let place =
        |error: &RowError| (row.number.into(), error.column.to_string(), error.fault.code().to_owned());
    row.errors.iter().map(place).collect()
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn what_has_faults_is_fetched_mended_and_in_force(#[case] engine: Engine) {
    let world = World::open(engine).await;
    let good = "recipient_id,amount,reference,memo\n17,1.00,,\nuser:alice,2.00,June,\"a, b\"\n18,3.00,,-1\n";
    let digest = world.puts(good).await.ok()["digest"].clone();
    world.puts("recipient_id,amount\n19,1.00\n").await.ok();

    let bad = good.replace("2.00", "=2").replace("18,3", "user:nobody,3");
    let problem = world.puts(bad).await.redacted_problem("payout_rows_invalid");
    assert_eq!(
        (&problem["rows"], &problem["good_rows"], &problem["bad_rows"]),
        (&json!(3), &json!(1), &json!(2))
    );
    insta::assert_json_snapshot!("payout_rows_invalid", problem);
    let errors = world.download("errors.csv").await;
    insta::assert_snapshot!("payout_errors_csv", errors);
    let draft = world.rows("?draft=true&state=INVALID").await;
    assert_eq!(draft.iter().map(|row| row["row"].as_i64().unwrap()).collect::<Vec<_>>(), [2, 3]);
    assert_eq!((&draft[0]["amount"], &draft[0]["wallet_id"]), (&json!("=2"), &Value::Null));
    assert_eq!(world.rows("").await.len(), 1, "the rows before stay in force");

    let still_bad = errors.replace("'=2", "2.00");
    let problem = world.patches(still_bad).await.problem("payout_rows_invalid");
    assert_eq!((&problem["rows"], &problem["bad_rows"]), (&json!(3), &json!(1)));
    let rest = world.download("errors.csv").await;
    assert_eq!(rest.lines().count(), 2, "{rest}");
    let mended = world.patches(rest.replace("user:nobody", "18")).await.ok();
    assert_eq!(mended, json!({"rows": 3, "good_rows": 3, "bad_rows": 0, "total": "6.00", "digest": digest}));

    assert_eq!(world.download("errors.csv").await.lines().count(), 1, "nothing is left to mend");
    world.patches("row,recipient_id,amount\n1,17,1.00\n").await.problem("payout_nothing_to_mend");
    let rows = world.rows("").await;
    assert_eq!(rows[1]["memo"], "a, b");
    assert_eq!(
        (&rows[2]["memo"], &rows[2]["recipient_id"], &rows[2]["wallet_id"]),
        (&json!("-1"), &json!("18"), &json!(18))
    );
    world.bank.close().await;
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn a_draft_that_was_mended_in_vain_can_be_mended_again(#[case] engine: Engine) {
    let world = World::open(engine).await;
    world.puts("recipient_id,amount\n17,0\n18,0\n").await.problem("payout_rows_invalid");
    let draft = world.stored().await.draft;
    world.puts("recipient_id\n17\n").await.problem("payout_file_invalid");
    let mended_then = |then: &str| format!("row,recipient_id,amount\n1,17,1.00\n{then}\n");
    let faults =
        [("2,18,\0", "nul_byte"), ("3,18,1.00", "row_number_invalid"), ("1,18,1.00", "row_number_duplicate")];
    for (then, fault) in faults {
        let problem = world.patches(mended_then(then)).await.problem("payout_file_invalid");
        assert_eq!((problem["fault"].as_str(), problem["line"].as_u64()), (Some(fault), Some(3)));
        assert_eq!(world.stored().await.draft, draft, "{fault}");
    }
    // A file that is too long to be looked at as a whole has changed something by then.
    let long = format!("{}2,18,\0", "\n".repeat(2 * 1024 * 1024));
    world.patches(mended_then(&long)).await.problem("payout_file_invalid");
    assert_eq!(world.stored().await.draft.unwrap().counts.unwrap().bad_rows, 1);
    // And one who hangs up.
    let mut socket = TcpStream::connect(world.bank.address()).await.unwrap();
    let (path, token) = (world.path("rows"), world.payer.client.token.as_deref().unwrap());
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nhost: florin\r\nauthorization: Bearer {token}\r\ncontent-type: text/csv\r\n\
         content-length: 9000000\r\n\r\n{}",
        mended_then(&"\n".repeat(2 * 1024 * 1024))
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    while world.stored().await.draft.unwrap().counts.is_some() {}
    drop(socket);
    while world.stored().await.draft.unwrap().counts.is_none() {}
    world.patches(mended_then("2,18,1.00")).await.ok();
    world.bank.close().await;
}

#[rstest]
#[case(Engine::Sqlite)]
#[case(Engine::Postgres)]
#[tokio::test]
async fn whom_rows_may_pay_and_how_much_together(#[case] engine: Engine) {
    let world = World::open(engine).await;
    let dave = world.bank.person("dave").await;
    let gold = world.bank.wallet_with(&dave, "GOLD", "main", "0").await;
    let recipients = format!("999999\nuser:dave\nuser:nobody\n{gold}\n{}\nuser:payer\n1\n", world.source);
    let lines: Vec<_> = recipients.lines().map(|recipient| format!("{recipient},1.00\n")).collect();
    let file = format!("recipient_id,amount\n{}", lines.concat());
    let expected = [
        "recipient_unknown",
        "recipient_unknown",
        "recipient_unknown",
        "recipient_of_another_asset",
        "recipient_is_source",
        "recipient_is_source",
        "recipient_unknown",
    ];
    let problem = world.puts(file.clone()).await.problem("payout_rows_invalid");
    let codes: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["code"]).collect();
    assert_eq!(codes, expected);
    let largest = "9".repeat(36);
    let file = format!("recipient_id,amount\n17,{largest}.99\n18,0.01\n");
    assert_eq!(world.puts(file).await.problem("payout_file_invalid")["fault"], "total_too_large");
    // The house's own wallets are there for the house; 1 is its treasury of USD.
    let treasury = WalletId(1);
    assert_eq!(world.bank.store.wallet(LedgerId::MAIN, treasury).await.unwrap().unwrap().user(), None);
    let house = world.bank.operator.put(&world.path("rows")).header("content-type", "text/csv");
    house.body("recipient_id,amount\n1,1.00\n").send().await.ok();
    world.bank.close().await;
}

#[tokio::test]
async fn a_form_with_one_file_is_as_good_as_the_file() {
    let world = World::open(Engine::Sqlite).await;
    let part = "--limit\r\nContent-Disposition: form-data; name=\"rows\"; filename=\"june.csv\"\r\n\
        Content-Type: text/csv\r\n\r\nrecipient_id,amount\r\n17,1.00\r\n18,2.00\r\n";
    let send = |body: String| {
        let call = world.payer.client.put(&world.path("rows"));
        call.header("content-type", "multipart/form-data; boundary=limit").body(body).send()
    };
    let answer = send(format!("{part}\r\n--limit--\r\n")).await.ok();
    assert_eq!((&answer["rows"], &answer["total"]), (&json!(2), &json!("3.00")));
    let plain = world.puts("recipient_id,amount\n17,1.00\n18,2.00\n").await.ok();
    assert_eq!(answer, plain);
    for (body, code) in [
        (format!("{part}\r\n{part}\r\n--limit--\r\n"), "body_invalid"),
        ("--limit--\r\n".to_owned(), "body_invalid"),
        (part.to_owned(), "body_malformed"),
        ("recipient_id,amount\n17,1.00\n".to_owned(), "body_malformed"),
        ("x".repeat(3 * 1024 * 1024), "body_malformed"),
        (format!("--limit\r\nX-Long: {}", "x".repeat(3 * 1024 * 1024)), "body_malformed"),
    ] {
        send(body).await.problem(code);
    }
    let call = world.payer.client.put(&world.path("rows")).header("content-type", "multipart/form-data");
    call.body("--limit--\r\n").send().await.problem("content_type_unsupported");
    assert_eq!(world.rows("").await.len(), 2);
    world.bank.close().await;
}

#[tokio::test]
async fn rows_come_page_by_page_and_by_state() {
    let world = World::open(Engine::Sqlite).await;
    let lines: Vec<_> = (1..=2500).map(|number| format!("17,{number}.00\n")).collect();
    let answer = world.puts(format!("recipient_id,amount\n{}", lines.concat())).await.ok();
    assert_eq!((&answer["rows"], &answer["total"]), (&json!(2500), &json!("3126250.00")));
    let (mut numbers, mut cursor) = (vec![], String::new());
    loop {
        let page = world.payer.client.read(&world.path(&format!("rows?limit=999{cursor}"))).await;
        numbers.extend(page["data"].as_array().unwrap().iter().map(|row| row["row"].as_i64().unwrap()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(numbers, (1..=2500).collect::<Vec<_>>());
    assert_eq!(world.rows("?state=PENDING&limit=1000").await.len(), 1000);
    for nothing in
        ["?state=PAID", "?state=CANCELLED", "?state=INVALID", "?draft=true", "?compensation=REVERSED"]
    {
        assert_eq!(world.rows(nothing).await, Vec::<Value>::new(), "{nothing}");
    }
    let results = world.download("results.csv").await;
    assert_eq!(results.lines().count(), 2501);
    assert_eq!(results.lines().last(), Some("2500,17,17,2500.00,,,PENDING,,,,,,,"));
    world.bank.close().await;
}

#[tokio::test]
async fn only_so_many_files_are_taken_at_once_and_none_may_pause_for_long() {
    let http = HttpSettings { body_timeout: Duration::from_secs(2), ..HttpSettings::default() };
    let world = World::at(Bank::open_with(Engine::Sqlite, http, CommitterSettings::default()).await).await;
    let token = world.payer.client.token.as_deref().unwrap();
    let mut running = vec![];
    for _ in 0..4 {
        let payout = world.bank.payout(&world.payer, world.source).await;
        let head = format!(
            "PUT /v1/payouts/{payout}/rows HTTP/1.1\r\nhost: florin\r\nauthorization: Bearer {token}\r\n\
             content-type: text/csv\r\ncontent-length: 9000000\r\n\r\nrecipient_id,amount\n17,1.00\n{}",
            "\n".repeat(2 * 1024 * 1024)
        );
        let mut socket = TcpStream::connect(world.bank.address()).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        // Until it has come so far.
        while world
            .bank
            .store
            .payout(LedgerId::MAIN, PayoutId(payout))
            .await
            .unwrap()
            .unwrap()
            .draft
            .is_none()
        {}
        running.push(socket);
    }
    world.puts("recipient_id,amount\n17,1.00\n").await.problem("overloaded");
    for mut socket in running {
        let mut answer = [0; 13];
        socket.read_exact(&mut answer).await.unwrap();
        assert_eq!(str::from_utf8(&answer), Ok("HTTP/1.1 408 "));
    }
    world.puts("recipient_id,amount\n17,1.00\n").await.ok();
    world.bank.close().await;
}

/// Many clients listen only when they have sent everything. If the connection is closed before, they never hear why.
#[tokio::test]
async fn who_sends_a_long_file_that_is_none_is_told_so() {
    let world = World::open(Engine::Sqlite).await;
    let (path, token) = (world.path("rows"), world.payer.client.token.as_deref().unwrap());
    let file = format!("recipient_id;amount\n{}", "17;1.00\n".repeat(4 * 1024 * 1024));
    let head = format!(
        "PUT {path} HTTP/1.1\r\nhost: florin\r\nauthorization: Bearer {token}\r\ncontent-type: text/csv\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n",
        file.len()
    );
    let mut socket = TcpStream::connect(world.bank.address()).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(file.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 422 ") && answer.contains("separator_invalid"), "{answer}");
    world.bank.close().await;
}
