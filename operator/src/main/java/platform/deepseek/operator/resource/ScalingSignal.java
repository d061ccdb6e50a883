package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What the number of replicas can follow. */
public enum ScalingSignal {
  CPU,
  @JsonProperty("WaitingRequests")
  WAITING_REQUESTS,
  @JsonProperty("InflightRequests")
  INFLIGHT_REQUESTS,
  @JsonProperty("KvCacheUsage")
  KV_CACHE_USAGE,
  @JsonProperty("GpuActivity")
  GPU_ACTIVITY,
  @JsonProperty("TtftMillis")
  TTFT_MILLIS,
  @JsonProperty("External")
  EXTERNAL
}
