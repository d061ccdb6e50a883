package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import java.util.List;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.Names;
import platform.deepseek.operator.desired.Revision;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.desired.Tracked;

/** The revisions that run, so that a rollout can go on or back after a restart. */
public class ControllerRevisions extends OwnedObjects<ControllerRevision> {

  public ControllerRevisions() {
    super(ControllerRevision.class);
  }

  @Override
  public List<ControllerRevision> desired(Situation situation) {
    return situation.tracked().stream().map(tracked -> of(situation, tracked)).toList();
  }

  private static ControllerRevision of(Situation situation, Tracked tracked) {
    return new ControllerRevisionBuilder()
        .withNewMetadata()
        .withName(Names.revision(situation.name(), tracked.revision()))
        .withNamespace(situation.namespace())
        .withLabels(Labels.of(situation.name(), "revision"))
        .addToLabels(Labels.REVISION, tracked.revision())
        .endMetadata()
        .withRevision(1L)
        .withData(Revision.of(tracked.spec()).data())
        .build();
  }
}
