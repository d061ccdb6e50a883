package platform.deepseek.inference.api.stream;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.account.Consumption;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.account.Outcome;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.engine.GenerationService;
import platform.deepseek.inference.engine.TokenEvent;

/**
 * One request while it runs: its choices, and what becomes of them together. Lives on the event
 * loop of its connection. It ends once, in one of three ways: all choices ended, one failed, or the
 * client went away; the last two cancel what still runs.
 */
final class Exchange {

  private static final Logger LOG = Logger.getLogger(Exchange.class);

  /** What an answer may be cut short by, where its API has a word for that. */
  private static final Set<ApiError> SHORTAGES =
      Set.of(
          ApiError.OUT_OF_MEMORY,
          ApiError.RUNNER_FAILED,
          ApiError.DEVICE_LOST,
          ApiError.SHUTTING_DOWN);

  private final Prepared prepared;
  private final List<Choice> choices;
  private final Outlet outlet;
  private final Grant grant;
  private final RequestMetrics metrics;
  private final Runnable ended;
  private int running;
  private boolean opened;
  private boolean done;

  /** The outlet has its end. */
  private boolean told;

  /**
   * @param ended called once, whatever the end
   */
  Exchange(
      Prepared prepared,
      List<Choice> choices,
      Outlet outlet,
      Grant grant,
      RequestMetrics metrics,
      Runnable ended) {
    this.prepared = prepared;
    this.choices = choices;
    this.outlet = outlet;
    this.grant = grant;
    this.metrics = metrics;
    this.ended = ended;
    running = choices.size();
  }

  void start(GenerationService engine, Mailbox mailbox) {
    try {
      for (Choice choice : choices) {
        choice.submitted(
            engine.submit(
                choice.generation.request(), event -> mailbox.post(() -> on(choice, event))));
      }
    } catch (RuntimeException | Error e) {
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
          List<Piece> echo = choice.started(started.cachedTokens(), started.promptScores());
          opened = true;
          outlet.open(choice.index, count());
          put(choice, echo);
        }
        case TokenEvent.Token token -> {
          put(choice, choice.token(token.sample()));
          if (choice.satisfied() && !done) {
            choice.cancel();
            end(choice, choice.ending());
          }
        }
        case TokenEvent.Finished finished -> {
          put(choice, choice.rest());
          switch (finished.reason()) {
            case STOP -> end(choice, choice.ending());
            case LENGTH ->
                end(choice, choice.satisfied() ? choice.ending() : Ending.of(Ending.Reason.LENGTH));
            case CANCELLED ->
                throw new IllegalStateException("cancelled by nobody: choice " + choice.index);
          }
        }
        case TokenEvent.Failed failed -> fail(ApiException.of(failed.error()));
      }
    } catch (RuntimeException | Error e) {
      broken(e);
    }
  }

  void keepAlive() {
    if (!done) {
      outlet.keepAlive();
    }
  }

  /**
   * A fault of our own: the client gets an id, the log has the cause. Also when it comes while the
   * end is told: else the client would wait for an answer that nobody writes.
   */
  private void broken(Throwable fault) {
    LOG.errorf(fault, "request %s failed", prepared.id());
    ApiException failure =
        new ApiException(
            ApiError.INTERNAL_ERROR,
            "The server failed while answering; report request " + prepared.id() + ".");
    try {
      fail(failure);
    } catch (RuntimeException | Error another) {
      LOG.errorf(another, "request %s failed again", prepared.id());
    }
    if (!told) {
      told = true;
      outlet.fail(failure);
    }
  }

  private void put(Choice choice, List<Piece> pieces) {
    for (Piece piece : pieces) {
      if (done) {
        return;
      }
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
      close(Outcome.COMPLETED);
      metrics.ended(RequestMetrics.Outcome.COMPLETED); // before the client can know and look
      outlet.complete(count());
      told = true;
    }
  }

  private TokenCount count() {
    int prompt = 0;
    int cached = 0;
    int completion = 0;
    int reasoning = 0;
    for (int i = 0; i < choices.size(); i++) {
      Choice choice = choices.get(i);
      if (i % prepared.perPrompt() == 0) {
        prompt += choice.generation.request().prompt().length;
        cached += choice.cached();
      }
      completion += choice.tokens();
      reasoning += choice.reasoningTokens();
    }
    return new TokenCount(
        prompt,
        cached,
        completion,
        reasoning,
        choices.stream()
            .map(Choice::predicted)
            .flatMap(Optional::stream)
            .reduce(PredictedTokens::plus));
  }

  private void fail(ApiException failure) {
    if (done) {
      return;
    }
    List<Choice> unfinished = choices.stream().filter(choice -> !choice.ended()).toList();
    stop(Outcome.FAILED);
    metrics.failed(failure.error());
    if (opened && prepared.dialect().endsShort() && SHORTAGES.contains(failure.error())) {
      for (Choice choice : unfinished) {
        outlet.end(choice.index, Ending.of(Ending.Reason.INSUFFICIENT_SYSTEM_RESOURCE));
      }
      outlet.complete(count());
    } else {
      outlet.fail(failure);
    }
    told = true;
  }

  /** The connection is closed. */
  void clientLeft() {
    if (!done) {
      stop(Outcome.CANCELLED);
      metrics.ended(RequestMetrics.Outcome.CANCELLED);
    }
  }

  /** The client does not read what is written for it. */
  void clientTooSlow() {
    if (!done) {
      stop(Outcome.CANCELLED);
      metrics.failed(ApiError.CLIENT_TOO_SLOW);
    }
  }

  private void stop(Outcome outcome) {
    close(outcome);
    choices.forEach(Choice::cancel);
  }

  private void close(Outcome outcome) {
    done = true;
    try {
      grant.settle(used(), outcome);
    } finally {
      ended.run();
    }
  }

  /** A prompt that was not computed yet was not used. */
  private Consumption used() {
    long prompt = 0;
    long cached = 0;
    long completion = 0;
    for (int first = 0; first < choices.size(); first += prepared.perPrompt()) {
      List<Choice> ofPrompt = choices.subList(first, first + prepared.perPrompt());
      if (ofPrompt.stream().anyMatch(Choice::hasStarted)) {
        prompt += ofPrompt.getFirst().generation.request().prompt().length;
        cached += ofPrompt.getFirst().cached();
      }
      completion += ofPrompt.stream().mapToLong(Choice::tokens).sum();
    }
    return new Consumption(prompt, cached, completion);
  }
}
