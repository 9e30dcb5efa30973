DROP TABLE IF EXISTS external_identities;
