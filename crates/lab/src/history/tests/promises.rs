//! Planted: what each check of a promise must find, and the same history mended.

use super::script::{people, transfer};
use crate::history::{Anomaly, Answer, Balance, Figure, Question, figure::decimal};

fn refused(code: &str) -> Answer {
    Answer::Refused { code: code.to_owned(), stands: true }
}

#[test]
fn a_snapshot_with_another_total_than_the_movements_make() {
    let of = |second| {
        people(&[(1, 100), (2, 0)])
            .done(0..10, (1, 2, 30), "a", &[(1, -30, 70, 1), (2, 30, 30, 1)])
            .read(5..20, &[(1, 70, Some(1)), (2, second, Some(1))])
    };
    of(30).shows_nothing();
    of(0).shows(Anomaly::WrongTotal, &[1]);
}

#[test]
fn an_open_movement_may_be_in_a_total_or_not() {
    let deposit = || {
        let mut script = people(&[(1, 100), (2, 0)]).ask(0..10, transfer(9, 1, 50, "a"), Answer::Unclear);
        script.0.operations[0].returned = None;
        script
    };
    deposit().read(20..30, &[(1, 100, None), (2, 0, None)]).shows_nothing();
    deposit().read(20..30, &[(1, 150, None), (2, 0, None)]).shows_nothing();
    deposit().read(20..30, &[(1, 151, None), (2, 0, None)]).shows(Anomaly::WrongTotal, &[1]);
}

#[test]
fn an_acknowledged_write_that_is_not_in_the_balance() {
    let of = |balance| {
        people(&[(1, 100), (2, 0)]).done(0..10, (1, 2, 30), "a", &[]).read(20..30, &[(1, balance, None)])
    };
    of(70).shows_nothing();
    of(100).shows(Anomaly::LostWrite, &[0, 1]);
}

#[test]
fn an_acknowledged_write_that_is_in_no_list() {
    let of = |lines: &[(&str, i64, i64)]| {
        people(&[(1, 100), (2, 0)]).done(0..10, (1, 2, 30), "a", &[]).list(20..30, 1, lines)
    };
    of(&[("a", -30, 70)]).shows_nothing();
    of(&[]).shows(Anomaly::LostWrite, &[0, 1]);
}

#[test]
fn half_a_transaction_whose_answer_was_lost() {
    let of = |lines: &[(&str, i64, i64)]| {
        people(&[(1, 100), (2, 0)])
            .ask(0..10, transfer(1, 2, 30, "a"), Answer::Unclear)
            .list(20..30, 1, &[("a", -30, 70)])
            .list(40..50, 2, lines)
    };
    of(&[("a", 30, 30)]).shows_nothing();
    of(&[]).shows(Anomaly::HalfThere, &[0, 2]);
}

#[test]
fn a_gap_in_the_versions() {
    let of = |version| {
        people(&[(1, 100), (2, 0)]).done(0..10, (1, 2, 30), "a", &[(1, -30, 70, 1), (2, 30, 30, version)])
    };
    of(1).shows_nothing();
    of(2).shows(Anomaly::VersionGap, &[0]);
}

#[test]
fn one_version_told_of_twice() {
    let of = |version, before: i64| {
        people(&[(1, 100), (2, 0)]).done(0..10, (1, 2, 30), "a", &[(1, -30, 70, 1), (2, 30, 30, 1)]).done(
            0..10,
            (1, 2, 20),
            "b",
            &[(1, -20, 50, 2), (2, 20, before + 20, version)],
        )
    };
    of(2, 30).shows_nothing();
    of(1, 0).shows(Anomaly::VersionTwice, &[0, 1]);
}

#[test]
fn a_balance_that_does_not_follow_and_entries_that_do_not_balance() {
    let of = |credit, after| {
        people(&[(1, 100), (2, 5)]).done(0..10, (1, 2, 30), "a", &[(1, -30, 70, 1), (2, credit, after, 1)])
    };
    of(30, 35).shows_nothing();
    of(30, 36).shows(Anomaly::WrongBalance, &[0]);
    of(29, 34).shows(Anomaly::Unbalanced, &[0]);
}

#[test]
fn an_order_that_time_forbids() {
    let of = |second: u64| {
        people(&[(1, 100), (2, 0)])
            .done(second..second + 10, (1, 2, 30), "a", &[(1, -30, 70, 1), (2, 30, 30, 1)])
            .done(5..15, (1, 2, 20), "b", &[(1, -20, 50, 2), (2, 20, 50, 2)])
    };
    of(0).shows_nothing();
    of(20).shows(Anomaly::OutOfOrder, &[0, 1]);
}

