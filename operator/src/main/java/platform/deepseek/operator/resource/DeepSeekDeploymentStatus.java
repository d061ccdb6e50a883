package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;

/** What the operator answers. Fields it knows nothing about are left out. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DeepSeekDeploymentStatus(
    @JsonPropertyDescription("The generation of the spec that this status is about.")
        Long observedGeneration,
    @JsonPropertyDescription("One word for people, derived from the conditions.") Phase phase,
    @JsonPropertyDescription("Base address for OpenAI clients.") String url,
    @JsonPropertyDescription("Replicas that exist.") @StatusReplicas Integer replicas,
    @JsonPropertyDescription("Replicas that answer.") Integer readyReplicas,
    @JsonPropertyDescription("Selector of the pods, for an autoscaler of your own.") @LabelSelector
        String selector,
    @JsonPropertyDescription("Revision of the spec that serves.") String revision,
    @JsonPropertyDescription("The model's files and how far their download is.") ModelStatus model,
    @JsonPropertyDescription("GPU memory needed and found.") GpuStatus gpu,
    @JsonPropertyDescription("Quota of the namespace and what a rollout needs of it.")
        QuotaStatus quota,
    @JsonPropertyDescription("Who scales, between which bounds.") AutoscalingStatus autoscaling,
    @JsonPropertyDescription("The change under way, by canary or blue/green.") CanaryStatus canary,
    @JsonPropertyDescription("Where the traffic is while there is a standby.")
        StandbyStatus standby,
    @JsonPropertyDescription("Objects the operator keeps for this resource.")
        List<ManagedObject> managed,
    @JsonPropertyDescription("The failure seen last; stays after it is over.")
        LastFailure lastFailure,
    @JsonPropertyDescription("What rules have found, the newest of each rule.")
        List<AnomalyStatus> anomalies,
    @JsonPropertyDescription("What the operator has changed by itself to keep the model up.")
        RemedyStatus remedy,
    @JsonPropertyDescription("Conditions with reasons of a closed set, see docs/operator.md.")
        List<Condition> conditions) {

  public List<Condition> conditionsOrNone() {
    return conditions == null ? List.of() : conditions;
  }

  /** Before anything is known. */
  public static DeepSeekDeploymentStatus unknown() {
    return new DeepSeekDeploymentStatus(
        null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
        null, null, null);
  }

  /** The same, while the operator keeps its hands off. */
  public DeepSeekDeploymentStatus paused(long generation, List<Condition> paused) {
    return with(generation, Phase.PAUSED, canary, anomalies, remedy, paused);
  }

  /** The same, with a rollout's next state. */
  public DeepSeekDeploymentStatus with(CanaryStatus next) {
    return with(observedGeneration, phase, next, anomalies, remedy, conditions);
  }

  /** The same, with a remedy's next step. */
  public DeepSeekDeploymentStatus with(RemedyStatus next, List<AnomalyStatus> found) {
    return with(observedGeneration, phase, canary, found, next, conditions);
  }

  private DeepSeekDeploymentStatus with(
      Long generation,
      Phase phase,
      CanaryStatus canary,
      List<AnomalyStatus> anomalies,
      RemedyStatus remedy,
      List<Condition> conditions) {
    return new DeepSeekDeploymentStatus(
        generation,
        phase,
        url,
        replicas,
        readyReplicas,
        selector,
        revision,
        model,
        gpu,
        quota,
        autoscaling,
        canary,
        standby,
        managed,
        lastFailure,
        anomalies,
        remedy,
        conditions);
  }

  /** The same, with the other's number of free GPUs. */
  public DeepSeekDeploymentStatus withFreeGpusOf(DeepSeekDeploymentStatus other) {
    if (gpu == null || other.gpu == null) {
      return this;
    }
    return new DeepSeekDeploymentStatus(
        observedGeneration,
        phase,
        url,
        replicas,
        readyReplicas,
        selector,
        revision,
        model,
        gpu.withFree(other.gpu.freeGpus()),
        quota,
        autoscaling,
        canary,
        standby,
        managed,
        lastFailure,
        anomalies,
        remedy,
        conditions);
  }
}
