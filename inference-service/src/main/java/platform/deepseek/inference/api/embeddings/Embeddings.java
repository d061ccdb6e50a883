package platform.deepseek.inference.api.embeddings;

import io.vertx.core.http.HttpServerResponse;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.account.Consumption;
import platform.deepseek.inference.api.account.Demand;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.account.Outcome;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.generation.Sequences;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.openai.OpenAiErrors;
import platform.deepseek.inference.api.stream.ErrorBody;
import platform.deepseek.inference.api.stream.Job;

/** {@code POST /v1/embeddings}: from fields to vectors. */
@Singleton
public final class Embeddings {

  private static final String SELF = "self";

  private final SequencedMap<String, EmbeddingModel> models = new LinkedHashMap<>();
  private final RequestMetrics metrics;

  Embeddings(ServedModel model, Sequences sequences, ServiceConfig config, RequestMetrics metrics) {
    this.metrics = metrics;
    // Twice the batch: the engine has the next inputs at hand whenever some end.
    var self = new LoadedModel(model, sequences, config.startWithin(), 2 * model.engine().places());
    models.put(self.id(), self);
    switch (config.embeddingModel()) {
      case SELF -> {}
      case MiniLm.ID -> models.put(MiniLm.ID, MiniLm.load());
      default ->
          throw new IllegalStateException(
              "deepseek.embedding-model=%s is not one of %s, %s"
                  .formatted(config.embeddingModel(), SELF, MiniLm.ID));
    }
  }

  /** Models that only make embeddings, and when they were made, for the list of models. */
  public Map<String, Long> ownModels() {
    return models.values().stream()
        .filter(model -> !(model instanceof LoadedModel))
        .collect(Collectors.toMap(EmbeddingModel::id, EmbeddingModel::created));
  }

  /**
   * Checks and tokenises; to be called on a worker thread.
   *
   * @throws ApiException the request is at fault
   */
  public Job prepare(Fields body) {
    EmbeddingRequest request = EmbeddingRequest.parse(body);
    EmbeddingModel.Work work = model(request.model()).prepare(request);
    return Job.of(
        new Demand(request.model(), work.promptTokens(), 0, ""),
        (grant, client) -> {
          var writer = new Writer(request, grant, client.response());
          EmbeddingModel.Running running = work.start(grant, client.context(), writer);
          return () -> writer.clientLeft(running.cancel());
        });
  }

  private EmbeddingModel model(String asked) {
    EmbeddingModel model = models.get(asked);
    if (model == null) {
      throw new ApiException(
          ApiError.MODEL_NOT_FOUND,
          "The model '%s' does not exist here; this server serves '%s'."
              .formatted(
                  asked.length() <= 100 ? asked : asked.substring(0, 100) + "...",
                  String.join("', '", models.keySet())),
          "model");
    }
    return model;
  }

  /** Answers, and counts what became of the request. */
  private final class Writer implements EmbeddingModel.Listener {

    private final EmbeddingRequest request;
    private final Grant grant;
    private final HttpServerResponse response;
    private boolean ended;

    Writer(EmbeddingRequest request, Grant grant, HttpServerResponse response) {
      this.request = request;
      this.grant = grant;
      this.response = response;
    }

    @Override
    public void done(List<float[]> vectors, long promptTokens) {
      if (!vectors.stream().allMatch(Writer::isFinite)) {
        failed(
            new ApiException(
                ApiError.INTERNAL_ERROR,
                "The model gave a vector that is no number; try another precision."));
        return;
      }
      ended = true;
      grant.settle(new Consumption(promptTokens, 0, 0), Outcome.COMPLETED);
      metrics.ended(RequestMetrics.Outcome.COMPLETED); // before the client can know and look
      response
          .putHeader("content-type", "application/json")
          .end(
              EmbeddingBody.json(request.model(), vectors, request.base64(), promptTokens)
                  .toBuffer());
    }

    private static boolean isFinite(float[] vector) {
      for (float value : vector) {
        if (!Float.isFinite(value)) {
          return false;
        }
      }
      return true;
    }

    @Override
    public void failed(ApiException failure) {
      ended = true;
      grant.settle(Consumption.NOTHING, Outcome.FAILED);
      metrics.failed(failure.error());
      ErrorBody.send(response, failure, OpenAiErrors.STYLE);
    }

    void clientLeft(long computed) {
      if (!ended) {
        ended = true;
        grant.settle(new Consumption(computed, 0, 0), Outcome.CANCELLED);
        metrics.ended(RequestMetrics.Outcome.CANCELLED);
      }
    }
  }
}
