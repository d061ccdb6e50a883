package platform.deepseek.operator.reconcile;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.AggregatedOperatorException;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.MaxReconciliationInterval;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.Workflow;
import io.javaoperatorsdk.operator.api.reconciler.dependent.Dependent;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import platform.deepseek.operator.dependent.ControllerRevisions;
import platform.deepseek.operator.dependent.Deployments;
import platform.deepseek.operator.dependent.DownloadJobs;
import platform.deepseek.operator.dependent.DownloadsComplete;
import platform.deepseek.operator.dependent.HorizontalPodAutoscalers;
import platform.deepseek.operator.dependent.HttpRoutes;
import platform.deepseek.operator.dependent.Ingresses;
import platform.deepseek.operator.dependent.LeaderWorkerSets;
import platform.deepseek.operator.dependent.NetworkPolicies;
import platform.deepseek.operator.dependent.OwnedObjects;
import platform.deepseek.operator.dependent.PersistentVolumeClaims;
import platform.deepseek.operator.dependent.PodDisruptionBudgets;
import platform.deepseek.operator.dependent.PrometheusRules;
import platform.deepseek.operator.dependent.ResourceClaimTemplates;
import platform.deepseek.operator.dependent.ResourceQuotas;
import platform.deepseek.operator.dependent.ScaledObjects;
import platform.deepseek.operator.dependent.Served;
import platform.deepseek.operator.dependent.ServiceAccounts;
import platform.deepseek.operator.dependent.ServiceMonitors;
import platform.deepseek.operator.dependent.Services;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.heal.Healing;
import platform.deepseek.operator.heal.Remedy;
import platform.deepseek.operator.resource.DeepSeekDeployment;
import platform.deepseek.operator.resource.DeepSeekDeploymentStatus;
import platform.deepseek.operator.resource.RemedyStatus;
import platform.deepseek.operator.status.StatusReport;

/**
 * Brings the cluster to what a DeepSeekDeployment asks for, and says how far it is: look, decide,
 * check, carry out, answer.
 */
@ControllerConfiguration(
    name = DeepSeekDeploymentReconciler.NAME,
    fieldManager = Labels.OPERATOR,
    // Label and annotation edits count too: one annotation pauses.
    generationAwareEventProcessing = false,
    informer = @Informer(onUpdateFilter = WishChanged.class),
    // Secrets are not watched but read: a change of them is seen within this time.
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 1, timeUnit = TimeUnit.MINUTES))
@GradualRetry(
    maxAttempts = 1_000_000,
    initialInterval = 1000,
    intervalMultiplier = 2,
    maxInterval = 60_000)
@Workflow(
    explicitInvocation = true,
    dependents = {
      @Dependent(name = "revisions", type = ControllerRevisions.class),
      @Dependent(name = "service-accounts", type = ServiceAccounts.class),
      @Dependent(name = "claims", type = PersistentVolumeClaims.class),
      @Dependent(
          name = "downloads",
          type = DownloadJobs.class,
          dependsOn = {"claims", "service-accounts"},
          readyPostcondition = DownloadsComplete.class),
      @Dependent(name = "network-policies", type = NetworkPolicies.class),
      @Dependent(name = "services", type = Services.class),
      @Dependent(name = "quotas", type = ResourceQuotas.class),
      @Dependent(
          name = "claim-templates",
          type = ResourceClaimTemplates.class,
          activationCondition = Served.ResourceClaimTemplate.class),
      @Dependent(
          name = "deployments",
          type = Deployments.class,
          dependsOn = {"revisions", "service-accounts", "network-policies", "downloads"}),
      @Dependent(
          name = "leader-worker-sets",
          type = LeaderWorkerSets.class,
          activationCondition = Served.LeaderWorkerSet.class,
          dependsOn = {"revisions", "service-accounts", "network-policies", "downloads"}),
      @Dependent(
          name = "autoscalers",
          type = HorizontalPodAutoscalers.class,
          dependsOn = "deployments"),
      @Dependent(
          name = "scaled-objects",
          type = ScaledObjects.class,
          activationCondition = Served.ScaledObject.class,
          dependsOn = "deployments"),
      @Dependent(name = "disruption-budgets", type = PodDisruptionBudgets.class),
      @Dependent(name = "ingresses", type = Ingresses.class, dependsOn = "services"),
      @Dependent(
          name = "routes",
          type = HttpRoutes.class,
          activationCondition = Served.HttpRoute.class,
          dependsOn = "services"),
      @Dependent(
          name = "monitors",
          type = ServiceMonitors.class,
          activationCondition = Served.ServiceMonitor.class),
      @Dependent(
          name = "alerts",
          type = PrometheusRules.class,
          activationCondition = Served.PrometheusRule.class),
    })
public class DeepSeekDeploymentReconciler implements Reconciler<DeepSeekDeployment> {

  public static final String NAME = "deepseek-deployment";

  private static final Duration AT_ONCE = Duration.ofMillis(1);
  private static final Logger LOG = Logger.getLogger(DeepSeekDeploymentReconciler.class);

  private final Deliberation deliberation;
  private final Healing healing;
  private final EventRecorder events;

