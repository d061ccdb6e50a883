package platform.deepseek.auth.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import platform.deepseek.auth.crypto.Digest;

/**
 * What is signed every minute: the root of a Merkle tree (RFC 6962) whose leaves are the hashes of
 * all entries that came since the last one, partition by partition, and what they are chained to.
 *
 * @param number from 1, without a gap
 * @param previous hash of the checkpoint before it; of nothing for the first
 * @param key public JWK that its signature is verified with
 * @param next public JWK that the following checkpoints are signed with, where it is another
 * @param forgotten the entries of all checkpoints up to this number were deleted on purpose
 * @param ranges in the order of their leaves
 */
record Checkpoint(
    long number,
    Instant time,
    Digest digest,
    byte[] previous,
    byte[] root,
    String key,
    Optional<String> next,
    OptionalLong forgotten,
    List<Range> ranges) {

  /**
   * Entries of a partition.
   *
   * @param head hash of the last of them
   */
  record Range(String partition, long from, long to, byte[] head) {}

  private static final byte[] HASHED = bytes("deepseek-audit/v1/checkpoint\n");
  private static final byte[] SIGNED = bytes("deepseek-audit/v1/signature\n");
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  Checkpoint {
    ranges = List.copyOf(ranges);
  }

  /** What the first checkpoint comes after. */
  static byte[] nothing(Digest digest) {
    return digest.of(HASHED);
  }

  byte[] hash() {
    return digest.of(HASHED, bytes(content()));
  }

  static byte[] signedBytes(String content) {
    byte[] text = bytes(content);
    byte[] whole = new byte[SIGNED.length + text.length];
    System.arraycopy(SIGNED, 0, whole, 0, SIGNED.length);
    System.arraycopy(text, 0, whole, SIGNED.length, text.length);
    return whole;
  }

  /** Entries that it covers. */
  long size() {
    return ranges.stream().mapToLong(range -> range.to() - range.from() + 1).sum();
  }

  String content() {
    Map<String, Object> members = new HashMap<>();
    members.put("digest", digest.label());
    members.put("key", key);
    members.put("number", number);
    members.put("partitions", ranges.stream().map(Checkpoint::members).toList());
    members.put("previous", hex(previous));
    members.put("root", hex(root));
    members.put("size", size());
    members.put("time", time.toString());
    next.ifPresent(jwk -> members.put("next", jwk));
    forgotten.ifPresent(through -> members.put("forgotten", through));
    return CanonicalJson.of(members);
  }

  private static Map<String, Object> members(Range range) {
    return Map.of(
        "partition", range.partition(),
        "from", range.from(),
        "to", range.to(),
        "head", hex(range.head()));
  }

  /**
   * @throws IllegalArgumentException when it is nothing that {@link #content} wrote
   */
  static Checkpoint parse(String content) {
    try {
      JsonNode json = JSON.readTree(content);
      List<Range> ranges = new ArrayList<>();
      for (JsonNode range : json.path("partitions")) {
        ranges.add(
            new Range(
                range.path("partition").asText(),
                range.path("from").asLong(),
                range.path("to").asLong(),
                unhex(range, "head")));
      }
      Checkpoint checkpoint =
          new Checkpoint(
              json.path("number").asLong(),
              Instant.parse(json.path("time").asText()),
              Digest.labelled(json.path("digest").asText()),
              unhex(json, "previous"),
              unhex(json, "root"),
              json.path("key").asText(),
              json.has("next") ? Optional.of(json.get("next").asText()) : Optional.empty(),
              json.has("forgotten")
                  ? OptionalLong.of(json.get("forgotten").asLong())
                  : OptionalLong.empty(),
              ranges);
      if (!checkpoint.content().equals(content)) {
        throw new IllegalArgumentException("it is not written as it would be here");
      }
      return checkpoint;
    } catch (JsonProcessingException | DateTimeException e) {
      throw new IllegalArgumentException("it cannot be read", e);
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static byte[] unhex(JsonNode json, String name) {
    return HexFormat.of().parseHex(json.path(name).asText());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
