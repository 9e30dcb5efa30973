-- Who did what, from where, and what came of it. Numbered without gaps, so that a line which was taken away
-- is missed. Never a secret in it.
CREATE TABLE audit_log (
    ledger_id   INTEGER NOT NULL REFERENCES ledgers,
    audit_id    INTEGER NOT NULL CHECK (audit_id > 0),
    at          INTEGER NOT NULL,
    actor       TEXT    NOT NULL, -- user:7, api_key:3, anonymous, system
    action      TEXT    NOT NULL,
    subject     TEXT,             -- user:7, api_key:3, asset:USD, wallet:9, transaction:0197…
    outcome     TEXT    NOT NULL CHECK (outcome IN ('done', 'refused')),
    peer        TEXT,             -- an IP address
    request_id  TEXT,
    details     TEXT    NOT NULL, -- a JSON object of texts
    PRIMARY KEY (ledger_id, audit_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_log_by_actor ON audit_log (ledger_id, actor, audit_id);
CREATE INDEX audit_log_by_subject ON audit_log (ledger_id, subject, audit_id) WHERE subject IS NOT NULL;
CREATE INDEX audit_log_by_action ON audit_log (ledger_id, action, audit_id);

CREATE TRIGGER audit_log_never_updated BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_never_deleted BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
