package platform.deepseek.operator.heal;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import platform.deepseek.operator.anomaly.BadRule;
import platform.deepseek.operator.anomaly.Detector.Anomaly;
import platform.deepseek.operator.anomaly.Field;
import platform.deepseek.operator.anomaly.Observation;
import platform.deepseek.operator.anomaly.Rule;
import platform.deepseek.operator.desired.Revision;
import platform.deepseek.operator.desired.Track;
import platform.deepseek.operator.fit.GpuNode;
import platform.deepseek.operator.observe.Observed;
import platform.deepseek.operator.resource.AnomalyAction;
import platform.deepseek.operator.resource.AnomalyStatus;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.RemedyStatus;

/**
 * Looks at what a workload shows, with the operator's rules and the resource's own, and does what
 * they say. Ends of containers are on the pods that are watched anyway; log lines and Events are
 * asked for only where somebody has written rules, because that costs requests.
 */
public final class Healing {

  /** How often log lines and Events are asked for. */
  private static final Duration INTERVAL = Duration.ofSeconds(15);

  private static final int MOST_WATCHED = 10_000;
  private static final int LONGEST_MESSAGE = 500;

  /**
   * What came of a look.
   *
   * @param anomalies the newest of each rule
   * @param news those of this look
   * @param remedy what the spec is carried out with, if not as it is
   * @param lookAgainIn when log lines are read again
   */
  public record Outcome(
      List<AnomalyStatus> anomalies,
      List<AnomalyStatus> news,
      Optional<RemedyStatus> remedy,
      Optional<Duration> lookAgainIn) {

    /** As the status has them: nothing instead of none. */
    public List<AnomalyStatus> anomaliesOrNull() {
      return anomalies.isEmpty() ? null : anomalies;
    }
  }

  private final Signs signs;
  private final Webhook webhook;
  private final List<Rule> builtIn;
  private final List<Rule> configured;
  private final Clock clock;
  private final Map<String, Watch> watches =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Watch> eldest) {
          return size() > MOST_WATCHED;
        }
      };

  public Healing(
      Signs signs, Webhook webhook, List<Rule> builtIn, List<Rule> configured, Clock clock) {
    this.signs = signs;
    this.webhook = webhook;
    this.builtIn = List.copyOf(builtIn);
    this.configured = List.copyOf(configured);
    this.clock = clock;
  }

  /** Looks at a resource as it was written, before a remedy is laid over it. */
  public Outcome look(DeepSeekDeployment resource, Observed observed) {
    var own = ownRules(resource);
    var watch = watch(resource, own);
    var pods = Stream.of(Track.values()).flatMap(it -> observed.servers(it).stream()).toList();
    var asks = !own.isEmpty() || !configured.isEmpty();
    var news = new ArrayList<AnomalyStatus>();
    for (var observation : observations(resource, pods, watch, asks)) {
      for (var anomaly : watch.detector().see(observation)) {
        var told = answer(resource, watch, anomaly);
        watch.found(told);
        news.add(told);
      }
    }
    return new Outcome(
        watch.anomalies(),
        news,
        watch.remedy(resource),
        asks ? Optional.of(INTERVAL) : Optional.empty());
  }

  private synchronized Watch watch(DeepSeekDeployment resource, List<Rule> own) {
    var all = Stream.of(builtIn, configured, own).flatMap(List::stream).toList();
    var uid = resource.getMetadata().getUid();
    return watches.compute(
        uid, (key, old) -> old != null && old.isFor(resource) ? old : new Watch(resource, all));
  }

  /** Rules that cannot be read are refused by the check of the spec and watch nothing. */
  private static List<Rule> ownRules(DeepSeekDeployment resource) {
    try {
      return Rule.of(resource.getSpec().observability().rulesOrNone());
    } catch (BadRule e) {
      return List.of();
    }
  }

  private List<Observation> observations(
      DeepSeekDeployment resource, List<Pod> pods, Watch watch, boolean asks) {
    var all = new ArrayList<>(Sightings.ends(pods));
    if (asks) {
      all.addAll(
          signs.of(resource.getMetadata().getNamespace(), pods, watch.readFrom(clock.instant())));
    }
    all.sort(java.util.Comparator.comparing(Observation::time));
    return all;
  }

  private AnomalyStatus answer(DeepSeekDeployment resource, Watch watch, Anomaly anomaly) {
    var name = resource.getMetadata().getNamespace() + "/" + resource.getMetadata().getName();
    var outcomes = new ArrayList<String>();
    for (var action : anomaly.rule().written().actions()) {
      outcomes.add(
          switch (action.type()) {
            case WEBHOOK -> "webhook: " + webhook.message(address(resource, action), name, anomaly);
            case TICKET -> "ticket: " + webhook.ticket(address(resource, action), name, anomaly);
            case REMEDIATE -> "remediate: " + remediate(resource, watch, anomaly);
          });
    }
    var last = anomaly.last();
    return new AnomalyStatus(
        anomaly.rule().name(),
        last.time().truncatedTo(ChronoUnit.SECONDS).toString(),
        anomaly.count(),
        last.text(Field.POD),
        shortened(last.text(Field.MESSAGE)),
        String.join("; ", outcomes));
  }

  private String address(DeepSeekDeployment resource, AnomalyAction action) {
    return action.url() != null
        ? action.url()
        : signs.address(resource.getMetadata().getNamespace(), action.secretRef());
  }

  private String remediate(DeepSeekDeployment resource, Watch watch, Anomaly anomaly) {
    var running = Remedy.applied(resource);
    if (!Revision.of(running.getSpec()).hash().equals(anomaly.last().revision())) {
      return "nothing to do, the pod is of another revision than the one that is wanted now";
    }
    var gpuClass = running.getSpec().gpuIfAny().map(it -> it.gpuClass()).orElse("GPU");
    var largest =
        signs.nodes(running.getSpec()).stream()
            .filter(GpuNode::usable)
            .mapToInt(GpuNode::allocatable)
            .max()
            .orElse(0);
    var said = shortened(anomaly.last().text(Field.MESSAGE));
    var next = Remedy.next(resource, largest, said, now());
    next.ifPresent(watch::chosen);
    return next.map(RemedyStatus::message)
        .orElse(
            "nothing is left to try: the batch was made smaller and the largest node has %d %s; use a smaller model or a larger class"
                .formatted(largest, gpuClass));
  }

  private Instant now() {
    return clock.instant();
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST_MESSAGE
        ? text
        : "..." + text.substring(text.length() - LONGEST_MESSAGE);
  }
}
