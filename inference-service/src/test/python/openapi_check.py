"""Holds docs/openapi.yaml, the golden files and a running service to each other.

The classes Document and Golden need no service; Live reads address and key from OPENAI_BASE_URL and
OPENAI_API_KEY. Answers are also read with the types of the official packages for Python.
"""

import http.client
import json
import os
import re
import unittest
import urllib.parse

import openapi_spec_validator

from client_types import official_type, unknown_fields
from live_requests import requests
from openapi_contract import ROOT, Contract, events

GOLDEN = ROOT / "inference-service" / "src" / "test" / "resources" / "golden"
CONTRACT = Contract.load()


# The schema of a request, by the name of its table in docs/api.md.
TABLES = {
    "chat": "ChatRequest",
    "completions": "CompletionRequest",
    "embeddings": "EmbeddingsRequest",
    "tokenize": "TokenizeRequest",
    "detokenize": "DetokenizeRequest",
    "responses": "ResponsesRequest",
    "input_tokens": "InputTokensRequest",
    "messages": "MessagesRequest",
}


class Checks(unittest.TestCase):
    def check(self, about, pointer, instance):
        violations = CONTRACT.violations(pointer, instance)
        self.assertFalse(violations, f"{about}\n{pointer}\n" + "\n".join(violations) + f"\n{json.dumps(instance)[:2000]}")

    def check_body(self, about, method, path, status, body):
        self.check(about, CONTRACT.response_schema(method, path, status, "json"), body)
        if status == 200:
            self.check_type(about, path, body)

    def check_events(self, about, method, path, stream):
        """Each event; the last one is as documented, unless the stream failed."""
        self.assertTrue(stream, about)
        pointer = CONTRACT.response_schema(method, path, 200, "event")
        last = CONTRACT.last_event(method, path)
        failed = is_failure(stream[-1][1])
        if failed:
            self.check(about, CONTRACT.error_event_schema(method, path), stream[-1][1])
            stream = stream[:-1]
        elif last is not None:
            self.assertEqual(last, stream[-1][1], about)
            stream = stream[:-1]
        for name, data in stream:
            self.check(about, pointer, data)
            if name is not None:
                self.assertEqual(name, data["type"], about)
            self.check_type(about, path, data, name or "chunk")
        ids = {data["id"] for _, data in stream if "id" in data}
        self.assertLessEqual(len(ids), 1, about)

    def check_type(self, about, path, data, event=None):
        adapter = official_type(CONTRACT.route(path), event)
        if adapter is not None:
            read = adapter.validate_json(json.dumps(data), strict=True)
            self.assertEqual([], unknown_fields(read), f"{about}: not in the official package's {type(read).__name__}")


def is_failure(data):
    return isinstance(data, dict) and ("error" in data and set(data) <= {"type", "error"} and data["error"] is not None)


class Document(Checks):
    def test_the_document_is_valid(self):
        openapi_spec_validator.validate(CONTRACT.document)

    def test_no_response_has_fields_beyond_the_documented_ones(self):
        for name, schema in CONTRACT.document["components"]["schemas"].items():
            if not name.endswith("Request"):
                for at, node in objects(schema, name):
                    closed = "additionalProperties" in node or "unevaluatedProperties" in node
                    self.assertTrue(closed or "x-open" in node, f"{at} has properties and is open")

    def test_every_field_of_a_request_is_documented_as_it_is_treated(self):
        for table, schema in TABLES.items():
            fields = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", part("api.md", table), re.MULTILINE))
            documented = CONTRACT.document["components"]["schemas"][schema]["properties"]
            about = f"docs/api.md, {table}, and openapi.yaml, {schema}"
            self.assertEqual(set(fields), set(documented), about)
            refused = {name for name, treatment in fields.items() if treatment == "refused"}
            self.assertEqual(refused, {name for name, field in documented.items() if field.get("type") == "null"}, about)

    def test_every_error_code_is_documented_and_no_other(self):
        table = part("errors.md", "errors")
        codes = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
        error = CONTRACT.document["components"]["schemas"]["OpenAiError"]["properties"]["error"]
        self.assertEqual(codes, set(error["properties"]["code"]["enum"]))


