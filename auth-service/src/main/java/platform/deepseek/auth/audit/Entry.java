package platform.deepseek.auth.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import platform.deepseek.auth.crypto.Digest;

/**
 * An event in its place in the book.
 *
 * @param partition whose entries are chained
 * @param sequence from 1, without a gap
 * @param time never before that of the entry before it
 * @param digest that it is chained with
 */
record Entry(String partition, long sequence, Instant time, Digest digest, AuditEvent event) {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** What is stored and hashed. */
  String content() {
    Actor actor = event.actor();
    return CanonicalJson.of(
        Map.ofEntries(
            Map.entry("action", event.action()),
            Map.entry(
                "actor",
                Map.of(
                    "tenant", actor.tenant(),
                    "user", actor.user(),
                    "key", actor.key(),
                    "role", actor.role())),
            Map.entry("correlation", event.correlation()),
            Map.entry("details", event.details()),
            Map.entry("digest", digest.label()),
            Map.entry("object", event.object()),
            Map.entry("outcome", event.outcome().label()),
            Map.entry("partition", partition),
            Map.entry("sequence", sequence),
            Map.entry("source", event.source()),
            Map.entry("time", time.toString())));
  }

  /**
   * @throws IllegalArgumentException when it is nothing that {@link #content} wrote
   */
  static Entry parse(String content) {
    try {
      JsonNode json = JSON.readTree(content);
      JsonNode actor = json.path("actor");
      Map<String, String> details = new HashMap<>();
      json.path("details")
          .properties()
          .forEach(detail -> details.put(detail.getKey(), detail.getValue().asText()));
      Entry entry =
          new Entry(
              text(json, "partition"),
              json.path("sequence").asLong(),
              Instant.parse(text(json, "time")),
              Digest.labelled(text(json, "digest")),
              new AuditEvent(
                  new Actor(
                      text(actor, "tenant"),
                      text(actor, "user"),
                      text(actor, "key"),
                      text(actor, "role")),
                  text(json, "source"),
                  text(json, "action"),
                  text(json, "object"),
                  outcome(text(json, "outcome")),
                  text(json, "correlation"),
                  details));
      if (!entry.content().equals(content)) {
        throw new IllegalArgumentException("it is not written as it would be here");
      }
      return entry;
    } catch (JsonProcessingException | DateTimeException e) {
      throw new IllegalArgumentException("it cannot be read", e);
    }
  }

  private static String text(JsonNode json, String name) {
    return json.path(name).asText();
  }

  private static Outcome outcome(String label) {
    return Stream.of(Outcome.values())
        .filter(outcome -> outcome.label().equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("there is no outcome '" + label + "'"));
  }
}
