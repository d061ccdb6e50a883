package platform.deepseek.inference.api.stream;

import java.util.Set;
import platform.deepseek.inference.text.answer.AnswerFormat;
import platform.deepseek.inference.text.answer.AnswerStart;

/**
 * How the text of one sequence is read.
 *
 * @param start what the answer's first character belongs to
 * @param tools names of the tools that may be called; empty where calls are only text
 * @param parallelCalls whether more than one tool may be called; else the first call ends the
 *     answer
 * @param awaited whether nobody sees the answer before it is whole
 */
public record Reading(
    AnswerFormat format,
    AnswerStart start,
    Set<String> tools,
    boolean parallelCalls,
    boolean awaited) {

  /** All of it is the answer. */
  public static final Reading PLAIN =
      new Reading(AnswerFormat.PLAIN, AnswerStart.CONTENT, Set.of(), true, false);

  public Reading {
    tools = Set.copyOf(tools);
  }
}
