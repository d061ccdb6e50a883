package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.AggregatedOperatorException;
import java.util.Optional;
import platform.deepseek.operator.observe.Trouble;
import platform.deepseek.operator.resource.Reason;

/** What the API server said when it refused a step, without the stack. */
final class Refusal {

  private static final int CONFLICT = 409;

  private Refusal() {}

  static Trouble of(Throwable failure) {
    var cause = cause(failure);
    var api = cause instanceof KubernetesClientException e ? Optional.of(e) : Optional.<KubernetesClientException>empty();
    var status = api.map(KubernetesClientException::getStatus);
    var object =
        status
            .map(it -> it.getDetails())
            .map(it -> it.getKind() + "/" + it.getName())
            .orElse("DeepSeekDeployment");
    var taken = api.map(KubernetesClientException::getCode).orElse(0) == CONFLICT;
    var said =
        status
            .map(it -> it.getMessage())
            .or(() -> Optional.ofNullable(cause.getMessage()))
            .orElse(cause.getClass().getSimpleName());
    return new Trouble(
        taken ? Reason.NAME_TAKEN : Reason.RECONCILE_FAILED,
        object,
        taken ? "NameTaken" : "ReconcileFailed",
        taken
            ? "%s exists and is not ours; rename this resource or remove that object (%s)"
                .formatted(object, said)
            : said + " (it is tried again)",
        null);
  }

  private static Throwable cause(Throwable failure) {
    if (failure instanceof AggregatedOperatorException several
        && !several.getAggregatedExceptions().isEmpty()) {
      return cause(several.getAggregatedExceptions().values().iterator().next());
    }
    return failure.getCause() != null && !(failure instanceof KubernetesClientException)
        ? cause(failure.getCause())
        : failure;
  }
}
