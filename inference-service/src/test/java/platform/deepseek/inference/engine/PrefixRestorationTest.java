package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.concat;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.engine.prefix.RestorationOutcome;

/** A prefix that another engine computed: found, fetched once, put into a slot. */
@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class PrefixRestorationTest extends SharedPrefixes {

  PrefixRestorationTest(int stepsAhead) {
    super(stepsAhead);
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
}
