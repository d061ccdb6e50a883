package platform.deepseek.inference.api.generation;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.error.ContextLengthException;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.stream.Generation;
import platform.deepseek.inference.api.stream.Reading;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.sampling.TokenConstraint;

/** What every route asks of a request against the model that is loaded. */
@Singleton
public final class Sequences {

  private final ServedModel model;
  private final Duration startWithin;
  private final int longestToken;

  public Sequences(ServedModel model, ServiceConfig config) {
    this.model = model;
    this.startWithin = config.startWithin();
    this.longestToken =
        IntStream.range(0, model.tokenizer().vocabularySize())
            .map(token -> model.tokenizer().bytes(token).length)
            .max()
            .orElse(1);
  }

  public void requireModel(Fields body) {
    requireModel(body.requiredString("model"));
  }

  public void requireModel(String asked) {
    if (!asked.equals(model.id())) {
      throw new ApiException(
          ApiError.MODEL_NOT_FOUND,
          "The model '%s' does not exist here; this server serves '%s'."
              .formatted(
                  asked.length() <= 100 ? asked : asked.substring(0, 100) + "...", model.id()),
          "model");
    }
  }

  /**
   * Refuses a text that cannot fit even if all its tokens were the longest there are, before it is
   * rendered and tokenised, whose result nobody would have.
   */
  public void requirePossible(long characters, OptionalInt maxTokens) {
    long fewest = fewestTokens(characters);
    if (fewest > model.contextLength()) {
      throw new ContextLengthException(fewest, true, maxTokens.orElse(1), model.contextLength());
    }
  }

  /** A text has no fewer tokens, known without tokenising it. */
  public long fewestTokens(long characters) {
    return characters / longestToken;
  }

  /**
   * How far the tokens of a prompt are counted. Clients shorten a prompt by the number that a
   * refusal tells them; who has sent many times as much as fits needs no exact one.
   */
  public int mostCounted() {
    return (int) Math.min(4L * model.contextLength(), Integer.MAX_VALUE - 1);
  }

  /** Refuses a prompt whose tokens were not all counted. */
  public void requireCounted(int promptTokens, OptionalInt maxTokens) {
    if (promptTokens > mostCounted()) {
      throw new ContextLengthException(
          promptTokens, true, maxTokens.orElse(1), model.contextLength());
    }
  }

  /** Tokens that an answer to a prompt can have. At least 1, so that a full prompt is refused. */
  public int room(int promptTokens) {
    return Math.max(1, model.contextLength() - promptTokens);
  }

  public void requireRoom(int promptTokens, int maxTokens) {
    if ((long) promptTokens + maxTokens > model.contextLength()) {
      throw new ContextLengthException(promptTokens, false, maxTokens, model.contextLength());
    }
  }

  /**
   * Tokens of an answer that the client expects; of one that no context holds, the beginning, since
   * nothing depends on it but speed.
   */
  public int[] prediction(String text) {
    if (text.isEmpty()) {
      return new int[0];
    }
    long most = (long) model.contextLength() * longestToken;
    String possible = text.length() > most ? text.substring(0, (int) most) : text;
    return model.tokenizer().encode(possible, false, false);
  }

  /**
   * One choice of a prompt.
   *
   * @param choice its place among the prompt's choices, from 0
   * @param echo the prompt's text where it is to come first, else null
   * @param constraint for this choice alone, or null
   */
  public Generation generation(
      int[] prompt,
      int maxTokens,
      GenerationSettings settings,
      int choice,
      String echo,
      Reading reading,
      TokenConstraint constraint) {
    Set<Integer> stopTokens = settings.ignoreEndOfSequence() ? Set.of() : model.stopTokens();
    return new Generation(
        new GenerationRequest(
            prompt,
            maxTokens,
            settings.sampling(choice),
            stopTokens,
            settings.cacheSalt(),
            echo != null && settings.scored(),
            startWithin,
            constraint),
        settings.stop(),
        echo,
        reading);
  }
}
