"""Traefik with the files of this folder asks a real auth-service, as nginx does."""

import http.client
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

from auth import auth_service
from edge import ROOT, Answer, Certificates, await_true, free_port, heard, upstream

PROGRAM = os.environ.get("TRAEFIK")


class Traefik:
    """Traefik as it is configured here; only paths and ports are others."""

    def __init__(self, auth, protected, replace=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="deepseek-traefik-"))
        self.port, self.plain = free_port(), free_port()
        self.certificates = Certificates(self.folder / "certificates")
        self.certificates.issue(self.folder / "tls")
        replacements = [
            ("/etc/traefik", str(self.folder)),
            ('":443"', f'"127.0.0.1:{self.port}"'),
            ('":80"', f'"127.0.0.1:{self.plain}"'),
            ("auth-service:8082", f"127.0.0.1:{auth}"),
            ("protected:8090", f"127.0.0.1:{protected}"),
            *replace,
        ]
        for path in (ROOT / "deploy/edge/traefik").glob("*.yaml"):
            text = path.read_text()
            for old, new in replacements:
                text = text.replace(old, new)
            (self.folder / path.name).write_text(text)
        self.log = self.folder / "traefik.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen([PROGRAM, f"--configFile={self.folder}/static.yaml"], stdout=log, stderr=log)
        try:
            await_true(60, "Traefik has a route", self.routes)
        except BaseException:
            self.stop()
            raise

    def routes(self):
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        try:
            return self.ask("/logs/today").status != 404
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def complaints(self):
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if line["level"] not in ("info", "debug")]

    def context(self):
        return ssl.create_default_context(cafile=self.certificates.authority)

    def connection(self, source="127.0.0.1"):
        return http.client.HTTPSConnection("localhost", self.port, timeout=30, context=self.context(), source_address=(source, 0))

    def ask(self, path, key=None, sent=None, source="127.0.0.1"):
        connection = self.connection(source)
        try:
            connection.request("GET", path, None, {**(sent or {}), **({"x-api-key": key} if key else {})})
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            connection.close()


