DROP TABLE IF EXISTS creation_keys;
