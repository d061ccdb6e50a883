"""nginx asks a real auth-service who may see what does not ask itself."""

import unittest

from auth import auth_service
from edge import Edge, free_port, upstream


class VerifyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = auth_service()
        cls.edge = Edge(upstream(), cls.service.port, upstream()).start()
        cls.addClassCleanup(cls.edge.stop)
        cls.tenant, cls.auditor, cls.developer = cls.service.tenant, cls.service.auditor, cls.service.developer

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
        slow = self.service.key("auditor", limits={"requestsPerSecond": 1})
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
