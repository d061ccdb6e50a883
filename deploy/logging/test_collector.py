"""The OpenTelemetry Collector with otel/collector.yaml reads lines of real services and of the edge, and a
receiver of ours is told of each."""

import datetime
import gzip
import http.server
import json
import os
import pathlib
import re
import ssl
import subprocess
import tempfile
import threading
import unittest

from service_lines import ROOT, SPAN, TRACE, await_true, service_lines

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = os.environ.get("OTELCOL")
CONTAINER = "pods/models_deepseek-inference-0_0aa4a6e2-5b1c-4d7e-8f1a-6a3f1c9d2b70/inference-service"
CRASH = "Error: Could not find or load main class"
# What the test changes: JSON instead of protobuf, and no waiting for more.
QUICK = """
exporters: {otlp_http: {encoding: json}}
processors: {batch: {timeout: 100ms}}
service: {telemetry: {metrics: {level: none}}}
"""
SEVERITIES = {"TRACE": 1, "DEBUG": 5, "INFO": 9, "WARN": 13, "WARNING": 13, "ERROR": 17, "FATAL": 21, "UNKNOWN": 0}


def value(told):
    """A value of OTLP's JSON form."""
    ((kind, plain),) = told.items() or (("none", None),)
    return {"intValue": int, "arrayValue": lambda array: [value(each) for each in array["values"]]}.get(kind, lambda same: same)(plain)


class Record:
    """One record of a log as it arrived."""

    def __init__(self, told, resource):
        self.body = value(told["body"])
        self.nanoseconds = int(told.get("timeUnixNano", 0))
        self.severity = told.get("severityNumber", 0)
        self.trace, self.span = told.get("traceId", ""), told.get("spanId", "")
        self.resource = {each["key"]: value(each["value"]) for each in resource.get("attributes", ())}
        self.fields = {each["key"]: value(each["value"]) for each in told["attributes"]}


class Receiver:
    """Takes OTLP over HTTPS."""

    def __init__(self, folder):
        self.records, self.paths = [], set()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                told = json.loads(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
                receiver.paths.add(self.path)
                for resource in told["resourceLogs"]:
                    for scope in resource["scopeLogs"]:
                        receiver.records += [Record(each, resource["resource"]) for each in scope["logRecords"]]
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *arguments):
                pass

        self.certificate = folder / "ca.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=receiver",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "ca.key", "-out", self.certificate],
            check=True, capture_output=True)  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, folder / "ca.key")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def edge_line(**values):
    """A line of the edge, as its log_format makes it."""
    text = (ROOT / "deploy/edge/nginx/http.conf").read_text().split("log_format deepseek")[1].split("access_log")[0]
    form = "".join(re.findall(r"'([^']*)'", text))
    return re.sub(r"\$(\w+)", lambda name: values[name.group(1)], form)


