package platform.deepseek.operator.resource;

/**
 * The closed set of reasons: of conditions, of Events and of the failure metric's label. A pod's
 * own waiting reason (ImagePullBackOff and so on) stands in the message behind one of these.
 */
public enum Reason {
  // All is well.
  SERVING("Serving", "Replicas answer."),
  SPEC_ACCEPTED("SpecAccepted", "The spec can be carried out."),
  FITS("Fits", "What is asked for is there."),
  CACHED("Cached", "The model's files are on the cluster."),
  NOT_LIMITED("NotLimited", "No quota applies, or it is not looked at."),
  AVAILABLE("Available", "All replicas that are wanted answer."),
  SETTLED("Settled", "Nothing is being changed."),
  SCALING("Scaling", "The autoscaler reads its metrics."),
  ROUTED("Routed", "Traffic from outside reaches the model."),
  CHECKS_PASSED("ChecksPassed", "The new revision passes its checks."),
  SLEEPING("Sleeping", "No replica runs because nobody asks."),
  // The spec cannot be carried out.
  INVALID_NAME("InvalidName", "The name cannot name a Service."),
  INVALID_TOPOLOGY("InvalidTopology", "The engine cannot be spread over GPUs like that."),
  UNKNOWN_GPU_CLASS("UnknownGpuClass", "The operator's configuration has no such class."),
  UNKNOWN_MODEL("UnknownModel", "Its memory cannot be reckoned: give model.shape."),
  SECRET_MISSING("SecretMissing", "A Secret that is named does not exist."),
  CRD_MISSING("CrdMissing", "The cluster lacks an API that is asked for."),
  NAME_TAKEN("NameTaken", "An object of the same name belongs to somebody else."),
  // Quota.
  EXCEEDED("Exceeded", "The namespace's quota is too small."),
  SURGE_EXCEEDS("SurgeExceeds", "The quota has no room for one more replica in a rollout."),
  // GPUs.
  NO_NODE_FITS("NoNodeFits", "No node has such GPUs, enough of them."),
  MEMORY_TOO_SMALL("MemoryTooSmall", "The model does not fit into the GPUs' memory."),
  ALL_BUSY("AllBusy", "All such GPUs are taken."),
  // Files.
  DOWNLOADING("Downloading", "The download runs."),
  DIGEST_MISMATCH("DigestMismatch", "The files are not those that were named."),
  NO_SPACE("NoSpace", "The claim is too small."),
  SOURCE_UNREACHABLE("SourceUnreachable", "The source does not answer."),
  DOWNLOAD_FAILED("DownloadFailed", "The download ended with an error."),
  CLAIM_PENDING("ClaimPending", "The claim is not bound."),
  // Pods.
  STARTING("Starting", "Replicas start."),
  UNSCHEDULABLE("Unschedulable", "The scheduler finds no node."),
  FAILED_CREATE("FailedCreate", "The API server refuses a pod."),
  CRASH_LOOP("CrashLoop", "A container ends again and again."),
  IMAGE_PULL("ImagePull", "An image cannot be fetched."),
  OUT_OF_MEMORY("OutOfMemory", "A container was ended for its memory."),
  GPU_OUT_OF_MEMORY("GpuOutOfMemory", "The GPU's memory ran out."),
  PROBE_FAILS("ProbeFails", "A container has started and its probe fails."),
  NODE_LOST("NodeLost", "A node does not answer."),
  NODE_UNHEALTHY("NodeUnhealthy", "A node says that something is wrong with it."),
  DEADLINE_EXCEEDED("DeadlineExceeded", "A rollout made no progress for too long."),
  // Autoscaling.
  METRICS_API_MISSING("MetricsApiMissing", "The cluster does not serve these metrics."),
  KEDA_MISSING("KedaMissing", "KEDA is needed and not installed."),
  SCALING_DISABLED("ScalingDisabled", "The autoscaler is switched off at zero replicas."),
  NOTHING_WAKES("NothingWakes", "A model that sleeps at zero replicas would never wake."),
  METRIC_UNREADABLE("MetricUnreadable", "The autoscaler cannot read a metric."),
  REPLICAS_IGNORED("ReplicasIgnored", "spec.replicas counts only until the autoscaler decides."),
  // Routes.
  GATEWAY_NOT_ACCEPTED("GatewayNotAccepted", "The Gateway refuses the route."),
  REFS_NOT_RESOLVED("RefsNotResolved", "The route points at something that is not there."),
  ADDRESS_PENDING("AddressPending", "Nobody has answered for the route yet."),
  ON_STANDBY("OnStandby", "The standby takes the traffic."),
  // Rollouts.
  ROLLING_OUT("RollingOut", "A change of the spec is on its way."),
  ANALYSIS_FAILED("AnalysisFailed", "A check of the new revision failed."),
  ROLLED_BACK("RolledBack", "The new revision was taken back."),
  // The rest.
  PAUSED("Paused", "The operator was told to keep its hands off."),
  CUSTOMISED("Customised", "podTemplate is laid over the generated pods."),
  ANOMALY("Anomaly", "A rule found something in logs or events."),
  REMEDIED("Remedied", "Other numbers than the spec's are used, because those do not work."),
  INVALID_RULE("InvalidRule", "A rule of observability.rules cannot be read."),
  RECONCILE_FAILED("ReconcileFailed", "The API server refused a step; it is tried again.");

  private final String text;
  private final String meaning;

  Reason(String text, String meaning) {
    this.text = text;
    this.meaning = meaning;
  }

  public String text() {
    return text;
  }

  /** One sentence for the documentation. */
  public String meaning() {
    return meaning;
  }
}
