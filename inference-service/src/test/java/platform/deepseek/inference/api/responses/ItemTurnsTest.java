package platform.deepseek.inference.api.responses;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.chat.Turn;

class ItemTurnsTest {

  private static Item message(Item.Role role, String text) {
    return new Item.Message(
        "m", role, List.of(Part.of(Part.Type.INPUT_TEXT, text)), Item.Status.COMPLETED);
  }

  private static Item thought(String text) {
    return new Item.Reasoning("r", Part.Type.REASONING_TEXT, text, Item.Status.COMPLETED);
  }

  private static Item call(String id) {
    return new Item.FunctionCall("f", id, "weather", "{}", Item.Status.COMPLETED);
  }

  private static Item result(String id, String text) {
    return new Item.FunctionCallOutput("o", id, text, Item.Status.COMPLETED);
  }

  private static List<Turn> turns(Item... items) {
    return ItemTurns.of(null, List.of(items));
  }

  @Test
  void instructionsComeFirstAndDevelopersAreTheSystem() {
    assertThat(ItemTurns.of("Be brief.", List.of(message(Item.Role.DEVELOPER, "Really."))))
        .containsExactly(Turn.system("Be brief."), Turn.system("Really."));
  }

  @Test
  void whatTheModelThoughtSaidAndCalledIsOneTurn() {
    assertThat(
            turns(
                message(Item.Role.USER, "Weather?"),
                thought("I need "),
                thought("the tool."),
                message(Item.Role.ASSISTANT, "One moment."),
                call("a"),
                call("b"),
                result("a", "Snow"),
                result("b", "Rain"),
                message(Item.Role.ASSISTANT, "Wet.")))
        .containsExactly(
            Turn.user("Weather?"),
            Turn.assistant(
                "One moment.",
                "I need the tool.",
                List.of(new Turn.Call("a", "weather", "{}"), new Turn.Call("b", "weather", "{}"))),
            Turn.tool("a", "Snow"),
            Turn.tool("b", "Rain"),
            Turn.assistant("Wet.", null, List.of()));
  }

  @Test
  void aCallWithoutWordsHasNoContent() {
    assertThat(turns(call("a")))
        .containsExactly(Turn.assistant(null, null, List.of(new Turn.Call("a", "weather", "{}"))));
  }

  @Test
  void aThoughtBelongsToWhatFollowsIt() {
    assertThat(
            turns(
                message(Item.Role.ASSISTANT, "One."),
                thought("More?"),
                message(Item.Role.ASSISTANT, "Two.")))
        .containsExactly(
            Turn.assistant("One.", null, List.of()), Turn.assistant("Two.", "More?", List.of()));
  }

  @Test
  void aThoughtThatLedToNothingIsNoTurn() {
    assertThat(turns(thought("Hm"), message(Item.Role.USER, "And?")))
        .containsExactly(Turn.user("And?"));
  }
}
