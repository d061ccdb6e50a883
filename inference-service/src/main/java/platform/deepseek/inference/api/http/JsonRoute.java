package platform.deepseek.inference.api.http;

import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.function.BiFunction;
import org.jboss.logging.Logger;
import platform.deepseek.inference.api.account.Accounts;
import platform.deepseek.inference.api.account.Caller;
import platform.deepseek.inference.api.account.Consumption;
import platform.deepseek.inference.api.account.Demand;
import platform.deepseek.inference.api.account.Grant;
import platform.deepseek.inference.api.account.Outcome;
import platform.deepseek.inference.api.account.Question;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ApiException;
import platform.deepseek.inference.api.error.ErrorStyle;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.json.JsonBody;
import platform.deepseek.inference.api.stream.CacheControl;
import platform.deepseek.inference.api.stream.Client;
import platform.deepseek.inference.api.stream.ErrorBody;
import platform.deepseek.inference.api.stream.Job;

/**
 * A request with a JSON body, from its first byte to the work it asks for: read on the event loop,
 * parsed, checked and tokenised on a worker thread (ten megabytes take their time), granted what it
 * wants, and started on the event loop again. The work of a client that leaves on the way is never
 * started, or cancelled at once.
 */
final class JsonRoute implements Handler<RoutingContext> {

  private static final Logger LOG = Logger.getLogger(JsonRoute.class);

  /** What the budgets have left for the answer, where that is less than was asked for. */
  private static final String MOST_TOKENS = "x-deepseek-max-tokens";

  /** Counts requests that came to nothing before their work began. */
  interface Tally {

    void refused(ApiError error);

    void cancelled();
  }

  private final Accounts accounts;
  private final ErrorStyle errors;
  private final BiFunction<Caller, Fields, Job> preparation;
  private final Tally tally;
  private final BodyLimits limits;

  JsonRoute(
      Accounts accounts,
      ErrorStyle errors,
      BiFunction<Caller, Fields, Job> preparation,
      Tally tally,
      BodyLimits limits) {
    this.accounts = accounts;
    this.errors = errors;
    this.preparation = preparation;
    this.tally = tally;
    this.limits = limits;
  }

  @Override
  public void handle(RoutingContext routing) {
    Arrival arrival = new Arrival(routing, Vertx.currentContext());
    routing.addEndHandler(ended -> arrival.closed());
    String type = routing.request().getHeader("content-type");
    if (type != null && !isJson(type)) {
      arrival.refuse(unsupported("Content-Type", type, "send application/json"));
      return;
    }
    String coding = routing.request().getHeader("content-encoding");
    if (coding != null && !coding.equalsIgnoreCase("identity")) {
      arrival.refuse(unsupported("Content-Encoding", coding, "send the body as it is"));
      return;
    }
    BodyReader.read(routing, limits, arrival::prepare, arrival::refuse);
  }

  private static ApiException unsupported(String header, String value, String instead) {
    return new ApiException(
        ApiError.UNSUPPORTED_MEDIA_TYPE,
        "%s '%s' is not supported; %s."
            .formatted(
                header, value.length() <= 100 ? value : value.substring(0, 100) + "...", instead));
  }

  private static boolean isJson(String type) {
    String media = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return media.equals("application/json") || media.endsWith("+json");
  }

  /** One request on its way in. */
  private final class Arrival {

    private final Caller caller;
    private final Question question;
    private final HttpServerResponse response;
    private final Context context;
    private final Client client;
    private Runnable cancellation;
    private boolean closed;

    Arrival(RoutingContext routing, Context context) {
      this.caller = Caller.of(routing);
      this.question = Question.of(routing);
      this.response = routing.response();
      this.context = context;
      this.client =
          new Client(
              response, context, CacheControl.parse(routing.request().getHeader("cache-control")));
    }

    void prepare(Buffer body) {
      context
          .executeBlocking(() -> preparation.apply(caller, JsonBody.parse(body.getBytes())), false)
          .onComplete(
              prepared -> {
                if (closed) {
                  tally.cancelled();
                } else if (prepared.succeeded()) {
                  orRefuse(Grant.FREE, () -> reserve(prepared.result(), body));
                } else {
                  refuse(failure(prepared.cause()));
                }
              });
    }

    /** Now that its length is known: may it be answered? */
    private void reserve(Job job, Buffer body) {
      if (job.demand().isEmpty()) {
        cancellation = job.start(Grant.FREE, client);
        return;
      }
      Demand demand = job.demand().get();
      accounts
          .reserve(question, demand)
          .onComplete(
              granted -> {
                if (granted.failed()) {
                  refuse(failure(granted.cause()));
                } else if (closed) {
                  granted.result().settle(Consumption.NOTHING, Outcome.CANCELLED);
                  tally.cancelled();
                } else {
                  Grant grant = granted.result();
                  orRefuse(grant, () -> hold(job, demand, grant, body));
                }
              });
    }

    /** What its tenant's audit keeps of it is kept before it is answered. */
    private void hold(Job job, Demand demand, Grant grant, Buffer body) {
      grant
          .hold(body)
          .onComplete(
              held -> {
                if (held.failed()) {
                  grant.settle(Consumption.NOTHING, Outcome.FAILED);
                  refuse(failure(held.cause()));
                } else if (closed) {
                  grant.settle(Consumption.NOTHING, Outcome.CANCELLED);
                  tally.cancelled();
                } else {
                  orRefuse(grant, () -> start(job, demand, grant));
                }
              });
    }

    private void start(Job job, Demand demand, Grant grant) {
      grant.headers().forEach(response::putHeader);
      if (grant.maxTokens() < demand.maxTokens()) {
        response.putHeader(MOST_TOKENS, Long.toString(grant.maxTokens()));
      }
      cancellation = job.start(grant, client);
    }

    /** Else the client would wait, and its tokens stay aside. */
    private void orRefuse(Grant grant, Runnable next) {
      try {
        next.run();
      } catch (RuntimeException | Error fault) {
        grant.settle(Consumption.NOTHING, Outcome.FAILED);
        refuse(failure(fault));
      }
    }

    void refuse(ApiException failure) {
      tally.refused(failure.error());
      ErrorBody.send(response, failure, errors);
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
    LOG.error("a request could not be begun", cause);
    return new ApiException(
        ApiError.INTERNAL_ERROR, "The server failed before it could answer; its log says why.");
  }
}
