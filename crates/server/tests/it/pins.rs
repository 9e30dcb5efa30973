//! Transaction PINs: only who knows it moves a person's money, and guessing ends soon.

use crate::bank::{Bank, PIN, Person};
use crate::call::{Answer, Call, Client};
use crate::engine::Engine;
use florin_ledger::{LedgerId, Timestamp, UserId};
use florin_server::clock;
use florin_store::{Origin, PinTries, Reservation, Scope, Store, Verdict};
use rstest::rstest;
use serde_json::{Value, json};

const MINUTE: i64 = 60_000_000;

/// Alice with 100.00 USD, and Bob.
struct Scene {
    bank: Bank,
    alice: Person,
    bob: Person,
    from: i64,
    to: i64,
}

impl Scene {
    async fn set(engine: Engine) -> Self {
        let bank = Bank::open(engine).await;
        let (alice, from) = bank.person_with("alice", "100.00").await;
        let (bob, to) = bank.person_with("bob", "0").await;
        Self { bank, alice, bob, from, to }
    }

    fn body(&self, amount: &str) -> Value {
        json!({"from_wallet_id": self.from, "to_wallet_id": self.to, "amount": amount})
    }

    /// Alice's transfer of 1.00, so far without a PIN.
    fn transfer(&self, key: &str) -> Call {
        self.alice.client.without_pin().post("/v1/transfers").key(key).json(&self.body("1.00"))
    }

    async fn enters(&self, key: &str, pin: &str) -> Answer {
        self.transfer(key).header("transaction-pin", pin).send().await
    }

    async fn approval(&self, operation: &Value) -> String {
        let body = json!({"pin": PIN, "operation": operation});
        let approval = self.alice.client.post("/v1/auth/step-up").json(&body).send().await.ok();
        assert_eq!(approval["expires_in"], 120);
        approval["approval"].as_str().unwrap().to_owned()
    }

    /// An approval of Alice's transfer of 1.00.
    async fn approved(&self) -> String {
        let mut operation = self.body("1.00");
        operation["type"] = "transfer".into();
        self.approval(&operation).await
    }

    /// `pin.*` lines about Alice, oldest first.
    async fn told(&self) -> Vec<String> {
        let page = self
            .bank
            .operator
            .read(&format!("/v1/audit-log?limit=1000&subject=user:{}", self.alice.id))
            .await;
        let actions =
            page["data"].as_array().unwrap().iter().rev().map(|line| line["action"].as_str().unwrap());
        actions.filter(|action| action.starts_with("pin.")).map(str::to_owned).collect()
    }
}

async fn set_pin(client: &Client, password: &str, pin: &str) -> Answer {
    client.put("/v1/me/pin").json(&json!({"password": password, "pin": pin})).send().await
}

