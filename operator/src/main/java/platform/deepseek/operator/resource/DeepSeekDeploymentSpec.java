package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.crd.generator.annotation.PreserveUnknownFields;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;
import java.util.Optional;

/**
 * What a person asks for.
 *
 * <p>Defaults live in the schema and nowhere else: the API server fills them in before the operator
 * sees the resource, also for resources stored by an older version. So a group with a default is
 * never null here; such a default names the fields that rules look at, because the API server tries
 * rules on it before it fills in the rest; {@code gpu}, {@code autoscaling} and {@code podTemplate}
 * may be.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value =
        "self.topology.tensor * self.topology.pipeline * self.topology.data"
            + " == (has(self.gpu) ? self.gpu.count : 1) * self.topology.nodesPerReplica",
    message = "topology: tensor x pipeline x data must equal gpu.count x nodesPerReplica")
@ValidationRule(
    value = "self.topology.nodesPerReplica == 1 || self.engine.type != 'Native'",
    message =
        "topology.nodesPerReplica above 1 needs engine.type VLLM or SGLang; Native serves from one"
            + " node")
@ValidationRule(
    value = "has(self.gpu) || self.engine.type == 'Native'",
    message = "engine.type VLLM and SGLang need gpu; only Native serves on a CPU")
@ValidationRule(
    value = "self.engine.type == 'Native' || self.auth.mode != 'Platform'",
    message =
        "engine.type VLLM and SGLang do not ask auth-service, which auth.mode Platform, the default,"
            + " says: set auth.mode to ApiKey, or to None where a gateway in front asks"
            + " (docs/operator.md)")
@ValidationRule(
    value = "!self.cache.offline || !self.model.source.uri.matches('^(hf|s3|http|https)://')",
    message =
        "cache.offline forbids any pod to reach out, so model.source.uri must be pvc:// or oci://")
@ValidationRule(
    value = "self.cache.mode != 'ImageVolume' || self.model.source.uri.startsWith('oci://')",
    message = "cache.mode ImageVolume mounts an image: model.source.uri must be oci://")
@ValidationRule(
    value = "!self.model.source.uri.startsWith('oci://') || self.cache.mode == 'ImageVolume'",
    message = "model.source.uri oci:// is mounted as a volume: set cache.mode to ImageVolume")
@ValidationRule(
    value = "!has(self.availability.standby) || self.network.expose != 'None'",
    message = "availability.standby moves a route, so network.expose must be Ingress or Gateway")
@ValidationRule(
    value =
        "self.topology.nodesPerReplica == 1 || self.rollout.strategy in ['Rolling', 'Recreate']",
    message = "rollout.strategy Canary and BlueGreen need topology.nodesPerReplica 1")
@ValidationRule(
    value =
        "!has(self.rollout.canary) || !has(self.rollout.canary.analysis)"
            + " || !has(self.rollout.canary.analysis.goldenAnswers)"
            + " || has(self.rollout.canary.analysis.goldenAnswers.apiKey)"
            + " || self.engine.type != 'Native' || self.auth.mode == 'ApiKey'",
    message =
        "rollout.canary.analysis.goldenAnswers needs the Secret apiKey, because the engine answers"
            + " nobody without a key")
public record DeepSeekDeploymentSpec(
    @JsonPropertyDescription(
            "Stops the operator from touching anything of this resource; what runs goes on.")
        @Default("false")
        Boolean paused,
    @JsonPropertyDescription("Which model is served and where its files come from.") @Required
        Model model,
    @JsonPropertyDescription("The program that serves the model.") @Default("{}") Engine engine,
    @JsonPropertyDescription("GPUs of one node of one replica. Left out: the model runs on CPUs.")
        Gpu gpu,
    @JsonPropertyDescription("How one replica is spread over nodes and GPUs.")
        @Default("{\"tensor\":1,\"data\":1,\"expert\":1}")
        Topology topology,
    @JsonPropertyDescription(
            "Number of replicas; with autoscaling the number to start with. Set by kubectl scale.")
        @SpecReplicas
        @Default("1")
        @Min(0)
        @Max(1000)
        Integer replicas,
    @JsonPropertyDescription("Lets the number of replicas follow the load. Left out: fixed.")
        Autoscaling autoscaling,
    @JsonPropertyDescription("Where model files are kept on this cluster.")
        @Default("{\"mode\":\"SharedVolume\"}")
        Cache cache,
    @JsonPropertyDescription("The namespace's ResourceQuota: checked before a rollout, or kept.")
        @Default("{\"mode\":\"Check\"}")
        Quota quota,
    @JsonPropertyDescription("Who may ask.") @Default("{\"mode\":\"Platform\"}") Auth auth,
    @JsonPropertyDescription("How clients reach the model, and who may.")
        @Default("{\"expose\":\"None\"}")
        Network network,
    @JsonPropertyDescription("How a change of the spec reaches the replicas.")
        @Default("{\"strategy\":\"Rolling\"}")
        Rollout rollout,
    @JsonPropertyDescription("What has to stay up through disruptions.") @Default("{}")
        Availability availability,
    @JsonPropertyDescription("Metrics, alerts and rules that watch the workload.") @Default("{}")
        Observability observability,
    @JsonPropertyDescription("Where pods may run, beyond what gpu already asks for.") @Default("{}")
        Scheduling scheduling,
    @JsonPropertyDescription("What pods may do.") @Default("{}") Security security,
    @JsonPropertyDescription(
            "Last resort: a PodTemplateSpec laid over the generated one by strategic merge. Sets the"
                + " condition Customised.")
        @PreserveUnknownFields
        JsonNode podTemplate) {

  public Optional<Gpu> gpuIfAny() {
    return Optional.ofNullable(gpu);
  }

  public Optional<Autoscaling> autoscalingIfAny() {
    return Optional.ofNullable(autoscaling);
  }

  /** More than one node to a replica: a LeaderWorkerSet instead of a Deployment. */
  public boolean spansNodes() {
    return topology.nodesPerReplica() > 1;
  }
}
