package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Access modes of a claim that can hold a model. */
public enum AccessMode {
  @JsonProperty("ReadWriteMany")
  READ_WRITE_MANY("ReadWriteMany"),
  @JsonProperty("ReadWriteOnce")
  READ_WRITE_ONCE("ReadWriteOnce");

  private final String kubernetesName;

  AccessMode(String kubernetesName) {
    this.kubernetesName = kubernetesName;
  }

  public String kubernetesName() {
    return kubernetesName;
  }
}
