DROP TABLE reversals;
DROP TABLE entries;
DROP TABLE transactions;
