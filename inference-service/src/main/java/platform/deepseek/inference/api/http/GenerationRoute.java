package platform.deepseek.inference.api.http;

import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.function.Function;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.json.JsonBody;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.metrics.RequestMetrics.Outcome;
import platform.deepseek.inference.api.stream.ErrorBody;
import platform.deepseek.inference.api.stream.Generator;
import platform.deepseek.inference.api.stream.Prepared;

/**
 * A request for a generation, from its first byte to the engine: read on the event loop, parsed,
 * checked and tokenised on a worker thread (ten megabytes take their time), started on the event
 * loop again. A client that leaves on the way is never submitted, or cancelled at once.
 */
final class GenerationRoute implements Handler<RoutingContext> {

  private static final Logger LOG = Logger.getLogger(GenerationRoute.class);

  private final Function<Fields, Prepared> preparation;
  private final Generator generator;
  private final RequestMetrics metrics;
  private final long maxBodySize;

  GenerationRoute(
      Function<Fields, Prepared> preparation,
      Generator generator,
      RequestMetrics metrics,
      long maxBodySize) {
    this.preparation = preparation;
    this.generator = generator;
    this.metrics = metrics;
    this.maxBodySize = maxBodySize;
  }

  @Override
  public void handle(RoutingContext routing) {
    Arrival arrival = new Arrival(routing.response(), Vertx.currentContext());
    routing.addEndHandler(ended -> arrival.closed());
    String type = routing.request().getHeader("content-type");
    if (type != null && !isJson(type)) {
      arrival.refuse(
          new ApiException(
              ApiError.UNSUPPORTED_MEDIA_TYPE,
              "Content-Type '%s' is not supported; send application/json."
                  .formatted(type.length() <= 100 ? type : type.substring(0, 100) + "...")));
      return;
    }
    BodyReader.read(routing.request(), maxBodySize, arrival::prepare, arrival::refuse);
  }

  private static boolean isJson(String type) {
    String media = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return media.equals("application/json") || media.endsWith("+json");
  }

  /** One request on its way in. */
  private final class Arrival {

    private final HttpServerResponse response;
    private final Context context;
    private Runnable cancellation;
    private boolean closed;

    Arrival(HttpServerResponse response, Context context) {
      this.response = response;
      this.context = context;
    }

    void prepare(Buffer body) {
      context
          .executeBlocking(() -> preparation.apply(JsonBody.parse(body.getBytes())), false)
          .onComplete(
              prepared -> {
                if (closed) {
                  metrics.ended(Outcome.CANCELLED);
                } else if (prepared.succeeded()) {
                  start(prepared.result());
                } else {
                  refuse(failure(prepared.cause()));
                }
              });
    }

    private void start(Prepared prepared) {
      response.putHeader("x-request-id", prepared.id());
      cancellation = generator.start(prepared, response, context);
    }

    void refuse(ApiException failure) {
      metrics.failed(failure.error());
      ErrorBody.send(response, failure);
    }

    void closed() {
      closed = true;
      if (cancellation != null) {
        cancellation.run();
      }
    }
  }

  private static ApiException failure(Throwable cause) {
    if (cause instanceof ApiException failure) {
      return failure;
    }
    LOG.error("a request could not be prepared", cause);
    return new ApiException(
        ApiError.INTERNAL_ERROR, "The server failed while reading the request; its log says why.");
  }
}
