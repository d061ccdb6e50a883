package platform.deepseek.inference.api.stream;

import java.util.ArrayList;
import java.util.List;

/** A choice that is being gathered. */
public final class Draft {

  private static final class DraftCall {
    private final String id;
    private final String name;
    private final StringBuilder arguments = new StringBuilder();

    private DraftCall(String id, String name) {
      this.id = id;
      this.name = name;
    }
  }

  private final StringBuilder text = new StringBuilder();
  private final List<ScoredToken> scores = new ArrayList<>();
  private StringBuilder reasoning;
  private final List<ScoredToken> reasoningScores = new ArrayList<>();
  private final List<DraftCall> calls = new ArrayList<>();
  private Ending ending;

  public void add(Piece piece) {
    switch (piece) {
      case Piece.Text said -> {
        text.append(said.text());
        scores.addAll(said.scores());
      }
      case Piece.Reasoning thought -> {
        if (reasoning == null) {
          reasoning = new StringBuilder();
        }
        reasoning.append(thought.text());
        reasoningScores.addAll(thought.scores());
      }
      case Piece.CallStarted call -> calls.add(new DraftCall(call.id(), call.name()));
      case Piece.CallArguments more -> calls.get(more.call()).arguments.append(more.text());
      case Piece.CallEnded ended -> {}
    }
  }

  public void end(Ending ending) {
    this.ending = ending;
  }

  /** Of the tokens of its text; of nothing, the least there is. */
  double meanLogprob() {
    return scores.stream()
        .mapToDouble(score -> score.sample().logprob())
        .filter(logprob -> !Double.isNaN(logprob)) // the first token of an echoed prompt
        .average()
        .orElse(Double.NEGATIVE_INFINITY);
  }

  public Answer answer() {
    return new Answer(
        reasoning == null ? null : reasoning.toString(),
        reasoningScores,
        text.toString(),
        scores,
        calls.stream()
            .map(call -> new Answer.Call(call.id, call.name, call.arguments.toString()))
            .toList(),
        ending);
  }
}
