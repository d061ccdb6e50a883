package platform.deepseek.inference.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static platform.deepseek.inference.engine.EngineUnderTest.config;
import static platform.deepseek.inference.engine.Requests.constrained;
import static platform.deepseek.inference.engine.Requests.prompt;
import static platform.deepseek.inference.engine.Requests.request;

import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import platform.deepseek.inference.sampling.ConstraintTooCostlyException;
import platform.deepseek.inference.sampling.LogitMask;
import platform.deepseek.inference.sampling.TokenConstraint;
import platform.deepseek.inference.sampling.Work;

@ParameterizedClass(name = "{0} steps ahead")
@ValueSource(ints = {1, 2})
class ConstraintTest {
  private final int stepsAhead;
  private final EngineUnderTest engine;

  /** Breaks at the n-th question; the first is 1. */
  private static final class BreaksAtMask extends Rising {
    private int left;

    BreaksAtMask(int n) {
      left = n;
    }

    @Override
    public LogitMask mask() {
      if (--left == 0) {
        throw new IllegalStateException("the grammar is stuck");
      }
      return super.mask();
    }
  }

  /** Breaks when it is told its n-th token. */
  private static class BreaksAtToken extends Rising {
    private int left;

    BreaksAtToken(int n) {
      left = n;
    }

    @Override
    public void accept(int token) {
      if (--left == 0) {
        throw new StackOverflowError("the grammar is deep");
      }
      super.accept(token);
    }
  }

  /** Has to be asked several times before each mask. */
  private static final class FoundInParts extends Rising {
    private static final int TIMES = 3;

    private int asked;

    @Override
    public boolean prepare(Work work) {
      work.spend(work.left());
      return ++asked % TIMES == 0;
    }
  }

  private static final class TooCostly extends Rising {
    private int left;

    TooCostly(int n) {
      left = n;
    }

    @Override
    public boolean prepare(Work work) {
      if (--left == 0) {
        throw new ConstraintTooCostlyException("7 ways are more than 5; allow fewer");
      }
      return true;
    }
  }

  ConstraintTest(int stepsAhead) {
    this.stepsAhead = stepsAhead;
    engine = EngineUnderTest.small(stepsAhead);
  }

  private static TokenConstraint always(LogitMask mask) {
    return new TokenConstraint() {
      @Override
      public LogitMask mask() {
        return mask;
      }

      @Override
      public void accept(int token) {}
    };
  }

  @Test
  void everyTokenIsOneThatTheConstraintAllowed() {
    Client client = engine.ask(constrained(prompt(1, 5), 40, new Rising()));

    assertThat(client.tokens()).hasSize(40);
    int latest = 0;
    for (int token : client.tokens()) {
      assertThat(Math.floorMod(token - latest, FakeRunner.VOCABULARY)).isBetween(1, Rising.WIDEST);
      latest = token;
    }
  }

  @Test
  void noMaskLeavesTheModelFree() {
    Client client = engine.ask(constrained(prompt(1, 5), 20, always(null)));

    assertThat(client.tokens()).isEqualTo(FakeRunner.answer(prompt(1, 5), 0, 20));
  }

