"""Streams pass the edge as they come, and limits answer as the API does."""

import json
import time
import unittest

from edge import JSON, Edge, echoing, free_port, heard, upstream


def events(edge, path="/v1/chat/completions", wish="hi"):
    """Of each event of a stream: when it left the upstream, and when it came."""
    connection = edge.connection()
    body = json.dumps({"stream": True, "model": "m", "messages": [{"role": "user", "content": wish}]})
    connection.request("POST", path, body, {**JSON, "user-agent": "t", "accept": "*/*"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    try:
        for line in answer:
            if line.startswith(b"data: {"):
                yield json.loads(line[6:])["sent"], time.time()
            elif line.startswith(b"data: [DONE]"):
                yield None, time.time()
    finally:
        connection.close()


class StreamTest(unittest.TestCase):
    def testEachEventComesWhenItIsSent(self):
        for path in ("/v1/chat/completions", "/v1/messages", "/v1/responses", "/beta/completions"):
            with self.subTest(path):
                count = 0
                for sent, came in events(echoing(), path, "step by step"):
                    if sent is not None:
                        # The upstream sends no other one before it hears of this one, for three times as long.
                        self.assertLess(came - sent, 5, "an event was held back")
                        heard()
                    count += 1
                self.assertEqual(count, 7)

    def testAReloadCutsNoStream(self):
        edge = Edge(upstream(), upstream(), upstream()).start()
        self.addCleanup(edge.stop)
        stream = events(edge)
        next(stream)
        edge.reload()
        self.assertEqual(edge.ask("GET", "/v1/models").status, 200)
        rest = list(stream)
        self.assertEqual(len(rest), 6)
        self.assertIsNone(rest[-1][0], "the stream ended with [DONE]")


class LimitTest(unittest.TestCase):
    def testBeyondTheLimitOfAnAddressIsA429InTheApisForm(self):
        edge = Edge(upstream(), upstream(), upstream(), [("rate=100r/s", "rate=6r/m"), ("burst=200", "burst=10")]).start()
        self.addCleanup(edge.stop)
        answers = [edge.ask("GET", "/v1/models", source="127.0.0.7") for _ in range(40)]
        refused = [answer for answer in answers if answer.status != 200]
        self.assertGreater(len(answers) - len(refused), 10)
        self.assertGreater(len(refused), 5)
        for answer in refused:
            self.assertEqual((answer.status, answer.code(), answer.headers["retry-after"]), (429, "rate_limit_exceeded", "1"))
        self.assertEqual(edge.ask("GET", "/v1/models", source="127.0.0.8").status, 200, "another address")


class UpstreamTest(unittest.TestCase):
    def testAServerThatIsAwayIsLeftOut(self):
        dead = free_port()
        two = f"server 127.0.0.1:{dead} max_fails=3 fail_timeout=10s; server 127.0.0.1:{upstream()} max_fails=3 fail_timeout=10s;"
        one = f"server 127.0.0.1:{upstream()} max_fails=3 fail_timeout=10s;"
        edge = Edge(upstream(), upstream(), upstream(), [(one, two)]).start()
        self.addCleanup(edge.stop)
        for _ in range(12):
            self.assertEqual(edge.ask("POST", "/v1/chat/completions", {"model": "m", "messages": []}).status, 200)

    def testWithoutAnyServerItIsA503InTheApisForm(self):
        edge = Edge(free_port(), free_port(), free_port()).start()
        self.addCleanup(edge.stop)
        answer = edge.ask("GET", "/v1/models")
        self.assertEqual((answer.status, answer.code(), answer.headers["retry-after"]), (503, "service_unavailable", "5"))
        answer = edge.ask("GET", "/logs/today")
        self.assertEqual((answer.status, answer.code()), (503, "authorization_unavailable"))


if __name__ == "__main__":
    unittest.main()
