-- A person's transaction PIN, hashed under a pepper that is not in the database, and how its tries stand.
CREATE TABLE IF NOT EXISTS pins (
    ledger_id      bigint NOT NULL,
    user_id        bigint NOT NULL,
    phc            text,    -- nothing: an operator has reset it
    pepper_version bigint,
    wrong          smallint NOT NULL CHECK (wrong BETWEEN 0 AND 5),
    under_way      smallint NOT NULL CHECK (under_way BETWEEN 0 AND 5),
    reserved_at    timestamptz NOT NULL,
    locks          smallint NOT NULL CHECK (locks BETWEEN 0 AND 255),
    locked_until   timestamptz,
    epoch          bigint NOT NULL,
    PRIMARY KEY (ledger_id, user_id),
    FOREIGN KEY (ledger_id, user_id) REFERENCES users (ledger_id, user_id),
    CONSTRAINT pins_whole CHECK ((phc IS NULL) = (pepper_version IS NULL)),
    CONSTRAINT pins_tries_max CHECK (wrong + under_way <= 5)
);

-- What a right PIN has approved: certain movements, once, under one key.
CREATE TABLE IF NOT EXISTS approvals (
    ledger_id     bigint NOT NULL,
    approval_hash bytea  NOT NULL CHECK (length(approval_hash) = 32),
    user_id       bigint NOT NULL,
    digest        bytea  NOT NULL CHECK (length(digest) = 32),
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    used_by       bytea CHECK (length(used_by) = 16), -- the hash of the key
    PRIMARY KEY (ledger_id, approval_hash),
    FOREIGN KEY (ledger_id, user_id) REFERENCES users (ledger_id, user_id)
);

CREATE INDEX IF NOT EXISTS approvals_unused ON approvals (ledger_id, user_id) WHERE used_by IS NULL;
