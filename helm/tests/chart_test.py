"""The chart without a cluster: what it refuses, what it renders, where its copies come from.

UPDATE=1 writes the golden files anew. HELM is the program; helm/test.sh sets it.
"""

import concurrent.futures
import os
import re
import unittest

from rendered import APP_VERSION, CHART, ROOT, TESTS, files_of, helm, readable, render, template, value_sets

MINIMAL = files_of(TESTS / "values" / "minimal.yaml")
GOLDEN = TESTS / "golden"
LINKS = {
    "definition.yml": "operator/crd/deepseekdeployments.deepseek.platform-v1.yml",
    "operator-role.yml": "operator/rbac/role.yml",
    "operator-nodes-role.yml": "operator/rbac/nodes.yml",
    "rules": "deploy/monitoring/rules",
    "dashboards": "deploy/monitoring/dashboards",
}

# What is set beside the smallest value set, and what the refusal has to say.
REFUSED = {
    # by the schema
    "auth.replica=1": "replica",
    "auth.replicas=0": "minimum",
    "auth.replicas=two": "want integer",
    "images.pullPolicy=Sometimes": "/images/pullPolicy",
    "logFormat=xml": "/logFormat",
    "images.operator.digest=sha256:12": "/images/operator/digest",
    "images.registry=registry.example.com/": "/images/registry",
    "exposure.type=Route": "'Edge', 'Gateway', 'Ingress', 'None'",
    "edge.service.type=External": "/edge/service/type",
    "edge.bodySize=lots": "/edge/bodySize",
    "networkPolicy.clients[0]=10.0.0.0": "/networkPolicy/clients/0",
    "networkPolicy.apiServerPorts[0]=70000": "/networkPolicy/apiServerPorts/0",
    "auth.database.url=jdbc:mysql://db/auth": "/auth/database/url",
    "auth.database.url=jdbc:postgresql://me:secret@db/auth": "/auth/database/url",
    "auth.redis.hosts[0]=redis://:secret@redis:6379": "/auth/redis/hosts/0",
    "auth.settings.pepper=x": "invalid propertyName 'pepper'",
    "cache.memory=128Mi": "/cache/memory",
    "cache.drainSeconds=0": "/cache/drainSeconds",
    "operator.gpuClasses.A10.product=NVIDIA-A10": "memoryMib",
    "model.name=Chat": "/model/name",
    "monitoring.interval=often": "/monitoring/interval",
    "monitoring.certificateProber=http://blackbox:9115/probe": "/monitoring/certificateProber",
    # by what values mean together
    "secrets.services=": "secrets.services names no Secret",
    "secrets.auth=": "secrets.auth names no Secret",
    "secrets.cache=": "secrets.cache names no Secret",
    "auth.replicas=2": "needs a PostgreSQL",
    "auth.database.url=jdbc:postgresql://db/auth": "auth.database.secret",
    "auth.replicas=2,postgresql.enabled=true,postgresql.secret=p": "needs a Redis",
    "postgresql.enabled=true": "postgresql.secret",
    "redis.enabled=true": "redis.secret",
    "keycloak.enabled=true": "needs postgresql.enabled",
    "edge.tlsSecret=": "edge.tlsSecret",
    "exposure.type=Ingress": "needs exposure.host",
    "exposure.type=Gateway,exposure.host=a.example.com": "networkPolicy.gatewayNamespace",
    "exposure.type=Gateway,exposure.host=a.example.com,networkPolicy.gatewayNamespace=g":
        "exposure.gateway.name",
    "exposure.type=Ingress,exposure.host=a.example.com,networkPolicy.gatewayNamespace=g":
        "exposure.ingress.tlsSecret",
    "exposure.type=None,exposure.verify=true": "exposure.verify is what the Edge does",
    "cache.objects.endpoint=https://minio": "cache.objects.bucket",
    "monitoring.alerts.enabled=true": "monitoring.alerts.secret",
    "model.enabled=true": "needs model.spec",
}  # fmt: skip


def parallel(function, items):
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        return list(threads.map(function, items))


