package platform.deepseek.auth.http;

import io.vertx.core.MultiMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The credential in a request's headers: {@code Authorization: Bearer}, {@code x-api-key}
 * (Anthropic's) or {@code api-key}. Two that differ are none: another server on the way may have
 * looked at the other one.
 */
public final class ShownCredential {

  private static final String SCHEME = "Bearer ";

  private ShownCredential() {}

  /**
   * @return empty text when nothing is shown; nothing when it cannot be told what is
   */
  public static Optional<String> in(MultiMap headers) {
    Set<String> shown = new LinkedHashSet<>();
    for (String value : headers.getAll("authorization")) {
      if (!value.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
        return Optional.empty();
      }
      shown.add(value.substring(SCHEME.length()).strip());
    }
    for (String name : List.of("x-api-key", "api-key")) {
      headers.getAll(name).forEach(value -> shown.add(value.strip()));
    }
    return shown.size() > 1
        ? Optional.empty()
        : Optional.of(shown.isEmpty() ? "" : shown.iterator().next());
  }
}
