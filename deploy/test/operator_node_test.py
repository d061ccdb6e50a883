"""The packaged operator and real containers: log lines that its rules file speaks of end in a
webhook and a remedy, and a container that ends again and again is explained in its own words.
deploy/local/test-operator-node.sh starts the cluster that KUBECONFIG names.
"""

import http.server
import json
import os
import pathlib
import shutil
import tempfile
import threading
import unittest

from packaged_operator import PackagedOperator, grant, kubectl
from services import await_true

LIMIT = 120
HUNGRY = """
apiVersion: deepseek.platform/v1alpha1
kind: DeepSeekDeployment
metadata: {name: %s}
spec:
  model:
    name: SmolLM2-135M-Instruct
    source: {uri: "pvc://models/smollm2"}
    maxConcurrency: 16
  engine:
    type: VLLM
    image: localhost/testcluster/vllm:1
    args: [%s]
    resources: {requests: {cpu: 10m, memory: 16Mi}}
  auth: {mode: None}
  gpu: {class: L4}
"""
CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: models}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
RULE = {
    "name": "gpu-oom",
    "condition": "log_level='ERROR' AND message LIKE '%CUDA out of memory%'",
    "window": "PT5M",
    "threshold": 3,
}


class Hook(http.server.BaseHTTPRequestHandler):
    received = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append(json.loads(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Nothing: the test says what it needs."""


class OperatorOnANode(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        work = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, work, ignore_errors=True)
        hooks = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=hooks.serve_forever, daemon=True).start()
        cls.addClassCleanup(hooks.server_close)
        cls.addClassCleanup(hooks.shutdown)
        url = f"http://127.0.0.1:{hooks.server_port}/slack"
        rule = RULE | {"actions": [{"type": "webhook", "url": url}, {"type": "remediate"}]}
        rules = work / "rules.json"
        rules.write_text(json.dumps([rule]))

        kubectl("delete", "node", "-l", "type=kwok")
        label = ["nvidia.com/gpu.product=NVIDIA-L4", "nvidia.com/gpu.memory=23034"]
        kubectl("label", "node", "node", *label)
        cls.namespace = f"node-{os.getpid()}"
        grant(cls.namespace)
        kubectl("apply", "-n", cls.namespace, "-f", "-", given=CLAIM)
        cls.operator = PackagedOperator(
            cls.namespace,
            work,
            environment={
                "DEEPSEEK_OPERATOR_RULES_FILE": str(rules),
                "DEEPSEEK_OPERATOR_WEBHOOK_HOSTS": "127.0.0.1",
            },
        ).start()
        cls.addClassCleanup(cls.operator.kill)
        await_true(LIMIT, "the operator is ready", cls.operator.ready)
        for name, arguments in (("hungry", ""), ("broken", '"--crash"')):
            kubectl("apply", "-n", cls.namespace, "-f", "-", given=HUNGRY % (name, arguments))

    def status(self, name):
        found = kubectl("get", "dsd", name, "-n", self.namespace, "-o", "json")
        return json.loads(found).get("status", {})

    def pods(self, name):
        selector = f"app.kubernetes.io/instance={name}"
        found = kubectl("get", "pods", "-n", self.namespace, "-l", selector, "-o", "json")
        return json.loads(found)["items"]

    def test_1_log_lines_that_a_rule_of_the_file_names_end_in_a_webhook_and_a_remedy(self):
        await_true(LIMIT, "a remedy is chosen", lambda: "remedy" in self.status("hungry"))
        self.assertIn("CUDA out of memory", Hook.received[0]["text"])
        self.assertIn(f"*gpu-oom* at {self.namespace}/hungry", Hook.received[0]["text"])
        self.assertEqual("gpu-oom", self.status("hungry")["anomalies"][0]["rule"])
        await_true(LIMIT, "a pod with a quarter of the batch serves", self.quartered)
        self.assertEqual("Degraded", self.status("hungry")["phase"])

    def quartered(self):
        pods = [pod for pod in self.pods("hungry") if "deletionTimestamp" not in pod["metadata"]]
        arguments = [pod["spec"]["containers"][0]["args"] for pod in pods]
        ready = self.status("hungry").get("readyReplicas") == 1
        return ready and len(pods) == 1 and self.after(arguments[0], "--max-num-seqs") == "4"

    @staticmethod
    def after(arguments, name):
        return arguments[arguments.index(name) + 1]

    def test_2_a_container_that_ends_again_and_again_is_explained_in_its_own_words(self):
        def failure():
            return self.status("broken").get("lastFailure", {})

        await_true(LIMIT, "it is told", lambda: failure().get("reason") == "CrashLoopBackOff")
        self.assertEqual(3, failure()["exitCode"])
        self.assertIn("ValueError: no such quantization: fp3", failure()["message"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
