package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.concat;
import static platform.deepseek.inference.engine.Requests.embedding;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;
import static platform.deepseek.inference.engine.Requests.scored;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.engine.prefix.RestorationOutcome;

/** A store that is slow, wrong or away: the prefix is computed, and the answer is right. */
@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class PrefixFaultTest extends SharedPrefixes {

  PrefixFaultTest(int stepsAhead) {
    super(stepsAhead);
  }

  @Test
  void unansweredQuestionIsComputed() {
    fill();
    store.fallSilent();
    int[] prompt = concat(system, prompt(2, 6));
    Client client = engine().ask(request(prompt, 4));

    assertRight(client, prompt, 4);
    assertThat(client.started().cachedTokens()).isZero();
    assertThat(diary.outcomes).containsEntry(RestorationOutcome.UNANSWERED, 1);
  }

  @Test
  void whatCameBeforeATransferBrokeOffIsUsed() {
    fill();
    store.holdBack();
    EngineUnderTest second = engine();
    int[] prompt = concat(system, prompt(2, 6));
    Client client = second.submit(request(prompt, 4));
    second.turn();
    store.answer();
    store.fetch().deliver(2);
    store.fetch().breakOff();
    second.runUntilIdle();

    assertRight(client, prompt, 4);
    assertThat(client.started().cachedTokens()).isEqualTo(16);
    assertThat(diary.outcomes).containsEntry(RestorationOutcome.PARTIAL, 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5, 8, 12, 20, 48, 64, 64 + 31})
  void damagedBlockIsComputed(int place) {
    fill();
    store.onTheWay(
        block -> {
          block[place] ^= 4;
          return block;
        });
    int[] prompt = concat(system, prompt(2, 6));
    Client client = engine().ask(request(prompt, 4));

    assertRight(client, prompt, 4);
    assertThat(client.started().cachedTokens()).isZero();
    assertThat(diary.outcomes).containsEntry(RestorationOutcome.DAMAGED, 1);
  }

  @Test
  void blockOfAnotherPlaceIsComputed() {
    fill();
    List<byte[]> seen = new ArrayList<>();
    store.onTheWay(
        block -> {
          seen.add(block);
          return seen.getFirst();
        });
    int[] prompt = concat(system, prompt(2, 6));
    Client client = engine().ask(request(prompt, 4));

    assertRight(client, prompt, 4);
    assertThat(client.started().cachedTokens()).isEqualTo(8);
    assertThat(diary.outcomes).containsEntry(RestorationOutcome.DAMAGED, 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10, BLOCK_BYTES - 1, BLOCK_BYTES + 1})
  void blockOfAnotherLengthIsComputed(int length) {
    fill();
    store.onTheWay(block -> Arrays.copyOf(block, length));
    int[] prompt = concat(system, prompt(2, 6));
    Client client = engine().ask(request(prompt, 4));

    assertRight(client, prompt, 4);
    assertThat(client.started().cachedTokens()).isZero();
  }

  @Test
  void copyThatFailsIsComputed() {
    fill();
    EngineUnderTest second = engine();
    second.runner.failNextWrite(new IllegalStateException("no such page"));
    int[] prompt = concat(system, prompt(2, 6));
    Client client = second.ask(request(prompt, 4));

    assertRight(client, prompt, 4);
    assertThat(client.started().cachedTokens()).isZero();
  }

  @Test
  void prefixWithoutMemoryToComeIntoIsComputed() {
    fill();
    EngineUnderTest second = engine();
    second.runner.failNextStaging(new OutOfMemoryError("no room beside the heap"));
    int[] prompt = concat(system, prompt(2, 6));
    Client client = second.ask(request(prompt, 4));

    assertRight(client, prompt, 4);
    assertThat(client.started().cachedTokens()).isZero();
    assertThat(diary.outcomes).containsEntry(RestorationOutcome.FAILED, 1);
  }

  @Test
  void answerOfTheStoreThatIsNoCountIsComputed() {
    fill();
    store.claims(-1);
    int[] prompt = concat(system, prompt(2, 6));
    Client client = engine().ask(request(prompt, 4));

    assertRight(client, prompt, 4);
    assertThat(client.started().cachedTokens()).isZero();
  }

  @Test
  void prefixThatIsComputedFasterIsNotFetched() {
    fill();
    store.holdBack();
    EngineUnderTest second =
        new EngineUnderTest(
            new FakeRunner(stepsAhead, 6, 64),
            config(4, 64, 16),
            sharing("a model", 1 << 20),
            diary);
    // A microsecond for each token of a large prompt, and a second for a transfer.
    second.runner.beforeRun(() -> second.pass(Duration.ofNanos(60_000)));
    second.submit(request(prompt(50, 60), 1));
    second.turn();
    store.answer();
    second.runUntilIdle();
    Client slow = second.submit(request(concat(system, prompt(2, 6)), 4));
    second.turn();
    store.answer();
    second.pass(Duration.ofSeconds(1));
    store.fetch().deliver(3);
    second.runUntilIdle();
    assertThat(slow.started().cachedTokens()).isEqualTo(24);

    int asked = store.lookups();
    second.ask(request(prompt(51, 60), 1)); // takes all the room
    Client next = second.ask(request(concat(system, prompt(3, 6)), 4));
    assertRight(next, concat(system, prompt(3, 6)), 4);
    assertThat(next.started().cachedTokens()).isZero();
    assertThat(store.lookups()).isEqualTo(asked);
    assertThat(diary.outcomes).containsEntry(RestorationOutcome.SLOWER, 2);
  }

  @Test
  void embeddingsAndScoresAskForNothing() {
    fill();
    EngineUnderTest second = engine();
    int before = store.lookups();
    second.ask(embedding(system));
    settle(second);
    assertThat(store.stores()).isEqualTo(3);
    Client scores = second.ask(scored(system, 1));

    assertThat(store.lookups()).isEqualTo(before);
    assertThat(scores.started().promptScores()).hasSize(23);
  }

  @Test
  void storeThatIsAwayIsNotAskedAndTakesNothing() {
    fill();
    store.isAvailable(false);
    EngineUnderTest second = engine();
    int before = store.lookups();
    int[] prompt = concat(prompt(7, 24), prompt(2, 6));
    assertRight(second.ask(request(prompt, 4)), prompt, 4);
    settle(second);

    assertThat(store.lookups()).isEqualTo(before);
    assertThat(store.stores()).isEqualTo(3);
    assertThat(diary.dropped).isEqualTo(4);
  }

  @Test
  void stagingMemoryBoundsWhatIsFetched() {
    fill();
    EngineUnderTest second =
        engine(new FakeRunner(stepsAhead, 6, 64), 0, 2 * BLOCK_BYTES + BLOCK_BYTES / 2);
    int[] prompt = concat(system, prompt(2, 6));
    Client client = second.ask(request(prompt, 4));

    assertRight(client, prompt, 4);
    assertThat(client.started().cachedTokens()).isEqualTo(16);

    store.holdBack();
    EngineUnderTest third =
        engine(new FakeRunner(stepsAhead, 6, 64), 0, 2 * BLOCK_BYTES + BLOCK_BYTES / 2);
    third.submit(request(prompt, 4));
    third.turn();
    int[] another = prompt(3, 20);
    Client crowded = third.submit(request(another, 2));
    third.turns(12);
    assertRight(crowded, another, 2);
    assertThat(diary.outcomes).containsEntry(RestorationOutcome.CROWDED, 1);
  }

  @Test
  void storeThatCannotBeAskedHarmsNobody() {
    fill();
    EngineUnderTest second = engine();
    Client neighbour = second.submit(request(prompt(9, 6), 4));
    second.turn();
    store.close(new IllegalStateException("the client is closed"));
    int[] prompt = concat(system, prompt(2, 6));
    Client client = second.ask(request(prompt, 4));

    assertRight(client, prompt, 4);
    assertRight(neighbour, prompt(9, 6), 4);
    assertThat(diary.outcomes).containsEntry(RestorationOutcome.FAILED, 1);
  }

  @Test
  void transferThatCannotBeEndedHarmsNobody() {
    fill();
    store.holdBack();
    store.failCancels(new IllegalStateException("the connection is closed"));
    EngineUnderTest second = engine();
    Client neighbour = second.submit(request(prompt(9, 6), 4));
    Client client = new Client();
    Submission submission = second.engine.submit(request(concat(system, prompt(2, 6)), 4), client);
    second.turn();
    store.answer();
    submission.cancel();
    second.runUntilIdle();

    assertThat(client.reason()).isEqualTo(FinishReason.CANCELLED);
    assertRight(neighbour, prompt(9, 6), 4);
  }
}
