"""The packaged operator as the process that it is, with the rights of its role and no more, on the
control plane of KUBECONFIG (deploy/local/test-operator.sh starts one): probes, metrics, an example
from nothing to Ready and back to nothing, and its end.

JAVA_HOME comes from the environment; the operator has to be built.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from services import ROOT, await_true, free_port

EXAMPLE = ROOT / "docs" / "examples" / "gpu.yml"
NAME = "r1-chat"
LIMIT = 120


def kubectl(*arguments, given=None):
    done = subprocess.run(
        ["kubectl", *arguments], input=given, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr}")
    return done.stdout


class Operator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.work, ignore_errors=True)
        cls.namespace = f"packaged-{os.getpid()}"
        kubectl("create", "namespace", cls.namespace)
        kubectl("create", "serviceaccount", "operator", "-n", cls.namespace)
        kubectl("apply", "-f", str(ROOT / "operator" / "crd"), "-f", str(ROOT / "operator" / "rbac"))
        kubectl(
            "create", "clusterrolebinding", cls.namespace, "--clusterrole=deepseek-operator",
            f"--serviceaccount={cls.namespace}:operator",
        )  # fmt: skip
        cls.addClassCleanup(kubectl, "delete", "clusterrolebinding", cls.namespace)
        cls.port = free_port()
        cls.process = cls.start()
        cls.addClassCleanup(cls.kill)
        await_true(LIMIT, "the operator is ready", cls.ready)

    @classmethod
    def start(cls):
        config = pathlib.Path(cls.work) / "kubeconfig"
        config.write_text(cls.kubeconfig())
        cls.log = pathlib.Path(cls.work) / "operator.log"
        with open(cls.log, "a") as log:
            return subprocess.Popen(
                [
                    pathlib.Path(os.environ["JAVA_HOME"]) / "bin" / "java",
                    "-jar",
                    ROOT / "operator" / "target" / "quarkus-app" / "quarkus-run.jar",
                ],
                env={
                    **os.environ,
                    "KUBECONFIG": str(config),
                    "HOST": "127.0.0.1",
                    "OPERATOR_PORT": str(free_port()),
                    "OPERATOR_MANAGEMENT_PORT": str(cls.port),
                    "DEEPSEEK_OPERATOR_LEADER_ELECTION_NAMESPACE": cls.namespace,
                },
                stdout=log,
                stderr=log,
            )

    @classmethod
    def kubeconfig(cls):
        """The same cluster with the service account's token."""
        view = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
        token = kubectl("create", "token", "operator", "-n", cls.namespace).strip()
        view["users"][0]["user"] = {"token": token}
        return json.dumps(view)

    @classmethod
    def kill(cls):
        if cls.process.poll() is None:
            cls.process.kill()
        cls.process.wait()

    @classmethod
    def get(cls, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{cls.port}{path}", timeout=5) as answer:
            return answer.read().decode()

    @classmethod
    def ready(cls):
        if cls.process.poll() is not None:
            raise AssertionError("the operator ended:\n" + cls.log.read_text()[-2000:])
        try:
            return json.loads(cls.get("/q/health/ready"))["status"] == "UP"
        except (urllib.error.URLError, ConnectionError):
            return False

    def test_1_probes_and_metrics(self):
        self.assertEqual("UP", json.loads(self.get("/q/health/live"))["status"])
        self.assertIn("operator_sdk_", self.get("/q/metrics"))

    def test_2_it_leads_by_a_lease(self):
        lease = json.loads(
            kubectl("get", "lease", "deepseek-operator", "-n", self.namespace, "-o", "json")
        )
        self.assertTrue(lease["spec"]["holderIdentity"])

    def test_3_an_example_is_served_and_leaves_nothing_behind(self):
        kubectl("apply", "-n", self.namespace, "-f", str(EXAMPLE))
        await_true(LIMIT, f"{NAME} is ready", lambda: self.phase() == "Ready")
        kubectl("delete", "-n", self.namespace, "-f", str(EXAMPLE), "--wait=false")
        # The claim is kept: files that were fetched for hours are not thrown away unasked.
        await_true(LIMIT, "nothing is left", lambda: self.left() == "")
        self.assertNotIn(" ERROR ", self.log.read_text())

    def phase(self):
        status = json.loads(kubectl("get", "dsd", NAME, "-n", self.namespace, "-o", "json"))
        return status.get("status", {}).get("phase")

    def left(self):
        kinds = "dsd,deploy,pods,svc,jobs,hpa,pdb,networkpolicies"
        return kubectl("get", kinds, "-n", self.namespace, "-o", "name").strip()

    def test_4_it_ends_when_asked(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(143, self.process.wait(LIMIT))


if __name__ == "__main__":
    unittest.main(verbosity=2)
