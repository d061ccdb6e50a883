package platform.deepseek.operator.service;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;
import platform.deepseek.operator.live.TestCluster;

/** The operator in a namespace where no other test makes anything. */
public class NamespacedProfile implements QuarkusTestProfile {

  @Override
  public Map<String, String> getConfigOverrides() {
    TestCluster.get(); // with our definition, without which the operator does not start
    return Map.of("quarkus.operator-sdk.namespaces", "kube-node-lease");
  }
}
