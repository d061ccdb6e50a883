package platform.deepseek.inference.text.answer;

import java.util.Set;
import platform.deepseek.inference.text.answer.ToolFormat.MarkedCalls;

/**
 * A call whose name and arguments stand between markers. White space beside the markers may be
 * there or not, and a code fence around the arguments too.
 */
final class MarkedCallReader implements CallReader {

  private enum State {
    BEFORE_NAME,
    NAME,
    BEFORE_ARGUMENTS,
    ARGUMENTS
  }

  private static final String FENCE = "`";

  private final Set<String> tools;
  private final String beforeName;
  private final String beforeArguments;
  private final StringBuilder name = new StringBuilder();
  private final StringBuilder arguments = new StringBuilder();
  private final JsonValueReader value = new JsonValueReader();
  private State state;
  private int matched;

  /**
   * @param tools names that can be called
   * @param beforeNameRead whether the marker before the name has been read already
   */
  MarkedCallReader(MarkedCalls format, Set<String> tools, boolean beforeNameRead) {
    this.tools = tools;
    beforeName = format.beforeName().strip();
    beforeArguments = format.beforeArguments().strip();
    state = beforeNameRead ? State.NAME : State.BEFORE_NAME;
  }

  @Override
  public Progress accept(char c) {
    return switch (state) {
      case BEFORE_NAME -> beforeName(c);
      case NAME -> name(c);
      case BEFORE_ARGUMENTS -> beforeArguments(c);
      case ARGUMENTS -> argument(c);
    };
  }

  @Override
  public String name() {
    return name.toString();
  }

  @Override
  public String takeArguments() {
    String taken = arguments.toString();
    arguments.setLength(0);
    return taken;
  }

  private Progress beforeName(char c) {
    if (matched == 0 && Character.isWhitespace(c)) {
      return Progress.UNDECIDED;
    }
    if (beforeName.charAt(matched) != c) {
      return Progress.NO_CALL;
    }
    if (++matched == beforeName.length()) {
      matched = 0;
      state = State.NAME;
    }
    return Progress.UNDECIDED;
  }

  private Progress name(char c) {
    boolean space = Character.isWhitespace(c);
    if (space && name.isEmpty()) {
      return Progress.UNDECIDED;
    }
    if (!space && c != '<' && c != '`' && c != '{') {
      name.append(c);
      return tools.stream().anyMatch(tool -> tool.startsWith(name.toString()))
          ? Progress.UNDECIDED
          : Progress.NO_CALL;
    }
    if (!tools.contains(name.toString())) {
      return Progress.NO_CALL;
    }
    state = State.BEFORE_ARGUMENTS;
    return beforeArguments(c);
  }

  private Progress beforeArguments(char c) {
    boolean whole = matched == beforeArguments.length();
    if (Character.isWhitespace(c) && (matched == 0 || whole)) {
      return Progress.UNDECIDED;
    }
    if (whole || matched == 0 && c == '{' && beforeArguments.startsWith(FENCE)) {
      state = State.ARGUMENTS;
      return c == '{' ? argument(c) : Progress.NO_CALL;
    }
    return beforeArguments.charAt(matched++) == c ? Progress.UNDECIDED : Progress.NO_CALL;
  }

  private Progress argument(char c) {
    var progress = value.accept(c);
    if (progress == JsonValueReader.Progress.MORE || progress == JsonValueReader.Progress.END) {
      arguments.append(c);
    }
    return switch (progress) {
      case MORE -> Progress.CALL;
      case END -> Progress.ENDED;
      case ENDED_BEFORE, BROKEN -> Progress.BROKEN;
    };
  }
}
