package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** The numbers that decide how much memory a model takes. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelShape(
    @JsonPropertyDescription("Parameters, in millions.") @Required @Min(1) Long parametersMillions,
    @JsonPropertyDescription(
            "Bytes of KV cache that one token takes at two bytes a value: 2 x layers x KV heads x"
                + " head size x 2, or layers x (latent + rope size) x 2 with latent attention.")
        @Required
        @Min(1)
        Long kvBytesPerToken,
    @JsonPropertyDescription(
            "Latent attention (DeepSeek V2, V3, R1): every GPU of a tensor group holds all of it.")
        @Default("false")
        Boolean latentAttention) {}
