package platform.deepseek.operator.desired;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import java.util.ArrayList;
import java.util.List;
import platform.deepseek.operator.resource.AuthMode;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.Precision;

/**
 * How each engine is told what to serve: the Native one by environment variables, the others by
 * flags, with tensor, pipeline, data and expert parallelism from the topology.
 */
record EngineCommand(List<String> command, List<String> arguments, List<EnvVar> environment) {

  // Where a LeaderWorkerSet tells a pod which of the group it is and where the leader answers.
  private static final String RANK = "$(LWS_WORKER_INDEX)";
  private static final String LEADER = "$(LWS_LEADER_ADDRESS)";
  private static final String RENDEZVOUS_PORT = "29500";

  static EngineCommand of(Settings settings, DeepSeekDeploymentSpec spec, boolean worker) {
    var command =
        switch (spec.engine().type()) {
          case NATIVE -> nativeEngine(settings, spec);
          case VLLM -> vllm(spec, worker);
          case SGLANG -> sglang(spec);
        };
    if (spec.engine().args() != null) {
      command.arguments.addAll(spec.engine().args());
    }
    if (spec.engine().env() != null) {
      command.environment.addAll(spec.engine().env());
    }
    return command;
  }

  private static EngineCommand nativeEngine(Settings settings, DeepSeekDeploymentSpec spec) {
    var services = settings.services();
    var model = spec.model();
    var environment = new ArrayList<EnvVar>();
    environment.add(variable("MODEL", Names.modelPath(spec)));
    environment.add(variable("DEEPSEEK_MODEL_ID", model.names().getFirst()));
    environment.add(variable("HOST", "0.0.0.0"));
    environment.add(variable("PORT", spec.engine().port().toString()));
    environment.add(variable("MANAGEMENT_PORT", Integer.toString(EngineContainer.MANAGEMENT_PORT)));
    environment.add(variable("CONTEXT", model.maxContextTokens().toString()));
    environment.add(variable("MAX_BATCH_SIZE", Integer.toString(batch(spec))));
    environment.add(variable("PRECISION", nativePrecision(spec)));
    environment.add(variable("DEVICE", spec.gpu() == null ? "cpu" : "cuda"));
    environment.add(variable("DRAIN_DELAY", EngineContainer.DRAIN_DELAY_SECONDS + "s"));
    environment.add(variable("DRAIN", spec.availability().drainSeconds() + "s"));
    environment.add(variable("DEEPSEEK_LOG_FORMAT", settings.logFormat().variable()));
    environment.add(variable("DEEPSEEK_AUTH_MODE", authMode(spec.auth().mode())));
    if (spec.auth().mode() == AuthMode.PLATFORM) {
      services
          .authAddress()
          .ifPresent(address -> platform(environment, "DEEPSEEK_AUTH", address, services));
    }
    if (spec.auth().mode() == AuthMode.API_KEY) {
      environment.add(secret("DEEPSEEK_API_KEY", "api-key", spec.auth().apiKeys().name()));
    }
    services
        .cacheAddress()
        .ifPresent(address -> platform(environment, "DEEPSEEK_CACHE", address, services));
    return new EngineCommand(List.of(), new ArrayList<>(), environment);
  }

  private static void platform(
      List<EnvVar> environment, String prefix, String address, PlatformServices services) {
    environment.add(variable(prefix + "_URL", address));
    environment.add(secret(prefix + "_SERVICE_KEY", "service-key", services.keySecret()));
  }

  /** On the processor the Native engine computes in few formats, and takes the file's by itself. */
  private static String nativePrecision(DeepSeekDeploymentSpec spec) {
    var precision = spec.model().precision();
    var computed =
        spec.gpu() != null
            || precision == Precision.FP32
            || precision == Precision.INT8
            || precision == Precision.INT4;
    return computed ? precision.name().toLowerCase(java.util.Locale.ROOT) : "auto";
  }

  /** Each copy of the model counts its own requests, and a replica has one per rank of data. */
  private static int batch(DeepSeekDeploymentSpec spec) {
    var ranks = spec.topology().data();
    return (spec.model().maxConcurrency() + ranks - 1) / ranks;
  }

  /** An older definition took the last two; the engine starts with none of them. */
  private static String authMode(AuthMode mode) {
    return switch (mode) {
      case PLATFORM -> "platform";
      case NONE -> "none";
      case API_KEY -> "api-key";
      case OIDC -> "oidc";
      case MTLS -> "mtls";
    };
  }

