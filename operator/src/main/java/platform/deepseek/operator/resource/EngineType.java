package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The programs that can serve a model. */
public enum EngineType {
  @JsonProperty("Native")
  NATIVE,
  VLLM,
  @JsonProperty("SGLang")
  SGLANG
}
