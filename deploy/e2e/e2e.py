"""The steps of make e2e, in the network of the test cluster's node. run.sh starts it.

Every step prints a line with the time; one that fails ends the run with what the pods say. The table goes to the file named.
"""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import re
import ssl
import struct
import subprocess
import sys
import time

from backing import Postgresql, Redis, await_true
from load import Edge, Load
from watching import Watching

ROOT = pathlib.Path(__file__).resolve().parents[2]
E2E = ROOT / "deploy" / "e2e"
WORK = pathlib.Path(os.environ["WORK"])
NODE = "10.244.0.1"
HOST = "llm.example.com"
NAMESPACE = RELEASE = "deepseek"
PART_OF = "app.kubernetes.io/part-of=deepseek-platform"
VALUES = ["-f", ROOT / "helm" / "values-cpu.yaml", "-f", E2E / "values.yaml"]
PATIENCE = 900


def run(*command, given=None, fine=True):
    done = subprocess.run([str(word) for word in command], input=given, capture_output=True, text=True, check=False)
    if fine and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))[:200]}: {done.stdout[-1500:]} {done.stderr[-1500:]}")
    return done


def kubectl(*arguments, given=None):
    return run("kubectl", "-n", NAMESPACE, *arguments, given=given).stdout


def listed(kind, *arguments):
    return json.loads(kubectl("get", kind, "-o", "json", *arguments))["items"]


def helm(*arguments):
    return run(os.environ["HELM"], *arguments, "-n", NAMESPACE).stdout


def component(name):
    return f"app.kubernetes.io/component={name}"


def one_time_password(address, at):
    """RFC 6238 with what an otpauth address has by default."""
    secret = re.search(r"secret=([A-Z2-7]+)", address)[1]
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


class Steps:
    """What was done, how long it took and what was found."""

    def __init__(self, file):
        self.file = pathlib.Path(file)
        self.begun = int(os.environ["BEGUN"])
        self.rows = []
        self.note(time.time() - self.begun, "ok", "a node with containerd, kubelet and kube-proxy, images imported", "")

    def note(self, seconds, result, name, found):
        row = f"{time.time() - self.begun:5.0f} s  {result:6}  {seconds:6.1f} s  {name}{': ' + found if found else ''}"
        print(row, flush=True)
        self.rows.append(row)
        self.file.write_text("\n".join(self.rows) + "\n")

    def __call__(self, name, action):
        begun = time.monotonic()
        try:
            found = action()
        except Exception as e:
            self.note(time.monotonic() - begun, "FAILED", name, f"{type(e).__name__}: {e}")
            raise
        self.note(time.monotonic() - begun, "ok", name, found or "")


