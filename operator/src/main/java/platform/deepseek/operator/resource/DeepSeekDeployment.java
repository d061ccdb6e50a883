package platform.deepseek.operator.resource;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** A model to be served: applied by a person, turned into workloads by the operator. */
@Group(DeepSeekDeployment.GROUP)
@Version(DeepSeekDeployment.VERSION)
@Kind(DeepSeekDeployment.KIND)
@Plural("deepseekdeployments")
@Singular("deepseekdeployment")
@ShortNames("dsd")
@Categories({"all", "ai"})
@ValidationRule(value = "has(self.spec)", message = "spec is missing: give at least spec.model")
@ValidationRule(
    value = "size(self.metadata.name) <= 40",
    message = "metadata.name is longer than 40 characters; names made from it would pass 63")
@AdditionalPrinterColumn(
    name = "Model",
    jsonPath = ".spec.model.name",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "GPU",
    jsonPath = ".status.gpu.product",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type=='Ready')].status",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Replicas",
    jsonPath = ".status.readyReplicas",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Desired",
    jsonPath = ".status.replicas",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Canary%",
    jsonPath = ".status.canary.weight",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "URL",
    jsonPath = ".status.url",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type=='Ready')].reason",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
public class DeepSeekDeployment
    extends CustomResource<DeepSeekDeploymentSpec, DeepSeekDeploymentStatus> implements Namespaced {

  public static final String GROUP = "deepseek.platform";
  public static final String VERSION = "v1alpha1";
  public static final String KIND = "DeepSeekDeployment";

  private static final long serialVersionUID = 1L;

  // Records have no empty form: what the API server did not send stays null.
  @Override
  protected DeepSeekDeploymentSpec initSpec() {
    return null;
  }

  @Override
  protected DeepSeekDeploymentStatus initStatus() {
    return null;
  }
}
