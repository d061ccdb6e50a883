package platform.deepseek.operator.dependent;

import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeerBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPortBuilder;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import platform.deepseek.operator.desired.Labels;
import platform.deepseek.operator.desired.PortNames;
import platform.deepseek.operator.desired.Situation;
import platform.deepseek.operator.resource.CacheMode;
import platform.deepseek.operator.resource.EngineType;
import platform.deepseek.operator.resource.Peer;
import platform.deepseek.operator.resource.SourceKind;

/**
 * Nothing goes in or out that is not named: two policies, of the pods that serve and of those that
 * download. Only downloads leave the cluster, and with cache.offline nothing does. Pods are reached
 * by the names of their ports, so that one policy is right for both revisions of a rollout.
 */
public class NetworkPolicies extends OwnedObjects<NetworkPolicy> {

  private static final String NAMESPACE = "kubernetes.io/metadata.name";

  public NetworkPolicies() {
    super(NetworkPolicy.class);
  }

  @Override
  public List<NetworkPolicy> desired(Situation situation) {
    return List.of(server(situation), download(situation));
  }

  private static NetworkPolicy server(Situation situation) {
    var egress = new ArrayList<NetworkPolicyEgressRule>();
    egress.add(dns());
    egress.add(to(inNamespace(situation.settings().platformNamespace())));
    // Nodes of one replica talk to each other.
    egress.add(to(pods(Labels.server(situation.name()))));
    if (fetchesInServerPods(situation)) {
      egress.add(outside(situation));
    }
    return policy(situation, situation.name(), Labels.SERVER, ingress(situation), egress);
  }

  private static NetworkPolicy download(Situation situation) {
    var egress = new ArrayList<NetworkPolicyEgressRule>();
    egress.add(dns());
    if (!situation.spec().cache().offline()) {
      egress.add(outside(situation));
    }
    return policy(situation, situation.name() + "-download", Labels.DOWNLOAD, List.of(), egress);
  }

  private static boolean fetchesInServerPods(Situation situation) {
    var cache = situation.spec().cache();
    return !cache.offline()
        && (cache.mode() == CacheMode.NONE || cache.mode() == CacheMode.NODE_LOCAL)
        && situation.spec().model().source().kind().isDownloaded();
  }

  private static List<NetworkPolicyIngressRule> ingress(Situation situation) {
    var rules = new ArrayList<NetworkPolicyIngressRule>();
    var api = port(PortNames.API);
    var metrics =
        situation.stable().spec().engine().type() == EngineType.NATIVE
            ? port(PortNames.MANAGEMENT)
            : api;
    rules.add(from(callers(situation), List.of(api)));
    // The platform's own services, and whatever reads its metrics there.
    var platform = inNamespace(situation.settings().platformNamespace());
    rules.add(from(List.of(platform), Stream.of(api, metrics).distinct().toList()));
    situation
        .settings()
        .monitoringNamespace()
        .ifPresent(namespace -> rules.add(from(List.of(inNamespace(namespace)), List.of(metrics))));
    rules.add(from(List.of(pods(Labels.server(situation.name()))), List.of()));
    return rules;
  }

  private static List<NetworkPolicyPeer> callers(Situation situation) {
    var network = situation.spec().network();
    var peers = new ArrayList<NetworkPolicyPeer>();
    Optional.ofNullable(network.gatewayRef())
        .map(gateway -> gateway.namespace())
        .ifPresent(namespace -> peers.add(inNamespace(namespace)));
    if (network.allowFromOrNone().isEmpty()) {
      peers.add(inNamespace(situation.namespace()));
    } else {
      network.allowFromOrNone().forEach(peer -> peers.add(of(peer)));
    }
    return peers;
  }

  private static NetworkPolicyPeer of(Peer peer) {
    var builder = new NetworkPolicyPeerBuilder();
    if (peer.cidr() != null) {
      return builder.withNewIpBlock().withCidr(peer.cidr()).endIpBlock().build();
    }
    if (peer.namespaceLabels() != null) {
      builder.withNamespaceSelector(
          new LabelSelectorBuilder().withMatchLabels(peer.namespaceLabels()).build());
    }
    if (peer.podLabels() != null) {
      builder.withPodSelector(new LabelSelectorBuilder().withMatchLabels(peer.podLabels()).build());
    }
    return builder.build();
  }

  private static NetworkPolicyPeer inNamespace(String name) {
    return new NetworkPolicyPeerBuilder()
        .withNewNamespaceSelector()
        .withMatchLabels(Map.of(NAMESPACE, name))
        .endNamespaceSelector()
        .build();
  }

  private static NetworkPolicyPeer pods(Map<String, String> labels) {
    return new NetworkPolicyPeerBuilder()
        .withNewPodSelector()
        .withMatchLabels(labels)
        .endPodSelector()
        .build();
  }

  private static NetworkPolicyIngressRule from(
      List<NetworkPolicyPeer> peers, List<NetworkPolicyPort> ports) {
    return new NetworkPolicyIngressRuleBuilder().withFrom(peers).withPorts(ports).build();
  }

  private static NetworkPolicyEgressRule to(NetworkPolicyPeer peer) {
    return new NetworkPolicyEgressRuleBuilder().withTo(peer).build();
  }

  private static NetworkPolicyEgressRule dns() {
    return new NetworkPolicyEgressRuleBuilder()
        .withPorts(
            new NetworkPolicyPortBuilder().withNewPort(53).withProtocol("UDP").build(), port(53))
        .build();
  }

  /**
   * The web's ports, and those of the source and of the mirror where they name another. Where an
   * object store is, stands in a Secret: it may have any port.
   */
  private static NetworkPolicyEgressRule outside(Situation situation) {
    var source = situation.spec().model().source();
    if (source.kind() == SourceKind.S3) {
      return new NetworkPolicyEgressRuleBuilder()
          .addNewPort()
          .withProtocol("TCP")
          .endPort()
          .build();
    }
    var named =
        Stream.concat(
                source.kind() == SourceKind.HTTP ? Stream.of(source.uri()) : Stream.empty(),
                situation.settings().hubAddress().stream())
            .map(address -> URI.create(address).getPort())
            .filter(number -> number > 0);
    return new NetworkPolicyEgressRuleBuilder()
        .withPorts(
            Stream.concat(Stream.of(80, 443), named).distinct().map(NetworkPolicies::port).toList())
        .build();
  }

  private static NetworkPolicyPort port(String name) {
    return new NetworkPolicyPortBuilder().withNewPort(name).withProtocol("TCP").build();
  }

  private static NetworkPolicyPort port(int number) {
    return new NetworkPolicyPortBuilder().withNewPort(number).withProtocol("TCP").build();
  }

  private static NetworkPolicy policy(
      Situation situation,
      String name,
      String component,
      List<NetworkPolicyIngressRule> ingress,
      List<NetworkPolicyEgressRule> egress) {
    return new NetworkPolicyBuilder()
        .withMetadata(metadata(situation, name, component))
        .withNewSpec()
        .withNewPodSelector()
        .withMatchLabels(Map.of(Labels.INSTANCE, situation.name(), Labels.COMPONENT, component))
        .endPodSelector()
        .withPolicyTypes("Ingress", "Egress")
        .withIngress(ingress)
        .withEgress(egress)
        .endSpec()
        .build();
  }
}
