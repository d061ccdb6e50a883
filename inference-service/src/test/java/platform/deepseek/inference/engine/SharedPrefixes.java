package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.concat;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.inference.engine.prefix.PrefixSharing;
import platform.deepseek.inference.engine.prefix.RestorationOutcome;

/**
 * Prefixes that one engine hands over and another one restores. Blocks of 8 tokens are shared, the
 * pool's have 4.
 */
abstract class SharedPrefixes {

  static final int BLOCK = 8;

  /** A block with its header. */
  static final int BLOCK_BYTES = 64 + BLOCK * Integer.BYTES;

  final int stepsAhead;
  final int[] system = prompt(100, 24);
  final PlayedPrefixStore store = new PlayedPrefixStore();
  final Diary diary = new Diary();

  SharedPrefixes(int stepsAhead) {
    this.stepsAhead = stepsAhead;
  }

  EngineUnderTest engine() {
    return engine(new FakeRunner(stepsAhead, 6, 64), 0, 1 << 20);
  }

  EngineUnderTest engine(FakeRunner runner, int kvBlocks, int stagingBytes) {
    return new EngineUnderTest(
        runner, config(4, 8, kvBlocks), sharing("a model", stagingBytes), diary);
  }

  PrefixSharing sharing(String model, int stagingBytes) {
    return new PrefixSharing(Optional.of(store), model, BLOCK, stagingBytes, 0);
  }

  /** Has the store filled with the prefix by an engine that is gone afterwards. */
  void fill() {
    EngineUnderTest first = engine();
    first.ask(request(concat(system, prompt(1, 4)), 2));
    settle(first);
    assertThat(store.size()).isEqualTo(3);
  }

  static void settle(EngineUnderTest engine) {
    engine.turns(8);
  }

  static void assertRight(Client client, int[] prompt, int count) {
    assertThat(client.tokens()).isEqualTo(FakeRunner.answer(prompt, 0, count));
  }

  static final class Diary implements EngineObserver {
    final Map<RestorationOutcome, Integer> outcomes = new EnumMap<>(RestorationOutcome.class);
    int restored;
    int kept;
    int dropped;
    int preempted;

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
