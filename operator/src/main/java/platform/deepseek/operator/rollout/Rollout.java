package platform.deepseek.operator.rollout;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import platform.deepseek.operator.resource.Canary;
import platform.deepseek.operator.resource.CanaryAnalysis;
import platform.deepseek.operator.resource.CanaryPhase;
import platform.deepseek.operator.resource.CanaryStatus;
import platform.deepseek.operator.resource.CanaryStep;
import platform.deepseek.operator.resource.CheckResult;
import platform.deepseek.operator.resource.OnFailure;

/**
 * The state machine of a canary or blue/green rollout.
 *
 * <pre>
 *   Starting ──ready──► Analysing(step) ──passed, held──► next step ... ──last──► Promoting ──► over
 *      │ deadline           │ checks failed                                         (stable replaced
 *      ▼                    ▼                                                        behind the canary)
 *   RolledBack          RolledBack, or Paused for a person
 * </pre>
 *
 * <p>All it knows is in the resource's status and in what the cluster shows, so an operator that is
 * killed anywhere goes on where it was. Each call makes at most one move; a move is a new status
 * and the traffic that belongs to it, never an action, so a call repeated changes nothing.
 *
 * <p>The new revision takes traffic only while its replicas answer, and the stable one keeps all of
 * its replicas until the new one has taken everything: no step depends on a pod that is not there.
 * Blue/green is the case of one step of 100 percent with as many new replicas as old ones.
 */
public final class Rollout {

  /**
   * What the cluster shows of the two revisions.
   *
   * @param canaryReady replicas of the wanted revision that answer, and of no other
   */
  public record View(
      String wantedRevision,
      String stableRevision,
      boolean stableSettled,
      int canaryReady,
      int canaryWanted,
      Optional<List<CheckResult>> measured) {}

  /** Until routes have forgotten replicas that take no more traffic; meanwhile they serve on. */
  private static final Duration HANDOVER = Duration.ofSeconds(5);

  private final List<CanaryStep> steps;
  private final CanaryAnalysis analysis;
  private final OnFailure onFailure;
  private final Duration deadline;

  public Rollout(Canary canary, Duration deadline) {
    this.steps = canary.steps();
    this.analysis = canary.analysis();
    this.onFailure = canary.onFailure();
    this.deadline = deadline;
  }

  /** Blue/green as a canary of one step. */
  public static Canary blueGreen() {
    return new Canary(
        List.of(new CanaryStep(100, "PT0S")),
        new CanaryAnalysis(5, 3, List.of(), null),
        OnFailure.ROLLBACK);
  }

  /** The status after this look; empty when no rollout is under way. */
  public Optional<CanaryStatus> next(CanaryStatus before, View view, Instant now) {
    if (before == null || !view.wantedRevision.equals(before.canaryRevision())) {
      return view.wantedRevision.equals(view.stableRevision)
          ? Optional.empty()
          : Optional.of(starting(view, now));
    }
    return switch (before.phase()) {
      case STARTING -> Optional.of(whileStarting(before, view, now));
      case ANALYSING -> Optional.of(whileAnalysing(before, view, now));
      case PAUSED, ROLLED_BACK -> Optional.of(before);
      case PROMOTING -> whilePromoting(before, view, now);
    };
  }

  /** When to look again, while time alone can move it. */
  public Optional<Duration> lookAgainIn(CanaryStatus status, Instant now) {
    return switch (status.phase()) {
      case ANALYSING -> Optional.of(nextLook(status, now));
      case STARTING -> Optional.of(until(status.since(), deadline, now));
      case PROMOTING, ROLLED_BACK ->
          status.weight() > 0
              ? Optional.empty()
              : Optional.of(until(status.since(), HANDOVER, now)).filter(left -> !left.isZero());
      case PAUSED -> Optional.empty();
    };
  }

  /** Whether a revision that was taken back still has to serve what was on its way to it. */
  boolean isHandingOver(CanaryStatus status, Instant now) {
    return status.phase() == CanaryPhase.ROLLED_BACK
        && !until(status.since(), HANDOVER, now).isZero();
  }

