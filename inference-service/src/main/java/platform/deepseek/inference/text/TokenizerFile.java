package platform.deepseek.inference.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A tokenizer.json, read: its vocabulary, its added tokens, and itself without the latter. */
final class TokenizerFile {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectNode root;
  private final Map<String, Integer> vocabulary = new HashMap<>();
  private final List<AddedToken> addedTokens = new ArrayList<>();
  private final boolean byteLevel;
  private final boolean spaceIsUnderscore;

  /** Takes the tree over and changes it. */
  TokenizerFile(ObjectNode root) {
    this.root = root;
    var model = root.path("model");
    String type = model.path("type").asText("BPE");
    if (!type.equals("BPE") || !model.path("vocab").isObject()) {
      throw new TokenizerException(
          ("tokenizer.json has a model of type \"%s\" with %d vocabulary entries;"
                  + " supported is \"BPE\" with a vocabulary by token text.")
              .formatted(type, model.path("vocab").size()));
    }
    model
        .path("vocab")
        .properties()
        .forEach(entry -> vocabulary.put(entry.getKey(), entry.getValue().intValue()));
    root.path("added_tokens").forEach(token -> addedTokens.add(addedToken(token)));
    String decoder = root.path("decoder").toString();
    byteLevel = decoder.contains("\"ByteLevel\"");
    spaceIsUnderscore = decoder.contains("\u2581");
    removeAddedTokens();
  }

  static TokenizerFile parse(String json) {
    try {
      if (JSON.readTree(json) instanceof ObjectNode root) {
        return new TokenizerFile(root);
      }
      throw new TokenizerException("tokenizer.json is not a JSON object.");
    } catch (JsonProcessingException e) {
      throw new TokenizerException("tokenizer.json is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  List<AddedToken> addedTokens() {
    return addedTokens;
  }

  /** Without the added tokens. */
  Map<String, Integer> vocabulary() {
    return vocabulary;
  }

  /** The file without added tokens: what reads ordinary text and nothing else. */
  JsonNode plain() {
    return root;
  }

  /** The bytes a vocabulary entry stands for. */
  byte[] bytes(String token) {
    if (byteLevel) {
      return ByteLevelAlphabet.bytes(token);
    }
    if (token.length() == 6 && token.startsWith("<0x") && token.endsWith(">")) {
      return new byte[] {(byte) Integer.parseInt(token.substring(3, 5), 16)};
    }
    String text = spaceIsUnderscore ? token.replace('\u2581', ' ') : token;
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static AddedToken addedToken(JsonNode token) {
    return new AddedToken(
        token.path("id").intValue(),
        token.path("content").textValue(),
        token.path("single_word").booleanValue(),
        token.path("lstrip").booleanValue(),
        token.path("rstrip").booleanValue(),
        token.path("normalized").booleanValue(),
        token.path("special").booleanValue());
  }

  /*
   * An added token that is also in the vocabulary could still be put together by merges, or be
   * taken whole where the model ignores merges: it goes from there too, with its merges. Single
   * characters stay, for all words are made of them; such a token steers nobody.
   */
  private void removeAddedTokens() {
    root.putArray("added_tokens");
    var model = (ObjectNode) root.get("model");
    var entries = (ObjectNode) model.get("vocab");
    Set<String> removed = new HashSet<>();
    for (var token : addedTokens) {
      String content = token.content();
      if (content.codePointCount(0, content.length()) > 1 && vocabulary.remove(content) != null) {
        entries.remove(content);
        removed.add(content);
      }
    }
    if (removed.contains(model.path("unk_token").textValue())) {
      model.putNull("unk_token");
    }
    if (!removed.isEmpty()) {
      removeMerges(model, removed);
    }
  }

  private static void removeMerges(ObjectNode model, Set<String> removed) {
    var merges = model.path("merges").elements();
    while (merges.hasNext()) {
      var merge = merges.next();
      var pair =
          merge.isTextual()
              ? Merge.parse(merge.textValue())
              : new Merge(merge.path(0).asText(), merge.path(1).asText());
      if (pair.touches(removed)) {
        merges.remove();
      }
    }
  }
}
