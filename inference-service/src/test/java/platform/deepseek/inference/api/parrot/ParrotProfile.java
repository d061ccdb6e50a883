package platform.deepseek.inference.api.parrot;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;
import java.util.Set;

/** Tests of the API alone: the whole service with a parrot for a model. */
public class ParrotProfile implements QuarkusTestProfile {

  public static final String KEY = "sk-parrot-0123456789";

  @Override
  public Set<Class<?>> getEnabledAlternatives() {
    return Set.of(ParrotModel.class);
  }

  @Override
  public Map<String, String> getConfigOverrides() {
    return Map.of("deepseek.api-key", KEY);
  }
}
