CREATE TABLE IF NOT EXISTS users (
    ledger_id     bigint NOT NULL REFERENCES ledgers,
    user_id       bigint NOT NULL,
    username      text   NOT NULL,
    email         text   NOT NULL,
    password_hash text   NOT NULL,
    role          text   NOT NULL CHECK (role IN ('user', 'operator')),
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (ledger_id, user_id),
    CONSTRAINT users_username_unique UNIQUE (ledger_id, username),
    CONSTRAINT users_email_unique UNIQUE (ledger_id, email)
);

CREATE TABLE IF NOT EXISTS refresh_tokens (
    ledger_id   bigint NOT NULL,
    token_hash  bytea  NOT NULL CHECK (length(token_hash) = 32),
    family      uuid   NOT NULL,
    user_id     bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    rotated_at  timestamptz,
    revoked_at  timestamptz,
    PRIMARY KEY (ledger_id, token_hash),
    FOREIGN KEY (ledger_id, user_id) REFERENCES users
);

CREATE INDEX IF NOT EXISTS refresh_tokens_family ON refresh_tokens (ledger_id, family);

CREATE TABLE IF NOT EXISTS api_keys (
    ledger_id   bigint NOT NULL,
    api_key_id  bigint NOT NULL,
    name        text   NOT NULL,
    secret_hash bytea  NOT NULL CHECK (length(secret_hash) = 32),
    scopes      text[] NOT NULL,
    created_by  bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    revoked_at  timestamptz,
    PRIMARY KEY (ledger_id, api_key_id),
    CONSTRAINT api_keys_secret_unique UNIQUE (ledger_id, secret_hash),
    FOREIGN KEY (ledger_id, created_by) REFERENCES users (ledger_id, user_id)
);
