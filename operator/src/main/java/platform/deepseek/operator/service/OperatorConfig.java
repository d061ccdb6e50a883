package platform.deepseek.operator.service;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.operator.desired.LogFormat;

/**
 * Keys deepseek.operator.*; environment variables follow, for example
 * DEEPSEEK_OPERATOR_IMAGES_VLLM.
 */
@ConfigMapping(prefix = "deepseek.operator")
public interface OperatorConfig {

  /** Images where a resource names none. */
  Images images();

  /**
   * A mirror of the Hugging Face hub that hf:// sources are fetched from, for example
   * http://mirror.internal:8080; left out: the public hub, or what the source's Secret says.
   */
  Optional<String> hubAddress();

  /** Kinds of GPU that resources may name in gpu.class, by that name. */
  Map<String, GpuClassConfig> gpuClasses();

  /** Namespace of the platform's services: model pods may reach it, and it them. */
  @WithDefault("deepseek-platform")
  String platformNamespace();

  /** Namespace of the Prometheus that reads pods' metrics; left out: the platform's. */
  Optional<String> monitoringNamespace();

  /** Where the Native engine finds the platform's services. */
  Services services();

  /**
   * Address of a Prometheus for KEDA's triggers, for example http://prometheus.monitoring.svc:9090.
   */
  Optional<String> prometheusAddress();

  /**
   * Hosts that rules may send webhooks and tickets to, for example hooks.slack.com; left out: none.
   */
  Optional<List<String>> webhookHosts();

  /**
   * How engines write their logs, text or json; left out: as this operator, DEEPSEEK_LOG_FORMAT.
   */
  @WithDefault("text")
  LogFormat logFormat();

  /** A file with rules for all resources, a JSON list as in docs/operator.md. */
  Optional<Path> rulesFile();

  /** Of several operators one works and the others wait. */
  LeaderElection leaderElection();

  /** The platform's services, as model pods reach them. */
  interface Services {
    /** Address of auth-service, for example http://auth-service.deepseek-platform.svc:8082. */
    Optional<String> authAddress();

    /** Address of cache-service; left out: answers are not kept. */
    Optional<String> cacheAddress();

    /** Secret in the namespace of each resource; its key service-key is what services share. */
    @WithDefault("deepseek-services")
    String keySecret();
  }

  /** Images. */
  interface Images {
    /** The engine of this platform; its image also fetches models. */
    @WithName("native")
    @WithDefault("deepseek-platform/inference-service:latest")
    String nativeEngine();

    /** vLLM. */
    @WithDefault("vllm/vllm-openai:v0.11.2")
    String vllm();

    /** SGLang. */
    @WithDefault("lmsysorg/sglang:v0.5.5")
    String sglang();

    /** The program of download Jobs; left out: the native engine's image. */
    Optional<String> download();
  }

  /** A kind of GPU. */
  interface GpuClassConfig {
    /** Value of the node label nvidia.com/gpu.product. */
    String product();

    /** Memory of one GPU in MiB, as nvidia.com/gpu.memory says it. */
    long memoryMib();

    /** Extended resource that pods ask for. */
    @WithDefault("nvidia.com/gpu")
    String resourceName();

    /** Device class for dynamic resource allocation. */
    @WithDefault("gpu.nvidia.com")
    String deviceClass();
  }

  /** Leader election by a Lease. */
  interface LeaderElection {
    /** Switch; off for a single operator on a developer's machine. */
    @WithDefault("true")
    boolean enabled();

    /** Namespace of the Lease; left out: the operator's own. */
    Optional<String> namespace();

    /** Deployment of the operators, there too, that the Lease is deleted with. */
    Optional<String> owner();

    /** Seconds after which a silent leader has lost its place. */
    @WithDefault("15")
    int leaseSeconds();
  }
}