@unittest.skipUnless(PROGRAM, "no Traefik here: deploy/edge/traefik was not tried")
class TraefikTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = auth_service()
        cls.traefik = Traefik(cls.service.port, upstream())
        cls.addClassCleanup(cls.traefik.stop)

    def testItComplainsOfNothing(self):
        self.assertEqual(self.traefik.complaints(), [])

    def testAKnownKeyPassesAndTheUpstreamIsToldWhose(self):
        believed = {"x-auth-role": "admin", "x-auth-tenant": "theirs", "x-forwarded-for": "203.0.113.9", "x-forwarded-uri": "/v1/models",
                    "x-forwarded-method": "POST", "x-original-uri": "/v1/models", "x-deepseek-service-key": "x", "forwarded": "for=203.0.113.9"}  # fmt: skip
        answer = self.traefik.ask("/logs/today?page=2", self.service.auditor, believed)
        self.assertEqual(answer.status, 200, answer.body)
        told = answer.json()
        reached = told["headers"]
        self.assertEqual(told["path"], "/logs/today?page=2")
        self.assertEqual((reached["x-auth-role"], reached["x-auth-tenant"]), ("auditor", self.service.tenant))
        self.assertEqual(reached["x-forwarded-for"], "127.0.0.1")
        for name in ("x-api-key", "authorization", "x-original-uri", "x-forwarded-uri", "x-forwarded-method", "x-deepseek-service-key", "forwarded"):
            self.assertNotIn(name, reached)

    def testWhatAClientSaysOfItselfGoesNoFurtherInWhateverSpelling(self):
        for name in ("X-AUTH-ROLE", "x-auth-role", "X_Auth_Role", "X.Auth.Role"):
            for hop in ("close", f"close, {name}"):
                with self.subTest(name, connection=hop):
                    reached = self.traefik.ask("/logs/today", self.service.auditor, sent={name: "admin", "connection": hop}).json()["headers"]
                    self.assertNotIn("admin", reached.values())
                    self.assertEqual(reached["x-auth-role"], "auditor")

    def testWithoutAKeyOrWithAWrongOneNobodyPasses(self):
        answer = self.traefik.ask("/logs/today")
        self.assertEqual((answer.status, answer.code(), answer.headers["www-authenticate"]), (401, "missing_credential", "Bearer"))
        self.assertEqual(self.traefik.ask("/logs/today", "sk-live_no").status, 401)

    def testAnotherRoleDoesNotPassInTheApisForm(self):
        answer = self.traefik.ask("/logs/today", self.service.developer)
        self.assertEqual((answer.status, answer.code()), (403, "permission_denied"))

    def testAnotherSpellingOfThePathIsRefusedOrIsTheOneThatTheRulesRead(self):
        for path in ("//logs/today", "/logs/../logs/today", "/%6cogs/today"):
            with self.subTest(path):
                self.assertEqual(self.traefik.ask(path, self.service.auditor).json()["path"], "/logs/today")
        for path in ("/LOGS/today", "/logs/today/", "/logs/today;x=y"):
            with self.subTest(path):
                self.assertEqual(self.traefik.ask(path, self.service.auditor).status, 403)
        for encoded in ("%2f", "%5c", "%00", "%3b", "%25", "%3f", "%23"):
            with self.subTest(encoded):
                self.assertEqual(self.traefik.ask(f"/logs{encoded}today", self.service.auditor).status, 400)

    def testBeyondAKeysLimitIsA429WithTheTimeToComeBack(self):
        slow = self.service.key("auditor", limits={"requestsPerSecond": 1})
        answer = next(a for a in (self.traefik.ask("/logs/today", slow) for _ in range(50)) if a.status != 200)
        self.assertEqual((answer.status, answer.code(), answer.headers["retry-after"]), (429, "rate_limit_exceeded", "1"))

    def testEachEventOfAStreamComesWhenItIsSent(self):
        connection = self.traefik.connection()
        self.addCleanup(connection.close)
        connection.request("GET", "/logs/stream?step", headers={"x-api-key": self.service.auditor})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200, answer.read() if answer.status != 200 else "")
        came = 0
        for line in answer:
            if line.startswith(b"data: {"):
                # The upstream sends no other one before it hears of this one, for three times as long.
                self.assertLess(time.time() - json.loads(line[6:])["sent"], 5, "an event was held back")
                heard()
                came += 1
        self.assertEqual(came, 6)

    def testTls12AndAnotherNameAreRefused(self):
        old = self.traefik.context()
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        for context, name in ((old, "localhost"), (self.traefik.context(), "elsewhere.example")):
            with self.subTest(name), socket.create_connection(("127.0.0.1", self.traefik.port), 10) as plain:
                with self.assertRaises(ssl.SSLError) as refused:
                    context.wrap_socket(plain, server_hostname=name)
                self.assertRegex(refused.exception.reason, "ALERT|UNRECOGNIZED_NAME")

    def testPlainHttpIsSentToTls(self):
        plain = http.client.HTTPConnection("127.0.0.1", self.traefik.plain, timeout=10)
        self.addCleanup(plain.close)
        plain.request("GET", "/logs/today", headers={"host": "localhost"})
        answer = plain.getresponse()
        answer.read()
        self.assertEqual((answer.status, answer.headers["location"][:18]), (301, "https://localhost:"))


@unittest.skipUnless(PROGRAM, "no Traefik here: deploy/edge/traefik was not tried")
class LimitTest(unittest.TestCase):
    def testBeyondTheLimitOfAnAddressIsA429AndAnotherAddressPasses(self):
        traefik = Traefik(auth_service().port, upstream(), [("average: 100", "average: 1"), ("burst: 200", "burst: 10")])
        self.addCleanup(traefik.stop)
        statuses = [traefik.ask("/logs/today", source="127.0.0.7").status for _ in range(40)]
        self.assertGreaterEqual(statuses.count(401), 10)
        self.assertGreater(statuses.count(429), 5)
        self.assertEqual(set(statuses), {401, 429})
        self.assertEqual(traefik.ask("/logs/today", source="127.0.0.8").status, 401)


@unittest.skipUnless(PROGRAM, "no Traefik here: deploy/edge/traefik was not tried")
class AbsentTest(unittest.TestCase):
    def testWithoutAuthServiceNobodyPasses(self):
        traefik = Traefik(free_port(), upstream())
        self.addCleanup(traefik.stop)
        self.assertGreaterEqual(traefik.ask("/logs/today", "sk-live_no").status, 500)


if __name__ == "__main__":
    unittest.main()
