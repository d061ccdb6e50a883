"""What deploy/bench/operator.sh measures; it starts the cluster and says where things are."""

import calendar
import collections
import json
import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "test"))

from packaged_operator import PackagedOperator, grant, kubectl  # noqa: E402
from services import await_true  # noqa: E402

RESOURCES = int(os.environ["RESOURCES"])
AUDIT = pathlib.Path(os.environ["AUDIT"])
PER_NAMESPACE = 100
PODS_PER_NODE = 100
LIMIT = 3600
READS = ("get", "list", "watch")

MODEL = """
apiVersion: deepseek.platform/v1alpha1
kind: DeepSeekDeployment
metadata: {{name: m{0}, namespace: bench-{1}}}
spec:
  model: {{name: SmolLM2-135M-Instruct, source: {{uri: "pvc://models/smollm2"}}}}
  engine: {{resources: {{requests: {{cpu: 10m, memory: 16Mi}}}}}}
"""
NAMESPACE = """
apiVersion: v1
kind: Namespace
metadata: {{name: bench-{0}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: models, namespace: bench-{0}}}
spec: {{accessModes: [ReadWriteMany], resources: {{requests: {{storage: 1Gi}}}}}}
"""
NODE = """
apiVersion: v1
kind: Node
metadata:
  name: bench-{0}
  annotations: {{kwok.x-k8s.io/node: fake}}
  labels: {{type: kwok, kubernetes.io/os: linux, kubernetes.io/hostname: bench-{0}}}
status:
  capacity: &all {{cpu: "64", memory: 256Gi, pods: "110"}}
  allocatable: *all
"""


def phases():
    path = "{range .items[*]}{.status.phase}{\"\\n\"}{end}"
    return collections.Counter(kubectl("get", "dsd", "-A", "-o", f"jsonpath={path}").split())


def calls():
    """What the operator asked of the API server so far, by verb."""
    verbs = collections.Counter()
    with open(AUDIT) as log:
        for line in log:
            verbs[json.loads(line)["verb"]] += 1
    return verbs


def written(verbs):
    return sum(count for verb, count in verbs.items() if verb not in READS)


def resident_mib(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) // 1024


def quantiles(metrics, *wanted):
    """Upper bounds of the buckets that hold these quantiles, of all successful reconciliations."""
    buckets = collections.Counter()
    pattern = re.compile(
        r"^operator_sdk_controllers_execution_reconcile_seconds_bucket\{.*le=\"([^\"]+)\".*\} (\S+)"
    )
    for line in metrics.splitlines():
        found = pattern.match(line)
        if found:
            buckets[float(found.group(1).replace("+Inf", "inf"))] += float(found.group(2))
    total = max(buckets.values(), default=0)
    return [min(bound for bound, count in buckets.items() if count >= total * q) for q in wanted]


def apply(text):
    kubectl("create", "--validate=false", "-f", "-", given=text)


def edit(name, namespace, replicas):
    patch = json.dumps({"spec": {"replicas": replicas}})
    kubectl("patch", "dsd", name, "-n", namespace, "--type=merge", "-p", patch)


def scaled(name, namespace, replicas):
    live = kubectl(
        "get", "deploy", name, "-n", namespace, "-o", "jsonpath={.spec.replicas}"
    )
    return live == str(replicas)


def row(what, value):
    print(f"| {what} | {value} |", flush=True)


def main():
    grant("bench")
    namespaces = (RESOURCES + PER_NAMESPACE - 1) // PER_NAMESPACE
    apply("\n---".join(NODE.format(i) for i in range(1 + RESOURCES // PODS_PER_NODE)))
    apply("\n---".join(NAMESPACE.format(i) for i in range(namespaces)))
    operator = PackagedOperator("bench", os.environ["WORK"], "first", ["-Xmx512m"]).start()
    second = PackagedOperator("bench", os.environ["WORK"], "second", ["-Xmx512m"])
    try:
        await_true(LIMIT, "the operator is ready", operator.ready)
        measure(operator, second)
    finally:
        for one in (operator, second):
            if one.process:
                one.kill()


def measure(operator, second):
    before = calls()
    begun = time.monotonic()
    apply("\n---".join(MODEL.format(i, i // PER_NAMESPACE) for i in range(RESOURCES)))
    created = time.monotonic() - begun
    await_true(LIMIT, "all are Ready", lambda: phases()["Ready"] == RESOURCES)
    print(f"| {RESOURCES} resources, one replica each | |\n|---|---|")
    row("all created / all Ready", f"{created:.0f} s / {time.monotonic() - begun:.0f} s")
    made = calls() - before
    p50, p99 = quantiles(operator.get("/q/metrics"), 0.5, 0.99)
    row("one reconciliation, p50 / p99 at most", f"{p50 * 1000:.0f} ms / {p99 * 1000:.0f} ms")
    row("API calls per resource, of them writes",
        f"{sum(made.values()) / RESOURCES:.1f}, {written(made) / RESOURCES:.1f}")  # fmt: skip
    row("resident memory, heap at most 512 MiB", f"{resident_mib(operator.process)} MiB")

    # Leases are renewed whatever happens; all else that is written now would be too much.
    time.sleep(10)
    before = calls()
    time.sleep(60)
    quiet = calls() - before
    renewals = lease_renewals(60)
    row("a minute in which nothing happens: reads, writes beside the Lease",
        f"{sum(quiet[verb] for verb in READS)}, {max(0, written(quiet) - renewals)}")  # fmt: skip

    second.start()
    await_true(LIMIT, "the second operator is ready", second.ready)
    killed = time.monotonic()
    operator.process.send_signal(9)
    operator.process.wait()
    edit("m0", "bench-0", 2)
    await_true(LIMIT, "the second carries out an edit", lambda: scaled("m0", "bench-0", 2))
    row("the leader killed: an edit is carried out by the other after",
        f"{time.monotonic() - killed:.1f} s")  # fmt: skip

    second.kill()
    begun = time.monotonic()
    operator.start()
    await_true(LIMIT, "the operator is ready again", operator.ready)
    row("killed and started again: caches filled and ready after", f"{time.monotonic() - begun:.1f} s")
    edit("m0", "bench-0", 3)
    await_true(LIMIT, "an edit is carried out", lambda: scaled("m0", "bench-0", 3))
    row("killed and started again: an edit is carried out after", f"{time.monotonic() - begun:.1f} s")


def lease_renewals(seconds):
    """Writes to the Lease among the newest entries of the audit, by their time."""
    since = time.time() - seconds
    count = 0
    with open(AUDIT) as log:
        for line in log:
            entry = json.loads(line)
            if entry.get("objectRef", {}).get("resource") == "leases" and entry["verb"] != "get":
                stamp = time.strptime(entry["stageTimestamp"][:19], "%Y-%m-%dT%H:%M:%S")
                count += calendar.timegm(stamp) >= since
    return count


if __name__ == "__main__":
    main()