class Run:
    def __init__(self, steps):
        self.step = steps
        self.postgresql = Postgresql(WORK, NODE, 5432)
        self.redis = Redis(WORK, NODE, 6379)
        self.watching = None
        self.edge = None

    # What is there before.

    def backing(self):
        self.postgresql.start()
        self.redis.start()
        return "PostgreSQL and Redis beside the cluster, with passwords"

    def prepare(self):
        run("kubectl", "delete", "node", "-l", "type=kwok")
        run("kubectl", "create", "namespace", NAMESPACE)
        run("kubectl", "label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
        certificate = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={HOST}")
        run("openssl", "req", "-x509", *certificate, "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", WORK / "tls.key", "-out", WORK / "tls.crt")
        kubectl("create", "secret", "tls", "edge-tls", "--cert", WORK / "tls.crt", "--key", WORK / "tls.key")
        kubectl("create", "secret", "generic", "database", f"--from-literal=username={Postgresql.USER}", f"--from-literal=password={self.postgresql.password}")
        kubectl("create", "secret", "generic", "redis", f"--from-literal=password={self.redis.password}")
        kubectl("apply", "-f", "-", given=(E2E / "cluster.yaml").read_text().replace("MODELS", str(WORK / "models")))
        return "namespace under PodSecurity restricted, certificate, Secrets, the model's claim"

    def settings(self):
        addresses = {
            "images.tag": self.tag(),
            "auth.database.url": self.postgresql.url(),
            "auth.redis.hosts[0]": f"redis://{NODE}:{self.redis.port}",
            "auth.redis.secret": "redis",
            "cache.redis.hosts[0]": f"redis://{NODE}:{self.redis.port}",
            "cache.redis.secret": "redis",
        }
        return [*VALUES, *(word for name, value in addresses.items() for word in ("--set", f"{name}={value}"))]

    @staticmethod
    def tag():
        return os.environ.get("VERSION") or re.search(r"<version>([^<]+)</version>", (ROOT / "pom.xml").read_text())[1]

    # From nothing to an answer.

    def install(self):
        helm("install", RELEASE, ROOT / "helm", *self.settings(), "--wait", "--timeout", "15m")
        return f"{len(listed('pods'))} pods ready"

    def edge_address(self):
        return kubectl("get", "service", f"{RELEASE}-edge", "-o", "jsonpath={.spec.clusterIP}")

    def administrator(self):
        """As docs/administration.md says: key and second factor are in the log, once; then a key for a developer."""
        log = "".join(kubectl("logs", pod["metadata"]["name"]) for pod in listed("pods", "-l", component("auth-service")))
        key = re.search(r"administrator's key (sk-\S+)", log)[1]
        factor = re.search(r"second factor (otpauth://\S+)", log)[1]
        admin = Edge(self.edge_address(), 443, str(WORK / "tls.crt"), HOST, key)
        code = {"code": one_time_password(factor, time.time())}
        status, text = admin.ask("POST", "/v1/admin/second-factor/confirmation", code)
        assert status < 300, f"{status} {text}"
        status, text = admin.ask("POST", "/v1/admin/tenants", {"name": "e2e"})
        assert status < 300, f"{status} {text}"
        order = {"tenant": json.loads(text)["id"], "name": "e2e", "role": "developer"}
        status, text = admin.ask("POST", "/v1/admin/keys", order)
        assert status < 300, f"{status} {text}"
        self.edge = Edge(self.edge_address(), 443, str(WORK / "tls.crt"), HOST, json.loads(text)["key"])
        kubectl("create", "secret", "generic", "test-key", f"--from-literal=api-key={self.edge.key}")
        return "second factor confirmed, a tenant and a developer's key made through the edge"

    def phase(self):
        return kubectl("get", "dsd", "chat", "-o", "jsonpath={.status.phase} {.status.readyReplicas} {.status.observedGeneration} {.metadata.generation}").split()

    def settled(self):
        found = self.phase()
        return len(found) == 4 and found[:2] == ["Ready", "2"] and found[2] == found[3]

    def model(self):
        kubectl("apply", "-f", E2E / "model.yaml")
        await_true(PATIENCE, "the model is Ready", self.settled, 1)
        return "DeepSeekDeployment applied and Ready with 2 replicas"

    def answer(self):
        text, times = self.edge.chat("Why is the sky blue?", 24)
        assert len(text) > 10 and len(times) > 4, text
        assert times[-1] > times[0], "all pieces came at once"
        return f"{len(times)} events in {times[-1] - times[0]:.1f} s: {text[:60].strip()!r}"

    def refusals(self):
        def status(*arguments, **headers):
            return self.edge.ask(*arguments, **headers)[0]

        body = {"model": "SmolLM2-135M-Instruct", "messages": [{"role": "user", "content": "Hello"}]}
        assert status("POST", "/v1/chat/completions", body, authorization="Bearer sk-live_no") == 401
        assert status("POST", "/v1/decisions", {}) == 404, "decisions are not for strangers"
        assert status("GET", "/q/metrics") == 404
        old = Edge(self.edge.address, 443, str(WORK / "tls.crt"), HOST, self.edge.key)
        old.context.maximum_version = ssl.TLSVersion.TLSv1_2
        try:
            old.ask("GET", "/health")
        except ssl.SSLError:
            return "a wrong key 401, internal routes 404, TLS 1.2 no handshake"
        raise AssertionError("TLS 1.2 was taken")

    def helm_test(self):
        helm("test", RELEASE, "--timeout", "5m")
        return "asked with a key by a pod, and answered"

    # Watched.

    def metrics(self):
        self.watching = Watching(WORK).start(list(self.management()))
        await_true(120, "all pods are scraped", lambda: len(self.watching.query('up{job="deepseek"} == 1')) == 8, 1)
        asked = self.watching.query('sum(deepseek_requests_total{service="inference"})')
        assert float(asked[0]["value"][1]) >= 1, asked
        return f"8 pods, {int(float(asked[0]['value'][1]))} requests counted, {len(self.watching.metric_names())} metrics"

    @staticmethod
    def management():
        """Each pod's port for metrics, under the name that the rules know it by."""
        names = {"auth-service": "auth", "cache-service": "cache", "operator": "operator", "server": "inference"}
        for pod in listed("pods", "-l", PART_OF):
            for container in pod["spec"]["containers"]:
                for port in container.get("ports", []):
                    if port["name"] == "management":
                        name = names[pod["metadata"]["labels"]["app.kubernetes.io/component"]]
                        yield name, f"{pod['status']['podIP']}:{port['containerPort']}"

    def alert(self):
        """Redis goes: auth-service holds limits by itself and says so; an alert is told, and its end too."""
        self.redis.stop()
        fired = await_true(120, "the alert fires and is told", lambda: self.watching.told("limits are held", "firing"), 1)
        text, _ = self.edge.chat("Are you there without Redis?", 8)
        self.redis.start()
        over = await_true(180, "its end is told", lambda: self.watching.told("limits are held", "good"), 1)
        return f"told after {fired:.0f} s, a question answered meanwhile, its end told {over:.0f} s after Redis was back"

    # Changed under load.

    def under_load(self, action):
        with Load(self.edge) as load:
            await_true(120, "clients are answered", lambda: load.done >= 3)
            action()
            after = load.done
            await_true(180, "clients are answered afterwards", lambda: load.done >= after + 6)
        assert not load.failures, f"{load.said()}: {load.failures[:5]}"
        return load.said()

    def pods(self):
        return {pod["metadata"]["name"] for pod in listed("pods", "-l", PART_OF) if "deletionTimestamp" not in pod["metadata"]}

    def upgrade(self):
        before = self.pods()

        def action():
            changes = ["auth.settings.deepseek\\.auth\\.elevation=20m", "cache.memory=64M", "edge.burst=999", "operator.settings.quarkus\\.log\\.level=INFO"]
            changes = [word for change in changes for word in ("--set-string" if "=999" not in change else "--set", change)]
            helm("upgrade", RELEASE, ROOT / "helm", *self.settings(), *changes, "--wait", "--timeout", "15m")

        said = self.under_load(action)
        moved = len(before - self.pods())
        assert moved >= 8, f"only {moved} pods were replaced"
        return f"{moved} pods replaced (auth, cache, edge, operator); {said}"

    def rollback(self):
        before = self.pods()
        said = self.under_load(lambda: helm("rollback", RELEASE, "1", "--wait", "--timeout", "15m"))
        return f"{len(before - self.pods())} pods replaced; {said}"

    def model_rollout(self):
        servers = component("server")
        before = {pod["metadata"]["name"] for pod in listed("pods", "-l", servers)}

        def action():
            patch = {"spec": {"model": {"maxContextTokens": 1536}}}
            kubectl("patch", "dsd", "chat", "--type", "merge", "-p", json.dumps(patch))
            await_true(PATIENCE, "the new revision is Ready", lambda: self.settled() and not before & {pod["metadata"]["name"] for pod in listed("pods", "-l", servers)}, 1)

        return "both replicas replaced; " + self.under_load(action)

    def drain(self):
        """Of one node, with nowhere to go: budgets let one pod of each go, and no second one before another is ready."""

        def action():
            run("kubectl", "cordon", "node")
            try:
                for name in ("auth-service", "cache-service", "edge", "server"):
                    first, second = listed("pods", "-l", component(name))[:2]
                    assert self.evict(first) == 0, f"{name}: the first eviction is refused"
                    refused = self.evict(second)
                    assert refused != 0, f"{name}: the second eviction is let through"
            finally:
                run("kubectl", "uncordon", "node")
            for name in ("auth-service", "cache-service", "edge"):
                kubectl("rollout", "status", f"deployment/{RELEASE}-{name}", "--timeout=10m")
            await_true(PATIENCE, "the model is Ready again", self.settled, 1)

        return "one pod of each of four evicted, a second one refused by its budget; " + self.under_load(action)

    @staticmethod
    def evict(pod):
        name = pod["metadata"]["name"]
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": NAMESPACE}}
        path = f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/eviction"
        done = run("kubectl", "create", "--raw", path, "-f", "-", given=json.dumps(eviction), fine=False)
        if done.returncode != 0 and "disruption budget" not in done.stderr:
            raise AssertionError(done.stderr)
        return done.returncode

    def kill(self):
        """At once and without a word: what was under way in it breaks, nothing after it does."""
        found = []
        for name in ("auth-service", "cache-service", "edge", "operator", "server"):
            victim = listed("pods", "-l", component(name))[0]["metadata"]["name"]
            with Load(self.edge, 2) as load:
                await_true(120, "clients are answered", lambda: load.done >= 2)
                kubectl("delete", "pod", victim, "--grace-period=0", "--force")
                begun = time.monotonic()
                ready = lambda: len(self.ready(name)) >= 2 and victim not in self.ready(name)  # noqa: E731
                await_true(PATIENCE, f"{name} is whole again", ready, 0.5)
                whole = time.monotonic() - begun
            found.append(f"{name} whole after {whole:.0f} s, {len(load.failures)} of {load.done} requests failed")
            failures.extend(f"{name} killed: {failure}" for failure in load.failures)
        self.edge.chat("Is everybody back?", 8)
        return "; ".join(found)

    @staticmethod
    def ready(name):
        return [
            pod["metadata"]["name"]
            for pod in listed("pods", "-l", component(name))
            if "deletionTimestamp" not in pod["metadata"]
            and any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))
        ]

    # To nothing.

    def uninstall(self):
        if self.watching:
            self.watching.stop()
        helm("uninstall", RELEASE, "--wait", "--timeout", "10m")
        await_true(PATIENCE, "what belongs to the model is gone", lambda: not self.left(), 1)
        assert not self.left_in_cluster(), self.left_in_cluster()
        return "nothing of the release is left, in the namespace or the cluster; what was made by hand is"

    def left(self):
        """All that there is in the namespace but what was put there before the release, and what Kubernetes puts into each."""
        before = {
            "secret/edge-tls", "secret/database", "secret/redis", "secret/test-key", "persistentvolumeclaim/models",
            "serviceaccount/default", "configmap/kube-root-ca.crt",
        }  # fmt: skip
        kinds = run("kubectl", "api-resources", "--namespaced", "--verbs=list,delete", "-o", "name").stdout.split()
        kinds = ",".join(kind for kind in kinds if "metrics.k8s.io" not in kind and not kind.startswith("events"))
        return sorted(set(kubectl("get", kinds, "-o", "name", "--ignore-not-found").split()) - before)

    @staticmethod
    def left_in_cluster():
        kinds = "crd,clusterrole,clusterrolebinding,priorityclass,storageclass,validatingwebhookconfiguration,mutatingwebhookconfiguration"
        return [name for name in run("kubectl", "get", kinds, "-o", "name").stdout.split() if "deepseek" in name]

    def stop(self):
        for server in (self.watching, self.redis, self.postgresql):
            if server is not None:
                server.stop()


