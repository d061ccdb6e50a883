package platform.deepseek.operator.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import platform.deepseek.operator.resource.Canary;
import platform.deepseek.operator.resource.CanaryAnalysis;
import platform.deepseek.operator.resource.CanaryCheck;
import platform.deepseek.operator.resource.CanaryMetric;
import platform.deepseek.operator.resource.CanaryPhase;
import platform.deepseek.operator.resource.CanaryStatus;
import platform.deepseek.operator.resource.CanaryStep;
import platform.deepseek.operator.resource.CheckResult;
import platform.deepseek.operator.resource.OnFailure;

class RolloutTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final CanaryCheck ERRORS = new CanaryCheck(CanaryMetric.ERROR_RATE, "0.01", null);

  private final Rollout rollout = rollout(OnFailure.ROLLBACK);

  private static Rollout rollout(OnFailure onFailure) {
    return new Rollout(
        new Canary(
            List.of(
                new CanaryStep(20, "PT10M"),
                new CanaryStep(50, "PT5M"),
                new CanaryStep(100, "PT0S")),
            new CanaryAnalysis(60, 2, List.of(ERRORS), null),
            onFailure),
        Duration.ofHours(1));
  }

  private static Rollout.View view(int ready, int wanted, Boolean passed) {
    return new Rollout.View(
        "new",
        "old",
        true,
        ready,
        wanted,
        Optional.ofNullable(passed)
            .map(it -> List.of(new CheckResult(CanaryMetric.ERROR_RATE, "0.5", it))));
  }

  private static Instant after(Duration span) {
    return START.plus(span);
  }

  @Test
  void nothingHappensWhileTheRevisionIsTheSame() {
    var same = new Rollout.View("old", "old", true, 0, 1, Optional.empty());
    assertThat(rollout.next(null, same, START)).isEmpty();
  }

  @Test
  void weightRisesStepByStepAfterHoldAndChecksAndThenPromotes() {
    var starting = rollout.next(null, view(0, 1, null), START).orElseThrow();
    assertThat(starting.phase()).isEqualTo(CanaryPhase.STARTING);
    assertThat(starting.weight()).isZero();

    var first =
        rollout.next(starting, view(1, 1, null), after(Duration.ofMinutes(2))).orElseThrow();
    assertThat(first.weight()).isEqualTo(20);

    var held = rollout.next(first, view(1, 1, true), after(Duration.ofMinutes(5))).orElseThrow();
    assertThat(held.weight()).isEqualTo(20);

    var second = rollout.next(held, view(2, 2, true), after(Duration.ofMinutes(12))).orElseThrow();
    assertThat(second.weight()).isEqualTo(50);

    var last = rollout.next(second, view(4, 4, true), after(Duration.ofMinutes(18))).orElseThrow();
    assertThat(last.weight()).isEqualTo(100);

    var promoting =
        rollout.next(last, view(4, 4, true), after(Duration.ofMinutes(19))).orElseThrow();
    assertThat(promoting.phase()).isEqualTo(CanaryPhase.PROMOTING);
    assertThat(promoting.weight()).isEqualTo(100);

    var half = new Rollout.View("new", "new", false, 4, 4, Optional.empty());
    assertThat(rollout.next(promoting, half, after(Duration.ofMinutes(20)))).contains(promoting);
    var done = new Rollout.View("new", "new", true, 4, 4, Optional.empty());
    var back = rollout.next(promoting, done, after(Duration.ofMinutes(21))).orElseThrow();
    assertThat(back.phase()).isEqualTo(CanaryPhase.PROMOTING);
    assertThat(back.weight()).as("first the traffic goes back").isZero();
    var soon = after(Duration.ofMinutes(21).plusSeconds(2));
    assertThat(rollout.next(back, done, soon)).contains(back);
    assertThat(rollout.lookAgainIn(back, soon)).contains(Duration.ofSeconds(3));
    assertThat(rollout.next(back, done, after(Duration.ofMinutes(22)))).isEmpty();
  }

  @Test
  void aStepWaitsForTheReplicasOfTheNextOne() {
    var analysing = analysing(rollout);
    var waiting =
        rollout.next(analysing, view(1, 2, true), after(Duration.ofMinutes(30))).orElseThrow();
    assertThat(waiting.weight()).isEqualTo(20);
  }

  @Test
  void failedLooksTakeTheTrafficBack() {
    var analysing = analysing(rollout);
    var once =
        rollout.next(analysing, view(1, 1, false), after(Duration.ofMinutes(3))).orElseThrow();
    assertThat(once.phase()).isEqualTo(CanaryPhase.ANALYSING);
    assertThat(once.failures()).isEqualTo(1);
    var back = rollout.next(once, view(1, 1, false), after(Duration.ofMinutes(4))).orElseThrow();
    assertThat(back.phase()).isEqualTo(CanaryPhase.ROLLED_BACK);
    assertThat(back.weight()).isZero();
    assertThat(back.message())
        .isEqualTo(
            "2 look(s) failed, the last by ERROR_RATE 0.5; revision old serves again, change the spec to try another");
    assertThat(rollout.next(back, view(0, 0, null), after(Duration.ofHours(9)))).contains(back);
  }

  @Test
  void replicasThatAreAwayForAMomentCostOneLookAndNotTheRollout() {
    var analysing = analysing(rollout);
    var away = rollout.next(analysing, view(0, 1, null), after(Duration.ofMinutes(3)));
    assertThat(away.orElseThrow().failures()).isEqualTo(1);
    assertThat(away.orElseThrow().phase()).isEqualTo(CanaryPhase.ANALYSING);
    // The same minute again is the same look.
    var still = Duration.ofMinutes(3).plusSeconds(30);
    assertThat(rollout.next(away.orElseThrow(), view(0, 1, null), after(still))).isEqualTo(away);
    assertThat(rollout.lookAgainIn(away.orElseThrow(), after(still)))
        .contains(Duration.ofSeconds(30));
    // Back again they are checked as before, and go on when that passes.
    var again = rollout.next(away.orElseThrow(), view(2, 2, true), after(Duration.ofMinutes(12)));
    assertThat(again.orElseThrow().weight()).isEqualTo(50);
  }

  @Test
  void replicasThatStayAwayTakeTheTrafficBack() {
    var once =
        rollout
            .next(analysing(rollout), view(0, 1, null), after(Duration.ofMinutes(3)))
            .orElseThrow();
    var back = rollout.next(once, view(0, 1, null), after(Duration.ofMinutes(4))).orElseThrow();
    assertThat(back.phase()).isEqualTo(CanaryPhase.ROLLED_BACK);
    assertThat(back.message())
        .startsWith("2 look(s) failed, at the last no replica of revision new answered");
  }

  @Test
  void blueGreenToleratesAMomentTooAndThenEnds() {
    var blueGreen = new Rollout(Rollout.blueGreen(), Duration.ofHours(1));
    var status = analysing(blueGreen);
    for (int look = 1; look <= 3; look++) {
      assertThat(status.phase()).isEqualTo(CanaryPhase.ANALYSING);
      status =
          blueGreen
              .next(status, view(0, 1, null), after(Duration.ofMinutes(2 + look)))
              .orElseThrow();
    }
    assertThat(status.phase()).isEqualTo(CanaryPhase.ROLLED_BACK);
  }

  @Test
  void aLookIsNeverAskedForInAHotLoop() {
    var passed =
        rollout
            .next(analysing(rollout), view(1, 2, true), after(Duration.ofMinutes(20)))
            .orElseThrow();
    assertThat(rollout.lookAgainIn(passed, after(Duration.ofMinutes(20).plusSeconds(1))))
        .as("held long enough, waiting for the next step's replicas")
        .contains(Duration.ofSeconds(59));
  }

  @Test
  void aPersonMayDecideInstead() {
    var pausing = rollout(OnFailure.PAUSE);
    var analysing = analysing(pausing);
    var once =
        pausing.next(analysing, view(1, 1, false), after(Duration.ofMinutes(3))).orElseThrow();
    var paused = pausing.next(once, view(1, 1, false), after(Duration.ofMinutes(4))).orElseThrow();
    assertThat(paused.phase()).isEqualTo(CanaryPhase.PAUSED);
    assertThat(paused.weight()).isEqualTo(20);
  }

  @Test
  void replicasThatNeverGetReadyAreTakenBackAtTheDeadline() {
    var starting = rollout.next(null, view(0, 1, null), START).orElseThrow();
    assertThat(rollout.next(starting, view(0, 1, null), after(Duration.ofMinutes(59))))
        .contains(starting);
    var back =
        rollout.next(starting, view(0, 1, null), after(Duration.ofMinutes(61))).orElseThrow();
    assertThat(back.phase()).isEqualTo(CanaryPhase.ROLLED_BACK);
    assertThat(back.message()).startsWith("revision new had 0 of 1 replicas ready after 3600 s");
  }

  @Test
  void replicasOfTheNextStepThatNeverComeEndItAtTheDeadlineToo() {
    var analysing = analysing(rollout);
    var held = Duration.ofMinutes(12);
    var waiting = rollout.next(analysing, view(1, 2, true), after(held.plusMinutes(59)));
    assertThat(waiting.orElseThrow().phase()).isEqualTo(CanaryPhase.ANALYSING);
    var back =
        rollout
            .next(waiting.orElseThrow(), view(1, 2, true), after(held.plusMinutes(61)))
            .orElseThrow();
    assertThat(back.phase()).isEqualTo(CanaryPhase.ROLLED_BACK);
    assertThat(back.message())
        .startsWith("revision new had 1 of 2 replicas ready 3600 s after the end of step 1");
  }

  @Test
  void stepsThatBecameFewerMeanwhileGoOnFromTheLast() {
    var third = analysing(rollout);
    for (int look = 1; look < 3; look++) {
      third = rollout.next(third, view(4, 4, true), after(Duration.ofMinutes(20L * look))).get();
    }
    assertThat(third.step()).isEqualTo(2);
    var shorter =
        new Rollout(
            new Canary(
                List.of(new CanaryStep(50, "PT10M"), new CanaryStep(100, "PT10M")),
                new CanaryAnalysis(60, 2, List.of(ERRORS), null),
                OnFailure.ROLLBACK),
            Duration.ofHours(1));
    var since = Duration.ofMinutes(40);
    assertThat(shorter.lookAgainIn(third, after(since.plusSeconds(1)))).contains(Duration.ZERO);
    var promoting = shorter.next(third, view(4, 4, true), after(since.plusMinutes(11)));
    assertThat(promoting.orElseThrow().phase()).isEqualTo(CanaryPhase.PROMOTING);
  }

  @Test
  void anotherEditStartsOverAndGoingBackEndsIt() {
    var analysing = analysing(rollout);
    var other = new Rollout.View("newer", "old", true, 1, 1, Optional.empty());
    assertThat(rollout.next(analysing, other, START).orElseThrow().canaryRevision())
        .isEqualTo("newer");
    var back = new Rollout.View("old", "old", true, 1, 1, Optional.empty());
    assertThat(rollout.next(analysing, back, START)).isEmpty();
  }

  @Test
  void whateverHappensTheWeightStandsOnReadyReplicasAndRepeatingALookChangesNothing() {
    var random = new Random(20261122);
    for (int run = 0; run < 500; run++) {
      CanaryStatus status = null;
      var now = START;
      for (int look = 0; look < 60; look++) {
        now = now.plusSeconds(random.nextInt(400));
        var wanted = 1 + random.nextInt(3);
        var view =
            view(
                random.nextInt(wanted + 1),
                wanted,
                random.nextInt(4) == 0 ? null : random.nextInt(8) != 0);
        var next = rollout.next(status, view, now).orElse(null);
        if (next != null && (status == null || next.weight() > status.weight())) {
          assertThat(next.weight() == 0 || view.canaryReady() >= view.canaryWanted()).isTrue();
        }
        var unmeasured =
            new Rollout.View(
                "new", "old", true, view.canaryReady(), view.canaryWanted(), Optional.empty());
        if (next != null
            && next.phase() != CanaryPhase.STARTING
            && next.phase() != CanaryPhase.ANALYSING) {
          assertThat(rollout.next(next, unmeasured, now)).contains(next);
        }
        status = next;
      }
    }
  }

  private static CanaryStatus analysing(Rollout rollout) {
    var starting = rollout.next(null, view(0, 1, null), START).orElseThrow();
    return rollout.next(starting, view(1, 1, null), after(Duration.ofMinutes(2))).orElseThrow();
  }
}
