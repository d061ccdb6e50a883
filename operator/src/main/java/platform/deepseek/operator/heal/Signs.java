package platform.deepseek.operator.heal;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import platform.deepseek.operator.anomaly.Observation;
import platform.deepseek.operator.fit.GpuNode;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.SecretReference;

/** What healing asks the cluster beyond the objects that are watched anyway. */
public interface Signs {

  /** Events and log lines of these pods since a time; what cannot be read is left out. */
  List<Observation> of(String namespace, Collection<Pod> pods, Instant since);

  /** Nodes with GPUs of the kind that the spec asks for. */
  List<GpuNode> nodes(DeepSeekDeploymentSpec spec);

  /** The address that a Secret keeps under url, or an empty text. */
  String address(String namespace, SecretReference secret);
}
