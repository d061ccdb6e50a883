package platform.deepseek.operator.desired;

import platform.deepseek.operator.resource.EngineType;
import platform.deepseek.operator.resource.ScalingSignal;

/** Names under which engines publish what replicas can follow. */
public final class SignalNames {

  private SignalNames() {}

  /** The metric of a signal, for signals that are metrics of pods. */
  public static String of(ScalingSignal signal, EngineType engine) {
    return switch (signal) {
      case WAITING_REQUESTS ->
          switch (engine) {
            case NATIVE -> "deepseek_requests_waiting";
            case VLLM -> "vllm:num_requests_waiting";
            case SGLANG -> "sglang:num_queue_reqs";
          };
      case INFLIGHT_REQUESTS ->
          switch (engine) {
            case NATIVE -> "deepseek_requests_running";
            case VLLM -> "vllm:num_requests_running";
            case SGLANG -> "sglang:num_running_reqs";
          };
      case KV_CACHE_USAGE ->
          switch (engine) {
            case NATIVE -> "deepseek_kv_cache_usage_ratio";
            case VLLM -> "vllm:kv_cache_usage_perc";
            case SGLANG -> "sglang:token_usage";
          };
      // Utilisation by time is missing on slices of a GPU; activity of the engine is not.
      case GPU_ACTIVITY -> "DCGM_FI_PROF_GR_ENGINE_ACTIVE";
      // Recorded by deploy/monitoring, of the Native engine.
      case TTFT_MILLIS -> "deepseek_time_to_first_token_p95_milliseconds";
      case CPU, EXTERNAL -> throw new IllegalArgumentException(signal + " is no metric of pods");
    };
  }

  /** The histogram of seconds to the first token. */
  public static String timeToFirstToken(EngineType engine) {
    return switch (engine) {
      case NATIVE -> "deepseek_time_to_first_token_seconds";
      case VLLM -> "vllm:time_to_first_token_seconds";
      case SGLANG -> "sglang:time_to_first_token_seconds";
    };
  }
}