#[rstest]
#[tokio::test]
async fn money_leaves_a_wallet_with_the_pin_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let (bank, from) = (&scene.bank, scene.from);
    let paid = scene.enters("paid", PIN).await.ok();
    let reverse = format!("/v1/transactions/{}/reverse", paid["id"].as_str().unwrap());
    let alice = scene.alice.id;
    let movements = [
        ("/v1/transfers", scene.body("1.00")),
        ("/v1/withdrawals", json!({"wallet_id": from, "amount": "1.00"})),
        ("/v1/spends", json!({"user_id": alice, "asset": "USD", "amount": "1.00"})),
        (reverse.as_str(), json!({"amount": "0.25"})),
    ];
    for mode in ["independent", "atomic"] {
        let item = |kind: &str, body: &Value| {
            let mut item = body.clone();
            item["type"] = kind.into();
            item["idempotency_key"] = format!("{mode}-{kind}").into();
            item
        };
        let deposit = json!({"wallet_id": from, "amount": "1.00"});
        let items = [item("transfer", &movements[0].1), item("deposit", &deposit)];
        let bulk = json!({"mode": mode, "transactions": items});
        let asked = bank.operator.without_pin().post("/v1/transactions/bulk").json(&bulk).send().await;
        asked.problem("pin_required");
        let only_in = json!({"mode": mode, "transactions": [items[1]]});
        bank.operator.without_pin().post("/v1/transactions/bulk").json(&only_in).send().await.ok();
        bank.operator.post("/v1/transactions/bulk").json(&bulk).send().await.ok();
    }
    let before = bank.everything().await;
    // The receiver gives back, or the house takes back.
    for client in [&scene.alice.client, &scene.bob.client, &bank.operator] {
        for (path, body) in &movements {
            let asked = client.without_pin().post(path).key("without").json(body).send().await;
            assert_eq!(
                (asked.status, asked.problem("pin_required")["retryable"] == false),
                (403, true),
                "{path}"
            );
        }
    }
    assert_eq!(bank.everything().await, before);
    let service = bank.service(&[Scope::TransactionsWrite]).await;
    for (client, key) in [(&bank.operator, "house"), (&service, "service")] {
        for (path, body) in &movements {
            client.post(path).key(&format!("{key}-{path}")).json(body).send().await.ok();
        }
    }
    let house = bank.operator.without_pin();
    house.post("/v1/deposits").key("in").json(&json!({"wallet_id": from, "amount": "1"})).send().await.ok();
    for path in ["/v1/top-ups", "/v1/bonuses"] {
        let body = json!({"user_id": alice, "asset": "USD", "amount": "1"});
        house.post(path).key(path).json(&body).send().await.ok();
    }
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn five_wrong_pins_lock_it_until_an_operator_resets_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let before = scene.bank.posted(scene.from).await;
    for tries_left in [4, 3, 2, 1] {
        let problem = scene.enters("guess", "9173").await.problem("pin_wrong");
        assert_eq!(problem["tries_left"], tries_left);
    }
    for _ in 0..2 {
        let locked = scene.enters("guess", "9173").await;
        let retry_after: i64 = locked.header("retry-after").unwrap().parse().unwrap();
        assert!((14 * 60..=15 * 60).contains(&retry_after), "{retry_after}");
        assert_eq!(locked.status, 423);
        locked.problem("pin_locked");
    }
    scene.enters("guess", PIN).await.problem("pin_locked");
    let step_up = json!({"pin": PIN, "operation": {"type": "transfer", "from_wallet_id": scene.from,
        "to_wallet_id": scene.to, "amount": "1.00"}});
    scene.alice.client.post("/v1/auth/step-up").json(&step_up).send().await.problem("pin_locked");
    assert_eq!(scene.bank.posted(scene.from).await, before);
    scene.bob.sends("bobs", scene.to, scene.from, "1").await.problem("insufficient_funds");

    let pin_of = |id: i64| format!("/v1/users/{id}/pin");
    scene.bob.client.delete(&pin_of(scene.alice.id)).send().await.problem("not_permitted");
    let service = scene.bank.service(&Scope::ALL).await;
    service.delete(&pin_of(scene.alice.id)).send().await.problem("not_permitted");
    scene.bank.operator.delete(&pin_of(99)).send().await.problem("user_not_found");
    for _ in 0..2 {
        assert_eq!(scene.bank.operator.delete(&pin_of(scene.alice.id)).send().await.status, 204);
    }
    scene.enters("guess", PIN).await.problem("pin_not_set");
    assert_eq!(
        scene.told().await,
        [&["pin.set"][..], &["pin.wrong"; 5], &["pin.locked", "pin.reset"]].concat()
    );
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_lock_ends_and_a_right_pin_sets_the_count_back(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let (store, alice) = (&*scene.bank.store, UserId(scene.alice.id));
    for _ in 0..4 {
        scene.enters("guess", "9173").await.problem("pin_wrong");
    }
    scene.enters("right", PIN).await.ok();
    assert_eq!(scene.enters("guess", "9173").await.problem("pin_wrong")["tries_left"], 4);
    // As if the last wrong one had been long ago.
    let long_ago = Timestamp(clock::now().0 - 15 * MINUTE - MINUTE);
    for _ in 0..PinTries::MAX - 1 {
        wrong_try(store, alice, long_ago).await;
    }
    assert_eq!(scene.enters("guess", "9173").await.problem("pin_wrong")["tries_left"], 4);
    scene.enters("after-the-lock", PIN).await.ok();
    // A second lock in a row lasts twice as long.
    for _ in 0..PinTries::MAX {
        wrong_try(store, alice, long_ago).await;
    }
    for _ in 0..4 {
        scene.enters("guess", "9173").await.problem("pin_wrong");
    }
    let locked = scene.enters("guess", "9173").await;
    let retry_after: i64 = locked.header("retry-after").unwrap().parse().unwrap();
    assert!((29 * 60..=30 * 60).contains(&retry_after), "{retry_after}");
    locked.problem("pin_locked");
    scene.bank.close().await;
}