  /** The step it is in, by the steps of now: they may have become fewer since. */
  private int stepOf(CanaryStatus status) {
    return Math.min(status.step(), steps.size() - 1);
  }

  private Duration hold(CanaryStatus status) {
    return steps.get(stepOf(status)).holdFor();
  }

  /** The end of the hold, or the next look where that is earlier or the hold is over. */
  private Duration nextLook(CanaryStatus status, Instant now) {
    var held = until(status.since(), hold(status), now);
    if (status.lastChecked() == null) {
      if (!analysis.checksOrNone().isEmpty()) {
        return Duration.ZERO;
      }
      return held.isZero() ? analysis.interval() : held;
    }
    var looked = until(status.lastChecked(), analysis.interval(), now);
    return held.isZero() || looked.compareTo(held) < 0 ? looked : held;
  }

  /** Whether the checks are due; measuring costs requests, so it is not done at every look. */
  public boolean checksAreDue(CanaryStatus status, Instant now) {
    return status != null
        && status.phase() == CanaryPhase.ANALYSING
        && !analysis.checksOrNone().isEmpty()
        && (status.lastChecked() == null
            || until(status.lastChecked(), analysis.interval(), now).isZero());
  }

  private CanaryStatus starting(View view, Instant now) {
    return new CanaryStatus(
        CanaryPhase.STARTING,
        0,
        0,
        view.stableRevision,
        view.wantedRevision,
        time(now),
        null,
        0,
        null,
        "replicas of revision %s start".formatted(view.wantedRevision));
  }

  private CanaryStatus whileStarting(CanaryStatus before, View view, Instant now) {
    if (view.canaryWanted > 0 && view.canaryReady >= view.canaryWanted) {
      return step(before, 0, now);
    }
    if (until(before.since(), deadline, now).isZero()) {
      return failed(
          before,
          CanaryPhase.ROLLED_BACK,
          now,
          "revision %s had %d of %d replicas ready after %d s"
              .formatted(
                  before.canaryRevision(),
                  view.canaryReady,
                  view.canaryWanted,
                  deadline.toSeconds()));
    }
    return before;
  }

  private CanaryStatus whileAnalysing(CanaryStatus before, View view, Instant now) {
    var answers = view.canaryReady > 0;
    var status =
        answers
            ? view.measured
                .map(results -> looked(before, results, failed(results), now))
                .orElse(before)
            : withoutReplicas(before, now);
    if (status.failures() >= analysis.failureLimit()) {
      return failed(status, failurePhase(), now, failures(status, answers));
    }
    if (!answers) {
      return status;
    }
    var held = until(status.since(), hold(status), now).isZero();
    // A step is over when it was held, was looked at, and the replicas it needs answer.
    var looked = analysis.checksOrNone().isEmpty() || status.lastChecked() != null;
    if (!held || !looked || lastLookFailed(status)) {
      return status;
    }
    if (view.canaryReady < view.canaryWanted) {
      return waiting(status, view, now);
    }
    return stepOf(status) + 1 < steps.size()
        ? step(status, stepOf(status) + 1, now)
        : promoting(status, now);
  }

  /**
   * Replicas of the next step may find no place: what they were given at the start they get here.
   */
  private CanaryStatus waiting(CanaryStatus status, View view, Instant now) {
    return until(status.since(), hold(status).plus(deadline), now).isZero()
        ? failed(
            status,
            failurePhase(),
            now,
            "revision %s had %d of %d replicas ready %d s after the end of step %d"
                .formatted(
                    status.canaryRevision(),
                    view.canaryReady,
                    view.canaryWanted,
                    deadline.toSeconds(),
                    stepOf(status) + 1))
        : status;
  }

  /** First the traffic goes back to the stable replicas, and then the others go. */
  private static Optional<CanaryStatus> whilePromoting(
      CanaryStatus before, View view, Instant now) {
    if (before.weight() == 0) {
      return until(before.since(), HANDOVER, now).isZero() ? Optional.empty() : Optional.of(before);
    }
    return view.stableRevision.equals(view.wantedRevision) && view.stableSettled
        ? Optional.of(handedBack(before, now))
        : Optional.of(before);
  }

