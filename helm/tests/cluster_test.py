"""The chart before a real API server: every object of every value set is accepted, pods keep to the
standard "restricted" by its own admission, policies let through what they should; and a release is
installed, upgraded, rolled back and removed. HELM and KUBECONFIG come from helm/test.sh.
"""

import contextlib
import json
import sys
import unittest

from rendered import CHART, NAMESPACE, RELEASE, ROOT, TESTS, helm, render, run, value_sets
from traffic import Outside, Pod, connects

sys.path.insert(0, str(ROOT / "deploy" / "test"))
from services import await_true  # noqa: E402

OPERATORS = "operator/src/test/resources/integrations.yml"
NAMESPACES = [NAMESPACE, "models", "team-a", "team-b"]
TEMPLATED = ("Deployment", "StatefulSet")
# Not "restricted" but for one field: it compiles into its own folder at the start.
WRITES_TO_ITS_ROOT = {"keycloak"}


def kubectl(*arguments, given=None, wrong=False):
    done = run("kubectl", *arguments, given=given)
    if (done.returncode != 0) != wrong:
        raise AssertionError(f"kubectl {' '.join(map(str, arguments))}: {done.stdout[-500:]} {done.stderr[-3000:]}")
    return done.stderr if wrong else done.stdout


def accepted(text):
    """What the API server makes of these objects, without keeping them."""
    listed = kubectl("apply", "--server-side", "--dry-run=server", "--force-conflicts", "-o", "json", "-f", "-", given=text)
    found = json.loads(listed)
    return found["items"] if found["kind"] == "List" else [found]


def namespace(name, *labels):
    kubectl("create", "namespace", name)
    for label in labels:
        kubectl("label", "namespace", name, label)


def pod_templates(objects):
    for it in objects:
        if it["kind"] in TEMPLATED:
            yield it, it["spec"]["template"]
        elif it["kind"] == "Pod":
            yield it, it


def component(it):
    return it["metadata"]["labels"]["app.kubernetes.io/component"]


