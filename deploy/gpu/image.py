#!/usr/bin/env python3
"""Starts the image for GPUs on a machine with a GPU and without a container engine.

  image.py pack IMAGE.tar OUT            what is carried: the image's configuration, and its layers but CUDA's libraries
  image.py run OUT LIB MODEL SCRATCH [--processor]   LIB has CUDA's libraries; MODEL is a GGUF file

The layer with ONNX Runtime for CUDA and CUDA's libraries is over 1 GB and already there, as the bundle
of check.sh. So `pack` takes all other layers as the image holds them, and of that one its small files
and the names, sizes and SHA-256 of its libraries. `run` checks every layer against the image's
configuration, lays the layers out one over the other, puts the bundle's libraries where the image has
its own, says of each whether it is the same file, and starts the image's own entry point with the
image's own environment as a container engine would: in namespaces of its own for processes, mounts,
IPC and host name, on a read-only root, as the image's user, without capabilities and without a way to
new ones, /tmp in memory, in /dev nothing but the usual and the GPU's devices, the driver's libraries
mounted where NVIDIA's container toolkit mounts them. Then the service has to load the model onto the
GPU by itself, become ready, answer over HTTP, and end at SIGTERM.

What this does not show: the image's own CUDA libraries where the bundle's are others; pulling and
unpacking by an engine; NVIDIA's toolkit and device plugin; cgroups and their limits; a network of its own.

--processor: the same without a GPU, with the image's ONNX Runtime for processors in place of CUDA's; the
service has to say why it computes there. Needs root, and unshare, nsenter and setpriv of util-linux 2.38.
"""

import contextlib
import glob
import gzip
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request

CUDA = "app/cuda/"
LAYERS = "layers.json"
LOADER_FOLDER = "usr/lib/x86_64-linux-gnu"
DRIVER = ("libcuda.so*", "libcudadebugger.so*", "libnvidia-*.so*")
KEY = "sk-only-for-this-check"
READY_SECONDS = 180
STOP_SECONDS = 60

# Inside the new namespaces, as root; $1 is the root folder, then follow user, group and the command.
ENTER = r"""
set -e
root=$1 user=$2 group=$3 folder=$4; shift 4
mount --bind "$root" "$root"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount --bind /sys "$root/sys" && mount -o remount,bind,ro "$root/sys"
mount -t tmpfs -o nosuid,mode=755 tmpfs "$root/dev"
for device in /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/nvidia*; do
  if [ -c "$device" ]; then touch "$root$device"; mount --bind "$device" "$root$device"; fi
done
mkdir "$root/dev/shm"
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o "nosuid,nodev,uid=$user,gid=$group,mode=0700" tmpfs "$root/tmp"
while IFS='|' read -r source target; do
  mount --bind "$source" "$root/$target"
  mount -o remount,bind,ro "$root/$target"
done <"$BINDS"
mount -o remount,bind,ro "$root"
unset BINDS
exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid \
  unshare --root="$root" --wd="$folder" --setgid="$group" --setuid="$user" "$@"
"""


def say(text):
    print("image: " + text, flush=True)


def require(holds, text):
    if not holds:
        sys.exit("image: FAILED: " + text)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- pack ----------------------------------------------------------------------------------------


def blob(digest):
    return "blobs/" + digest.replace(":", "/")