@unittest.skipUnless(PROGRAM, "no OpenTelemetry Collector here: otel/ was not tried")
class CollectorTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.key, cls.text = service_lines()
        cls.receiver = Receiver(folder)
        cls.addClassCleanup(cls.receiver.stop)
        for name in (CONTAINER, "deepseek", "nginx"):
            (folder / name).mkdir(parents=True)
        options = []
        for name, text in ("collector", None), ("to-otlp", None), ("quick", QUICK):
            path = folder / f"{name}.yaml"
            text = text or (HERE / "otel" / path.name).read_text()
            path.write_text(text.replace("/var/log", str(folder)).replace("/etc/otel/tls", str(folder)))
            options += ["--config", path]
        # What was there before the collector is not its business, and tells us when it looks.
        for old in ("deepseek/old.log", "nginx/access.json"):
            (folder / old).write_text("a line of yesterday\n")
        environment = {**os.environ, "OTLP_ENDPOINT": f"https://127.0.0.1:{cls.receiver.server.server_port}", "NODE_NAME": "node-1"}
        subprocess.run([PROGRAM, "validate", *options], env=environment, check=True, timeout=120)
        cls.log = folder / "otelcol.log"
        with cls.log.open("w") as log:
            process = subprocess.Popen([PROGRAM, *options], env=environment, stdout=log, stderr=log)
        cls.addClassCleanup(lambda: (process.terminate(), process.wait(30)))
        await_true(60, "it watches", lambda: cls.log.read_text().count("Started watching file") == 2 or process.poll() is not None)
        assert process.poll() is None, cls.log.read_text()

        for name, text in cls.text.items():
            (folder / "deepseek" / f"{name}.log").write_text(text)
        cls.asked = next(line for line in cls.text["inference-service"].splitlines() if "POST /v1/completions 200" in line)
        stamp = "2026-11-22T23:00:00.123456789Z"
        (folder / CONTAINER / "0.log").write_text(
            f"{stamp} stdout F {cls.asked}\n{stamp} stderr P {CRASH[:20]}\n{stamp} stderr F {CRASH[20:]}\n")
        with (folder / "nginx" / "access.json").open("a") as access:
            access.writelines(line + "\n" for line in cls.edge())
        cls.expected = sum(len(text.splitlines()) for text in cls.text.values()) + 2 + 2
        await_true(60, "every line has arrived", lambda: len(cls.receiver.records) >= cls.expected)

    @staticmethod
    def edge():
        values = {"time_iso8601": "2026-11-22T23:00:00+01:00", "remote_addr": "203.0.113.9", "request_method": "POST", "uri": "/v1/completions",
                  "status": "200", "body_bytes_sent": "512", "request_time": "0.250", "upstream_header_time": "0.100", "upstream_addr": "127.0.0.1:8080",
                  "deepseek_trace_id": TRACE, "request_id": "f" * 32}  # fmt: skip
        return edge_line(**values), edge_line(**{**values, "deepseek_trace_id": "", "status": "429"})

    def of(self, service):
        return [record for record in self.receiver.records if record.fields["service"] == service]

    def testEveryLineArrivesOnceAndNothingIsComplainedOf(self):
        self.assertEqual(len(self.receiver.records), self.expected)
        self.assertEqual(self.receiver.paths, {"/v1/logs"})
        complaints = [line for line in self.log.read_text().splitlines() if re.search(r"\t(warn|error|fatal)\t", line)]
        self.assertEqual(complaints, [])

    def testFieldsAreThoseOfTheTemplateWithTheirValues(self):
        mapped = set(json.loads((HERE / "elasticsearch/template.json").read_text())["template"]["mappings"]["properties"])
        for record in self.receiver.records:
            self.assertEqual(set(record.fields) - mapped, set())
        for name, text in self.text.items():
            lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
            arrived = [record for record in self.of(name) if "pod" not in record.fields]
            self.assertEqual(len(arrived), len(lines))
            for line, record in zip(lines, arrived):
                self.assertEqual(record.body, line["message"])
                self.assertEqual(record.fields["message"], line["message"])
                self.assertEqual(record.fields["node"], "node-1")
                for ours, theirs in {"log_level": "level", "logger": "loggerName", "thread": "threadName", "host_name": "hostName", "process": "processId"}.items():
                    self.assertEqual(record.fields[ours], line[theirs])
                self.assertEqual(record.severity, SEVERITIES[line["level"]])
                at = datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", line["timestamp"]))
                self.assertEqual(record.nanoseconds // 1000, round(at.timestamp() * 1_000_000))

    def testARequestsLineBringsItsTrace(self):
        asked = [record for record in self.of("inference-service") if record.body.startswith("POST /v1/completions")]
        self.assertEqual(len(asked), 4)
        for record in asked:
            self.assertEqual((record.trace, record.span, record.fields["trace_id"]), (TRACE, SPAN, TRACE))

    def testALineOfAContainerBringsItsPod(self):
        (record,) = [record for record in self.of("inference-service") if "pod" in record.fields]
        self.assertEqual((record.fields["pod"], record.fields["container"]), ("deepseek-inference-0", "inference-service"))
        self.assertEqual(record.resource["k8s.namespace.name"], "models")
        self.assertEqual(record.body, json.loads(self.asked)["message"])

    def testWhatIsNoJsonArrivesWholeAndIsSaidToBeSo(self):
        (record,) = [record for record in self.of("unknown") if record.body == CRASH]
        self.assertEqual((record.fields["tags"], record.fields["log_level"], record.fields["message"]), (["not_json"], "UNKNOWN", CRASH))
        self.assertEqual(record.fields["pod"], "deepseek-inference-0")

    def testTheEdgesLinesArriveWithTheirTimeAndTrace(self):
        traced, other = sorted(self.of("edge"), key=lambda record: record.fields["status"])
        self.assertEqual(
            traced.fields,
            {"service": "edge", "log_level": "INFO", "client": "203.0.113.9", "method": "POST", "path": "/v1/completions", "status": 200,
             "bytes": 512, "seconds": 0.25, "trace_id": TRACE, "request_id": "f" * 32})  # fmt: skip
        self.assertEqual((traced.trace, traced.severity, traced.nanoseconds), (TRACE, 9, 1795384800_000_000_000))
        self.assertEqual((other.trace, other.fields["status"]), ("", 429))

    def testNoPromptAndNoKeyArrives(self):
        told = repr([(record.body, record.fields) for record in self.receiver.records])
        self.assertNotIn("by mistake", told)
        self.assertNotIn(self.key, told)


if __name__ == "__main__":
    unittest.main()
