"""Prometheus and Alertmanager, as deploy/monitoring configures them, over the services as processes:
every metric that a rule or a dashboard names is there, and an alert reaches who is on call.

PROMETHEUS and ALERTMANAGER name the two programs; the services have to be built.
"""

import contextlib
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import unittest
import urllib.parse
import urllib.request

from services import ROOT, Platform, await_true, free_port

MONITORING = ROOT / "deploy" / "monitoring"
# Of machines that run a GPU, and of other programs: not here.
ELSEWHERE = re.compile(r"^(kube_|node_|probe_|DCGM_)")
METRIC = re.compile(r"\b(?:deepseek_|process_|jvm_|kube_|node_|probe_|DCGM_)\w+|deepseek:[\w:]+")


def expressions():
    """Every query of the rules and the dashboards, with where it stands."""
    for file in sorted((MONITORING / "rules").glob("*.yml")):
        for match in re.finditer(r"^ +expr: (\|\n(?: {10}.*\n)+|.*\n)", file.read_text(), re.M):
            yield file.name, match.group(1).removeprefix("|").strip()
    for file in sorted((MONITORING / "dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                query = target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")
                yield f"{file.name}, {panel['title']}", query


def gpu_metrics():
    """Those that only a machine with a GPU has: the tables of docs/metrics.md below GPU."""
    text = (ROOT / "docs" / "metrics.md").read_text()
    section = text[text.index("### GPU") : text.index("<!-- end gpu -->")]
    return set(re.findall(r"`(deepseek_\w+)", section))


class Pager(http.server.ThreadingHTTPServer):
    """What stands behind the address of who is on call."""

    def __init__(self):
        self.told = []
        super().__init__(("127.0.0.1", 0), Receiver)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.told.append(json.loads(body)["attachments"][0])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class Monitoring(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(os.environ["DEMO_MODEL"], cached=True)
        cls.addClassCleanup(cls.platform.stop)
        cls.platform.start()
        cls.pager = Pager()
        cls.addClassCleanup(cls.pager.server_close)
        cls.addClassCleanup(cls.pager.shutdown)
        folder = tempfile.TemporaryDirectory(prefix="deepseek-monitoring-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.port, cls.alertmanager_port = free_port(), free_port()
        cls.start_alertmanager()
        cls.start_prometheus()
        cls.platform.complete(cls.platform.local_key("api-key"), 8)
        await_true(60, "three services are scraped", lambda: len(cls.query("up == 1")) == 3)

    @classmethod
    def start_prometheus(cls):
        """As configured, with the ports of this test and with seconds for minutes."""
        rules = cls.folder / "rules"
        rules.mkdir()
        for file in (MONITORING / "rules").glob("*.yml"):
            (rules / file.name).write_text(re.sub(r" for: \w+", " for: 2s", file.read_text()))
        environment = cls.platform.inference.environment
        targets = (MONITORING / "targets" / "local.yml").read_text()
        for port, name in (
            (9000, "MANAGEMENT_PORT"),
            (9001, "CACHE_MANAGEMENT_PORT"),
            (9002, "AUTH_MANAGEMENT_PORT"),
        ):
            targets = targets.replace(f"127.0.0.1:{port}", f"127.0.0.1:{environment[name]}")
        (cls.folder / "targets").mkdir()
        (cls.folder / "targets" / "local.yml").write_text(targets)
        configuration = (MONITORING / "prometheus.yml").read_text()
        configuration = re.sub(r"(scrape_|evaluation_)(interval|timeout): \w+", r"\1\2: 1s", configuration)
        configuration = configuration.replace("127.0.0.1:9093", f"127.0.0.1:{cls.alertmanager_port}")
        # The exporters of machines are not here: their jobs are left out.
        configuration = configuration[: configuration.index("  # CPU, swap and TCP")]
        (cls.folder / "prometheus.yml").write_text(configuration)
        cls.run_program(
            os.environ["PROMETHEUS"],
            f"--config.file={cls.folder}/prometheus.yml",
            f"--storage.tsdb.path={cls.folder}/data",
            f"--web.listen-address=127.0.0.1:{cls.port}",
        )

    @classmethod
    def start_alertmanager(cls):
        configuration = (MONITORING / "alertmanager.yml").read_text()
        url = cls.folder / "url"
        url.write_text(f"http://127.0.0.1:{cls.pager.server_port}/")
        configuration = re.sub(r"api_url_file: \S+", f"api_url_file: {url}", configuration)
        configuration = re.sub(r"group_(wait|interval): \w+", r"group_\1: 1s", configuration)
        (cls.folder / "alertmanager.yml").write_text(configuration)
        cls.run_program(
            os.environ["ALERTMANAGER"],
            f"--config.file={cls.folder}/alertmanager.yml",
            f"--storage.path={cls.folder}/alerts",
            f"--web.listen-address=127.0.0.1:{cls.alertmanager_port}",
            "--cluster.listen-address=",
        )
        await_true(60, "Alertmanager answers", cls.alertmanager_answers)

    @classmethod
    def alertmanager_answers(cls):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{cls.alertmanager_port}/-/ready", timeout=60):
                return True
        except OSError:
            return False

    @classmethod
    def run_program(cls, program, *arguments):
        with open(cls.folder / f"{pathlib.Path(program).name}.log", "w") as log:
            process = subprocess.Popen([program, *arguments], stdout=log, stderr=log)
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.send_signal, signal.SIGTERM)

    @classmethod
    def api(cls, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{cls.port}/api/v1/{path}", timeout=60) as reply:
                return json.load(reply)["data"]
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{path}: {refused.read().decode()}") from refused
        except OSError:
            return None  # not up yet

    @classmethod
    def query(cls, expression):
        data = cls.api("query?" + urllib.parse.urlencode({"query": expression}))
        return data["result"] if data else []

    def firing(self):
        return {
            alert["labels"]["alertname"]
            for alert in self.api("alerts")["alerts"]
            if alert["state"] == "firing"
        }

    def test_every_metric_that_is_asked_for_is_there(self):
        # Rules of rules take an evaluation more.
        await_true(60, "recorded", lambda: self.query("deepseek:time_to_first_token_seconds:p99_5m"))
        live = set(self.api("label/__name__/values"))
        elsewhere = gpu_metrics()
        asked = 0
        for where, expression in expressions():
            for name in METRIC.findall(expression):
                asked += 1
                if not ELSEWHERE.match(name) and name not in elsewhere:
                    # What has only been 0 has no ratio yet.
                    known = live | {f"deepseek:errors:ratio_rate{w}" for w in ("5m", "30m", "1h", "6h", "3d")}
                    self.assertIn(name, known, where)
        self.assertGreater(asked, 100)

    def test_every_query_is_understood(self):
        for where, expression in expressions():
            with self.subTest(where):
                self.query(expression)

    def test_nothing_fires_while_all_is_well(self):
        # A processor among others may be slow; nothing else may be wrong, but for a moment: a machine that
        # stands still answers no probe.
        wrong = set()

        def well():
            wrong.clear()
            wrong.update(alert for alert in self.firing() if not alert.endswith("Slow"))
            return not wrong

        with contextlib.suppress(AssertionError):  # the next line tells what fires
            await_true(60, "all is well", well)
        self.assertEqual(set(), wrong)

    def test_a_critical_alert_hides_the_warnings_of_its_own_instance_or_model_alone(self):
        def alert(name, severity, **labels):
            return {"labels": {"alertname": name, "severity": severity, **labels}}

        model = {"namespace": "a", "deepseekdeployment": "chat"}
        posted = [
            alert("PlatformBroken", "critical"),
            alert("PlatformSlow", "warning"),
            alert("InstanceBroken", "critical", service="cache", instance="x:1"),
            alert("InstanceSlow", "warning", service="cache", instance="x:1"),
            alert("OtherSlow", "warning", service="cache", instance="y:1"),
            alert("ModelBroken", "critical", **model),
            alert("ModelSlow", "warning", **model),
            alert("OtherModelSlow", "warning", namespace="a", deepseekdeployment="chat-large"),
        ]
        base = f"http://127.0.0.1:{self.alertmanager_port}/api/v2/alerts"
        asked = urllib.request.Request(base, json.dumps(posted).encode(), {"content-type": "application/json"})
        urllib.request.urlopen(asked, timeout=60).close()

        def states():
            with urllib.request.urlopen(base, timeout=60) as reply:
                found = {it["labels"]["alertname"]: it["status"]["state"] for it in json.load(reply)}
            return {it["labels"]["alertname"]: found.get(it["labels"]["alertname"]) for it in posted}

        def hidden():
            return {name for name, state in states().items() if state == "suppressed"}

        await_true(60, "all are there", lambda: not {None, "unprocessed"} & set(states().values()))
        await_true(60, "some are hidden", lambda: hidden() >= {"InstanceSlow", "ModelSlow"})
        self.assertEqual({"InstanceSlow", "ModelSlow"}, hidden())

    def test_a_killed_service_is_told_and_so_is_its_return(self):
        def told(title, text):
            return any(
                title in told.get("title", "") and text in told["text"] and "docs/runbooks.md#" in told["text"]
                for told in self.pager.told
            )

        down = "a service does not answer its probe"
        self.platform.cache.kill()
        await_true(60, "it fires", lambda: "DeepSeekServiceDown" in self.firing())
        await_true(60, "on call hears of it", lambda: told(down, "cache on 127.0.0.1"))
        heard = len(self.pager.told)
        self.platform.cache.start().await_ready()
        await_true(60, "it is over", lambda: "DeepSeekServiceDown" not in self.firing())
        await_true(60, "on call hears that too", lambda: any(
            told["color"] == "good" and down in told.get("title", "") for told in self.pager.told[heard:]))


if __name__ == "__main__":
    unittest.main()
