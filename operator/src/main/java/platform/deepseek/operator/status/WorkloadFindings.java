package platform.deepseek.operator.status;

import java.util.Optional;
import platform.deepseek.operator.desired.Names;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.observe.Diagnosis;
import platform.deepseek.operator.observe.Trouble;
import platform.deepseek.operator.observe.Workload;
import platform.deepseek.operator.resource.CanaryPhase;
import platform.deepseek.operator.resource.ConditionType;
import platform.deepseek.operator.resource.Reason;

/** What the pods do. */
final class WorkloadFindings {

  private WorkloadFindings() {}

  static Finding available(StatusReport.Input input) {
    var serving = input.observed().workload(input.serving());
    if (serving.isEmpty()) {
      return no(ConditionType.WORKLOAD_AVAILABLE, Reason.STARTING, "no replica has been made yet");
    }
    var workload = serving.get();
    var ready = workload.ready();
    if (workload.wanted() == 0) {
      return yes(
          ConditionType.WORKLOAD_AVAILABLE,
          Reason.SLEEPING,
          "zero replicas are wanted; none answers");
    }
    if (ready > 0) {
      return yes(
          ConditionType.WORKLOAD_AVAILABLE,
          ready >= workload.wanted() ? Reason.AVAILABLE : Reason.STARTING,
          "%d of %d replicas answer".formatted(ready, workload.wanted()));
    }
    return trouble(input)
        .map(
            it ->
                no(
                    ConditionType.WORKLOAD_AVAILABLE,
                    it.reason(),
                    it.object() + ": " + it.message()))
        .orElseGet(
            () ->
                no(
                    ConditionType.WORKLOAD_AVAILABLE,
                    Reason.STARTING,
                    "0 of %d replicas answer; they start".formatted(workload.wanted())));
  }

  /** What is wrong with the workloads: a refused pod first, then the pods' own troubles. */
  static Optional<Trouble> trouble(StatusReport.Input input) {
    for (var track : Track.values()) {
      var found =
          input
              .observed()
              .workload(track)
              .flatMap(Workload::refused)
              .map(
                  message ->
                      new Trouble(
                          Reason.FAILED_CREATE,
                          "Deployment/" + Names.workload(input.situation().name(), track),
                          "FailedCreate",
                          "the API server refuses a pod: " + message,
                          null))
              .or(() -> Diagnosis.of(input.observed(), track));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  static Finding progressing(StatusReport.Input input) {
    var canary = input.canary();
    var stable = input.observed().workload(Track.STABLE);
    if (canary != null
        && canary.phase() != CanaryPhase.ROLLED_BACK
        && canary.phase() != CanaryPhase.PAUSED
        && !(canary.phase() == CanaryPhase.PROMOTING && isStuck(stable))) {
      return yes(ConditionType.PROGRESSING, Reason.ROLLING_OUT, canary.message());
    }
    return stable
        .filter(workload -> !workload.isSettled())
        .map(
            workload ->
                workload.stuck()
                    ? no(
                        ConditionType.PROGRESSING,
                        Reason.DEADLINE_EXCEEDED,
                        "no progress for %d s"
                            .formatted(
                                input.situation().spec().rollout().progressDeadlineSeconds()))
                    : yes(
                        ConditionType.PROGRESSING,
                        Reason.ROLLING_OUT,
                        "%d of %d replicas have the newest revision, %d answer"
                            .formatted(workload.updated(), workload.wanted(), workload.ready())))
        .orElseGet(() -> no(ConditionType.PROGRESSING, Reason.SETTLED, "nothing is being changed"));
  }

  private static boolean isStuck(Optional<Workload> workload) {
    return workload.filter(it -> it.stuck() && !it.isSettled()).isPresent();
  }

  static Finding degraded(StatusReport.Input input) {
    var stable = input.observed().workload(Track.STABLE).filter(workload -> workload.ready() > 0);
    var found =
        stable
            .filter(it -> it.ready() < it.wanted() || isStuck(stable))
            .flatMap(it -> trouble(input));
    if (found.isPresent()) {
      return yes(
          ConditionType.DEGRADED,
          found.get().reason(),
          "%d of %d replicas answer; %s: %s"
              .formatted(
                  stable.get().ready(),
                  stable.get().wanted(),
                  found.get().object(),
                  found.get().message()));
    }
    if (isStuck(stable)) {
      return yes(
          ConditionType.DEGRADED,
          Reason.DEADLINE_EXCEEDED,
          "%d of %d replicas have the newest revision, and no more came within %d s"
              .formatted(
                  stable.get().updated(),
                  stable.get().wanted(),
                  input.situation().spec().rollout().progressDeadlineSeconds()));
    }
    if (input.remedy() != null) {
      return yes(ConditionType.DEGRADED, Reason.REMEDIED, input.remedy().message());
    }
    return no(ConditionType.DEGRADED, Reason.SETTLED, "nothing is wrong with what runs");
  }

  static Optional<Finding> canary(StatusReport.Input input) {
    return Optional.ofNullable(input.canary())
        .map(
            canary ->
                switch (canary.phase()) {
                  case STARTING, ANALYSING, PROMOTING ->
                      yes(ConditionType.CANARY_HEALTHY, Reason.CHECKS_PASSED, canary.message());
                  case PAUSED ->
                      no(ConditionType.CANARY_HEALTHY, Reason.ANALYSIS_FAILED, canary.message());
                  case ROLLED_BACK ->
                      no(ConditionType.CANARY_HEALTHY, Reason.ROLLED_BACK, canary.message());
                });
  }

  private static Finding yes(ConditionType type, Reason reason, String message) {
    return Finding.yes(type, reason, message);
  }

  private static Finding no(ConditionType type, Reason reason, String message) {
    return Finding.no(type, reason, message);
  }
}
