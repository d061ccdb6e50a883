package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.concat;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class PrefixReuseTest {
  private final int stepsAhead;
  private final int[] system = prompt(100, 16);

  PrefixReuseTest(int stepsAhead) {
    this.stepsAhead = stepsAhead;
  }

  @Test
  void commonPrefixIsComputedOnceAndCopied() {
    var engine = EngineUnderTest.small(stepsAhead);
    engine.ask(request(concat(system, prompt(1, 6)), 4));

    Client client = engine.ask(request(concat(system, prompt(2, 6)), 4));

    assertThat(client.started().cachedTokens()).isEqualTo(16);
    assertThat(engine.runner.copies()).isOne();
    assertThat(client.tokens()).isEqualTo(FakeRunner.answer(concat(system, prompt(2, 6)), 0, 4));
  }

  @Test
  void runningSequenceSharesWhatItHasComputed() {
    var engine = EngineUnderTest.small(stepsAhead);
    Client first = engine.submit(request(concat(system, prompt(1, 6)), 30));
    engine.turns(4);

    Client second = engine.submit(request(concat(system, prompt(2, 6)), 4));
    engine.runUntilIdle();

    assertThat(second.started().cachedTokens()).isEqualTo(16);
    assertThat(first.tokens()).isEqualTo(FakeRunner.answer(concat(system, prompt(1, 6)), 0, 30));
    assertThat(second.tokens()).isEqualTo(FakeRunner.answer(concat(system, prompt(2, 6)), 0, 4));
  }

  @Test
  void onlyBlocksComputedInEarlierStepsAreShared() {
    var engine = EngineUnderTest.small(stepsAhead);
    engine.submit(request(concat(system, prompt(1, 6)), 2));
    engine.turn(); // eight of sixteen

    Client second = engine.submit(request(concat(system, prompt(2, 2)), 2));
    engine.turns(2);
    engine.runUntilIdle();

    assertThat(second.started().cachedTokens()).isEqualTo(16);
    assertThat(second.tokens()).isEqualTo(FakeRunner.answer(concat(system, prompt(2, 2)), 0, 2));
  }

  @Test
  void samePromptAgainComputesItsLastBlockOnly() {
    var engine = EngineUnderTest.small(stepsAhead);
    Client first = engine.ask(request(system, 4));
    Client again = engine.ask(request(system, 4));

    // All 16 are cached; the last token's logits are needed, so three of four blocks are used.
    assertThat(again.started().cachedTokens()).isEqualTo(12);
    assertThat(again.tokens()).isEqualTo(first.tokens());
    assertThat(engine.runner.steps().get(5).entries().getFirst().from()).isEqualTo(12);
  }

  @Test
  void tenantsNeverSharePrefixes() {
    var engine = EngineUnderTest.small(stepsAhead);
    engine.ask(request(system, 4, "alice"));

    assertThat(engine.ask(request(system, 4, "bob")).started().cachedTokens()).isZero();
    assertThat(engine.ask(request(system, 4, "alice")).started().cachedTokens()).isEqualTo(12);
  }

  @Test
  void reuseCanBeSwitchedOff() {
    var engine =
        new EngineUnderTest(
            new FakeRunner(stepsAhead, 4, 64), new EngineConfig(4, 8, 10, false, 4, 0));
    engine.ask(request(system, 4));
    Client again = engine.ask(request(system, 4));

    assertThat(again.started().cachedTokens()).isZero();
    assertThat(engine.engine.stats().kvBlocksCached()).isZero();
  }

  @Test
  void leastRecentlyUsedPrefixGoesFirst() {
    var engine = new EngineUnderTest(new FakeRunner(stepsAhead, 3, 64), config(1, 8, 0));
    engine.ask(request(prompt(1, 9), 1));
    engine.ask(request(prompt(2, 9), 1));
    engine.ask(request(prompt(3, 9), 1));
    engine.ask(request(prompt(1, 9), 1)); // 1 is fresh again
    engine.ask(request(prompt(4, 9), 1)); // takes the place of 2

    assertThat(engine.ask(request(prompt(1, 9), 1)).started().cachedTokens()).isEqualTo(8);
    assertThat(engine.ask(request(prompt(3, 9), 1)).started().cachedTokens()).isEqualTo(8);
    assertThat(engine.ask(request(prompt(2, 9), 1)).started().cachedTokens()).isZero();
  }

  @Test
  void cachedPrefixesMakeRoomForRunningSequences() {
    var engine = new EngineUnderTest(new FakeRunner(stepsAhead, 4, 64), config(2, 8, 16));
    for (int i = 0; i < 4; i++) {
      engine.ask(request(prompt(i, 14), 2));
    }
    assertThat(engine.engine.stats().kvBlocksCached()).isEqualTo(16);

    Client client = engine.ask(request(prompt(9, 32), 32));

    assertThat(client.tokens()).isEqualTo(FakeRunner.answer(prompt(9, 32), 0, 32));
    assertThat(engine.engine.stats().kvBlocksCached()).isEqualTo(16);
  }

  @Test
  void prefixOfACancelledRequestServesTheNext() {
    var engine = EngineUnderTest.small(stepsAhead);
    var client = new Client();
    Submission submission = engine.engine.submit(request(concat(system, prompt(1, 6)), 4), client);
    engine.steps(2);
    submission.cancel();
    engine.turn();

    Client next = engine.ask(request(concat(system, prompt(1, 6)), 4));

    assertThat(next.started().cachedTokens()).isEqualTo(16);
    assertThat(next.tokens()).isEqualTo(FakeRunner.answer(concat(system, prompt(1, 6)), 0, 4));
  }

  @Test
  void observerHearsOfEveryHit() {
    var hits = new ArrayList<Integer>();
    var engine =
        new EngineUnderTest(
            new FakeRunner(stepsAhead, 4, 64),
            config(4, 8, 0),
            new EngineObserver() {
              @Override
              public void prefixHit(int tokens) {
                hits.add(tokens);
              }
            });
    engine.ask(request(system, 1));
    engine.ask(request(concat(system, 1, 2), 1));

    assertThat(hits).containsExactly(16);
  }
}
