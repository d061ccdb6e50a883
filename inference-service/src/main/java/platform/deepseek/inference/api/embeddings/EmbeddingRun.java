package platform.deepseek.inference.api.embeddings;

import io.vertx.core.Context;
import java.util.Arrays;
import java.util.List;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.engine.GenerationRequest;
import platform.deepseek.inference.engine.GenerationService;
import platform.deepseek.inference.engine.Submission;
import platform.deepseek.inference.engine.TokenEvent;

/**
 * The inputs of one request in the engine: as many at a time as keep its steps full, and the next
 * one when one has ended. All 2,048 at once would fill the queue and keep everybody out. Lives on
 * the event loop of its connection.
 */
final class EmbeddingRun {

  private static final Logger LOG = Logger.getLogger(EmbeddingRun.class);

  private final GenerationService engine;
  private final List<GenerationRequest> requests;
  private final int together;
  private final Context context;
  private final EmbeddingModel.Listener listener;
  private final Submission[] submissions;
  private final float[][] vectors;
  private int submitted;
  private int finished;
  private long computed; // tokens
  private boolean ended;

  EmbeddingRun(
      GenerationService engine,
      List<GenerationRequest> requests,
      int together,
      Context context,
      EmbeddingModel.Listener listener) {
    this.engine = engine;
    this.requests = requests;
    this.together = together;
    this.context = context;
    this.listener = listener;
    submissions = new Submission[requests.size()];
    vectors = new float[requests.size()][];
  }

  /** Returns what cancels it. */
  EmbeddingModel.Running start() {
    while (!ended && submitted < Math.min(together, requests.size())) {
      submitNext();
    }
    return () -> {
      cancel();
      return computed;
    };
  }

  private void submitNext() {
    int input = submitted++;
    try {
      submissions[input] =
          engine.submit(
              requests.get(input), event -> context.runOnContext(nothing -> hear(input, event)));
    } catch (RuntimeException | Error fault) {
      broken(fault);
    }
  }

  private void hear(int input, TokenEvent event) {
    if (!ended) {
      try {
        on(input, event);
      } catch (RuntimeException | Error fault) {
        broken(fault);
      }
    }
  }

  private void on(int input, TokenEvent event) {
    switch (event) {
      case TokenEvent.Started started -> vectors[input] = started.embedding();
      case TokenEvent.Token token ->
          broken(new IllegalStateException("a token of an embedding: " + token));
      case TokenEvent.Finished done -> finished(input);
      case TokenEvent.Failed failed -> fail(ApiException.of(failed.error()));
    }
  }

  private void finished(int input) {
    finished++;
    computed += requests.get(input).prompt().length;
    if (submitted < requests.size()) {
      submitNext();
    } else if (finished == requests.size()) {
      listener.done(List.of(vectors), computed);
      ended = true;
    }
  }

  private void broken(Throwable fault) {
    LOG.error("embeddings failed", fault);
    fail(
        new ApiException(
            ApiError.INTERNAL_ERROR, "The server failed while embedding; its log says why."));
  }

  private void fail(ApiException failure) {
    if (!ended) {
      cancel();
      listener.failed(failure);
    }
  }

  private void cancel() {
    ended = true;
    Arrays.stream(submissions, 0, submitted)
        .filter(submission -> submission != null)
        .forEach(Submission::cancel);
  }
}
