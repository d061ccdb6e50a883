"""The chart's edge as nginx runs it: what goes on of a request, and who is asked. EDGE_PACKAGES is a folder in which
nginx lies unpacked, HELM the program; helm/test.sh sets both.
"""

import http.server
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

from rendered import ROOT, TESTS, files_of, template

sys.path.insert(0, str(ROOT / "deploy" / "test"))
from services import await_true, free_port  # noqa: E402

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Played(http.server.ThreadingHTTPServer):
    """A model, which tells what reached it, and auth-service's /verify."""

    def __init__(self):
        self.asked = []
        super().__init__(("127.0.0.1", 0), Answering)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answering(http.server.BaseHTTPRequestHandler):
    # The keys that there are, and what /verify says of each.
    KEYS = {"Bearer good": 200, "Bearer other": 403, "Bearer busy": 429, "Bearer broken": 500}

    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path == "/verify":
            self.server.asked.append((headers, body))
            status = self.KEYS.get(headers.get("authorization"), 401)
            told = {"x-auth-tenant": "t1", "x-auth-role": "developer"} if status == 200 else {"retry-after": "7"}
            self.answer(status, b"", told)
        else:
            self.answer(200, json.dumps({"headers": headers, "body": body.decode()}).encode(), {})

    do_GET = do_POST

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Edge(unittest.TestCase):
    SETTINGS = ()

    @classmethod
    def setUpClass(cls):
        work = tempfile.TemporaryDirectory(prefix="deepseek-chart-edge-")
        cls.addClassCleanup(work.cleanup)
        cls.folder = pathlib.Path(work.name)
        cls.folder.chmod(0o755)
        cls.played = Played()
        cls.addClassCleanup(cls.played.server_close)
        cls.addClassCleanup(cls.played.shutdown)
        cls.port = free_port()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-keyout", cls.folder / "tls.key", "-out", cls.folder / "tls.crt"],
            check=True, capture_output=True, timeout=60)  # fmt: skip
        (cls.folder / "tls.key").chmod(0o644)  # workers are somebody else where this runs as root
        (cls.folder / "nginx.conf").write_text(cls.configuration())
        packages = pathlib.Path(os.environ["EDGE_PACKAGES"])
        libraries = ":".join(str(path) for path in packages.glob("usr/lib/*-linux-gnu*"))
        with open(cls.folder / "error.log", "w") as log:
            cls.nginx = subprocess.Popen(
                [packages / "usr/sbin/nginx", "-c", cls.folder / "nginx.conf", "-e", cls.folder / "error.log", "-g", "daemon off;"],
                env={**os.environ, "LD_LIBRARY_PATH": libraries}, stderr=log)  # fmt: skip
        cls.addClassCleanup(cls.end)
        await_true(60, "the edge answers", cls.answers)

    @classmethod
    def end(cls):
        cls.nginx.terminate()
        try:
            cls.nginx.wait(30)
        except subprocess.TimeoutExpired:
            cls.nginx.kill()
            cls.nginx.wait(30)
            raise

    @classmethod
    def configuration(cls):
        """As rendered, with the ports, files and servers of this test."""
        status, text, said = template(*files_of(TESTS / "values" / "minimal.yaml"), *cls.SETTINGS)
        assert status == 0, said
        found = re.search(r"^  nginx\.conf: \|\n((?:    .*\n|\n)+)", text, re.M)[1]
        played = f"http://127.0.0.1:{cls.played.server_port}"
        for pattern, here in {
            r"listen 8081;": f"listen 127.0.0.1:{free_port()};",
            r"listen 8443 ssl": f"listen 127.0.0.1:{cls.port} ssl",
            r"/etc/nginx/tls/": f"{cls.folder}/",
            r"/dev/stdout": f"{cls.folder}/access.log",
            r"(/tmp/)(?=nginx\.pid|body|proxy|fastcgi|uwsgi|scgi)": f"{cls.folder}/",
            r"resolver kube-dns\S+": "resolver 127.0.0.1",
            r"http://\S+\.svc\.cluster\.local(:8082)?;": f"{played};",
        }.items():
            found, count = re.subn(pattern, here, found)
            assert count, pattern
        return found

    @classmethod
    def answers(cls):
        try:
            return cls.ask("GET", "/health")[0] == 200
        except OSError:
            return False

    @classmethod
    def ask(cls, method, path, body=None, **headers):
        context = ssl._create_unverified_context()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = urllib.request.Request(f"https://127.0.0.1:{cls.port}{path}", body, sent, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=20, context=context) as reply:
                return reply.status, dict(reply.headers), json.load(reply)
        except urllib.error.HTTPError as refused:
            return refused.code, dict(refused.headers), refused.read().decode()


