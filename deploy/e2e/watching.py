"""A real Prometheus and Alertmanager over the pods of the release: deploy/monitoring's rules and routes, seconds for minutes."""

import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import urllib.parse
import urllib.request

MONITORING = pathlib.Path(__file__).resolve().parents[1] / "monitoring"

CONFIGURATION = """
global: {scrape_interval: 5s, evaluation_interval: 1s, scrape_timeout: 5s}
rule_files: [rules/*.yml]
alerting: {alertmanagers: [{static_configs: [{targets: [127.0.0.1:9093]}]}]}
scrape_configs:
  - job_name: deepseek
    metrics_path: /q/metrics
    # Debian's Prometheus is built without the discovery of Kubernetes.
    file_sd_configs: [{files: [targets.json]}]
"""


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.messages.extend(body["attachments"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class Watching:
    def __init__(self, work):
        self.folder = pathlib.Path(work) / "watching"
        self.folder.mkdir()
        self.receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.receiver.messages = []
        self.processes = []

    def start(self, targets):
        """Targets are pairs: what the rules call the service, and its address."""
        threading.Thread(target=self.receiver.serve_forever, daemon=True).start()
        (self.folder / "rules").mkdir()
        for file in (MONITORING / "rules").glob("*.yml"):
            (self.folder / "rules" / file.name).write_text(re.sub(r" for: \w+", " for: 2s", file.read_text()))
        (self.folder / "prometheus.yml").write_text(CONFIGURATION)
        groups = [{"labels": {"service": service}, "targets": [address]} for service, address in targets]
        (self.folder / "targets.json").write_text(json.dumps(groups))
        (self.folder / "url").write_text(f"http://127.0.0.1:{self.receiver.server_port}/")
        routes = (MONITORING / "alertmanager.yml").read_text()
        routes = re.sub(r"api_url_file: \S+", f"api_url_file: {self.folder}/url", routes)
        (self.folder / "alertmanager.yml").write_text(re.sub(r"group_(wait|interval): \w+", r"group_\1: 1s", routes))
        self.spawn("ALERTMANAGER", "alertmanager.yml", "--storage.path", "9093", "--cluster.listen-address=")
        self.spawn("PROMETHEUS", "prometheus.yml", "--storage.tsdb.path", "9090")
        return self

    def spawn(self, program, file, storage, port, *more):
        with open(self.folder / f"{program}.log", "w") as log:
            command = [
                os.environ[program], f"--config.file={self.folder}/{file}", f"{storage}={self.folder}/{program}",
                f"--web.listen-address=127.0.0.1:{port}", *more,
            ]  # fmt: skip
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log))

    def api(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:9090/api/v1/{path}", timeout=10) as answer:
                return json.load(answer)["data"]
        except OSError:
            return None  # not up yet

    def query(self, expression):
        data = self.api("query?" + urllib.parse.urlencode({"query": expression}))
        return data["result"] if data else []

    def metric_names(self):
        return self.api("label/__name__/values")

    def told(self, summary, how):
        """Whether the receiver heard of it: "firing", or "good" for its end."""
        return any(
            summary in message["title"] and (message["color"] == "good") == (how == "good") for message in self.receiver.messages
        )

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
            process.wait()
        self.processes = []
        self.receiver.shutdown()
