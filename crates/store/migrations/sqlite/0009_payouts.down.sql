DROP TABLE payout_rows;
DROP TABLE payouts;

CREATE TABLE creation_keys_new (
    ledger_id    INTEGER NOT NULL REFERENCES ledgers,
    key_hash     BLOB    NOT NULL CHECK (length(key_hash) = 16),
    fingerprint  BLOB    NOT NULL,
    resource     TEXT    NOT NULL CHECK (resource IN ('user', 'asset', 'wallet', 'api_key')),
    resource_id  ANY     NOT NULL, -- an asset's code, or a number
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (ledger_id, key_hash)
) STRICT, WITHOUT ROWID;

INSERT INTO creation_keys_new SELECT * FROM creation_keys
WHERE resource NOT IN ('payout', 'payout_run');
DROP TABLE creation_keys;
ALTER TABLE creation_keys_new RENAME TO creation_keys;
