"""What the services log as JSON, and whether the files of this folder read just that."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from service_lines import TRACE, service_lines

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]

class LinesTest(unittest.TestCase):
    """auth-service and inference-service as processes, asked for an answer."""

    @classmethod
    def setUpClass(cls):
        cls.key, cls.text = service_lines()
        cls.lines = {name: [json.loads(line) for line in text.splitlines() if line.startswith("{")] for name, text in cls.text.items()}

    def testALineIsOneObjectThatSaysWhoWhenAndHowBad(self):
        for name, lines in self.lines.items():
            self.assertGreater(len(lines), 2, self.text[name][:2000])
            for line in lines:
                self.assertEqual(line["service"], name)
                self.assertIn(line["level"], ("TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL"))
                self.assertRegex(line["timestamp"], r"^\d{4}-\d\d-\d\dT")
                self.assertTrue(line["message"])

    def testARequestsLineHasItsTrace(self):
        asked = [line for line in self.lines["inference-service"] if line["message"].startswith("POST /v1/completions")]
        self.assertEqual(len(asked), 3, self.lines["inference-service"])
        for line in asked:
            self.assertRegex(line["message"], rf"^POST /v1/completions \d{{3}} \d+ ms 00-{TRACE}-")

    def testNoPromptAndNoKeyIsLogged(self):
        for name, text in self.text.items():
            self.assertNotIn("by mistake", text, name)
            self.assertNotIn(self.key, text, name)
            self.assertNotIn("user=secret", text, name)

    def testLogstashReadsTheFieldsThatThereAre(self):
        line = self.lines["inference-service"][-1]
        pipeline = (HERE / "logstash/deepseek.conf").read_text()
        for field in ("timestamp", "level", "service", "loggerName", "threadName", "hostName", "processId"):
            self.assertIn(field, line)
            self.assertIn(f'"[line][{field}]"', pipeline)
        self.assertIn("00-(?<trace_id>[0-9a-f]{32})-[0-9a-f]{16}-", pipeline)


class FilesTest(unittest.TestCase):
    def testWhatThePipelineWritesIsInTheTemplate(self):
        mapped = json.loads((HERE / "elasticsearch/template.json").read_text())["template"]["mappings"]["properties"]
        pipeline = (HERE / "logstash/deepseek.conf").read_text()
        written = set(re.findall(r'"\[(?:line|kubernetes)\]\S+" => "(\w+)"', pipeline)) - {"at"}
        self.assertGreater(len(written), 15)
        self.assertEqual(written - set(mapped), set())

    def testTheEdgesFieldsAreRead(self):
        logged = set(re.findall(r'"(@?\w+)":', (ROOT / "deploy/edge/nginx/http.conf").read_text().split("log_format")[1].split("access_log")[0]))
        pipeline = (HERE / "logstash/deepseek.conf").read_text()
        for field in logged - {"firstByte", "upstream"}:
            self.assertIn(f'"[line][{field}]"', pipeline)

    def testSearchesAskForMappedFieldsAlone(self):
        mapped = set(json.loads((HERE / "elasticsearch/template.json").read_text())["template"]["mappings"]["properties"])
        saved = [json.loads(line) for line in (HERE / "kibana/searches.ndjson").read_text().splitlines()]
        known = {each["id"] for each in saved}
        for each in saved[1:]:
            source = json.loads(each["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
            asked = set(re.findall(r"(\w+) (?::|>|<)", source["query"]["query"])) | set(each["attributes"]["columns"])
            self.assertEqual(asked - mapped, set(), each["id"])
            self.assertTrue({reference["id"] for reference in each["references"]} <= known)

    def testTheLifecycleOfTheTemplateIsTheOneHere(self):
        template = json.loads((HERE / "elasticsearch/template.json").read_text())["template"]
        self.assertEqual(template["settings"]["index.lifecycle.name"], "deepseek-logs")
        phases = json.loads((HERE / "elasticsearch/lifecycle.json").read_text())["policy"]["phases"]
        self.assertEqual(phases["delete"]["min_age"], "30d")

    def testYamlIsYaml(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("no PyYAML here: filebeat.yml was not read")
        read = yaml.safe_load((HERE / "filebeat/filebeat.yml").read_text())
        self.assertIn("output.logstash", read)
        parsed = [path for each in read["filebeat.inputs"] if "parsers" in each for path in each["paths"]]
        self.assertEqual(parsed, ["/var/log/containers/*deepseek*.log"], "files of containers alone have a container's frame")


class RulesTest(unittest.TestCase):
    def made(self, rules):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        if not isinstance(rules, pathlib.Path):
            (folder / "rules.json").write_text(json.dumps(rules))
            rules = folder / "rules.json"
        done = subprocess.run([sys.executable, HERE / "rules.py", rules, folder / "made"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return {path.stem: json.loads(path.read_text()) for path in (folder / "made").iterdir()}, done.stderr

    def query(self, condition):
        made, _ = self.made([{"name": "a", "condition": condition, "window": "PT5M", "threshold": 3}])
        return made["a"]["input"]["search"]["request"]["body"]["query"]["bool"]["filter"][0]

    def testEveryRuleHereBecomesAWatch(self):
        made, left = self.made(HERE / "rules.json")
        self.assertEqual(set(made), {rule["name"] for rule in json.loads((HERE / "rules.json").read_text())})
        self.assertEqual(left, "")

    def testTheExampleOfTheOperatorsPageIsWhatItSays(self):
        page = (ROOT / "docs/operator.md").read_text()
        condition = re.search(r'"condition": "(log_level=.*?)"', page).group(1)
        self.assertEqual(
            self.query(condition),
            {"bool": {"filter": [{"term": {"log_level": "ERROR"}}, {"wildcard": {"message.line": {"value": "*CUDA out of memory*", "case_insensitive": False}}}]}},
        )

    def testTheBuiltInRuleIsLeftToTheOperator(self):
        made, left = self.made(ROOT / "operator/src/main/resources/anomaly/built-in.json")
        self.assertEqual((made, left), ({}, "gpu-out-of-memory is left to the operator: exit_code is in no log line\n"))

    def testTheOtherFormsOfAConditionAreRead(self):
        self.assertEqual(self.query("pod IN ('a', 'b')"), {"terms": {"pod": ["a", "b"]}})
        self.assertEqual(self.query("NOT (node IS NULL)"), {"bool": {"must_not": [{"bool": {"must_not": [{"exists": {"field": "node"}}]}}]}})
        self.assertEqual(self.query("message NOT ILIKE 'it''s_%'")["bool"]["must_not"][0]["wildcard"]["message.line"], {"value": "it's?*", "case_insensitive": True})


if __name__ == "__main__":
    unittest.main()
