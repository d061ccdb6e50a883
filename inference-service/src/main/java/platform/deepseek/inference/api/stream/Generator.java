package platform.deepseek.inference.api.stream;

import io.vertx.core.Context;
import io.vertx.core.http.HttpServerResponse;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntPredicate;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.text.StopMatcher;

/** Runs prepared requests on the engine and writes their answers. */
@Singleton
public final class Generator {

  /** A request that runs; to be used on its event loop. */
  public interface Running {

    /** Ends it where it is; harmless when it has ended. */
    void cancel();
  }

  private final ServedModel model;
  private final IntPredicate hidden;
  private final RequestMetrics metrics;
  private final long streamLimit;
  private final long keepAliveMillis;
  private final Answers answers;
  private final Mailboxes mailboxes = new Mailboxes();

  Generator(ServedModel model, ServiceConfig config, RequestMetrics metrics, Answers answers) {
    this.model = model;
    this.answers = answers;
    this.hidden = model.format().answer().hidden(model.tokenizer());
    this.metrics = metrics;
    this.streamLimit = config.streamBufferSize().asLongValue();
    this.keepAliveMillis = Math.max(1, config.keepAlive().toMillis());
  }

  /** Answers a client; to be called on the connection's event loop. */
  public Running start(Prepared prepared, Grant grant, Client client) {
    return start(prepared, grant, client, tooSlow -> outlet(prepared, client.response(), tooSlow));
  }

  /** The outlet that answers a client, for who listens in between. */
  public Outlet outlet(Prepared prepared, HttpServerResponse response, Runnable tooSlow) {
    return prepared.stream()
        ? new EventStream(response, prepared.dialect(), streamLimit, tooSlow)
        : new WholeBody(response, prepared);
  }

  /**
   * Runs a request whose answer goes anywhere, or finds its answer; to be called on an event loop.
   *
   * @param grant settled when it has ended
   * @param outlets gets what to run when a client does not read, and gives the outlet
   */
  public Running start(
      Prepared prepared, Grant grant, Client client, Function<Runnable, Outlet> outlets) {
    if (prepared.recall().isEmpty()) {
      return compute(prepared, grant, outlets, client.context());
    }
    return answers.answer(
        prepared.recall().get(),
        new Answers.Request(prepared, grant, client, outlets, this::compute));
  }

  private Running compute(
      Prepared prepared, Grant grant, Function<Runnable, Outlet> outlets, Context context) {
    Prepared granted = prepared.granted(grant);
    List<Choice> choices = new ArrayList<>(granted.generations().size());
    // Of one request: its choices differ by prompt and seed.
    StopMatcher stops = new StopMatcher(granted.generations().getFirst().stop());
    for (Generation generation : granted.generations()) {
      choices.add(
          new Choice(choices.size(), generation, stops.ofAnotherText(), model.tokenizer(), hidden));
    }
    Exchange[] exchange = new Exchange[1]; // outlet and exchange know each other
    Outlet outlet = outlets.apply(() -> exchange[0].clientTooSlow());
    long timer = context.owner().setPeriodic(keepAliveMillis, elapsed -> exchange[0].keepAlive());
    exchange[0] =
        new Exchange(
            granted, choices, outlet, grant, metrics, () -> context.owner().cancelTimer(timer));
    exchange[0].start(model.engine(), mailboxes.of(context));
    return exchange[0]::clientLeft;
  }
}
