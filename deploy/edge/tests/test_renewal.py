"""certbot gets a certificate of a local ACME server, and renews it under a running stream."""

import http.client
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import unittest

from edge import JSON, ROOT, Edge, await_true, free_port, heard, upstream

NAME = "edge.deepseek.test"
PEBBLE, CERTBOT = os.environ.get("PEBBLE"), os.environ.get("CERTBOT_PACKAGES")
RENEWAL = ROOT / "deploy" / "edge" / "renewal"


class UnitsTest(unittest.TestCase):
    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze here: the units were not read")
    def testSystemdReadsTheUnits(self):
        # What certbot and the hook are is not installed here; anything else it says is a fault.
        said = subprocess.run(["systemd-analyze", "verify", *RENEWAL.glob("*.timer"), *RENEWAL.glob("*.service")], capture_output=True, text=True)
        faults = [line for line in said.stderr.splitlines() if "deepseek-certbot" in line and "is not executable" not in line]
        self.assertEqual(faults, [])


@unittest.skipUnless(PEBBLE and CERTBOT, "no certbot or no ACME server here: renewal was not tried")
class RenewalTest(unittest.TestCase):
    def setUp(self):
        self.edge = Edge(upstream(), upstream(), upstream()).start()
        self.addCleanup(self.edge.stop)
        self.work = self.edge.folder / "renewal"
        self.work.mkdir()
        self.names, self.directory = free_port(), free_port()
        self.spawn(f"{PEBBLE}-challtestsrv", "-dns01", f"127.0.0.1:{self.names}", "-management", f"127.0.0.1:{free_port()}",
                   "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "")  # fmt: skip
        certificates = self.edge.certificates
        certificates.issue(self.work / "pebble")
        settings = self.work / "pebble.json"
        settings.write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.directory}", "managementListenAddress": f"127.0.0.1:{free_port()}",
            "certificate": str(self.work / "pebble/fullchain.pem"), "privateKey": str(self.work / "pebble/privkey.pem"),
            "httpPort": self.edge.plain, "tlsPort": self.edge.port, "ocspResponderURL": "",
            "externalAccountBindingRequired": False, "retryAfter": {"authz": 1, "order": 1},
            "profiles": {"default": {"description": "d", "validityPeriod": 86400}},
        }}))  # fmt: skip
        self.spawn(PEBBLE, "-config", settings, "-dnsserver", f"127.0.0.1:{self.names}")
        await_true(60, "the ACME server answers", self.directory_answers)

    def spawn(self, *command):
        environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
        process = subprocess.Popen(list(map(str, command)), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

    def directory_answers(self):
        connection = http.client.HTTPSConnection("localhost", self.directory, timeout=5, context=self.edge.context())
        try:
            connection.request("GET", "/dir")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def certbot(self, *arguments):
        packages = pathlib.Path(CERTBOT)
        check = self.work / "check"
        command = self.edge.command("-t", "-q", log="stderr")
        check.write_text(f"#!/bin/sh\nLD_LIBRARY_PATH={command['env']['LD_LIBRARY_PATH']} exec {' '.join(map(str, command['args']))}\n")
        check.chmod(0o700)
        environment = {
            **os.environ,
            "PYTHONPATH": str(packages / "usr/lib/python3/dist-packages"),
            "REQUESTS_CA_BUNDLE": str(self.edge.certificates.authority),
            "EDGE_TLS": str(self.edge.configuration / "tls"),
            "EDGE_PID": str(self.edge.folder / "nginx.pid"),
            "EDGE_CHECK": str(check),
        }
        folders = [f"--{kind}-dir={self.work / kind}" for kind in ("config", "work", "logs")]
        done = subprocess.run(
            ["/usr/bin/python3", packages / "usr/bin/certbot", *arguments, *folders, "--non-interactive",
             "--no-random-sleep-on-renew", f"--server=https://localhost:{self.directory}/dir", f"--deploy-hook={RENEWAL / 'deploy-hook'}"],
            env=environment, capture_output=True, text=True, timeout=120)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def served(self):
        """The serial number of the certificate that is served, and for whom it is."""
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection("localhost", self.edge.port, timeout=10, context=context)
        connection.connect()
        pem = ssl.DER_cert_to_PEM_cert(connection.sock.getpeercert(binary_form=True))
        connection.close()
        said = subprocess.run(["openssl", "x509", "-noout", "-serial", "-ext", "subjectAltName"], input=pem, capture_output=True, text=True)
        return said.stdout

    def testACertificateIsIssuedAndRenewedAndNoStreamIsCut(self):
        self.certbot("certonly", "--webroot", "-w", str(self.edge.folder / "acme"), "-d", NAME, "--agree-tos",
                     "--register-unsafely-without-email")  # fmt: skip
        await_true(60, "nginx serves the certificate issued", lambda: NAME in self.served())
        first = self.served()

        connection = http.client.HTTPSConnection("localhost", self.edge.port, timeout=60, context=ssl._create_unverified_context())
        connection.request("POST", "/v1/chat/completions?step", json.dumps({"stream": True, "model": "m"}), {**JSON, "user-agent": "t", "accept": "*/*"})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        answer.readline()
        self.certbot("renew", "--force-renewal")
        await_true(60, "nginx serves the renewed certificate", lambda: NAME in self.served() and self.served() != first)
        heard()  # of the first event: the stream has waited meanwhile
        rest = b""
        while line := answer.readline():
            rest += line
            if line.startswith(b"data: {"):
                heard()
        self.assertTrue(rest.endswith(b"data: [DONE]\n\n"), "the stream that ran meanwhile ended as it should")
        connection.close()


if __name__ == "__main__":
    unittest.main()
