package platform.deepseek.inference.api.json;

/** A sibling service said something that its contract does not have. */
public final class Unintelligible extends RuntimeException {

  private static final long serialVersionUID = 1;

  public Unintelligible(String message) {
    super(message, null, false, false);
  }
}
