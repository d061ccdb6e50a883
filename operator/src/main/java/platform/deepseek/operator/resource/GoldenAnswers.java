package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import java.time.Duration;
import java.util.Optional;

/** Questions whose answers are known, and how a new revision is asked them. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GoldenAnswers(
    @JsonPropertyDescription(
            "ConfigMap with the questions: NAME.question, and NAME.answer for the whole answer or"
                + " NAME.contains for a part of it. With neither the right answer is the one that"
                + " the stable revision gives at the same time.")
        @Required
        ConfigMapReference configMap,
    @JsonPropertyDescription(
            "Secret whose key api-key is sent as the bearer token. Left out: that of auth.apiKeys,"
                + " or none.")
        SecretReference apiKey,
    @JsonPropertyDescription("Longest answer, in tokens.") @Default("256") @Min(1) @Max(32768)
        Integer maxTokens,
    @JsonPropertyDescription(
            "Seconds for all questions of one look; what is not answered by then is wrong.")
        @Default("60")
        @Min(1)
        @Max(600)
        Integer timeoutSeconds) {

  public Duration timeout() {
    return Duration.ofSeconds(timeoutSeconds);
  }

  /** Who is asked with: the Secret that is named, else the one that the engine itself has. */
  public Optional<SecretReference> keyWith(Auth auth) {
    return Optional.ofNullable(apiKey)
        .or(
            () ->
                Optional.ofNullable(auth.apiKeys()).filter(it -> auth.mode() == AuthMode.API_KEY));
  }
}
