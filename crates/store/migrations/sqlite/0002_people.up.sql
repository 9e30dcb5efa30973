-- Times are microseconds since 1970-01-01T00:00:00Z. Secrets are here only as hashes.
CREATE TABLE users (
    ledger_id      INTEGER NOT NULL REFERENCES ledgers,
    user_id        INTEGER NOT NULL CHECK (user_id > 0),
    username       TEXT    NOT NULL,
    email          TEXT    NOT NULL,
    password_hash  TEXT    NOT NULL,
    role           TEXT    NOT NULL CHECK (role IN ('user', 'operator')),
    created_at     INTEGER NOT NULL,
    PRIMARY KEY (ledger_id, user_id),
    UNIQUE (ledger_id, username),
    UNIQUE (ledger_id, email)
) STRICT, WITHOUT ROWID;

-- A token is exchanged once. All that descend from one sign-in share a family, and are revoked with it.
CREATE TABLE refresh_tokens (
    ledger_id   INTEGER NOT NULL,
    token_hash  BLOB    NOT NULL CHECK (length(token_hash) = 32),
    family      BLOB    NOT NULL CHECK (length(family) = 16),
    user_id     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    rotated_at  INTEGER,
    revoked_at  INTEGER,
    PRIMARY KEY (ledger_id, token_hash),
    FOREIGN KEY (ledger_id, user_id) REFERENCES users (ledger_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_tokens_family ON refresh_tokens (ledger_id, family);

CREATE TABLE api_keys (
    ledger_id    INTEGER NOT NULL,
    api_key_id   INTEGER NOT NULL CHECK (api_key_id > 0),
    name         TEXT    NOT NULL,
    secret_hash  BLOB    NOT NULL CHECK (length(secret_hash) = 32),
    scopes       TEXT    NOT NULL, -- separated by spaces
    created_by   INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    revoked_at   INTEGER,
    PRIMARY KEY (ledger_id, api_key_id),
    UNIQUE (ledger_id, secret_hash),
    FOREIGN KEY (ledger_id, created_by) REFERENCES users (ledger_id, user_id)
) STRICT, WITHOUT ROWID;
