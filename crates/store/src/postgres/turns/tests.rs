//! What the batch behind reckons with. The database's versions and keys would turn away a wrong guess, at the price
//! of an attempt, so that no result shows it: only these tests do.

use super::*;
use florin_ledger::{
    Amount, Asset, AssetCode, Caller, Clock, Command, Decimal, Fingerprint, Group, IdempotencyKey, Movement,
    Owner, Principal, Scale, Timestamp, TransactionId, UserId, Version, Wallet, WalletId, WalletStatus,
    decide_batch,
};

const LEDGER: LedgerId = LedgerId::MAIN;
const ALICE: UserId = UserId(1);
const FROM: WalletId = WalletId(5);
const TO: WalletId = WalletId(6);
const EARLY: Timestamp = Timestamp(1_800_000_000_000_000);

/// Two wallets of alice's: 10.00, and nothing.
fn read() -> State {
    let code = AssetCode::parse("USD").unwrap();
    let mut state = State::default();
    state.assets.insert(code, Asset { code, scale: Scale::new(2).unwrap() });
    for (id, posted) in [(FROM, 1_000), (TO, 0)] {
        let wallet = Wallet {
            id,
            owner: Owner::User(ALICE),
            asset: code,
            status: WalletStatus::Active,
            posted: Amount::from_units(posted).unwrap(),
            credit_limit: Amount::ZERO,
            version: Version(7),
            last_entry_at: EARLY,
        };
        state.insert_wallet(wallet, false);
    }
    state
}

fn transfer() -> Movement {
    Movement::Transfer { from: FROM, to: TO, amount: Decimal::parse("4.00").unwrap() }
}

fn part_of(original: TransactionId) -> Movement {
    Movement::Reversal { of: original, amount: Some(Decimal::parse("1.00").unwrap()) }
}

/// Decides on `state`, and leaves in it what is there afterwards.
fn decides(state: &mut State, key: &str, movement: Movement) -> Arc<Changes> {
    let caller = Caller { principal: Principal::User(ALICE), is_house: true };
    let key = IdempotencyKey::parse(key).unwrap();
    let command = Command::new(caller, key, Fingerprint::of("test", b""), movement);
    let groups = [Group::independent(vec![command])];
    let result = decide_batch(state, &groups, &mut Clock::new(EARLY, 1)).unwrap();
    assert!(!result.changes.is_empty(), "{:?}", result.outcomes);
    Arc::new(result.changes)
}

/// Puts `changes` ahead of whoever read `state`.
fn laid_over(changes: &Arc<Changes>, ledger: LedgerId, mut state: State) -> State {
    let mut turn = Turn::default();
    let _verdict = turn.decided(LEDGER, Arc::clone(changes));
    turn.ahead().expect("a batch is ahead").lay_over(ledger, &mut state);
    state
}

#[test]
fn what_was_read_becomes_what_the_batch_ahead_leaves() {
    let mut after = read();
    let changes = decides(&mut after, "first", transfer());
    let guess = laid_over(&changes, LEDGER, read());
    assert_eq!((&guess.wallets, &guess.settled), (&after.wallets, &after.settled));
    assert_eq!(laid_over(&changes, LEDGER, guess.clone()), guess, "it may be committed by now");
    assert_eq!(
        laid_over(&changes, LedgerId(2), read()),
        read(),
        "ledgers have nothing to do with each other"
    );
}

#[test]
fn what_others_wrote_is_left_as_it_was_read() {
    let changes = decides(&mut read(), "first", transfer());
    for version in [Version(8), Version(9)] {
        let mut theirs = read();
        for wallet in theirs.wallets.values_mut() {
            (wallet.posted, wallet.version) = (Amount::from_units(77).unwrap(), version);
        }
        assert_eq!(laid_over(&changes, LEDGER, theirs.clone()).wallets, theirs.wallets);
    }
    let mut theirs = read();
    let twin = decides(&mut theirs, "first", another_transfer());
    let guess = laid_over(&changes, LEDGER, theirs.clone());
    assert_eq!(guess.settled, theirs.settled, "the key is theirs");
    assert_eq!(guess.settled.values().next(), twin.transactions.first());
}

/// Another body under the same key.
fn another_transfer() -> Movement {
    Movement::Transfer { from: FROM, to: TO, amount: Decimal::parse("0.50").unwrap() }
}

#[test]
fn reversals_ahead_count() {
    let mut after = read();
    let paid = decides(&mut after, "paid", transfer()).transactions[0].id;
    let before = after.clone();
    let first = decides(&mut after, "first-part", part_of(paid));
    let once = after.clone();
    let second = decides(&mut after, "second-part", part_of(paid));

    assert_eq!(laid_over(&first, LEDGER, before.clone()).reversed, once.reversed);
    assert_eq!(laid_over(&second, LEDGER, once).reversed, after.reversed);
    assert_eq!(laid_over(&first, LEDGER, after.clone()).reversed, after.reversed, "more is there by now");
    let mut theirs = before.clone();
    let total = Amount::from_units(399).unwrap();
    theirs.reversed.insert(paid, florin_ledger::state::Reversed { total, count: 1 });
    assert_eq!(laid_over(&first, LEDGER, theirs.clone()).reversed, theirs.reversed, "the place is theirs");
    let mut unread = before;
    unread.originals.clear();
    assert!(laid_over(&first, LEDGER, unread).reversed.is_empty(), "nobody asks for it");
}

#[tokio::test]
async fn who_is_behind_waits_for_the_verdict() {
    let changes = decides(&mut read(), "first", transfer());
    let mut turn = Turn::default();
    assert!(turn.ahead().is_none());

    let verdict = turn.decided(LEDGER, Arc::clone(&changes));
    let mut waits = Box::pin(turn.ahead().unwrap().until_committed());
    assert!(futures_util::FutureExt::now_or_never(&mut waits).is_none(), "nobody knows yet");
    verdict.committed();
    assert!(waits.await.is_ok());
    assert!(turn.take_ahead().unwrap().until_committed().await.is_ok(), "that it is committed stays known");
    assert!(turn.take_ahead().is_none() && turn.ahead().is_none(), "nobody reckons with it any more");

    drop(turn.decided(LEDGER, changes));
    assert!(turn.ahead().unwrap().until_committed().await.is_err(), "it was not committed");
}

#[test]
fn who_met_others_takes_care_for_a_while() {
    let turns = Turns::new();
    assert!(turns.is_alone());
    turns.meet_others();
    assert!(!turns.is_alone());
    *turns.others_met_at.lock().unwrap() = Some(Instant::now().checked_sub(CARE).unwrap());
    assert!(turns.is_alone());
}
