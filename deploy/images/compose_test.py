#!/usr/bin/env python3
"""deploy/compose.yaml against the schema of the Compose specification (compose_test.py SCHEMA.json), and
against the services: every variable is one that they read, every port, volume and user that of the image.
Exit status 2: PyYAML or jsonschema is not there.
"""

import json
import os
import re
import sys
import unittest

import stage

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"{missing.name} is not there", file=sys.stderr)
    sys.exit(2)

ROOT = os.path.dirname(os.path.dirname(stage.HERE))
SCHEMA = ""
CONFIGURATIONS = {
    "auth-service": ["auth-service/src/main/java/platform/deepseek/auth/service/AuthConfig.java"],
    "cache-service": ["cache-service/src/main/java/platform/deepseek/cache/service/CacheConfig.java"],
    "inference-service": ["docs/configuration.md"],
}


def text(path):
    with open(f"{ROOT}/{path}", encoding="utf-8") as file:
        return file.read()


def keys(java):
    """The keys of a configuration interface as environment variables, with those of nested interfaces."""
    prefix = re.search(r'@ConfigMapping\(prefix = "([^"]+)"', java).group(1)
    blocks, path, found = re.split(r"(\binterface \w+ \{|\})", java), [], set()
    for block in blocks:
        opened = re.match(r"interface (\w+) \{", block)
        if opened:
            path.append(opened.group(1))
        elif block == "}":
            path = path[:-1]
        else:
            for kind, method in re.findall(r"([\w<>]+) (\w+)\(\);", block):
                found.add((path[-1] if path else "", kind, method))
    return {variable for variable in expand(found, path_root(java), prefix)}


def path_root(java):
    return re.search(r"public interface (\w+) \{", java).group(1)


def expand(found, interface, prefix):
    interfaces = {owner for owner, _, _ in found}
    for owner, kind, method in found:
        if owner == interface:
            key = prefix + "." + re.sub(r"([A-Z])", lambda upper: "-" + upper.group(1).lower(), method)
            inner = re.sub(r"^Optional<(.*)>$", r"\1", kind)
            if inner in interfaces:
                yield from expand(found, inner, key)
            else:
                yield re.sub(r"[^A-Za-z0-9]", "_", key).upper()


class ComposeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.compose = yaml.safe_load(text("deploy/compose.yaml"))
        with open(SCHEMA, encoding="utf-8") as file:
            cls.schema = json.load(file)
        cls.own = {name: service for name, service in cls.compose["services"].items() if name in stage.services()}

    def test_theSchemaAcceptsIt(self):
        jsonschema.validate(self.compose, self.schema)

    def test_theSchemaRefusesAMisspeltKey(self):
        self.compose["services"]["redis"]["helthcheck"] = {}
        with self.assertRaises(jsonschema.ValidationError):
            jsonschema.validate(self.compose, self.schema)
        del self.compose["services"]["redis"]["helthcheck"]

    def test_everyVariableIsAKeyOfItsService(self):
        for name, service in self.own.items():
            known = set()
            for path in CONFIGURATIONS[name]:
                known |= keys(text(path)) if path.endswith(".java") else set(re.findall(r"^\| `(\w+)`", text(path), re.MULTILINE))
            self.assertGreater(len(known), 10)
            self.assertEqual(set(), set(service["environment"]) - known, name)

    def test_theServicesAreConfined(self):
        self.assertEqual({"auth-service", "cache-service", "inference-service"}, set(self.own))
        for service in self.own.values():
            self.assertEqual((stage.USER, True, ["ALL"], ["no-new-privileges:true"]),
                             (service["user"], service["read_only"], service["cap_drop"], service["security_opt"]))

    def test_volumesAndPortsAreThoseOfTheImages(self):
        for name, service in self.own.items():
            image = stage.services()[name]
            mounted = {volume.split(":")[1] for volume in service["volumes"]} | {entry.split(":")[0] for entry in service["tmpfs"]}
            self.assertEqual(set(image["volumes"]), mounted)
            for port in service.get("ports", []):
                self.assertEqual(str(image["ports"][0]), port.split(":")[-1])
            self.assertEqual(str(image["ports"][1]), service["healthcheck"]["test"][-1])
        self.assertIn("/data/models:/models:ro", self.own["inference-service"]["volumes"])
        self.assertIn("MAX_BATCH_SIZE", self.own["inference-service"]["environment"])


if __name__ == "__main__":
    SCHEMA = sys.argv[1]
    unittest.main(argv=sys.argv[:1])
