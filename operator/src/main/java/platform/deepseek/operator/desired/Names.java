package platform.deepseek.operator.desired;

import platform.deepseek.operator.resource.CacheMode;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.ModelSource;

/** Names of the objects of one resource. The resource's own has at most 40 characters. */
public final class Names {

  private Names() {}

  /** The workload of a track; the stable one has the resource's name. */
  public static String workload(String instance, Track track) {
    return switch (track) {
      case STABLE -> instance;
      case CANARY -> instance + "-canary";
    };
  }

  /**
   * The names of a resource's server pods as a regular expression, and not those of another
   * resource whose name begins the same: a ReplicaSet's pods end in two words, a group's in one or
   * two numbers.
   */
  public static String pods(Situation situation) {
    return situation.name()
        + (situation.spec().spansNodes()
            ? "-[0-9]+(-[0-9]+)?"
            : "(-canary)?-[a-z0-9]+-[a-z0-9]{5}");
  }

  /** The Service of one track, which weighted routes point at. */
  public static String trackService(String instance, Track track) {
    return instance + "-" + track.text();
  }

  /** The claim with the model's files. */
  public static String claim(String instance, DeepSeekDeploymentSpec spec) {
    return spec.cache().volume().existingClaimIfAny().orElse(instance + "-model");
  }

  public static String download(String instance, ModelSource source) {
    return instance + "-download-" + sourceHash(source);
  }

  public static String revision(String instance, String hash) {
    return instance + "-" + hash;
  }

  /** Folder of a source's files inside the pods; each source has one of its own. */
  public static String modelPath(DeepSeekDeploymentSpec spec) {
    var source = spec.model().source();
    return switch (source.kind()) {
      case CLAIM -> {
        var slash = source.path().indexOf('/');
        yield slash < 0 ? "/models" : "/models" + source.path().substring(slash);
      }
      case IMAGE -> "/models";
      case HUGGING_FACE, S3, HTTP ->
          spec.cache().mode() == CacheMode.NONE ? "/models/model" : "/models/" + sourceHash(source);
    };
  }

  /** Name of the claim in a source pvc://claim/path. */
  public static String claimOf(ModelSource source) {
    return source.path().split("/", 2)[0];
  }

  private static String sourceHash(ModelSource source) {
    return Hash.of(source.uri() + "\n" + source.revision() + "\n" + source.digest());
  }
}
