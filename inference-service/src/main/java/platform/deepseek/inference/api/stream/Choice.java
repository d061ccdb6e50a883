package platform.deepseek.inference.api.stream;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.IntPredicate;
import platform.deepseek.inference.engine.Submission;
import platform.deepseek.inference.engine.draft.Prediction;
import platform.deepseek.inference.sampling.Sample;
import platform.deepseek.inference.text.Detokenizer;
import platform.deepseek.inference.text.StopMatcher;
import platform.deepseek.inference.text.Tokenizer;
import platform.deepseek.inference.text.answer.AnswerParser;
import platform.deepseek.inference.text.answer.AnswerPart;
import platform.deepseek.inference.text.answer.AnswerStart;

/**
 * One sequence of a request: turns its tokens into pieces that are certain. Text waits on the way
 * while a character is incomplete, a marker of the model or a stop string may have begun; the
 * tokens' log-probabilities wait with it, so that those of a marker or of a stop string never
 * leave. Stop strings are looked for in what the answer says, not in what the model thinks.
 */
final class Choice {

  final int index;
  final Generation generation;

  private final Tokenizer tokenizer;
  private final Detokenizer detokenizer;
  private final AnswerParser parser;
  private final StopMatcher stops;
  private final Prediction prediction;
  private final ScoredTokens scored = new ScoredTokens();
  private int decoded;
  private int contentEnd; // of the part last given to the stop matcher, in characters decoded
  private int released; // of that part, in characters decoded
  private int tokens;
  private int reasoningTokens;
  private int cached;
  private int calls;
  private int callsEnded;
  private boolean reasoning;
  private Submission submission;
  private boolean started;
  private boolean ended;

  Choice(
      int index,
      Generation generation,
      StopMatcher stops,
      Tokenizer tokenizer,
      IntPredicate hidden) {
    this.index = index;
    this.generation = generation;
    this.tokenizer = tokenizer;
    this.detokenizer = new Detokenizer(tokenizer, hidden);
    Reading reading = generation.reading();
    this.parser =
        new AnswerParser(reading.format(), reading.start(), reading.tools(), reading.awaited());
    this.stops = stops;
    this.prediction = new Prediction(generation.request().prediction());
    this.reasoning = reading.start() == AnswerStart.REASONING;
  }

  void submitted(Submission submission) {
    this.submission = submission;
  }

  /** The first step was run; gives the echoed prompt, if one is to come first. */
  List<Piece> started(int cachedTokens, List<Sample> promptScores) {
    started = true;
    cached = cachedTokens;
    String echo = generation.echo();
    if (echo == null) {
      return List.of();
    }
    return List.of(
        new Piece.Text(echo, generation.scored() ? promptTokens(promptScores) : List.of()));
  }

  private List<ScoredToken> promptTokens(List<Sample> promptScores) {
    int[] prompt = generation.request().prompt();
    List<ScoredToken> all = new ArrayList<>(prompt.length);
    Detokenizer characters = new Detokenizer(tokenizer, true);
    int offset = 0;
    for (int i = 0; i < prompt.length; i++) {
      Sample sample =
          i == 0 ? new Sample(prompt[0], Float.NaN, List.of()) : promptScores.get(i - 1);
      all.add(new ScoredToken(sample, offset));
      offset += characters.append(prompt[i]).length();
    }
    return all;
  }

  /** What this token makes certain. */
  List<Piece> token(Sample sample) {
    tokens++;
    prediction.follow(sample.token());
    if (reasoning) {
      reasoningTokens++;
    }
    if (generation.scored()) {
      scored.add(sample, decoded);
    }
    String text = detokenizer.append(sample.token());
    decoded += text.length();
    return pieces(parser.append(text));
  }

  /** What was held back, when the sequence has ended by itself. */
  List<Piece> rest() {
    List<Piece> pieces = new ArrayList<>();
    String text = detokenizer.flush();
    decoded += text.length();
    pieces.addAll(pieces(parser.append(text)));
    pieces.addAll(pieces(parser.finish()));
    String held = stops.flush();
    List<ScoredToken> last =
        reasoning || stopString().isPresent() ? List.of() : shifted(scored.takeFrom(released));
    if (!held.isEmpty() || !last.isEmpty()) {
      pieces.add(new Piece.Text(held, last));
    }
    return pieces;
  }

  private List<Piece> pieces(List<AnswerPart> parts) {
    List<Piece> pieces = new ArrayList<>(parts.size());
    for (AnswerPart part : parts) {
      if (satisfied()) {
        break;
      }
      switch (part) {
        case AnswerPart.Reasoning thought -> {
          reasoning = true;
          pieces.add(
              new Piece.Reasoning(
                  thought.text(), shifted(scored.take(thought.from(), thought.to()))));
        }
        case AnswerPart.Content content -> {
          reasoning = false;
          say(content, pieces);
        }
        case AnswerPart.CallStarted call -> {
          reasoning = false;
          letGo(pieces);
          calls++;
          pieces.add(new Piece.CallStarted(call.index(), callId(), call.name()));
        }
        case AnswerPart.CallArguments more ->
            pieces.add(new Piece.CallArguments(more.index(), more.text()));
        case AnswerPart.CallEnded whole -> {
          callsEnded++;
          pieces.add(new Piece.CallEnded(whole.index()));
        }
      }
    }
    return pieces;
  }

  private void say(AnswerPart.Content content, List<Piece> pieces) {
    if (content.from() != contentEnd) {
      letGo(pieces);
      released = content.from();
    }
    contentEnd = content.to();
    release(stops.append(content.text()), pieces);
  }

  /** A stop string does not reach over something that is not the answer's text. */
  private void letGo(List<Piece> pieces) {
    release(stops.flush(), pieces);
  }

  private void release(String certain, List<Piece> pieces) {
    if (!certain.isEmpty()) {
      int from = released;
      released += certain.length();
      pieces.add(new Piece.Text(certain, shifted(scored.take(from, released))));
    }
  }

  /** Offsets are told from the beginning of the echoed prompt. */
  private List<ScoredToken> shifted(List<ScoredToken> tokens) {
    if (generation.echo() == null || tokens.isEmpty()) {
      return tokens;
    }
    int echo = generation.echo().length();
    return tokens.stream()
        .map(token -> new ScoredToken(token.sample(), token.offset() + echo))
        .toList();
  }

  private static String callId() {
    return "call_" + UUID.randomUUID().toString().replace("-", "").substring(0, 24);
  }

  /** Whether the answer is whole though the model might go on. */
  boolean satisfied() {
    return stopString().isPresent() || (callsEnded > 0 && !generation.reading().parallelCalls());
  }

  Optional<String> stopString() {
    return stops.matched();
  }

  /** How it ends when the model ended it or was stopped. */
  Ending ending() {
    if (calls > 0 && stopString().isEmpty()) {
      return Ending.of(Ending.Reason.TOOL_CALLS);
    }
    return new Ending(Ending.Reason.STOP, stopString().orElse(null));
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

  /** Whether its prompt was computed. */
  boolean hasStarted() {
    return started;
  }

  /** Tokens generated so far, those of a stop string included: they were computed. */
  int tokens() {
    return tokens;
  }

  /**
   * What of the prediction came true, where there was one: it follows from prediction and answer,
   * whatever the engine made of it.
   */
  Optional<PredictedTokens> predicted() {
    return generation.request().prediction().length == 0
        ? Optional.empty()
        : Optional.of(new PredictedTokens(prediction.accepted(), prediction.rejected()));
  }

  int reasoningTokens() {
    return reasoningTokens;
  }

  int cached() {
    return cached;
  }
}
