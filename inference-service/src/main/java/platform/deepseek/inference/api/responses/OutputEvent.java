package platform.deepseek.inference.api.responses;

import java.util.List;
import platform.deepseek.inference.api.stream.ScoredToken;

/**
 * A change of a growing output, as OpenAI's events tell it.
 *
 * <p>{@code index} is the item's place in the output.
 */
sealed interface OutputEvent {

  int index();

  record ItemAdded(int index, Item item) implements OutputEvent {}

  record PartAdded(int index, String itemId, Part part) implements OutputEvent {}

  record TextDelta(int index, String itemId, String text, List<ScoredToken> scores)
      implements OutputEvent {}

  record ReasoningDelta(int index, String itemId, Part.Type part, String text)
      implements OutputEvent {}

  record ArgumentsDelta(int index, String itemId, String text) implements OutputEvent {}

  /** The text of a part is whole, and so is the part. */
  record PartDone(int index, String itemId, Part part) implements OutputEvent {}

  record ArgumentsDone(int index, Item.FunctionCall call) implements OutputEvent {}

  record ItemDone(int index, Item item) implements OutputEvent {}
}
