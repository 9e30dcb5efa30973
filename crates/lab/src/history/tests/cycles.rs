//! Planted: each kind of cycle, by versions and by balances.

use super::script::{Script, people, transfer};
use crate::history::{Anomaly, Answer, Figure};

/// Two transfers between two wallets, at once; in the second wallet in the order given.
fn opposed(first: i64, second: i64) -> Script {
    people(&[(1, 100), (2, 100)]).done(0..90, (1, 2, 10), "a", &[(1, -10, 90, 1), (2, 10, 0, first)]).done(
        0..90,
        (1, 2, 10),
        "b",
        &[(1, -10, 80, 2), (2, 10, 0, second)],
    )
}

#[test]
fn dirty_write() {
    assert_eq!(opposed(1, 2).findings().count(Anomaly::DirtyWrite), 0);
    opposed(2, 1).shows(Anomaly::DirtyWrite, &[0, 1]);
}

#[test]
fn aborted_read() {
    let of = |answered| {
        people(&[(1, 100), (2, 0)]).ask(0..10, transfer(1, 2, 30, "a"), answered).list(
            20..30,
            1,
            &[("a", -30, 70)],
        )
    };
    of(Answer::Unclear).shows_nothing();
    of(Answer::Refused { code: "no_such_wallet".to_owned(), stands: true })
        .shows(Anomaly::AbortedRead, &[0, 1]);
}

#[test]
fn intermediate_read() {
    let of = |balance, version| {
        people(&[(1, 100), (2, 0), (3, 0)])
            .done(0..90, (1, 2, 30), "a", &[(1, -30, 70, 1), (2, 30, 30, 1)])
            .done(0..90, (1, 3, 30), "b", &[(1, -30, 40, 2), (3, 30, 30, 1)])
            .part_of(0)
            .read(0..90, &[(1, balance, Some(version))])
    };
    of(40, 2).shows_nothing();
    of(100, 0).shows_nothing();
    of(70, 1).shows(Anomaly::IntermediateRead, &[0, 1, 2]);
}

#[test]
fn circular_read() {
    // Each is a read and a transfer in one transaction, and each read what the other wrote.
    let of = |balance, version| {
        people(&[(1, 100), (2, 0), (3, 100), (4, 0)])
            .read(0..90, &[(4, balance, Some(version))])
            .done(0..90, (1, 2, 10), "a", &[(1, -10, 90, 1), (2, 10, 10, 1)])
            .part_of(0)
            .read(0..90, &[(2, 10, Some(1))])
            .done(0..90, (3, 4, 10), "b", &[(3, -10, 90, 1), (4, 10, 10, 1)])
            .part_of(2)
    };
    of(0, 0).shows_nothing();
    of(10, 1).shows(Anomaly::CircularRead, &[0, 2]);
}

#[test]
fn lost_update() {
    // The first read version 0 and wrote version 2; the second wrote version 1 in between.
    let of = |balance, version| {
        people(&[(1, 100), (2, 0), (3, 0)])
            .read(0..90, &[(1, balance, Some(version))])
            .done(0..90, (1, 2, 10), "a", &[(1, -10, 80, 2), (2, 10, 10, 1)])
            .part_of(0)
            .done(0..90, (1, 3, 10), "b", &[(1, -10, 90, 1), (3, 10, 10, 1)])
    };
    of(90, 1).shows_nothing();
    of(100, 0).shows(Anomaly::LostUpdate, &[0, 2]);
}

#[test]
fn read_skew() {
    let of = |balance, version| {
        people(&[(1, 100), (2, 0)])
            .done(0..90, (1, 2, 10), "a", &[(1, -10, 90, 1), (2, 10, 10, 1)])
            .read(0..90, &[(1, balance, Some(version)), (2, 10, Some(1))])
    };
    of(90, 1).shows_nothing();
    of(100, 0).shows(Anomaly::ReadSkew, &[0, 1]);
}

#[test]
fn write_skew() {
    // Two wallets under one limit: each debit was decided on a read of both.
    let of = |balance, version| {
        people(&[(1, 100), (2, 100), (3, 0), (4, 0)])
            .read(0..90, &[(1, 100, Some(0)), (2, 100, Some(0))])
            .done(0..90, (1, 3, 90), "a", &[(1, -90, 10, 1), (3, 90, 90, 1)])
            .part_of(0)
            .read(0..90, &[(1, balance, Some(version)), (2, 100, Some(0))])
            .done(0..90, (2, 4, 90), "b", &[(2, -90, 10, 1), (4, 90, 90, 1)])
            .part_of(2)
    };
    of(10, 1).shows_nothing();
    of(100, 0).shows(Anomaly::WriteSkew, &[0, 2]);
}

#[test]
fn an_order_that_real_time_forbids() {
    // The first reader saw the transfer on one wallet; the second, who began when the first was over, missed it on the other.
    let of = |second: u64| {
        people(&[(1, 100), (2, 0)])
            .done(0..90, (1, 2, 10), "a", &[(1, -10, 90, 1), (2, 10, 10, 1)])
            .read(0..10, &[(2, 10, Some(1))])
            .read(second..95, &[(1, 100, Some(0))])
    };
    of(5).shows_nothing();
    of(15).shows(Anomaly::NotInRealTime, &[0, 1, 2]);
}

#[test]
fn lost_update_by_balances() {
    let of = |after| {
        people(&[(1, 100), (2, 0), (3, 0)]).done(0..90, (1, 2, 10), "a", &[(1, -10, 90, 0)]).done(
            0..90,
            (1, 3, 20),
            "b",
            &[(1, -20, after, 0)],
        )
    };
    of(70).shows_nothing();
    of(80).shows(Anomaly::LostUpdate, &[0, 1]);
}

#[test]
fn a_balance_that_comes_back_is_no_lost_update() {
    people(&[(1, 100), (2, 0)])
        .done(0..10, (1, 2, 50), "a", &[(1, -50, 50, 0), (2, 50, 50, 0)])
        .done(20..30, (2, 1, 50), "b", &[(2, -50, 0, 0), (1, 50, 100, 0)])
        .done(40..50, (1, 2, 50), "c", &[(1, -50, 50, 0), (2, 50, 50, 0)])
        .read(60..70, &[(1, 50, None), (2, 50, None)])
        .shows_nothing();
}

#[test]
fn read_skew_by_balances() {
    let of = |balance| {
        people(&[(1, 100), (2, 0)])
            .done(0..90, (1, 2, 10), "a", &[(1, -10, 90, 0), (2, 10, 10, 0)])
            .read(0..90, &[(1, balance, None), (2, 10, None)])
    };
    of(90).shows_nothing();
    of(100).shows(Anomaly::ReadSkew, &[0, 1]);
}

#[test]
fn balances_of_floats_are_followed_in_spite_of_their_drift() {
    let deposit = |script: Script| {
        let movement = transfer(9, 1, 10_000, "in");
        script.ask(0..1, movement, Answer::Done { transaction: None, entries: Vec::new() })
    };
    let of = |balance: &str| {
        let mut script = deposit(people(&[(1, 0), (2, 0)]))
            .done(10..90, (1, 2, 10), "a", &[(1, -10, 9_990, 0), (2, 10, 10, 0)])
            .read(10..90, &[(1, 9_990, None), (2, 10, None)]);
        let Answer::Balances(balances) = &mut script.0.operations[2].answered else { unreachable!() };
        balances[0].balance = Figure::read(balance, 2);
        script.findings().count(Anomaly::ReadSkew)
    };
    assert_eq!(of("99.900000000000006"), 0);
    assert_eq!(of("100.00000000000001"), 1);
}
