"""What hostile clients and bad days do to the packaged services: bytes that break HTTP's rules,
connections that are reset at every stage, no file descriptor left, a service that stands still.

JAVA_HOME and DEMO_MODEL come from the environment; the services have to be built. CANCELLATIONS is how
many requests are left by their clients, at random stages.
"""

import collections
import contextlib
import http.client
import json
import os
import pathlib
import random
import resource
import signal
import socket
import struct
import threading
import time
import unittest

from services import Platform, await_true

CANCELLATIONS = int(os.environ.get("CANCELLATIONS", "300"))
CLIENTS = 12
HOST = b"host: h\r\n"
LAST = b"connection: close\r\n\r\n"
CHUNKED = b"content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"

# Each breaks a rule of HTTP and can still be read.
MALFORMED = {
    "no Host": b"GET /health HTTP/1.1\r\n" + LAST,
    "two Hosts": b"GET /health HTTP/1.1\r\nhost: a\r\nhost: b\r\n" + LAST,
    "a target that is no path": b"GET ?a HTTP/1.1\r\n" + HOST + LAST,
}

# These have no path, and so nobody's words.
NO_HTTP = {
    "nonsense": (b"NONSENSE\r\n\r\n", 400),
    "bytes": (b"\x00\x01\x02\xff\r\n\r\n", 400),
    "a header that is none": (b"GET /health HTTP/1.1\r\nno header\r\n\r\n", 400),
    "a control character": (b"GET /health HTTP/1.1\r\nx: \x7f\r\n" + HOST + LAST, 400),
    "a long line": (b"GET /" + b"x" * 30000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "a long header": (b"GET /health HTTP/1.1\r\nx: " + b"x" * 30000 + b"\r\n" + HOST + b"\r\n", 431),
    "a length that is none": (
        b"POST /health HTTP/1.1\r\n" + HOST + b"content-length: -5\r\n\r\n{}",
        400,
    ),
    "two lengths": (
        b"POST /health HTTP/1.1\r\n" + HOST + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        400,
    ),
}


class Raw:
    """What comes back for bytes until the server ends the connection, which it has to."""

    def __init__(self, port, sent):
        self.text = b""
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(sent)
            with contextlib.suppress(ConnectionResetError):
                while piece := connection.recv(65536):
                    self.text += piece
        head, _, self.body = self.text.partition(b"\r\n\r\n")
        words = head.split(b" ", 2)
        self.status = int(words[1]) if len(words) > 1 else None

    def code(self):
        return json.loads(self.body)["error"]["code"]


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(os.environ["DEMO_MODEL"], cached=True, THREADS="1")
        cls.addClassCleanup(cls.platform.stop)
        cls.platform.start()
        cls.key = cls.platform.local_key("api-key")
        cls.services = (cls.platform.inference, cls.platform.auth, cls.platform.cache)

    def logged(self, service):
        return pathlib.Path(service.log).read_text(errors="replace")

    def test_1_what_breaks_http_is_told_so_by_every_service(self):
        for service in self.services:
            for what, sent in MALFORMED.items():
                with self.subTest(service.name, what=what):
                    reply = Raw(service.port, sent)
                    self.assertEqual((400, "malformed_request"), (reply.status, reply.code()))
            for what, (sent, status) in NO_HTTP.items():
                with self.subTest(service.name, what=what):
                    reply = Raw(service.port, sent)
                    self.assertEqual((status, b""), (reply.status, reply.body))
            with self.subTest(service.name, what="an escape that is none"):
                reply = Raw(service.port, b"GET /%zz HTTP/1.1\r\n" + HOST + LAST)
                told = "malformed_request" if service is self.platform.inference else ""
                self.assertEqual((400, told), (reply.status, reply.code() if reply.body else ""))
            with self.subTest(service.name, what="a target of another kind"):
                reply = Raw(service.port, b"CONNECT a:1 HTTP/1.1\r\n" + HOST + LAST)
                self.assertEqual((404, "unknown_url"), (reply.status, reply.code()))
            self.assertEqual(200, service.ask("GET", "/health").status)
            self.assertNotIn(" ERROR ", self.logged(service))

    def test_2_a_body_whose_chunks_are_none_ends_the_connection(self):
        bearer = b"authorization: Bearer " + self.key.encode() + b"\r\n"
        proof = b"x-deepseek-service-key: " + Platform.SERVICE_KEY.encode() + b"\r\n"
        for service, path, shown in (
            (self.platform.inference, b"/v1/chat/completions", bearer),
            (self.platform.auth, b"/v1/decisions", proof),
            (self.platform.cache, b"/v1/lookups", proof),
        ):
            for chunk in (b"ZZ\r\n{}\r\n", b"ffffffffffffffff\r\n{}", b"2\r\n{}XX0\r\n\r\n"):
                with self.subTest(service.name, chunk=chunk):
                    head = b"POST " + path + b" HTTP/1.1\r\n" + HOST + shown + CHUNKED
                    reply = Raw(service.port, head + chunk)
                    self.assertEqual(b"", reply.text)

    def test_3_a_key_of_strange_characters_is_a_wrong_key(self):
        head = b"GET /v1/models HTTP/1.1\r\n" + HOST + b"authorization: Bearer "
        for key in (b"\xff\xfe\x80", b"k" * 17000):
            with self.subTest(key=key[:4], length=len(key)):
                reply = Raw(self.platform.inference.port, head + key + b"\r\n" + LAST)
                self.assertEqual((401, "invalid_api_key"), (reply.status, reply.code()))
        self.assertNotIn("decides nothing", self.logged(self.platform.inference))

    def leave(self, stage, number):
        """One request, left at that stage: by a reset or by closing."""
        chance = random.Random(number)
        body = json.dumps(
            {
                "model": "demo",
                "prompt": f"Tell me tale {number % 31}.",
                "max_tokens": chance.choice((1, 5, 200)),
                "stream": number % 2 == 0,
                "temperature": chance.choice((0, 1)),
                "ignore_eos": True,
            }
        ).encode()
        head = (
            b"POST /v1/completions HTTP/1.1\r\n" + HOST + b"authorization: Bearer "
            + self.key.encode() + b"\r\ncontent-type: application/json\r\n"
            + b"content-length: %d\r\n\r\n" % len(body)
        )
        stages = (head[:40], head, head + body[:20], head + body)
        address = ("127.0.0.1", self.platform.inference.port)
        with socket.create_connection(address, timeout=60) as connection:
            connection.sendall(stages[min(stage, 3)])
            if stage == 4:
                connection.recv(10)
            elif stage == 5:
                connection.shutdown(socket.SHUT_WR)
            if chance.random() < 0.5:
                linger = struct.pack("ii", 1, 0)  # closing resets
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def test_4_clients_that_leave_at_any_stage_leave_nothing(self):
        left = collections.Counter()
        numbers = iter(range(CANCELLATIONS))
        lock = threading.Lock()

        def go_on():
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                self.leave(number % 6, number)
                with lock:
                    left[number % 6] += 1

        lines = self.logged(self.platform.inference).count("\n")
        threads = [threading.Thread(target=go_on) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(CANCELLATIONS, left.total())

        def nothing_is_held():
            metrics = self.platform.metrics()
            return all(
                metrics[name] == 0
                for name in (
                    "deepseek_requests_running",
                    "deepseek_requests_waiting",
                    "deepseek_authorization_reservations_open",
                    "deepseek_authorization_settlements_waiting",
                )
            )

        await_true(60, "every slot and every reservation is given back", nothing_is_held)
        self.assertEqual(200, self.platform.complete(self.key, 3).status)
        # Whoever may connect could fill the disk otherwise.
        self.assertLess(self.logged(self.platform.inference).count("\n") - lines, 20)

    def test_5_a_service_out_of_descriptors_serves_again_when_there_are_some(self):
        for service in self.services:
            with self.subTest(service.name):
                process = service.process.pid
                soft, hard = resource.prlimit(process, resource.RLIMIT_NOFILE)
                held = len(os.listdir(f"/proc/{process}/fd"))
                resource.prlimit(process, resource.RLIMIT_NOFILE, (held + 20, hard))
                strangers = []
                try:
                    for _ in range(60):
                        stranger = socket.create_connection(("127.0.0.1", service.port), timeout=20)
                        strangers.append(stranger)
                        stranger.sendall(b"GET /health HTTP/1.1\r\nho")
                    await_true(
                        60, "it has none left", lambda: "Too many open files" in self.logged(service)
                    )
                finally:
                    for stranger in strangers:
                        stranger.close()
                # With the limit as it is: the strangers' own descriptors are enough.
                self.assertEqual(200, service.ask("GET", "/health").status)
                resource.prlimit(process, resource.RLIMIT_NOFILE, (soft, hard))
                await_true(
                    60,
                    "a request is answered",
                    lambda: self.platform.complete(self.key, 2).status == 200,
                )

    def test_6_a_service_that_stands_still_is_waited_for_or_done_without(self):
        for service in (self.platform.cache, self.platform.auth):
            with self.subTest(service.name):
                begun = time.monotonic()
                service.process.send_signal(signal.SIGSTOP)
                asked = threading.Thread(target=self.complete_at_leisure, args=(service.name,))
                asked.start()
                time.sleep(max(0, begun + 2 - time.monotonic()))
                service.process.send_signal(signal.SIGCONT)
                asked.join(60)
                self.assertEqual(200, self.statuses.pop(service.name))

    statuses = {}

    def complete_at_leisure(self, name):
        with contextlib.suppress(OSError, http.client.HTTPException):
            self.statuses[name] = self.platform.complete(self.key, 4).status


if __name__ == "__main__":
    unittest.main(verbosity=2)
