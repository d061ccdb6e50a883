package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;
import org.jboss.logging.Logger;
import platform.deepseek.operator.observe.Download;
import platform.deepseek.operator.observe.Observed;

/** Reads how far a running download is: the last line that its pod has printed. */
public final class DownloadProgress {

  private static final Logger LOG = Logger.getLogger(DownloadProgress.class);

  private final KubernetesClient client;

  public DownloadProgress(KubernetesClient client) {
    this.client = Glance.with(client);
  }

  Optional<Download.Progress> of(Observed observed) {
    return observed.downloads().stream()
        .filter(pod -> pod.getStatus() != null && "Running".equals(pod.getStatus().getPhase()))
        .findFirst()
        .flatMap(this::lastLine)
        .flatMap(Download::progress);
  }

  private Optional<String> lastLine(Pod pod) {
    try {
      var metadata = pod.getMetadata();
      return Optional.ofNullable(
          client
              .pods()
              .inNamespace(metadata.getNamespace())
              .withName(metadata.getName())
              .tailingLines(1)
              .getLog());
    } catch (KubernetesClientException e) {
      LOG.debugf("no log of %s: %s", pod.getMetadata().getName(), e.getMessage());
      return Optional.empty();
    }
  }
}
