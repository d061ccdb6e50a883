package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** The model's files and how far their download is. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelStatus(
    @JsonPropertyDescription("Folder of the model inside the pods.") String path,
    @JsonPropertyDescription("Revision that the source resolved to.") String resolvedRevision,
    @JsonPropertyDescription("Digest of all files, as downloaded.") String digest,
    @JsonPropertyDescription("Bytes of the model.") Long bytesTotal,
    @JsonPropertyDescription("Bytes downloaded.") Long bytesDone,
    @JsonPropertyDescription("Seconds left, at the rate of the last minute.") Long etaSeconds,
    @JsonPropertyDescription("Seconds from a pod's start to its first answer, measured.")
        Integer loadSeconds) {}
