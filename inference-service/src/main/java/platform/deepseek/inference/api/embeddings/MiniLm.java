package platform.deepseek.inference.api.embeddings;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import dev.langchain4j.model.output.Response;
import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;

/**
 * all-MiniLM-L6-v2, a model made for embeddings, through LangChain4j. Its session is its own and so
 * are its threads; ONNX Runtime is the same release as the engine's, called through its JNI
 * classes. A text past the model's 510 tokens is embedded in parts whose vectors are averaged.
 */
final class MiniLm implements EmbeddingModel {

  static final String ID = "all-minilm-l6-v2";

  private static final Logger LOG = Logger.getLogger(MiniLm.class);

  /** When its authors published it: 30 August 2021. */
  private static final long CREATED = 1_630_281_600;

  /** ONNX Runtime matches the command line with a regular expression that recurses per letter. */
  private static final long DEEP_STACK_BYTES = 64L << 20;

  /** Of English text, about. */
  private static final int CHARACTERS_PER_TOKEN = 4;

  private final AllMiniLmL6V2QuantizedEmbeddingModel model;

  private MiniLm(AllMiniLmL6V2QuantizedEmbeddingModel model) {
    this.model = model;
  }

  /** Takes about a second. */
  static MiniLm load() {
    // Computed by the thread that asks: there is one per request, and the machine is not ours
    // alone.
    var task = new FutureTask<>(() -> new AllMiniLmL6V2QuantizedEmbeddingModel(Runnable::run));
    new Thread(null, task, "all-minilm-start", DEEP_STACK_BYTES).start();
    try {
      return new MiniLm(task.get());
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          "deepseek.embedding-model=" + ID + " cannot be loaded; unset it or see the cause",
          e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while " + ID + " was loaded", e);
    }
  }

  @Override
  public String id() {
    return ID;
  }

  @Override
  public long created() {
    return CREATED;
  }

  @Override
  public Work prepare(EmbeddingRequest request) {
    request.requireLength(model.dimension());
    List<TextSegment> texts = new ArrayList<>(request.inputs().size());
    for (EmbeddingRequest.Input input : request.inputs()) {
      texts.add(TextSegment.from(text(input)));
    }
    long estimate =
        texts.stream()
            .mapToLong(text -> Math.ceilDiv(text.text().length(), CHARACTERS_PER_TOKEN))
            .sum();
    return new Work() {
      @Override
      public long promptTokens() {
        return estimate;
      }

      @Override
      public Running start(Grant grant, Context context, Listener listener) {
        return MiniLm.this.start(texts, context, listener);
      }
    };
  }

  private static String text(EmbeddingRequest.Input input) {
    return switch (input) {
      case EmbeddingRequest.Input.Text(String path, String text) -> {
        if (text.isBlank()) {
          throw new ApiException(
              ApiError.INVALID_VALUE,
              "Invalid '%s': it is blank; send text or leave it out.".formatted(path),
              path);
        }
        yield text;
      }
      case EmbeddingRequest.Input.Tokens(String path, int[] ids) ->
          throw new ApiException(
              ApiError.UNSUPPORTED_PARAMETER,
              "Unsupported value: '%s' has token ids, and %s takes text alone.".formatted(path, ID),
              path);
    };
  }

  private Running start(List<TextSegment> texts, Context context, Listener listener) {
    var cancelled = new AtomicBoolean();
    var computed = new AtomicLong();
    context
        .executeBlocking(() -> embed(texts, cancelled, computed), false)
        .onComplete(
            vectors -> {
              if (cancelled.get()) {
                return;
              }
              if (vectors.succeeded()) {
                listener.done(vectors.result().vectors, vectors.result().tokens);
              } else {
                LOG.error("embeddings failed", vectors.cause());
                listener.failed(
                    new ApiException(
                        ApiError.INTERNAL_ERROR,
                        "The server failed while embedding; its log says why."));
              }
            });
    return () -> {
      cancelled.set(true);
      return computed.get();
    };
  }

  private record Vectors(List<float[]> vectors, long tokens) {}

  private Vectors embed(List<TextSegment> texts, AtomicBoolean cancelled, AtomicLong computed) {
    List<float[]> vectors = new ArrayList<>(texts.size());
    for (TextSegment text : texts) {
      if (cancelled.get()) {
        break; // nobody waits for the rest
      }
      Response<Embedding> response = model.embed(text);
      vectors.add(response.content().vector());
      computed.addAndGet(response.tokenUsage().inputTokenCount());
    }
    return new Vectors(vectors, computed.get());
  }
}
