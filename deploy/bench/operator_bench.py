"""What deploy/bench/operator.sh measures; it starts the cluster and says where things are."""

import collections
import json
import os
import pathlib
import re
import subprocess
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
    """What the operator asked of the API server so far, by verb and resource, Leases left out:
    they are renewed whatever happens."""
    asked = collections.Counter()
    with open(AUDIT) as log:
        for line in log:
            entry = json.loads(line)
            about = entry.get("objectRef", {})
            resource = "/".join(filter(None, (about.get("resource"), about.get("subresource"))))
            if resource != "leases":
                asked[entry["verb"], resource or entry["requestURI"].split("?")[0]] += 1
    return asked


def written(asked):
    return sum(count for (verb, _), count in asked.items() if verb not in READS)


def resident_mib(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) // 1024


def reconciliations(operator):
    """How many there were so far, by the upper bound in seconds of their duration, cumulative."""
    buckets = collections.Counter()
    pattern = re.compile(
        r"^operator_sdk_controllers_execution_reconcile_seconds_bucket\{.*le=\"([^\"]+)\".*\} (\S+)"
    )
    for line in operator.get("/q/metrics").splitlines():
        found = pattern.match(line)
        if found:
            buckets[float(found.group(1).replace("+Inf", "inf"))] += float(found.group(2))
    return buckets


def times(buckets):
    """Upper bounds of the buckets that hold the median and the 99th percentile."""
    total = max(buckets.values(), default=0)
    if not total:
        return "none"
    p50, p99 = (
        min(bound for bound, count in buckets.items() if count >= total * q) for q in (0.5, 0.99)
    )
    return f"{total:.0f}: {p50 * 1000:.0f} ms / {p99 * 1000:.0f} ms"


def heap_mib(operator):
    """Used after a collection, as far as the collector knows."""
    pattern = re.compile(r"^jvm_memory_used_bytes\{area=\"heap\".*\} (\S+)", re.MULTILINE)
    tool = pathlib.Path(os.environ["JAVA_HOME"]) / "bin" / "jcmd"
    subprocess.run(
        [tool, str(operator.process.pid), "GC.run"], check=True, stdout=subprocess.DEVNULL
    )
    used = sum(float(value) for value in pattern.findall(operator.get("/q/metrics")))
    return round(used / 2**20)


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
    print(f"| {RESOURCES} resources, one replica each | |\n|---|---|")
    before = calls()
    begun = time.monotonic()
    apply("\n---".join(MODEL.format(i, i // PER_NAMESPACE) for i in range(RESOURCES)))
    created = time.monotonic() - begun
    await_true(LIMIT, "all are Ready", lambda: phases()["Ready"] == RESOURCES)
    row("all created / all Ready", f"{created:.0f} s / {time.monotonic() - begun:.0f} s")
    busy = reconciliations(operator)
    row("until then, reconciliations: p50 / p99 at most", times(busy))
    made = calls() - before
    row("API calls per resource, of them writes",
        f"{sum(made.values()) / RESOURCES:.1f}, {written(made) / RESOURCES:.1f}")  # fmt: skip
    often = [f"{verb} {what} {n / RESOURCES:.1f}" for (verb, what), n in made.most_common(12)]
    row("the most frequent, per resource", ", ".join(often))
    row("resident memory / heap in use after a collection, at most 512 MiB",
        f"{resident_mib(operator.process)} MiB / {heap_mib(operator)} MiB")  # fmt: skip

    time.sleep(10)
    before, busy = calls(), reconciliations(operator)
    time.sleep(60)
    quiet = calls() - before
    row("a minute in which nothing happens: reads, writes",
        f"{sum(quiet.values()) - written(quiet)}, {written(quiet)}")  # fmt: skip
    row("in it, reconciliations: p50 / p99 at most", times(reconciliations(operator) - busy))

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
    row("killed and started again: caches filled and ready after",
        f"{time.monotonic() - begun:.1f} s")  # fmt: skip
    edit("m0", "bench-0", 3)
    await_true(LIMIT, "an edit is carried out", lambda: scaled("m0", "bench-0", 3))
    row("killed and started again: an edit is carried out after",
        f"{time.monotonic() - begun:.1f} s")  # fmt: skip


if __name__ == "__main__":
    main()
