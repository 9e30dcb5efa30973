-- Whom an external issuer's subjects are here: at most one a user. Written by operators alone.
CREATE TABLE external_identities (
    ledger_id   INTEGER NOT NULL,
    user_id     INTEGER NOT NULL,
    issuer      TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (ledger_id, user_id),
    UNIQUE (ledger_id, issuer, subject),
    FOREIGN KEY (ledger_id, user_id) REFERENCES users (ledger_id, user_id)
) STRICT, WITHOUT ROWID;
