package platform.deepseek.operator.desired;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.Map;

/** The stable version of a template for claims on devices, newer than the client library. */
@Group("resource.k8s.io")
@Version("v1")
@Plural("resourceclaimtemplates")
public class ResourceClaimTemplate extends CustomResource<Map<String, Object>, Void>
    implements Namespaced {

  private static final long serialVersionUID = 1L;

  @Override
  protected Map<String, Object> initSpec() {
    return null;
  }
}
