package platform.deepseek.inference.api.responses;

import java.util.ArrayList;
import java.util.List;
import platform.deepseek.inference.api.chat.Turn;

/**
 * Makes turns of items. A model's turn is one piece of text to a chat template, so what it thought,
 * said and called before somebody else had the word becomes one turn.
 */
final class ItemTurns {

  private final List<Turn> turns = new ArrayList<>();
  private String reasoning;
  private String said;
  private final List<Turn.Call> calls = new ArrayList<>();

  private ItemTurns() {}

  /**
   * @param instructions of the system, which come first; null when absent
   */
  static List<Turn> of(String instructions, List<Item> items) {
    ItemTurns made = new ItemTurns();
    if (instructions != null) {
      made.turns.add(Turn.system(instructions));
    }
    items.forEach(made::add);
    made.endOfAssistant();
    return made.turns;
  }

  private void add(Item item) {
    switch (item) {
      case Item.Message message -> add(message);
      case Item.Reasoning thought -> {
        if (said != null || !calls.isEmpty()) {
          endOfAssistant();
        }
        reasoning = reasoning == null ? thought.text() : reasoning + thought.text();
      }
      case Item.FunctionCall call ->
          calls.add(new Turn.Call(call.callId(), call.name(), call.arguments()));
      case Item.FunctionCallOutput output -> {
        endOfAssistant();
        turns.add(Turn.tool(output.callId(), output.output()));
      }
    }
  }

  private void add(Item.Message message) {
    switch (message.role()) {
      case ASSISTANT -> {
        if (said != null || !calls.isEmpty()) {
          endOfAssistant();
        }
        said = message.text();
      }
      case USER -> {
        endOfAssistant();
        turns.add(Turn.user(message.text()));
      }
      case SYSTEM, DEVELOPER -> {
        endOfAssistant();
        turns.add(Turn.system(message.text()));
      }
    }
  }

  /** A thought that led to nothing (it was cut short) is no turn. */
  private void endOfAssistant() {
    if (said != null || !calls.isEmpty()) {
      turns.add(
          Turn.assistant(said, reasoning == null || reasoning.isEmpty() ? null : reasoning, calls));
    }
    reasoning = null;
    said = null;
    calls.clear();
  }
}
