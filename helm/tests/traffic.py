"""NetworkPolicies, decided as the API describes them: who may open a connection to whom.

Pods are given by namespace and labels; what is outside the cluster by its address.
"""

import ipaddress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Pod:
    namespace: str
    labels: dict = field(hash=False)


@dataclass(frozen=True)
class Outside:
    address: str


def selects(selector, labels):
    """Whether a label selector holds; the empty one holds for everything."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for expression in selector.get("matchExpressions", []):
        if expression["operator"] != "In":
            raise ValueError(f"not needed so far: {expression}")
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return True


def is_peer(peer, policy_namespace, party):
    if "ipBlock" in peer:
        network = ipaddress.ip_network(peer["ipBlock"]["cidr"])
        return isinstance(party, Outside) and ipaddress.ip_address(party.address) in network
    if isinstance(party, Outside):
        return False
    if "namespaceSelector" in peer:
        named = {"kubernetes.io/metadata.name": party.namespace}
        if not selects(peer["namespaceSelector"], named):
            return False
    elif party.namespace != policy_namespace:
        return False
    return selects(peer.get("podSelector", {}), party.labels)


def opens(rule, peers, policy_namespace, party, port):
    """Whether a rule lets this party through at this TCP port. No peers: everybody."""
    at = [it for it in rule.get("ports", []) if it.get("protocol", "TCP") == "TCP"]
    if rule.get("ports") and not any(it.get("port") == port for it in at):
        return False
    return not rule.get(peers) or any(is_peer(it, policy_namespace, party) for it in rule[peers])


def passes(policies, direction, rules, peers, pod, party, port):
    """One end: a pod that no policy selects is open; else one of those that do has to let through."""
    if isinstance(pod, Outside):
        return True
    chosen = [
        policy
        for policy in policies
        if policy["metadata"]["namespace"] == pod.namespace
        and direction in policy["spec"]["policyTypes"]
        and selects(policy["spec"]["podSelector"], pod.labels)
    ]
    return not chosen or any(
        opens(rule, peers, pod.namespace, party, port)
        for policy in chosen
        for rule in policy["spec"].get(rules) or []
    )


def connects(policies, source, target, port):
    return passes(policies, "Egress", "egress", "to", source, target, port) and passes(
        policies, "Ingress", "ingress", "from", target, source, port
    )
