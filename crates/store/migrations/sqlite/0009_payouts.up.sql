-- A key can name a payout now, or a run of one.
CREATE TABLE creation_keys_new (
    ledger_id    INTEGER NOT NULL REFERENCES ledgers,
    key_hash     BLOB    NOT NULL CHECK (length(key_hash) = 16),
    fingerprint  BLOB    NOT NULL,
    resource     TEXT    NOT NULL CHECK (resource IN ('user', 'asset', 'wallet', 'api_key', 'payout', 'payout_run')),
    resource_id  ANY     NOT NULL, -- an asset's code, or a number
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (ledger_id, key_hash)
) STRICT, WITHOUT ROWID;

INSERT INTO creation_keys_new SELECT * FROM creation_keys;
DROP TABLE creation_keys;
ALTER TABLE creation_keys_new RENAME TO creation_keys;

-- Batches of transfers from one wallet.
CREATE TABLE payouts (
    ledger_id           INTEGER NOT NULL,
    payout_id           INTEGER NOT NULL,
    source_wallet_id    INTEGER NOT NULL,
    asset               TEXT   NOT NULL,
    name                TEXT,
    creator_user_id     INTEGER,
    creator_api_key_id  INTEGER,
    created_at          INTEGER NOT NULL,
    state               TEXT   NOT NULL CHECK (state IN (
        'PENDING', 'PROCESSING', 'PAUSED', 'COMPLETED', 'PARTIALLY_FAILED', 'FAILED', 'CANCELLED')),
    version             INTEGER NOT NULL CHECK (version > 0), -- counts the changes of this row
    next_revision       INTEGER NOT NULL,
    -- The rows in force.
    revision            INTEGER,
    row_count           INTEGER,
    total               ANY,
    digest              BLOB CHECK (length(digest) = 32),
    -- The last upload, while it is under way or has faults.
    draft_revision      INTEGER,
    draft_rows          INTEGER,
    draft_bad_rows      INTEGER,
    -- Who agrees with which content.
    approved_by         INTEGER,
    approved_digest     BLOB CHECK (length(approved_digest) = 32),
    approved_at         INTEGER,
    -- How it is paid.
    payment             INTEGER, -- which go
    payer_user_id       INTEGER,
    payer_api_key_id    INTEGER,
    payer_is_house      INTEGER,
    paid_rows           INTEGER,
    paid_total          ANY,
    failed_rows         INTEGER,
    payment_started_at  INTEGER,
    payment_ended_at    INTEGER,
    -- How it is reversed.
    compensation             INTEGER, -- which go
    compensator_user_id      INTEGER,
    compensator_api_key_id   INTEGER,
    compensator_is_house     INTEGER,
    compensation_named       INTEGER, -- only rows that were named
    compensation_first_row   INTEGER,
    compensation_last_row    INTEGER,
    compensation_recipient   INTEGER,
    compensation_partial     INTEGER,
    compensation_rows        INTEGER,
    compensated_rows         INTEGER,
    compensated_total        ANY,
    compensation_failed_rows INTEGER,
    compensation_started_at  INTEGER,
    compensation_ended_at    INTEGER,
    reversed_total      ANY NOT NULL DEFAULT 0,
    -- Who runs it: a lease, and how often one was given.
    fence               INTEGER NOT NULL CHECK (fence >= 0),
    lease_until         INTEGER,
    PRIMARY KEY (ledger_id, payout_id),
    FOREIGN KEY (ledger_id, source_wallet_id) REFERENCES wallets (ledger_id, wallet_id),
    CONSTRAINT payouts_one_creator CHECK ((creator_user_id IS NULL) <> (creator_api_key_id IS NULL)),
    CONSTRAINT payouts_content_whole CHECK ((revision IS NULL) + (row_count IS NULL) + (total IS NULL) + (digest IS NULL) IN (0, 4)),
    CONSTRAINT payouts_pending CHECK (state IN ('PENDING', 'CANCELLED') OR (payment IS NOT NULL AND revision IS NOT NULL)),
    CONSTRAINT payouts_approved_by_another CHECK (approved_by IS NULL OR approved_by IS NOT creator_user_id),
    CONSTRAINT payouts_counts CHECK (paid_rows >= 0 AND failed_rows >= 0 AND paid_rows + failed_rows <= row_count),
    CONSTRAINT payouts_paid_once CHECK (paid_total <= total),
    CONSTRAINT payouts_compensation_counts CHECK (
        compensated_rows >= 0 AND compensation_failed_rows >= 0
        AND compensated_rows + compensation_failed_rows <= compensation_rows
        AND (compensation_ended_at IS NULL OR compensated_rows + compensation_failed_rows = compensation_rows)),
    CONSTRAINT payouts_reversed_once CHECK (reversed_total >= 0 AND reversed_total <= coalesce(paid_total, 0)),
    CONSTRAINT payouts_ended CHECK (CASE state
        WHEN 'COMPLETED' THEN paid_rows = row_count
        WHEN 'PARTIALLY_FAILED' THEN paid_rows + failed_rows = row_count AND paid_rows > 0 AND failed_rows > 0
        WHEN 'FAILED' THEN failed_rows = row_count
        ELSE true END)
) STRICT;

