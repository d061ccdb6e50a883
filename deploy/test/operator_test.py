"""The packaged operator: probes, metrics, an example from nothing to Ready and back to nothing, and
its end. deploy/local/test-operator.sh starts the control plane that KUBECONFIG names.
"""

import json
import os
import shutil
import signal
import tempfile
import unittest

from packaged_operator import PackagedOperator, grant, kubectl
from services import ROOT, await_true

EXAMPLE = ROOT / "docs" / "examples" / "gpu.yml"
NAME = "r1-chat"
LIMIT = 180

# What a chart would run it as; here only its name matters.
OPERATORS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: operators}
spec:
  replicas: 0
  selector: {matchLabels: {app: operators}}
  template:
    metadata: {labels: {app: operators}}
    spec: {containers: [{name: operator, image: operator}]}
"""


class Operator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        work = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, work, ignore_errors=True)
        cls.namespace = f"packaged-{os.getpid()}"
        grant(cls.namespace)
        cls.addClassCleanup(kubectl, "delete", "clusterrolebinding", cls.namespace)
        kubectl("apply", "-n", cls.namespace, "-f", "-", given=OPERATORS)
        owner = {"DEEPSEEK_OPERATOR_LEADER_ELECTION_OWNER": "operators"}
        cls.operator = PackagedOperator(cls.namespace, work, environment=owner).start()
        cls.addClassCleanup(cls.operator.kill)
        await_true(LIMIT, "the operator is ready", cls.operator.ready)

    def test_1_probes_and_metrics(self):
        self.assertEqual("UP", json.loads(self.operator.get("/q/health/live"))["status"])
        self.assertIn("operator_sdk_", self.operator.get("/q/metrics"))

    def test_2_it_leads_by_a_lease(self):
        self.assertTrue(self.lease()["spec"]["holderIdentity"])

    def test_3_an_example_is_served_and_leaves_nothing_behind(self):
        kubectl("apply", "-n", self.namespace, "-f", str(EXAMPLE))
        await_true(LIMIT, f"{NAME} is ready", lambda: self.phase() == "Ready")
        kubectl("delete", "-n", self.namespace, "-f", str(EXAMPLE), "--wait=false")
        # The claim is kept: files that were fetched for hours are not thrown away unasked.
        await_true(LIMIT, "nothing is left", lambda: self.left() == "")
        self.assertNotIn(" ERROR ", self.operator.log.read_text())

    def phase(self):
        status = json.loads(kubectl("get", "dsd", NAME, "-n", self.namespace, "-o", "json"))
        return status.get("status", {}).get("phase")

    def left(self):
        kinds = "dsd,deploy,pods,svc,jobs,hpa,pdb,networkpolicies"
        names = kubectl("get", kinds, "-n", self.namespace, "-o", "name").split()
        return " ".join(name for name in names if name != "deployment.apps/operators")

    def lease(self):
        return json.loads(
            kubectl("get", "lease", "deepseek-operator", "-n", self.namespace, "-o", "json")
        )

    def test_4_its_lease_belongs_to_its_deployment_however_often_it_is_renewed(self):
        renewed = self.lease()["spec"]["renewTime"]
        await_true(LIMIT, "it is renewed", lambda: self.lease()["spec"]["renewTime"] != renewed)
        owners = self.lease()["metadata"]["ownerReferences"]
        self.assertEqual(["operators"], [owner["name"] for owner in owners])

    def test_5_it_ends_when_asked_and_its_lease_goes_with_its_deployment(self):
        self.operator.process.send_signal(signal.SIGTERM)
        self.assertEqual(143, self.operator.process.wait(LIMIT))
        kubectl("delete", "deployment", "operators", "-n", self.namespace)
        leases = lambda: kubectl("get", "leases", "-n", self.namespace, "-o", "name")  # noqa: E731
        await_true(LIMIT, "the lease is gone", lambda: leases().strip() == "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
