DROP TABLE IF EXISTS payout_rows;
DROP TABLE IF EXISTS payouts;
DELETE FROM creation_keys WHERE resource IN ('payout', 'payout_run');
ALTER TABLE creation_keys DROP CONSTRAINT IF EXISTS creation_keys_resource_check;
ALTER TABLE creation_keys ADD CONSTRAINT creation_keys_resource_check
    CHECK (resource IN ('user', 'asset', 'wallet', 'api_key'));
ALTER TABLE ledgers DROP COLUMN IF EXISTS next_payout_id;
