package platform.deepseek.operator.resource;

/** The kinds of place a model comes from. */
public enum SourceKind {
  HUGGING_FACE,
  S3,
  CLAIM,
  IMAGE,
  HTTP;

  static SourceKind of(String scheme) {
    return switch (scheme) {
      case "hf" -> HUGGING_FACE;
      case "s3" -> S3;
      case "pvc" -> CLAIM;
      case "oci" -> IMAGE;
      case "http", "https" -> HTTP;
      default -> throw new IllegalArgumentException("no kind of source: " + scheme);
    };
  }

  /** Whether files of this kind are fetched over the network into the cache. */
  public boolean isDownloaded() {
    return switch (this) {
      case HUGGING_FACE, S3, HTTP -> true;
      case CLAIM, IMAGE -> false;
    };
  }
}
