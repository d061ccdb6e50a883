"""Clients that keep asking, and what became of each request. A request is a connection of its own, so that none is sent
into a connection that the edge is about to close: which clients otherwise have to try again.
"""

import http.client
import json
import ssl
import threading
import time


class Edge:
    """The platform as a client sees it: TLS 1.3, a key, and one certificate that is trusted."""

    def __init__(self, address, port, certificate, host, key=None):
        self.address, self.port, self.host, self.key = address, port, host, key
        self.context = ssl.create_default_context(cafile=certificate)
        self.context.check_hostname = False  # reached by its address

    def request(self, method, path, body=None, timeout=180, **headers):
        connection = http.client.HTTPSConnection(self.address, self.port, context=self.context, timeout=timeout)
        sent = {"Host": self.host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.key and "authorization" not in sent:
            sent["authorization"] = f"Bearer {self.key}"
        payload = None if body is None else json.dumps(body)
        if payload is not None:
            sent["content-type"] = "application/json"
        try:
            connection.request(method, path, payload, sent)
            return connection, connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def ask(self, method, path, body=None, **headers):
        connection, answer = self.request(method, path, body, **headers)
        try:
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def chat(self, question, tokens=16):
        """A streamed answer: its text, and when each piece came. Raises where it is not whole."""
        body = {
            "model": "SmolLM2-135M-Instruct", "stream": True, "max_tokens": tokens,
            "messages": [{"role": "user", "content": question}],
        }  # fmt: skip
        connection, answer = self.request("POST", "/v1/chat/completions", body)
        try:
            if answer.status != 200:
                raise AssertionError(f"status {answer.status}: {answer.read().decode()[:300]}")
            pieces, times = [], []
            for line in answer:
                if line.startswith(b"data: [DONE]"):
                    return "".join(pieces), times
                if line.startswith(b"data: "):
                    event = json.loads(line[6:])
                    if "error" in event:
                        raise AssertionError(f"in the stream: {event['error']}")
                    pieces.append(event["choices"][0]["delta"].get("content") or "" if event["choices"] else "")
                    times.append(time.monotonic())
            raise AssertionError(f"the stream ended after {len(times)} events without [DONE]")
        finally:
            connection.close()


class Load:
    """Some clients that ask one question after another until told to stop."""

    def __init__(self, edge, clients=3):
        self.edge = edge
        self.done, self.failures, self.slowest = 0, [], 0.0
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.client, args=(number,), daemon=True) for number in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def client(self, number):
        turn = 0
        while not self.over.is_set():
            turn += 1
            begun = time.monotonic()
            failure = None
            try:
                self.edge.chat(f"Client {number}, question {turn}: tell me something about the number {turn}.")
            except Exception as e:  # whatever it is: a client was not answered
                failure = f"{time.strftime('%H:%M:%S')} {type(e).__name__}: {e}"
            with self.lock:
                self.done += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)
                if failure:
                    self.failures.append(failure)
            if failure:
                self.over.wait(0.5)

    def said(self):
        return f"{self.done} requests, {len(self.failures)} failed, slowest {self.slowest:.1f} s"
