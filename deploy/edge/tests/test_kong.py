"""The lines of Lua in kong.yaml ask a real auth-service: run by nginx with LuaJIT, for Kong itself is not to be
had. Its own functions that they call are in kong/plugin.lua."""

import http.client
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import textwrap
import unittest

from auth import auth_service
from edge import HERE, ROOT, Answer, await_true, free_port, upstream

PACKAGES = os.environ.get("KONG_PACKAGES")


class Kong:
    def __init__(self, auth):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="deepseek-kong-"))
        self.port = free_port()
        (block,) = re.findall(r"access:\n +- \|\n((?: {14}.*\n|\n)+)", (ROOT / "deploy/edge/kong.yaml").read_text())
        (self.folder / "access.lua").write_text(textwrap.dedent(block).replace("auth-service:8082", f"127.0.0.1:{auth}"))
        text = (HERE / "kong/nginx.conf").read_text()
        for name, value in ("FOLDER", self.folder), ("PACKAGES", PACKAGES), ("HERE", HERE / "kong"), ("PORT", self.port), ("UPSTREAM", upstream()):
            text = text.replace(name, str(value))
        (self.folder / "nginx.conf").write_text(("user root;\n" if os.getuid() == 0 else "") + text)
        libraries = ":".join(str(path) for folder in ("lib", "usr/lib") for path in pathlib.Path(PACKAGES).glob(f"{folder}/*-linux-gnu*"))
        self.log = self.folder / "error.log"
        self.process = subprocess.Popen(
            [f"{PACKAGES}/usr/sbin/nginx", "-c", self.folder / "nginx.conf", "-e", self.log],
            env={**os.environ, "LD_LIBRARY_PATH": libraries}, stderr=subprocess.DEVNULL)  # fmt: skip
        try:
            await_true(60, "nginx with Lua answers", self.answers)
        except BaseException:
            self.stop()
            raise

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        try:
            return self.ask("/").status > 0
        except OSError:
            return False

    def ask(self, path, key=None, sent=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, None, {**(sent or {}), **({"x-api-key": key} if key else {})})
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            connection.close()

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


@unittest.skipUnless(PACKAGES, "no nginx with Lua here: the lines of Lua in kong.yaml were not run")
class KongTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = auth_service()
        cls.kong = Kong(cls.service.port)
        cls.addClassCleanup(cls.kong.stop)

    def testAKnownKeyPassesAndTheUpstreamIsToldWhose(self):
        believed = {"x-auth-role": "admin", "x-auth-tenant": "theirs", "x-forwarded-uri": "/v1/models", "x-forwarded-method": "POST",
                    "x-original-uri": "/v1/models", "x-deepseek-service-key": "x", "forwarded": "for=203.0.113.9"}  # fmt: skip
        answer = self.kong.ask("/logs/today?page=2", self.service.auditor, believed)
        self.assertEqual(answer.status, 200, answer.body)
        told = answer.json()
        reached = told["headers"]
        self.assertEqual(told["path"], "/logs/today?page=2")
        self.assertEqual((reached["x-auth-role"], reached["x-auth-tenant"]), ("auditor", self.service.tenant))
        for name in ("x-api-key", "authorization", "x-original-uri", "x-forwarded-uri", "x-forwarded-method", "x-deepseek-service-key", "forwarded"):
            self.assertNotIn(name, reached)

    def testWhatAClientSaysOfItselfGoesNoFurtherInWhateverSpelling(self):
        for name in ("X-AUTH-ROLE", "x-auth-role", "X_Auth_Role", "X.Auth.Role", "x_auth-role"):
            with self.subTest(name):
                reached = self.kong.ask("/logs/today", self.service.auditor, {name: "admin"}).json()["headers"]
                self.assertNotIn("admin", reached.values())
                self.assertEqual(reached["x-auth-role"], "auditor")

    def testMoreHeadersThanAreLookedAtAreRefused(self):
        answer = self.kong.ask("/logs/today", self.service.auditor, {f"x-{number}": "1" for number in range(80)})
        self.assertEqual(answer.status, 200, answer.body)
        many = http.client.HTTPConnection("127.0.0.1", self.kong.port, timeout=30)
        self.addCleanup(many.close)
        many.putrequest("GET", "/logs/today")
        for number in range(250):
            many.putheader(f"x-{number}", "1")
        many.putheader("x_auth_role", "admin")
        many.endheaders()
        answer = many.getresponse()
        self.assertEqual((answer.status, b"invalid_request" in answer.read()), (400, True))

    def testWithoutAKeyOrWithAWrongOneNobodyPasses(self):
        answer = self.kong.ask("/logs/today")
        self.assertEqual((answer.status, answer.code(), answer.headers["www-authenticate"]), (401, "missing_credential", "Bearer"))
        self.assertEqual(self.kong.ask("/logs/today", "sk-live_no").status, 401)
        self.assertEqual(self.kong.ask("/logs/today", self.service.auditor, {"authorization": f"Bearer {self.service.developer}"}).status, 401)

    def testAnotherRoleOrAnotherSpellingOfThePathDoesNotPass(self):
        answer = self.kong.ask("/logs/today", self.service.developer)
        self.assertEqual((answer.status, answer.code()), (403, "permission_denied"))
        for path in ("//logs/today", "/logs/../logs/today", "/%6cogs/today", "/LOGS/today", "/logs/today;x=y", "/logs%2ftoday"):
            with self.subTest(path):
                self.assertEqual(self.kong.ask(path, self.service.auditor).status, 403)

    def testBeyondAKeysLimitIsA429WithTheTimeToComeBack(self):
        slow = self.service.key("auditor", limits={"requestsPerSecond": 1})
        answer = next(a for a in (self.kong.ask("/logs/today", slow) for _ in range(50)) if a.status != 200)
        self.assertEqual((answer.status, answer.code(), answer.headers["retry-after"]), (429, "rate_limit_exceeded", "1"))

    def testWithoutAuthServiceNobodyPasses(self):
        kong = Kong(free_port())
        self.addCleanup(kong.stop)
        answer = kong.ask("/logs/today", self.service.auditor)
        self.assertEqual((answer.status, answer.headers["retry-after"]), (503, "5"))
        self.assertEqual(answer.json()["error"]["code"], "authorization_unavailable")


if __name__ == "__main__":
    unittest.main()
