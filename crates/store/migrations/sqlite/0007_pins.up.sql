-- A person's transaction PIN, hashed under a pepper that is not in the database, and how its tries stand.
CREATE TABLE pins (
    ledger_id       INTEGER NOT NULL,
    user_id         INTEGER NOT NULL,
    phc             TEXT,    -- nothing: an operator has reset it
    pepper_version  INTEGER,
    wrong           INTEGER NOT NULL CHECK (wrong BETWEEN 0 AND 5),
    under_way       INTEGER NOT NULL CHECK (under_way BETWEEN 0 AND 5),
    reserved_at     INTEGER NOT NULL,
    locks           INTEGER NOT NULL CHECK (locks BETWEEN 0 AND 255),
    locked_until    INTEGER,
    epoch           INTEGER NOT NULL,
    PRIMARY KEY (ledger_id, user_id),
    FOREIGN KEY (ledger_id, user_id) REFERENCES users (ledger_id, user_id),
    CONSTRAINT pins_whole CHECK ((phc IS NULL) = (pepper_version IS NULL)),
    CONSTRAINT pins_tries_max CHECK (wrong + under_way <= 5)
) STRICT, WITHOUT ROWID;

-- What a right PIN has approved: certain movements, once, under one key.
CREATE TABLE approvals (
    ledger_id      INTEGER NOT NULL,
    approval_hash  BLOB    NOT NULL CHECK (length(approval_hash) = 32),
    user_id        INTEGER NOT NULL,
    digest         BLOB    NOT NULL CHECK (length(digest) = 32),
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    used_by        BLOB CHECK (length(used_by) = 16), -- the hash of the key
    PRIMARY KEY (ledger_id, approval_hash),
    FOREIGN KEY (ledger_id, user_id) REFERENCES users (ledger_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX approvals_unused ON approvals (ledger_id, user_id) WHERE used_by IS NULL;
