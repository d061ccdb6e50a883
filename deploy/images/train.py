#!/usr/bin/env python3
"""Runs a staged service once, as it will run in its image, and keeps what the JVM loaded and linked.

  train.py OUT NAME     OUT is the folder of stage.py; writes OUT/NAME/aot/app/service.aot

JDK 25 writes the cache when the process that was started with -XX:AOTCacheOutput ends (JEP 483, 514
and 515: classes loaded and linked, and profiles of methods). It holds only for this runtime, these
jars by path, size and time, and this collector, so the run happens in a root folder made of the
image's own layers: chroot in namespaces, as root or where users may make namespaces.
Exit status 3: they may not here, and the one line printed says so.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import stage


USER = 10001
SERVICE_KEY = "only-for-the-training-run"
# The cache is written by a process of its own, and the runtime has no jspawnhelper to start it with.
TRAINING = ["-XX:AOTCacheOutput=/tmp/service.aot", "-Djdk.lang.Process.launchMechanism=FORK"]

# Runs inside the new mount namespace; what it mounts ends with the process.
ENTER = """
set -e
root=$1; shift
mount --rbind "$root" "$root"
mkdir -p "$root/proc" "$root/dev"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
if [ -n "$MODEL_FILE" ]; then touch "$root/models/model.gguf"; mount --bind "$MODEL_FILE" "$root/models/model.gguf"; fi
cd "$root"
exec chroot $AS "$root" "$@"
"""


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Root:
    """A root folder out of layers, by hard links, so that their times are those of the image."""

    def __init__(self, out, name):
        self.folder = tempfile.mkdtemp(prefix=".root-", dir=out)
        for _, layer in stage.layers(out, name):
            subprocess.run(["cp", "-al", layer + "/.", self.folder], check=True)
        os.chmod(self.folder, 0o755)
        for folder in ("tmp", "data"):
            os.chmod(f"{self.folder}/{folder}", 0o755)
            if os.getuid() == 0:
                os.chown(f"{self.folder}/{folder}", USER, USER)

    def start(self, command, environment, model, log):
        """The process, in namespaces of its own but for the network."""
        namespaces = ["--mount"] if os.getuid() == 0 else ["--user", "--map-root-user", "--mount"]
        return subprocess.Popen(
            ["unshare", *namespaces, "--propagation", "private", "bash", "-c", ENTER, "bash", self.folder, *command],
            env={"PATH": os.environ["PATH"], "HOME": "/tmp", "LANG": "C.UTF-8", "XDG_CACHE_HOME": "/tmp/.cache", **environment,
                 "MODEL_FILE": model, "AS": f"--userspec={USER}:{USER}" if os.getuid() == 0 else ""},
            stdout=log, stderr=log)

    def remove(self):
        shutil.rmtree(self.folder)


def possible():
    namespaces = ["--mount"] if os.getuid() == 0 else ["--user", "--map-root-user", "--mount"]
    done = subprocess.run(["unshare", *namespaces, "true"], capture_output=True, text=True)
    return done.returncode == 0


class Service:
    """One service in such a root folder, at ports of its own."""

    VARIABLES = {
        "auth-service": ("AUTH_PORT", "AUTH_MANAGEMENT_PORT"),
        "cache-service": ("CACHE_PORT", "CACHE_MANAGEMENT_PORT"),
        "inference-service": ("PORT", "MANAGEMENT_PORT"),
        "operator": ("OPERATOR_PORT", "OPERATOR_MANAGEMENT_PORT"),
    }

    def __init__(self, root, name, options, log):
        self.name = stage.application(name)
        self.log = log
        self.port, self.management = free_port(), free_port()
        port, management = self.VARIABLES[self.name]
        environment = {**stage.services()[name]["environment"], port: str(self.port), management: str(self.management), "HOST": "127.0.0.1",
                       **self._own(root)}
        model = os.environ.get("DEMO_MODEL", "") if self.name == "inference-service" else ""
        self.begun = time.monotonic()
        self.process = root.start(
            ["/jre/bin/java", "-XX:+UseSerialGC", *options, "@/app/java.options"], environment, model, log)

    def _own(self, root):
        if self.name == "auth-service":
            return {"DEEPSEEK_AUTH_SERVICE_KEY": SERVICE_KEY}
        if self.name == "cache-service":
            return {"DEEPSEEK_CACHE_SERVICE_KEY": SERVICE_KEY}
        if self.name == "inference-service":
            return {"DEEPSEEK_API_KEY": SERVICE_KEY, "MODEL": "/models/model.gguf", "MAX_BATCH_SIZE": "2",
                    "CONTEXT": "512"}
        config = f"{root.folder}/tmp/kubeconfig"
        shutil.copyfile(os.environ["KUBECONFIG"], config)
        os.chmod(config, 0o644)
        return {"KUBECONFIG": "/tmp/kubeconfig", "DEEPSEEK_OPERATOR_LEADER_ELECTION_NAMESPACE": "default"}

    def ask(self, port, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {SERVICE_KEY}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()

    def await_ready(self, seconds=300):
        """Seconds from the start of the process to the first ready answer."""
        while time.monotonic() - self.begun < seconds:
            if self.process.poll() is not None:
                raise ChildProcessError(f"{self.name} ended by itself with status {self.process.returncode}")
            try:
                self.ask(self.management, "/q/health/ready")
                return time.monotonic() - self.begun
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.02)
        raise TimeoutError(f"{self.name} was not ready within {seconds} s")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(300)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def exercise(service):
    """What every service is asked in its first minute, so that the classes of it are there."""
    for _ in range(20):
        service.ask(service.management, "/q/health/live")
        service.ask(service.management, "/q/metrics")
    if service.name != "operator":
        service.ask(service.port, "/health")
    if service.name == "inference-service":
        model = json.loads(service.ask(service.port, "/v1/models"))["data"][0]["id"]
        for stream in (False, True):
            service.ask(service.port, "/v1/chat/completions", {
                "model": model, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8,
                "stream": stream})


def train(out, name):
    target = f"{out}/{name}/aot/app"
    shutil.rmtree(f"{out}/{name}/aot", ignore_errors=True)
    root = Root(out, name)
    try:
        log_path = f"{out}/{name}/train.log"
        with open(log_path, "w", encoding="utf-8") as log:
            service = Service(root, name, TRAINING, log)
            try:
                service.await_ready()
                exercise(service)
            finally:
                service.stop()
        made = f"{root.folder}/tmp/service.aot"
        if not os.path.exists(made):
            sys.exit(f"error: the training run of {name} left no cache: {log_path} says why.")
        os.makedirs(target)
        shutil.copyfile(made, f"{target}/service.aot")
    finally:
        root.remove()


if __name__ == "__main__":
    if not possible():
        print("note: no namespaces may be made here, so the images get no cache of classes.", file=sys.stderr)
        sys.exit(3)
    train(*sys.argv[1:3])
