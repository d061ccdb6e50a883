package platform.deepseek.inference.text.answer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.inference.text.answer.ToolFormat.JsonCalls;
import platform.deepseek.inference.text.answer.ToolFormat.MarkedCalls;

/**
 * The markers of a tool format as a parser looks for them, without the white space beside them,
 * which models write or not.
 *
 * @param open any of these in the text may begin a call
 * @param close these are dropped where they stand behind a call
 * @param bare whether an answer that is a JSON object may be a call
 */
record CallMarkers(
    Optional<ToolFormat> format,
    Set<String> tools,
    List<String> open,
    List<String> close,
    boolean bare) {

  /** Llama's mark of a call or of code; a call may stand without it. */
  static final String PYTHON = "<|python_tag|>";

  private static final String FENCE = "```";

  /**
   * @param tools names that can be called; none where no call is allowed
   */
  static CallMarkers of(Optional<ToolFormat> format, Set<String> tools) {
    if (format.isEmpty() || tools.isEmpty()) {
      return new CallMarkers(Optional.empty(), Set.of(), List.of(), List.of(), false);
    }
    return switch (format.get()) {
      case JsonCalls json ->
          new CallMarkers(
              format,
              Set.copyOf(tools),
              present(json.open()),
              present(json.close()),
              json.open().isBlank());
      case MarkedCalls marked -> {
        String after = marked.afterArguments().strip();
        yield new CallMarkers(
            format,
            Set.copyOf(tools),
            present(marked.open(), marked.beforeName()),
            present(
                after,
                after.startsWith(FENCE) ? after.substring(FENCE.length()) : "",
                marked.close()),
            false);
      }
    };
  }

  /** Reads on behind a marker of {@link #open}. */
  CallReader reader(String opened) {
    return switch (format.orElseThrow()) {
      case JsonCalls json -> new JsonCallReader(tools, false);
      case MarkedCalls marked ->
          new MarkedCallReader(marked, tools, opened.equals(marked.beforeName().strip()));
    };
  }

  /** Reads a call that no marker opened. */
  CallReader bareReader() {
    return new JsonCallReader(tools, true);
  }

  /** Whether another object behind a call is another call. */
  boolean objects() {
    return format.isPresent() && format.get() instanceof JsonCalls;
  }

  private static List<String> present(String... markers) {
    List<String> present = new ArrayList<>();
    for (String marker : markers) {
      if (!marker.isBlank() && !present.contains(marker.strip())) {
        present.add(marker.strip());
      }
    }
    return List.copyOf(present);
  }
}
