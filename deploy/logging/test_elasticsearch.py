"""Elasticsearch's own classes read what is loaded into it, and documents of real lines by the template."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import test_kibana
from service_lines import TRACE, service_lines

HERE = pathlib.Path(__file__).resolve().parent
CLASSES = os.environ.get("ELASTICSEARCH_CLASSES")
PIPELINE = (HERE / "logstash/deepseek.conf").read_text()


@unittest.skipUnless(CLASSES, "no classes of Elasticsearch here: elasticsearch/ was read as JSON alone")
class ElasticsearchTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.java = pathlib.Path(os.environ["JAVA_HOME"]) / "bin"
        cls.path = f"{cls.folder}:{CLASSES}"
        subprocess.run([cls.java / "javac", "-cp", CLASSES, "-d", cls.folder, HERE / "elasticsearch/reader/Reader.java"], check=True, timeout=300)

    def read(self, *arguments):
        return subprocess.run([self.java / "java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", self.path, "Reader", *arguments], capture_output=True, text=True, timeout=300)

    def understood(self, *arguments):
        done = self.read(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def changed(self, name, old, new):
        """A file of elasticsearch/ with a mistake in it."""
        text = (HERE / "elasticsearch" / name).read_text()
        self.assertIn(old, text)
        path = self.folder / name
        path.write_text(text.replace(old, new))
        return path

    def written(self, name, lines):
        path = self.folder / name
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    def testTheLifecycleIsOne(self):
        phases = self.understood("policy", HERE / "elasticsearch/lifecycle.json")
        self.assertEqual(sorted(phases), ["delete 30d delete", "hot 0s rollover set_priority", "warm 2d forcemerge set_priority shrink"])

    def testALifecycleWithAMistakeIsRefused(self):
        done = self.read("policy", self.changed("lifecycle.json", '"warm": {"min_age": "2d"', '"warm": {"min_age": "40d"'))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Your policy is configured to run the delete phase", done.stderr)

    def testTheTemplateTakesDocumentsOfRealLines(self):
        names = dict(re.findall(r'"\[line\]\[(\S+)\]" => "(\w+)"', PIPELINE))
        _, text = service_lines()
        lines = [json.loads(line) for each in text.values() for line in each.splitlines() if line.startswith("{")]
        lines.append({"@timestamp": "2026-11-22T23:00:00+01:00", "service": "edge", "level": "INFO", "client": "2001:db8::1", "method": "POST",
                      "path": "/v1/completions", "status": 200, "bytes": 512, "seconds": 0.25, "traceId": TRACE, "requestId": "f" * 32})  # fmt: skip
        documents = [{names[name]: value for name, value in line.items() if name in names} for line in lines]
        for document, line in zip(documents, lines):
            document |= {"@timestamp": document.pop("at"), "tags": ["seen"]} | ({"message": line["message"]} if "message" in line else {})
        indexed = self.understood("template", HERE / "elasticsearch/template.json", self.written("documents", documents))
        self.assertEqual(len(indexed), len(documents))
        for document, fields in zip(documents, indexed):
            found = set(fields.split())
            self.assertEqual(set(document) - found, set(), "every field but the unindexed is searched for")
            self.assertEqual("message" in document, "message.line" in found)

    def testATemplateWithAMistakeIsRefused(self):
        nothing = self.written("nothing", [])
        done = self.read("template", self.changed("template.json", '"index.codec"', '"index.codecs"'), nothing)
        self.assertIn("unknown setting [index.codecs]", done.stderr)
        done = self.read("template", self.changed("template.json", '"type": "ip"', '"type": "address"'), nothing)
        self.assertIn("The mapper type [address] declared on field [client] does not exist", done.stderr)
        done = self.read("template", HERE / "elasticsearch/template.json", self.written("wrong", [{"@timestamp": "2026-11-22T23:00:00Z", "client": "localhost"}]))
        self.assertIn("failed to parse field [client] of type [ip]", done.stderr)

    def testTheQueriesOfWatchesAreQueries(self):
        watches = self.folder / "watches"
        subprocess.run([sys.executable, HERE / "rules.py", HERE / "rules.json", watches], check=True)
        bodies = [json.loads(path.read_text())["input"]["search"]["request"]["body"] for path in watches.iterdir()]
        self.assertEqual(self.understood("queries", self.written("queries", [body["query"] for body in bodies])), ["bool"] * len(bodies))

    @unittest.skipUnless(test_kibana.MODULES, "no parser of Kibana here: its searches are no queries yet")
    def testTheQueriesOfSavedSearchesAreQueries(self):
        searched = self.written("searches", test_kibana.queries().values())
        self.assertEqual(set(self.understood("queries", searched)), {"bool"})

    def testLogstashsPatternFindsTheTraceOfARequestsLine(self):
        (pattern,) = re.findall(r'grok \{ match => \{ "message" => "(\S+)" \}', PIPELINE)
        _, text = service_lines()
        message = next(json.loads(line)["message"] for line in text["inference-service"].splitlines() if "POST /v1/completions" in line)
        self.assertEqual(self.understood("grok", pattern, message), [f"{{trace_id={TRACE}}}"])


if __name__ == "__main__":
    unittest.main()
