package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.concat;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.engine.prefix.PrefixSharing;
import platform.deepseek.inference.engine.prefix.RestorationOutcome;

/** What an engine hands over, when, and what it drops. */
@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class PrefixHandoverTest extends SharedPrefixes {

  PrefixHandoverTest(int stepsAhead) {
    super(stepsAhead);
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
}
