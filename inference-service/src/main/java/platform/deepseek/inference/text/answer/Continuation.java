package platform.deepseek.inference.text.answer;

/**
 * Text behind a rendered prompt, with which the answer begins.
 *
 * @param trusted whether the server wrote it, so that tokens in it are tokens; what a user wrote
 *     stays the characters it consists of
 */
public record Continuation(String text, boolean trusted) {

  public static Continuation ofServer(String text) {
    return new Continuation(text, true);
  }

  public static Continuation ofUser(String text) {
    return new Continuation(text, false);
  }
}
