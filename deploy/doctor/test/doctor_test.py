"""Doctor finds real little faults: a port that is taken, a disk that is full, certificates past their
end, services that died or never answer, and, on a real control plane, what a cluster can lack.
The cluster's part wants KUBECONFIG of deploy/cluster (test.sh starts it where it can be had).
"""

import base64
import contextlib
import http.server
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(HERE.parent))

import certificate  # noqa: E402
import cluster  # noqa: E402
import gpus  # noqa: E402
import local_run  # noqa: E402
import machine  # noqa: E402
from finding import Level, fail, ok, status, warn  # noqa: E402


def doctor(*arguments, **variables):
    """Exit status and the findings of the whole program."""
    done = subprocess.run(
        [sys.executable, HERE.parent / "doctor", "--json", *arguments],
        env={**os.environ, **variables}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, {each["subject"]: each for each in json.loads(done.stdout)}


def self_signed(folder, start, end):
    """A key and certificate of these days, YYYYMMDDHHMMSSZ: only `openssl ca` makes one of the past."""
    folder = pathlib.Path(folder)
    key, request, made = folder / "key.pem", folder / "request.pem", folder / "made.pem"
    (folder / "index.txt").write_text("")
    (folder / "ca.conf").write_text(
        f"[ca]\ndefault_ca=own\n[own]\ndatabase={folder}/index.txt\nnew_certs_dir={folder}\n"
        "default_md=sha256\npolicy=any\nrand_serial=yes\n[any]\ncommonName=supplied\n"
    )
    for command in (
        ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
         "-keyout", key, "-out", request],
        ["ca", "-batch", "-notext", "-selfsign", "-config", folder / "ca.conf", "-keyfile", key, "-in", request,
         "-startdate", start, "-enddate", end, "-out", made],
    ):  # fmt: skip
        subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)
    return key, made


@contextlib.contextmanager
def tls_server(key, chain):
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class WithFolder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="doctor-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)


