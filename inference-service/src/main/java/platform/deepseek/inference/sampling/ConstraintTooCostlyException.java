package platform.deepseek.inference.sampling;

/** What may be said next takes more work to find out than one request is given. */
public class ConstraintTooCostlyException extends IllegalStateException {

  private static final long serialVersionUID = 1;

  /**
   * @param sentence the numbers, and what to do
   */
  public ConstraintTooCostlyException(String sentence) {
    super(sentence);
  }
}
