//! Schema steps, on both engines: up, down, interrupted, at once, and in the wrong hands.

mod create;
mod engine;

use crate::postgres_server::TestDatabase;
use engine::{Engine, OnPostgres, OnSqlite};
use florin_store::StoreError;
use florin_store::migrate::{self, StepState};

/// Runs a case on both engines, each on an empty database.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => { $(
        mod $case {
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                let folder = tempfile::tempdir().unwrap();
                super::$case(&mut OnSqlite::open(folder.path()), &mut OnSqlite::open(folder.path())).await;
            }

            #[tokio::test]
            async fn postgres() {
                let database = TestDatabase::create().await;
                let (mut one, mut two) = (OnPostgres::open(&database).await, OnPostgres::open(&database).await);
                super::$case(&mut one, &mut two).await;
                drop((one, two));
                database.drop_it().await;
            }
        }
    )+ };
}

on_both!(
    all_steps_go_up_and_down_and_up_again,
    two_at_once_share_the_work,
    an_edited_step_stops_everything,
    a_newer_schema_is_left_alone,
    a_failed_step_leaves_nothing_and_can_be_run_again,
    a_missing_step_in_between_is_applied,
);

#[test]
fn both_engines_have_the_same_steps() {
    let names = |steps: &[migrate::Step]| steps.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(migrate::SQLITE), names(migrate::POSTGRES));
    assert!(!migrate::SQLITE.is_empty());
}

#[test]
fn line_ends_do_not_change_a_checksum() {
    let step = migrate::Step { number: 1, name: "a", up: "SELECT 1;\nSELECT 2;\n", down: "" };
    let windows = migrate::Step { up: "SELECT 1;\r\nSELECT 2;\r\n", ..step };
    let other = migrate::Step { up: "SELECT 1;\nSELECT 3;\n", ..step };
    assert_eq!(step.checksum(), windows.checksum());
    assert_ne!(step.checksum(), other.checksum());
}

async fn all_steps_go_up_and_down_and_up_again(engine: &mut impl Engine, _: &mut impl Engine) {
    let steps = engine.steps();
    let empty = engine.tables().await;
    assert!(engine.status().await.iter().all(|line| line.state == StepState::Pending));
    assert!(says(engine.check(steps).await, "run `florin migrate up`"));

    let applied = engine.up(steps).await.unwrap();
    assert_eq!(applied.len(), steps.len());
    assert!(engine.status().await.iter().all(|line| line.state == StepState::Applied));
    assert!(engine.status().await.iter().all(|line| line.applied_at == Some(engine::NOW)));
    engine.check(steps).await.unwrap();
    assert_eq!(engine.up(steps).await.unwrap(), [], "a second run has nothing to do");
    let full = engine.tables().await;

    for step in steps.iter().rev() {
        assert_eq!(engine.down(steps).await.unwrap(), Some(*step));
    }
    assert_eq!(engine.down(steps).await.unwrap(), None);
    assert_eq!(engine.tables().await, empty, "what goes up comes down");

    engine.up(steps).await.unwrap();
    assert_eq!(engine.tables().await, full);
}

async fn two_at_once_share_the_work(one: &mut impl Engine, two: &mut impl Engine) {
    let steps = one.steps();
    let (first, second) = tokio::join!(one.up(steps), two.up(steps));
    let mut applied = [first.unwrap(), second.unwrap()].concat();
    applied.sort_by_key(|step| step.number);
    assert_eq!(applied, steps, "each step was applied once");
    one.check(steps).await.unwrap();

    let (first, second) = tokio::join!(one.down(steps), two.down(steps));
    let mut taken_back = [first.unwrap(), second.unwrap()].map(Option::unwrap);
    taken_back.sort_by_key(|step| step.number);
    assert_eq!(taken_back, steps[steps.len() - 2..]);
}

async fn an_edited_step_stops_everything(engine: &mut impl Engine, _: &mut impl Engine) {
    let steps = engine.steps();
    engine.up(&steps[..2]).await.unwrap();
    engine.execute("UPDATE florin_migrations SET checksum = 'other' WHERE number = 2").await;

    assert_eq!(engine.status().await[1].state, StepState::Changed);
    for refused in
        [engine.check(steps).await, engine.up(steps).await.map(drop), engine.down(steps).await.map(drop)]
    {
        assert!(says(refused, "was changed after it was applied"));
    }
    assert_eq!(engine.status().await[2].state, StepState::Pending, "nothing was applied on top");
}

async fn a_newer_schema_is_left_alone(engine: &mut impl Engine, _: &mut impl Engine) {
    let steps = engine.steps();
    engine.up(steps).await.unwrap();
    let older = &steps[..steps.len() - 1];
    for refused in
        [engine.check(older).await, engine.up(older).await.map(drop), engine.down(older).await.map(drop)]
    {
        assert!(says(refused, "the schema is newer"));
    }
    engine.check(steps).await.unwrap();
}

/// On an engine that keeps half of a broken step, the second run meets what the first one made.
async fn a_failed_step_leaves_nothing_and_can_be_run_again(engine: &mut impl Engine, _: &mut impl Engine) {
    let steps = engine.steps();
    let mut broken = steps.to_vec();
    let last = broken.last_mut().unwrap();
    let half_done: &'static str = format!("{}; SELECT nothing FROM nowhere;", last.up).leak();
    last.up = half_done;

    engine.up(&steps[..steps.len() - 1]).await.unwrap();
    let before = engine.tables().await;
    assert!(says(engine.up(&broken).await, "failed"));
    assert_eq!(engine.tables().await, before);
    let lines = engine.status().await;
    assert_eq!(lines.last().unwrap().state, StepState::Pending);

    engine.keep_half_of(half_done).await;
    assert_eq!(engine.up(steps).await.unwrap().len(), 1);
    engine.check(steps).await.unwrap();
}

/// Two branches each brought a step, and the one with the higher number was released first.
async fn a_missing_step_in_between_is_applied(engine: &mut impl Engine, _: &mut impl Engine) {
    let table = |number, name, up, down| migrate::Step { number, name, up, down };
    let one = table(1, "one", "CREATE TABLE one (n bigint)", "DROP TABLE one");
    let two = table(2, "two", "CREATE TABLE two (n bigint)", "DROP TABLE two");
    let three = table(3, "three", "CREATE TABLE three (n bigint)", "DROP TABLE three");
    engine.up(&[one, three]).await.unwrap();
    assert_eq!(engine.up(&[one, two, three]).await.unwrap(), [two]);
    assert_eq!(engine.down(&[one, two, three]).await.unwrap(), Some(three));
}

fn says<T: std::fmt::Debug>(result: Result<T, StoreError>, text: &str) -> bool {
    match result {
        Err(StoreError::Unsuitable(problem)) if problem.contains(text) => true,
        other => panic!("expected an error that says {text:?}, got {other:?}"),
    }
}
