package platform.deepseek.operator.resource;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** How clients reach the model, and who may. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.expose == 'None' || has(self.host)",
    message = "network.expose Ingress and Gateway need network.host, the name clients use")
@ValidationRule(
    value = "self.expose != 'Gateway' || has(self.gatewayRef)",
    message = "network.expose Gateway needs network.gatewayRef, the Gateway that serves the host")
public record Network(
    @JsonPropertyDescription("None: inside the cluster only; Ingress or Gateway: from outside.")
        @Default("None")
        Expose expose,
    @JsonPropertyDescription("Host name for clients.")
        @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$")
        @Size(max = 253)
        String host,
    @JsonPropertyDescription("IngressClass of an Ingress.") @Size(max = 253)
        String ingressClassName,
    @JsonPropertyDescription("The Gateway (Gateway API) whose listener serves the host.")
        GatewayReference gatewayRef,
    @JsonPropertyDescription("Secret with tls.crt and tls.key for an Ingress.") SecretReference tls,
    @JsonPropertyDescription(
            "Who may connect to the pods; everybody else is refused. Left out: this namespace, and"
                + " the gateway's.")
        @Size(max = 32)
        List<Peer> allowFrom) {

  public List<Peer> allowFromOrNone() {
    return allowFrom == null ? List.of() : allowFrom;
  }
}
