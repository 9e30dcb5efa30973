//! What every engine must do. Each call of a case goes to the engine and to the model, and the answers must be
//! equal; at the end both must hold the same, before and after a restart, and the audit must find nothing.

mod audit_log;
mod commits;
mod creations;
mod external;
mod extremes;
mod histories;
mod isolation;
mod pins;
mod reversals;
pub(crate) mod scene;
mod sessions;
pub(crate) mod snapshot;
mod transactions;
pub(crate) mod twins;
mod wallets;

/// Makes a test of every case on every engine. A case that is not listed is dead code, which does not pass
/// `make check`.
macro_rules! on_every_engine {
    ($($module:ident: $($case:ident),+ $(,)?;)+) => {
        on_engine!(model, OnModel, $($module: $($case),+;)+);
        on_engine!(sqlite, OnSqlite, $($module: $($case),+;)+);
        on_engine!(postgres, OnPostgres, $($module: $($case),+;)+);
    };
}

macro_rules! on_engine {
    ($engine:ident, $start:ident, $($module:ident: $($case:ident),+;)+) => {
        mod $engine { $(
            mod $module { $(
                #[tokio::test]
                async fn $case() {
                    let mut scene =
                        crate::conformance::scene::Scene::new(crate::engines::$start::start().await);
                    crate::conformance::$module::$case(&mut scene).await;
                    scene.ends().await;
                }
            )+ }
        )+ }
    };
}

on_every_engine!(
    commits:
        every_type_of_movement,
        a_replay_has_the_first_outcome_also_after_a_restart,
        one_key_in_many_batches_runs_once,
        a_key_with_another_body_is_refused,
        keys_are_each_caller_s_own,
        a_failure_sticks_to_its_key,
        rejections_leave_no_trace,
        an_atomic_group_happens_whole_and_replays,
        a_refused_atomic_group_leaves_no_trace,
        groups_of_a_batch_see_each_other,
        of_two_on_one_version_one_wins,
        nothing_to_do,
        a_thousand_commands_at_once,
        clocks_that_go_back,
        statuses_stop_money;
    reversals:
        whole_and_in_parts,
        never_above_what_is_left,
        who_may_and_of_what,
        in_one_batch_after_another,
        a_refused_group_takes_no_place,
        a_failed_one_takes_no_place;
    creations:
        an_asset_brings_its_four_wallets,
        users_have_names_and_addresses_of_their_own,
        wallets_are_refused_in_order,
        a_closed_wallet_s_name_is_free_again,
        replays_answer_what_was_created_then,
        a_key_creates_one_thing,
        refusals_leave_no_gap_and_bind_no_key,
        api_keys,
        what_cannot_be_stored_is_an_error,
        an_unknown_ledger_is_an_error,
        text_of_all_kinds;
    wallets:
        pages_and_filters,
        many_balances,
        settings_change_as_the_ledger_says,
        credit_is_used_and_taken_back,
        a_new_main_wallet_takes_over;
    histories:
        page_by_page,
        by_direction_type_and_time,
        far_times,
        of_nobody;
    transactions:
        by_wallet_and_user,
        by_type_status_asset_and_time,
        failures_are_the_payer_s_alone,
        page_by_page,
        one_by_one;
    isolation:
        ledgers_share_nothing,
        long_histories_are_apart,
        one_key_in_two_ledgers,
        what_is_another_ledger_s_is_not_there;
    sessions:
        a_token_is_exchanged_once,
        an_exchange_whose_answer_was_lost_is_repeated,
        an_exchange_is_repeated_for_its_successor_alone_and_for_ten_seconds,
        reuse_revokes_the_family,
        expiry_and_revocation,
        families_are_apart,
        what_cannot_be_stored_is_an_error;
    external:
        a_user_has_one_and_it_is_nobody_elses,
        what_changes_nothing_is_not_in_the_log;
    audit_log:
        what_changes_people_keys_and_wallets_writes_a_line,
        what_changes_nothing_writes_none,
        sessions_write_their_lines,
        lines_are_kept_as_they_were_given,
        pages_and_filters;
    pins:
        a_pin_is_set_changed_and_reset,
        tries_are_reserved_and_settled,
        wrong_ones_lock_it_for_longer_each_time,
        what_a_server_left_behind_counts,
        a_new_pin_voids_what_is_under_way,
        a_right_one_is_renewed,
        an_approval_is_good_for_one_key,
        approvals_end_with_their_pin_and_with_time,
        of_nobody;
    extremes:
        the_largest_amount_moves_and_comes_back,
        no_balance_goes_beyond_38_digits,
        around_64_bits,
        eighteen_decimals,
        failures_of_38_digits,
        sums_beyond_38_digits;
);
