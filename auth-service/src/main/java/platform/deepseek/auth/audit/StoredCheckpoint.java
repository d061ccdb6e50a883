package platform.deepseek.auth.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.SQLException;
import java.util.Base64;
import java.util.Map;
import platform.deepseek.auth.crypto.SigningKey;
import platform.deepseek.auth.store.Row;

/**
 * A checkpoint as it lies in the database and with witnesses.
 *
 * @param number of the row
 */
record StoredCheckpoint(long number, String content, byte[] signature) {

  private static final ObjectMapper JSON = new ObjectMapper();

  static StoredCheckpoint sign(Checkpoint checkpoint, SigningKey key) {
    String content = checkpoint.content();
    return new StoredCheckpoint(
        checkpoint.number(), content, key.sign(Checkpoint.signedBytes(content)));
  }

  static StoredCheckpoint read(Row row) throws SQLException {
    return new StoredCheckpoint(row.number("number"), row.text("content"), row.bytes("signature"));
  }

  /**
   * @throws IllegalArgumentException when the content is none
   */
  Checkpoint checkpoint() {
    return Checkpoint.parse(content);
  }

  /** What a witness keeps. */
  String line() {
    return CanonicalJson.of(
        Map.of("checkpoint", content, "signature", Base64.getEncoder().encodeToString(signature)));
  }

  /**
   * @throws IllegalArgumentException when it is nothing that {@link #line} wrote
   */
  static StoredCheckpoint parse(String line) {
    try {
      JsonNode json = JSON.readTree(line);
      String content = json.path("checkpoint").asText();
      return new StoredCheckpoint(
          Checkpoint.parse(content).number(),
          content,
          Base64.getDecoder().decode(json.path("signature").asText()));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("it is not JSON", e);
    }
  }
}
