"""The other files of the edge, each by its own program where that can be had."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import textwrap
import unittest

from edge import ROOT, Edge, upstream

EDGE = ROOT / "deploy" / "edge"
HOST = os.environ.get("HOST_PACKAGES")
# Whether this machine lets us make a network of our own.
NETWORK = shutil.which("unshare") and subprocess.run(["unshare", "--map-root-user", "--net", "true"], capture_output=True).returncode == 0

# A network of two hosts: the edge with its firewall and servers on eight ports, and a client that
# knocks at each of them and then opens 1,500 connections.
TWO_HOSTS = """
set -e
unshare --net sleep 120 & client=$!
trap 'kill $client $servers 2>/dev/null' EXIT
ip link set lo up
until [ "$(readlink /proc/$client/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
ip link add edge0 type veth peer name client0 netns $client
ip address add 192.0.2.1/24 dev edge0 && ip link set edge0 up
in_client() { nsenter --net=/proc/$client/ns/net "$@"; }
in_client ip link set lo up
in_client ip address add 192.0.2.2/24 dev client0
in_client ip link set client0 up
nft -f "$1"
python3 "$2" servers & servers=$!
in_client python3 "$2" client
nft -j list counters table inet deepseek_edge
nft -j list set inet deepseek_edge loud4
"""

KNOCKING = """
import errno, selectors, socket, sys, time
PORTS = [22, 25, 80, 443, 5432, 6379, 8080, 8081, 8082, 9000]
if sys.argv[1] == "servers":
    selector = selectors.DefaultSelector()
    for port in PORTS:
        selector.register(socket.create_server(("192.0.2.1", port), backlog=4096), selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            key.fileobj.accept()[0].close()

def opens(port, patience):
    try:
        socket.create_connection(("192.0.2.1", port), patience).close()
        return True
    except OSError:
        return False

begun = time.monotonic()
until = begun + 20
while not opens(80, 0.5) and time.monotonic() < until:
    pass
print(*[port for port in PORTS if opens(port, 0.5)])
print(sum(opens(443, 5) for _ in range(1500)), int(time.monotonic() - begun))
"""


def program(name):
    libraries = ":".join(str(path) for path in pathlib.Path(HOST).glob("usr/lib/*-linux-gnu*"))
    found = next(path for path in (pathlib.Path(HOST) / "usr").glob(f"*bin/{name}"))
    return found, {**os.environ, "LD_LIBRARY_PATH": libraries, "PATH": f"{HOST}/usr/sbin:{HOST}/sbin:{HOST}/bin:{os.environ['PATH']}:/usr/sbin:/sbin"}


@unittest.skipUnless(HOST, "no nftables and no bind9-utils here: firewall and zone were not read")
class HostTest(unittest.TestCase):
    def testBindReadsTheZone(self):
        check, environment = program("named-checkzone")
        done = subprocess.run([check, "-i", "local", "-D", "deepseek.example", EDGE / "dns/deepseek.example.zone"], env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        records = [line.split() for line in done.stdout.splitlines() if " IN " in line.replace("\t", " ")]
        self.assertGreater(len(records), 10)
        self.assertEqual({record[1] for record in records}, {"300"}, "every record lives five minutes")

    @unittest.skipUnless(NETWORK, "no network namespaces here: the firewall was not tried")
    def testThreePortsAreOpenAndTheThousandAndFirstConnectionOfAMinuteIsToldOf(self):
        _, environment = program("nft")
        knocking = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "knocking.py"
        knocking.write_text(KNOCKING)
        done = subprocess.run(
            ["unshare", "--map-root-user", "--net", "bash", "-c", TWO_HOSTS, "bash", EDGE / "firewall/edge.nft", knocking],
            env=environment, capture_output=True, text=True, timeout=110)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        ports, connections, counters, loud = done.stdout.splitlines()
        self.assertEqual(ports, "80 443 8080")
        made, seconds = map(int, connections.split())
        self.assertEqual(made, 1500, "who is loud is told of, not refused")
        packets = {c["counter"]["name"]: c["counter"]["packets"] for c in json.loads(counters)["nftables"] if "counter" in c}
        # The bucket of 1,000 fills by 1,000 a minute while the connections are made.
        beyond = packets["opened"] - 1000
        self.assertLessEqual(packets["loud"], beyond)
        self.assertGreaterEqual(packets["loud"], beyond - (seconds + 2) * 1000 // 60)
        self.assertGreater(packets["loud"], 0)
        self.assertGreater(packets["refused"], 0)
        self.assertIn("192.0.2.2", loud)


class FileTest(unittest.TestCase):
    """What cannot be given to its own program here: read as what it is, and held to what it promises."""

    def testConsulsFilesNameThreeServersAndAChecksTime(self):
        server = json.loads((EDGE / "consul/server.json").read_text())
        self.assertEqual((server["server"], server["bootstrap_expect"], len(server["retry_join"])), (True, 3, 3))
        for service in json.loads((EDGE / "consul/services.json").read_text())["services"]:
            self.assertEqual([check["interval"] for check in service["checks"]], ["10s"])
            ports = (ROOT / service["name"] / "src/main/resources/application.properties").read_text()
            self.assertIn(f":{service['port']}}}", ports)
            self.assertIn(f":{service['meta']['management']}}}", ports)
            self.assertIn(f":{service['meta']['management']}/q/health/ready", service["checks"][0]["http"])

    def testKongLimitsToFiveHundredASecondAndVerifiesTokens(self):
        text = (EDGE / "kong.yaml").read_text()
        self.assertEqual(text.count("second: 500"), 2)
        self.assertIn("claims_to_verify: [exp, nbf]", text)
        key = textwrap.dedent(text.split("rsa_public_key: |\n")[1])
        read = subprocess.run(["openssl", "pkey", "-pubin", "-noout", "-text"], input=key, capture_output=True, text=True)
        self.assertIn("prime256v1", read.stdout, "what ES256 is verified by")

    @unittest.skipUnless(b"TLS_SM4_GCM_SM3" in subprocess.run(["openssl", "ciphers", "-tls1_3", "-v"], capture_output=True).stdout,
                         "the TLS library here has no TLS_SM4_GCM_SM3: tls-sm.conf was not tried")  # fmt: skip
    def testNginxReadsTheSmProfile(self):
        edge = Edge(upstream(), upstream(), upstream(), [("deepseek/tls.conf;", "deepseek/tls-sm.conf;")])
        self.addCleanup(edge.stop)
        tls = edge.configuration / "tls"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "sm2", "-sm3", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-keyout", tls / "sm2-privkey.pem", "-out", tls / "sm2-fullchain.pem"], check=True, capture_output=True)  # fmt: skip
        edge.check()


if __name__ == "__main__":
    unittest.main()