class Cluster(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        kubectl("apply", "--server-side", "-f", ROOT / OPERATORS, "-f", TESTS / "kinds.yaml", "-f", CHART / "files" / "definition.yml")
        kubectl("wait", "--for", "condition=Established", "--timeout", "180s", "crd", "--all")
        for name in NAMESPACES:
            namespace(name, "pod-security.kubernetes.io/enforce=restricted")
        cls.objects = {name: cls.eventually_accepted(render(file)) for name, file in value_sets().items()}
        # Helm is to make it itself.
        kubectl("delete", "crd", "deepseekdeployments.deepseek.platform")

    @classmethod
    def eventually_accepted(cls, text):
        """A new kind is refused for a moment after it is established."""
        objects = []

        def known():
            try:
                objects.extend(accepted(text))
            except AssertionError as refused:
                if "no matches for kind" not in str(refused) and "not find the requested resource" not in str(refused):
                    raise
                return False
            return True

        await_true(60, "the kinds are known", known)
        return objects

    def test_everything_rendered_is_accepted(self):
        for name, objects in self.objects.items():
            self.assertGreater(len(objects), 14, name)
            for it in objects:
                self.assertTrue(it["metadata"].get("uid") or it["metadata"].get("name"), it)

    def test_pods_are_admitted_as_restricted(self):
        seen = 0
        for name, objects in self.objects.items():
            with self.subTest(name):
                pods = [self.pod(owner, template) for owner, template in pod_templates(objects)]
                seen += len(pods)
                kubectl("create", "--dry-run=server", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": pods}))
        self.assertGreater(seen, 50)

    def test_this_admission_refuses_what_is_not_restricted(self):
        pod = self.pod(*next(pod_templates(self.objects["minimal"])))
        del pod["spec"]["securityContext"]["seccompProfile"]
        said = kubectl("create", "--dry-run=server", "-f", "-", given=json.dumps(pod), wrong=True)
        self.assertIn('violates PodSecurity "restricted:latest"', said)

    @staticmethod
    def pod(owner, template):
        """The pod of a template; its account and claims are not there in a dry run."""
        spec = {key: value for key, value in template["spec"].items() if key not in ("serviceAccountName", "serviceAccount")}
        claims = [it["metadata"]["name"] for it in owner["spec"].get("volumeClaimTemplates", [])]
        spec["volumes"] = spec.get("volumes", []) + [{"name": name, "emptyDir": {}} for name in claims]
        named = {"name": f"probe-{owner['metadata']['name']}", "namespace": NAMESPACE}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": spec}

    def test_containers_have_limits_probes_and_a_root_they_cannot_write(self):
        for name, objects in self.objects.items():
            for owner, template in pod_templates(objects):
                for container in template["spec"]["containers"]:
                    with self.subTest(f"{name}: {owner['metadata']['name']}"):
                        self.assertFalse(template["spec"].get("automountServiceAccountToken", True) and component(owner) != "operator")
                        self.assertIn("memory", container["resources"]["limits"])
                        if component(owner) not in WRITES_TO_ITS_ROOT:
                            self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
                        if owner["kind"] != "Pod":
                            self.assertIn("readinessProbe", container)

    def test_secrets_come_by_reference(self):
        secret_words = ("KEY", "PASSWORD", "PEPPER", "USER")
        for name, objects in self.objects.items():
            for owner, template in pod_templates(objects):
                for container in template["spec"]["containers"]:
                    for variable in container.get("env", []):
                        if any(word in variable["name"] for word in secret_words):
                            self.assertIn("secretKeyRef", variable.get("valueFrom", {}), f"{name} {owner['metadata']['name']} {variable}")

    def test_the_definition_and_the_rights_are_the_operators_own(self):
        definition = next((ROOT / "operator" / "crd").iterdir())
        rights = ROOT / "operator" / "rbac"
        for file, values, kind, end, part in (
            (definition, "minimal", "CustomResourceDefinition", "", "spec"),
            (rights / "role.yml", "minimal", "ClusterRole", "-operator", "rules"),
            (rights / "role.yml", "namespaces", "ClusterRole", "-operator", "rules"),
            (rights / "nodes.yml", "namespaces", "ClusterRole", "-nodes", "rules"),
        ):
            wanted = accepted(file.read_text())[0][part]
            (rendered,) = (
                it for it in self.objects[values] if it["kind"] == kind and it["metadata"]["name"].endswith(end)
            )
            self.assertEqual(wanted, rendered[part])

    def test_rules_and_dashboards_are_the_files(self):
        objects = {it["metadata"]["name"]: it for it in self.objects["gpu"]}
        for file in (ROOT / "deploy" / "monitoring" / "rules").glob("*.yml"):
            name = f"{RELEASE}-rules-{file.stem}"
            lines = "".join(f"  {line}\n" for line in file.read_text().splitlines())
            own = f"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {{name: x, namespace: {NAMESPACE}}}\nspec:\n{lines}"
            self.assertEqual(accepted(own)[0]["spec"], objects[name]["spec"])
        for file in (ROOT / "deploy" / "monitoring" / "dashboards").glob("*.json"):
            (text,) = objects[f"{RELEASE}-dashboard-{file.stem}"]["data"].values()
            self.assertEqual(json.loads(file.read_text()), json.loads(text))

    def test_metrics_carry_the_labels_that_rules_ask_for(self):
        monitors = [it for it in self.objects["gpu"] if it["kind"] == "ServiceMonitor"]
        labels = {tuple(r["replacement"] for r in it["spec"]["endpoints"][0]["relabelings"]) for it in monitors}
        self.assertEqual({("deepseek", "auth"), ("deepseek", "cache"), ("deepseek", "operator")}, labels)
        services = {it["metadata"]["name"]: it for it in self.objects["gpu"] if it["kind"] == "Service"}
        for monitor in monitors:
            ports = [port["name"] for port in services[monitor["metadata"]["name"]]["spec"]["ports"]]
            self.assertIn(monitor["spec"]["endpoints"][0]["port"], ports)

    def test_services_and_budgets_select_pods_that_are_there(self):
        for name, objects in self.objects.items():
            pods = [template["metadata"]["labels"] for _, template in pod_templates(objects)]
            selectors = [it["spec"]["selector"] for it in objects if it["kind"] == "Service"]
            selectors += [it["spec"]["selector"]["matchLabels"] for it in objects if it["kind"] == "PodDisruptionBudget"]
            for selector in selectors:
                self.assertTrue(any(selector.items() <= labels.items() for labels in pods), f"{name}: {selector}")

    # Who may talk to whom: columns are the targets. "." is no.
    PORTS = {
        "operator": 9003, "auth-service": 8082, "auth metrics": 9002, "cache-service": 8081, "cache metrics": 9001,
        "edge": 8443, "redis": 6379, "postgresql": 5432, "keycloak": 8080, "model": 8080, "db": 5432, "internet": 443,
    }  # fmt: skip
    TALK = """
                     operator auth-service auth_metrics cache-service cache_metrics edge redis postgresql keycloak db internet
      operator       .        .            .            .             .             .    .     .          .        .  yes
      auth-service   .        .            .            .             .             .    yes   yes        yes      .  .
      cache-service  .        .            .            .             .             .    yes   .          .        .  .
      edge           .        yes          .            .             .             .    .     .          .        .  .
      keycloak       .        .            .            .             .             .    .     yes        .        .  .
      redis          .        .            .            .             .             .    .     .          .        .  .
      postgresql     .        .            .            .             .             .    .     .          .        .  .
      test           .        .            .            .             .             yes  .     .          .        .  yes
      model          .        yes          .            yes           .             yes  .     .          .        yes yes
      prometheus     yes      .            yes          .             yes           yes  .     .          .        yes yes
      neighbour      .        .            .            .             .             .    .     .          .        .  .
      other          .        .            .            .             .             yes  .     .          .        yes yes
      client         .        .            .            .             .             yes  .     .          .        yes yes
    """

    def test_who_may_talk_to_whom(self):
        """A model's own policies are the operator's; here it and others are free in what they try."""
        objects = self.objects["in-chart"]
        policies = [it for it in objects if it["kind"] == "NetworkPolicy"]
        parties = {component(owner): Pod(NAMESPACE, template["metadata"]["labels"]) for owner, template in pod_templates(objects)}
        server = {"app.kubernetes.io/managed-by": "deepseek-operator", "app.kubernetes.io/component": "server"}
        parties |= {
            "model": Pod(NAMESPACE, server),
            "prometheus": Pod("monitoring", {"app": "prometheus"}),
            "neighbour": Pod(NAMESPACE, {"app": "somebody"}),
            "other": Pod("elsewhere", server),
            "client": Outside("203.0.113.7"),
            "db": Outside("10.1.2.3"),
            "internet": Outside("198.51.100.1"),
        }
        # Here the operator's policies would open a model's way out; without them default-deny holds.
        policies += [self.model_policy()]
        rows = [line.split() for line in self.TALK.strip().splitlines()]
        for source, *cells in rows[1:]:
            for column, cell in zip(rows[0], cells, strict=True):
                target = parties[column.replace("auth_metrics", "auth-service").replace("cache_metrics", "cache-service")]
                port = self.PORTS[column.replace("_", " ")]
                if parties[source] == target:
                    continue
                with self.subTest(f"{source} to {column}"):
                    self.assertEqual(cell == "yes", connects(policies, parties[source], target, port))

    @staticmethod
    def model_policy():
        return {
            "metadata": {"namespace": NAMESPACE},
            "spec": {
                "podSelector": {"matchLabels": {"app.kubernetes.io/component": "server"}},
                "policyTypes": ["Egress"],
                "egress": [{}],
            },
        }

    def test_the_edge_reaches_models_at_whatever_port_their_engines_have(self):
        policies = [it for it in self.objects["minimal"] if it["kind"] == "NetworkPolicy"]
        edge = next(Pod(NAMESPACE, t["metadata"]["labels"]) for o, t in pod_templates(self.objects["minimal"]) if component(o) == "edge")
        server = {"app.kubernetes.io/managed-by": "deepseek-operator", "app.kubernetes.io/component": "server"}
        open_model = self.model_policy()  # its way in is the operator's as well
        open_model["spec"] |= {"policyTypes": ["Ingress", "Egress"], "ingress": [{}]}
        for port in (8080, 8000):
            self.assertTrue(connects([*policies, open_model], edge, Pod(NAMESPACE, server), port), port)
        self.assertFalse(connects([*policies, open_model], edge, Pod(NAMESPACE, {"app": "somebody"}), 8000))

    def test_addresses_of_backing_services_and_clients_are_kept_to(self):
        def reach(name, source, target, port):
            policies = [it for it in self.objects[name] if it["kind"] == "NetworkPolicy"]
            parties = {component(o): Pod(NAMESPACE, t["metadata"]["labels"]) for o, t in pod_templates(self.objects[name])}
            return connects(policies, parties.get(source, source), parties.get(target, target), port)

        inside, outside = Outside("10.1.2.3"), Outside("198.51.100.1")
        self.assertTrue(reach("backing", "auth-service", inside, 6432))
        self.assertFalse(reach("backing", "auth-service", outside, 6432))
        self.assertTrue(reach("backing", "auth-service", inside, 26379))
        self.assertTrue(reach("backing", "auth-service", outside, 443))  # identity providers
        self.assertTrue(reach("backing", "cache-service", inside, 9000))
        self.assertFalse(reach("backing", "cache-service", outside, 443))
        self.assertTrue(reach("airgap", Outside("10.9.9.9"), "edge", 8443))
        self.assertFalse(reach("airgap", outside, "edge", 8443))
        self.assertFalse(reach("airgap", "auth-service", outside, 443))

    def test_gateways_come_to_auth_service_and_nobody_else_does(self):
        policies = [it for it in self.objects["gateway"] if it["kind"] == "NetworkPolicy"]
        auth = next(Pod(NAMESPACE, t["metadata"]["labels"]) for o, t in pod_templates(self.objects["gateway"]) if component(o) == "auth-service")
        self.assertTrue(connects(policies, Pod("gateways", {}), auth, 8082))
        self.assertFalse(connects(policies, Pod("gateways", {}), auth, 9002))
        self.assertFalse(connects(policies, Pod("elsewhere", {}), auth, 8082))
        server = {"app.kubernetes.io/managed-by": "deepseek-operator", "app.kubernetes.io/component": "server"}
        self.assertTrue(connects(policies, Pod("models", server), auth, 8082))

    def release(self, action, *arguments):
        status, text, said = helm(action, "trial", *arguments, "-n", "trial", "--wait", "--timeout", "180s")
        self.assertEqual(0, status, text + said)
        return text

    def found(self, kinds, path):
        return kubectl("get", kinds, "-n", "trial", "-o", f"jsonpath={path}")

    def secrets(self):
        """Of the platform; Helm keeps its releases in Secrets too."""
        return kubectl("get", "secrets", "-n", "trial", "--field-selector", "type=Opaque", "-o", "jsonpath={.items[*].data}")

    def checksums(self):
        items = json.loads(kubectl("get", "deployments", "-n", "trial", "-o", "json"))["items"]
        return {component(it): it["spec"]["template"]["metadata"]["annotations"] for it in items}

    def test_a_release_from_installed_to_nothing(self):
        """Fake nodes call pods Ready at once: what is seen here is what Helm does to objects."""
        namespace("trial", "pod-security.kubernetes.io/enforce=restricted")
        kubectl("create", "secret", "generic", "edge-tls", "-n", "trial", "--from-literal=tls.crt=x", "--from-literal=tls.key=x")
        settings = [
            "-f", CHART / "values-cpu.yaml", "--set", "edge.tlsSecret=edge-tls",
            "--set", "crd.keep=false,secrets.keep=false,monitoring.enabled=true,edge.service.type=ClusterIP",
        ]  # fmt: skip
        self.assertIn("was left out", self.release("install", CHART, *settings))
        keys = self.secrets()
        before = self.checksums()

        self.release("upgrade", CHART, *settings, "--set", "auth.settings.deepseek\\.auth\\.elevation=20m")
        self.assertEqual(keys, self.secrets(), "secrets are made once")
        changed = self.checksums()
        moved = {name for name in before if before[name] != changed[name]}
        self.assertEqual({"auth-service"}, moved, "a changed setting rolls its service alone")
        self.assertEqual("chat", self.found("deepseekdeployments", "{.items[*].metadata.name}"))

        self.release("rollback", "1")
        self.assertEqual(before, self.checksums())
        self.assertEqual(keys, self.secrets())

        self.release("upgrade", CHART, *settings)
        self.release("uninstall")
        kept = {"secret/edge-tls", "serviceaccount/default", "configmap/kube-root-ca.crt"}
        kinds = kubectl("api-resources", "--namespaced", "--verbs=list,delete", "-o", "name").split()
        kinds = [kind for kind in kinds if "metrics.k8s.io" not in kind and not kind.startswith("events")]

        def left():
            found = kubectl("get", ",".join(kinds), "-n", "trial", "-o", "name", "--ignore-not-found").split()
            return {it for it in found if it not in kept and "pod/" not in it}

        # What controllers have made of the release's objects they take away a moment later.
        with contextlib.suppress(AssertionError):  # the next line tells what is left
            await_true(60, "nothing is left", lambda: not left())
        self.assertEqual(set(), left(), "left in the namespace")
        everywhere = kubectl("get", "crd,clusterrole,clusterrolebinding,pv", "-o", "name", "-l", "app.kubernetes.io/part-of=deepseek-platform")
        self.assertEqual("", everywhere, "left in the cluster")


if __name__ == "__main__":
    unittest.main(verbosity=2)
