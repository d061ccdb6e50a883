"""What a cluster shows through kubectl of the operator, its resources and what they need. It only reads."""

import base64
import datetime
import json
import re
import ssl

import certificate
from finding import Level, Finding, Unavailable, fail, ok, output, warn

DEFINITION = "deepseekdeployments.deepseek.platform"
LEASE = "deepseek-operator"
GPU = "nvidia.com/gpu"
PRODUCT = "nvidia.com/gpu.product"
SUFFIXES = {"m": 1e-3, "": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50}
ENDS = {
    137: "ended by the kernel or the kubelet: most often memory (docs/troubleshooting.md, Memory)",
    70: "lost its GPU (docs/gpu.md)",
    143: "stopped by its probe or by somebody",
    1: "refused to start: the last line of its log says why",
}
SMALL_TROUBLE = {"Progressing", "Downloading", "Starting", "Pending", "Paused", "Sleeping"}


def kubectl(*arguments):
    return output("kubectl", *arguments, "--request-timeout=15s", limit=30)


def items(kind, *arguments):
    return json.loads(kubectl("get", kind, "-A", "-o", "json", *arguments))["items"]


def findings(root):
    try:
        version = json.loads(kubectl("version", "-o", "json"))
        yield ok("api server", f"answers, {version['serverVersion']['gitVersion']}")
    except (Unavailable, KeyError) as error:
        yield fail("api server", f"no answer: {error}", "nothing of the cluster can be seen", "kubectl config get-contexts; kubectl cluster-info")
        return
    looks = {
        "definition": lambda: definition(root), "operator": operator, "models": models, "pods": pods,
        "nodes": nodes, "quotas": quotas, "claims": claims, "certificates": certificates,
        "service monitors": service_monitors, "metrics": metrics,
    }  # fmt: skip
    for subject, look in looks.items():
        try:
            found = list(look())
        except Unavailable as error:
            found = [warn(subject, f"could not be looked at: {error}", "what is wrong there is not known", "kubectl auth can-i --list")]
        yield from found or [ok(subject, "nothing is wrong")]


def definition(root):
    apply = f"kubectl apply --server-side -f {root}/operator/crd"
    try:
        there = json.loads(kubectl("get", "crd", DEFINITION, "-o", "json"))
    except Unavailable as error:
        if "NotFound" not in str(error):
            raise
        yield fail("definition", "DeepSeekDeployment is not known to the API server", "no model can be asked for", apply)
        return
    served = [version["name"] for version in there["spec"]["versions"] if version["served"]]
    if not condition(there, "Established"):
        yield fail("definition", "is not established", "no model can be asked for", f"kubectl describe crd {DEFINITION}")
    here = json.loads(kubectl("create", "--dry-run=client", "--validate=false", "-o", "json", "-f", str(root / "operator" / "crd")))
    missing = sorted(fields(here) - fields(there))
    if missing:
        yield warn("definition", f"lacks {len(missing)} fields of this version, such as {missing[0]}", "they are dropped from resources", apply)
    yield ok("definition", f"serves {', '.join(served)}")


def fields(definition_of):
    found = set()

    def walk(schema, path):
        for name, inner in schema.get("properties", {}).items():
            found.add(f"{path}.{name}")
            walk(inner, f"{path}.{name}")
        walk_items = schema.get("items")
        if walk_items:
            walk(walk_items, path + "[]")

    for version in definition_of["spec"]["versions"]:
        walk(version["schema"]["openAPIV3Schema"]["properties"].get("spec", {}), "spec")
    return found


def operator():
    leases = [lease for lease in items("leases.coordination.k8s.io") if lease["metadata"]["name"] == LEASE]
    install = "helm install (docs/operations.md); kubectl get pods -A -l app.kubernetes.io/component=operator"
    if not leases:
        yield fail("operator", "has never led here", "nothing is done for any DeepSeekDeployment", install)
    for lease in leases:
        spec = lease["spec"]
        where = f"operator {lease['metadata']['namespace']}"
        renewed = datetime.datetime.fromisoformat(spec["renewTime"].replace("Z", "+00:00")) if spec.get("renewTime") else None
        age = (datetime.datetime.now(datetime.timezone.utc) - renewed).total_seconds() if renewed else None
        if not spec.get("holderIdentity") or age is None or age > 2 * spec.get("leaseDurationSeconds", 15):
            since = "" if age is None else f" since {age:.0f} s"
            yield fail(where, f"nobody leads{since}", "no DeepSeekDeployment is looked after", install)
        else:
            yield ok(where, f"{spec['holderIdentity']} leads, renewed {max(0, age):.0f} s ago")


def models():
    try:
        resources = items(DEFINITION)
    except Unavailable as error:
        if "the server doesn't have a resource type" in str(error):
            return
        raise
    for resource in resources:
        name, namespace = resource["metadata"]["name"], resource["metadata"]["namespace"]
        subject, status = f"model {namespace}/{name}", resource.get("status", {})
        ready = condition(resource, "Ready")
        look = f"kubectl -n {namespace} describe dsd {name}"
        if not status:
            yield fail(subject, "the operator has not looked at it", "nothing serves it", "see operator above")
        elif ready and ready["status"] == "True":
            yield ok(subject, f"Ready, {status.get('readyReplicas', 0)} of {status.get('replicas', 0)} replicas")
        else:
            phase, told = status.get("phase", "no phase"), ready or {}
            level = Level.WARN if phase in SMALL_TROUBLE else Level.FAIL
            what = f"{phase}, {told.get('reason', 'no reason')}: {told.get('message', 'no message')}"
            yield Finding(level, subject, what, "it is not served as asked (docs/operator.md, Status)", look)