  private static CanaryStatus handedBack(CanaryStatus before, Instant now) {
    return new CanaryStatus(
        before.phase(),
        before.step(),
        0,
        before.stableRevision(),
        before.canaryRevision(),
        time(now),
        before.lastChecked(),
        before.failures(),
        before.checks(),
        "revision %s serves from the stable replicas".formatted(before.canaryRevision()));
  }

  /**
   * Replicas may be away for a moment, so that they do not answer is one failed look in each
   * interval and not the end. They take no traffic meanwhile (RolloutPlan).
   */
  private CanaryStatus withoutReplicas(CanaryStatus before, Instant now) {
    if (before.lastChecked() != null
        && !until(before.lastChecked(), analysis.interval(), now).isZero()) {
      return before;
    }
    var unknown =
        analysis.checksOrNone().stream()
            .map(check -> new CheckResult(check.metric(), null, false))
            .toList();
    return looked(before, unknown, true, now);
  }

  private static boolean failed(List<CheckResult> results) {
    return results.stream().anyMatch(result -> !result.passed());
  }

  private static CanaryStatus looked(
      CanaryStatus before, List<CheckResult> results, boolean failed, Instant now) {
    return new CanaryStatus(
        before.phase(),
        before.step(),
        before.weight(),
        before.stableRevision(),
        before.canaryRevision(),
        before.since(),
        time(now),
        before.failures() + (failed ? 1 : 0),
        results,
        before.message());
  }

  private static boolean lastLookFailed(CanaryStatus status) {
    return status.checks() != null && failed(status.checks());
  }

  private CanaryStatus step(CanaryStatus before, int step, Instant now) {
    var weight = steps.get(step).weight();
    return new CanaryStatus(
        CanaryPhase.ANALYSING,
        step,
        weight,
        before.stableRevision(),
        before.canaryRevision(),
        time(now),
        null,
        before.failures(),
        null,
        "step %d of %d: revision %s takes %d %%"
            .formatted(step + 1, steps.size(), before.canaryRevision(), weight));
  }

  private static CanaryStatus promoting(CanaryStatus before, Instant now) {
    return new CanaryStatus(
        CanaryPhase.PROMOTING,
        before.step(),
        100,
        before.stableRevision(),
        before.canaryRevision(),
        time(now),
        before.lastChecked(),
        before.failures(),
        before.checks(),
        "revision %s takes all traffic while the stable replicas are replaced"
            .formatted(before.canaryRevision()));
  }

  private CanaryPhase failurePhase() {
    return onFailure == OnFailure.PAUSE ? CanaryPhase.PAUSED : CanaryPhase.ROLLED_BACK;
  }

  private static CanaryStatus failed(
      CanaryStatus before, CanaryPhase phase, Instant now, String why) {
    var back = phase == CanaryPhase.ROLLED_BACK;
    return new CanaryStatus(
        phase,
        before.step(),
        back ? 0 : before.weight(),
        before.stableRevision(),
        before.canaryRevision(),
        time(now),
        before.lastChecked(),
        before.failures(),
        before.checks(),
        why
            + (back
                ? "; revision %s serves again, change the spec to try another"
                    .formatted(before.stableRevision())
                : "; its share is held, change the spec to go on or back"));
  }

  private static String failures(CanaryStatus status, boolean answers) {
    if (!answers) {
      return "%d look(s) failed, at the last no replica of revision %s answered"
          .formatted(status.failures(), status.canaryRevision());
    }
    var failed =
        status.checks().stream()
            .filter(result -> !result.passed())
            .map(
                result ->
                    result.metric().name()
                        + " "
                        + (result.value() == null ? "not measurable" : result.value())
                        + (result.message() == null ? "" : " (" + result.message() + ")"))
            .toList();
    return "%d look(s) failed, the last by %s"
        .formatted(status.failures(), String.join(", ", failed));
  }

  private static Duration until(String since, Duration span, Instant now) {
    var left = Duration.between(now, Instant.parse(since).plus(span));
    return left.isNegative() ? Duration.ZERO : left;
  }

  private static String time(Instant now) {
    return now.truncatedTo(ChronoUnit.MILLIS).toString();
  }
}
