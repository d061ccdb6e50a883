package platform.deepseek.operator.anomaly;

/** A rule that cannot be carried out; the message says why, for the person who wrote it. */
public class BadRule extends Exception {

  private static final long serialVersionUID = 1L;

  BadRule(String message) {
    super(message);
  }
}
