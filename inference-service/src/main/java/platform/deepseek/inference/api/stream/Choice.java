package platform.deepseek.inference.api.stream;

import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.engine.Submission;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.text.Detokenizer;
import platform.deepseek.inference.text.StopMatcher;
import platform.deepseek.inference.text.Tokenizer;

/**
 * One sequence of a request: turns its tokens into text that is certain. Text waits here while a
 * character is incomplete or a stop string may have begun; the tokens' log-probabilities wait with
 * it, so that those of a stop string never leave.
 */
final class Choice {

  final int index;
  final Generation generation;

  private final Tokenizer tokenizer;
  private final Detokenizer detokenizer;
  private final StopMatcher stops;
  private final List<ScoredToken> waiting = new ArrayList<>();
  private int decoded;
  private int released;
  private int tokens;
  private int cached;
  private Submission submission;
  private boolean ended;

  Choice(int index, Generation generation, Tokenizer tokenizer) {
    this.index = index;
    this.generation = generation;
    this.tokenizer = tokenizer;
    this.detokenizer = new Detokenizer(tokenizer, true);
    this.stops = new StopMatcher(generation.stop());
  }

  void submitted(Submission submission) {
    this.submission = submission;
  }

  /** The first step was run; gives the echoed prompt, if one is to come first. */
  Piece started(int cachedTokens, List<Sample> promptScores) {
    cached = cachedTokens;
    String echo = generation.echo();
    if (echo == null) {
      return Piece.EMPTY;
    }
    decoded = echo.length();
    released = decoded;
    return new Piece(echo, generation.scored() ? promptTokens(promptScores) : List.of());
  }

  private List<ScoredToken> promptTokens(List<Sample> promptScores) {
    int[] prompt = generation.request().prompt();
    List<ScoredToken> scored = new ArrayList<>(prompt.length);
    Detokenizer characters = new Detokenizer(tokenizer, true);
    int offset = 0;
    for (int i = 0; i < prompt.length; i++) {
      Sample sample =
          i == 0 ? new Sample(prompt[0], Float.NaN, List.of()) : promptScores.get(i - 1);
      scored.add(new ScoredToken(sample, offset));
      offset += characters.append(prompt[i]).length();
    }
    return scored;
  }

  /** Text that this token makes certain. */
  Piece token(Sample sample) {
    tokens++;
    if (generation.scored()) {
      waiting.add(new ScoredToken(sample, decoded));
    }
    return take(detokenizer.append(sample.token()));
  }

  /** What was held back, when the sequence has ended by itself. */
  Piece rest() {
    Piece last = take(detokenizer.flush());
    String held = stops.flush();
    released += held.length();
    List<ScoredToken> scores = stoppedByString() ? last.scores() : concat(last.scores());
    return new Piece(last.text() + held, scores);
  }

  private List<ScoredToken> concat(List<ScoredToken> first) {
    List<ScoredToken> all = new ArrayList<>(first);
    all.addAll(waiting);
    waiting.clear();
    return all;
  }

  private Piece take(String text) {
    decoded += text.length();
    String certain = stops.append(text);
    released += certain.length();
    if (certain.isEmpty()) {
      return Piece.EMPTY;
    }
    if (waiting.isEmpty()) {
      return new Piece(certain, List.of());
    }
    int count = 0;
    while (count < waiting.size() && waiting.get(count).offset() < released) {
      count++;
    }
    List<ScoredToken> leaving = waiting.subList(0, count);
    Piece piece = new Piece(certain, List.copyOf(leaving));
    leaving.clear();
    return piece;
  }

  boolean stoppedByString() {
    return stops.matched().isPresent();
  }

  boolean ended() {
    return ended;
  }

  void end() {
    ended = true;
  }

  /** Frees the slot; harmless when the sequence has ended. */
  void cancel() {
    ended = true;
    if (submission != null) {
      submission.cancel();
    }
  }

  /** Tokens generated so far, those of a stop string included: they were computed. */
  int tokens() {
    return tokens;
  }

  int cached() {
    return cached;
  }
}
