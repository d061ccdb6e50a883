package platform.deepseek.operator.desired;

import java.util.LinkedHashMap;
import java.util.Map;
import platform.deepseek.operator.resource.DeepSeekDeployment;

/** Labels and annotations of everything the operator makes. */
public final class Labels {

  public static final String INSTANCE = "app.kubernetes.io/instance";
  public static final String COMPONENT = "app.kubernetes.io/component";
  public static final String MANAGED_BY = "app.kubernetes.io/managed-by";
  public static final String OPERATOR = "deepseek-operator";
  public static final String SERVER = "server";
  public static final String DOWNLOAD = "download";
  public static final String TRACK = DeepSeekDeployment.GROUP + "/track";
  public static final String REVISION = DeepSeekDeployment.GROUP + "/revision";
  public static final String CONFIG_HASH = DeepSeekDeployment.GROUP + "/config-hash";
  public static final String PAUSE = DeepSeekDeployment.GROUP + "/pause-reconciliation";

  /** Informers look at objects with this label only. */
  public static final String SELECTOR = MANAGED_BY + "=" + OPERATOR;

  private Labels() {}

  /** Labels of an object of this resource. */
  public static Map<String, String> of(String instance, String component) {
    var labels = new LinkedHashMap<String, String>();
    labels.put("app.kubernetes.io/name", "deepseek-model");
    labels.put(INSTANCE, instance);
    labels.put(COMPONENT, component);
    labels.put("app.kubernetes.io/part-of", "deepseek-platform");
    labels.put(MANAGED_BY, OPERATOR);
    return labels;
  }

  /** Selector of the server pods of both tracks; it never changes. */
  public static Map<String, String> server(String instance) {
    return Map.of(INSTANCE, instance, COMPONENT, SERVER);
  }

  /** Selector of the server pods of one track; it never changes. */
  public static Map<String, String> server(String instance, Track track) {
    return Map.of(INSTANCE, instance, COMPONENT, SERVER, TRACK, track.text());
  }
}
