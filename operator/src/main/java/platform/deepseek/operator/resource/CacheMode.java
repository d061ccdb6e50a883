package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where model files are kept on the cluster. */
public enum CacheMode {
  @JsonProperty("SharedVolume")
  SHARED_VOLUME,
  @JsonProperty("NodeLocal")
  NODE_LOCAL,
  @JsonProperty("ImageVolume")
  IMAGE_VOLUME,
  @JsonProperty("None")
  NONE
}
