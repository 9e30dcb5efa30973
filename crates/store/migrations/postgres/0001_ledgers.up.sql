-- Tenants. The counters give out ids without gaps, and their row's lock puts creations in one order.
CREATE TABLE IF NOT EXISTS ledgers (
    ledger_id       bigint PRIMARY KEY,
    code            text   NOT NULL UNIQUE,
    next_user_id    bigint NOT NULL DEFAULT 1,
    next_wallet_id  bigint NOT NULL DEFAULT 1,
    next_api_key_id bigint NOT NULL DEFAULT 1
);

INSERT INTO ledgers (ledger_id, code) VALUES (1, 'main') ON CONFLICT DO NOTHING;
