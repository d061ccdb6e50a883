package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How a pod asks for GPUs. */
public enum GpuAllocation {
  @JsonProperty("DevicePlugin")
  DEVICE_PLUGIN,
  DRA
}
