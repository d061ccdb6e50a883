package platform.deepseek.inference.api.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import platform.deepseek.inference.api.error.ApiError;

/** Counts requests by outcome and failures by code. Every series exists from the start. */
@Singleton
public final class RequestMetrics {

  /** What became of a request that asked for a generation. */
  public enum Outcome {
    COMPLETED,
    /** The client went away. */
    CANCELLED,
    /** The server could not answer, or not in time. */
    FAILED,
    /** The request was at fault, or too many were waiting. */
    REJECTED
  }

  private final Map<Outcome, Counter> outcomes = new EnumMap<>(Outcome.class);
  private final Map<ApiError, Counter> errors = new EnumMap<>(ApiError.class);

  public RequestMetrics(MeterRegistry registry) {
    for (Outcome outcome : Outcome.values()) {
      outcomes.put(
          outcome,
          Counter.builder("deepseek.requests")
              .description("Requests by what became of them")
              .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
    for (ApiError error : ApiError.values()) {
      errors.put(
          error,
          Counter.builder("deepseek.errors")
              .description("Failures by the code of the error body")
              .tag("code", error.code())
              .register(registry));
    }
  }

  public void ended(Outcome outcome) {
    outcomes.get(outcome).increment();
  }

  /** A call that asked for no generation, or was not let in, failed. */
  public void refused(ApiError error) {
    errors.get(error).increment();
  }

  /** A request for a generation failed. */
  public void failed(ApiError error) {
    refused(error);
    ended(error.status < 500 ? Outcome.REJECTED : Outcome.FAILED);
  }
}