class OpenEdgeTest(Edge):
    """Models that ask auth-service themselves."""

    def test_the_key_goes_on_and_what_a_client_says_of_itself_does_not(self):
        status, _, reached = self.ask("POST", "/v1/chat/completions", b"{}", authorization="Bearer any", x_auth_tenant="theirs",
                                      x_forwarded_for="203.0.113.9", x_original_uri="/v1/models", forwarded="for=a")  # fmt: skip
        self.assertEqual(200, status)
        headers = reached["headers"]
        self.assertEqual("Bearer any", headers["authorization"])
        self.assertEqual("127.0.0.1", headers["x-forwarded-for"])
        for name in ("x-auth-tenant", "x-original-uri", "forwarded"):
            self.assertNotIn(name, headers)
        self.assertEqual([], self.played.asked)

    def test_a_request_has_its_trace_or_begins_one_and_it_is_in_the_log(self):
        _, _, kept = self.ask("GET", "/v1/models", traceparent=TRACE)
        self.assertEqual(TRACE, kept["headers"]["traceparent"])
        begun = self.ask("GET", "/v1/models?key=secret", traceparent="junk")[2]["headers"]["traceparent"]
        self.assertRegex(begun, r"^00-[0-9a-f]{32}-[0-9a-f]{16}-01$")
        log = self.folder / "access.log"
        await_true(60, "both are logged", lambda: begun[3:35] in log.read_text())
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        self.assertIn(TRACE[3:35], [line["traceId"] for line in lines])
        self.assertNotIn("secret", log.read_text())


class VerifyingEdgeTest(Edge):
    """Models that ask nobody: exposure.verify."""

    SETTINGS = ("--set", "exposure.verify=true")

    def test_a_known_key_passes_stays_here_and_the_model_is_told_whose_it_is(self):
        before = len(self.played.asked)
        status, _, reached = self.ask("POST", "/v1/chat/completions?a=1", b'{"a":1}', authorization="Bearer good", x_auth_role="admin", x_original_uri="/")
        self.assertEqual((200, '{"a":1}'), (status, reached["body"]))
        headers = reached["headers"]
        self.assertEqual(("t1", "developer"), (headers["x-auth-tenant"], headers["x-auth-role"]))
        for name in ("authorization", "x-api-key", "x-original-uri"):
            self.assertNotIn(name, headers)
        (asked, body), = self.played.asked[before:]
        self.assertEqual(b"", body)
        self.assertEqual(("/v1/chat/completions?a=1", "POST"), (asked["x-original-uri"], asked["x-original-method"]))
        self.assertEqual(("Bearer good", "127.0.0.1"), (asked["authorization"], asked["x-forwarded-for"]))
        self.assertNotIn("x-auth-role", asked)

    def test_nobody_else_passes_and_is_told_in_the_apis_form(self):
        for key, status, code in (
            (None, 401, "invalid_api_key"),
            ("Bearer wrong", 401, "invalid_api_key"),
            ("Bearer other", 403, "permission_denied"),
            ("Bearer busy", 429, "rate_limit_exceeded"),
            ("Bearer broken", 503, "authorization_unavailable"),
        ):
            found, headers, text = self.ask("POST", "/v1/chat/completions", b"{}", **({"authorization": key} if key else {}))
            with self.subTest(key):
                self.assertEqual((status, code), (found, json.loads(text)["error"]["code"]))
                self.assertEqual("application/json", headers["Content-Type"])
                self.assertEqual("Bearer" if status == 401 else None, headers.get("WWW-Authenticate"))
                self.assertEqual("7", headers.get("Retry-After"))

    def test_verify_and_what_services_ask_each_other_are_not_there_from_outside(self):
        for path in ("/_verify", "/verify", "/v1/decisions"):
            self.assertEqual(404, self.ask("GET", path, authorization="Bearer good")[0], path)

    def test_health_asks_for_no_key(self):
        self.assertEqual(200, self.ask("GET", "/health")[0])


# What the others have in common is no test of its own.
del Edge


if __name__ == "__main__":
    unittest.main(verbosity=2)
