-- Keys that something is sealed with, wrapped by the master key, which is not in the database.
-- Deleting a ring's rows makes what was sealed with them unreadable.
CREATE TABLE data_key (
  id varchar(36) PRIMARY KEY,
  ring varchar(100) NOT NULL, -- the newest of a ring seals, the others open
  cipher varchar(20) NOT NULL,
  wrapped bytea NOT NULL,
  created_at timestamp with time zone NOT NULL
);
CREATE INDEX data_key_ring ON data_key (ring, created_at);

CREATE TABLE signing_key (
  kid varchar(43) PRIMARY KEY, -- RFC 7638
  purpose varchar(40) NOT NULL,
  private_jwk bytea NOT NULL, -- sealed
  created_at timestamp with time zone NOT NULL
);
CREATE INDEX signing_key_purpose ON signing_key (purpose, created_at);

-- The audit. Rows are added and never changed: triggers refuse it (folders postgresql and h2).
CREATE TABLE audit_entry (
  partition_id varchar(36) NOT NULL, -- the chain of one writer
  sequence bigint NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  tenant_id varchar(500) NOT NULL, -- this and the next are what the content says, to search by
  user_id varchar(500) NOT NULL,
  key_id varchar(500) NOT NULL,
  source varchar(500) NOT NULL,
  action varchar(64) NOT NULL,
  object varchar(500) NOT NULL,
  outcome varchar(20) NOT NULL,
  correlation varchar(500) NOT NULL,
  content varchar(200000) NOT NULL, -- canonical JSON
  hash bytea NOT NULL, -- of the entry before it and of the content
  PRIMARY KEY (partition_id, sequence)
);
CREATE INDEX audit_entry_time ON audit_entry (occurred_at, partition_id, sequence);
CREATE INDEX audit_entry_correlation ON audit_entry (correlation);

CREATE TABLE audit_checkpoint (
  number bigint PRIMARY KEY,
  made_at timestamp with time zone NOT NULL,
  forgotten bigint, -- entries of the checkpoints up to this number were deleted on purpose
  content varchar(1000000) NOT NULL, -- canonical JSON
  signature bytea NOT NULL
);

-- Where signing goes on; proves nothing.
CREATE TABLE audit_partition (
  id varchar(36) PRIMARY KEY,
  covered bigint NOT NULL, -- the last entry that a checkpoint covers
  head bytea, -- its hash
  forgotten bigint NOT NULL -- entries up to this one may be deleted
);
