package platform.deepseek.inference.api.chat;

import java.util.Set;

/**
 * Whether tools are called.
 *
 * @param names the tools that may be called
 */
public record ToolChoice(Mode mode, Set<String> names) {

  /** The names are OpenAI's. */
  public enum Mode {
    NONE,
    AUTO,
    REQUIRED
  }

  public static final ToolChoice NONE = new ToolChoice(Mode.NONE, Set.of());

  public ToolChoice {
    names = Set.copyOf(names);
  }

  public boolean callable() {
    return mode != Mode.NONE;
  }
}
