"""Kibana's own parser reads the saved searches."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
MODULES = os.environ.get("KIBANA_MODULES")
SEARCHES = HERE / "kibana/searches.ndjson"


def parsed(searches):
    return subprocess.run(["node", HERE / "kibana/parser/kql.js", MODULES, searches], capture_output=True, text=True, timeout=120)


def queries():
    """What Elasticsearch is asked for each saved search, by its id."""
    done = parsed(SEARCHES)
    assert done.returncode == 0, done.stderr
    return {line["id"]: line["query"] for line in map(json.loads, done.stdout.splitlines())}


def leaves(query, kind):
    """All the leaves of that kind, wherever in a query."""
    if isinstance(query, dict):
        return ([query[kind]] if kind in query else []) + [leaf for value in query.values() for leaf in leaves(value, kind)]
    return [leaf for value in query for leaf in leaves(value, kind)] if isinstance(query, list) else []


@unittest.skipUnless(MODULES, "no parser of Kibana here: the searches were not read by it")
class KibanaTest(unittest.TestCase):
    def testEverySearchIsAQuery(self):
        saved = [json.loads(line) for line in SEARCHES.read_text().splitlines()]
        self.assertEqual(list(queries()), [each["id"] for each in saved if each["type"] == "search"])

    def testWhatIsMeantAsAPatternIsOne(self):
        found = queries()
        self.assertEqual([leaf["fields"] for leaf in leaves(found["deepseek-administration"], "query_string")], [["path"]])
        for name, query in found.items():
            for phrase in leaves(query, "match_phrase"):
                self.assertNotIn("*", "".join(map(str, phrase.values())), f"{name}: in quotes a star is a star")

    def testASearchWithAMistakeIsRefused(self):
        with tempfile.TemporaryDirectory() as folder:
            wrong = pathlib.Path(folder) / "wrong.ndjson"
            wrong.write_text(SEARCHES.read_text().replace("or 429)", "or 429"))
            done = parsed(wrong)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("but end of input found", done.stderr)


if __name__ == "__main__":
    unittest.main()
