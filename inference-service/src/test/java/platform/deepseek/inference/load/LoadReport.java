package platform.deepseek.inference.load;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a load run found. Times are nanoseconds, sorted.
 *
 * @param completed streams that ended with [DONE]
 * @param killed streams left on purpose
 * @param malformed streams that broke off, or had an event that is none
 * @param refusedWithoutAdvice answers of 429 without Retry-After
 * @param errors answers by status, and failures to connect or read under 0
 * @param tokens events with text
 */
public record LoadReport(
    long completed,
    long killed,
    long malformed,
    long refusedWithoutAdvice,
    Map<Integer, Long> errors,
    long tokens,
    double seconds,
    long[] firstTokens,
    long[] interTokens) {

  public double tokensPerSecond() {
    return tokens / seconds;
  }

  /** Milliseconds below which the share of the times lies; NaN without any. */
  public static double percentile(long[] sorted, double share) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[(int) Math.min(sorted.length - 1, Math.floor(share * sorted.length))] / 1e6;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        """
        rate         %,.1f tok/s (%,d text events in %.1f s)
        streams      %,d complete, %,d left on purpose, %,d malformed
        first token  %s
        inter token  %s
        errors       %s""",
        tokensPerSecond(),
        tokens,
        seconds,
        completed,
        killed,
        malformed,
        times(firstTokens),
        times(interTokens),
        errors.isEmpty()
            ? "none"
            : errors.entrySet().stream()
                .map(e -> e.getKey() + ": " + e.getValue())
                .collect(Collectors.joining(", ")));
  }

  private static String times(long[] sorted) {
    return Arrays.stream(new double[] {0.5, 0.9, 0.99, 1})
        .mapToObj(
            share ->
                String.format(Locale.ROOT, "p%.0f %.1f ms", share * 100, percentile(sorted, share)))
        .collect(Collectors.joining(", "));
  }
}
