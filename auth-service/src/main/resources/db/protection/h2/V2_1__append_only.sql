-- The same as for PostgreSQL, as far as H2 goes: TRUNCATE asks no trigger.
CREATE TRIGGER audit_entry_stays BEFORE UPDATE, DELETE ON audit_entry
  FOR EACH ROW CALL "platform.deepseek.auth.store.AppendOnly";
CREATE TRIGGER audit_checkpoint_stays BEFORE UPDATE, DELETE ON audit_checkpoint
  FOR EACH ROW CALL "platform.deepseek.auth.store.AppendOnly";