CREATE INDEX payouts_by_source ON payouts (ledger_id, source_wallet_id, digest);
CREATE INDEX payouts_running ON payouts (ledger_id, payout_id)
    WHERE state = 'PROCESSING' OR compensation_ended_at IS NULL AND compensation IS NOT NULL;

-- A payout's rows, of the revision in force and of the draft. A row's state is written with its transaction.
CREATE TABLE payout_rows (
    ledger_id       INTEGER NOT NULL,
    payout_id       INTEGER NOT NULL,
    revision        INTEGER NOT NULL,
    row_number      INTEGER NOT NULL CHECK (row_number > 0),
    line            INTEGER NOT NULL,
    recipient       TEXT   NOT NULL, -- as the file says
    wallet_id       INTEGER,
    amount          ANY CHECK (amount > 0),
    reference       TEXT,
    memo            TEXT,
    bad_amount      TEXT, -- as the file says, in a row that something is wrong with
    fault           TEXT, -- what
    state           TEXT   NOT NULL CHECK (state IN ('INVALID', 'PENDING', 'PAID', 'FAILED')),
    payment         INTEGER NOT NULL DEFAULT 0, -- the go that decided it last
    transaction_id  BLOB CHECK (length(transaction_id) = 16),
    failure         TEXT,
    settled_at      INTEGER,
    compensation_named       INTEGER, -- the last compensation that named it
    compensation             INTEGER NOT NULL DEFAULT 0, -- the go that decided it last
    compensation_state       TEXT CHECK (compensation_state IN ('REVERSED', 'PARTIALLY_REVERSED', 'FAILED')),
    reversed                 ANY NOT NULL DEFAULT 0,
    compensation_transaction_id BLOB CHECK (length(compensation_transaction_id) = 16),
    compensation_failure     TEXT,
    compensated_at           INTEGER,
    PRIMARY KEY (ledger_id, payout_id, revision, row_number),
    CONSTRAINT payout_rows_good_or_bad CHECK (CASE state
        WHEN 'INVALID' THEN fault IS NOT NULL AND bad_amount IS NOT NULL
        ELSE fault IS NULL AND wallet_id IS NOT NULL AND amount IS NOT NULL END),
    CONSTRAINT payout_rows_settled CHECK (CASE state
        WHEN 'PAID' THEN payment > 0 AND transaction_id IS NOT NULL AND failure IS NULL AND settled_at IS NOT NULL
        WHEN 'FAILED' THEN payment > 0 AND failure IS NOT NULL AND settled_at IS NOT NULL
        ELSE payment = 0 AND transaction_id IS NULL AND failure IS NULL AND settled_at IS NULL END),
    CONSTRAINT payout_rows_reversed CHECK (
        (state = 'PAID' OR compensation = 0) AND reversed >= 0 AND (amount IS NULL OR reversed <= amount)
        AND (compensation > 0) = (compensation_state IS NOT NULL))
) STRICT, WITHOUT ROWID;
