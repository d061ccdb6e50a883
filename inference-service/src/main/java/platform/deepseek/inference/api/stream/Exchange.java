package platform.deepseek.inference.api.stream;

import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.metrics.RequestMetrics.Outcome;
import platform.deepseek.inference.engine.Engine;
import platform.deepseek.inference.engine.TokenEvent;

/**
 * One request while it runs: its choices, and what becomes of them together. Lives on the event
 * loop of its connection. It ends once, in one of three ways: all choices ended, one failed, or the
 * client went away; the last two cancel what still runs.
 */
final class Exchange {

  private static final Logger LOG = Logger.getLogger(Exchange.class);

  private final Prepared prepared;
  private final List<Choice> choices;
  private final Outlet outlet;
  private final HttpServerResponse response;
  private final RequestMetrics metrics;
  private int running;
  private boolean done;

  Exchange(
      Prepared prepared,
      List<Choice> choices,
      HttpServerResponse response,
      long streamLimit,
      RequestMetrics metrics) {
    this.prepared = prepared;
    this.choices = choices;
    this.response = response;
    this.metrics = metrics;
    this.outlet =
        prepared.stream()
            ? new EventStream(response, prepared.dialect(), streamLimit, this::clientTooSlow)
            : new WholeBody(response, prepared.dialect(), choices.size());
    running = choices.size();
  }

  void start(Engine engine, Mailbox mailbox) {
    try {
      for (Choice choice : choices) {
        choice.submitted(
            engine.submit(choice.generation.request(), event -> mailbox.post(this, choice, event)));
      }
    } catch (RuntimeException e) {
      broken(e);
    }
  }

  void on(Choice choice, TokenEvent event) {
    if (done || choice.ended()) {
      return;
    }
    try {
      switch (event) {
        case TokenEvent.Started started -> {
          outlet.open(choice.index);
          put(choice, choice.started(started.cachedTokens(), started.promptScores()));
        }
        case TokenEvent.Token token -> {
          put(choice, choice.token(token.sample()));
          if (choice.stoppedByString() && !done) {
            choice.cancel();
            end(choice, Ending.STOP);
          }
        }
        case TokenEvent.Finished finished -> {
          put(choice, choice.rest());
          switch (finished.reason()) {
            case STOP -> end(choice, Ending.STOP);
            case LENGTH -> end(choice, choice.stoppedByString() ? Ending.STOP : Ending.LENGTH);
            case CANCELLED ->
                throw new IllegalStateException("cancelled by nobody: choice " + choice.index);
          }
        }
        case TokenEvent.Failed failed -> fail(ApiException.of(failed.error()));
      }
    } catch (RuntimeException e) {
      broken(e);
    }
  }

  /** A fault of our own: the client gets an id, the log has the cause. */
  private void broken(RuntimeException fault) {
    LOG.errorf(fault, "request %s failed", prepared.id());
    fail(
        new ApiException(
            ApiError.INTERNAL_ERROR,
            "The server failed while answering; report request " + prepared.id() + "."));
  }

  private void put(Choice choice, Piece piece) {
    if (!piece.isEmpty()) {
      outlet.piece(choice.index, piece);
    }
  }

  private void end(Choice choice, Ending ending) {
    if (done) {
      return;
    }
    choice.end();
    outlet.end(choice.index, ending);
    if (--running == 0 && !done) {
      done = true;
      metrics.ended(Outcome.COMPLETED); // before the client can know and look
      outlet.complete(count());
    }
  }

  private TokenCount count() {
    int prompt = 0;
    int cached = 0;
    int completion = 0;
    for (int i = 0; i < choices.size(); i++) {
      Choice choice = choices.get(i);
      if (i % prepared.perPrompt() == 0) {
        prompt += choice.generation.request().prompt().length;
        cached += choice.cached();
      }
      completion += choice.tokens();
    }
    return new TokenCount(prompt, cached, completion);
  }

  private void fail(ApiException failure) {
    if (done) {
      return;
    }
    stop();
    metrics.failed(failure.error());
    outlet.fail(failure);
  }

  /** The connection is closed. */
  void clientLeft() {
    if (!done) {
      stop();
      metrics.ended(Outcome.CANCELLED);
    }
  }

  private void clientTooSlow() {
    if (!done) {
      stop();
      metrics.failed(ApiError.CLIENT_TOO_SLOW);
    }
    response.reset();
  }

  private void stop() {
    done = true;
    choices.forEach(Choice::cancel);
  }
}
