"""nginx asks a real auth-service who may see what does not ask itself."""

import http.client
import json
import os
import pathlib
import sys
import tempfile
import time
import unittest

from edge import ROOT, Edge, await_true, free_port, upstream

sys.path.insert(0, str(ROOT / "deploy" / "test"))
from services import Service  # noqa: E402


class VerifyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        work = tempfile.TemporaryDirectory()
        cls.addClassCleanup(work.cleanup)
        folder = pathlib.Path(work.name)
        port = free_port()
        environment = {"AUTH_PORT": str(port), "AUTH_MANAGEMENT_PORT": str(free_port()), "HOST": "127.0.0.1", "WORK": work.name}
        options = (
            f"-Ddeepseek.auth.data-folder={folder}/data",
            f"-Ddeepseek.auth.local-keys-folder={folder}/run",
            "-Ddeepseek.auth.trusted-proxies=127.0.0.1",
        )
        cls.service = Service("auth-service", port, environment, options).start()
        cls.addClassCleanup(cls.service.stop)
        cls.service.await_ready()
        key = folder / "run" / "admin-key"
        await_true(60, "the first administrator's key is there", key.exists)
        cls.admin = key.read_text().strip()
        cls.edge = Edge(upstream(), port, upstream()).start()
        cls.addClassCleanup(cls.edge.stop)
        cls.tenant = cls.administer("tenants", {"name": "edge"})["id"]
        cls.auditor, cls.developer = cls.key("auditor"), cls.key("developer")

    @classmethod
    def administer(cls, path, body):
        """At auth-service itself: an administrator's key alone opens nothing from elsewhere."""
        answer = cls.service.ask("POST", f"/v1/admin/{path}", body, authorization=f"Bearer {cls.admin}")
        assert answer.status in (200, 201), answer.text
        return answer.json()

    @classmethod
    def key(cls, role, **more):
        return cls.administer("keys", {"tenant": cls.tenant, "name": "k", "role": role, **more})["key"]

    def get(self, path, key=None, **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.edge.ask("GET", path, None, sent | ({"x-api-key": key} if key else {}))

    def testAKnownKeyPassesAndTheUpstreamIsToldWhose(self):
        answer = self.get("/logs/today", self.auditor, x_auth_role="admin", x_auth_tenant="theirs",
                          x_forwarded_for="203.0.113.9", x_original_uri="/v1/models", x_deepseek_service_key="x")  # fmt: skip
        self.assertEqual(answer.status, 200, answer.body)
        reached = answer.json()["headers"]
        self.assertEqual((reached["x-auth-role"], reached["x-auth-tenant"]), ("auditor", self.tenant))
        self.assertEqual(reached["x-forwarded-for"], "127.0.0.1")
        for name in ("x-api-key", "authorization", "x-original-uri", "x-deepseek-service-key", "forwarded"):
            self.assertNotIn(name, reached)

    def testWithoutAKeyOrWithAWrongOneNobodyPasses(self):
        answer = self.get("/logs/today")
        self.assertEqual((answer.status, answer.code(), answer.headers["www-authenticate"]), (401, "invalid_api_key", "Bearer"))
        self.assertEqual(self.get("/logs/today", "sk-live_no").status, 401)
        self.assertEqual(self.get("/logs/today", self.auditor, authorization=f"Bearer {self.developer}").status, 401)

    def testAnotherRoleDoesNotPassInTheApisForm(self):
        answer = self.get("/logs/today", self.developer)
        self.assertEqual((answer.status, answer.code()), (403, "permission_denied"))

    def testAnotherSpellingOfThePathIsAnotherPath(self):
        for path in ("//logs/today", "/logs/../logs/today", "/%6cogs/today", "/LOGS/today", "/logs/today/", "/logs/today;x=y", "/logs%2ftoday"):
            with self.subTest(path):
                self.assertEqual(self.get(path, self.auditor).status, 403)

    def testBeyondAKeysLimitIsA429WithTheTimeToComeBack(self):
        slow = self.key("auditor", limits={"requestsPerSecond": 1})
        answer = next(a for a in (self.get("/logs/today", slow) for _ in range(50)) if a.status != 200)
        self.assertEqual((answer.status, answer.code(), answer.headers["retry-after"]), (429, "rate_limit_exceeded", "1"))

    def testAdministrationIsAnsweredByTheServiceThroughTheEdge(self):
        answer = self.edge.ask("POST", "/v1/admin/tenants", {"name": "x"}, {"x-api-key": self.developer})
        self.assertEqual(answer.status, 403, answer.body)
        self.assertNotEqual(answer.json()["error"]["code"], "request_refused", "the service's own refusal")

    def testAWholePageOfTheAuditPassesTheSecondLevelOfTheRules(self):
        answer = self.edge.ask("GET", "/v1/admin/audit?limit=5", None, {"x-api-key": self.auditor})
        self.assertEqual(answer.status, 200, answer.body)

    def testWithoutAuthServiceNobodyPasses(self):
        edge = Edge(upstream(), free_port(), upstream()).start()
        self.addCleanup(edge.stop)
        answer = edge.ask("GET", "/logs/today", None, {"x-api-key": self.auditor})
        self.assertEqual((answer.status, answer.code(), answer.headers["retry-after"]), (503, "authorization_unavailable", "5"))


if __name__ == "__main__":
    unittest.main()
