//! Who may do what: one row an operation, or more where it matters what is asked for. An operation without a row
//! fails the tests, so whoever adds a route says here who may use it.

use florin_store::Scope;

/// A request, and what becomes of it for whom: `"ok"`, or a problem's code.
pub(super) struct Case {
    /// The `operationId`.
    pub(super) operation: &'static str,
    /// What stands for `{id}` in its path.
    pub(super) id: &'static str,
    /// The query behind its path.
    pub(super) query: &'static str,
    /// Its body. Words in capitals are filled in: [`World::fill`](super::walk::World::fill) knows them.
    pub(super) body: &'static str,
    /// What its body is.
    pub(super) content_type: &'static str,
    /// Who is not signed in.
    pub(super) nobody: &'static str,
    /// The person whose things the request names.
    pub(super) owner: &'static str,
    /// Another person.
    pub(super) stranger: &'static str,
    /// An operator.
    pub(super) operator: &'static str,
    /// Services.
    pub(super) services: Services,
}

/// Which services may.
#[derive(Clone, Copy)]
pub(super) enum Services {
    /// All of them, whatever their scopes: they are told this.
    All(&'static str),
    /// Those with this scope; they are told what an operator is told.
    With(Scope),
    /// None.
    Never,
}

use Services::{All, Never, With};

const OK: &str = "ok";
const NO: &str = "not_permitted";

/// A row of the table.
const fn case(operation: &'static str) -> Case {
    Case {
        operation,
        id: "",
        query: "",
        body: "",
        content_type: "application/json",
        nobody: "authentication_required",
        owner: OK,
        stranger: OK,
        operator: OK,
        services: Never,
    }
}

impl Case {
    const fn at(self, id: &'static str) -> Self {
        Self { id, ..self }
    }

