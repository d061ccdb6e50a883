"""Services of the platform as processes, for tests that stop, kill and restart them."""

import atexit
import contextlib
import http.client
import json
import os
import pathlib
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    """A port that nobody else is given before the service of the test opens it.

    On Linux it stays bound here, without being listened at, as long as this process runs: a server,
    which may use an address again, can open it, and between two runs of a service it goes neither to
    another program nor to the near end of a connection. Elsewhere no second one may bind it.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    port = reserved.getsockname()[1]
    if sys.platform == "linux":
        atexit.register(reserved.close)
    else:
        reserved.close()
    return port


def await_true(limit, what, condition):
    """Seconds until the condition holds; fails when it does not in time."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > limit:
            raise AssertionError(f"not within {limit} s: {what}")
        time.sleep(0.02)
    return time.monotonic() - begun


class Reply:
    """An answer: read whole, or, of a stream that was asked for, as far as one likes."""

    def __init__(self, connection, stream):
        self.connection = connection
        self.response = connection.getresponse()
        self.status = self.response.status
        self.headers = {name.lower(): value for name, value in self.response.getheaders()}
        if not stream or self.status != 200:
            self.text = self.response.read().decode()
            self.leave()

    def json(self):
        return json.loads(self.text)

    def events(self):
        """The data of the events of a stream, as they come."""
        for line in self.response:
            if line.startswith(b"data: "):
                yield line[6:].strip().decode()

    def leave(self):
        # The response holds the socket too: without both of these the connection stays open.
        self.response.close()
        self.connection.close()