async fn wrong_try(store: &dyn Store, user: UserId, at: Timestamp) {
    let ledger = LedgerId::MAIN;
    let reserved = store.reserve_pin_try(ledger, user, Origin::SYSTEM, at).await.unwrap();
    let Reservation::Reserved { epoch, .. } = reserved else { panic!("{reserved:?}") };
    store.settle_pin_try(ledger, user, epoch, Verdict::Wrong, Origin::SYSTEM, at).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_person_sets_a_pin_with_their_password(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let bank = Bank::open(engine).await;
    let carol = json!({"username": "carol", "email": "carol@example.com", "password": "correct horse"});
    let nobody = bank.operator.signed_out();
    let id = nobody.post("/v1/users").key("carol").json(&carol).send().await.ok()["id"].as_i64().unwrap();
    let carol = Client { token: Some(bank.token(id, clock::now())), ..nobody.without_pin() };
    let wallet = carol.post("/v1/wallets").key("w").json(&json!({"asset": "USD"})).send().await.ok();
    let withdrawal = json!({"wallet_id": wallet["id"], "amount": "1"});
    let withdraw = async |pin: &str| {
        let call = carol.post("/v1/withdrawals").key("w").json(&withdrawal);
        call.header("transaction-pin", pin).send().await
    };
    withdraw("2846").await.problem("pin_not_set");
    let wrong = set_pin(&carol, "incorrect horse", "2846").await;
    assert_eq!((wrong.status, &wrong.problem("credentials_invalid")["field"]), (401, &json!("password")));
    withdraw("2846").await.problem("pin_not_set");
    for (pin, code) in [
        ("284", "pin_invalid"),
        ("284617390", "pin_invalid"),
        ("28a6", "pin_invalid"),
        ("２８４６", "pin_invalid"),
        ("", "pin_invalid"),
        ("-284", "pin_invalid"),
        ("0000", "pin_guessable"),
        ("1234", "pin_guessable"),
        ("87654321", "pin_guessable"),
        ("2580", "pin_guessable"),
        ("121212", "pin_guessable"),
    ] {
        assert_eq!(set_pin(&carol, "correct horse", pin).await.problem(code)["field"], "pin", "{pin}");
    }
    carol
        .put("/v1/me/pin")
        .json(&json!({"password": "correct horse", "pin": 2846}))
        .send()
        .await
        .problem("body_invalid");
    bank.service(&Scope::ALL)
        .await
        .put("/v1/me/pin")
        .json(&json!({"password": "x", "pin": "2846"}))
        .send()
        .await
        .problem("not_permitted");
    assert_eq!(set_pin(&carol, "correct horse", "2846").await.status, 204);
    withdraw("2846").await.problem("insufficient_funds");
    assert_eq!(set_pin(&carol, "correct horse", "91735").await.status, 204);
    withdraw("2846").await.problem("pin_wrong");
    withdraw("91735").await.problem("insufficient_funds");
    let lines = bank.operator.read(&format!("/v1/audit-log?action=pin.set&subject=user:{id}")).await;
    let outcomes: Vec<_> = lines["data"].as_array().unwrap().iter().map(|line| &line["outcome"]).collect();
    assert_eq!(outcomes, ["done", "done", "refused"]);
    bank.close().await;
}

#[rstest]
#[tokio::test]
async fn malformed_heads_and_bodies_burn_no_try(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let scene = Scene::set(engine).await;
    let approval = scene.approved().await;
    let before = scene.bank.everything().await;
    let with = |name: &'static str, value: &str| scene.transfer("k").header(name, value);
    let invalid = [
        with("transaction-pin", ""),
        with("transaction-pin", "284"),
        with("transaction-pin", "284617390"),
        with("transaction-pin", "28 46"),
        with("transaction-pin", "2846, 2846"),
        with("transaction-pin", PIN).header("transaction-pin", PIN),
        with("transaction-pin", PIN).header("transaction-approval", &approval),
        with("transaction-approval", &approval).header("transaction-approval", &approval),
        scene.transfer("k").header_bytes("transaction-pin", "２８４６".as_bytes()),
    ];
    for call in invalid {
        let answer = call.send().await;
        assert_eq!(answer.status, 400);
        answer.problem("transaction_proof_invalid");
    }
    // A wrong PIN on what could not be done anyway is not looked at.
    let alice = scene.alice.client.without_pin();
    let wrong =
        |body: Value| alice.post("/v1/transfers").key("k").header("transaction-pin", "9173").json(&body);
    wrong(scene.body("1,00")).send().await.problem("amount_malformed");
    wrong(json!({"amount": "1"})).send().await.problem("body_invalid");
    let no_key = alice.post("/v1/transfers").header("transaction-pin", "9173").json(&scene.body("1.00"));
    no_key.send().await.problem("idempotency_key_missing");
    let deposit = alice.post("/v1/deposits").key("k").header("transaction-pin", "9173");
    deposit.json(&json!({"wallet_id": scene.from, "amount": "1"})).send().await.problem("not_permitted");
    let bulk = json!({"mode": "atomic", "transactions": [{"type": "transfer"}]});
    let bulk = alice.post("/v1/transactions/bulk").header("transaction-pin", "9173").json(&bulk);
    bulk.send().await.problem("body_invalid");
    for (body, code) in [
        (json!({"pin": "284", "operation": {"type": "spend", "asset": "USD", "amount": "1"}}), "pin_invalid"),
        (
            json!({"pin": "9173", "operation": {"type": "spend", "asset": "usd", "amount": "1"}}),
            "asset_code_invalid",
        ),
        (json!({"pin": "9173", "operation": {"type": "gift", "amount": "1"}}), "body_invalid"),
        (
            json!({"pin": "9173", "operation": {"type": "deposit", "wallet_id": 9, "amount": "1"}}),
            "not_permitted",
        ),
        (json!({"pin": "9173", "operation": []}), "count_invalid"),
        (json!({"pin": "9173", "operation": 7}), "body_invalid"),
        (json!({"pin": "9173"}), "body_invalid"),
    ] {
        scene.alice.client.post("/v1/auth/step-up").json(&body).send().await.problem(code);
    }
    assert_eq!(scene.bank.everything().await, before);
    assert_eq!(
        scene.enters("k", "9173").await.problem("pin_wrong")["tries_left"],
        4,
        "none was counted so far"
    );
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn who_does_not_know_the_pin_does_not_get_the_answer_of_a_retry(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let paid = scene.enters("lunch", PIN).await;
    assert_eq!(paid.status, 201);
    for answer in [scene.transfer("lunch").send().await, scene.enters("lunch", "9173").await] {
        assert_eq!(answer.status, 403);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!text.contains(paid.json()["id"].as_str().unwrap()) && !answer.is_replay(), "{text}");
    }
    let retry = scene.enters("lunch", PIN).await;
    assert_eq!((retry.status, retry.is_replay(), &retry.body), (201, true, &paid.body));
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn an_approval_pays_once_and_for_what_it_was_given(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let approval = scene.approved().await;
    let alice = scene.alice.client.without_pin();
    let send = async |client: &Client, path: &str, key: &str, body: &Value| {
        let call = client.without_pin().post(path).key(key).json(body);
        call.header("transaction-approval", &approval).send().await
    };
    let before = scene.bank.everything().await;
    let mut other_way = scene.body("1.00");
    (other_way["from_wallet_id"], other_way["to_wallet_id"]) = (scene.to.into(), scene.from.into());
    for (path, body) in [
        ("/v1/transfers", scene.body("1.01")),
        ("/v1/transfers", scene.body("100")),
        ("/v1/transfers", other_way),
        ("/v1/withdrawals", json!({"wallet_id": scene.from, "amount": "1.00"})),
        ("/v1/spends", json!({"asset": "USD", "amount": "1.00"})),
        ("/v1/transactions/0197a6f0-1c2d-7e3f-8a4b-5c6d7e8f9a0b/reverse", json!({})),
    ] {
        send(&alice, path, "other", &body).await.problem("approval_mismatch");
    }
    let body = scene.body("1.00");
    for stranger in [&scene.bob.client, &scene.bank.operator] {
        send(stranger, "/v1/transfers", "other", &body).await.problem("approval_invalid");
    }
    for nonsense in ["", "fta_", "fta_x", &format!("fta_{}", "A".repeat(43)), &approval[4..]] {
        scene
            .transfer("other")
            .header("transaction-approval", nonsense)
            .send()
            .await
            .problem("approval_invalid");
    }
    assert_eq!(scene.bank.everything().await, before);

    // How the amount is written and what is noted does not matter.
    let mut noted = scene.body("1");
    noted["reference"] = "lunch".into();
    let paid = send(&alice, "/v1/transfers", "lunch", &noted).await;
    assert_eq!((paid.status, paid.is_replay()), (201, false));
    let retry = send(&alice, "/v1/transfers", "lunch", &noted).await;
    assert_eq!((retry.status, retry.is_replay(), &retry.body), (201, true, &paid.body));
    send(&alice, "/v1/transfers", "dinner", &noted).await.problem("approval_used");
    send(&alice, "/v1/transfers", "lunch", &scene.body("2")).await.problem("approval_mismatch");
    assert_eq!(scene.bank.posted(scene.from).await, "99.00");
    assert_eq!(scene.told().await, ["pin.set", "pin.approved"]);
    let log = scene.bank.operator.get("/v1/audit-log?limit=1000").send().await;
    let log = String::from_utf8_lossy(&log.body).into_owned();
    assert!(!log.contains("fta_") && !log.contains(PIN), "{log}");
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn an_approval_of_a_bulk_is_for_all_of_it_in_its_order(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let one =
        json!({"type": "transfer", "from_wallet_id": scene.from, "to_wallet_id": scene.to, "amount": "1"});
    let two = json!({"type": "spend", "asset": "USD", "amount": "2"});
    let approval = scene.approval(&json!([one, two])).await;
    let keyed = |item: &Value, key: &str| {
        let mut item = item.clone();
        item["idempotency_key"] = key.into();
        item
    };
    let send = async |items: Vec<Value>| {
        let bulk = json!({"mode": "atomic", "transactions": items});
        let call = scene.alice.client.without_pin().post("/v1/transactions/bulk").json(&bulk);
        call.header("transaction-approval", &approval).send().await
    };
    for items in [
        vec![keyed(&one, "a")],
        vec![keyed(&two, "b"), keyed(&one, "a")],
        vec![keyed(&one, "a"), keyed(&two, "b"), keyed(&two, "c")],
    ] {
        send(items).await.problem("approval_mismatch");
    }
    let paid = send(vec![keyed(&one, "a"), keyed(&two, "b")]).await;
    assert_eq!(paid.status, 201);
    let retry = send(vec![keyed(&one, "a"), keyed(&two, "b")]).await.ok();
    assert!(retry["results"].as_array().unwrap().iter().all(|result| result["replayed"] == true));
    send(vec![keyed(&one, "a"), keyed(&two, "c")]).await.problem("approval_used");
    assert_eq!(scene.bank.posted(scene.from).await, "97.00");
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn an_approval_ends_with_time_and_with_its_pin(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let use_it = |approval: &str, key: &str| scene.transfer(key).header("transaction-approval", approval);
    let old = scene.approved().await;
    scene.bank.operator.delete(&format!("/v1/users/{}/pin", scene.alice.id)).send().await;
    use_it(&old, "old").send().await.problem("approval_invalid");
    // As the server gives it, three minutes ago.
    scene.bank.give_pin(scene.alice.id).await;
    let three_minutes_ago = Timestamp(clock::now().0 - 3 * MINUTE);
    let movement = florin_ledger::Movement::Transfer {
        from: florin_ledger::WalletId(scene.from),
        to: florin_ledger::WalletId(scene.to),
        amount: florin_ledger::Decimal::parse("1.00").unwrap(),
    };
    let late = scene.bank.grant(scene.alice.id, &movement, three_minutes_ago).await;
    use_it(&late, "late").send().await.problem("approval_expired");
    assert_eq!(scene.bank.posted(scene.from).await, "100.00");
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn of_many_who_use_one_approval_at_once_one_pays(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let approval = scene.approved().await;
    let attempts: Vec<_> = (0..16)
        .map(|attempt| {
            let call =
                scene.transfer(&format!("attempt-{attempt}")).header("transaction-approval", &approval);
            tokio::spawn(call.send())
        })
        .collect();
    let mut paid = 0;
    for attempt in attempts {
        let answer = attempt.await.unwrap();
        if answer.status == 201 {
            paid += 1;
        } else {
            answer.problem("approval_used");
        }
    }
    assert_eq!((paid, scene.bank.posted(scene.from).await.as_str()), (1, "99.00"));
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn a_right_pin_is_right_however_many_come_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let attempts: Vec<_> = (0..32)
        .map(|attempt| {
            let call = scene.transfer(&format!("attempt-{attempt}")).header("transaction-pin", PIN);
            tokio::spawn(call.send())
        })
        .collect();
    for attempt in attempts {
        assert_eq!(attempt.await.unwrap().status, 201);
    }
    assert_eq!(scene.bank.posted(scene.from).await, "68.00");
    scene.bank.close().await;
}

#[rstest]
#[tokio::test]
async fn of_many_wrong_pins_at_once_five_are_looked_at(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::set(engine).await;
    let attempts: Vec<_> = (0..64)
        .map(|attempt| {
            let call = scene.transfer("guess").header("transaction-pin", &format!("{:04}", 5000 + attempt));
            tokio::spawn(call.send())
        })
        .collect();
    let mut wrong = 0;
    for attempt in attempts {
        let answer = attempt.await.unwrap();
        match answer.status {
            403 => {
                wrong += 1;
                answer.problem("pin_wrong");
            }
            // The fifth says so already.
            423 => drop(answer.problem("pin_locked")),
            503 => drop(answer.problem("overloaded")),
            status => panic!("{status}"),
        }
    }
    let told = scene.told().await;
    let looked_at = told.iter().filter(|action| *action == "pin.wrong").count();
    assert_eq!((wrong, looked_at), (4, 5), "{told:?}");
    scene.bank.close().await;
}

/// Under the pepper's version 1 it is stored; a server that has 2 and 1 renews it, and then 1 can go.
#[rstest]
#[tokio::test]
async fn the_pepper_is_rotated_while_people_use_their_pins(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    use crate::bank::PEPPER;
    use florin_server::auth::{Pin, PinError, PinPepper, PinTry, Pins};
    const NEWER: &str = "2:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";

    let scene = Scene::set(engine).await;
    let (store, user) = (&*scene.bank.store, UserId(scene.alice.id));
    let pins = |pepper: &str| Pins::new(PinPepper::parse(&pepper.into()).unwrap());
    let tried = |pin: &str| PinTry {
        ledger: LedgerId::MAIN,
        user,
        pin: Pin::parse(pin.into()).unwrap(),
        origin: Origin::SYSTEM,
    };
    let deadline = || tokio::time::Instant::now() + std::time::Duration::from_mins(1);
    let version = async || store.pin(LedgerId::MAIN, user).await.unwrap().unwrap().pepper_version;
    assert_eq!(version().await, 1);

    let without_the_old = pins(NEWER).check(store, tried(PIN), clock::now(), deadline()).await;
    assert!(matches!(without_the_old, Err(PinError::PepperMissing(1))), "{without_the_old:?}");
    let both = pins(&format!("{NEWER},{PEPPER}"));
    let wrong = both.check(store, tried("9173"), clock::now(), deadline()).await;
    assert!(matches!(wrong, Err(PinError::Wrong { tries_left: 4 })), "{wrong:?}");
    assert_eq!(version().await, 1, "only a right one can be hashed anew");
    both.check(store, tried(PIN), clock::now(), deadline()).await.unwrap();
    assert_eq!(version().await, 2);
    pins(NEWER).check(store, tried(PIN), clock::now(), deadline()).await.unwrap();
    let wrong = pins(NEWER).check(store, tried("9173"), clock::now(), deadline()).await;
    assert!(matches!(wrong, Err(PinError::Wrong { tries_left: 4 })), "{wrong:?}");
    scene.bank.close().await;
}
