package platform.deepseek.inference.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a checkpoint says about its tokenizer beside tokenizer.json.
 *
 * @param addBeginOfSequence empty where the checkpoint leaves it to tokenizer.json
 * @param beginOfSequence the literal text of the token
 * @param endOfSequence the literal text of the token
 * @param chatTemplates Jinja sources by name; the usual one is called "default"
 */
public record TokenizerConfig(
    Optional<Boolean> addBeginOfSequence,
    Optional<String> beginOfSequence,
    Optional<String> endOfSequence,
    Map<String, String> chatTemplates) {

  static final String DEFAULT_TEMPLATE = "default";
  private static final ObjectMapper JSON = new ObjectMapper();

  public TokenizerConfig {
    chatTemplates = Map.copyOf(chatTemplates);
  }

  /** A checkpoint that says nothing. */
  public static TokenizerConfig empty() {
    return new TokenizerConfig(Optional.empty(), Optional.empty(), Optional.empty(), Map.of());
  }

  /** The template for chats without a name of their own. */
  public Optional<String> chatTemplate() {
    return Optional.ofNullable(chatTemplates.get(DEFAULT_TEMPLATE));
  }

  /**
   * Reads tokenizer_config.json and chat_template.jinja of a folder; either may be absent.
   *
   * @throws TokenizerException where a file cannot be read or is no JSON
   */
  public static TokenizerConfig read(Path folder) {
    var file = folder.resolve("tokenizer_config.json");
    var template = folder.resolve("chat_template.jinja");
    try {
      var config = Files.exists(file) ? parse(Files.readString(file)) : empty();
      return Files.exists(template) ? config.withTemplate(Files.readString(template)) : config;
    } catch (IOException e) {
      throw new TokenizerException("Cannot read " + file + " or " + template + ": " + e, e);
    }
  }

  static TokenizerConfig parse(String json) throws IOException {
    var root = JSON.readTree(json);
    return new TokenizerConfig(
        addBeginOfSequence(root),
        tokenText(root.path("bos_token")),
        tokenText(root.path("eos_token")),
        templates(root.path("chat_template")));
  }

  private TokenizerConfig withTemplate(String source) {
    Map<String, String> templates = new LinkedHashMap<>(chatTemplates);
    templates.put(DEFAULT_TEMPLATE, source);
    return new TokenizerConfig(addBeginOfSequence, beginOfSequence, endOfSequence, templates);
  }

  /** The Llama tokenizer class puts the token in front unless it is told not to. */
  private static Optional<Boolean> addBeginOfSequence(JsonNode root) {
    if (root.path("add_bos_token").isBoolean()) {
      return Optional.of(root.path("add_bos_token").booleanValue());
    }
    return root.path("tokenizer_class").asText().startsWith("LlamaTokenizer")
        ? Optional.of(true)
        : Optional.empty();
  }

  /** A token is written as its text or as an object with the text in "content". */
  private static Optional<String> tokenText(JsonNode token) {
    var text = token.isObject() ? token.path("content") : token;
    return text.isTextual() ? Optional.of(text.textValue()) : Optional.empty();
  }

  private static Map<String, String> templates(JsonNode node) {
    Map<String, String> templates = new LinkedHashMap<>();
    if (node.isTextual()) {
      templates.put(DEFAULT_TEMPLATE, node.textValue());
    }
    for (var named : node.isArray() ? node : JSON.createArrayNode()) {
      templates.put(named.path("name").asText(), named.path("template").asText());
    }
    return templates;
  }
}
