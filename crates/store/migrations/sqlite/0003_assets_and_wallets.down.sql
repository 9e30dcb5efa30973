DROP TABLE wallets;
DROP TABLE assets;
