package platform.deepseek.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import platform.deepseek.auth.crypto.Digest;

/** How the book is written; what is in the golden files must never change. */
class CanonicalJsonTest {

  private static final String PARTITION = "5f2b8c0e-1111-4222-8333-944455556666";

  /** RFC 8785, section 3.2.3: members are sorted by their names' UTF-16 units. */
  @Test
  void membersAreSortedAsRfc8785Says() {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("\u20ac", "Euro Sign");
    members.put("\r", "Carriage Return");
    members.put("\ufb33", "Hebrew Letter Dalet With Dagesh");
    members.put("1", "One");
    members.put("\ud83d\ude00", "Emoji: Grinning Face");
    members.put("\u0080", "Control");
    members.put("\u00f6", "Latin Small Letter O With Diaeresis");
    assertThat(CanonicalJson.of(members))
        .isEqualTo(
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\","
                + "\"\u00f6\":\"Latin Small Letter O With Diaeresis\","
                + "\"\u20ac\":\"Euro Sign\",\"\ud83d\ude00\":\"Emoji: Grinning Face\","
                + "\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}");
  }

  /** RFC 8785, section 3.2.2.2. */
  @Test
  void textsHaveTheShortestEscapes() {
    assertThat(CanonicalJson.of("\u20ac$\u000f\nA'B\"\\\"/\b\f\t\u007f"))
        .isEqualTo("\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\"/\\b\\f\\t\u007f\"");
  }

  @Test
  void whatCannotBeWrittenInOneWayIsRefused() {
    for (Object value : List.of(1.5, 1L << 54, "\ud800", "x\udc00", Map.of("a", 2))) {
      assertThatThrownBy(() -> CanonicalJson.of(value))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(CanonicalJson.of(List.of(1L << 53, -(1L << 53), 0L, List.of(), Map.of())))
        .isEqualTo("[9007199254740992,-9007199254740992,0,[],{}]");
  }

  @ParameterizedTest
  @EnumSource
  void entriesAreWrittenAndChainedAsEver(Digest digest) throws IOException {
    Partition.Happened first =
        new Partition.Happened(
            AuditEvent.ofService("audit.open", "", Map.of("writer", "replica-1")),
            Instant.parse("2026-11-22T09:00:00Z"));
    Partition.Happened second =
        new Partition.Happened(
            Book.event("größe \"\u0001\u2028/<"), Instant.parse("2026-11-22T09:00:00.000001Z"));
    StringBuilder text = new StringBuilder();
    byte[] previous = Chain.start(digest, PARTITION);
    long sequence = 0;
    for (Partition.Happened happened : List.of(first, second)) {
      Entry entry = new Entry(PARTITION, ++sequence, happened.time(), digest, happened.event());
      StoredEntry stored = StoredEntry.of(entry, previous);
      previous = stored.hash();
      text.append(stored.content()).append('\n');
      text.append(HexFormat.of().formatHex(stored.hash())).append('\n');
      assertThat(Entry.parse(stored.content())).isEqualTo(entry);
    }
    assertThat(text.toString()).isEqualTo(golden("entries-" + digest.label() + ".txt"));
  }

  @Test
  void checkpointsAreWrittenAsEver() throws IOException {
    Checkpoint checkpoint =
        new Checkpoint(
            7,
            Instant.parse("2026-11-22T09:01:00Z"),
            Digest.SHA_256,
            new byte[32],
            Chain.start(Digest.SHA_256, PARTITION),
            "{\"kty\":\"OKP\"}",
            Optional.of("{\"kty\":\"EC\"}"),
            OptionalLong.of(3),
            List.of(new Checkpoint.Range(PARTITION, 1, 2, new byte[] {1, 2})));
    assertThat(checkpoint.content() + "\n" + HexFormat.of().formatHex(checkpoint.hash()) + "\n")
        .isEqualTo(golden("checkpoint.txt"));
    assertThat(Checkpoint.parse(checkpoint.content()).content()).isEqualTo(checkpoint.content());
  }

  private static String golden(String name) throws IOException {
    try (InputStream in = CanonicalJsonTest.class.getResourceAsStream("/audit/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
