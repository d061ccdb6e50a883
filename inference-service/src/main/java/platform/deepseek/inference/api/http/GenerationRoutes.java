package platform.deepseek.inference.api.http;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.function.BiFunction;
import java.util.function.Function;
import platform.deepseek.inference.api.ServedModel;
import platform.deepseek.inference.api.ServiceConfig;
import platform.deepseek.inference.api.account.Accounts;
import platform.deepseek.inference.api.account.Caller;
import platform.deepseek.inference.api.error.ApiError;
import platform.deepseek.inference.api.error.ErrorStyle;
import platform.deepseek.inference.api.json.Fields;
import platform.deepseek.inference.api.json.JsonBytes;
import platform.deepseek.inference.api.metrics.RequestMetrics;
import platform.deepseek.inference.api.metrics.RequestMetrics.Outcome;
import platform.deepseek.inference.api.stream.Answers;
import platform.deepseek.inference.api.stream.Generator;
import platform.deepseek.inference.api.stream.Job;
import platform.deepseek.inference.api.stream.Prepared;
import platform.deepseek.inference.api.stream.RequestId;

/** Makes the routes that take JSON: they differ in how a request is read and a failure is told. */
@Singleton
final class GenerationRoutes {

  private final Accounts accounts;
  private final ServedModel model;
  private final Generator generator;
  private final Answers answers;
  private final RequestMetrics metrics;
  private final BodyLimits limits;

  GenerationRoutes(
      Accounts accounts,
      ServedModel model,
      Generator generator,
      Answers answers,
      RequestMetrics metrics,
      ServiceConfig config) {
    this.accounts = accounts;
    this.model = model;
    this.generator = generator;
    this.answers = answers;
    this.metrics = metrics;
    this.limits = new BodyLimits(config.maxBodySize().asLongValue(), config.bodyWithin());
  }

  /**
   * A route that generates.
   *
   * @param preparation from the fields of a body to what is to be run; called on a worker thread
   */
  Handler<RoutingContext> of(ErrorStyle errors, Function<Fields, Prepared> preparation) {
    return working(errors, body -> job(body, preparation.apply(body)));
  }

  /** A route that computes something else with a model. */
  Handler<RoutingContext> working(ErrorStyle errors, Function<Fields, Job> preparation) {
    return working(errors, (caller, body) -> preparation.apply(body));
  }

  /** The same where it matters who asks. */
  Handler<RoutingContext> working(ErrorStyle errors, BiFunction<Caller, Fields, Job> preparation) {
    return new JsonRoute(accounts, errors, preparation, new GenerationTally(), limits);
  }

  /** A route that answers without a model; the answer is made on a worker thread. */
  Handler<RoutingContext> answering(ErrorStyle errors, Function<Fields, JsonBytes> answers) {
    return answering(errors, (caller, body) -> answers.apply(body));
  }

  /** The same where it matters who asks. */
  Handler<RoutingContext> answering(
      ErrorStyle errors, BiFunction<Caller, Fields, JsonBytes> answers) {
    return new JsonRoute(
        accounts,
        errors,
        (caller, body) -> sending(answers.apply(caller, body)),
        new RefusalTally(),
        limits);
  }

  private static Job sending(JsonBytes answer) {
    return Job.free(
        client -> {
          client.response().putHeader("content-type", "application/json").end(answer.toBuffer());
          return () -> {};
        });
  }

  private Job job(Fields body, Prepared read) {
    Prepared prepared = read.recalledBy(answers.recall(body, read));
    return Job.of(
        prepared.demand(model.id()),
        (grant, client) -> {
          RequestId.put(client.response(), prepared.id());
          return generator.start(prepared, grant, client)::cancel;
        });
  }

  private final class GenerationTally implements JsonRoute.Tally {

    @Override
    public void refused(ApiError error) {
      metrics.failed(error);
    }

    @Override
    public void cancelled() {
      metrics.ended(Outcome.CANCELLED);
    }
  }

  private final class RefusalTally implements JsonRoute.Tally {

    @Override
    public void refused(ApiError error) {
      metrics.refused(error);
    }

    @Override
    public void cancelled() {
      // Only generations are counted by their outcome.
    }
  }
}
