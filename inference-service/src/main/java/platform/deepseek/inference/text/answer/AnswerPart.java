package platform.deepseek.inference.text.answer;

/**
 * A piece of an answer that is certain. {@code from} and {@code to} say which characters of the
 * model's whole text it was read from; markers and the white space beside them are in no part.
 */
public sealed interface AnswerPart {

  record Reasoning(String text, int from, int to) implements AnswerPart {}

  record Content(String text, int from, int to) implements AnswerPart {}

  /**
   * A call begins.
   *
   * @param index of the call in the answer, from 0
   */
  record CallStarted(int index, String name) implements AnswerPart {}

  /** More of the arguments of a call: JSON text, which grows piece by piece. */
  record CallArguments(int index, String text) implements AnswerPart {}

  /** The call is whole. */
  record CallEnded(int index) implements AnswerPart {}
}
