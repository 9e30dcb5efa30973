DROP TABLE IF EXISTS reversals;
DROP TABLE IF EXISTS entries;
DROP TABLE IF EXISTS transactions;
DROP FUNCTION IF EXISTS florin_refuse_change();
