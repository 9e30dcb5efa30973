DROP TABLE approvals;
DROP TABLE pins;
