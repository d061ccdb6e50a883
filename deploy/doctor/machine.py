"""What the platform needs of this machine. `top` is the folder that /proc and /sys are read below."""

import os
import pathlib
import re
import resource
import shutil
import socket

import local_run
from finding import Unavailable, fail, ok, output, warn

GIB = 1 << 30
ROOM = 5 * GIB  # a build, its libraries and the demo model
MEMORY = 4 * GIB  # the three services with the demo model
OPEN_FILES = 4096


def findings(root, top=pathlib.Path("/")):
    yield java(root)
    yield maven()
    yield memory(top)
    yield processor(top)
    run_dir = pathlib.Path(os.environ.get("RUN_DIR", root / ".run"))
    for name, folder in {"run folder": run_dir, "cache folder": cache_folder(), "models": pathlib.Path(os.environ.get("MODELS_DIR", "/models"))}.items():
        if name != "models" or folder.exists():
            yield disk(name, folder, top)
    yield from ports(root)
    yield open_files()
    yield huge_pages(top)
    yield clock()
    yield control_group(top)
    yield swap(top)


def cache_folder():
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "deepseek-platform"


def read(file):
    try:
        return file.read_text().strip()
    except OSError:
        return ""


def java(root):
    try:
        home = output("bash", str(root / "deploy" / "local" / "jdk.sh")).strip()
    except Unavailable as error:
        return fail("jdk", str(error).removeprefix("error: "), "nothing is built or runs", "apt-get install temurin-25-jdk")
    return ok("jdk", f"25 in {home}")


def maven():
    if shutil.which("mvn"):
        return ok("maven", shutil.which("mvn"))
    return warn("maven", "no mvn on the PATH", "nothing can be built", "apt-get install maven")


def memory(top):
    numbers = dict(re.findall(r"^(\w+):\s+(\d+)", read(top / "proc" / "meminfo"), re.M))
    if "MemAvailable" not in numbers:
        return warn("memory", "no /proc/meminfo", "not looked at", "free -h")
    free, whole = (int(numbers[name]) * 1024 for name in ("MemAvailable", "MemTotal"))
    told = f"{free / GIB:.1f} of {whole / GIB:.1f} GiB free"
    if free < MEMORY:
        return warn("memory", told, f"the services with a small model want {MEMORY // GIB}", "stop what is not needed (ps aux --sort -rss), or a smaller MODEL, CONTEXT")
    return ok("memory", told)


def processor(top):
    flags = set(re.findall(r"[\w.]+", (re.search(r"^(?:flags|Features)\s*:.*$", read(top / "proc" / "cpuinfo"), re.M) or [""])[0]))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if "avx512f" in flags:
        return ok("processor", f"{cores} cores with AVX-512")
    if "avx2" in flags:
        return ok("processor", f"{cores} cores with AVX2")
    if "asimd" in flags:
        return ok("processor", f"{cores} cores with NEON")
    return warn("processor", f"{cores} cores without AVX2", "answers come several times slower", "a processor of 2015 or later, or a virtual machine with -cpu host")


def disk(name, folder, top):
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    usage = shutil.disk_usage(there)
    told = f"{folder}: {usage.free / GIB:.1f} of {usage.total / GIB:.1f} GiB free{kind(there, top)}"
    if usage.free < min(ROOM, usage.total) * 0.1 or usage.free == 0:
        return fail(name, told, "writes fail", f"du -xsh {there}/* | sort -h; then remove what is not needed")
    if usage.free < ROOM:
        return warn(name, told, f"a build and the demo model want {ROOM // GIB} GiB", f"du -xsh {there}/* | sort -h, or another folder (docs/operations.md, Disks)")
    if "turning" in told and name == "models":
        return warn(name, told, "a large model takes minutes to load", "keep models on NVMe (docs/operations.md, Disks)")
    return ok(name, told)


def kind(folder, top):
    """What the kernel says of the disk; a container's or network's says nothing."""
    number = os.stat(folder).st_dev
    device = top / "sys" / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}"
    for place in (device / "queue", device.resolve().parent / "queue"):
        turning = read(place / "rotational")
        if turning:
            return ", a turning or virtual disk" if turning == "1" else ", solid state"
    return ""


def ports(root):
    try:
        known, _ = local_run.services(root)
    except Unavailable:
        return
    for service in known:
        for port in (service.port, service.management):
            if service.pid == "-":
                yield port_of(service.name, int(port))


def port_of(name, port):
    with socket.socket() as probe:
        probe.settimeout(2)
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    if taken:
        return fail(f"port {port}", f"in use by another program, and {name} wants it", "make start is refused", f"ss -ltnp 'sport = :{port}' names it; or choose another (docs/configuration.md)")
    return ok(f"port {port}", f"free for {name}")


def open_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # The JVM raises its own soft limit to the hard one.
    if hard != resource.RLIM_INFINITY and hard < OPEN_FILES:
        return warn("open files", f"{hard} at most", "a stream takes one: with many, connections are refused", "LimitNOFILE=65536 in the unit, or /etc/security/limits.conf")
    return ok("open files", f"{soft} now, {'any number' if hard == resource.RLIM_INFINITY else hard} at most")


def huge_pages(top):
    modes = read(top / "sys" / "kernel" / "mm" / "transparent_hugepage" / "enabled")
    chosen = re.search(r"\[(\w+)\]", modes)
    if not chosen:
        return ok("huge pages", "the kernel does not tell")
    if chosen.group(1) == "never":
        return warn("huge pages", "transparent huge pages are off", "weights take more look-ups of addresses", "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled")
    return ok("huge pages", chosen.group(1))


def clock():
    try:
        told = output("timedatectl", "show", "--property=NTPSynchronized", "--value").strip()
    except Unavailable:
        return warn("clock", "nobody here tells whether it is set by the network", "one-time codes, tokens and leases go by the time", "timedatectl status, or chronyc tracking")
    if told == "yes":
        return ok("clock", "set by the network")
    return fail("clock", "not set by the network", "one-time codes, tokens and leases go by the time", "timedatectl set-ntp true")


def control_group(top):
    limit = read(top / "sys/fs/cgroup/memory.max") or read(top / "sys/fs/cgroup/memory/memory.limit_in_bytes")
    quota = read(top / "sys/fs/cgroup/cpu.max").split()
    told = []
    if limit.isdigit() and int(limit) < 1 << 50:
        told.append(f"{int(limit) / GIB:.1f} GiB")
        if int(limit) < MEMORY:
            return warn("control group", f"memory bound to {told[0]}", "the kernel ends what goes beyond (exit code 137)", "a larger limit of the container or unit (MemoryMax=)")
    if len(quota) == 2 and quota[0].isdigit():
        told.append(f"{int(quota[0]) / int(quota[1]):.1f} cores")
    return ok("control group", "bound to " + ", ".join(told) if told else "no bounds")


def swap(top):
    rows = [line.split() for line in read(top / "proc" / "swaps").splitlines()[1:]]
    size, used = (sum(int(row[column]) for row in rows) for column in (2, 3))
    if not size:
        return ok("swap", "none")
    if used > size * 0.05:
        return warn("swap", f"{used / 1024:.0f} of {size / 1024:.0f} MiB used", "a step that swaps takes seconds", "less CONTEXT or MAX_BATCH_SIZE; then swapoff -a && swapon -a")
    return ok("swap", f"{size / 1024:.0f} MiB, hardly used")