    const fn query(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    const fn body(self, body: &'static str) -> Self {
        Self { body, ..self }
    }

    /// A file with one row.
    const fn csv(self, body: &'static str) -> Self {
        Self { body, content_type: "text/csv", ..self }
    }

    /// Everybody is told the same, signed in or not.
    const fn for_everybody(self, told: &'static str) -> Self {
        Self { nobody: told, owner: told, stranger: told, operator: told, services: All(told), ..self }
    }

    /// Persons may with what is theirs; another person is told this.
    const fn for_owners(self, stranger: &'static str, services: Services) -> Self {
        Self { stranger, services, ..self }
    }

    /// Persons may not at all.
    const fn for_the_house(self, services: Services) -> Self {
        Self { owner: NO, stranger: NO, services, ..self }
    }

    const fn nobody_may(self) -> Self {
        Self { nobody: OK, ..self }
    }

    const fn nobody_is_told(self, nobody: &'static str) -> Self {
        Self { nobody, ..self }
    }

    /// Whoever signed in with a password is told this.
    const fn people_are_told(self, told: &'static str) -> Self {
        Self { owner: told, stranger: told, operator: told, ..self }
    }

    /// Whoever may is told this.
    const fn all_are_told(self, told: &'static str) -> Self {
        Self { owner: told, operator: told, ..self }
    }

    const fn owner_is_told(self, owner: &'static str) -> Self {
        Self { owner, ..self }
    }
}

const READ: Services = With(Scope::Read);
const MOVE: Services = With(Scope::TransactionsWrite);
const WALLETS: Services = With(Scope::WalletsWrite);

pub(super) const CASES: &[Case] = &[
    // For operators and their tools.
    case("livez").for_everybody(OK),
    case("metrics").for_everybody(OK),
    case("readyz").for_everybody(OK),
    case("read_console_config").for_everybody(OK),
    case("read_jwks").for_everybody(OK),
    // People.
    case("create_user").body(r#"{"username": "newNUMBER", "email": "newNUMBER@florin.example", "password": "florin-demo"}"#)
        .nobody_may().for_owners(OK, With(Scope::UsersWrite)),
    case("create_user")
        .body(r#"{"username": "opsNUMBER", "email": "opsNUMBER@florin.example", "password": "florin-demo", "role": "operator"}"#)
        .nobody_is_told(NO).for_the_house(Never),
    case("list_users").for_the_house(READ),
    case("get_user").at("OWNER").for_owners("user_not_found", READ),
    case("get_me").for_owners(OK, All(OK)),
    case("log_in").body(r#"{"username": "nobodyNUMBER", "password": "florin-demo"}"#).for_everybody("credentials_invalid"),
    case("refresh_tokens").body(r#"{"refresh_token": "frt_NUMBER"}"#).for_everybody("refresh_token_invalid"),
    case("log_out").body(r#"{"refresh_token": "frt_NUMBER"}"#).for_everybody(OK),
    case("open_session").body(r#"{"username": "nobodyNUMBER", "password": "florin-demo"}"#)
        .for_everybody("credentials_invalid"),
    case("refresh_session").for_everybody("cross_site_request"),
    case("end_session").for_everybody("cross_site_request"),
    case("set_pin").body(r#"{"password": "not theirs", "pin": "2846"}"#).people_are_told("credentials_invalid"),
    case("step_up").body(r#"{"pin": "2846", "operation": {"type": "spend", "user_id": OWNER, "asset": "USD", "amount": "1"}}"#),
    case("link_external_identity").at("OWNER")
        .body(r#"{"issuer": "https://issuer.example", "subject": "NUMBER"}"#)
        .for_the_house(Never),
    case("read_external_identity").at("OWNER").for_the_house(Never),
    case("unlink_external_identity").at("OWNER").for_the_house(Never),
    // Services.
    case("list_api_keys").for_the_house(Never),
    case("create_api_key").body(r#"{"name": "shop", "scopes": ["read"]}"#).for_the_house(Never),
    case("revoke_api_key").at("API_KEY").for_the_house(Never),
    // Assets.
    case("list_assets").for_owners(OK, READ),
    case("create_asset").body(r#"{"code": "NEWNUMBER", "name": "New", "scale": 2}"#)
        .for_the_house(With(Scope::AssetsWrite)),
    // Wallets.
    case("list_wallets").query("?user_id=OWNER").for_owners("user_not_found", READ),
    case("create_wallet").body(r#"{"asset": "USD", "name": "wallet NUMBER", "user_id": OWNER}"#)
        .for_owners("user_not_found", WALLETS),
    case("read_balances").body(r#"{"wallet_ids": [WALLET]}"#).for_owners("wallet_not_found", READ),
    case("read_wallet").at("WALLET").for_owners("wallet_not_found", READ),
    case("change_wallet").at("WALLET").body(r#"{"status": "active"}"#).for_owners("wallet_not_found", WALLETS)
        .owner_is_told(NO),
    case("change_wallet").at("WALLET").body(r#"{"credit_limit": "0"}"#).for_owners("wallet_not_found", WALLETS)
        .owner_is_told(NO),
    case("change_wallet").at("EMPTY").body(r#"{"status": "closed"}"#).for_owners("wallet_not_found", WALLETS),
    case("list_entries").at("WALLET").for_owners("wallet_not_found", READ),
    case("find_recipient").query("?username=carol&asset=USD").for_owners(OK, READ),
    case("find_recipient").query("?wallet_id=OTHERS").for_owners(OK, READ),
    // Money.
    case("transfer").body(r#"{"from_wallet_id": WALLET, "to_wallet_id": OTHERS, "amount": "0.01"}"#)
        .for_owners("wallet_not_found", MOVE),
    case("withdraw").body(r#"{"wallet_id": WALLET, "amount": "0.01"}"#).for_owners("wallet_not_found", MOVE),
    case("spend").body(r#"{"user_id": OWNER, "asset": "USD", "amount": "0.01"}"#).for_owners("wallet_not_found", MOVE),
    case("deposit").body(r#"{"wallet_id": WALLET, "amount": "0.01"}"#).for_the_house(MOVE),
    case("top_up").body(r#"{"user_id": OWNER, "asset": "USD", "amount": "0.01"}"#).for_the_house(MOVE),
    case("bonus").body(r#"{"user_id": OWNER, "asset": "USD", "amount": "0.01"}"#).for_the_house(MOVE),
    case("reverse").at("RECEIVED").body(r#"{"amount": "0.01"}"#).for_owners("transaction_not_found", MOVE),
    case("bulk")
        .body(r#"{"mode": "atomic", "transactions": [{"type": "transfer", "idempotency_key": "bulk-NUMBER",
            "from_wallet_id": WALLET, "to_wallet_id": OTHERS, "amount": "0.01"}]}"#)
        .for_owners("wallet_not_found", MOVE),
    case("bulk")
        .body(r#"{"mode": "atomic", "transactions": [{"type": "deposit", "idempotency_key": "bulk-NUMBER",
            "wallet_id": WALLET, "amount": "0.01"}]}"#)
        .for_the_house(MOVE),
    // Payouts. They have no rows.
    case("replace_payout_rows").at("PAYOUT").csv("recipient_id,amount\nOTHERS,0.01\n")
        .for_owners("payout_not_found", MOVE),
    case("mend_payout_rows").at("PAYOUT").csv("row,recipient_id,amount\n1,OTHERS,0.01\n")
        .people_are_told("payout_nothing_to_mend").for_owners("payout_not_found", MOVE),
    case("list_payout_rows").at("PAYOUT").for_owners("payout_not_found", READ),
    case("read_payout_errors").at("PAYOUT").for_owners("payout_not_found", READ),
    case("read_payout_results").at("PAYOUT").for_owners("payout_not_found", READ),
    case("create_payout").body(r#"{"source_wallet_id": WALLET}"#).for_owners("wallet_not_found", MOVE),
    case("list_payouts").query("?source_wallet_id=WALLET").for_owners("wallet_not_found", READ),
    case("read_payout").at("PAYOUT").for_owners("payout_not_found", READ),
    case("preflight_payout").at("PAYOUT").all_are_told("payout_empty").for_owners("payout_not_found", READ),
    case("execute_payout").at("PAYOUT").body(r#"{"digest": "DIGEST"}"#).all_are_told("payout_empty")
        .for_owners("payout_not_found", MOVE),
    case("retry_payout").at("PAYOUT").all_are_told("payout_empty").for_owners("payout_not_found", MOVE),
    case("compensate_payout").at("PAYOUT").body(r#"{"filter": {}}"#).all_are_told("payout_state")
        .for_owners("payout_not_found", MOVE),
    case("approve_payout").at("PAYOUT").body(r#"{"digest": "DIGEST"}"#).all_are_told("payout_empty")
        .for_the_house(Never),
    case("pause_payout").at("PAYOUT").all_are_told("payout_state").for_owners("payout_not_found", MOVE),
    case("resume_payout").at("PAYOUT").all_are_told("payout_state").for_owners("payout_not_found", MOVE),
    case("cancel_payout").at("CANCELLED").for_owners("payout_not_found", MOVE),
    case("watch_payout").at("CANCELLED").for_owners("payout_not_found", READ),
    // What was moved, and proof.
    case("list_transactions").query("?user_id=OWNER").for_owners("user_not_found", READ),
    case("read_transaction").at("RECEIVED").for_owners("transaction_not_found", READ),
    case("read_trial_balance").for_the_house(READ),
    case("audit").for_the_house(READ),
    case("read_last_audit").for_the_house(READ),
    case("list_audit_log").for_the_house(Never),
    // Last: it takes alice's PIN away.
    case("reset_pin").at("OWNER").for_the_house(Never),
];
