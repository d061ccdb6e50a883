package platform.deepseek.inference.api.http;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.anthropic.ModelList;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.stream.ErrorBody;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}, in the shapes of one API. */
final class ModelsRoute implements Handler<RoutingContext> {

  private final String path;
  private final JsonBytes list;
  private final SequencedMap<String, JsonBytes> entries;
  private final RequestMetrics metrics;

  private ModelsRoute(
      String path,
      JsonBytes list,
      SequencedMap<String, JsonBytes> entries,
      RequestMetrics metrics) {
    this.path = path;
    this.list = list;
    this.entries = entries;
    this.metrics = metrics;
  }

  /**
   * In OpenAI's shapes, which are DeepSeek's.
   *
   * @param path of the list; each model is below it
   * @param others models beside the loaded one, and when they were made in seconds since 1970
   */
  static ModelsRoute openAi(
      String path, ServedModel model, Map<String, Long> others, RequestMetrics metrics) {
    SequencedMap<String, JsonBytes> entries = new LinkedHashMap<>();
    entries.put(model.id(), openAiEntry(model.id(), model.created()));
    others.forEach((id, created) -> entries.put(id, openAiEntry(id, created)));
    JsonBytes list = new JsonBytes(256).raw("{\"object\":\"list\",\"data\":[");
    String separator = "";
    for (JsonBytes entry : entries.values()) {
      list.raw(separator).raw(entry.toBytes());
      separator = ",";
    }
    return new ModelsRoute(path, list.raw("]}"), entries, metrics);
  }

  /** In Anthropic's shapes: the model that answers messages. */
  static ModelsRoute anthropic(String path, ServedModel model, RequestMetrics metrics) {
    SequencedMap<String, JsonBytes> entries = new LinkedHashMap<>();
    entries.put(model.id(), ModelList.entry(model));
    return new ModelsRoute(path, ModelList.page(model), entries, metrics);
  }

  @Override
  public void handle(RoutingContext context) {
    String rest = context.request().path().substring(path.length());
    if (rest.isEmpty() || rest.equals("/")) {
      send(context, list);
      return;
    }
    String id = decoded(rest.substring(1)); // an id may hold slashes: owner/model
    JsonBytes entry = entries.get(id);
    if (entry != null) {
      send(context, entry);
    } else {
      metrics.refused(ApiError.MODEL_NOT_FOUND);
      ErrorBody.send(
          context.response(),
          notFound(id, String.join("', '", entries.keySet())),
          Styles.of(context.request()));
    }
  }

  static ApiException notFound(String asked, String served) {
    String shown = asked.length() <= 100 ? asked : asked.substring(0, 100) + "...";
    return new ApiException(
        ApiError.MODEL_NOT_FOUND,
        "The model '%s' does not exist here; this server serves '%s'.".formatted(shown, served),
        "model");
  }

  private static JsonBytes openAiEntry(String id, long created) {
    return new JsonBytes(160)
        .raw("{\"id\":")
        .string(id)
        .raw(",\"object\":\"model\",\"created\":")
        .number(created)
        .raw(",\"owned_by\":\"deepseek-platform\"}");
  }

  private static void send(RoutingContext context, JsonBytes json) {
    context.response().putHeader("content-type", "application/json").end(json.toBuffer());
  }

  /** Percent signs are decoded as in a path, where a plus is a plus. */
  private static String decoded(String path) {
    try {
      return URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return path; // not an escape, so it is the name itself
    }
  }
}
