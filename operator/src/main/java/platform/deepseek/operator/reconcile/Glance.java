package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;

/**
 * A client for what is looked at in passing, logs and metrics: one try, two seconds. They come from
 * behind the API server, from a kubelet or an adapter; while that is away the ordinary client tries
 * again for 20 seconds, and a resource waits for a number that it can do without.
 */
final class Glance {

  private static final int TIMEOUT_MILLIS = 2_000;

  private Glance() {}

  static KubernetesClient with(KubernetesClient client) {
    var once =
        new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
            .withRequestRetryBackoffLimit(0)
            .withRequestTimeout(TIMEOUT_MILLIS)
            .build();
    return client.newClient(once).adapt(KubernetesClient.class);
  }
}
