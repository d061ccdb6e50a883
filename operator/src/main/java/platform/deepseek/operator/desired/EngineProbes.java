package platform.deepseek.operator.desired;

import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import java.time.Duration;
import platform.deepseek.operator.fit.MemoryNeed;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;

/**
 * When an engine counts as started, as ready, and as beyond help.
 *
 * <p>A restart costs minutes of loading and every stream, and cures a hung process only. On a busy
 * node an answer to a probe may take seconds although the model computes, so liveness waits long
 * for each and gives up after two minutes of silence alone; the Native engine says by itself that
 * it hangs, when a step takes longer than a minute. Readiness only moves traffic and may be
 * quicker. The start has the time that reading the weights takes on a slow disk: never a measured
 * time, because a template that follows measurements would roll the pods.
 */
final class EngineProbes {

  private static final int STARTUP_SECONDS = 5;

  /** Everything of a start but reading: images are pulled before it begins. */
  private static final Duration WITHOUT_READING = Duration.ofMinutes(10);

  /** Of a network disk that several replicas read at once. */
  private static final long MIB_PER_SECOND = 100;

  /** Files may hold more bits than the memory: they are quantised while they are read. */
  private static final long MOST_BITS = 16;

  /** Of a model whose size is not known. */
  private static final Duration UNKNOWN = Duration.ofHours(2);

  private EngineProbes() {}

  static Probe startup(Situation situation, Tracked tracked) {
    var spec = tracked.spec();
    var seconds = situation.need(tracked).map(need -> load(need, spec)).orElse(UNKNOWN).toSeconds();
    return probe(spec, "started", STARTUP_SECONDS, 5, Math.ceilDiv(seconds, STARTUP_SECONDS));
  }

  private static Duration load(MemoryNeed need, DeepSeekDeploymentSpec spec) {
    var bits = spec.model().precision().bits();
    var read = need.weightsMiB() * Math.max(MOST_BITS, bits) / bits / MIB_PER_SECOND;
    return WITHOUT_READING.plusSeconds(read);
  }

  static Probe readiness(DeepSeekDeploymentSpec spec) {
    return probe(spec, "ready", 5, 5, 3);
  }

  static Probe liveness(DeepSeekDeploymentSpec spec) {
    return probe(spec, "live", 20, 15, 6);
  }

  private static Probe probe(
      DeepSeekDeploymentSpec spec,
      String question,
      int periodSeconds,
      int timeoutSeconds,
      long failures) {
    var probe =
        new ProbeBuilder()
            .withPeriodSeconds(periodSeconds)
            .withFailureThreshold(Math.toIntExact(failures))
            .withTimeoutSeconds(timeoutSeconds);
    return switch (spec.engine().type()) {
      case NATIVE ->
          probe
              .withNewHttpGet()
              .withPath("/q/health/" + question)
              .withNewPort(PortNames.MANAGEMENT)
              .endHttpGet()
              .build();
      case VLLM, SGLANG ->
          probe
              .withNewHttpGet()
              .withPath("/health")
              .withNewPort(PortNames.API)
              .endHttpGet()
              .build();
    };
  }
}
