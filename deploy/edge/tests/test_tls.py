"""TLS 1.3 alone, HTTP/2, and what pages are told."""

import http.client
import ssl
import subprocess
import unittest

from edge import Edge, await_true, echoing, free_port, upstream


class TlsTest(unittest.TestCase):
    def setUp(self):
        self.edge = echoing()

    def testNginxReadsItsConfigurationWithTheCoreRuleSet(self):
        said = self.edge.check()
        self.assertIn("test is successful", said)
        rules = int(said.split("inline/local/remote: 0/")[1].split("/")[0])
        self.assertGreater(rules, 2_000, "the rules of three areas")

    def testOlderVersionsAreRefused(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_1):
            context = self.edge.context()
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = version
            with self.assertRaises(ssl.SSLError):
                connection = http.client.HTTPSConnection("localhost", self.edge.port, timeout=10, context=context)
                connection.connect()

    def testTls13HasEphemeralKeysAndHttp2(self):
        context = self.edge.context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        connection = http.client.HTTPSConnection("localhost", self.edge.port, timeout=10, context=context)
        connection.connect()
        self.assertEqual(connection.sock.version(), "TLSv1.3")
        self.assertEqual(connection.sock.selected_alpn_protocol(), "h2")
        self.assertRegex(connection.sock.cipher()[0], "^TLS_(AES|CHACHA20)")
        connection.close()

    def testARequestOverHttp2IsAnswered(self):
        said = subprocess.run(
            ["curl", "-sS", "--http2", "--cacert", self.edge.certificates.authority, "-o", "/dev/null",
             "-w", "%{http_version} %{http_code}", f"https://localhost:{self.edge.port}/v1/models"],
            capture_output=True, text=True, timeout=20)  # fmt: skip
        self.assertEqual(said.stdout, "2 200", said.stderr)

    def testPagesHaveAPolicyAndEverythingHsts(self):
        api, page = self.edge.ask("GET", "/v1/models"), self.edge.ask("GET", "/logs/page")
        refused = self.edge.ask("GET", "/v1/models?x=<script>alert(1)</script>".replace("<", "%3C"))
        for answer in (api, page, refused):
            self.assertEqual(answer.headers["strict-transport-security"], "max-age=63072000; includeSubDomains")
            self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
            self.assertNotIn("server", {k for k, v in answer.headers.items() if "/" in v and k == "server"})
        self.assertIn("default-src 'none'", page.headers["content-security-policy"])
        self.assertIn("frame-ancestors 'none'", page.headers["content-security-policy"])
        self.assertNotIn("content-security-policy", api.headers)

    def testPlainHttpOnlyPointsToTls(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.edge.plain, timeout=10)
        connection.request("GET", "/v1/models", headers={"Host": "localhost"})
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.headers["location"]), (308, "https://localhost/v1/models"))
        connection.close()

    def testACertificateWithAResponderIsStapled(self):
        responder = free_port()
        edge = Edge(upstream(), upstream(), upstream())
        self.addCleanup(edge.stop)
        certificates, tls = edge.certificates, edge.configuration / "tls"
        leaf = certificates.issue(tls, [f"authorityInfoAccess=OCSP;URI:http://127.0.0.1:{responder}"])
        serial = subprocess.run(["openssl", "x509", "-in", leaf, "-noout", "-serial"], capture_output=True, text=True)
        number = serial.stdout.strip().split("=")[1]
        index = edge.folder / "index.txt"
        index.write_text(f"V\t401231235959Z\t\t{number}\tunknown\t/CN=localhost\n")
        process = subprocess.Popen(
            ["openssl", "ocsp", "-port", str(responder), "-index", index, "-CA", certificates.authority,
             "-rkey", certificates.key, "-rsigner", certificates.authority, "-ndays", "1"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        edge.start()

        def stapled():
            said = subprocess.run(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{edge.port}", "-servername", "localhost", "-status"],
                input=b"", capture_output=True, timeout=20)  # fmt: skip
            return b"OCSP Response Status: successful" in said.stdout and b"Cert Status: good" in said.stdout

        await_true(60, "the answer of the responder is stapled", stapled)


if __name__ == "__main__":
    unittest.main()
