package platform.deepseek.operator.desired;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import platform.deepseek.operator.resource.Auth;
import platform.deepseek.operator.resource.Cache;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.Defaults;
import platform.deepseek.operator.resource.Engine;
import platform.deepseek.operator.resource.Gpu;
import platform.deepseek.operator.resource.Model;
import platform.deepseek.operator.resource.Scheduling;
import platform.deepseek.operator.resource.Security;
import platform.deepseek.operator.resource.Topology;

/**
 * The part of a spec that makes pods what they are. Two specs with the same revision need no
 * rollout between them. A ControllerRevision keeps it, so that a canary can go back to what served
 * before, also after a restart of the operator.
 *
 * <p>A field that a newer definition adds with a default appears in every resource at once. So that
 * this rolls no pods, a default is no part of a revision's data and hash, and is laid in again when
 * the data is read. The fields of {@link #WITH_DEFAULTS} have been part of it since the first
 * release, and stay so for the same reason; the set takes no others.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Revision(
    @JsonProperty Model model,
    @JsonProperty Engine engine,
    @JsonProperty Gpu gpu,
    @JsonProperty Topology topology,
    @JsonProperty Cache cache,
    @JsonProperty Auth auth,
    @JsonProperty Scheduling scheduling,
    @JsonProperty Security security,
    @JsonProperty JsonNode podTemplate) {

  private static final ObjectMapper CANONICAL =
      JsonMapper.builder()
          .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          // A newer operator, which was taken back since, may have kept more.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private static final Set<String> WITH_DEFAULTS =
      Set.of(
          "model.precision",
          "model.maxContextTokens",
          "model.maxConcurrency",
          "model.shape.latentAttention",
          "engine",
          "engine.type",
          "engine.port",
          "gpu.count",
          "gpu.allocation",
          "topology",
          "topology.nodesPerReplica",
          "topology.tensor",
          "topology.pipeline",
          "topology.data",
          "topology.expert",
          "cache",
          "cache.mode",
          "cache.volume",
          "cache.volume.accessMode",
          "cache.volume.retention",
          "cache.verifyDigest",
          "cache.offline",
          "auth",
          "auth.mode",
          "scheduling",
          "security",
          "security.podSecurity");

  public static Revision of(DeepSeekDeploymentSpec spec) {
    return new Revision(
        spec.model(),
        spec.engine(),
        spec.gpu(),
        spec.topology(),
        spec.cache(),
        spec.auth(),
        spec.scheduling(),
        spec.security(),
        spec.podTemplate());
  }

  /** Reads what a ControllerRevision kept, of an older definition too. */
  public static Revision parse(Object data) {
    var tree = CANONICAL.<ObjectNode>valueToTree(data);
    Defaults.fill(tree, DeepSeekDeploymentSpec.class);
    return CANONICAL.convertValue(tree, Revision.class);
  }

  /** As a ControllerRevision keeps it. Kubernetes lets nobody change that: one hash, one data. */
  public JsonNode data() {
    return data(CANONICAL.valueToTree(this), DeepSeekDeploymentSpec.class);
  }

  static ObjectNode data(ObjectNode tree, Class<?> spec) {
    Defaults.takeOut(tree, spec, WITH_DEFAULTS::contains);
    return tree;
  }

  public String hash() {
    return hash(data());
  }

  static String hash(JsonNode data) {
    try {
      return Hash.of(CANONICAL.writeValueAsString(data));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a revision is plain data", e);
    }
  }

  /** The spec with this revision's part in place of its own. */
  public DeepSeekDeploymentSpec in(DeepSeekDeploymentSpec spec) {
    return new DeepSeekDeploymentSpec(
        spec.paused(),
        model,
        engine,
        gpu,
        topology,
        spec.replicas(),
        spec.autoscaling(),
        cache,
        spec.quota(),
        auth,
        spec.network(),
        spec.rollout(),
        spec.availability(),
        spec.observability(),
        scheduling,
        security,
        podTemplate);
  }
}