  public DeepSeekDeploymentReconciler(
      Deliberation deliberation, Healing healing, EventRecorder events) {
    this.deliberation = deliberation;
    this.healing = healing;
    this.events = events;
  }

  @Override
  public List<EventSource<?, DeepSeekDeployment>> prepareEventSources(
      EventSourceContext<DeepSeekDeployment> context) {
    var pods =
        InformerEventSourceConfiguration.from(Pod.class, DeepSeekDeployment.class)
            .withLabelSelector(Labels.SELECTOR)
            .withSecondaryToPrimaryMapper(DeepSeekDeploymentReconciler::owner)
            .build();
    var podSource = new InformerEventSource<Pod, DeepSeekDeployment>(pods, context);
    return List.of(podSource, Nodes.source(context, podSource), Neighbours.quotaSource(context));
  }

  static Set<ResourceID> owner(Pod pod) {
    return Optional.ofNullable(pod.getMetadata().getLabels().get(Labels.INSTANCE))
        .map(name -> Set.of(new ResourceID(name, pod.getMetadata().getNamespace())))
        .orElse(Set.of());
  }

  @Override
  public UpdateControl<DeepSeekDeployment> reconcile(
      DeepSeekDeployment written, Context<DeepSeekDeployment> context) {
    if (Deliberation.isPaused(written)) {
      return answer(written, deliberation.paused(written));
    }
    var healed = healing.look(written, Secondaries.observed(context));
    healed.news().forEach(anomaly -> events.tell(written, anomaly));
    if (!Objects.equals(remedy(written), healed.remedy().orElse(null))) {
      return rememberFirst(
          written, before(written).with(healed.remedy().orElse(null), healed.anomaliesOrNull()));
    }
    var resource = Remedy.applied(written);
    var decision =
        deliberation.decide(
            resource,
            Secondaries.observed(context),
            Secondaries.revisions(context),
            Neighbours.of(resource, context));
    if (decision.movesTheRollout()) {
      return rememberFirst(resource, before(resource).with(decision.canary()));
    }
    var refusal = carryOut(decision, context);
    if (refusal.filter(Refusal::isOfAnEndingNamespace).isPresent()) {
      return UpdateControl.noUpdate();
    }
    var status =
        deliberation.report(
            decision, Secondaries.observed(context), healed, refusal.map(Refusal::trouble));
    var control = answer(resource, status);
    Stream.of(deliberation.lookAgainIn(decision, status), healed.lookAgainIn())
        .flatMap(Optional::stream)
        .min(Duration::compareTo)
        .ifPresent(control::rescheduleAfter);
    return control;
  }

  private static DeepSeekDeploymentStatus before(DeepSeekDeployment resource) {
    return Optional.ofNullable(resource.getStatus()).orElseGet(DeepSeekDeploymentStatus::unknown);
  }

  private static RemedyStatus remedy(DeepSeekDeployment resource) {
    return before(resource).remedy();
  }

  /**
   * A rollout's move and a remedy are written down before they are carried out. The other way round
   * an operator that is killed in between, or whose cache lags behind its own write, finds the
   * replicas that it has taken away missing, and takes that for news.
   */
  private static UpdateControl<DeepSeekDeployment> rememberFirst(
      DeepSeekDeployment resource, DeepSeekDeploymentStatus status) {
    return UpdateControl.patchStatus(withStatus(resource, status)).rescheduleAfter(AT_ONCE);
  }

  /** What the API server refuses is told in the status and tried again: it may be allowed later. */
  private Optional<Refusal> carryOut(Decision decision, Context<DeepSeekDeployment> context) {
    if (!decision.verdict().proceed()) {
      if (decision.standby().isPresent()) {
        StandbyRoute.move(decision.situation(), context);
      }
      return Optional.empty();
    }
    var workflow = context.managedWorkflowAndDependentResourceContext();
    workflow.put(OwnedObjects.SITUATION, decision.situation());
    try {
      workflow.reconcileManagedWorkflow();
      return Optional.empty();
    } catch (AggregatedOperatorException e) {
      var refusal = Refusal.of(e, before(decision.situation().resource()));
      LOG.warnf(
          "%s/%s: %s",
          decision.situation().namespace(),
          decision.situation().name(),
          refusal.trouble().message());
      return Optional.of(refusal);
    }
  }

  private UpdateControl<DeepSeekDeployment> answer(
      DeepSeekDeployment resource, DeepSeekDeploymentStatus status) {
    if (!StatusReport.isNews(resource.getStatus(), status)) {
      return UpdateControl.noUpdate();
    }
    events.tell(resource, conditions(resource), status.conditionsOrNone());
    return UpdateControl.patchStatus(withStatus(resource, status));
  }

  private static List<io.fabric8.kubernetes.api.model.Condition> conditions(
      DeepSeekDeployment resource) {
    return resource.getStatus() == null ? List.of() : resource.getStatus().conditionsOrNone();
  }

  /** Only the status: server-side apply would take the ownership of what else is in it. */
  private static DeepSeekDeployment withStatus(
      DeepSeekDeployment resource, DeepSeekDeploymentStatus status) {
    var patch = new DeepSeekDeployment();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(resource.getMetadata().getName())
            .withNamespace(resource.getMetadata().getNamespace())
            .build());
    patch.setStatus(status);
    return patch;
  }
}
