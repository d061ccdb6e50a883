package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** The model that is served. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.name == oldSelf.name",
    message = "model.name cannot be changed; make another DeepSeekDeployment")
public record Model(
    @JsonPropertyDescription(
            "Name of the model, for example DeepSeek-R1-Distill-Qwen-32B. Cannot be changed.")
        @Required
        @Size(min = 1, max = 128)
        String name,
    @JsonPropertyDescription("Names that clients may send as model. Left out: model.name.")
        @Size(max = 16)
        List<@Size(max = 128) String> servedNames,
    @JsonPropertyDescription("Where the files come from.") @Required ModelSource source,
    @JsonPropertyDescription("Number format of the weights in memory.") @Default("BF16")
        Precision precision,
    @JsonPropertyDescription("Longest prompt plus answer of one request, in tokens.")
        @Default("8192")
        @Min(128)
        @Max(1048576)
        Integer maxContextTokens,
    @JsonPropertyDescription("Requests served at the same time by one replica; sizes the KV cache.")
        @Default("8")
        @Min(1)
        @Max(4096)
        Integer maxConcurrency,
    @JsonPropertyDescription(
            "Shape of a model the operator does not know by name. Needed by the memory check.")
        ModelShape shape) {

  /** The names clients may use: those given, else the model's own. */
  public List<String> names() {
    return servedNames == null || servedNames.isEmpty() ? List.of(name) : servedNames;
  }
}