class Service:
    """One process, on ports of its own."""

    def __init__(self, name, port, environment, options=()):
        self.name = name
        self.port = port
        self.environment = environment
        self.options = options
        self.log = pathlib.Path(environment["WORK"]) / f"{name}.log"
        self.process = None

    def start(self):
        java = pathlib.Path(os.environ["JAVA_HOME"]) / "bin" / "java"
        jar = ROOT / self.name / "target" / "quarkus-app" / "quarkus-run.jar"
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [java, "-XX:+UseSerialGC", *self.options, "-jar", jar],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )
        return self

    def await_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} stopped:\n" + self.log.read_text()[-4000:])
            with contextlib.suppress(OSError):
                return self.ask("GET", "/health").status == 200
            return False

        await_true(180, f"{self.name} answers", ready)
        return self

    def kill(self):
        """As a machine that loses power does."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.kill()

    def ask(self, method, path, body=None, stream=False, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            payload = None if body is None else json.dumps(body)
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            if payload is not None:
                sent["content-type"] = "application/json"
            connection.request(method, path, payload, sent)
            return Reply(connection, stream)
        except BaseException:
            connection.close()
            raise


class Redis:
    """A Redis of its own: the machine's where it has one, else the one of cache-service's tests."""

    def __init__(self):
        self.work = tempfile.mkdtemp(prefix="deepseek-redis-")
        self.port = free_port()
        self.process = subprocess.Popen(
            [self.program(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            cwd=self.work,
            stdout=subprocess.DEVNULL,
        )
        await_true(30, "Redis answers", self.answers)

    def program(self):
        own = shutil.which("redis-server")
        if own:
            return own
        jars = pathlib.Path.home().glob(
            ".m2/repository/com/github/codemonstur/embedded-redis/*/embedded-redis-*.jar"
        )
        kind = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
        with zipfile.ZipFile(sorted(jars)[-1]) as jar:
            name = next(n for n in jar.namelist() if n.endswith(f"-linux-{kind}"))
            program = pathlib.Path(jar.extract(name, self.work))
        program.chmod(0o700)
        return program

    def answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)) as s:
            s.sendall(b"PING\r\n")
            return s.recv(7) == b"+PONG\r\n"
        return False

    def stop(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.work, ignore_errors=True)


class Platform:
    """The services as a local run has them, in a folder of their own; cache-service if asked for.

    Settings are environment variables for all of them.
    """

    LEASE_SECONDS = 4
    SERVICE_KEY = "a secret between the services of this test"

    def __init__(self, model, cached=False, redis=None, **settings):
        self.work = tempfile.mkdtemp(prefix="deepseek-test-")
        ports = [free_port() for _ in range(6)]
        environment = {
            "WORK": self.work,
            "HOST": "127.0.0.1",
            "AUTH_PORT": str(ports[0]),
            "AUTH_MANAGEMENT_PORT": str(ports[1]),
            "PORT": str(ports[2]),
            "MANAGEMENT_PORT": str(ports[3]),
            "MODEL": str(model),
            "DEEPSEEK_MODEL_ID": "demo",
            "CONTEXT": "4096",
            "DEEPSEEK_AUTH_URL": f"http://127.0.0.1:{ports[0]}",
            "DEEPSEEK_AUTH_SERVICE_KEY": self.SERVICE_KEY,
            "DEEPSEEK_AUTH_DATA_FOLDER": f"{self.work}/auth",
            "DEEPSEEK_AUTH_LOCAL_KEYS_FOLDER": self.work,
            "DEEPSEEK_AUTH_RESERVATION_LEASE": f"{self.LEASE_SECONDS}s",
            "DEEPSEEK_AUTH_RENEWAL_INTERVAL": "1s",
            "DRAIN_DELAY": "0s",
        }
        self.cache = None
        if cached:
            environment |= {
                "CACHE_PORT": str(ports[4]),
                "CACHE_MANAGEMENT_PORT": str(ports[5]),
                "DEEPSEEK_CACHE_URL": f"http://127.0.0.1:{ports[4]}",
                "DEEPSEEK_CACHE_SERVICE_KEY": self.SERVICE_KEY,
                "DEEPSEEK_CACHE_DATA_FOLDER": f"{self.work}/cache",
                # A busy machine may take longer than is waited elsewhere.
                "DEEPSEEK_CACHE_PATIENCE": "10s",
                "DEEPSEEK_AUTH_PATIENCE": "20s",
            }
            if redis is not None:
                environment |= {
                    "DEEPSEEK_CACHE_REDIS_HOSTS": f"redis://127.0.0.1:{redis.port}",
                    "DEEPSEEK_CACHE_REDIS_PATIENCE": "5s",
                    "DEEPSEEK_CACHE_MASTER_KEY": "0123456789abcdef" * 4,
                }
            self.cache = self.cache_service(environment, ports[4])
        environment |= settings
        self.auth = Service("auth-service", ports[0], environment)
        self.inference = self.inference_service(environment, ports[2])
        self.environment = environment
        self.more = []

    @staticmethod
    def cache_service(environment, port):
        return Service(
            "cache-service", port, environment, ["--enable-native-access=ALL-UNNAMED"]
        )

    @staticmethod
    def inference_service(environment, port):
        return Service(
            "inference-service",
            port,
            environment,
            ["--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"],
        )

    def start_more(self):
        """Another cache-service and an inference-service that asks it, beside the first ones."""
        ports = [free_port() for _ in range(4)]
        environment = self.environment | {
            "PORT": str(ports[0]),
            "MANAGEMENT_PORT": str(ports[1]),
            "CACHE_PORT": str(ports[2]),
            "CACHE_MANAGEMENT_PORT": str(ports[3]),
            "DEEPSEEK_CACHE_URL": f"http://127.0.0.1:{ports[2]}",
            "DEEPSEEK_CACHE_DATA_FOLDER": f"{self.work}/cache{len(self.more)}",
        }
        cache = self.cache_service(environment, ports[2]).start().await_ready()
        inference = self.inference_service(environment, ports[0]).start().await_ready()
        self.more += [cache, inference]
        return cache, inference

    def start(self):
        self.auth.start()
        self.inference.start()
        if self.cache is not None:
            self.cache.start().await_ready()
        self.auth.await_ready()
        self.inference.await_ready()

    def stop(self):
        for service in reversed(self.more):
            service.stop()
        self.inference.stop()
        if self.cache is not None:
            self.cache.stop()
        self.auth.stop()
        shutil.rmtree(self.work, ignore_errors=True)

    def metrics(self, inference=None):
        """The metrics of inference-service, each by its name with its labels."""
        port = int((inference or self.inference).environment["MANAGEMENT_PORT"])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", "/q/metrics")
            lines = connection.getresponse().read().decode().splitlines()
        finally:
            connection.close()
        pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
        return {name: float(value) for name, value in pairs}

    def local_key(self, name):
        return (pathlib.Path(self.work) / name).read_text().strip()

    def admin(self, method, path, body=None):
        reply = self.auth.ask(
            method, "/v1/admin" + path, body, authorization="Bearer " + self.local_key("admin-key")
        )
        if reply.status >= 300:
            raise AssertionError(f"{method} {path}: {reply.status} {reply.text}")
        return reply.json() if reply.text else None

    def new_key(self, **limits):
        """A developer's key of a tenant of its own: its id and itself."""
        tenant = self.admin("POST", "/tenants", {"name": f"tenant {time.monotonic_ns()}"})["id"]
        made = self.admin(
            "POST",
            "/keys",
            {"tenant": tenant, "name": "test", "role": "developer", "limits": limits},
        )
        return made["id"], made["key"]

    def complete(self, key, max_tokens, stream=False, path="/v1/completions"):
        body = {"model": "demo", "max_tokens": max_tokens, "stream": stream}
        if path.endswith("/messages"):
            body["messages"] = [{"role": "user", "content": "Hello"}]
        else:
            body |= {"prompt": "Once upon a time", "temperature": 0, "ignore_eos": True}
        return self.inference.ask("POST", path, body, stream, authorization="Bearer " + key)

    def used(self, key_id):
        """What the book has of a key: tokens of prompts and of answers."""
        rows = [row for row in self.admin("GET", "/usage")["data"] if row["key"] == key_id]
        return sum(row["promptTokens"] for row in rows), sum(row["completionTokens"] for row in rows)
