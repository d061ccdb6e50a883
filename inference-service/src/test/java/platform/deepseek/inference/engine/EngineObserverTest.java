package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EngineObserverTest {
  private final List<String> seen = new ArrayList<>();
  private final EngineUnderTest engine =
      new EngineUnderTest(new FakeRunner(4, 64), config(4, 8, 0), new Diary());

  @Test
  void requestIsSeenFromItsFirstTokenToItsEnd() {
    engine.runner.beforeRun(() -> engine.pass(Duration.ofMillis(20)));
    engine.submit(request(prompt(1, 10), 3));
    engine.pass(Duration.ofMillis(5));
    engine.runUntilIdle();

    assertThat(seen)
        .containsExactly(
            "step 1 sequences 8 tokens 0 new 20 ms",
            "step 1 sequences 2 tokens 1 new 20 ms",
            "started after 45 ms, 10 tokens, 0 cached",
            "step 1 sequences 1 tokens 1 new 20 ms",
            "token after 20 ms",
            "step 1 sequences 1 tokens 1 new 20 ms",
            "token after 20 ms",
            "LENGTH Usage[promptTokens=10, cachedTokens=0, completionTokens=3]");
  }

  @Test
  void cancellationIsSeenOnce() {
    Submission submission = engine.engine.submit(request(prompt(1, 3), 9), new Client());
    submission.cancel();
    submission.cancel();
    engine.turns(2);

    assertThat(seen)
        .containsExactly("CANCELLED Usage[promptTokens=3, cachedTokens=0, completionTokens=0]");
  }

  @Test
  void consumersFailureIsSeenAsCancellation() {
    engine.engine.submit(
        request(prompt(1, 3), 9),
        event -> {
          throw new IllegalStateException("connection reset");
        });
    engine.turns(3);

    assertThat(seen)
        .containsExactly(
            "step 1 sequences 3 tokens 1 new 0 ms",
            "started after 0 ms, 3 tokens, 0 cached",
            "CANCELLED Usage[promptTokens=3, cachedTokens=0, completionTokens=1]");
  }

  @Test
  void failureIsSeenByItsCode() {
    engine.submit(request(prompt(1, 3), 9));
    engine.runner.failNextRun(new IllegalStateException("no kernel"));
    engine.turn();

    assertThat(seen).containsExactly("failed RUNNER_FAILED");
  }

  private final class Diary implements EngineObserver {
    @Override
    public void requestStarted(Duration timeToFirstToken, int promptTokens, int cachedTokens) {
      seen.add(
          "started after %d ms, %d tokens, %d cached"
              .formatted(timeToFirstToken.toMillis(), promptTokens, cachedTokens));
    }

    @Override
    public void tokenGenerated(Duration sincePrevious) {
      seen.add("token after %d ms".formatted(sincePrevious.toMillis()));
    }

    @Override
    public void stepCompleted(int sequences, int tokens, int generated, Duration duration) {
      seen.add(
          "step %d sequences %d tokens %d new %d ms"
              .formatted(sequences, tokens, generated, duration.toMillis()));
    }

    @Override
    public void requestFinished(FinishReason reason, Usage usage) {
      seen.add(reason + " " + usage);
    }

    @Override
    public void requestFailed(EngineError.Code code) {
      seen.add("failed " + code);
    }
  }
}
