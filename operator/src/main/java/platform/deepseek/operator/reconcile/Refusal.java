package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.AggregatedOperatorException;
import java.util.List;
import java.util.Optional;
import platform.deepseek.operator.observe.Trouble;
import platform.deepseek.operator.resource.Reason;

/**
 * What the API server said when it refused a step, without the stack.
 *
 * @param isOfAnEndingNamespace nothing can be made there any more, and nothing has to
 */
record Refusal(Trouble trouble, boolean isOfAnEndingNamespace) {

  private static final int CONFLICT = 409;

  static Refusal of(AggregatedOperatorException failures) {
    var causes = failures.getAggregatedExceptions().values().stream().map(Refusal::cause).toList();
    var ending = causes.stream().anyMatch(cause -> says(cause).contains("is being terminated"));
    return new Refusal(trouble(mostTelling(causes)), ending);
  }

  /** A name that is taken explains what follows from it. */
  private static Throwable mostTelling(List<Throwable> causes) {
    return causes.stream().filter(Refusal::isTaken).findFirst().orElse(causes.getFirst());
  }

  private static Trouble trouble(Throwable cause) {
    var object =
        status(cause)
            .map(Status::getDetails)
            .map(it -> it.getKind() + "/" + it.getName())
            .orElse("DeepSeekDeployment");
    return isTaken(cause)
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

  /**
   * Somebody else owns the object or a field of it. The same code also says that an object was
   * written between a look and a write, which passes.
   */
  private static boolean isTaken(Throwable cause) {
    return cause instanceof KubernetesClientException e
        && e.getCode() == CONFLICT
        && status(cause)
            .map(
                it ->
                    "AlreadyExists".equals(it.getReason())
                        || (it.getDetails() != null
                            && it.getDetails().getCauses().stream()
                                .anyMatch(one -> "FieldManagerConflict".equals(one.getReason()))))
            .orElse(false);
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
