-- Under which idempotency key something other than money was created. The key commits with it.
CREATE TABLE creation_keys (
    ledger_id    INTEGER NOT NULL REFERENCES ledgers,
    key_hash     BLOB    NOT NULL CHECK (length(key_hash) = 16),
    fingerprint  BLOB    NOT NULL,
    resource     TEXT    NOT NULL CHECK (resource IN ('user', 'asset', 'wallet', 'api_key')),
    resource_id  ANY     NOT NULL, -- an asset's code, or a number
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (ledger_id, key_hash)
) STRICT, WITHOUT ROWID;
