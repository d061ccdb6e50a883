package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import java.util.List;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Situation;

/** An identity without any rights: model servers never talk to the Kubernetes API. */
public class ServiceAccounts extends OwnedObjects<ServiceAccount> {

  public ServiceAccounts() {
    super(ServiceAccount.class);
  }

  @Override
  public List<ServiceAccount> desired(Situation situation) {
    return List.of(
        new ServiceAccountBuilder()
            .withMetadata(metadata(situation, situation.name(), Labels.SERVER))
            .withAutomountServiceAccountToken(false)
            .build());
  }
}
