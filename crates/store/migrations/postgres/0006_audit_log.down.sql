DROP TABLE audit_log;
ALTER TABLE ledgers DROP COLUMN next_audit_id;
