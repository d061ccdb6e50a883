-- Users that are deleted and stay on record, second factors, and what they opened.

ALTER TABLE account ADD COLUMN deleted_at timestamp with time zone;

CREATE TABLE second_factor (
  account_id varchar(36) PRIMARY KEY REFERENCES account (id),
  active bytea, -- sealed; null until a first code came
  pending bytea, -- sealed; waits for its first code
  confirmed_at timestamp with time zone,
  last_step bigint NOT NULL, -- newest time step whose code was taken: none is taken twice
  failures integer NOT NULL, -- wrong codes in a row
  locked_until timestamp with time zone
);

CREATE TABLE recovery_code (
  account_id varchar(36) NOT NULL REFERENCES second_factor (account_id),
  position smallint NOT NULL,
  digest bytea NOT NULL,
  used_at timestamp with time zone,
  PRIMARY KEY (account_id, position)
);

CREATE TABLE elevation (
  id varchar(36) PRIMARY KEY,
  account_id varchar(36) NOT NULL REFERENCES account (id),
  key_id varchar(8) NOT NULL REFERENCES api_key (id),
  client varchar(64) NOT NULL, -- address that it holds for
  method varchar(10) NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone
);
CREATE INDEX elevation_key ON elevation (key_id);
