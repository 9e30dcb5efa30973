CREATE TABLE IF NOT EXISTS assets (
    ledger_id  bigint   NOT NULL REFERENCES ledgers,
    code       text     NOT NULL,
    name       text     NOT NULL,
    scale      smallint NOT NULL CHECK (scale BETWEEN 0 AND 18),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (ledger_id, code)
);

-- Room on each page (fillfactor) keeps balance updates there, away from the indexes.
CREATE TABLE IF NOT EXISTS wallets (
    ledger_id     bigint NOT NULL,
    wallet_id     bigint NOT NULL,
    user_id       bigint,
    system_role   text CHECK (system_role IN ('treasury', 'bonus', 'revenue', 'world')),
    asset         text   NOT NULL,
    name          text   NOT NULL,
    status        text   NOT NULL CHECK (status IN ('active', 'frozen', 'closed')),
    posted        numeric(38, 0) NOT NULL,
    credit_limit  numeric(38, 0) NOT NULL CHECK (credit_limit BETWEEN 0 AND 999999999999999999),
    version       bigint NOT NULL CHECK (version >= 0),
    last_entry_at timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (ledger_id, wallet_id),
    FOREIGN KEY (ledger_id, asset) REFERENCES assets (ledger_id, code),
    FOREIGN KEY (ledger_id, user_id) REFERENCES users (ledger_id, user_id),
    CONSTRAINT wallets_one_owner CHECK ((user_id IS NULL) <> (system_role IS NULL)),
    CONSTRAINT wallets_not_below_floor CHECK (system_role IS NOT NULL OR posted + credit_limit >= 0),
    CONSTRAINT wallets_closed_empty CHECK (status <> 'closed' OR posted = 0),
    CONSTRAINT wallets_system_unique UNIQUE (ledger_id, asset, system_role)
) WITH (fillfactor = 50);

CREATE UNIQUE INDEX IF NOT EXISTS wallets_name_unique
    ON wallets (ledger_id, user_id, asset, name) WHERE status <> 'closed';