def condition(resource, kind):
    conditions = resource.get("status", {}).get("conditions", [])
    found = next((each for each in conditions if each["type"] == kind), None)
    return found if kind == "Ready" else bool(found and found["status"] == "True")


def pods():
    for pod in items("pods"):
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        for container in pod.get("status", {}).get("containerStatuses", []) + pod.get("status", {}).get("initContainerStatuses", []):
            reason = container.get("state", {}).get("waiting", {}).get("reason", "")
            subject = f"pod {namespace}/{name}"
            if reason == "CrashLoopBackOff":
                end = container.get("lastState", {}).get("terminated", {})
                code = end.get("exitCode")
                cause = ENDS.get(code, "its log says why") if end.get("reason") != "OOMKilled" else ENDS[137]
                yield fail(subject, f"{container['name']} ended {container.get('restartCount', 0)} times, exit code {code}", cause, f"kubectl -n {namespace} logs {name} -c {container['name']} --previous")
            elif reason in ("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "CreateContainerConfigError"):
                yield fail(subject, f"{container['name']}: {reason}", "it cannot start", f"kubectl -n {namespace} describe pod {name}")
        unscheduled = next((c for c in pod.get("status", {}).get("conditions", []) if c["type"] == "PodScheduled" and c["status"] == "False"), None)
        if unscheduled:
            yield warn(f"pod {namespace}/{name}", f"no node takes it: {unscheduled.get('message', '')}", "it does not run", f"kubectl -n {namespace} describe pod {name}")


def nodes():
    with_gpus = 0
    for node in items("nodes"):
        name, labels = node["metadata"]["name"], node["metadata"].get("labels", {})
        if not any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions", [])):
            yield fail(f"node {name}", "is not Ready", "its pods move or wait", f"kubectl describe node {name}")
        offered = number(node["status"].get("allocatable", {}).get(GPU, "0"))
        with_gpus += offered > 0
        if offered and PRODUCT not in labels:
            yield warn(f"node {name}", f"has {offered:.0f} GPUs and no label {PRODUCT}", "the operator cannot tell their kind", "install GPU feature discovery (docs/gpu.md), or kubectl label node")
        if not offered and (PRODUCT in labels or labels.get("nvidia.com/gpu.present") == "true"):
            yield fail(f"node {name}", f"is labelled with a GPU and offers no {GPU}", "no pod gets it", "install the device plugin: kubectl get ds -A | grep device-plugin; kubectl -n NAMESPACE logs")
    yield ok("nodes", f"{with_gpus} offer GPUs")


def quotas():
    for quota in items("resourcequotas"):
        name, namespace = quota["metadata"]["name"], quota["metadata"]["namespace"]
        status = quota.get("status", {})
        for resource, hard in status.get("hard", {}).items():
            used = status.get("used", {}).get(resource, "0")
            if number(used) < 0.9 * number(hard) or number(used) == 0:
                continue
            full = number(used) >= number(hard)
            make = fail if full else warn
            yield make(f"quota {namespace}/{name}", f"{resource}: {used} of {hard} used", "the next pod is refused" if full else "the next pod may be refused", f"kubectl -n {namespace} edit quota {name}")


def number(quantity):
    parts = re.fullmatch(r"([\d.]+)([a-zA-Z]*)", quantity)
    return float(parts[1]) * SUFFIXES.get(parts[2], 1) if parts else 0.0


def claims():
    for claim in items("persistentvolumeclaims"):
        if claim["status"].get("phase") != "Bound":
            name, namespace = claim["metadata"]["name"], claim["metadata"]["namespace"]
            storage = claim["spec"].get("storageClassName", "the default class")
            yield warn(f"claim {namespace}/{name}", f"{claim['status'].get('phase')}, of {storage}", "pods that mount it wait", f"kubectl -n {namespace} describe pvc {name}; kubectl get storageclass")


def certificates():
    for secret in items("secrets", "--field-selector=type=kubernetes.io/tls"):
        name, namespace = secret["metadata"]["name"], secret["metadata"]["namespace"]
        text = base64.b64decode(secret["data"]["tls.crt"]).decode(errors="replace")
        first = text.partition("-----END CERTIFICATE-----")
        try:
            der = ssl.PEM_cert_to_DER_cert((first[0] + first[1]).strip())
        except ValueError:
            der = b""
        yield certificate.judged(f"secret {namespace}/{name}", der, f"kubectl -n {namespace} create secret tls {name} --cert CRT --key KEY --dry-run=client -o yaml | kubectl apply -f -")


def service_monitors():
    try:
        kubectl("get", "crd", "servicemonitors.monitoring.coreos.com")
    except Unavailable as error:
        if "NotFound" not in str(error):
            raise
        yield warn("service monitors", "the Prometheus operator's definitions are not installed", "the operator makes no ServiceMonitor and no alerts for models", "install the Prometheus operator, or scrape by deploy/monitoring/prometheus.yml")


def metrics():
    served = {service["metadata"]["name"]: service for service in items("apiservices")}
    wanted = {
        "v1beta1.metrics.k8s.io": ("no autoscaling by processor, no kubectl top", "install metrics-server"),
        "v1beta1.custom.metrics.k8s.io": ("no autoscaling by queue, and canaries cannot be judged", "install prometheus-adapter"),
    }
    for name, (why, fix) in wanted.items():
        if name not in served:
            yield warn("metrics", f"{name} is not served", why, fix)
        elif not condition(served[name], "Available"):
            yield warn("metrics", f"{name} does not answer", why, f"kubectl describe apiservice {name}")
        else:
            yield ok("metrics", f"{name} answers")