def objects(schema, at):
    """Every schema of an object below a schema."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield at, schema
        for name, value in schema.items():
            yield from objects(value, f"{at}/{name}")
    elif isinstance(schema, list):
        for i, value in enumerate(schema):
            yield from objects(value, f"{at}/{i}")


def part(file, name):
    text = (ROOT / "docs" / file).read_text()
    return text.split(f"<!-- begin {name} -->")[1].split(f"<!-- end {name} -->")[0]


class Golden(Checks):
    def test_every_golden_answer_is_documented(self):
        files = sorted(GOLDEN.rglob("*.json"))
        self.assertTrue(files)
        for file in files:
            content = json.loads(file.read_text())
            for case in cases(content):
                self.check_case(f"{file.relative_to(GOLDEN)}: {case.get('about', '')}", case)

    def check_case(self, about, case):
        request = case["request"]
        method, path = request["method"], request["path"]
        with self.subTest(about):
            self.assertIsNotNone(case.get("response"), "not recorded")
            response = with_values(case["response"])
            status = response["status"]
            if "events" in response:
                self.check_events(about, method, path, [named(event) for event in response["events"] if not is_comment(event)])
            else:
                self.check_body(about, method, path, status, response["body"])
            pointer = CONTRACT.request_schema(method, path)
            if status == 200 and pointer is not None and "body" in request:
                self.check(f"{about}, the request", pointer, request["body"])


def cases(content):
    """A file is one case, a list of them, or a conversation of several turns."""
    if isinstance(content, list):
        return [case for element in content for case in cases(element)]
    if "request" in content:
        return [content]
    return [case for value in content.values() if isinstance(value, list) for case in cases(value)]


def with_values(node):
    """The words that stand in golden files for what differs each time are replaced by such values."""
    if isinstance(node, dict):
        return {name: with_value(name, value) for name, value in node.items()}
    return [with_values(value) for value in node] if isinstance(node, list) else node


def with_value(name, value):
    if name in ("created", "created_at", "completed_at") and value == "TIME":
        return 1_700_000_000
    if isinstance(value, str) and (name == "id" or name.endswith("_id")):
        return re.sub(r"(?<=[-_])ID$", "0" * 32, value)
    return with_values(value)


def is_comment(event):
    return isinstance(event, str) and event.startswith(":")


def named(event):
    if isinstance(event, dict) and set(event) == {"event", "data"}:
        return event["event"], event["data"]
    return None, event


class Live(Checks):
    def test_every_answer_of_a_running_service_is_documented(self):
        service = Service()
        answered = set()
        for request in requests(service):
            about = f"{request.method} {request.path} {str(request.body)[:500]}"
            with self.subTest(about):
                status, kind, text = service.send(request)
                self.assertEqual(request.status, status, f"{about}\n{text[:500]}")
                if kind.startswith("text/event-stream"):
                    self.check_events(about, request.method, request.path, events(text))
                else:
                    self.assertEqual("application/json", kind, about)
                    request.seen(json.loads(text))
                    self.check_body(about, request.method, request.path, status, json.loads(text))
                if status == 200:
                    answered.add((request.method, CONTRACT.route(request.path)))
                    pointer = CONTRACT.request_schema(request.method, request.path)
                    if pointer is not None:
                        self.check(f"{about}, the request", pointer, request.body)
        self.assertEqual(set(), set(CONTRACT.operations()) - answered, "documented, and never answered with a 200")


class Service:
    """The service behind OPENAI_BASE_URL."""

    def __init__(self):
        self.address = urllib.parse.urlsplit(os.environ["OPENAI_BASE_URL"])
        self.key = os.environ["OPENAI_API_KEY"]

    def send(self, request):
        """The status, the media type and the text of the answer."""
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=120)
        headers = {"authorization": f"Bearer {self.key}"} | request.headers
        body = None
        if request.body is not None:
            body = request.body if isinstance(request.body, bytes) else json.dumps(request.body).encode()
            headers = {"content-type": "application/json"} | headers
        connection.request(request.method, request.path, body, headers)
        reply = connection.getresponse()
        answer = reply.status, reply.headers.get("content-type", ""), reply.read().decode()
        connection.close()
        return answer


if __name__ == "__main__":
    unittest.main()
