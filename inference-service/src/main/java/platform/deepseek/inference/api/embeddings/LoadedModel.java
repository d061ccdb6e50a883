package platform.deepseek.inference.api.embeddings;

import io.vertx.core.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.generation.Sequences;
import platform.deepseek.inference.engine.GenerationRequest;

/** Embeddings by the model that answers chats too: the mean of its last hidden states. */
final class LoadedModel implements EmbeddingModel {

  private final ServedModel model;
  private final Duration startWithin;
  private final int together;
  private final Sequences sequences;

  /**
   * @param together inputs of one request that are in the engine at the same time
   */
  LoadedModel(ServedModel model, Sequences sequences, Duration startWithin, int together) {
    this.model = model;
    this.startWithin = startWithin;
    this.together = together;
    this.sequences = sequences;
  }

  @Override
  public String id() {
    return model.id();
  }

  @Override
  public long created() {
    return model.created();
  }

  @Override
  public Work prepare(EmbeddingRequest request) {
    request.requireLength(model.engine().embeddingLength());
    List<GenerationRequest> requests = new ArrayList<>(request.inputs().size());
    for (EmbeddingRequest.Input input : request.inputs()) {
      int[] tokens = tokens(input);
      if (tokens.length == 0) {
        throw new ApiException(
            ApiError.INVALID_VALUE,
            "Invalid '%s': it has no tokens; send text or leave it out.".formatted(input.path()),
            input.path());
      }
      if (tokens.length > model.contextLength()) {
        throw tooLong(input, String.format(Locale.ROOT, "%,d", tokens.length));
      }
      requests.add(GenerationRequest.embedding(tokens, "", startWithin));
    }
    return new Work() {
      @Override
      public long promptTokens() {
        return requests.stream().mapToLong(each -> each.prompt().length).sum();
      }

      @Override
      public Running start(Grant grant, Context context, Listener listener) {
        List<GenerationRequest> granted =
            requests.stream()
                .map(each -> each.granted(grant.cacheSalt(), 0, grant.share()))
                .toList();
        return new EmbeddingRun(model.engine(), granted, together, context, listener).start();
      }
    };
  }

  private int[] tokens(EmbeddingRequest.Input input) {
    return switch (input) {
      case EmbeddingRequest.Input.Text(String path, String text) -> {
        // Before it is tokenised: megabytes take seconds, and nobody would have the result.
        long fewest = sequences.fewestTokens(text.length());
        if (fewest > model.contextLength()) {
          throw tooLong(input, String.format(Locale.ROOT, "at least %,d", fewest));
        }
        yield model.tokenizer().encode(text, false, true);
      }
      case EmbeddingRequest.Input.Tokens(String path, int[] ids) -> {
        for (int i = 0; i < ids.length; i++) {
          if (ids[i] >= model.tokenizer().vocabularySize()) {
            String at = path + "[" + i + "]";
            throw new ApiException(
                ApiError.INVALID_VALUE,
                "Invalid '%s': token %d is outside the vocabulary of %d."
                    .formatted(at, ids[i], model.tokenizer().vocabularySize()),
                at);
          }
        }
        yield ids;
      }
    };
  }

  private ApiException tooLong(EmbeddingRequest.Input input, String tokens) {
    return new ApiException(
        ApiError.CONTEXT_LENGTH_EXCEEDED,
        String.format(
            Locale.ROOT,
            "%s has %s tokens and the context is %,d; split it",
            input.path(),
            tokens,
            model.contextLength()),
        input.path());
  }
}