class ExitStatus(WithFolder):
    def test_what_is_only_to_be_looked_at_is_no_failure(self):
        wish, fault = warn("clock", "is", "why", "fix"), fail("port 1", "is", "why", "fix")
        self.assertEqual(0, status([]))
        self.assertEqual(0, status([ok("swap", "none"), wish]))
        self.assertEqual(1, status([wish, fault, ok("swap", "none")]))

    def test_the_program_ends_with_it(self):
        ended, found = doctor(RUN_DIR=str(self.folder))
        self.assertEqual(int(any(each["level"] == "FAIL" for each in found.values())), ended)

    def test_an_option_that_is_none_is_wrong_usage(self):
        done = subprocess.run([sys.executable, HERE.parent / "doctor", "--none"], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn("unrecognized arguments: --none", done.stderr)


class Machine(WithFolder):
    def write(self, name, text):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def test_a_taken_port_is_a_fault_and_its_fix_names_it(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            status, found = doctor(PORT=str(port), RUN_DIR=str(self.folder))
        self.assertEqual(1, status)
        self.assertEqual("FAIL", found[f"port {port}"]["level"])
        self.assertIn(f"sport = :{port}", found[f"port {port}"]["fix"])

    def test_a_free_port_is_in_order(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        self.assertEqual(Level.OK, machine.port_of("inference-service", port).level)

    def test_a_full_disk_is_a_fault(self):
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "doctor", self.folder], capture_output=True, check=False
        )
        if mounted.returncode != 0:
            self.skipTest("mounting is not allowed here: a full disk was not tried")
        self.addCleanup(subprocess.run, ["umount", str(self.folder)], check=False)
        with contextlib.suppress(OSError), open(self.folder / "filler", "wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
        self.assertEqual(Level.FAIL, machine.disk("run folder", self.folder, pathlib.Path("/")).level)

    def test_swap_in_use_and_a_small_bound_of_memory_are_told(self):
        self.write("proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1000000 200000 -2\n")
        self.write("sys/fs/cgroup/memory.max", str(1 << 30))
        self.assertIn("195 of 977 MiB", machine.swap(self.folder).what)
        self.assertEqual(Level.WARN, machine.swap(self.folder).level)
        self.assertEqual("memory bound to 1.0 GiB", machine.control_group(self.folder).what)

    def test_a_processor_without_avx2_is_told(self):
        self.write("proc/cpuinfo", "flags\t\t: fpu sse2 avx\n")
        self.assertEqual(Level.WARN, machine.processor(self.folder).level)
        self.write("proc/cpuinfo", "flags\t\t: fpu sse2 avx avx2\n")
        self.assertEqual(Level.OK, machine.processor(self.folder).level)

    def test_huge_pages_that_are_off_are_told(self):
        self.write("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n")
        self.assertEqual(Level.WARN, machine.huge_pages(self.folder).level)


class Gpus(unittest.TestCase):
    # What the driver 580.159.04 of an H200 said to this question.
    H200 = "0, NVIDIA H200, 9.0, 580.159.04, 143771, 0, 0, Not Active, Not Active"

    def judged(self, line):
        return list(gpus.one(gpus.row(line)))

    def test_a_good_one_is_in_order(self):
        self.assertEqual(
            ["OK    gpu 0: NVIDIA H200, 143771 MiB of which 0 are used, driver 580.159.04"],
            [each.line() for each in self.judged(self.H200)],
        )

    def test_what_is_too_old_broken_or_hot_is_told(self):
        line = "1, Tesla T4, 7.5, 470.82.01, 15360, 0, 3, Not Active, Active"
        self.assertEqual(
            [Level.FAIL, Level.FAIL, Level.FAIL, Level.WARN], [each.level for each in self.judged(line)]
        )


class Certificates(WithFolder):
    def test_an_expired_one_of_a_server_is_a_fault(self):
        key, made = self_signed(self.folder, "20200101000000Z", "20210101000000Z")
        with tls_server(key, made) as address:
            found = certificate.of_server(address)
        self.assertEqual(Level.FAIL, found.level)
        self.assertEqual("the certificate ended on 2021-01-01", found.what)

    def test_one_of_the_far_future_is_in_order(self):
        key, made = self_signed(self.folder, "20200101000000Z", "20990101000000Z")
        with tls_server(key, made) as address:
            self.assertEqual(Level.OK, certificate.of_server(address).level)

    def test_where_nobody_answers_is_a_fault(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        self.assertEqual(Level.FAIL, certificate.of_server(f"127.0.0.1:{port}").level)

    def test_what_is_no_certificate_is_told(self):
        self.assertEqual(Level.WARN, certificate.judged("x", b"", "fix").level)
        self.assertEqual(Level.WARN, certificate.judged("x", b"\x30\x03\x02\x01\x01", "fix").level)


class LocalRun(WithFolder):
    def test_a_service_that_was_killed_is_a_fault(self):
        process = subprocess.Popen(["sleep", "60"])
        process.kill()
        process.wait()
        (self.folder / "cache-service.pid").write_text(str(process.pid))
        _, found = doctor(RUN_DIR=str(self.folder))
        self.assertEqual("FAIL", found["cache-service"]["level"])
        self.assertIn("make start", found["cache-service"]["fix"])
        self.assertEqual("OK", found["auth-service"]["level"])

    def test_errors_of_a_log_are_counted_and_the_last_is_shown(self):
        log = self.folder / "x.log"
        log.write_text("2026-11-22 20:37:04,859 INFO  [a] ERROR in a text\n2026-11-22 20:37:05,859 ERROR [b] (main) it broke\n")
        (found,) = local_run.of_log("x", log)
        self.assertEqual(Level.WARN, found.level)
        self.assertIn("1 errors, the last: 2026-11-22 20:37:05,859 ERROR [b] (main) it broke", found.what)

    def test_a_refused_key_is_told_with_its_code(self):
        class Refusing(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = b'{"error":{"code":"key_revoked"}}'
                self.send_response(401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Refusing)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        (self.folder / "api-key").write_text("sk-live_x")
        found = local_run.of_key(f"http://127.0.0.1:{server.server_address[1]}/v1/models", self.folder / "api-key")
        self.assertEqual(Level.FAIL, found.level)
        self.assertIn("key_revoked", found.what)


class Quantities(unittest.TestCase):
    def test_they_are_read_as_kubernetes_writes_them(self):
        for text, value in {"100m": 0.1, "4": 4, "1Gi": 2**30, "2k": 2000, "1.5Ti": 1.5 * 2**40}.items():
            self.assertAlmostEqual(value, cluster.number(text))


def kubectl(*arguments, given=None):
    done = subprocess.run(["kubectl", *arguments], input=given, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr}")


@unittest.skipUnless(os.environ.get("TESTCLUSTER_DIR"), "no test cluster here: the cluster's part was not tried")
class Cluster(WithFolder):
    def apply(self, *objects):
        kubectl("apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))

    def test_what_an_empty_cluster_lacks_and_what_is_broken_in_it(self):
        status, found = doctor("--cluster")
        self.assertEqual(1, status)
        self.assertEqual("FAIL", found["definition"]["level"])
        self.assertEqual("FAIL", found["operator"]["level"])
        self.assertEqual("WARN", found["service monitors"]["level"])

        key, made = self_signed(self.folder, "20200101000000Z", "20210101000000Z")
        tls = {"tls.crt": made.read_text(), "tls.key": key.read_text()}
        meta = {"namespace": "default"}
        self.apply(
            {"apiVersion": "v1", "kind": "Secret", "metadata": {**meta, "name": "edge-tls"}, "type": "kubernetes.io/tls",
             "data": {name: base64.b64encode(text.encode()).decode() for name, text in tls.items()}},
            {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {**meta, "name": "small"}, "spec": {"hard": {"secrets": "1"}}},
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {**meta, "name": "files"},
             "spec": {"storageClassName": "none-such", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}},
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "bare", "labels": {"nvidia.com/gpu.present": "true"}}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {**meta, "name": "ends", "annotations": {"testcluster/fault": "CrashLoopBackOff"}},
             "spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "main", "image": "localhost/x"}]}},
        )  # fmt: skip
        kubectl("apply", "--server-side", "-f", str(ROOT / "operator" / "crd"))
        kubectl("wait", "--for=condition=Established", "--timeout=180s", f"crd/{cluster.DEFINITION}")
        kubectl("wait", "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=CrashLoopBackOff", "--timeout=180s", "pod/ends")
        kubectl("wait", "--for=jsonpath={.status.used.secrets}=1", "--timeout=180s", "quota/small")

        status, found = doctor("--cluster")
        self.assertEqual(1, status)
        levels = {subject: each["level"] for subject, each in found.items()}
        self.assertEqual("OK", levels["definition"])
        self.assertEqual("FAIL", levels["secret default/edge-tls"])
        self.assertEqual("FAIL", levels["quota default/small"])
        self.assertEqual("WARN", levels["claim default/files"])
        self.assertEqual("FAIL", levels["node bare"])
        self.assertEqual("FAIL", levels["pod default/ends"])


if __name__ == "__main__":
    unittest.main()
