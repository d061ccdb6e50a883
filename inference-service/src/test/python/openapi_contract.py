"""docs/openapi.yaml as something to hold requests and responses against."""

import json
import pathlib
import re

import jsonschema
import referencing
import referencing.jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[4]
DOCUMENT = ROOT / "docs" / "openapi.yaml"
BASE = "urn:api"

# Whose error a path without a route has, first match first.
ERRORS = [
    (re.compile(r"/(anthropic|v1/messages)(/|$)"), "AnthropicError"),
    (re.compile(r"/(beta|chat|completions|models|user)(/|$)"), "DeepSeekError"),
    (re.compile(r"/"), "OpenAiError"),
]


class Contract:
    def __init__(self, document):
        self.document = document
        resource = referencing.Resource(contents=document, specification=referencing.jsonschema.DRAFT202012)
        self.registry = referencing.Registry().with_resource(BASE, resource)
        self.routes = [(self.pattern(path), path) for path in document["paths"]]

    @staticmethod
    def load():
        return Contract(yaml.safe_load(DOCUMENT.read_text()))

    @staticmethod
    def pattern(path):
        # Only a model's id may hold slashes.
        parts = re.split(r"(\{\w+\})", path)
        named = {"{model}": ".+"}
        return re.compile("".join(named.get(p, "[^/]+") if p.startswith("{") else re.escape(p) for p in parts) + "$")

    def route(self, path):
        """The documented path, or None. One without a parameter is preferred."""
        path = path.split("?")[0]
        found = [route for pattern, route in self.routes if pattern.match(path)]
        return min(found, key=lambda route: route.count("{"), default=None)

    def operations(self):
        """All (method, path) there are."""
        for path in self.document["paths"]:
            item, _ = self.follow(f"/paths/{escaped(path)}")
            for method in ("get", "post", "put", "delete", "patch"):
                if method in item:
                    yield method.upper(), path

    def follow(self, pointer):
        """What lies at a pointer, and the pointer of where it lies, references followed."""
        node = self.document
        for part in pointer.split("/")[1:]:
            node = node[part.replace("~1", "/").replace("~0", "~")]
        if isinstance(node, dict) and set(node) == {"$ref"}:
            return self.follow(node["$ref"].removeprefix("#"))
        return node, pointer

    def request_schema(self, method, path):
        operation, at = self.operation(method, path)
        if operation is None or "requestBody" not in operation:
            return None
        return f"{at}/requestBody/content/application~1json/schema"

    def response_schema(self, method, path, status, kind):
        """The pointer of the schema of a body of this kind ("json") or of each event ("event")."""
        operation, at = self.operation(method, path)
        if operation is None:
            name = next(name for pattern, name in ERRORS if pattern.match(path))
            return f"/components/schemas/{name}"
        key = str(status) if str(status) in operation["responses"] else "default"
        if key == "default" and status < 400:
            raise AssertionError(f"{method} {path}: status {status} is not documented")
        response, at = self.follow(f"{at}/responses/{key}")
        if kind == "event":
            media, schema = "text/event-stream", "x-event-schema"
        else:
            media, schema = "application/json", "schema"
        if media not in response["content"]:
            raise AssertionError(f"{method} {path}: {media} with status {status} is not documented")
        return f"{at}/content/{escaped(media)}/{schema}"

    def last_event(self, method, path):
        """The data of the event after all others, or None."""
        operation, _ = self.operation(method, path)
        return operation["responses"]["200"]["content"]["text/event-stream"].get("x-last-event")

    def error_event_schema(self, method, path):
        """The schema of the event that tells of a failure: the body's of any other failure."""
        return self.response_schema(method, path, 500, "json")

    def operation(self, method, path):
        route = self.route(path)
        if route is None:
            return None, None
        item, at = self.follow(f"/paths/{escaped(route)}")
        operation = item.get(method.lower())
        if operation is None:  # a wrong method is told in the words of the path's other methods
            method = next(name for name in ("post", "get") if name in item)
            operation = item[method]
        return operation, f"{at}/{method.lower()}"

    def violations(self, pointer, instance):
        """What is wrong with an instance, one line each."""
        validator = jsonschema.Draft202012Validator({"$ref": f"{BASE}#{pointer}"}, registry=self.registry)
        return [line for error in validator.iter_errors(instance) for line in lines(error)]


def lines(error):
    """An error, and what lies below an alternative that came nearest."""
    where = "/".join(str(part) for part in error.absolute_path)
    yield f"at /{where}: {error.message[:300]}"
    if error.context:
        nearest = jsonschema.exceptions.best_match([error])
        yield f"  nearest: {nearest.message[:300]}"


def escaped(part):
    return part.replace("~", "~0").replace("/", "~1")


def events(text):
    """The events of a stream as (name or None, data), comments left out."""
    found = []
    for block in text.split("\n\n"):
        name, data = None, None
        for line in block.split("\n"):
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                data = line.removeprefix("data: ")
            elif line and not line.startswith(":"):
                raise AssertionError(f"not a line of an event: {line!r}")
        if data is not None:
            found.append((name, data if data == "[DONE]" else json.loads(data)))
    return found
