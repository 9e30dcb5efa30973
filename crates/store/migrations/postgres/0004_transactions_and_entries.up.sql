-- No foreign keys here: they would halve the rate. Wallets are locked and read in the same database
-- transaction, and the audit looks for orphans.
CREATE TABLE IF NOT EXISTS transactions (
    ledger_id         bigint NOT NULL,
    transaction_id    uuid   NOT NULL,
    type              text   NOT NULL,
    status            text   NOT NULL CHECK (status IN ('COMPLETED', 'FAILED')),
    asset             text   NOT NULL,
    amount            numeric(38, 0) NOT NULL CHECK (amount > 0),
    from_wallet_id    bigint NOT NULL,
    from_version      bigint,
    to_wallet_id      bigint NOT NULL,
    to_version        bigint,
    user_id           bigint,
    api_key_id        bigint,
    idempotency_key   text   NOT NULL,
    key_hash          bytea  NOT NULL CHECK (length(key_hash) = 16),
    fingerprint       bytea  NOT NULL,
    reference         text,
    metadata          json,
    reverses          uuid,
    failure           text,
    failure_available numeric(38, 0),
    failure_needed    numeric(38, 0),
    created_at        timestamptz NOT NULL,
    PRIMARY KEY (ledger_id, transaction_id),
    CONSTRAINT transactions_key_unique UNIQUE (ledger_id, key_hash),
    CONSTRAINT transactions_two_wallets CHECK (from_wallet_id <> to_wallet_id),
    CONSTRAINT transactions_one_principal CHECK ((user_id IS NULL) <> (api_key_id IS NULL)),
    CONSTRAINT transactions_settled CHECK (
        CASE status
            WHEN 'COMPLETED' THEN from_version IS NOT NULL AND to_version IS NOT NULL AND failure IS NULL
            ELSE from_version IS NULL AND to_version IS NULL AND failure IS NOT NULL
        END)
);

CREATE INDEX IF NOT EXISTS transactions_failed
    ON transactions (ledger_id, from_wallet_id, transaction_id) WHERE status = 'FAILED';

-- A wallet's entries, numbered by its version: two writers that started from one version cannot both commit.
CREATE TABLE IF NOT EXISTS entries (
    ledger_id      bigint NOT NULL,
    wallet_id      bigint NOT NULL,
    version        bigint NOT NULL CHECK (version > 0),
    transaction_id uuid   NOT NULL,
    direction      text   NOT NULL CHECK (direction IN ('DEBIT', 'CREDIT')),
    amount         numeric(38, 0) NOT NULL CHECK (amount > 0),
    balance_after  numeric(38, 0) NOT NULL,
    PRIMARY KEY (ledger_id, wallet_id, version)
);

-- Every 64th entry, to jump into a long history by time without an index on all of it.
CREATE INDEX IF NOT EXISTS entries_jump
    ON entries (ledger_id, wallet_id, transaction_id) INCLUDE (version) WHERE version % 64 = 0;

-- The order of a transaction's reversals: no two in one place, and never more than the original.
CREATE TABLE IF NOT EXISTS reversals (
    ledger_id       bigint NOT NULL,
    original_id     uuid   NOT NULL,
    sequence        bigint NOT NULL CHECK (sequence > 0),
    reversal_id     uuid   NOT NULL,
    reversed_total  numeric(38, 0) NOT NULL,
    original_amount numeric(38, 0) NOT NULL,
    PRIMARY KEY (ledger_id, original_id, sequence),
    CONSTRAINT reversals_within_original CHECK (reversed_total > 0 AND reversed_total <= original_amount),
    FOREIGN KEY (ledger_id, original_id) REFERENCES transactions (ledger_id, transaction_id),
    FOREIGN KEY (ledger_id, reversal_id) REFERENCES transactions (ledger_id, transaction_id)
);

CREATE OR REPLACE FUNCTION florin_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;
END
$$;

CREATE OR REPLACE TRIGGER transactions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transactions
    FOR EACH STATEMENT EXECUTE FUNCTION florin_refuse_change();
CREATE OR REPLACE TRIGGER entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION florin_refuse_change();
CREATE OR REPLACE TRIGGER reversals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reversals
    FOR EACH STATEMENT EXECUTE FUNCTION florin_refuse_change();
