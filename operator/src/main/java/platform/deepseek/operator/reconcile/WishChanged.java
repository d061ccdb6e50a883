package platform.deepseek.operator.reconcile;

import io.javaoperatorsdk.operator.processing.event.source.filter.OnUpdateFilter;
import java.util.Objects;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.resource.DeepSeekDeployment;

/** An update that asks for something: of the spec, of the pause annotation, or a deletion. */
public class WishChanged implements OnUpdateFilter<DeepSeekDeployment> {

  @Override
  public boolean accept(DeepSeekDeployment now, DeepSeekDeployment before) {
    return !Objects.equals(now.getMetadata().getGeneration(), before.getMetadata().getGeneration())
        || now.isMarkedForDeletion() != before.isMarkedForDeletion()
        || !Objects.equals(pause(now), pause(before));
  }

  private static String pause(DeepSeekDeployment resource) {
    var annotations = resource.getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(Labels.PAUSE);
  }
}
