package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.AggregatedOperatorException;
import java.util.List;
import java.util.Optional;
import platform.deepseek.operator.observe.Trouble;
import platform.deepseek.operator.resource.DeepSeekDeploymentStatus;
import platform.deepseek.operator.resource.Reason;

/**
 * What the API server said when it refused a step, without the stack.
 *
 * @param isOfAnEndingNamespace nothing can be made there any more, and nothing has to
 */
record Refusal(Trouble trouble, boolean isOfAnEndingNamespace) {

  private static final int CONFLICT = 409;

  /**
   * @param before what the last look has answered
   */
  static Refusal of(AggregatedOperatorException failures, DeepSeekDeploymentStatus before) {
    var causes = failures.getAggregatedExceptions().values().stream().map(Refusal::cause).toList();
    var ending = causes.stream().anyMatch(cause -> says(cause).contains("is being terminated"));
    return new Refusal(trouble(mostTelling(causes, before), before), ending);
  }

  /** A name that is taken explains what follows from it. */
  private static Throwable mostTelling(List<Throwable> causes, DeepSeekDeploymentStatus before) {
    return causes.stream()
        .filter(cause -> isTaken(cause, before))
        .findFirst()
        .orElse(causes.getFirst());
  }

  private static Trouble trouble(Throwable cause, DeepSeekDeploymentStatus before) {
    var object = object(cause);
    return isTaken(cause, before)
        ? new Trouble(
            Reason.NAME_TAKEN,
            object,
            Reason.NAME_TAKEN.text(),
            "%s exists and is not ours; rename this resource or remove that object (%s)"
                .formatted(object, says(cause)),
            null)
        : new Trouble(
            Reason.RECONCILE_FAILED,
            object,
            Reason.RECONCILE_FAILED.text(),
            says(cause) + " (it is tried again)",
            null);
  }

  private static String object(Throwable cause) {
    return status(cause)
        .map(Status::getDetails)
        .map(it -> it.getKind() + "/" + it.getName())
        .orElse("DeepSeekDeployment");
  }

  /**
   * An object that somebody else has made and one that was written between a look and a write are
   * refused by the same code and words. The second passes: only who is refused twice in a row for
   * the same object has met somebody else's.
   */
  private static boolean isTaken(Throwable cause, DeepSeekDeploymentStatus before) {
    return cause instanceof KubernetesClientException e
        && e.getCode() == CONFLICT
        && before.lastFailure() != null
        && before.lastFailure().object().equals(object(cause))
        && before.conditionsOrNone().stream()
            .anyMatch(
                it ->
                    it.getReason().equals(Reason.RECONCILE_FAILED.text())
                        || it.getReason().equals(Reason.NAME_TAKEN.text()));
  }

  private static Optional<Status> status(Throwable cause) {
    return cause instanceof KubernetesClientException e
        ? Optional.ofNullable(e.getStatus())
        : Optional.empty();
  }

  private static String says(Throwable cause) {
    return status(cause)
        .map(Status::getMessage)
        .or(() -> Optional.ofNullable(cause.getMessage()))
        .orElse(cause.getClass().getSimpleName());
  }

  private static Throwable cause(Throwable failure) {
    return failure.getCause() != null && !(failure instanceof KubernetesClientException)
        ? cause(failure.getCause())
        : failure;
  }
}
