package platform.deepseek.operator.desired;

import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.SecretReference;

/** The Secrets that a resource names. */
public final class ReadSecrets {

  private ReadSecrets() {}

  /** Those that server pods read; a change of them rolls the pods. */
  public static SortedSet<String> ofPods(DeepSeekDeploymentSpec spec) {
    return names(spec.auth().apiKeys());
  }

  /** All of them: each has to exist before anything is made. */
  public static SortedSet<String> all(DeepSeekDeploymentSpec spec) {
    var names = ofPods(spec);
    names.addAll(names(spec.model().source().secretRef(), spec.network().tls()));
    spec.rollout().goldenAnswersIfAny().ifPresent(golden -> names.addAll(names(golden.apiKey())));
    spec.security().imagePullSecretsOrNone().forEach(secret -> names.add(secret.name()));
    return names;
  }

  private static SortedSet<String> names(SecretReference... references) {
    var names = new TreeSet<String>();
    Stream.of(references).filter(one -> one != null).forEach(one -> names.add(one.name()));
    return names;
  }
}
