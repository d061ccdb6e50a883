package platform.deepseek.operator.desired;

import io.fabric8.kubernetes.client.utils.Serialization;

/**
 * How fast an autoscaler may move, from how long a replica takes to load.
 *
 * <p>A new replica answers only after its model is loaded, which takes minutes. An autoscaler that
 * looks again before that sees the same load and adds more, up to the maximum; so it may add one
 * replica or half of them per load time, and takes away slowly what was slow to come.
 */
public final class ScalingBehavior {

  private static final int UNMEASURED_LOAD_SECONDS = 120;

  private ScalingBehavior() {}

  /** The written behaviour, word for word, else the derived one. */
  public static <T> T of(Situation situation, Class<T> type) {
    var written = situation.spec().autoscaling().behavior();
    return written == null
        ? Serialization.unmarshal(derived(situation), type)
        : Serialization.jsonMapper().convertValue(written, type);
  }

  private static String derived(Situation situation) {
    // Rounded up to half minutes: a measured second more or less must not rewrite the autoscaler.
    var load = situation.loadSeconds().orElse(UNMEASURED_LOAD_SECONDS);
    var period = Math.clamp((load + 29L) / 30 * 30, 60, 1800);
    var down = Math.clamp(period * 2, 600, 3600);
    return """
        scaleUp:
          stabilizationWindowSeconds: 0
          selectPolicy: Max
          policies:
          - {type: Pods, value: 1, periodSeconds: %d}
          - {type: Percent, value: 50, periodSeconds: %d}
        scaleDown:
          stabilizationWindowSeconds: %d
          selectPolicy: Max
          policies:
          - {type: Pods, value: 1, periodSeconds: 300}
        """
        .formatted(period, period, down);
  }
}