  @Test
  void tokensThatEndTheSequenceAreNotTold() {
    int stop = 3;
    var request = constrained(prompt(1, 5), 20, new BreaksAtToken(1));
    Client client =
        engine.ask(
            new GenerationRequest(
                request.prompt(),
                20,
                request.sampling(),
                Set.of(stop),
                "tenant",
                false,
                Requests.LONG,
                new BreaksAtToken(1) {
                  @Override
                  public LogitMask mask() {
                    return word -> word == 0 ? 1L << stop : 0;
                  }
                }));

    assertThat(client.reason()).isEqualTo(FinishReason.STOP);
    assertThat(client.tokens()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void constraintThatBreaksWhenAskedEndsItsOwnSequenceOnly(int question) {
    Client neighbour = engine.submit(request(prompt(2, 3), 20));
    Client broken = engine.submit(constrained(prompt(1, 3), 20, new BreaksAtMask(question)));
    Client after = engine.submit(request(prompt(3, 2), 20));
    engine.runUntilIdle();

    assertThat(broken.code()).isEqualTo(EngineError.Code.CONSTRAINT_FAILED);
    assertThat(broken.error().message()).contains("the grammar is stuck");
    assertThat(broken.tokens()).hasSize(question - 1);
    assertThat(neighbour.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 3), 0, 20));
    assertThat(after.tokens()).isEqualTo(FakeRunner.answer(prompt(3, 2), 0, 20));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void constraintThatBreaksWhenToldEndsItsOwnSequenceOnly(int token) {
    Client broken = engine.submit(constrained(prompt(1, 3), 20, new BreaksAtToken(token)));
    Client neighbour = engine.submit(request(prompt(2, 3), 20));
    engine.runUntilIdle();

    assertThat(broken.code()).isEqualTo(EngineError.Code.CONSTRAINT_FAILED);
    assertThat(broken.error().message()).contains("the grammar is deep");
    assertThat(broken.tokens()).hasSize(token - 1);
    assertThat(neighbour.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 3), 0, 20));
    assertThat(engine.engine.stats().kvBlocksUsed()).isZero();
  }

  @Test
  void maskThatBreaksWhenReadOrAllowsNothingEndsItsOwnSequenceOnly() {
    Client neighbour = engine.submit(request(prompt(2, 3), 20));
    Client unreadable =
        engine.submit(
            constrained(
                prompt(1, 3),
                20,
                always(
                    word -> {
                      throw new ArrayIndexOutOfBoundsException(word);
                    })));
    Client empty = engine.submit(constrained(prompt(4, 2), 20, always(word -> 0)));
    // Bit 97 and on are beyond the vocabulary.
    Client outside =
        engine.submit(constrained(prompt(5, 2), 20, always(word -> word == 1 ? -1L << 33 : 0)));
    engine.runUntilIdle();

    for (Client client : List.of(unreadable, empty, outside)) {
      assertThat(client.code()).isEqualTo(EngineError.Code.CONSTRAINT_FAILED);
      assertThat(client.tokens()).isEmpty();
    }
    assertThat(empty.error().message()).contains("no token is allowed");
    assertThat(neighbour.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 3), 0, 20));
  }

  @Test
  void brokenSequenceThatWasAloneIsToldAndItsPrefixStays() {
    Client broken = engine.ask(constrained(prompt(1, 12), 20, new BreaksAtMask(3)));

    assertThat(broken.code()).isEqualTo(EngineError.Code.CONSTRAINT_FAILED);
    assertThat(engine.ask(request(prompt(1, 12), 5)).started().cachedTokens()).isEqualTo(8);
  }

  @Test
  void preemptionKeepsTheStateOfTheConstraint() {
    var preemptions = new AtomicInteger();
    var crowded =
        new EngineUnderTest(
            new FakeRunner(stepsAhead, 2, 64),
            config(2, 8, 10),
            new EngineObserver() {
              @Override
              public void preempted() {
                preemptions.incrementAndGet();
              }
            });
    Client older = crowded.submit(constrained(prompt(1, 8), 20, new Rising()));
    Client younger = crowded.submit(constrained(prompt(2, 8), 20, new Rising()));
    crowded.runUntilIdle();

    assertThat(preemptions).hasPositiveValue();
    assertThat(older.tokens())
        .isEqualTo(engine.ask(constrained(prompt(1, 8), 20, new Rising())).tokens());
    assertThat(younger.tokens())
        .isEqualTo(engine.ask(constrained(prompt(2, 8), 20, new Rising())).tokens());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 40})
  void whoseMaskIsNotFoundYetWaitsAndNobodyWithIt(int promptLength) {
    Client neighbour = engine.submit(request(prompt(2, 3), 30));
    Client slow = engine.submit(constrained(prompt(1, promptLength), 15, new FoundInParts()));
    Client after = engine.submit(request(prompt(3, 2), 20));
    while (neighbour.tokens().size() < 30) {
      engine.turn();
    }
    assertThat(slow.tokens().size()).isLessThan(15);
    engine.runUntilIdle();

    assertThat(neighbour.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 3), 0, 30));
    assertThat(after.tokens()).isEqualTo(FakeRunner.answer(prompt(3, 2), 0, 20));
    assertThat(slow.tokens())
        .hasSize(15)
        .isEqualTo(engine.ask(constrained(prompt(1, promptLength), 15, new Rising())).tokens());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void constraintThatTakesTooMuchWorkEndsItsOwnSequenceAndSaysWhy(int question) {
    Client neighbour = engine.submit(request(prompt(2, 3), 20));
    Client costly = engine.submit(constrained(prompt(1, 3), 20, new TooCostly(question)));
    engine.runUntilIdle();

    assertThat(costly.code()).isEqualTo(EngineError.Code.CONSTRAINT_TOO_COSTLY);
    assertThat(costly.error().message()).endsWith("7 ways are more than 5; allow fewer");
    assertThat(costly.tokens()).hasSize(question - 1);
    assertThat(neighbour.tokens()).isEqualTo(FakeRunner.answer(prompt(2, 3), 0, 20));
  }
}
