package platform.deepseek.auth.limit;

/** The counters did not answer in time. */
public final class CountersUnavailable extends RuntimeException {

  private static final long serialVersionUID = 1;

  CountersUnavailable(Throwable cause) {
    super("the counters did not answer: " + cause.getMessage(), cause);
  }
}
