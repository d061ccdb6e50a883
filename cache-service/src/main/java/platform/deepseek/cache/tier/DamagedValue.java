package platform.deepseek.cache.tier;

/** The store is well, and what it kept under one key is not what was put there. */
final class DamagedValue extends RuntimeException {

  private static final long serialVersionUID = 1;

  DamagedValue(Throwable cause) {
    super(cause.getMessage(), cause, false, false);
  }
}
