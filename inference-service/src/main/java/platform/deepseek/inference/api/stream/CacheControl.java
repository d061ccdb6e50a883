package platform.deepseek.inference.api.stream;

import java.util.Locale;
import java.util.OptionalLong;

/**
 * What a client says about answers that are kept, in the directives of a request that RFC 9111
 * section 5.2.1 defines. Directives that are not known, or say nothing sensible, are passed over.
 *
 * @param noCache the answer is to be computed
 * @param noStore the answer is not to be kept
 * @param maxAgeSeconds an answer that is no older will do
 */
public record CacheControl(boolean noCache, boolean noStore, OptionalLong maxAgeSeconds) {

  /** Where nothing was said. */
  public static final CacheControl NONE = new CacheControl(false, false, OptionalLong.empty());

  private static final long MOST_SECONDS = 315_360_000; // ten years

  /**
   * @param header Cache-Control, or null
   */
  public static CacheControl parse(String header) {
    if (header == null) {
      return NONE;
    }
    boolean noCache = false;
    boolean noStore = false;
    OptionalLong maxAge = OptionalLong.empty();
    for (String each : header.split(",")) {
      String directive = each.strip().toLowerCase(Locale.ROOT);
      if (directive.equals("no-cache")) {
        noCache = true;
      } else if (directive.equals("no-store")) {
        noStore = true;
      } else if (directive.matches("max-age=[0-9]{1,18}")) {
        long seconds = Long.parseLong(directive.substring("max-age=".length()));
        maxAge = OptionalLong.of(Math.min(seconds, MOST_SECONDS));
      }
    }
    return new CacheControl(noCache, noStore, maxAge);
  }

  /** Whether the client takes an answer that was given before, however it was drawn. */
  public boolean takesKeptAnswers() {
    return maxAgeSeconds.isPresent() && maxAgeSeconds.getAsLong() > 0;
  }
}
