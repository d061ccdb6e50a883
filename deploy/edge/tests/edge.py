"""The edge as it is configured here, on free ports, in a folder of its own."""

import atexit
import functools
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "deploy" / "test"))
from services import await_true, free_port  # noqa: E402

PACKAGES = pathlib.Path(os.environ["EDGE_PACKAGES"])
JSON = {"content-type": "application/json"}


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = body

    def json(self):
        return json.loads(self.body)

    def code(self):
        """The code of an error, which has to be in the API's form."""
        assert self.headers["content-type"] == "application/json", self.headers
        error = self.json()["error"]
        assert set(error) == {"type", "param", "code", "message"}, error
        return error["code"]


class Certificates:
    """An authority of its own, and what it signs."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.authority = folder / "authority.pem"
        self.key = folder / "authority.key"
        openssl("req", "-x509", *EC, "-nodes", "-days", "2", "-subj", "/CN=Edge test", "-keyout", self.key, "-out", self.authority)

    def issue(self, to, extensions=()):
        """Writes privkey.pem, fullchain.pem and chain.pem for localhost."""
        to.mkdir(exist_ok=True)
        request, leaf, lines = to / "request.pem", to / "leaf.pem", to / "extensions.conf"
        lines.write_text("\n".join(["subjectAltName=DNS:localhost,IP:127.0.0.1", *extensions]) + "\n")
        openssl("req", *EC, "-new", "-nodes", "-subj", "/CN=localhost", "-keyout", to / "privkey.pem", "-out", request)
        openssl(
            "x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", self.key, "-CAcreateserial",
            "-days", "2", "-extfile", lines, "-out", leaf,
        )  # fmt: skip
        (to / "chain.pem").write_bytes(self.authority.read_bytes())
        (to / "fullchain.pem").write_bytes(leaf.read_bytes() + self.authority.read_bytes())
        return leaf


EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Edge:
    """nginx with deploy/edge/nginx; only paths, ports and the number of workers are others."""

    def __init__(self, inference, auth, protected, replace=(), waf=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="deepseek-edge-"))
        self.port, self.plain = free_port(), free_port()
        self.configuration = self.folder / "deepseek"
        shutil.copytree(ROOT / "deploy" / "edge" / "nginx", self.configuration)
        for name in ("log", "temporary", "acme"):
            (self.folder / name).mkdir()
        self.certificates = Certificates(self.folder / "certificates")
        self.certificates.issue(self.configuration / "tls")
        replacements = [
            ("/etc/nginx/unicode.mapping", f"{PACKAGES}/etc/nginx/unicode.mapping"),
            ("/etc/nginx/deepseek", str(self.configuration)),
            ("/usr/lib/nginx/modules", f"{PACKAGES}/usr/lib/nginx/modules"),
            ("/usr/share/modsecurity-crs", f"{PACKAGES}/usr/share/modsecurity-crs"),
            ("/var/log/nginx", f"{self.folder}/log"),
            ("/var/lib/deepseek/acme", f"{self.folder}/acme"),
            ("/run/nginx.pid", f"{self.folder}/nginx.pid"),
            ("worker_processes auto", "worker_processes 2"),
            ("listen 443 ", f"listen 127.0.0.1:{self.port} "),
            ("listen 80 ", f"listen 127.0.0.1:{self.plain} "),
            ("127.0.0.1:8080 ", f"127.0.0.1:{inference} "),
            ("127.0.0.1:8082 ", f"127.0.0.1:{auth} "),
            ("127.0.0.1:8090 ", f"127.0.0.1:{protected} "),
            ("\nhttp {\n", "\nhttp {\n" + self.temporary_paths()),
            *replace,
        ]
        if not waf:
            replacements.append(("modsecurity on;", "modsecurity off;"))
        for path in self.configuration.rglob("*.conf"):
            text = path.read_text()
            for old, new in replacements:
                text = text.replace(old, new)
            path.write_text(text)
        if os.getuid() == 0:
            main = self.configuration / "nginx.conf"
            main.write_text("user root;\n" + main.read_text())
        self.process = None

    def temporary_paths(self):
        kinds = {"client_body": "body", "proxy": "proxy", "fastcgi": "fastcgi", "uwsgi": "uwsgi", "scgi": "scgi"}
        return "".join(f"{kind}_temp_path {self.folder}/temporary/{name};\n" for kind, name in kinds.items())

    def command(self, *arguments, log=None):
        libraries = ":".join(str(path) for path in PACKAGES.glob("usr/lib/*-linux-gnu*"))
        program = PACKAGES / "usr/sbin/nginx"
        log = log or self.folder / "log" / "error.log"
        return dict(
            args=[program, "-c", self.configuration / "nginx.conf", "-e", log, *arguments],
            env={**os.environ, "LD_LIBRARY_PATH": libraries},
        )

    def check(self):
        """What nginx -t says."""
        done = subprocess.run(**self.command("-t", log="stderr"), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def start(self):
        self.process = subprocess.Popen(**self.command("-g", "daemon off;"), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        atexit.register(self.stop)
        await_true(120, "the edge answers", self.accepts)
        return self

    def accepts(self):
        if self.process.poll() is not None:
            raise AssertionError((self.folder / "log" / "error.log").read_text()[-3000:])
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def seconds(self):
        """The processor's time that its workers have taken so far."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        fields = [pathlib.Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split() for child in children]
        return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def context(self):
        return ssl.create_default_context(cafile=self.certificates.authority)

    def connection(self, source="127.0.0.1"):
        return http.client.HTTPSConnection(
            "localhost", self.port, timeout=30, context=self.context(), source_address=(source, 0)
        )

    def ask(self, method, path, body=None, headers=None, connection=None, source="127.0.0.1"):
        """Asks once, over HTTP/1.1; a body that is no bytes is sent as JSON."""
        used = connection or self.connection(source)
        try:
            if body is not None and not isinstance(body, bytes):
                body, headers = json.dumps(body).encode(), {**JSON, **(headers or {})}
            used.request(method, path, body, {"user-agent": "edge-test/1", "accept": "*/*", **(headers or {})})
            response = used.getresponse()
            return Answer(response, response.read())
        finally:
            if connection is None:
                used.close()

    def raw(self, data, wait=10):
        """All that comes back for these bytes, until the other side closes or is silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as plain:
            with self.context().wrap_socket(plain, server_hostname="localhost") as secure:
                secure.sendall(data)
                received = b""
                try:
                    while part := secure.recv(65536):
                        received += part
                except (TimeoutError, ssl.SSLError, ConnectionError):
                    pass
                return received


@functools.cache
def upstream():
    """The port of a server that tells what reached it."""
    port = free_port()
    process = subprocess.Popen([sys.executable, HERE / "upstream.py", str(port)])
    atexit.register(lambda: (process.kill(), process.wait()))

    def accepts():
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0

    await_true(60, "the upstream answers", accepts)
    return port


def heard():
    """Lets the upstream send the next event of a stream that is asked for step by step."""
    connection = http.client.HTTPConnection("127.0.0.1", upstream(), timeout=30)
    try:
        connection.request("POST", "/heard")
        connection.getresponse().read()
    finally:
        connection.close()


@functools.cache
def echoing():
    """An edge whose services all tell what reached them."""
    return Edge(upstream(), upstream(), upstream()).start()
