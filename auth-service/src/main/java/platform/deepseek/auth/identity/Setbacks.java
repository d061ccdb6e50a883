package platform.deepseek.auth.identity;

import java.time.Instant;

/** Whoever has to know that the database lost what it had confirmed. Must not block. */
public interface Setbacks {

  void rewound(Rewind rewind);

  /**
   * A key that was seen revoked is none in the database any more; it stays refused here.
   *
   * @param id public part of the key
   * @param revokedAt when it was, as the database said
   */
  void unrevoked(String id, Instant revokedAt);
}
