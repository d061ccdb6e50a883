package platform.deepseek.cache.crypto;

import java.util.Optional;

/** Keeps wrapped seeds by tenant. Its methods block. */
public interface SeedStore {

  Optional<byte[]> read(String tenant);

  /** Keeps a seed where there is none; returns the one that is kept then. */
  byte[] keep(String tenant, byte[] wrapped);

  /** Keeps a seed in place of whatever is there. */
  void replace(String tenant, byte[] wrapped);

  /** Deletes a seed, unless another one has taken its place. */
  void forget(String tenant, byte[] wrapped);

  /** It cannot be reached. */
  final class Unavailable extends RuntimeException {
    private static final long serialVersionUID = 1;

    public Unavailable(String what, Throwable cause) {
      super(what, cause);
    }
  }
}
