package platform.deepseek.auth.http;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import platform.deepseek.auth.limit.Quota;

/** What a client is told of its limits: OpenAI's headers, and Retry-After. */
public final class QuotaHeaders {

  private QuotaHeaders() {}

  /** In the order in which they are sent. */
  public static SequencedMap<String, String> of(Quota quota, Optional<Duration> retryAfter) {
    SequencedMap<String, String> headers = new LinkedHashMap<>();
    quota.requests().ifPresent(left -> put(headers, "requests", left));
    quota.tokens().ifPresent(left -> put(headers, "tokens", left));
    retryAfter.ifPresent(wait -> headers.put("retry-after", Long.toString(wholeSeconds(wait))));
    return headers;
  }

  private static void put(Map<String, String> headers, String what, Quota.Left left) {
    headers.put("x-ratelimit-limit-" + what, Long.toString(left.limit()));
    headers.put("x-ratelimit-remaining-" + what, Long.toString(left.remaining()));
    headers.put("x-ratelimit-reset-" + what, left.reset().toMillis() + "ms");
  }

  /** Rounded up: who comes back then is not turned away again. */
  static long wholeSeconds(Duration wait) {
    return Math.max(1, Math.ceilDiv(wait.toNanos(), 1_000_000_000));
  }
}