def pack(image, out):
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    with tarfile.open(image) as archive:
        described = json.load(archive.extractfile("index.json"))["manifests"][0]
        manifest = json.load(archive.extractfile(blob(described["digest"])))
        configuration = json.load(archive.extractfile(blob(manifest["config"]["digest"])))
        layers = {"image": described, "layers": []}
        names = [entry["comment"] for entry in configuration["history"]]
        for number, (name, layer) in enumerate(zip(names, manifest["layers"], strict=True)):
            if name == "cuda":
                layers["libraries"] = without_libraries(archive, layer, f"{out}/{number}.tar")
                continue
            with gzip.open(archive.extractfile(blob(layer["digest"]))) as source, \
                    open(f"{out}/{number}.tar", "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
            layers["layers"].append({"name": name, "file": f"{number}.tar", "number": number})
        with open(f"{out}/config.json", "wb") as file:
            file.write(archive.extractfile(blob(manifest["config"]["digest"])).read())
        layers["config"] = manifest["config"]["digest"]
        layers["rest"] = f"{names.index('cuda')}.tar"
    with open(f"{out}/{LAYERS}", "w", encoding="utf-8") as file:
        json.dump(layers, file, indent=1)
    say(f"{sum(os.path.getsize(path) for path in glob.glob(out + '/*')) >> 20} MiB, not compressed, of {image}")


def without_libraries(archive, layer, rest):
    """Writes the small files of the layer with the libraries; returns the libraries by name."""
    libraries = {}
    with tarfile.open(fileobj=archive.extractfile(blob(layer["digest"])), mode="r|gz") as files, \
            tarfile.open(rest, "w") as kept:
        for member in files:
            data = files.extractfile(member) if member.isfile() else None
            if data and member.name.startswith(CUDA):
                digest = hashlib.file_digest(data, "sha256").hexdigest()
                libraries[os.path.basename(member.name)] = {"bytes": member.size, "sha256": digest}
            else:
                kept.addfile(member, data)
    return libraries


# -- run -----------------------------------------------------------------------------------------


class Root:
    """The image's root folder."""

    def __init__(self, folder, carried):
        self.folder, self.carried = folder, carried
        with open(f"{carried}/{LAYERS}", encoding="utf-8") as file:
            self.layers = json.load(file)
        digest = "sha256:" + sha256(f"{carried}/config.json")
        require(digest == self.layers["config"], f"config.json has {digest}, the image's manifest names "
                                                 f"{self.layers['config']}")
        with open(f"{carried}/config.json", encoding="utf-8") as file:
            configuration = json.load(file)
        self.config, self.diff_ids = configuration["config"], configuration["rootfs"]["diff_ids"]

    def lay_out(self):
        os.makedirs(self.folder, mode=0o755)
        for layer in self.layers["layers"]:
            path = f"{self.carried}/{layer['file']}"
            found = "sha256:" + sha256(path)
            require(found == self.diff_ids[layer["number"]],
                    f"layer {layer['name']} has {found}, the image's configuration names {self.diff_ids[layer['number']]}")
            self.unpack(path)
        self.unpack(f"{self.carried}/{self.layers['rest']}")
        labels = self.config["Labels"]
        say(f"{labels['org.opencontainers.image.title']} {labels['org.opencontainers.image.version']}, revision "
            f"{labels['org.opencontainers.image.revision'][:12]}: {len(self.layers['layers'])} layers are those of "
            f"the image's configuration {self.layers['config'][:19]}: "
            + ", ".join(layer["name"] for layer in self.layers["layers"]))
        # An engine makes these where an image does not have them.
        for folder in ("proc", "sys", "dev", "tmp", "models"):
            os.makedirs(f"{self.folder}/{folder}", exist_ok=True)

    def unpack(self, path):
        with tarfile.open(path) as files:
            files.extractall(self.folder, numeric_owner=True, filter="fully_trusted")

    def put_libraries(self, bundle):
        """Where the image has its own, which are not carried."""
        os.makedirs(f"{self.folder}/{CUDA}", exist_ok=True)
        for name, own in sorted(self.layers["libraries"].items()):
            source = f"{bundle}/{name}"
            require(os.path.exists(source), f"the bundle has no {name}, which the image has")
            target = f"{self.folder}/{CUDA}{name}"
            shutil.copyfile(os.path.realpath(source), target)
            os.chmod(target, 0o755)
            same = sha256(target) == own["sha256"]
            say(f"/{CUDA}{name}: " + ("the image's own" if same else
                f"the bundle's, {os.path.getsize(target):,} bytes; the image's has {own['bytes']:,}"))

    def put_processors_library(self):
        os.makedirs(f"{self.folder}/{CUDA}", exist_ok=True)
        shutil.copyfile(f"{self.folder}/app/native/libonnxruntime.so", f"{self.folder}/{CUDA}libonnxruntime.so")
        say(f"/{CUDA}libonnxruntime.so: for processors, out of /app/native: there is no GPU")

    def binds(self, model, driver):
        """Files of the machine, and where they are mounted; a line for each."""
        found = [(os.path.realpath(model), "models/model.gguf")]
        found += [(os.path.realpath(path), f"{LOADER_FOLDER}/{os.path.basename(path)}") for path in driver]
        for _, target in found:
            os.makedirs(os.path.dirname(f"{self.folder}/{target}"), exist_ok=True)
            require(not os.path.exists(f"{self.folder}/{target}"), f"the image has a /{target} of its own")
            open(f"{self.folder}/{target}", "w", encoding="utf-8").close()
        listed = self.folder + ".binds"
        with open(listed, "w", encoding="utf-8") as file:
            file.writelines(f"{source}|{target}\n" for source, target in found)
        return listed


def driver_libraries():
    """The driver's libraries beside libcuda.so.1, wherever the machine has that."""
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    cached = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=False).stdout
    folders += [os.path.dirname(line.split("=>")[1].strip()) for line in cached.splitlines()
                if line.strip().startswith("libcuda.so.1 ") and "x86-64" in line]
    folders += ["/usr/local/nvidia/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib64"]
    folder = next((f for f in folders if f and os.path.exists(f"{f}/libcuda.so.1")), None)
    require(folder, "this machine has no libcuda.so.1, so no driver")
    found = sorted({path for pattern in DRIVER for path in glob.glob(f"{folder}/{pattern}") if os.path.isfile(path)})
    say(f"{len(found)} libraries of the driver out of {folder}")
    return found


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Container:
    """The image's entry point in namespaces of its own."""

    def __init__(self, root, binds, log, variables):
        user, group = root.config["User"].split(":")
        environment = dict(line.split("=", 1) for line in root.config["Env"])
        self.port, self.management = free_port(), free_port()
        environment |= {"PATH": os.environ["PATH"], "BINDS": binds, "HOST": "127.0.0.1", "PORT": str(self.port),
                        "MANAGEMENT_PORT": str(self.management), "MODEL": "/models/model.gguf",
                        "DEEPSEEK_API_KEY": KEY, "DEEPSEEK_MODEL_ID": "measured", **variables}
        self.user, self.log, self.entrypoint = user, log, root.config["Entrypoint"]
        self.begun = time.monotonic()
        with open(log, "w", encoding="utf-8") as file:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "--propagation", "private",
                 "bash", "-c", ENTER, "bash", root.folder, user, group, root.config["WorkingDir"],
                 *root.config["Entrypoint"]],
                env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file)

    def written(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def pid(self):
        """Of the service as this machine counts: the one child of unshare, which has become it by exec."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="utf-8") as file:
            return int(file.read().split()[0])

    def ask(self, port, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()

    def await_ready(self):
        while time.monotonic() - self.begun < READY_SECONDS:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                if json.loads(self.ask(self.management, "/q/health/ready"))["status"] == "UP":
                    return time.monotonic() - self.begun
            time.sleep(0.05)
        state = "still runs" if self.process.poll() is None else f"ended with status {self.process.returncode}"
        require(False, f"not ready after {time.monotonic() - self.begun:.0f} s, the service {state}:\n"
                       + self.written()[-3000:])
        return None

    def status(self):
        with open(f"/proc/{self.pid()}/status", encoding="utf-8") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)

    def probe(self):
        """What an engine's health check runs inside: its exit status."""
        return subprocess.run(
            ["nsenter", f"--target={self.pid()}", "--mount", "--pid", "--root", "--wd", f"--setgid={self.user}",
             f"--setuid={self.user}", "/jre/bin/java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx16m",
             "-cp", "/health", "Ready", str(self.management)], check=False).returncode

    def stop(self):
        """The exit status after SIGTERM."""
        os.kill(self.pid(), signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            require(False, f"still there {STOP_SECONDS} s after SIGTERM")
            return None

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def chat(container, stream):
    """The words that the model says to a greeting."""
    answer = container.ask(container.port, "/v1/chat/completions", {
        "model": "measured", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 12,
        "temperature": 0, "stream": stream})
    if not stream:
        return json.loads(answer)["choices"][0]["message"]["content"]
    events = [json.loads(line[6:]) for line in answer.splitlines() if line.startswith("data: {")]
    return "".join(event["choices"][0]["delta"].get("content") or "" for event in events if event["choices"])


def check(container, processor):
    seconds = container.await_ready()
    shown = container.status()
    require(shown["Uid"].split() == [container.user] * 4, f"runs as {shown['Uid']}")
    require(shown["Groups"].split() in ([], [container.user]), f"has the groups {shown['Groups']}")
    require(int(shown["CapEff"], 16) == int(shown["CapPrm"], 16) == 0, f"has capabilities: {shown['CapEff']}")
    require(shown["NoNewPrivs"] == "1", "may gain privileges")
    require(shown["NSpid"].split()[-1] == "1", "is not the first process of its namespace")
    with open(f"/proc/{container.pid()}/mounts", encoding="utf-8") as file:
        mounts = {line.split()[1]: line.split()[3].split(",") for line in file}
    require("ro" in mounts["/"], f"the root is mounted {mounts['/']}")
    say(f"ready after {seconds:.1f} s as {container.user}, first process of its namespace, without capabilities, "
        "on a read-only root")
    log = container.written()
    told = [line for line in log.splitlines() if "on each GPU up to" in line or "loaded in" in line
            or "computes on" in line or "DEVICE=auto" in line]
    for line in told:
        say("log: " + line[:300])
    for cache in (option.split("=")[1] for option in container.entrypoint if option.startswith("-XX:AOTCache=")):
        with open(f"/proc/{container.pid()}/maps", encoding="utf-8") as file:
            used = cache in file.read()
        # Slower to start and otherwise well.
        why = [line for line in log.splitlines() if line.startswith("[") and "INFO" not in line]
        say(f"the cache of classes {cache} is in use" if used else
            f"FINDING: the cache of classes {cache} is not in use: " + " ".join(why)[:600])
    require(("on each GPU up to" in log) != processor, "the model is not where it should be:\n" + log[-3000:])
    status = container.probe()
    require(status == 0, f"the health check's program ends with {status}")
    whole, streamed = chat(container, False), chat(container, True)
    require(whole and whole == streamed, f"answers are {whole!r} and {streamed!r}")
    say(f"the health check's program ends with 0; answered {whole!r}, streamed the same")
    if not processor:
        metrics = [line for line in container.ask(container.management, "/q/metrics").splitlines()
                   if line.startswith(("deepseek_gpu", "deepseek_weights_load")) and not line.endswith(" 0.0")]
        require(any(line.startswith("deepseek_gpu") for line in metrics), "no metric of a GPU")
        for line in metrics:
            say("metric " + line)
    begun = time.monotonic()
    ended = container.stop()
    say(f"ended {time.monotonic() - begun:.1f} s after SIGTERM with status {ended}")
    require(ended == 0, f"status {ended}:\n" + container.written()[-3000:])


def run(carried, bundle, model, scratch, *options):
    processor = "--processor" in options
    if os.getuid() != 0 or subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], check=False,
                                          capture_output=True).returncode != 0:
        sys.exit("image: NOT TRIED: no namespaces may be made here (root is needed)")
    root = Root(f"{scratch}/image-root-{os.getpid()}", carried)
    container = None
    try:
        root.lay_out()
        if processor:
            root.put_processors_library()
        else:
            root.put_libraries(bundle)
        binds = root.binds(model, [] if processor else driver_libraries())
        # On a GPU all as the image has it. On a processor a small service, which takes the machine for a large one.
        variables = {"MAX_BATCH_SIZE": "2", "CONTEXT": "512", "JDK_JAVA_OPTIONS": "-XX:MaxRAM=256g"} if processor else {}
        container = Container(root, binds, root.folder + ".log", variables)
        check(container, processor)
        say("ok")
    finally:
        if container:
            container.kill()
        shutil.rmtree(root.folder, ignore_errors=True)
        for suffix in (".binds", ".log"):
            with contextlib.suppress(FileNotFoundError):
                os.remove(root.folder + suffix)


if __name__ == "__main__":
    {"pack": pack, "run": run}[sys.argv[1]](*sys.argv[2:])
