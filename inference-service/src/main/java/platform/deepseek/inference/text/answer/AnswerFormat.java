package platform.deepseek.inference.text.answer;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import platform.deepseek.inference.text.Tokenizer;
import platform.deepseek.inference.text.answer.ToolFormat.JsonCalls;
import platform.deepseek.inference.text.answer.ToolFormat.MarkedCalls;

/**
 * How one model writes, as its chat template tells.
 *
 * @param reasoning empty for a model that does not reason
 * @param tools empty for a model whose template knows no tools
 */
public record AnswerFormat(Optional<ReasoningFormat> reasoning, Optional<ToolFormat> tools) {

  /** A model that only answers. */
  public static final AnswerFormat PLAIN = new AnswerFormat(Optional.empty(), Optional.empty());

  /** Reads the format off what the template writes for a conversation with reasoning and a call. */
  static AnswerFormat of(TemplateProbe probe) {
    return new AnswerFormat(
        probe.source().contains(ReasoningFormat.THINK.close())
            ? Optional.of(ReasoningFormat.THINK)
            : Optional.empty(),
        ToolFormatProbe.read(probe));
  }

  /**
   * Where the answer to a prompt begins. Only the end of the prompt counts: the same markers in
   * messages before it say nothing.
   *
   * @param prompt the rendered prompt, with whatever the server appended to it; not with the
   *     beginning of an answer that a user wrote, of which the user says what it is
   */
  public AnswerStart startAfter(String prompt) {
    if (reasoning.isEmpty()) {
      return AnswerStart.CONTENT;
    }
    String end = prompt.stripTrailing();
    if (end.endsWith(reasoning.get().open())) {
      return AnswerStart.REASONING;
    }
    return end.endsWith(reasoning.get().close()) ? AnswerStart.CONTENT : AnswerStart.EITHER;
  }

  /**
   * The tokens that are left out of an answer's text: special ones, but for those in the markers,
   * by which the answer is read.
   */
  public IntPredicate hidden(Tokenizer tokenizer) {
    BitSet hidden = new BitSet();
    Set<String> markers = markers();
    for (int token = 0; token < tokenizer.vocabularySize(); token++) {
      if (tokenizer.isSpecial(token)) {
        String text = new String(tokenizer.bytes(token), StandardCharsets.UTF_8);
        hidden.set(token, text.isEmpty() || markers.stream().noneMatch(m -> m.contains(text)));
      }
    }
    return hidden::get;
  }

  /**
   * Every marker of the format, without white space. Tokens in them must reach the parser even
   * where the tokenizer calls them special and an answer's text would do without them.
   */
  public Set<String> markers() {
    Set<String> markers = new LinkedHashSet<>();
    reasoning.ifPresent(format -> markers.addAll(List.of(format.open(), format.close())));
    tools.ifPresent(
        format -> {
          switch (format) {
            case JsonCalls json -> markers.addAll(List.of(json.open(), json.close()));
            case MarkedCalls marked ->
                markers.addAll(
                    List.of(
                        marked.open(),
                        marked.beforeName(),
                        marked.beforeArguments(),
                        marked.afterArguments(),
                        marked.close()));
          }
        });
    return markers.stream()
        .map(String::strip)
        .filter(marker -> !marker.isEmpty())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
