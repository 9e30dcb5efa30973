-- A ledger is a tenant: every key of every other table begins with its id.
CREATE TABLE ledgers (
    ledger_id  INTEGER PRIMARY KEY,
    code       TEXT NOT NULL UNIQUE
) STRICT;

INSERT INTO ledgers (ledger_id, code) VALUES (1, 'main');
