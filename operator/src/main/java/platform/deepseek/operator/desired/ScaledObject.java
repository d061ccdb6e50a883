package platform.deepseek.operator.desired;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.Map;

/** The kind of KEDA, which the client library has no class for. */
@Group("keda.sh")
@Version("v1alpha1")
@Plural("scaledobjects")
public class ScaledObject extends CustomResource<Map<String, Object>, Map<String, Object>>
    implements Namespaced {

  private static final long serialVersionUID = 1L;

  @Override
  protected Map<String, Object> initSpec() {
    return null;
  }

  @Override
  protected Map<String, Object> initStatus() {
    return null;
  }
}
