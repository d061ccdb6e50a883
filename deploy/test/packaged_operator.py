"""The packaged operator as a process, with the rights of its role and no more, on the control plane
of KUBECONFIG. JAVA_HOME comes from the environment; the operator has to be built.
"""

import json
import os
import pathlib
import subprocess
import urllib.error
import urllib.request

from services import ROOT, free_port


def kubectl(*arguments, given=None):
    done = subprocess.run(
        ["kubectl", *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode != 0:
        raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def grant(namespace):
    """The definition, and a service account that may what the role allows."""
    kubectl("create", "namespace", namespace)
    kubectl("create", "serviceaccount", "operator", "-n", namespace)
    kubectl("apply", "-f", str(ROOT / "operator" / "crd"), "-f", str(ROOT / "operator" / "rbac"))
    kubectl(
        "create", "clusterrolebinding", namespace, "--clusterrole=deepseek-operator",
        f"--serviceaccount={namespace}:operator",
    )  # fmt: skip


class PackagedOperator:
    """One process. Several of the same namespace elect a leader."""

    def __init__(self, namespace, work, name="operator", options=(), environment=None):
        self.namespace = namespace
        self.port = free_port()
        self.log = pathlib.Path(work) / f"{name}.log"
        self.config = pathlib.Path(work) / f"{name}.kubeconfig"
        self.options = options
        self.environment = environment or {}
        self.process = None

    def start(self):
        self.config.write_text(self._kubeconfig())
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [
                    pathlib.Path(os.environ["JAVA_HOME"]) / "bin" / "java",
                    *self.options,
                    "-jar",
                    ROOT / "operator" / "target" / "quarkus-app" / "quarkus-run.jar",
                ],
                env={
                    **os.environ,
                    "KUBECONFIG": str(self.config),
                    "HOST": "127.0.0.1",
                    "OPERATOR_PORT": str(free_port()),
                    "OPERATOR_MANAGEMENT_PORT": str(self.port),
                    "DEEPSEEK_OPERATOR_LEADER_ELECTION_NAMESPACE": self.namespace,
                    **self.environment,
                },
                stdout=log,
                stderr=log,
            )
        return self

    def _kubeconfig(self):
        """The same cluster with the service account's token."""
        view = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
        token = kubectl("create", "token", "operator", "-n", self.namespace).strip()
        view["users"][0]["user"] = {"token": token}
        return json.dumps(view)

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return answer.read().decode()

    def ready(self):
        if self.process.poll() is not None:
            raise AssertionError("the operator ended:\n" + self.log.read_text()[-2000:])
        try:
            return json.loads(self.get("/q/health/ready"))["status"] == "UP"
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)
