#!/usr/bin/env python3
"""Turns the operator's anomaly rules into watches of Elasticsearch, one JSON file a rule.

usage: rules.py RULES.json FOLDER [--index logs-deepseek-*] [--webhook HOST:PORT/PATH]
Load each with PUT _watcher/watch/NAME. A condition is the SQL of docs/operator.md over the fields that
a line has here (log_level, message, pod, node, container); a rule over others (exit_code, restarts,
reason, type) is about Kubernetes, which only the operator sees, and is named and left out.
"""

import argparse
import json
import pathlib
import re
import sys

FIELDS = {"log_level": "log_level", "message": "message.line", "pod": "pod", "node": "node", "container": "container"}
TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(<>|!=|<=|>=|[=<>(),])|(-?\d+(?:\.\d+)?)|([A-Za-z_][A-Za-z_0-9]*))")


class Elsewhere(Exception):
    """The rule is about a field that no log line has."""


def tokens(condition):
    found, at = [], 0
    condition = condition.rstrip()
    while at < len(condition):
        match = TOKEN.match(condition, at)
        if not match:
            raise ValueError(f"not understood from character {at} on: {condition[at:]}")
        found.append(match.group().strip())
        at = match.end()
    return found


class Condition:
    """Reads a condition by descent: OR, AND, NOT, then a comparison or brackets."""

    def __init__(self, condition):
        self.tokens = tokens(condition)
        self.query = self.either()
        if self.tokens:
            raise ValueError(f"not understood: {' '.join(self.tokens)}")

    def next_is(self, word):
        if self.tokens and self.tokens[0].upper() == word:
            self.tokens.pop(0)
            return True
        return False

    def expect(self, word):
        if not self.next_is(word):
            raise ValueError(f"{word} is expected before {' '.join(self.tokens) or 'the end'}")

    def either(self):
        parts = [self.both()]
        while self.next_is("OR"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else {"bool": {"should": parts, "minimum_should_match": 1}}

    def both(self):
        parts = [self.one()]
        while self.next_is("AND"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else {"bool": {"filter": parts}}

    def one(self):
        if self.next_is("NOT"):
            return {"bool": {"must_not": [self.one()]}}
        if self.next_is("("):
            inner = self.either()
            self.expect(")")
            return inner
        return self.comparison()

    def literal(self):
        token = self.tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        return float(token) if "." in token else int(token)

    def comparison(self):
        name = self.tokens.pop(0).lower()
        negated = self.next_is("NOT")
        if self.next_is("IS"):
            absent = not self.next_is("NOT")
            self.expect("NULL")
            query, negated = {"exists": {"field": self.field(name)}}, absent
        elif self.next_is("IN"):
            self.expect("(")
            values = [self.literal()]
            while self.next_is(","):
                values.append(self.literal())
            self.expect(")")
            query = {"terms": {self.field(name): values}}
        elif self.next_is("LIKE"):
            query = self.like(name, False)
        elif self.next_is("ILIKE"):
            query = self.like(name, True)
        else:
            operator, value = self.tokens.pop(0), self.literal()
            if operator in ("=", "<>", "!="):
                query, negated = {"term": {self.field(name): value}}, operator != "="
            else:
                query = {"range": {self.field(name): {{"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}[operator]: value}}}
        return {"bool": {"must_not": [query]}} if negated else query

    def like(self, name, blind):
        pattern = re.sub(r"([*?\\])", r"\\\1", self.literal()).replace("%", "*").replace("_", "?")
        return {"wildcard": {self.field(name): {"value": pattern, "case_insensitive": blind}}}

    def field(self, name):
        if name not in FIELDS:
            raise Elsewhere(name)
        return FIELDS[name]


def seconds(window):
    """The seconds of an ISO 8601 duration of days and less."""
    match = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", window)
    if not match:
        raise ValueError(f"no duration: {window}")
    return sum(int(part or 0) * unit for part, unit in zip(match.groups(), (86400, 3600, 60, 1)))


def watch(rule, index, webhook):
    window = max(60, seconds(rule["window"]))  # watches look once a minute
    host, _, path = webhook.partition("/")
    name, _, port = host.partition(":")
    return {
        "trigger": {"schedule": {"interval": "1m"}},
        "input": {"search": {"request": {"indices": [index], "body": {
            "size": 1,
            "sort": [{"@timestamp": "desc"}],
            "query": {"bool": {"filter": [Condition(rule["condition"]).query, {"range": {"@timestamp": {"gte": f"now-{window}s"}}}]}},
        }}}},
        "condition": {"compare": {"ctx.payload.hits.total": {"gte": rule["threshold"]}}},
        "throttle_period": f"{window}s",
        "actions": {"tell": {"webhook": {
            "scheme": "https", "host": name, "port": int(port or 443), "method": "post", "path": f"/{path}",
            "headers": {"Content-Type": "application/json"},
            "body": json.dumps({"text": f"{rule['name']}: {{{{ctx.payload.hits.total}}}} lines within {window} s"}),
        }}},
        "metadata": {"rule": rule},
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rules", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--index", default="logs-deepseek-*")
    parser.add_argument("--webhook", default="alerts.deepseek.example/anomalies")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for rule in json.loads(given.rules.read_text()):
        try:
            made = watch(rule, given.index, given.webhook)
        except Elsewhere as field:
            print(f"{rule['name']} is left to the operator: {field} is in no log line", file=sys.stderr)
            continue
        (given.folder / f"{rule['name']}.json").write_text(json.dumps(made, indent=2) + "\n")


if __name__ == "__main__":
    main()
