package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Where the files of the model come from. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.uri.matches('^(hf|s3|pvc|oci|http|https)://[^ ]+$')",
    message =
        "model.source.uri must be hf://org/name, s3://bucket/path, pvc://claim/path, oci://image,"
            + " http:// or https://")
public record ModelSource(
    @JsonPropertyDescription(
            "hf://org/name, s3://bucket/path, pvc://claim/path, oci://image or http(s)://...")
        @Required
        @Size(min = 6, max = 1024)
        String uri,
    @JsonPropertyDescription("Commit, tag or version. Left out: the source's newest.")
        @Size(max = 128)
        String revision,
    @JsonPropertyDescription("Digest of all files, as the download Job reports it.")
        @Pattern("^sha256:[0-9a-f]{64}$")
        String digest,
    @JsonPropertyDescription(
            "Secret of this namespace whose keys become environment variables of the download.")
        SecretReference secretRef) {

  /** What stands before "://". */
  public SourceKind kind() {
    return SourceKind.of(uri.substring(0, uri.indexOf("://")));
  }

  /** What stands behind "://". */
  public String path() {
    return uri.substring(uri.indexOf("://") + 3);
  }
}
