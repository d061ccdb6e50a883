package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.concat;
import static platform.deepseek.inference.engine.Requests.embedding;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;
import static platform.deepseek.inference.engine.Requests.scored;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.engine.prefix.PrefixSharing;
import platform.deepseek.inference.engine.prefix.RestorationOutcome;

/**
 * Prefixes that one engine hands over and another one restores. Blocks of 8 tokens are shared, the
 * pool's have 4.
 */
@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class SharedPrefixTest {

  private static final int BLOCK = 8;

  /** A block with its header. */
  private static final int BLOCK_BYTES = 64 + BLOCK * Integer.BYTES;

  private final int stepsAhead;
  private final int[] system = prompt(100, 24);
  private final PlayedPrefixStore store = new PlayedPrefixStore();
  private final Diary diary = new Diary();

  SharedPrefixTest(int stepsAhead) {
    this.stepsAhead = stepsAhead;
  }

  private EngineUnderTest engine() {
    return engine(new FakeRunner(stepsAhead, 6, 64), 0, 1 << 20);
  }

  private EngineUnderTest engine(FakeRunner runner, int kvBlocks, int stagingBytes) {
    return new EngineUnderTest(
        runner, config(4, 8, kvBlocks), sharing("a model", stagingBytes), diary);
  }

  private PrefixSharing sharing(String model, int stagingBytes) {
    return new PrefixSharing(Optional.of(store), model, BLOCK, stagingBytes, 0);
  }

  /** Has the store filled with the prefix by an engine that is gone afterwards. */
  private void fill() {
    EngineUnderTest first = engine();
    first.ask(request(concat(system, prompt(1, 4)), 2));
    settle(first);
    assertThat(store.size()).isEqualTo(3);
  }

  private static void settle(EngineUnderTest engine) {
    engine.turns(8);
  }

  private static void assertRight(Client client, int[] prompt, int count) {
    assertThat(client.tokens()).isEqualTo(FakeRunner.answer(prompt, 0, count));
  }

  @Test
  void prefixIsRestoredByAnotherEngineAndCountsAsCached() {
    fill();
    EngineUnderTest second = engine();
    int[] prompt = concat(system, prompt(2, 6));

    Client client = second.ask(request(prompt, 4));

    assertRight(client, prompt, 4);
    assertThat(client.started().cachedTokens()).isEqualTo(24);
    assertThat(client.usage().cachedTokens()).isEqualTo(24);
    assertThat(diary.restored).isEqualTo(24);
    assertThat(second.runner.steps().getFirst().entries().getFirst().from()).isEqualTo(24);
    assertThat(diary.outcomes).containsEntry(RestorationOutcome.RESTORED, 1);
  }

  @Test
  void whatTheEngineHasItselfIsNotFetched() {
    fill();
    EngineUnderTest second = engine();
    second.ask(request(concat(system, prompt(2, 6)), 4));
    Client again = second.ask(request(concat(system, prompt(3, 6)), 4));

    assertThat(again.started().cachedTokens()).isEqualTo(24);
    assertThat(store.fetches()).hasSize(1);
    assertThat(diary.restored).isEqualTo(24);
  }

  @Test
  void onlyTheBlocksThatAreMissingAreFetched() {
    fill();
    EngineUnderTest second = engine();
    second.ask(request(concat(Arrays.copyOf(system, 10), 1, 2), 2));
    int[] prompt = concat(system, prompt(2, 6));
    Client client = second.ask(request(prompt, 4));

    assertRight(client, prompt, 4);
    assertThat(client.started().cachedTokens()).isEqualTo(24);
    assertThat(store.fetch().asked()).isEqualTo(2);
    assertThat(diary.restored).isEqualTo(8 + 16);
  }

  @Test
  void samePromptAgainComputesItsLastTokens() {
    fill();
    Client client = engine().ask(request(system, 4));

    assertRight(client, system, 4);
    assertThat(client.started().cachedTokens()).isEqualTo(16);
  }

  @Test
  void anotherTenantOrSaltOrModelFindsNothing() {
    fill();
    int[] prompt = concat(system, prompt(2, 6));
    Client otherSalt = engine().ask(request(prompt, 4, "another salt"));
    EngineUnderTest otherModel =
        new EngineUnderTest(
            new FakeRunner(stepsAhead, 6, 64),
            config(4, 8, 0),
            sharing("another model", 1 << 20),
            diary);
    Client other = otherModel.ask(request(prompt, 4));
    Client otherTenant =
        engine().ask(request(prompt, 4).granted("", 100, new Share("another tenant", 5, 1)));

    for (Client client : List.of(otherSalt, other, otherTenant)) {
      assertThat(client.started().cachedTokens()).isZero();
      assertRight(client, prompt, 4);
    }
    assertThat(diary.outcomes).containsEntry(RestorationOutcome.UNKNOWN, 4);
  }

  @Test
  void othersGoOnWhileAPrefixIsOnItsWay() {
    fill();
    store.holdBack();
    EngineUnderTest second = engine();
    int[] prompt = concat(system, prompt(2, 6));
    Client waiting = second.submit(request(prompt, 4));
    second.turn();
    Client other = second.submit(request(prompt(9, 5), 3));
    second.turns(8);

    assertRight(other, prompt(9, 5), 3);
    assertThat(other.ended()).isTrue();
    assertThat(waiting.started()).isNull();
    assertThat(second.engine.stats().waiting()).isOne();

    store.answer();
    second.turn();
    assertThat(waiting.started()).isNull();
    store.fetch().deliver(3);
    second.runUntilIdle();
    assertRight(waiting, prompt, 4);
    assertThat(waiting.started().cachedTokens()).isEqualTo(24);
  }

  @Test
  void sequencesThatBeginAlikeFetchOnce() {
    fill();
    store.holdBack();
    EngineUnderTest second = engine();
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      clients.add(second.submit(request(concat(system, prompt(i, 6)), 4)));
    }
    second.turn();
    store.answer();
    store.fetch().deliver(3);
    second.runUntilIdle();

    assertThat(store.lookups()).isEqualTo(2); // one of them of the engine that filled the store
    assertThat(store.fetches()).hasSize(1);
    for (int i = 0; i < 4; i++) {
      assertRight(clients.get(i), concat(system, prompt(i, 6)), 4);
      assertThat(clients.get(i).started().cachedTokens()).isEqualTo(24);
    }
  }

  @Test
  void choicesOfOnePromptFetchOnce() {
    fill();
    store.holdBack();
    EngineUnderTest second = engine();
    int[] prompt = concat(system, prompt(2, 6));
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      clients.add(second.submit(request(prompt, 4, "tenant", i, java.util.Set.of())));
    }
    second.turn();
    store.answer();
    store.fetch().deliver(3);
    second.runUntilIdle();

    assertThat(store.fetches()).hasSize(1);
    for (int i = 0; i < 3; i++) {
      assertThat(clients.get(i).tokens()).isEqualTo(FakeRunner.answer(prompt, i, 4));
      assertThat(clients.get(i).started().cachedTokens()).isGreaterThanOrEqualTo(24);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cancelledRequestGivesItsPrefixUp(boolean whileAsking) {
    fill();
    store.holdBack();
    EngineUnderTest second = engine();
    int[] prompt = concat(system, prompt(2, 6));
    Client client = new Client();
    Submission submission = second.engine.submit(request(prompt, 4), client);
    second.turn();
    if (!whileAsking) {
      store.answer();
    }
    submission.cancel();
    second.turn();
    store.answer();
    second.turn();

    assertThat(client.reason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(diary.outcomes).containsEntry(RestorationOutcome.ABANDONED, 1);
    assertThat(store.fetches()).hasSize(whileAsking ? 0 : 1).allMatch(fetch -> fetch.isCancelled());
    assertThat(second.engine.stats().waiting()).isZero();
  }

  @Test
  void whoeverWaitsTooIsServedWhenTheFirstLeaves() {
    fill();
    store.holdBack();
    EngineUnderTest second = engine();
    int[] prompt = concat(system, prompt(2, 6));
    Submission first = second.engine.submit(request(prompt, 4), new Client());
    Client other = second.submit(request(prompt, 4));
    second.turn();
    store.answer();
    first.cancel();
    second.turn();
    store.fetch().deliver(3);
    second.runUntilIdle();

    assertRight(other, prompt, 4);
    assertThat(other.started().cachedTokens()).isEqualTo(24);
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
  void prefixIsHandedOverOnceAndABlockAtATime() {
    EngineUnderTest first = engine();
    Client running = first.submit(request(prompt(40, 4), 40));
    first.submit(request(concat(system, prompt(1, 4)), 1));
    int before = 0;
    while (store.size() < 3) {
      first.turn();
      assertThat(store.size() - before).isBetween(0, 1);
      before = store.size();
      assertThat(running.ended()).isFalse();
    }
    first.runUntilIdle();
    settle(first);
    first.ask(request(concat(system, prompt(2, 4)), 1));
    settle(first);

    assertThat(store.stores()).isEqualTo(store.size());
    assertThat(diary.kept).isEqualTo(store.size());
  }

  @Test
  void storeThatForgotIsGivenThePrefixAgain() {
    EngineUnderTest first = engine(new FakeRunner(stepsAhead, 6, 64), 16, 1 << 20);
    first.ask(request(concat(system, prompt(1, 4)), 1));
    settle(first);
    first.ask(request(prompt(51, 60), 1)); // takes all the room
    settle(first);
    store.forget();
    first.ask(request(concat(system, prompt(1, 4)), 1));
    settle(first);

    assertThat(store.size()).isEqualTo(3);
  }

  @Test
  void storeThatPromisedTooMuchIsGivenTheRestAgain() {
    fill();
    store.sends(1);
    EngineUnderTest second = engine();
    int[] prompt = concat(system, prompt(2, 6));
    Client client = second.ask(request(prompt, 4));
    settle(second);

    assertRight(client, prompt, 4);
    assertThat(client.started().cachedTokens()).isEqualTo(8);
    assertThat(store.stores()).isEqualTo(3 + 3); // two again, and one that has the answer in it
  }

  @Test
  void fullStoreIsWaitedForAndRefusedBlocksAreOfferedAgain() {
    store.room(0);
    EngineUnderTest first = engine();
    first.ask(request(concat(system, prompt(1, 4)), 1));
    settle(first);
    assertThat(store.size()).isZero();

    store.room(Integer.MAX_VALUE);
    store.holdStores();
    settle(first);
    assertThat(store.size()).isEqualTo(3);
    store.endStores(false);
    store.forget();
    first.ask(request(concat(system, prompt(2, 4)), 1));
    settle(first);
    assertThat(store.size()).isEqualTo(3);
  }

  @Test
  void prefixWhoseRoomIsNeededIsDropped() {
    store.room(0);
    EngineUnderTest first = engine(new FakeRunner(stepsAhead, 6, 64), 16, 1 << 20);
    first.ask(request(concat(system, prompt(1, 4)), 1));
    int[] large = prompt(8, 60);
    assertRight(first.ask(request(large, 4)), large, 4);
    store.room(Integer.MAX_VALUE);
    settle(first);

    assertThat(diary.dropped).isEqualTo(3);
    assertThat(store.size()).isEqualTo(7);
  }

  @Test
  void restoredSequencesLoseTheirSlotAndComeBackLikeOthers() {
    fill();
    EngineUnderTest second = engine(new FakeRunner(stepsAhead, 6, 64), 16, 1 << 20);
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      clients.add(second.submit(request(concat(system, prompt(i, 4)), 30)));
    }
    second.runUntilIdle();

    for (int i = 0; i < 3; i++) {
      assertRight(clients.get(i), concat(system, prompt(i, 4)), 30);
    }
    assertThat(diary.preempted).isPositive();
  }

  @Test
  void blocksThatDoNotFitThePoolsAreRefused() {
    assertThatThrownBy(
            () ->
                new EngineUnderTest(
                    new FakeRunner(stepsAhead, 4, 64),
                    config(4, 8, 0),
                    new PrefixSharing(Optional.of(store), "a model", 6, 1 << 20, 0),
                    diary))
        .hasMessageContaining("6 tokens are shared, the pool's have 4");
  }

  @Test
  void answersAreRightWhateverTheStoreDoes() {
    Random random = new Random(7);
    for (int round = 0; round < 60; round++) {
      EngineUnderTest engine =
          engine(new FakeRunner(stepsAhead, 6, 64), random.nextInt(3) == 0 ? 24 : 0, 400);
      store.holdBack();
      store.isAvailable(random.nextInt(8) > 0);
      store.room(random.nextInt(4) > 0 ? Integer.MAX_VALUE : 0);
      int rot = random.nextInt(6);
      store.onTheWay(
          block -> {
            if (rot == 0) {
              block[random.nextInt(block.length)] ^= 1;
            }
            return block;
          });
      List<int[]> prompts = new ArrayList<>();
      List<Client> clients = new ArrayList<>();
      List<Submission> cancelled = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        if (random.nextInt(4) == 0 && prompts.size() < 12) {
          int[] prompt = concat(prompt(random.nextInt(3), 20), prompt(i, random.nextInt(1, 16)));
          if (random.nextInt(5) == 0) {
            cancelled.add(engine.engine.submit(request(prompt, 6), new Client()));
          } else {
            prompts.add(prompt);
            clients.add(engine.submit(request(prompt, 6)));
          }
        }
        switch (random.nextInt(6)) {
          case 0 -> store.answer();
          case 1 -> store.fetches().forEach(fetch -> fetch.deliver(1));
          case 2 -> store.fetches().forEach(fetch -> fetch.breakOff());
          case 3 -> cancelled.forEach(Submission::cancel);
          default -> {}
        }
        engine.turn();
      }
      while (engine.engine.stats().running() + engine.engine.stats().waiting() > 0) {
        store.answer();
        store.fetches().forEach(fetch -> fetch.deliver(9));
        engine.turn();
      }
      for (int i = 0; i < prompts.size(); i++) {
        assertRight(clients.get(i), prompts.get(i), 6);
      }
      store.fetches().clear();
    }
    assertThat(diary.outcomes.keySet())
        .contains(
            RestorationOutcome.RESTORED,
            RestorationOutcome.PARTIAL,
            RestorationOutcome.DAMAGED,
            RestorationOutcome.ABANDONED,
            RestorationOutcome.UNKNOWN);
  }

  private static final class Diary implements EngineObserver {
    private final Map<RestorationOutcome, Integer> outcomes =
        new EnumMap<>(RestorationOutcome.class);
    private int restored;
    private int kept;
    private int dropped;
    private int preempted;

    @Override
    public void prefixAsked(RestorationOutcome outcome, int tokens, long bytes, Duration took) {
      outcomes.merge(outcome, 1, Integer::sum);
    }

    @Override
    public void prefixRestored(int tokens) {
      restored += tokens;
    }

    @Override
    public void blockHandedOver(boolean isKept, int bytes) {
      kept += isKept ? 1 : 0;
    }

    @Override
    public void blocksDropped(int blocks) {
      dropped += blocks;
    }

    @Override
    public void preempted() {
      preempted++;
    }
  }
}
