-- Under which idempotency key something other than money was created. The key commits with it.
CREATE TABLE IF NOT EXISTS creation_keys (
    ledger_id   bigint NOT NULL REFERENCES ledgers,
    key_hash    bytea  NOT NULL CHECK (length(key_hash) = 16),
    fingerprint bytea  NOT NULL,
    resource    text   NOT NULL CHECK (resource IN ('user', 'asset', 'wallet', 'api_key')),
    resource_id text   NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (ledger_id, key_hash)
);
