-- What each process has added to usage_total last, so that what is told again, because the answer to a
-- commit was lost, is added once.
CREATE TABLE usage_writer (
  id varchar(36) PRIMARY KEY, -- of the process
  batch bigint NOT NULL, -- number of its newest batch
  added_at timestamp with time zone NOT NULL
);
