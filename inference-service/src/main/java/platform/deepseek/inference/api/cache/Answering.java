package platform.deepseek.inference.api.cache;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.account.Consumption;
import platform.deepseek.inference.api.account.Outcome;
import platform.deepseek.inference.api.cache.CacheMetrics.Found;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.stream.Answers;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Generator;
import platform.deepseek.inference.api.stream.Outlet;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;

/*
 * A request goes from one state to the next, and ends once:
 *
 *   looking ──hit──► replayed
 *      │ ├──follow──► following ──done, or ended──► replayed to its end
 *      │ │                │ └──lost──► looking again (one of all who follow gets the lease)
 *      │ │                └──abandoned──► computing, for itself
 *      │ └──lease──► computing, for all (Lead)
 *      └──pass, nothing in time──► computing, for itself
 *
 * Until it computes, this is where the request is settled, counted and kept alive; from then on
 * the exchange with the engine does that. Whatever comes from the second source on joins what the
 * client has already (Continuation).
 */
/** One request on its way to its answer. On one event loop. */
final class Answering implements Generator.Running {

  private static final Logger LOG = Logger.getLogger(Answering.class);

  /** How often a leader's death sends a request back to the lookup. */
  private static final int MOST_LOOKUPS = 4;

  private static final int CHOICE = 0;
  private static final String X_CACHE = "x-cache";

  private final CachedAnswers cache;
  private final Answers.Request request;
  private final Buffer question;
  private final long patienceMillis;
  private final Vertx vertx;
  private final Continuation outlet;
  private final int promptTokens;
  private final long keepAlive;
  private int lookups;
  private int lookup; // the one that is waited for
  private Following following;
  private Generator.Running computing;
  private Runnable clientTooSlow = this::tooSlow;
  private Lead lead;
  private boolean done;
  private boolean settled; // here, and not by the exchange

  /**
   * @param question the lookup as it is sent
   * @param patienceMillis that it may take
   */
  Answering(CachedAnswers cache, Answers.Request request, Buffer question, long patienceMillis) {
    this.cache = cache;
    this.request = request;
    this.question = question;
    this.patienceMillis = patienceMillis;
    this.vertx = request.client().context().owner();
    this.promptTokens = request.prepared().generations().getFirst().request().prompt().length;
    this.outlet = new Continuation(request.outlets().apply(() -> clientTooSlow.run()));
    this.keepAlive = vertx.setPeriodic(cache.keepAliveMillis(), due -> outlet.keepAlive());
  }

  void look() {
    orFail(this::ask);
  }

  private void ask() {
    if (!cache.breaker().admits()) {
      found(Found.SKIPPED);
      compute("MISS", null);
      return;
    }
    lookups++;
    int mine = ++lookup;
    long begun = System.nanoTime();
    long timer =
        vertx.setTimer(
            patienceMillis,
            late -> {
              if (mine == lookup) {
                lookup++;
                cache.metrics().lookedUp(System.nanoTime() - begun);
                orFail(() -> unavailable("it takes more than " + patienceMillis + " ms"));
              }
            });
    cache
        .client()
        .lookup(question)
        .map(CachedAnswers::read)
        .onComplete(
            answer -> {
              vertx.cancelTimer(timer);
              if (mine != lookup) {
                answer.map(
                    late -> {
                      cache.returnUnused(late);
                      return late;
                    });
                return;
              }
              lookup++;
              cache.metrics().lookedUp(System.nanoTime() - begun);
              if (answer.succeeded()) {
                cache.answered();
                orFail(() -> go(answer.result()));
              } else {
                orFail(() -> unavailable(answer.cause().getMessage()));
              }
            });
  }

