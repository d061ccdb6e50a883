#!/usr/bin/env python3
"""Compiles the CUDA kernels to the PTX that lies beside them: make kernels.

usage: compile_kernels.py [NAME ...]     without a name, every file whose PTX is not of its source

NVIDIA's run-time compiler does the work, called by ctypes: it needs no GPU, no driver and no toolkit.
It is found in NVRTC_HOME (a folder with nvidia/cuda_nvrtc and nvidia/cuda_runtime in it), or is
installed from two wheels into the cache folder. Its version is pinned for two reasons: PTX of CUDA
12.1 is what the oldest supported driver (525) can load, and the same source must give the same text.

A kernel file that speaks of ELEMENT_FP16, itself or in a header of its own, is compiled once for each
element type: NAME.fp16.ptx and NAME.bf16.ptx. Another one gives NAME.ptx. One that speaks of
"__CUDA_ARCH__ >= 900" gives NAME.fp16.sm90.ptx and so on as well, with what only Hopper and newer
devices can. Its first line can name another target, "// architecture: compute_90a": code for one kind
of GPU, beside which there is code for all. The first line of a PTX
names the digest of what it was compiled from: the kernel file and then its own headers, in the
order in which they are first included, as bytes. KernelSourcesTest compares.
"""

import ctypes
import hashlib
import os
import pathlib
import re
import subprocess
import sys

VERSION = "12.1.105"
ARCHITECTURES = {"": "compute_80", ".sm90": "compute_90"}
ROOT = pathlib.Path(__file__).resolve().parents[2]
KERNELS = ROOT / "inference-service/src/main/resources/platform/deepseek/inference/cuda"
OWN_ARCHITECTURE = re.compile(r"// architecture: (\w+)\n")
OWN_INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def compiler_home():
    named = os.environ.get("NVRTC_HOME")
    if named:
        return pathlib.Path(named)
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    home = pathlib.Path(cache) / "deepseek-platform" / f"nvrtc-{VERSION}"
    if not (home / "complete").exists():
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade",
             "--target", str(home), f"nvidia-cuda-nvrtc-cu12=={VERSION}",
             f"nvidia-cuda-runtime-cu12=={VERSION}"],
            check=True)
        (home / "complete").touch()
    return home


class Compiler:
    """libnvrtc, as far as it is needed."""

    def __init__(self, home):
        library = home / "nvidia/cuda_nvrtc/lib"
        self.headers = home / "nvidia/cuda_runtime/include"
        for needed in (library / "libnvrtc.so.12", self.headers / "cuda_fp16.h"):
            if not needed.exists():
                sys.exit(f"{needed} is not there; point NVRTC_HOME at a folder with both wheels "
                         "unpacked, or unset it to have them installed")
        builtins = sorted(library.glob("libnvrtc-builtins.so*"))
        for file in builtins:
            ctypes.CDLL(str(file), mode=ctypes.RTLD_GLOBAL)
        self.nvrtc = ctypes.CDLL(str(library / "libnvrtc.so.12"))
        self.nvrtc.nvrtcGetErrorString.restype = ctypes.c_char_p

    def check(self, result, what):
        if result != 0:
            raise RuntimeError(f"{what}: {self.nvrtc.nvrtcGetErrorString(result).decode()}")

    def text(self, program, kind):
        size = ctypes.c_size_t()
        self.check(getattr(self.nvrtc, f"nvrtcGet{kind}Size")(program, ctypes.byref(size)), kind)
        text = ctypes.create_string_buffer(size.value)
        self.check(getattr(self.nvrtc, f"nvrtcGet{kind}")(program, text), kind)
        return text.value.decode()

    def ptx(self, source, architecture, definitions):
        named = OWN_ARCHITECTURE.match(source.read_text())
        architecture = named.group(1) if named else architecture
        options = [f"--gpu-architecture={architecture}", "--std=c++17", "--device-as-default-execution-space",
                   f"--include-path={self.headers}", f"--include-path={KERNELS}"]
        options += [f"--define-macro={name}" for name in definitions]
        program = ctypes.c_void_p()
        self.check(
            self.nvrtc.nvrtcCreateProgram(
                ctypes.byref(program), source.read_bytes(), source.name.encode(), 0, None, None),
            source.name)
        try:
            arguments = (ctypes.c_char_p * len(options))(*[option.encode() for option in options])
            result = self.nvrtc.nvrtcCompileProgram(program, len(options), arguments)
            log = self.text(program, "ProgramLog").strip()
            if log:
                print(log, file=sys.stderr)
            self.check(result, source.name)
            return self.text(program, "PTX")
        finally:
            self.nvrtc.nvrtcDestroyProgram(ctypes.byref(program))


def sources(file, seen=None):
    """The file and its own headers, in the order in which they are first included."""
    seen = [] if seen is None else seen
    if file not in seen:
        seen.append(file)
        for name in OWN_INCLUDE.findall(file.read_bytes()):
            sources(KERNELS / name.decode(), seen)
    return seen


def targets(file):
    """What is compiled from a file: the names of the PTX files, each with architecture and macros."""
    text = b"".join(part.read_bytes() for part in sources(file))
    types = {"": []}
    if b"ELEMENT_FP16" in text:
        types = {".fp16": ["ELEMENT_FP16"], ".bf16": ["ELEMENT_BF16"]}
    return {f"{file.stem}{kind}{suffix}.ptx": (architecture, definitions)
            for kind, definitions in types.items()
            for suffix, architecture in ARCHITECTURES.items()
            if not suffix or b"__CUDA_ARCH__ >= 900" in text}


def first_line(file):
    digest = hashlib.sha256(b"".join(part.read_bytes() for part in sources(file)))
    return f"// {file.name} sha256 {digest.hexdigest()}\n"


def is_of(ptx, line):
    return ptx.exists() and ptx.read_text().startswith(line)


def main(names):
    files = [KERNELS / f"{name}.cu" for name in names] or sorted(KERNELS.glob("*.cu"))
    compiler = None
    for file in files:
        line = first_line(file)
        for name, (architecture, definitions) in targets(file).items():
            if not names and is_of(KERNELS / name, line):
                continue
            compiler = compiler or Compiler(compiler_home())
            (KERNELS / name).write_text(line + compiler.ptx(file, architecture, definitions).lstrip("\n"))
            print(name)


main(sys.argv[1:])
