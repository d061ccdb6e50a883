#!/usr/bin/env python3
"""Runs an image under runc as it would run in a pod: run_test.py IMAGE.tar NAME. Not root, no capability, a
read-only root, only /tmp and the image's own volumes writable. Needs root and runc, and for inference-service a
model: the variable DEMO_MODEL. It is asked for an answer; DEVICE is the image's, so one for GPUs has to find none here.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import images_test
import stage
import train

LIMIT_SECONDS = 300


def mount(destination, options=()):
    return {"destination": destination, "type": "tmpfs", "source": "tmpfs",
            "options": ["nosuid", "nodev", "uid=10001", "gid=10001", "mode=0700", *options]}


def bundle(work, image, name, port, management):
    config = image.configuration["config"]
    service = stage.application(name)
    ports = dict(zip(train.Service.VARIABLES[service], (port, management)))
    variables = [f"{key}={value}" for key, value in {**ports, "HOST": "127.0.0.1", **settings(service)}.items()]
    model = [{"destination": "/models/model.gguf", "type": "bind", "source": os.environ["DEMO_MODEL"],
              "options": ["bind", "ro"]}] if service == "inference-service" else []
    specification = {
        "ociVersion": "1.0.2",
        "root": {"path": image.root, "readonly": True},
        "process": {
            "user": {"uid": 10001, "gid": 10001}, "cwd": config["WorkingDir"], "args": config["Entrypoint"],
            "env": config["Env"] + variables, "noNewPrivileges": True,
            "capabilities": {kind: [] for kind in ("bounding", "effective", "inheritable", "permitted", "ambient")}},
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                   {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
                   *(mount(volume) for volume in config["Volumes"]), *model],
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
    }
    stage.write(f"{work}/config.json", json.dumps(specification))


def settings(service):
    return {"auth-service": {"DEEPSEEK_AUTH_SERVICE_KEY": train.SERVICE_KEY},
            "cache-service": {"DEEPSEEK_CACHE_SERVICE_KEY": train.SERVICE_KEY},
            "inference-service": {"DEEPSEEK_API_KEY": train.SERVICE_KEY, "MODEL": "/models/model.gguf",
                                  "MAX_BATCH_SIZE": "2", "CONTEXT": "512"}}[service]


def ask(port, path, body=None):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {train.SERVICE_KEY}"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def answer(port):
    """What the model says to a greeting."""
    model = ask(port, "/v1/models")["data"][0]["id"]
    said = ask(port, "/v1/chat/completions", {
        "model": model, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8, "temperature": 0})
    return said["choices"][0]["message"]["content"]


def ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/q/health/ready", timeout=10) as answer:
            return json.load(answer)["status"] == "UP"
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def status(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def main(tar, name):
    images_test.IMAGES = os.path.dirname(os.path.abspath(tar))
    with tempfile.TemporaryDirectory() as work:
        image = images_test.Image(name, work)
        # An engine makes these where an image does not have them; here the root is already as it will be.
        for folder in ("proc", "dev"):
            os.makedirs(f"{image.root}/{folder}", exist_ok=True)
        port, management = train.free_port(), train.free_port()
        bundle(work, image, name, port, management)
        container = f"deepseek-test-{os.getpid()}"
        begun = time.monotonic()
        with open(f"{work}/log", "w", encoding="utf-8") as log:
            process = subprocess.Popen(
                ["runc", "--root", f"{work}/runc", "run", "--bundle", work, container], stdout=log, stderr=log)
        try:
            while not ready(management):
                if process.poll() is not None or time.monotonic() - begun > LIMIT_SECONDS:
                    with open(f"{work}/log", encoding="utf-8") as log:
                        sys.exit(f"error: {name} did not become ready under runc:\n{log.read()[-3000:]}")
                time.sleep(0.1)
            seconds = time.monotonic() - begun
            state = json.loads(subprocess.run(["runc", "--root", f"{work}/runc", "state", container],
                                              capture_output=True, check=True).stdout)
            shown = status(state["pid"])
            assert shown["Uid"].split()[0] == "10001", shown["Uid"]
            assert int(shown["CapBnd"], 16) == 0 and int(shown["CapEff"], 16) == 0, shown["CapBnd"]
            assert shown["NoNewPrivs"] == "1", shown["NoNewPrivs"]
            with open(f"/proc/{state['pid']}/mounts", encoding="utf-8") as mounts:
                root = next(line for line in mounts if line.split()[1] == "/")
            assert "ro" in root.split()[3].split(","), root
            subprocess.run(["runc", "--root", f"{work}/runc", "exec", container, "/jre/bin/java", "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1", "-Xmx16m", "-cp", "/health", "Ready", str(management)], check=True)
            said = answer(port) if stage.application(name) == "inference-service" else None
            assert said != "", "an answer without words"
            subprocess.run(["runc", "--root", f"{work}/runc", "kill", container, "TERM"], check=True)
            process.wait(120)
            print(f"{name}: ready under runc in {seconds:.1f} s as 10001 without capabilities on a read-only root; "
                  f"ended at SIGTERM with status {process.returncode}" + (f"; answered {said!r}" if said else ""))
            assert process.returncode in (0, 143), process.returncode
        finally:
            if process.poll() is None:
                subprocess.run(["runc", "--root", f"{work}/runc", "kill", container, "KILL"], check=False)
                process.wait(30)
            subprocess.run(["runc", "--root", f"{work}/runc", "delete", "--force", container], check=False,
                           capture_output=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
