package platform.deepseek.auth.limit;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import platform.deepseek.auth.usage.Charge;

/**
 * One demand against the counters of one process; the rules of reserve.lua. Everything is asked
 * before anything is taken. Of several refusals an exhausted budget is told first, then the one
 * that has to be waited for longest.
 */
final class Deliberation {

  private static final long FOREVER = -1;
  private static final long SECOND = 1_000_000; // microseconds

  private record Refusal(Bound bound, Measure measure, long limit, long delay) {}

  private final Demand demand;
  private final long now;
  private final int replicas;
  private long granted;
  private Refusal tooFast;
  private Refusal spent;
  private Optional<Quota.Left> requests = Optional.empty();
  private Optional<Quota.Left> tokens = Optional.empty();

  /**
   * @param now in microseconds since 1970
   * @param replicas among which limits are shared
   */
  Deliberation(Demand demand, long now, int replicas) {
    this.demand = demand;
    this.now = now;
    this.replicas = replicas;
    this.granted = demand.maxTokens();
  }

  /** The rates of one bound. */
  void ask(Bound bound, Tally tally) {
    share(bound, Measure.REQUESTS_PER_SECOND)
        .ifPresent(
            most -> {
              if (most == 0) {
                refuse(bound, Measure.REQUESTS_PER_SECOND, most, FOREVER);
              } else if (tally.requests() >= most) {
                long wait = tally.waitForRequest(most, now);
                refuse(bound, Measure.REQUESTS_PER_SECOND, most, wait);
              }
              requests = least(requests, most, tally.requests(), tally.requestReset(now));
            });
    if (!demand.holds()) {
      return;
    }
    share(bound, Measure.CONCURRENT_REQUESTS)
        .ifPresent(
            most -> {
              if (tally.live() >= most) {
                refuse(bound, Measure.CONCURRENT_REQUESTS, most, SECOND);
              }
            });
    share(bound, Measure.TOKENS_PER_MINUTE)
        .ifPresent(
            most -> {
              long wanted = demand.promptTokens() + demand.maxTokens();
              if (wanted > most) {
                refuse(bound, Measure.TOKENS_PER_MINUTE, most, FOREVER);
              } else if (tally.tokens() + wanted > most) {
                long wait = tally.waitForTokens(wanted, most, now);
                refuse(bound, Measure.TOKENS_PER_MINUTE, most, wait);
              }
              tokens = least(tokens, most, tally.tokens(), tally.tokenReset(now));
            });
  }

  /**
   * A budget.
   *
   * @param before what was used of it when it began to be kept here
   * @param used since its beginning
   */
  void ask(Answer.Budget budget, Charge before, Charge used) {
    Answer.Period period = budget.period();
    long prompt = demand.promptTokens();
    share(budget.bound(), period.tokens(), before.tokens())
        .ifPresent(
            most -> {
              long left = most - used.tokens() - prompt;
              grant(budget.bound(), period.tokens(), most, left < 0 ? -1 : left);
            });
    share(budget.bound(), period.money(), before.money())
        .ifPresent(
            most -> {
              long left = most - used.money() - demand.price().ofPrompt(prompt);
              long affordable =
                  left < 0 ? -1 : demand.price().completionsFor(left, demand.maxTokens());
              grant(budget.bound(), period.money(), most, affordable);
            });
  }

  Ruling ruling() {
    Quota quota = new Quota(requests, tokens);
    Refusal refusal = spent != null ? spent : tooFast;
    return refusal == null
        ? new Ruling.Granted(granted, quota)
        : new Ruling.Refused(
            refusal.bound(),
            refusal.measure(),
            refusal.limit(),
            refusal == spent ? Optional.of(Duration.ZERO) : LocalCounters.duration(refusal.delay()),
            quota);
  }

  /** With what is left when the request has taken what it was granted. */
  Ruling.Granted afterwards(Ruling.Granted passed) {
    long taken = demand.holds() ? demand.promptTokens() + passed.maxTokens() : 0;
    Duration minute = Duration.ofNanos(((now / SECOND + 61) * SECOND - now) * 1_000);
    return new Ruling.Granted(
        passed.maxTokens(),
        new Quota(
            requests.map(
                left -> new Quota.Left(left.limit(), left.remaining() - 1, Duration.ofSeconds(1))),
            tokens.map(left -> new Quota.Left(left.limit(), left.remaining() - taken, minute))));
  }

  private void refuse(Bound bound, Measure measure, long limit, long delay) {
    if (tooFast == null || delay < 0 || tooFast.delay() >= 0 && delay > tooFast.delay()) {
      tooFast = new Refusal(bound, measure, limit, delay);
    }
  }

  private void grant(Bound bound, Measure measure, long limit, long affordable) {
    if (affordable < 0 || demand.maxTokens() > 0 && affordable < 1) {
      spent = spent != null ? spent : new Refusal(bound, measure, limit, 0);
    } else {
      granted = Math.min(granted, affordable);
    }
  }

  private OptionalLong share(Bound bound, Measure measure) {
    OptionalLong limit = bound.limits().get(measure);
    return limit.isEmpty() || limit.getAsLong() == 0
        ? limit
        : OptionalLong.of(Math.max(1, limit.getAsLong() / replicas));
  }

  private OptionalLong share(Bound bound, Measure measure, long before) {
    OptionalLong limit = bound.limits().get(measure);
    return limit.isEmpty()
        ? limit
        : OptionalLong.of(before + Math.max(0, limit.getAsLong() - before) / replicas);
  }

  private static Optional<Quota.Left> least(
      Optional<Quota.Left> other, long limit, long used, long reset) {
    long remaining = Math.max(0, limit - used);
    return other.isPresent() && other.get().remaining() <= remaining
        ? other
        : Optional.of(new Quota.Left(limit, remaining, Duration.ofNanos(reset * 1_000)));
  }
}
