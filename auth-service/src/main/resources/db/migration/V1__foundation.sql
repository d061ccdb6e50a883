-- Runs on PostgreSQL and on H2 in its PostgreSQL mode: types and words that both have.

-- One row. Its number grows with every change to anything a request is judged by; a transaction
-- that changes something takes the row first, so numbers are committed in their order.
CREATE TABLE revision (
  id smallint PRIMARY KEY CHECK (id = 1),
  number bigint NOT NULL,
  pepper bytea -- fingerprint of the pepper that all digests here are made with
);
INSERT INTO revision (id, number) VALUES (1, 1);

CREATE TABLE tenant (
  id varchar(36) PRIMARY KEY,
  name varchar(100) NOT NULL UNIQUE,
  cache_salt varchar(64) NOT NULL, -- goes into cache keys: tenants never share entries
  priority smallint NOT NULL, -- 0 first
  created_at timestamp with time zone NOT NULL,
  disabled_at timestamp with time zone
);

CREATE TABLE account (
  id varchar(36) PRIMARY KEY,
  tenant_id varchar(36) NOT NULL REFERENCES tenant (id),
  name varchar(100) NOT NULL,
  role varchar(20) NOT NULL,
  created_at timestamp with time zone NOT NULL,
  disabled_at timestamp with time zone,
  UNIQUE (tenant_id, name)
);

CREATE TABLE api_key (
  id varchar(8) PRIMARY KEY,
  lineage varchar(8) NOT NULL, -- the first of a row of rotated keys: limits and usage are its
  environment varchar(8) NOT NULL,
  digest bytea NOT NULL,
  tenant_id varchar(36) NOT NULL REFERENCES tenant (id),
  account_id varchar(36) REFERENCES account (id),
  name varchar(100) NOT NULL,
  role varchar(20) NOT NULL,
  models varchar(4000), -- separated by blanks; null: all
  addresses varchar(4000), -- the same; null: from anywhere
  scopes varchar(200), -- the same; null: all that the role has
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone,
  successor varchar(8) REFERENCES api_key (id),
  overlap_ends_at timestamp with time zone, -- when a key with a successor stops being one
  revoked_at timestamp with time zone
);
CREATE INDEX api_key_tenant ON api_key (tenant_id);

-- Null: no limit. Money in millionths of the currency.
CREATE TABLE limits (
  level varchar(8) NOT NULL, -- platform, tenant, user, key
  subject varchar(36) NOT NULL,
  requests_per_second bigint,
  tokens_per_minute bigint,
  concurrent_requests bigint,
  tokens_per_day bigint,
  tokens_per_month bigint,
  money_per_day bigint,
  money_per_month bigint,
  PRIMARY KEY (level, subject)
);

-- Millionths of the currency for a million tokens. Model '*' holds for those without a row.
CREATE TABLE price (
  model varchar(200) PRIMARY KEY,
  prompt bigint NOT NULL,
  cached bigint NOT NULL,
  completion bigint NOT NULL
);

-- What was settled, by day in UTC. The counters in Redis can be lost; these are what counts.
CREATE TABLE usage_total (
  on_day date NOT NULL,
  key_id varchar(36) NOT NULL,
  model varchar(200) NOT NULL,
  tenant_id varchar(36) NOT NULL,
  account_id varchar(36) NOT NULL, -- empty: the key is nobody's in particular
  requests bigint NOT NULL,
  prompt_tokens bigint NOT NULL,
  cached_tokens bigint NOT NULL,
  completion_tokens bigint NOT NULL,
  charged_tokens bigint NOT NULL,
  charged_money bigint NOT NULL,
  PRIMARY KEY (on_day, key_id, model)
);
CREATE INDEX usage_total_tenant ON usage_total (tenant_id, on_day);
CREATE INDEX usage_total_account ON usage_total (account_id, on_day);