failures = []


def what_pods_say():
    """For whoever reads a run that failed."""
    for command in (["get", "pods,dsd", "-o", "wide"], ["get", "events", "--sort-by=.lastTimestamp"], ["get", "dsd", "-o", "yaml"]):
        print(run("kubectl", "-n", NAMESPACE, *command, fine=False).stdout[-4000:], file=sys.stderr)
    for pod in listed("pods"):
        name = pod["metadata"]["name"]
        print(f"== {name}\n" + run("kubectl", "-n", NAMESPACE, "logs", name, "--tail", "15", fine=False).stdout[-3000:], file=sys.stderr)


def main():
    steps = Steps(sys.argv[1])
    it = Run(steps)
    try:
        steps("what the chart calls external", it.backing)
        steps("before the release", it.prepare)
        steps("helm install", it.install)
        steps("the first administrator", it.administrator)
        steps("the model", it.model)
        steps("a streamed answer through the edge", it.answer)
        steps("what is refused", it.refusals)
        steps("helm test", it.helm_test)
        steps("metrics", it.metrics)
        steps("an alert and its end", it.alert)
        steps("helm upgrade under load", it.upgrade)
        steps("helm rollback under load", it.rollback)
        steps("another revision of the model under load", it.model_rollout)
        steps("node drain under load", it.drain)
        steps("pods killed under load", it.kill)
        steps("helm uninstall", it.uninstall)
    except Exception:
        what_pods_say()
        raise SystemExit(1) from None
    finally:
        it.stop()
        for failure in failures:
            print(f"          {failure}")
    print(f"{len(steps.rows)} steps in {time.time() - steps.begun:.0f} s")


if __name__ == "__main__":
    main()
