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
