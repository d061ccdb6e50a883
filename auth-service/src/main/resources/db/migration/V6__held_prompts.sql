-- What a tenant's audit keeps of its requests. Usually nothing.
ALTER TABLE tenant ADD COLUMN prompt_bytes integer DEFAULT 0 NOT NULL; -- of each request at most

CREATE TABLE held_prompt (
  id varchar(32) PRIMARY KEY, -- of its reservation
  tenant_id varchar(36) NOT NULL REFERENCES tenant (id),
  account_id varchar(36) NOT NULL, -- empty: the key is nobody's in particular
  key_id varchar(36) NOT NULL,
  model varchar(200) NOT NULL,
  length bigint NOT NULL, -- of the whole request, in bytes
  sealed bytea NOT NULL, -- its beginning, by the tenant's ring
  created_at timestamp with time zone NOT NULL
);
CREATE INDEX held_prompt_tenant ON held_prompt (tenant_id, created_at);
CREATE INDEX held_prompt_time ON held_prompt (created_at);
