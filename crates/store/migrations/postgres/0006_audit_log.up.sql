-- Who did what, from where, and what came of it. Numbered without gaps, so that a line which was taken away
-- is missed: the counter's row lock puts the lines in the order in which they commit. Never a secret in it.
ALTER TABLE ledgers ADD COLUMN IF NOT EXISTS next_audit_id bigint NOT NULL DEFAULT 1;

CREATE TABLE IF NOT EXISTS audit_log (
    ledger_id  bigint NOT NULL REFERENCES ledgers,
    audit_id   bigint NOT NULL CHECK (audit_id > 0),
    at         timestamptz NOT NULL,
    actor      text   NOT NULL, -- user:7, api_key:3, anonymous, system
    action     text   NOT NULL,
    subject    text,            -- user:7, api_key:3, asset:USD, wallet:9, transaction:0197…
    outcome    text   NOT NULL CHECK (outcome IN ('done', 'refused')),
    peer       text,            -- an IP address
    request_id text,
    details    json   NOT NULL, -- an object of texts
    PRIMARY KEY (ledger_id, audit_id)
);

CREATE INDEX IF NOT EXISTS audit_log_by_actor ON audit_log (ledger_id, actor, audit_id);
CREATE INDEX IF NOT EXISTS audit_log_by_subject ON audit_log (ledger_id, subject, audit_id) WHERE subject IS NOT NULL;
CREATE INDEX IF NOT EXISTS audit_log_by_action ON audit_log (ledger_id, action, audit_id);

CREATE OR REPLACE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION florin_refuse_change();
