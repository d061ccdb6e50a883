package platform.deepseek.inference.api.stream;

import java.util.List;

/**
 * A choice with everything it said, for an answer in one body.
 *
 * @param reasoning null when the model did not reason
 * @param scores of the text's tokens; those of the reasoning apart
 */
public record Answer(
    String reasoning,
    List<ScoredToken> reasoningScores,
    String text,
    List<ScoredToken> scores,
    List<Call> calls,
    Ending ending) {

  /** A call of a tool. {@code arguments} is JSON text as the model wrote it. */
  public record Call(String id, String name, String arguments) {}

  public Answer {
    reasoningScores = List.copyOf(reasoningScores);
    scores = List.copyOf(scores);
    calls = List.copyOf(calls);
  }
}
