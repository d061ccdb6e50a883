package platform.deepseek.inference.api.responses;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import platform.deepseek.inference.api.account.Caller;
import platform.deepseek.inference.api.openai.Logprobs;
import platform.deepseek.inference.api.stream.Ending;
import platform.deepseek.inference.api.stream.Piece;
import platform.deepseek.inference.api.stream.TokenCount;
import platform.deepseek.inference.text.HuggingFaceTokenizer;

class ResponseStoreTest {

  private static final ItemJson ITEMS =
      new ItemJson(
          new Logprobs(
              HuggingFaceTokenizer.load(
                  Path.of("src/test/resources/fixtures/tokenizer_qwen_style"))));
  private static final Caller ME = new Caller("me");
  private static final Caller OTHER = new Caller("other");
  private static final long PLENTY = 1 << 20;
  private static final Item.Status DONE = Item.Status.COMPLETED;

  private static Item said(String id, int characters) {
    return new Item.Message(
        id,
        Item.Role.USER,
        List.of(Part.of(Part.Type.INPUT_TEXT, "x".repeat(characters))),
        Item.Status.COMPLETED);
  }

  private static LiveResponse begin(ResponseStore store, String id, Passage before, Item... input) {
    LiveResponse response =
        new LiveResponse(
            id,
            ME,
            true,
            "}".getBytes(StandardCharsets.UTF_8),
            new Passage(before, List.of(input)),
            ITEMS,
            Part.Type.REASONING_TEXT,
            store::ended);
    store.add(response);
    return response;
  }

  private static void end(LiveResponse response, String answer) {
    response.add(new Piece.Text(answer, List.of()));
    response.end(Ending.of(Ending.Reason.STOP));
    response.complete(new TokenCount(1, 0, 1, 0));
  }

  private static LiveResponse keep(ResponseStore store, String id, Passage before, Item... input) {
    LiveResponse response = begin(store, id, before, input);
    end(response, "ok");
    return response;
  }

  @Test
  void theOldestLeavesWhenThereAreTooMany() {
    ResponseStore store = new ResponseStore(2, PLENTY);
    for (String id : List.of("a", "b", "c")) {
      keep(store, id, null, said("msg_" + id, 10));
    }
    assertThat(store.size()).isEqualTo(2);
    assertThat(store.find(ME, "a")).isEmpty();
    assertThat(store.item(ME, "msg_a")).isEmpty();
    assertThat(store.find(ME, "b")).isPresent();
    assertThat(store.item(ME, "msg_c")).isPresent();
  }

  @Test
  void bytesStayBelowTheLimitWhateverIsKept() {
    ResponseStore store = new ResponseStore(1_000, 100_000);
    for (int i = 0; i < 100; i++) {
      keep(store, "r" + i, null, said("m" + i, 3_000));
      assertThat(store.bytes()).isBetween(1L, 100_000L);
    }
    assertThat(store.size()).isBetween(5, 20);
    assertThat(store.find(ME, "r99")).isPresent();
  }

  @Test
  void idsThatClientsChoseAreCountedToo() {
    ResponseStore store = new ResponseStore(1_000, 100_000);
    for (int i = 0; i < 20; i++) {
      String id = "x".repeat(10_000) + i;
      keep(
          store,
          "r" + i,
          null,
          said(id, 10),
          new Item.Reasoning(id + "r", Part.Type.REASONING_TEXT, "", DONE));
    }
    assertThat(store.bytes()).isLessThanOrEqualTo(100_000);
    assertThat(store.size()).isBetween(1, 3);
    for (Item item :
        List.of(
            new Item.FunctionCall("x".repeat(1_000), "c", "f", "{}", DONE),
            new Item.FunctionCallOutput("x".repeat(1_000), "c", "", DONE))) {
      assertThat(item.size()).isGreaterThan(2_000);
    }
  }

  @Test
  void anItemStaysAsLongAsOneOfTheConversationsThatHaveItDoes() {
    ResponseStore store = new ResponseStore(10, PLENTY);
    LiveResponse first = keep(store, "first", null, said("m", 5));
    Item item = store.item(ME, "m").orElseThrow();
    LiveResponse second = keep(store, "second", null, item, said("n", 5));
    store.remove(first);
    assertThat(store.item(ME, "m")).contains(item);
    store.remove(second);
    assertThat(store.item(ME, "m")).isEmpty();
  }

  @Test
  void oneThatRunsDoesNotLeave() {
    ResponseStore store = new ResponseStore(1, PLENTY);
    LiveResponse running = begin(store, "a", null, said("m", 1));
    keep(store, "b", null, said("n", 1));
    assertThat(store.find(ME, "a")).isPresent();
    assertThat(store.find(ME, "b")).isEmpty();
    end(running, "late");
    keep(store, "c", null, said("o", 1));
    assertThat(store.find(ME, "a")).isEmpty();
    assertThat(store.find(ME, "c")).isPresent();
  }

  @Test
  void aConversationIsCountedOnceHoweverOftenItGoesOn() {
    ResponseStore store = new ResponseStore(1_000, PLENTY);
    LiveResponse first = keep(store, "first", null, said("long", 100_000));
    long before = store.bytes();
    for (int i = 0; i < 20; i++) {
      keep(store, "next" + i, first.whole(), said("m" + i, 10));
    }
    assertThat(store.bytes() - before).isLessThan(20 * 5_000);
  }

  @Test
  void whatAConversationNeedsStaysAndIsCountedWhenItsBeginningLeft() {
    ResponseStore store = new ResponseStore(1, PLENTY);
    LiveResponse first = keep(store, "first", null, said("long", 10_000));
    LiveResponse second = keep(store, "second", first.whole(), said("short", 10));
    assertThat(store.find(ME, "first")).isEmpty();
    assertThat(store.item(ME, "long")).isPresent();
    assertThat(store.bytes()).isGreaterThan(20_000);
    assertThat(second.whole().conversation()).extracting(Item::id).startsWith("long").hasSize(4);
    store.remove(second);
    assertThat(store.bytes()).isZero();
    assertThat(store.item(ME, "long")).isEmpty();
  }

  @Test
  void nothingIsCountedWhenAllIsGone() {
    ResponseStore store = new ResponseStore(10, PLENTY);
    LiveResponse a = keep(store, "a", null, said("m", 5));
    LiveResponse b = keep(store, "b", a.whole(), said("n", 5));
    LiveResponse c = begin(store, "c", a.whole(), said("o", 5));
    store.remove(a);
    store.remove(c);
    end(c, "nobody reads it");
    store.remove(b);
    store.remove(b);
    assertThat(store.bytes()).isZero();
    assertThat(store.size()).isZero();
  }

  @Test
  void anotherCallerFindsNothing() {
    ResponseStore store = new ResponseStore(10, PLENTY);
    keep(store, "a", null, said("m", 5));
    assertThat(store.find(OTHER, "a")).isEmpty();
    assertThat(store.item(OTHER, "m")).isEmpty();
    assertThat(store.item(ME, "m")).isPresent();
  }

  @Test
  void aLimitOfZeroKeepsNothingThatHasEnded() {
    ResponseStore store = new ResponseStore(0, PLENTY);
    keep(store, "a", null, said("m", 5));
    assertThat(store.size()).isZero();
    assertThat(store.bytes()).isZero();
  }
}
