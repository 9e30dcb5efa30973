ALTER TABLE ledgers ADD COLUMN IF NOT EXISTS next_payout_id bigint NOT NULL DEFAULT 1;

ALTER TABLE creation_keys DROP CONSTRAINT IF EXISTS creation_keys_resource_check;
ALTER TABLE creation_keys ADD CONSTRAINT creation_keys_resource_check
    CHECK (resource IN ('user', 'asset', 'wallet', 'api_key', 'payout', 'payout_run'));

-- Batches of transfers from one wallet. Room on each page keeps the counts' updates there.
CREATE TABLE IF NOT EXISTS payouts (
    ledger_id           bigint NOT NULL,
    payout_id           bigint NOT NULL,
    source_wallet_id    bigint NOT NULL,
    asset               text   NOT NULL,
    name                text,
    creator_user_id     bigint,
    creator_api_key_id  bigint,
    created_at          timestamptz NOT NULL,
    state               text   NOT NULL CHECK (state IN (
        'PENDING', 'PROCESSING', 'PAUSED', 'COMPLETED', 'PARTIALLY_FAILED', 'FAILED', 'CANCELLED')),
    version             bigint NOT NULL CHECK (version > 0), -- counts the changes of this row
    next_revision       bigint NOT NULL,
    -- The rows in force.
    revision            bigint,
    row_count           bigint,
    total               numeric(38, 0),
    digest              bytea CHECK (length(digest) = 32),
    -- The last upload, while it is under way or has faults.
    draft_revision      bigint,
    draft_rows          bigint,
    draft_bad_rows      bigint,
    -- Who agrees with which content.
    approved_by         bigint,
    approved_digest     bytea CHECK (length(approved_digest) = 32),
    approved_at         timestamptz,
    -- How it is paid.
    payment             bigint, -- which go
    payer_user_id       bigint,
    payer_api_key_id    bigint,
    payer_is_house      boolean,
    paid_rows           bigint,
    paid_total          numeric(38, 0),
    failed_rows         bigint,
    payment_started_at  timestamptz,
    payment_ended_at    timestamptz,
    -- How it is reversed.
    compensation             bigint, -- which go
    compensator_user_id      bigint,
    compensator_api_key_id   bigint,
    compensator_is_house     boolean,
    compensation_named       boolean, -- only rows that were named
    compensation_first_row   bigint,
    compensation_last_row    bigint,
    compensation_recipient   bigint,
    compensation_partial     boolean,
    compensation_rows        bigint,
    compensated_rows         bigint,
    compensated_total        numeric(38, 0),
    compensation_failed_rows bigint,
    compensation_started_at  timestamptz,
    compensation_ended_at    timestamptz,
    reversed_total      numeric(38, 0) NOT NULL DEFAULT 0,
    -- Who runs it: a lease, and how often one was given.
    fence               bigint NOT NULL CHECK (fence >= 0),
    lease_until         timestamptz,
    PRIMARY KEY (ledger_id, payout_id),
    FOREIGN KEY (ledger_id, source_wallet_id) REFERENCES wallets (ledger_id, wallet_id),
    CONSTRAINT payouts_one_creator CHECK ((creator_user_id IS NULL) <> (creator_api_key_id IS NULL)),
    CONSTRAINT payouts_content_whole CHECK (num_nulls(revision, row_count, total, digest) IN (0, 4)),
    CONSTRAINT payouts_pending CHECK (state IN ('PENDING', 'CANCELLED') OR (payment IS NOT NULL AND revision IS NOT NULL)),
    CONSTRAINT payouts_approved_by_another CHECK (approved_by IS NULL OR approved_by IS DISTINCT FROM creator_user_id),
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
) WITH (fillfactor = 50);

-- For duplicates alone: a payout that is looked for by its id must not be looked for here.
CREATE INDEX IF NOT EXISTS payouts_by_source ON payouts (ledger_id, source_wallet_id, digest) WHERE digest IS NOT NULL;
CREATE INDEX IF NOT EXISTS payouts_running ON payouts (ledger_id, payout_id)
    WHERE state = 'PROCESSING' OR compensation_ended_at IS NULL AND compensation IS NOT NULL;

-- A payout's rows, of the revision in force and of the draft. A row's state is written with its transaction.
CREATE TABLE IF NOT EXISTS payout_rows (
    ledger_id       bigint NOT NULL,
    payout_id       bigint NOT NULL,
    revision        bigint NOT NULL,
    row_number      bigint NOT NULL CHECK (row_number > 0),
    line            bigint NOT NULL,
    recipient       text   NOT NULL, -- as the file says
    wallet_id       bigint,
    amount          numeric(38, 0) CHECK (amount > 0),
    reference       text,
    memo            text,
    bad_amount      text, -- as the file says, in a row that something is wrong with
    fault           text, -- what
    state           text   NOT NULL CHECK (state IN ('INVALID', 'PENDING', 'PAID', 'FAILED')),
    payment         bigint NOT NULL DEFAULT 0, -- the go that decided it last
    transaction_id  uuid,
    failure         text,
    settled_at      timestamptz,
    compensation_named       bigint, -- the last compensation that named it
    compensation             bigint NOT NULL DEFAULT 0, -- the go that decided it last
    compensation_state       text CHECK (compensation_state IN ('REVERSED', 'PARTIALLY_REVERSED', 'FAILED')),
    reversed                 numeric(38, 0) NOT NULL DEFAULT 0,
    compensation_transaction_id uuid,
    compensation_failure     text,
    compensated_at           timestamptz,
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
) WITH (fillfactor = 50);