  private static EngineCommand vllm(DeepSeekDeploymentSpec spec, boolean worker) {
    var model = spec.model();
    var topology = spec.topology();
    var arguments = new ArrayList<String>();
    arguments.addAll(List.of(Names.modelPath(spec), "--served-model-name"));
    arguments.addAll(model.names());
    flag(arguments, "--host", "0.0.0.0");
    flag(arguments, "--port", spec.engine().port());
    flag(arguments, "--max-model-len", model.maxContextTokens());
    flag(arguments, "--max-num-seqs", batch(spec));
    flag(arguments, "--tensor-parallel-size", topology.tensor());
    flag(arguments, "--pipeline-parallel-size", topology.pipeline());
    flag(arguments, "--data-parallel-size", topology.data());
    if (topology.expert() > 1) {
      arguments.add("--enable-expert-parallel");
    }
    switch (model.precision()) {
      case FP32 -> flag(arguments, "--dtype", "float32");
      case BF16 -> flag(arguments, "--dtype", "bfloat16");
      case FP16 -> flag(arguments, "--dtype", "float16");
      case FP8 -> flag(arguments, "--quantization", "fp8");
      // The checkpoint says which of the many forms of these it is in.
      case INT8, FP4, INT4 -> flag(arguments, "--dtype", "auto");
    }
    if (spec.spansNodes()) {
      flag(arguments, "--nnodes", topology.nodesPerReplica());
      flag(arguments, "--node-rank", RANK);
      flag(arguments, "--master-addr", LEADER);
      flag(arguments, "--master-port", RENDEZVOUS_PORT);
      if (worker) {
        arguments.add("--headless");
      }
    }
    if (spec.auth().mode() == AuthMode.API_KEY) {
      flag(arguments, "--api-key", "$(API_KEY)");
    }
    return new EngineCommand(List.of("vllm", "serve"), arguments, foreignEnvironment(spec));
  }

  private static EngineCommand sglang(DeepSeekDeploymentSpec spec) {
    var model = spec.model();
    var topology = spec.topology();
    var arguments = new ArrayList<String>();
    flag(arguments, "--model-path", Names.modelPath(spec));
    flag(arguments, "--served-model-name", model.names().getFirst());
    flag(arguments, "--host", "0.0.0.0");
    flag(arguments, "--port", spec.engine().port());
    flag(arguments, "--context-length", model.maxContextTokens());
    flag(arguments, "--max-running-requests", batch(spec));
    flag(arguments, "--tp-size", topology.tensor());
    flag(arguments, "--pp-size", topology.pipeline());
    flag(arguments, "--dp-size", topology.data());
    flag(arguments, "--ep-size", topology.expert());
    arguments.add("--enable-metrics");
    if (spec.spansNodes()) {
      flag(arguments, "--nnodes", topology.nodesPerReplica());
      flag(arguments, "--node-rank", RANK);
      flag(arguments, "--dist-init-addr", LEADER + ":" + RENDEZVOUS_PORT);
    }
    if (spec.auth().mode() == AuthMode.API_KEY) {
      flag(arguments, "--api-key", "$(API_KEY)");
    }
    return new EngineCommand(
        List.of("python3", "-m", "sglang.launch_server"), arguments, foreignEnvironment(spec));
  }

  private static List<EnvVar> foreignEnvironment(DeepSeekDeploymentSpec spec) {
    var environment = new ArrayList<EnvVar>();
    environment.add(variable("HOME", "/tmp"));
    environment.add(variable("HF_HUB_OFFLINE", "1"));
    if (spec.auth().mode() == AuthMode.API_KEY) {
      environment.add(secret("API_KEY", "api-key", spec.auth().apiKeys().name()));
    }
    return environment;
  }

  private static void flag(List<String> arguments, String name, Object value) {
    arguments.add(name);
    arguments.add(value.toString());
  }

  private static EnvVar secret(String name, String key, String secret) {
    return new EnvVarBuilder()
        .withName(name)
        .withNewValueFrom()
        .withNewSecretKeyRef(key, secret, false)
        .endValueFrom()
        .build();
  }

  private static EnvVar variable(String name, String value) {
    return new EnvVarBuilder().withName(name).withValue(value).build();
  }
}
