package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;

/** A slice of a GPU (NVIDIA Multi-Instance GPU, mixed strategy). */
public record Mig(
    @JsonPropertyDescription("Profile, for example 1g.10gb.")
        @Required
        @Pattern("^[1-9][0-9]*g\\.[1-9][0-9]*gb$")
        String profile) {

  /** Memory of the slice in GiB, out of the profile's name. */
  public int gibibytes() {
    return Integer.parseInt(
        profile.substring(profile.indexOf('.') + 1, profile.length() - "gb".length()));
  }
}
