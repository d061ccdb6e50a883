package platform.deepseek.inference.text.answer;

import java.util.Set;

/*
 * A call written as one JSON object. Its members may come in any order and there may be others:
 * arguments that stand before the name are kept until it is known. Arguments written as a JSON
 * string, which some models do, are decoded: what counts is the object inside. A call without
 * arguments has the empty object.
 */
final class JsonCallReader implements CallReader {

  private enum State {
    BEFORE_OBJECT,
    BEFORE_FIRST_KEY,
    BEFORE_KEY,
    KEY,
    COLON,
    VALUE,
    AFTER_VALUE
  }

  private static final String NAME = "name";
  private static final Set<String> ARGUMENTS = Set.of("arguments", "parameters");
  private static final Set<String> BEFORE_NAME =
      Set.of(NAME, "arguments", "parameters", "type", "id");

  private final Set<String> tools;
  private final boolean unmarked;
  private final StringBuilder text = new StringBuilder();
  private final StringBuilder arguments = new StringBuilder();
  private State state = State.BEFORE_OBJECT;
  private JsonStringReader string;
  private JsonValueReader value;
  private String key;
  private String name;
  private boolean hasArguments;
  private boolean inArguments;

  /**
   * @param tools names that can be called
   * @param unmarked whether no marker stands before the object, so that it may as well be an answer
   *     in JSON: a member that no call has decides that, instead of being skipped
   */
  JsonCallReader(Set<String> tools, boolean unmarked) {
    this.tools = tools;
    this.unmarked = unmarked;
  }

  @Override
  public Progress accept(char c) {
    boolean space = Character.isWhitespace(c);
    return switch (state) {
      case BEFORE_OBJECT -> space ? undecided() : c == '{' ? to(State.BEFORE_FIRST_KEY) : broken();
      case BEFORE_FIRST_KEY, BEFORE_KEY -> beforeKey(c, space);
      case KEY -> key(c);
      case COLON -> space ? undecided() : c == ':' ? beginValue() : broken();
      case VALUE -> value(c, space);
      case AFTER_VALUE ->
          space ? undecided() : c == ',' ? to(State.BEFORE_KEY) : c == '}' ? end() : broken();
    };
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String takeArguments() {
    String taken = arguments.toString();
    arguments.setLength(0);
    return taken;
  }

  private Progress beforeKey(char c, boolean space) {
    if (space) {
      return undecided();
    }
    if (c == '}' && state == State.BEFORE_FIRST_KEY) {
      return end();
    }
    if (c != '"') {
      return broken();
    }
    beginString();
    return to(State.KEY);
  }

  private Progress key(char c) {
    if (!string.accept(c, text)) {
      return undecided();
    }
    key = text.toString();
    return unmarked && name == null && !BEFORE_NAME.contains(key)
        ? Progress.NO_CALL
        : to(State.COLON);
  }

  private Progress beginValue() {
    string = null;
    value = null;
    return to(State.VALUE);
  }

  private Progress value(char c, boolean space) {
    if (string == null && value == null) {
      if (space) {
        return undecided();
      }
      inArguments = ARGUMENTS.contains(key) && !hasArguments;
      hasArguments |= inArguments;
      if (c == '"') {
        beginString();
        return undecided();
      }
      if (key.equals(NAME) && name == null) {
        return Progress.NO_CALL;
      }
      value = new JsonValueReader();
    }
    return string != null ? stringValue(c) : otherValue(c);
  }

  private Progress stringValue(char c) {
    boolean naming = key.equals(NAME) && name == null;
    boolean closed = string.accept(c, inArguments ? arguments : text);
    if (naming && tools.stream().noneMatch(tool -> tool.startsWith(text.toString()))) {
      return Progress.NO_CALL;
    }
    if (!closed) {
      return undecided();
    }
    if (naming) {
      if (!tools.contains(text.toString())) {
        return Progress.NO_CALL;
      }
      name = text.toString();
    }
    return to(State.AFTER_VALUE);
  }

  private Progress otherValue(char c) {
    return switch (value.accept(c)) {
      case MORE -> {
        keep(c);
        yield undecided();
      }
      case END -> {
        keep(c);
        yield to(State.AFTER_VALUE);
      }
      case ENDED_BEFORE -> {
        state = State.AFTER_VALUE;
        yield accept(c);
      }
      case BROKEN -> broken();
    };
  }

  private void keep(char c) {
    if (inArguments) {
      arguments.append(c);
    }
  }

  private void beginString() {
    text.setLength(0);
    string = new JsonStringReader();
  }

  private Progress to(State next) {
    state = next;
    return undecided();
  }

  private Progress end() {
    if (name == null) {
      return Progress.NO_CALL;
    }
    if (!hasArguments) {
      arguments.append("{}");
    }
    return Progress.ENDED;
  }

  private Progress undecided() {
    return name == null ? Progress.UNDECIDED : Progress.CALL;
  }

  private Progress broken() {
    return name == null ? Progress.NO_CALL : Progress.BROKEN;
  }
}
