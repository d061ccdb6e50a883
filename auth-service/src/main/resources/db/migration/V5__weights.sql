-- What part of the engine somebody gets while others wait; who has no row has the usual weight.
CREATE TABLE share_weight (
  level varchar(8) NOT NULL, -- tenant, user, key
  subject varchar(36) NOT NULL,
  weight smallint NOT NULL,
  PRIMARY KEY (level, subject)
);
