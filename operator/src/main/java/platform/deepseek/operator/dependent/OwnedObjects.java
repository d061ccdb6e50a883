package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.dependent.GarbageCollected;
import io.javaoperatorsdk.operator.processing.dependent.BulkDependentResource;
import io.javaoperatorsdk.operator.processing.dependent.Creator;
import io.javaoperatorsdk.operator.processing.dependent.Updater;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependentResource;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.SecondaryToPrimaryMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.resource.DeepSeekDeployment;

/**
 * The objects of one kind that belong to a resource.
 *
 * <p>A subclass says what there should be, as a function of the situation; what is there and not in
 * the answer is deleted, so a wish taken out of the spec needs no code of its own. Objects are
 * written by server-side apply and only when a field we own differs, found again by their instance
 * label, and deleted by Kubernetes through their owner reference.
 */
public abstract class OwnedObjects<R extends HasMetadata>
    extends KubernetesDependentResource<R, DeepSeekDeployment>
    implements BulkDependentResource<R, DeepSeekDeployment, String>,
        Creator<R, DeepSeekDeployment>,
        Updater<R, DeepSeekDeployment>,
        GarbageCollected<DeepSeekDeployment>,
        SecondaryToPrimaryMapper<R> {

  /** Key of the situation in the context of a workflow. */
  public static final String SITUATION = "situation";

  OwnedObjects(Class<R> type) {
    super(type);
  }

  /** What there should be. Pure. */
  public abstract List<R> desired(Situation situation);

  /** Of an object of a component: its name, and the labels by which it is found again. */
  static ObjectMeta metadata(Situation situation, String name, String component) {
    return new ObjectMetaBuilder()
        .withName(name)
        .withNamespace(situation.namespace())
        .withLabels(Labels.of(situation.name(), component))
        .build();
  }

  @Override
  public Map<String, R> desiredResources(
      DeepSeekDeployment primary, Context<DeepSeekDeployment> context) {
    var objects = new LinkedHashMap<String, R>();
    for (var object : desired(situation(context))) {
      objects.put(object.getMetadata().getName(), object);
    }
    return objects;
  }

  @Override
  public Map<String, R> getSecondaryResources(
      DeepSeekDeployment primary, Context<DeepSeekDeployment> context) {
    return existing(primary)
        .collect(Collectors.toMap(object -> object.getMetadata().getName(), object -> object));
  }

  /** What there is, by the informer. */
  Stream<R> existing(DeepSeekDeployment primary) {
    return eventSource().map(source -> source.getSecondaryResources(primary)).stream()
        .flatMap(Set::stream);
  }

  @Override
  public void deleteTargetResource(
      DeepSeekDeployment primary, R object, String name, Context<DeepSeekDeployment> context) {
    context.getClient().resource(object).delete();
  }

  @Override
  public Set<ResourceID> toPrimaryResourceIDs(R object) {
    return Optional.ofNullable(object.getMetadata().getLabels())
        .map(labels -> labels.get(Labels.INSTANCE))
        .map(instance -> new ResourceID(instance, object.getMetadata().getNamespace()))
        .map(Set::of)
        .orElse(Set.of());
  }

  @Override
  protected InformerEventSourceConfiguration.Builder<R> informerConfigurationBuilder(
      EventSourceContext<DeepSeekDeployment> context) {
    return super.informerConfigurationBuilder(context).withLabelSelector(Labels.SELECTOR);
  }

  static Situation situation(Context<DeepSeekDeployment> context) {
    return context
        .managedWorkflowAndDependentResourceContext()
        .getMandatory(SITUATION, Situation.class);
  }
}
