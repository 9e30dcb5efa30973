-- Whom an external issuer's subjects are here: at most one a user. Written by operators alone.
CREATE TABLE IF NOT EXISTS external_identities (
    ledger_id  bigint NOT NULL,
    user_id    bigint NOT NULL,
    issuer     text   NOT NULL,
    subject    text   NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (ledger_id, user_id),
    CONSTRAINT external_identities_unique UNIQUE (ledger_id, issuer, subject),
    FOREIGN KEY (ledger_id, user_id) REFERENCES users
);