#[test]
fn a_read_that_is_late_and_one_that_is_early() {
    let of = |at: u64, balance, version| {
        people(&[(1, 100), (2, 0)])
            .done(20..30, (1, 2, 30), "a", &[(1, -30, 70, 1), (2, 30, 30, 1)])
            .read(at..at + 5, &[(1, balance, Some(version))])
    };
    of(40, 70, 1).shows_nothing();
    of(0, 100, 0).shows_nothing();
    of(40, 100, 0).shows(Anomaly::StaleRead, &[0, 1]);
    of(0, 70, 1).shows(Anomaly::EarlyRead, &[0, 1]);
}

#[test]
fn two_transactions_and_a_changed_answer_of_one_key() {
    let done = |id: &str| Answer::Done { transaction: Some(id.to_owned()), entries: Vec::new() };
    let of = |second| {
        people(&[(1, 100), (2, 0)]).ask(0..10, transfer(1, 2, 30, "k"), done("a")).ask(
            20..30,
            transfer(1, 2, 30, "k"),
            second,
        )
    };
    of(done("a")).shows_nothing();
    of(Answer::Refused { code: "version_conflict".to_owned(), stands: false }).shows_nothing();
    of(done("b")).shows(Anomaly::EffectTwice, &[0, 1]);
    of(refused("insufficient_funds")).shows(Anomaly::AnswerChanged, &[0, 1]);
}

#[test]
fn a_key_for_two_requests() {
    let done = |id: &str| Answer::Done { transaction: Some(id.to_owned()), entries: Vec::new() };
    let of = |second| {
        people(&[(1, 100), (2, 0)]).ask(0..10, transfer(1, 2, 30, "k"), done("a")).ask(
            20..30,
            transfer(1, 2, 40, "k"),
            second,
        )
    };
    of(refused("idempotency_key_reused")).shows_nothing();
    of(done("a")).shows(Anomaly::KeyReused, &[0, 1]);
}

#[test]
fn an_effect_that_is_listed_twice() {
    let of = |lines: &[(&str, i64, i64)]| {
        people(&[(1, 100), (2, 0)]).ask(0..10, transfer(1, 2, 30, "a"), Answer::Unclear).list(
            20..30,
            1,
            lines,
        )
    };
    of(&[("a", -30, 70)]).shows_nothing();
    of(&[("a", -30, 70), ("a", -30, 40)]).shows(Anomaly::EffectTwice, &[1]);
}

#[test]
fn a_wallet_that_pays_more_than_it_has() {
    let of = |amount| {
        people(&[(1, 100), (2, 0)]).done(0..10, (1, 2, 60), "a", &[(1, -60, 40, 0)]).done(
            0..10,
            (1, 2, amount),
            "b",
            &[(1, -amount, 40, 0)],
        )
    };
    assert_eq!(of(40).findings().count(Anomaly::Overdraft), 0);
    of(60).shows(Anomaly::Overdraft, &[0, 1]);
    people(&[(1, 100)]).read(0..1, &[(1, -1, None)]).shows(Anomaly::Overdraft, &[0]);
}

#[test]
fn what_a_float_makes_of_money_is_kept_and_shows() {
    let text = "0.30000000000000004";
    let figure = Figure::read(text, 2);
    assert_eq!(figure, Figure::Written(text.to_owned()));
    assert_eq!(figure.value(2).map(decimal).as_deref(), Some(text));
    assert_eq!(Figure::read("12.50", 2), Figure::Minor(1250));
    assert_eq!(Figure::read("1.25e1", 2), Figure::Minor(1250));
    assert_eq!(Figure::read("-0.07", 2), Figure::Minor(-7));
    for wrong in ["NaN", "1e309", "inf", "１０", ""] {
        assert_eq!(Figure::read(wrong, 2).value(2), None, "{wrong}");
    }
    let of = |balance: &str| {
        let balance = Balance { wallet: 1, balance: Figure::read(balance, 2), version: None };
        people(&[(1, 30)]).ask(0..10, Question::Read(vec![1]), Answer::Balances(vec![balance]))
    };
    of("0.3").shows_nothing();
    of(text).shows(Anomaly::LostWrite, &[0]);
    of("NaN").shows(Anomaly::NoNumber, &[0]);
}

#[test]
fn a_history_is_a_json_file() {
    let script = people(&[(1, 100), (2, 0)])
        .done(0..10, (1, 2, 30), "a", &[(1, -30, 70, 1), (2, 30, 30, 1)])
        .ask(5..9, transfer(1, 2, 3, "b"), Answer::Unclear)
        .read(20..30, &[(1, 70, Some(1)), (2, 30, None)])
        .list(20..30, 1, &[("a", -30, 70)]);
    let json = serde_json::to_string(&script.0).unwrap();
    assert_eq!(serde_json::from_str::<crate::history::History>(&json).unwrap(), script.0);
}
