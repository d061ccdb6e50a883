package platform.deepseek.inference.api.responses;

import java.util.List;
import java.util.Locale;

/** One thing that was said, thought, called or answered in a conversation. */
sealed interface Item {

  /** How far it is written. The names are OpenAI's. */
  enum Status {
    IN_PROGRESS,
    COMPLETED,
    INCOMPLETE;

    final String code = name().toLowerCase(Locale.ROOT);
  }

  /** Who says a message. The names are OpenAI's. */
  enum Role {
    USER,
    ASSISTANT,
    SYSTEM,
    DEVELOPER;

    final String code = name().toLowerCase(Locale.ROOT);
  }

  /** Unique where it was made here, as a client wrote it otherwise. */
  String id();

  /** Bytes of memory, estimated from above; all that a client may choose the length of counts. */
  long size();

  record Message(String id, Role role, List<Part> content, Status status) implements Item {

    public Message {
      content = List.copyOf(content);
    }

    @Override
    public long size() {
      return 256 + 2L * id.length() + content.stream().mapToLong(Part::size).sum();
    }

    String text() {
      return content.size() == 1
          ? content.getFirst().text()
          : String.join("", content.stream().map(Part::text).toList());
    }
  }

  /**
   * What the model thought.
   *
   * @param part what it is told as: reasoning, or the summary of it that most clients look for
   */
  record Reasoning(String id, Part.Type part, String text, Status status) implements Item {

    @Override
    public long size() {
      return 256 + 2L * (id.length() + text.length());
    }
  }

  /** A call of a tool, by the name that the model gave it. {@code arguments} is JSON text. */
  record FunctionCall(String id, String callId, String name, String arguments, Status status)
      implements Item {

    @Override
    public long size() {
      return 256 + 2L * (id.length() + callId.length() + name.length() + arguments.length());
    }
  }

  /** What a tool answered. */
  record FunctionCallOutput(String id, String callId, String output, Status status)
      implements Item {

    @Override
    public long size() {
      return 256 + 2L * (id.length() + callId.length() + output.length());
    }
  }
}
