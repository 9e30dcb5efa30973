//! Payouts on every engine: the same scripts, with what each step must bring. After each one the books balance, and
//! what is stored of payouts agrees with them.

mod commits;
mod compensations;
mod constraints;
mod differential;
mod large;
mod leases;
mod races;
mod requests;
pub(crate) mod stage;
mod tampering;
mod uploads;

/// Makes a test of every case on both engines. A case that is not listed is dead code, which does not pass
/// `make check`.
macro_rules! on_both {
    ($($module:ident: $($case:ident),+ $(,)?;)+) => {
        on_engine!(sqlite, OnSqlite, $($module: $($case),+;)+);
        on_engine!(postgres, OnPostgres, $($module: $($case),+;)+);
    };
}

macro_rules! on_engine {
    ($engine:ident, $start:ident, $($module:ident: $($case:ident),+;)+) => {
        mod $engine { $(
            mod $module { $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let stage = crate::payouts::stage::Stage::set(crate::engines::$start::start().await).await;
                    crate::payouts::$module::$case(&stage).await;
                    stage.ends().await;
                }
            )+ }
        )+ }
    };
}

on_both!(
    uploads:
        a_payout_begins_empty_and_its_creation_replays,
        good_rows_come_in_force,
        another_upload_takes_their_place,
        a_bad_upload_stays_a_draft_and_changes_nothing,
        a_draft_is_mended,
        of_two_mendings_one_may,
        a_mending_that_was_given_up_can_begin_again,
        an_upload_that_was_overtaken_can_store_nothing_more,
        rows_are_stored_once_and_swept_when_they_no_longer_count,
        rows_of_all_kinds_come_back_as_they_were,
        what_is_worth_knowing,
        main_wallets_by_name,
        pages_and_filters;
    requests:
        only_what_was_meant_is_executed,
        a_key_executes_once,
        somebody_else_must_agree,
        an_approval_ends_with_its_content,
        a_likely_duplicate_must_be_wanted,
        nothing_changes_once_it_is_executed,
        steering,
        the_audit_log_tells_it_all;
    commits:
        every_row_is_paid_with_its_transaction,
        rows_that_cannot_be_paid_say_why,
        under_another_lease_nothing_happens,
        in_another_run_nothing_happens,
        a_row_is_not_decided_twice_in_a_run,
        a_batch_serves_many_payouts,
        failed_rows_are_tried_again,
        a_run_ends_when_every_row_is_decided,
        stopped_at_any_moment_nothing_is_lost;
    compensations:
        all_of_it,
        chosen_rows,
        rows_that_were_named_in_vain,
        rows_of_a_range_and_a_receiver,
        what_a_receiver_has_left,
        all_or_nothing_where_parts_are_not_allowed,
        what_was_reversed_beside_it,
        once_and_never_twice,
        of_a_payout_that_was_stopped;
    constraints:
        what_must_not_be_is_refused;
    leases:
        one_server_has_it,
        it_ends,
        it_is_taken_anew_by_whoever_has_it,
        steering_takes_it_away,
        others_ledgers_are_not_seen;
    races:
        one_of_many_claims_it,
        two_runners_with_one_lease_each_never_pay_twice,
        one_of_many_executes_it,
        an_upload_and_an_execution;
);
