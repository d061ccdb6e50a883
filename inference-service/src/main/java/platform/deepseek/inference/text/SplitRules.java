package platform.deepseek.inference.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/*
 * The expressions by which tokenizer.json says how text is cut into words, as Java's. Only those
 * are taken that published models have and that are known to mean the same here, whatever text
 * they meet: tests compare them with the library, all characters of Unicode one by one. A file
 * with any other is read by the library, so nothing is guessed.
 */
final class SplitRules {

  private static final Map<String, Pattern> KNOWN = new LinkedHashMap<>();

  static {
    for (var rules : PreTokenizer.values()) {
      rules.patterns().forEach(SplitRules::know);
    }
    // As the published files of GPT-2's kind, Qwen's, Llama 3's and DeepSeek's write them.
    String words = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
    String rest = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    know(words + "\\p{N}" + rest);
    know(words + "\\p{N}{1,3}" + rest);
    String mixed =
        "[A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*"
            + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    know("[\\p{P}\\p{S}]" + mixed);
    know("[\\r\\n]");
  }

  private SplitRules() {}

  private static void know(String expression) {
    // Of a run of spaces that is followed by something else, "\s+$" would try every beginning.
    String quick = expression.equals("\\s+$") ? "(?<!\\s)\\s+$" : expression;
    KNOWN.put(
        expression,
        Pattern.compile(
            quick, Pattern.UNICODE_CHARACTER_CLASS | Pattern.MULTILINE | Pattern.UNIX_LINES));
  }

  static Set<String> known() {
    return Collections.unmodifiableSet(KNOWN.keySet());
  }

  /**
   * The expressions of a file, each for what the one before has left and what it has found; empty
   * where the file asks for anything else.
   *
   * @param preTokenizer of tokenizer.json
   */
  static Optional<List<Pattern>> of(JsonNode preTokenizer) {
    List<JsonNode> parts = new ArrayList<>();
    if (preTokenizer.path("type").asText().equals("Sequence")) {
      preTokenizer.path("pretokenizers").forEach(parts::add);
    } else {
      parts.add(preTokenizer);
    }
    if (parts.isEmpty() || !isByteLevel(parts.getLast())) {
      return Optional.empty();
    }
    List<Pattern> rules = new ArrayList<>();
    for (var part : parts.subList(0, parts.size() - 1)) {
      var known = KNOWN.get(part.path("pattern").path("Regex").asText());
      boolean isolates =
          part.path("type").asText().equals("Split")
              && part.path("behavior").asText().equals("Isolated")
              && !part.path("invert").asBoolean();
      if (known == null || !isolates) {
        return Optional.empty();
      }
      rules.add(known);
    }
    if (parts.getLast().path("use_regex").asBoolean(true)) {
      rules.add(KNOWN.get(PreTokenizer.GPT2.patterns().getFirst()));
    }
    return Optional.of(rules);
  }

  private static boolean isByteLevel(JsonNode part) {
    return part.path("type").asText().equals("ByteLevel")
        && !part.path("add_prefix_space").asBoolean(true);
  }
}
