-- Transactions and entries are appended in the order of their `seq`, which is a place in the file and never
-- a key: what comes from outside is looked up by a key that begins with the ledger. Random inserts into a
-- tree are what SQLite is slow at; the hash of the idempotency key is the only one left.
CREATE TABLE transactions (
    seq                INTEGER PRIMARY KEY,
    ledger_id          INTEGER NOT NULL,
    transaction_id     BLOB    NOT NULL CHECK (length(transaction_id) = 16),
    type               TEXT    NOT NULL,
    status             TEXT    NOT NULL CHECK (status IN ('COMPLETED', 'FAILED')),
    asset              TEXT    NOT NULL,
    amount             ANY     NOT NULL,
    from_wallet_id     INTEGER NOT NULL,
    to_wallet_id       INTEGER NOT NULL,
    debit_entry        INTEGER, -- where its debit is: entries.seq; its credit is the next one
    user_id            INTEGER,
    api_key_id         INTEGER,
    idempotency_key    TEXT    NOT NULL,
    key_hash           BLOB    NOT NULL CHECK (length(key_hash) = 16),
    fingerprint        BLOB    NOT NULL,
    reference          TEXT,
    metadata           TEXT,
    reverses           BLOB,
    failure            TEXT,
    failure_available  ANY,
    failure_needed     ANY,
    created_at         INTEGER NOT NULL,
    CONSTRAINT transactions_id_unique UNIQUE (ledger_id, transaction_id),
    CONSTRAINT transactions_key_unique UNIQUE (ledger_id, key_hash),
    CONSTRAINT transactions_amount_above_zero CHECK (
        (typeof(amount) = 'integer' AND amount > 0)
        OR (typeof(amount) = 'blob' AND length(amount) = 16 AND amount > x'80000000000000000000000000000000')
    ),
    CONSTRAINT transactions_two_wallets CHECK (from_wallet_id <> to_wallet_id),
    CONSTRAINT transactions_one_principal CHECK ((user_id IS NULL) <> (api_key_id IS NULL)),
    CONSTRAINT transactions_settled CHECK (
        CASE status
            WHEN 'COMPLETED' THEN debit_entry IS NOT NULL AND failure IS NULL
            ELSE debit_entry IS NULL AND failure IS NOT NULL
        END
    )
) STRICT;

-- A failed transaction has no entries, so no wallet's history leads to it.
CREATE INDEX transactions_failed ON transactions (ledger_id, from_wallet_id, transaction_id)
    WHERE status = 'FAILED';

-- A wallet's history is a chain: from wallets.last_entry along `previous`, newest first.
CREATE TABLE entries (
    seq              INTEGER PRIMARY KEY,
    ledger_id        INTEGER NOT NULL,
    wallet_id        INTEGER NOT NULL,
    version          INTEGER NOT NULL CHECK (version > 0),
    previous         INTEGER, -- where the wallet's entry before this one is: entries.seq
    transaction_seq  INTEGER NOT NULL,
    direction        TEXT    NOT NULL CHECK (direction IN ('DEBIT', 'CREDIT')),
    amount           ANY     NOT NULL,
    balance_after    ANY     NOT NULL,
    CONSTRAINT entries_chained CHECK ((version = 1) = (previous IS NULL)),
    CONSTRAINT entries_in_order CHECK (previous < seq)
) STRICT;

-- Every 64th entry, to jump into a long history without walking to the place and without an index on all.
CREATE UNIQUE INDEX entries_jump ON entries (ledger_id, wallet_id, version) WHERE version % 64 = 0;

-- The order of a transaction's reversals: no two in one place, and never more than the original.
CREATE TABLE reversals (
    ledger_id        INTEGER NOT NULL,
    original_id      BLOB    NOT NULL CHECK (length(original_id) = 16),
    sequence         INTEGER NOT NULL CHECK (sequence > 0),
    reversal_id      BLOB    NOT NULL CHECK (length(reversal_id) = 16),
    reversed_total   ANY     NOT NULL,
    original_amount  ANY     NOT NULL,
    PRIMARY KEY (ledger_id, original_id, sequence),
    CONSTRAINT reversals_within_original CHECK (reversed_total <= original_amount)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER transactions_never_updated BEFORE UPDATE ON transactions
BEGIN SELECT RAISE(ABORT, 'transactions is append-only'); END;
CREATE TRIGGER transactions_never_deleted BEFORE DELETE ON transactions
BEGIN SELECT RAISE(ABORT, 'transactions is append-only'); END;
CREATE TRIGGER entries_never_updated BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries is append-only'); END;
CREATE TRIGGER entries_never_deleted BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries is append-only'); END;
CREATE TRIGGER reversals_never_updated BEFORE UPDATE ON reversals
BEGIN SELECT RAISE(ABORT, 'reversals is append-only'); END;
CREATE TRIGGER reversals_never_deleted BEFORE DELETE ON reversals
BEGIN SELECT RAISE(ABORT, 'reversals is append-only'); END;
