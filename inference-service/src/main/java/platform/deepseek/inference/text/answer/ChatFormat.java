package platform.deepseek.inference.text.answer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a model's chat template tells about the model, found by asking the template itself.
 *
 * @param answer how the model writes
 * @param conversation how the template wants earlier turns
 * @param thinking how the model is told whether to reason
 */
public record ChatFormat(
    AnswerFormat answer, ConversationFormat conversation, ThinkingSwitch thinking) {

  /** Of a model whose template is not known. */
  public static final ChatFormat PLAIN =
      new ChatFormat(AnswerFormat.PLAIN, ConversationFormat.AS_GIVEN, ThinkingSwitch.NONE);

  /**
   * Asks a template; some twenty small renderings.
   *
   * @param source the template
   * @param variables what every rendering has: bos_token, eos_token
   * @throws platform.deepseek.inference.text.template.TemplateException where the source is no
   *     template
   */
  public static ChatFormat of(String source, Map<String, Object> variables) {
    var probe = TemplateProbe.of(source, variables);
    var answer = AnswerFormat.of(probe);
    return new ChatFormat(answer, ConversationFormat.of(probe), ThinkingSwitch.of(probe, answer));
  }

  /** The beginning of an answer: what to append to the prompt, and what the model goes on with. */
  public record Beginning(List<Continuation> continuation, AnswerStart start) {
    public Beginning {
      continuation = List.copyOf(continuation);
    }
  }

  /** Where an answer begins that the model writes from its first character on. */
  public Beginning beginning(String prompt, ThinkingMode wanted) {
    String appended = thinking.appended(wanted, prompt);
    return new Beginning(
        appended.isEmpty() ? List.of() : List.of(Continuation.ofServer(appended)),
        answer.startAfter(prompt + appended));
  }

  /**
   * Where an answer goes on that a user has begun.
   *
   * @param prompt as the template wrote it
   * @param reasoning what the user has of the reasoning; empty for none
   * @param content what the user has of the content; empty for none, and then the reasoning goes on
   * @throws IllegalArgumentException for reasoning where the model does not reason or the prompt
   *     has closed it already
   */
  public Beginning resumed(String prompt, String reasoning, String content) {
    if (reasoning.isEmpty()) {
      var begun =
          beginning(prompt, content.isEmpty() ? ThinkingMode.DEFAULT : closedOrNone(prompt));
      return content.isEmpty() ? begun : with(begun.continuation(), content);
    }
    var start = answer.startAfter(prompt);
    if (answer.reasoning().isEmpty() || start == AnswerStart.CONTENT) {
      throw new IllegalArgumentException(
          "An answer cannot be continued from %d characters of reasoning: %s."
              .formatted(
                  reasoning.length(),
                  answer.reasoning().isEmpty()
                      ? "this model does not reason, leave reasoning_content out"
                      : "thinking is off in this request, turn it on or leave reasoning_content"
                          + " out"));
    }
    var format = answer.reasoning().get();
    List<Continuation> pieces = new ArrayList<>();
    if (start == AnswerStart.EITHER) {
      pieces.add(Continuation.ofServer(format.open() + "\n"));
    }
    pieces.add(Continuation.ofUser(reasoning));
    if (content.isEmpty()) {
      return new Beginning(pieces, AnswerStart.REASONING);
    }
    pieces.add(Continuation.ofServer("\n" + format.close() + "\n\n"));
    return with(pieces, content);
  }

  private ThinkingMode closedOrNone(String prompt) {
    return answer.startAfter(prompt) == AnswerStart.REASONING
        ? ThinkingMode.OFF
        : ThinkingMode.DEFAULT;
  }

  private static Beginning with(List<Continuation> before, String content) {
    List<Continuation> pieces = new ArrayList<>(before);
    pieces.add(Continuation.ofUser(content));
    return new Beginning(pieces, AnswerStart.CONTENT);
  }
}
