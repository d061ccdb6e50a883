package platform.deepseek.operator.exam;

/** Questions that cannot be asked; the message says which, for whoever wrote them. */
public final class BadQuestions extends Exception {

  private static final long serialVersionUID = 1L;

  BadQuestions(String message) {
    super(message);
  }
}
