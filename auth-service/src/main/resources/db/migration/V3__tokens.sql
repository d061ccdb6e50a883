-- Identity providers whose tokens are taken.
CREATE TABLE issuer (
  id varchar(36) PRIMARY KEY,
  url varchar(500) NOT NULL UNIQUE, -- the claim iss, character by character
  tenant_id varchar(36) NOT NULL REFERENCES tenant (id),
  terms varchar(8000) NOT NULL, -- JSON: what its tokens have to say
  introspection_client varchar(200), -- null: it is not asked about tokens
  introspection_secret varchar(4000), -- sealed, in base 64
  opaque_prefix varchar(40) UNIQUE, -- of the tokens that are no JWT and are its; null: none
  introspect_every boolean NOT NULL,
  created_at timestamp with time zone NOT NULL
);

-- Which account a person of an identity provider has here.
CREATE TABLE issuer_account (
  issuer_id varchar(36) NOT NULL REFERENCES issuer (id) ON DELETE CASCADE,
  subject varchar(255) NOT NULL,
  account_id varchar(36) NOT NULL UNIQUE REFERENCES account (id),
  PRIMARY KEY (issuer_id, subject)
);

-- Tokens of ours that hold no more though their time is not over.
CREATE TABLE revoked_token (
  jti varchar(64) PRIMARY KEY,
  expires_at timestamp with time zone NOT NULL
);
