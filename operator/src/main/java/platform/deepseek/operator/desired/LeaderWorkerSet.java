package platform.deepseek.operator.desired;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.Map;

/** The kind of the LeaderWorkerSet API, which the client library has no class for. */
@Group("leaderworkerset.x-k8s.io")
@Version("v1")
@Plural("leaderworkersets")
public class LeaderWorkerSet extends CustomResource<Map<String, Object>, Map<String, Object>>
    implements Namespaced {

  private static final long serialVersionUID = 1L;

  /** A value of the spec, by its path. */
  public static Object at(Map<String, Object> map, String... path) {
    Object value = map;
    for (var key : path) {
      if (!(value instanceof Map<?, ?> inner)) {
        return null;
      }
      value = inner.get(key);
    }
    return value;
  }

  @Override
  protected Map<String, Object> initSpec() {
    return null;
  }

  @Override
  protected Map<String, Object> initStatus() {
    return null;
  }
}
