package platform.deepseek.operator.desired;

/**
 * Names of an engine's ports. Whatever reaches pods goes by them: while a change of engine.port
 * rolls, the number differs from pod to pod.
 */
public final class PortNames {

  /** The API; VLLM and SGLang have probes and metrics there too. */
  public static final String API = "http";

  /** Probes and metrics of the Native engine. */
  public static final String MANAGEMENT = "management";

  private PortNames() {}
}
