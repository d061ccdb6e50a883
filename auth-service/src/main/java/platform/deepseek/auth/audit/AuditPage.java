package platform.deepseek.auth.audit;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Events, youngest first.
 *
 * @param next where the next page begins; empty when this is the last
 */
public record AuditPage(List<Found> events, Optional<Cursor> next) {

  public AuditPage {
    events = List.copyOf(events);
  }

  /** An event with its place in the book. */
  public record Found(String partition, long sequence, Instant time, AuditEvent event) {}

  /** The last event of a page. */
  public record Cursor(Instant time, String partition, long sequence) {

    public String text() {
      String plain = "%s %s %d".formatted(time, partition, sequence);
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(plain.getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * @throws IllegalArgumentException when it is nothing that {@link #text} wrote
     */
    public static Cursor parse(String text) {
      String plain = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.US_ASCII);
      String[] parts = plain.split(" ", -1);
      if (parts.length != 3) {
        throw new IllegalArgumentException("a cursor has three parts");
      }
      try {
        return new Cursor(Instant.parse(parts[0]), parts[1], Long.parseLong(parts[2]));
      } catch (DateTimeException e) {
        throw new IllegalArgumentException("a cursor begins with a time", e);
      }
    }
  }
}
