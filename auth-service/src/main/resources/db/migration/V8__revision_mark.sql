-- A random number that each change gives the row besides the next number. A failover may lose the last
-- changes, and other changes get their numbers then: the mark tells them apart.
ALTER TABLE revision ADD COLUMN mark bigint DEFAULT 0 NOT NULL;
