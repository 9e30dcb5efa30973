CREATE TABLE assets (
    ledger_id   INTEGER NOT NULL REFERENCES ledgers,
    code        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    scale       INTEGER NOT NULL CHECK (scale BETWEEN 0 AND 18),
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (ledger_id, code)
) STRICT, WITHOUT ROWID;

-- Amounts count the asset's smallest unit. They are INTEGER while they fit in 64 bits, and beyond that a
-- blob of 16 bytes: the 128-bit number, big-endian, with its sign bit flipped. So blobs sort as their
-- numbers do, and above every INTEGER; the few conditions here need no more, because what they compare is
-- never below -(10^18).
CREATE TABLE wallets (
    ledger_id      INTEGER NOT NULL,
    wallet_id      INTEGER NOT NULL CHECK (wallet_id > 0),
    user_id        INTEGER,
    system_role    TEXT CHECK (system_role IN ('treasury', 'bonus', 'revenue', 'world')),
    asset          TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    status         TEXT    NOT NULL CHECK (status IN ('active', 'frozen', 'closed')),
    posted         ANY     NOT NULL,
    credit_limit   INTEGER NOT NULL CHECK (credit_limit BETWEEN 0 AND 999999999999999999),
    version        INTEGER NOT NULL CHECK (version >= 0),
    last_entry     INTEGER, -- where its newest entry is: entries.seq
    last_entry_at  INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    PRIMARY KEY (ledger_id, wallet_id),
    FOREIGN KEY (ledger_id, asset) REFERENCES assets (ledger_id, code),
    FOREIGN KEY (ledger_id, user_id) REFERENCES users (ledger_id, user_id),
    CONSTRAINT wallets_posted_is_an_amount
        CHECK (typeof(posted) = 'integer' OR (typeof(posted) = 'blob' AND length(posted) = 16)),
    CONSTRAINT wallets_one_owner CHECK ((user_id IS NULL) <> (system_role IS NULL)),
    CONSTRAINT wallets_not_below_floor CHECK (
        system_role IS NOT NULL
        OR (typeof(posted) = 'integer' AND posted >= -credit_limit)
        OR (typeof(posted) = 'blob' AND posted > x'80000000000000000000000000000000')
    ),
    CONSTRAINT wallets_closed_empty CHECK (status <> 'closed' OR posted = 0),
    CONSTRAINT wallets_know_their_last_entry CHECK ((version = 0) = (last_entry IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX wallets_system_unique ON wallets (ledger_id, asset, system_role)
    WHERE system_role IS NOT NULL;
CREATE UNIQUE INDEX wallets_name_unique ON wallets (ledger_id, user_id, asset, name)
    WHERE user_id IS NOT NULL AND status <> 'closed';
CREATE INDEX wallets_by_user ON wallets (ledger_id, user_id, wallet_id) WHERE user_id IS NOT NULL;
CREATE INDEX wallets_by_asset ON wallets (ledger_id, asset, wallet_id);

-- A new wallet's id is one above the highest, so a deleted one's would be given again.
CREATE TRIGGER wallets_never_deleted BEFORE DELETE ON wallets
BEGIN SELECT RAISE(ABORT, 'wallets are never deleted'); END;