  /**
   * What fails on the way would be a fault of an event loop, which goes on: the client would be
   * kept alive for ever, and never answered.
   */
  private void orFail(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error fault) {
      LOG.errorf(fault, "request %s failed", request.prepared().id());
      vertx.cancelTimer(keepAlive);
      if (following != null) {
        following.stop();
      }
      loseLead();
      done = true;
      if (!settled) {
        settled = true;
        request.grant().settle(Consumption.NOTHING, Outcome.FAILED);
        cache.requests().failed(ApiError.INTERNAL_ERROR);
      }
      outlet.fail(
          new ApiException(
              ApiError.INTERNAL_ERROR,
              "The server failed while answering; report request "
                  + request.prepared().id()
                  + "."));
    }
  }

  private void unavailable(String why) {
    cache.unanswered(why);
    found(Found.UNAVAILABLE);
    if (!done) {
      compute("MISS", null);
    }
  }

  private void go(Lookup answer) {
    if (done) {
      cache.returnUnused(answer);
      return;
    }
    switch (answer) {
      case Lookup.Hit hit -> {
        found(Found.HIT);
        cache.metrics().saved(hit.answer().computeMillis());
        say(hit.told());
        replay(hit.answer());
      }
      case Lookup.Lease lease -> {
        found(Found.LEASE);
        compute("MISS", lease);
      }
      case Lookup.Follow follow -> {
        found(Found.FOLLOW);
        say("FOLLOW");
        outlet.restart();
        following = new Following(cache.client(), follow, line -> orFail(() -> read(line)));
      }
      case Lookup.Pass pass -> {
        found(Found.PASS);
        compute("MISS", null);
      }
    }
  }

  private void found(Found what) {
    cache.metrics().found(what);
  }

  /** Where the head has left, it said so before. */
  private void say(String what) {
    HttpServerResponse response = request.client().response();
    if (!response.headWritten() && !response.ended()) {
      response.putHeader(X_CACHE, what);
    }
  }

  private void read(StreamLine line) {
    if (done) {
      return;
    }
    switch (line) {
      case StreamLine.More more -> {
        outlet.open(CHOICE, promptCount());
        outlet.piece(CHOICE, more.piece());
      }
      case StreamLine.Alive alive -> {}
      case StreamLine.Done whole -> replay(whole.answer());
      case StreamLine.Ended ended -> {
        outlet.open(CHOICE, promptCount());
        close(
            ended.ending(),
            new TokenCount(
                promptTokens, promptTokens, ended.count().completion(), ended.count().reasoning()));
      }
      case StreamLine.Lost lost -> {
        following = null;
        cache.metrics().takenOver();
        if (lookups < MOST_LOOKUPS) {
          look();
        } else {
          compute("MISS", null);
        }
      }
      case StreamLine.Abandoned abandoned -> {
        following = null;
        compute("MISS", null);
      }
    }
  }

  private void replay(KeptAnswer answer) {
    outlet.restart();
    outlet.open(CHOICE, promptCount());
    if (answer.reasoning() != null) {
      outlet.piece(CHOICE, new Piece.Reasoning(answer.reasoning(), List.of()));
    }
    if (!answer.content().isEmpty()) {
      outlet.piece(CHOICE, new Piece.Text(answer.content(), List.of()));
    }
    if (!done) { // the client may be too slow
      close(
          new Ending(Ending.Reason.STOP, answer.stopString()),
          new TokenCount(
              promptTokens, promptTokens, answer.completionTokens(), answer.reasoningTokens()));
    }
  }

  /** Nothing of the prompt was computed. */
  private TokenCount promptCount() {
    return new TokenCount(promptTokens, promptTokens, 0, 0);
  }

  private void close(Ending ending, TokenCount count) {
    outlet.end(CHOICE, ending);
    if (done) {
      return;
    }
    finish(new Consumption(promptTokens, promptTokens, 0), Outcome.CACHE_HIT);
    cache.requests().ended(RequestMetrics.Outcome.COMPLETED); // before the client can know and look
    outlet.complete(count);
  }

  /**
   * @param lease null: for this client alone
   */
  private void compute(String what, Lookup.Lease lease) {
    say(what);
    vertx.cancelTimer(keepAlive);
    done = true; // here: from now on the exchange settles
    outlet.restart();
    if (lease != null) {
      boolean cut =
          request.grant().maxTokens()
              < request.prepared().generations().getFirst().request().maxTokens();
      lead = new Lead(vertx, cache.client(), lease, outlet, cut, cache.config(), cache.metrics());
    }
    Outlet target = lead == null ? outlet : lead;
    computing =
        request.compute(
            tooSlow -> {
              clientTooSlow =
                  () -> {
                    tooSlow.run();
                    loseLead();
                  };
              return target;
            });
  }

  private void loseLead() {
    if (lead != null) {
      lead.lose();
    }
  }

  @Override
  public void cancel() {
    if (computing != null) {
      computing.cancel();
      loseLead();
    } else if (!done) {
      leave();
      cache.requests().ended(RequestMetrics.Outcome.CANCELLED);
    }
  }

  private void tooSlow() {
    if (!done) {
      leave();
      cache.requests().failed(ApiError.CLIENT_TOO_SLOW);
    }
  }

  private void leave() {
    finish(Consumption.NOTHING, Outcome.CANCELLED);
    if (following != null) {
      following.stop();
    }
  }

  private void finish(Consumption used, Outcome outcome) {
    done = true;
    settled = true;
    vertx.cancelTimer(keepAlive);
    request.grant().settle(used, outcome);
  }
}
