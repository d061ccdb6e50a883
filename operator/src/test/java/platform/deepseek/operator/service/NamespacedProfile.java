package platform.deepseek.operator.service;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** The operator in a namespace where no other test makes anything. */
public class NamespacedProfile implements QuarkusTestProfile {

  @Override
  public Map<String, String> getConfigOverrides() {
    return Map.of("quarkus.operator-sdk.namespaces", "kube-node-lease");
  }
}
