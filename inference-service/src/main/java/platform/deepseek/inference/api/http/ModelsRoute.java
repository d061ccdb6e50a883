package platform.deepseek.inference.api.http;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.stream.ErrorBody;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}. */
final class ModelsRoute implements Handler<RoutingContext> {

  private final String path;
  private final ServedModel model;
  private final RequestMetrics metrics;

  /**
   * @param path of the list; one model is below it
   */
  ModelsRoute(String path, ServedModel model, RequestMetrics metrics) {
    this.path = path;
    this.model = model;
    this.metrics = metrics;
  }

  @Override
  public void handle(RoutingContext context) {
    String rest = context.request().path().substring(path.length());
    if (rest.isEmpty() || rest.equals("/")) {
      send(
          context,
          new JsonBytes(256)
              .raw("{\"object\":\"list\",\"data\":[")
              .raw(modelJson().toBytes())
              .raw("]}"));
      return;
    }
    String id = decoded(rest.substring(1)); // an id may hold slashes: owner/model
    if (id.equals(model.id())) {
      send(context, modelJson());
    } else {
      metrics.refused(ApiError.MODEL_NOT_FOUND);
      ErrorBody.send(context.response(), notFound(id, model.id()));
    }
  }

  static ApiException notFound(String asked, String served) {
    String shown = asked.length() <= 100 ? asked : asked.substring(0, 100) + "...";
    return new ApiException(
        ApiError.MODEL_NOT_FOUND,
        "The model '%s' does not exist here; this server serves '%s'.".formatted(shown, served),
        "model");
  }

  private JsonBytes modelJson() {
    return new JsonBytes(160)
        .raw("{\"id\":")
        .string(model.id())
        .raw(",\"object\":\"model\",\"created\":")
        .number(model.created())
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