class Chart(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        sets = value_sets()
        cls.texts = dict(zip(sets, parallel(render, sets.values())))

    def test_every_value_set_passes_lint(self):
        def lint(values):
            return values.stem, helm("lint", CHART, "--strict", "--kube-version", "1.34.4", *files_of(values))

        for name, (status, text, said) in parallel(lint, value_sets().values()):
            self.assertEqual(0, status, f"{name}: {text}{said}")
            self.assertNotIn("[WARNING]", text, name)

    def test_wrong_values_are_refused_with_a_reason(self):
        def refuse(setting):
            return setting, template(*MINIMAL, "--set", setting)

        for setting, (status, _, said) in parallel(refuse, REFUSED):
            with self.subTest(setting):
                self.assertNotEqual(0, status, "was taken")
                self.assertIn(REFUSED[setting], said)

    def test_rendered_as_in_the_golden_files(self):
        self.assertEqual(12, len(self.texts))
        for name, text in self.texts.items():
            with self.subTest(name):
                golden = GOLDEN / f"{name}.yaml"
                if os.environ.get("UPDATE"):
                    golden.write_text(readable(text))
                self.assertEqual(golden.read_text(), readable(text), "UPDATE=1 helm/test.sh writes it anew")
        self.assertEqual(set(self.texts), {file.stem for file in GOLDEN.glob("*.yaml")})

    def test_copies_are_links_to_their_sources(self):
        self.assertEqual(set(LINKS), {file.name for file in (CHART / "files").iterdir()})
        for name, source in LINKS.items():
            link = CHART / "files" / name
            self.assertTrue(link.is_symlink(), name)
            self.assertEqual(ROOT / source, link.resolve())

    def test_it_installs_the_images_of_this_version(self):
        pom = (ROOT / "pom.xml").read_text()
        self.assertEqual(re.search(r"<version>([^<]+)</version>", pom)[1], APP_VERSION)

    def test_every_value_has_a_comment_or_stands_below_one_and_is_in_the_schema(self):
        # Helm itself refuses values that the schema does not know: here only that all are told of.
        text = (CHART / "values.yaml").read_text()
        sections = re.split(r"^(?=[a-zA-Z])", text, flags=re.M)
        for section in sections[1:]:
            name = section.split(":")[0]
            before = text[: text.index("\n" + section)].rsplit("\n", 1)[-1]
            self.assertTrue(before.startswith("#") or "#" in section, f"{name} is not explained")

    def test_services_write_the_logs_that_are_asked_for(self):
        for name, wanted in (("gpu", "json"), ("minimal", "text")):
            found = re.findall(r"name: DEEPSEEK_LOG_FORMAT\n +value: (\w+)|name: DEEPSEEK_LOG_FORMAT, value: (\w+)", self.texts[name])
            self.assertEqual([wanted] * 3, [one or other for one, other in found], name)

    def test_the_certificate_that_clients_meet_is_looked_at(self):
        found = re.search(r"kind: Probe\n.*?static: \[\"([^\"]+)\"\]", self.texts["gpu"], re.S)
        self.assertEqual("https://llm.example.com/health", found[1])
        self.assertNotIn("kind: Probe\n", self.texts["minimal"])

    def test_no_secret_is_written_down(self):
        named = re.compile(r"(?i)(password|pepper|service-key|master-key|api.?key|secret-?key)\s*[:=]\s*(\S+)")
        for name, text in self.texts.items():
            if name == "cpu":  # the one whose Secrets are made here
                continue
            self.assertNotIn("\nkind: Secret\n", text, name)
            for line in text.splitlines():
                found = named.search(line)
                if found and "#" not in line and "expr" not in line:
                    self.assertRegex(line, r"key: |key-secret=", f"{name}: {line}")

    def test_generated_secrets_are_made_at_random_each(self):
        found = re.findall(r"^  (?:service-key|pepper|master-key): (\S+)$", self.texts["cpu"], re.M)
        self.assertEqual(4, len(set(found)))
        self.assertTrue(all(len(value) >= 86 for value in found))

    def test_alerts_go_where_alertmanager_sends_them_without_a_cluster(self):
        """The same numbers in both forms."""
        plain = (ROOT / "deploy" / "monitoring" / "alertmanager.yml").read_text()
        rendered = self.texts["gpu"]
        rendered = rendered[rendered.index("kind: AlertmanagerConfig") :].split("\n---")[0]
        for there, here in {"group_wait": "groupWait", "group_interval": "groupInterval", "repeat_interval": "repeatInterval"}.items():
            self.assertEqual(re.findall(rf"{there}: (\S+)", plain), re.findall(rf"{here}: (\S+)", rendered), there)
        self.assertEqual(re.findall(r"- name: (\S+)", plain), re.findall(r"- name: (\S+)", rendered))
        self.assertEqual(sorted(set(re.findall(r"title: '(.*)'", plain))), sorted(set(re.findall(r'title: "(.*)"', rendered))))
        self.assertIn("group_by: [alertname, service, instance]", plain)
        self.assertIn("groupBy: [alertname, service, instance]", rendered)


if __name__ == "__main__":
    unittest.main(verbosity=2)
