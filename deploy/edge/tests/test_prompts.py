"""Ordinary prompts pass, though they are full of SQL, shell, HTML and code."""

import hashlib
import json
import statistics
import sys
import time
import unittest

from edge import HERE, JSON, Edge, echoing, upstream

PROMPTS = [json.loads(line)["text"] for line in (HERE / "prompts.jsonl").read_text().splitlines()]


def user(content):
    return [{"role": "user", "content": content}]


def called(arguments):
    call = {"id": "call_1", "type": "function", "function": {"name": "run_query", "arguments": arguments}}
    return [*user("go"), {"role": "assistant", "content": None, "tool_calls": [call]}, {"role": "tool", "tool_call_id": "call_1", "content": arguments}]


def used(text):
    return [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "run", "input": {"command": text}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": text}]}]},
    ]


def function(text):
    schema = {"type": "object", "properties": {"sql": {"type": "string", "description": text}, "a b; --": {"type": "string"}}}
    return {"name": "run_query", "description": text, "parameters": schema}


# Each way in which a prompt reaches a model: the address, and the body less model and stream.
WAYS = [
    ("/v1/chat/completions", lambda text: {"messages": user(text)}),
    ("/v1/chat/completions", lambda text: {"messages": user([{"type": "text", "text": text}])}),
    ("/beta/chat/completions", lambda text: {"messages": [{"role": "system", "content": text}, *user("go")], "stop": [text[:20], "</b>"]}),
    ("/chat/completions", lambda text: {"messages": called(json.dumps({"query": text}))}),
    ("/v1/chat/completions", lambda text: {"messages": user("go"), "tools": [{"type": "function", "function": function(text)}]}),
    ("/v1/completions", lambda text: {"prompt": text, "suffix": text}),
    ("/beta/completions", lambda text: {"prompt": [text, text]}),
    ("/v1/messages", lambda text: {"max_tokens": 9, "system": text, "messages": user(text), "stop_sequences": [text[:20]]}),
    ("/anthropic/v1/messages", lambda text: {"max_tokens": 9, "system": [{"type": "text", "text": text}], "messages": used(text)}),
    ("/v1/messages/count_tokens", lambda text: {"messages": user(text), "tools": [{"name": "t", "description": text, "input_schema": {"type": "object"}}]}),
    ("/v1/responses", lambda text: {"input": text, "instructions": text}),
    ("/v1/responses", lambda text: {"input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}]}),
    ("/v1/responses", lambda text: {"input": [{"type": "function_call", "call_id": "c1", "name": "f", "arguments": text}, {"type": "function_call_output", "call_id": "c1", "output": text}]}),
    ("/v1/embeddings", lambda text: {"input": text}),
    ("/v1/embeddings", lambda text: {"input": [text, "other"]}),
    ("/tokenize", lambda text: {"prompt": text}),
    ("/v1/tokenize", lambda text: {"messages": user(text)}),
]  # fmt: skip


class PromptTest(unittest.TestCase):
    def testThereAre300OfThemAndAllDiffer(self):
        self.assertGreaterEqual(len(set(PROMPTS)), 300)

    def testEveryPromptPassesWholeOnItsWay(self):
        edge, refused = echoing(), []
        for number, text in enumerate(PROMPTS):
            if number % 50 == 0:  # from another address: one may ask 200 times at once
                connection = edge.connection(f"127.0.1.{1 + number // 50}")
                self.addCleanup(connection.close)
            # Three of the seventeen ways each, so that every way sees more than fifty prompts.
            for way in range(3):
                path, form = WAYS[(number + 6 * way) % len(WAYS)]
                body = json.dumps({"model": "deepseek-r1:8b", "user": "team-4", **form(text)}).encode()
                answer = edge.ask("POST", path, body, JSON, connection)
                if answer.status != 200:
                    refused.append((path, text, answer.status))
                else:
                    self.assertEqual(answer.json()["sha256"], hashlib.sha256(body).hexdigest())
        self.assertEqual(refused, [])

    def testEveryPromptPassesAsAStream(self):
        edge, refused = echoing(), []
        for number, text in enumerate(PROMPTS):
            path, form = WAYS[number % 13]
            body = {"stream": True, "model": "m", **form(text)}
            connection = edge.connection(f"127.0.2.{1 + number // 150}")
            connection.request("POST", path, json.dumps(body), {**JSON, "user-agent": "t", "accept": "text/event-stream"})
            answer = connection.getresponse()
            if answer.status != 200 or not answer.readline().startswith(b"data: {"):
                refused.append((path, text, answer.status))
            answer.close()
            connection.close()
        self.assertEqual(refused, [])

    def testAllPromptsInOneConversationPass(self):
        turns = [{"role": role, "content": text} for text in PROMPTS for role in ("user", "assistant")]
        self.assertEqual(echoing().ask("POST", "/v1/chat/completions", {"model": "m", "messages": turns}).status, 200)

    def testWhatTheRulesCostIsTold(self):
        plain = Edge(upstream(), upstream(), upstream(), waf=False).start()
        self.addCleanup(plain.stop)
        bodies = {
            "a short chat": {"model": "m", "messages": user("hello")},
            "a prompt of 1 MB": {"model": "m", "messages": user("SELECT <b> " * 95_000)},
            "a chat of 200 messages": {"model": "m", "messages": user(PROMPTS[0]) * 200},
        }
        for name, body in bodies.items():
            sent, medians = json.dumps(body).encode(), []
            for edge in (plain, echoing()):
                connection, times = edge.connection(), []
                for _ in range(20):
                    begun = time.perf_counter()
                    self.assertEqual(edge.ask("POST", "/v1/chat/completions", sent, JSON, connection).status, 200)
                    times.append(time.perf_counter() - begun)
                connection.close()
                medians.append(statistics.median(times) * 1e3)
            print(f"the rules cost {name} {medians[1] - medians[0]:.1f} ms ({medians[0]:.1f} ms without)", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
