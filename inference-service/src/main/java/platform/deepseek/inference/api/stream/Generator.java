package platform.deepseek.inference.api.stream;

import io.vertx.core.Context;
import io.vertx.core.http.HttpServerResponse;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.metrics.RequestMetrics;

/** Runs prepared requests on the engine and writes their answers. */
@Singleton
public final class Generator {

  private final ServedModel model;
  private final RequestMetrics metrics;
  private final long streamLimit;
  private final Mailboxes mailboxes = new Mailboxes();

  Generator(ServedModel model, ServiceConfig config, RequestMetrics metrics) {
    this.model = model;
    this.metrics = metrics;
    this.streamLimit = config.streamBufferSize().asLongValue();
  }

  /**
   * Starts a request; to be called on the connection's event loop.
   *
   * @return to be run on the same event loop when the connection closes
   */
  public Runnable start(Prepared prepared, HttpServerResponse response, Context context) {
    List<Choice> choices = new ArrayList<>(prepared.generations().size());
    for (Generation generation : prepared.generations()) {
      choices.add(new Choice(choices.size(), generation, model.tokenizer()));
    }
    Exchange exchange = new Exchange(prepared, choices, response, streamLimit, metrics);
    exchange.start(model.engine(), mailboxes.of(context));
    return exchange::clientLeft;
  }
}
