#!/usr/bin/env python3
"""Lays the folders out that become the layers of an image.

  stage.py names                       the images that are built where none is named
  stage.py application NAME             the service whose application an image holds
  stage.py base OUT JDK CACHE CREATED  Java runtime and C libraries, the same for all services
  stage.py service OUT NAME APP CREATED     libraries and application out of a packaged quarkus-app
  stage.py key OUT NAME                 prints a digest of what a training run sees
  stage.py aot OUT NAME IMAGE.tar       the cache of classes that an image holds
  stage.py plan OUT NAME VERSION REVISION CREATED [LABEL=VALUE...]   what BuildImage reads

The application is laid out for the JVM's own class loader instead of Quarkus's: a cache of loaded
and linked classes (JEP 483) holds nothing that another loader loads. Native libraries lie unpacked
in /app/native, for this system alone, so nothing is unpacked at run time and the root may be
read-only; jars are rewritten without any.
"""

import datetime
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
USER = "10001:10001"

# Found by jdeps (test.sh asks it again), without java.scripting and jdk.compiler, which H2 and
# Vert.x's code generator name and no service uses; and what is found by name alone: naming.dns,
# zipfs, jfr for recordings.
MODULES = (
    "java.base java.desktop java.instrument java.logging java.management java.naming java.net.http "
    "java.rmi java.security.jgss java.security.sasl java.sql java.transaction.xa java.xml "
    "jdk.incubator.vector jdk.jfr jdk.management jdk.naming.dns jdk.net jdk.unsupported jdk.zipfs").split()

# Of the runtime, what needs a screen or a sound card, starts processes, or is a tool.
NOT_IN_RUNTIME = re.compile(
    r"bin/(?!java$).*|lib/(jexec|jspawnhelper|classlist|jrt-fs\.jar|psfont.*|"
    r"lib(awt_xawt|jawt|jsound|splashscreen)\.so)")

# From the packages of debian.lock; what links to them is checked in test.sh.
LIBRARIES = {
    "libc6": ["lib64/ld-linux-x86-64.so.2"] + [
        "lib/x86_64-linux-gnu/" + name for name in
        ("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2")],
    "gcc-12-base": [],  # the licence of the next two
    "libgcc-s1": ["lib/x86_64-linux-gnu/libgcc_s.so.1"],
    "libstdc++6": ["usr/lib/x86_64-linux-gnu/libstdc++.so.6"],
}

NATIVE = re.compile(r"\.(so|dylib|dll|jnilib)$|\.dSYM/")

# Natives of this system by their place in the jar, and their names where the loaders look for them:
# java.library.path, or a property below.
NATIVES = {
    "ai/onnxruntime/native/linux-x64/libonnxruntime.so": "libonnxruntime.so",
    "native/lib/linux-x86_64/cpu/libtokenizers.so": "libtokenizers.so",
    "lib/linux-x86_64/libbrotli.so": "libbrotli.so",
    "linux/amd64/libzstd-jni-1.5.7-6.so": "libzstd-jni-1.5.7-6.so",
    "librocksdbjni-linux64.so": "librocksdbjni-linux64.so",
    "com/sun/jna/linux-x86-64/libjnidispatch.so": "libjnidispatch.so",
}
# JNI of ONNX Runtime's own Java API, which is not used.
UNUSED_NATIVES = {"ai/onnxruntime/native/linux-x64/libonnxruntime4j_jni.so"}
OF_THIS_SYSTEM = re.compile(r"linux[-_/]?(x64|x86[-_]64|amd64|64)(?!-musl)")

# A share of the memory and no more than about 30 GiB: said by its name, compressed pointers bound the heap; not said,
# a share above 32 GiB turns them off, and the JVM refuses a cache of classes that was made with them.
HEAP_LIMIT = "-XX:+UseCompressedOops"

PROPERTIES = [
    "-Djava.library.path=/app/native",
    "-Djna.boot.library.path=/app/native",
    "-DRUST_LIBRARY_PATH=/app/native/libtokenizers.so",
    "-DZstdNativePath=/app/native/libzstd-jni-1.5.7-6.so",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    "-Djava.io.tmpdir=/tmp",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
]


def services():
    """What services.json says. An image of another's application ("of") says only what differs."""
    with open(os.path.join(HERE, "services.json"), encoding="utf-8") as file:
        said = json.load(file)
    return {name: {**said.get(own.get("of"), {}), **own} for name, own in said.items()}


def names():
    return [name for name, definition in services().items() if "of" not in definition]


def application(name):
    return services()[name].get("of", name)


def layers(out, name):
    """Name and folder of each layer, lowest first: an image of another's application shares all of its layers."""
    service_layers = [(layer, f"{out}/{application(name)}/{layer}") for layer in ("libraries", "application", "aot")]
    found = [("base", f"{out}/base"), *service_layers]
    if name != application(name):
        found.append(("cuda", f"{out}/cuda"))
    return [(layer, folder) for layer, folder in found if layer != "aot" or os.path.isdir(folder)]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def set_times(folder, created):
    """The times that files will have in the image: a cache of classes is bound to those of the jars, in seconds. What
    is below a second tells contents apart: Jib takes a layer from its own cache where paths and times are the same."""
    seconds = int(datetime.datetime.fromisoformat(created).timestamp())
    for parent, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(parent, name)
            nanoseconds = seconds * 10**9 + int(sha256(path)[:7], 16)
            os.utime(path, ns=(nanoseconds, nanoseconds))


# -- base ----------------------------------------------------------------------------------------


def base(root, jdk, cache, created):
    out = f"{root}/base"
    shutil.rmtree(out, ignore_errors=True)
    runtime(out, jdk)
    for name, version, digest in locked_packages():
        library_package(out, name, version, digest, cache)
    write(f"{out}/etc/passwd", "root:x:0:0::/:/none\ndeepseek:x:10001:10001::/tmp:/none\n")
    write(f"{out}/etc/group", "root:x:0:\ndeepseek:x:10001:\n")
    write(f"{out}/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    for folder in ("tmp", "data", "models"):
        os.makedirs(f"{out}/{folder}")
    subprocess.run([f"{jdk}/bin/javac", "--release", "25", "-d", f"{out}/health", f"{HERE}/Ready.java"], check=True)
    set_times(out, created)


def runtime(out, jdk):
    made = f"{out}.jlink"
    shutil.rmtree(made, ignore_errors=True)
    subprocess.run(
        [f"{jdk}/bin/jlink", "--add-modules", ",".join(MODULES), "--no-man-pages",
         "--no-header-files", "--vm", "server", "--output", made],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # Links between equal licence texts become files.
    shutil.copytree(made, f"{out}/jre", ignore=lambda folder, names: [
        name for name in names
        if NOT_IN_RUNTIME.fullmatch(os.path.relpath(os.path.join(folder, name), made))])
    shutil.rmtree(made)


def locked_packages():
    with open(os.path.join(HERE, "debian.lock"), encoding="utf-8") as file:
        return [line.split() for line in file if line.strip() and not line.startswith("#")]


def library_package(out, name, version, digest, cache):
    archive = fetched(name, version, digest, cache)
    unpacked = archive + ".unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    subprocess.run(["dpkg-deb", "-x", archive, unpacked], check=True)
    for library in LIBRARIES[name]:
        os.makedirs(os.path.dirname(f"{out}/{library}"), exist_ok=True)
        shutil.copyfile(inside(unpacked, library), f"{out}/{library}")
        os.chmod(f"{out}/{library}", 0o755)
    copyright_file = inside(unpacked, f"usr/share/doc/{name}/copyright")
    if os.path.exists(copyright_file):
        os.makedirs(f"{out}/usr/share/doc/{name}")
        shutil.copyfile(copyright_file, f"{out}/usr/share/doc/{name}/copyright")
    # Where scanners of images without a package manager look.
    control = subprocess.run(["dpkg-deb", "-f", archive], check=True, capture_output=True, text=True)
    write(f"{out}/var/lib/dpkg/status.d/{name}", control.stdout)
    shutil.rmtree(unpacked)


def inside(folder, path):
    """The file that a path means in an unpacked package, whose links are absolute or relative."""
    full = f"{folder}/{path}"
    for _ in range(8):
        if not os.path.islink(full):
            break
        target = os.readlink(full)
        full = folder + target if target.startswith("/") else os.path.join(os.path.dirname(full), target)
    return full


def fetched(name, version, digest, cache):
    os.makedirs(cache, exist_ok=True)
    target = f"{cache}/{name}_{version.replace(':', '_')}.deb"
    if not (os.path.exists(target) and sha256(target) == digest):
        work = f"{cache}/.{name}-{os.getpid()}"
        os.makedirs(work)
        for wanted in (f"{name}={version}", name):
            done = subprocess.run(["apt-get", "download", "-qq", wanted], cwd=work, capture_output=True, text=True)
            if done.returncode == 0:
                break
        else:
            shutil.rmtree(work)
            sys.exit(f"error: apt-get does not fetch {name}: {done.stderr.strip()} (run apt-get update)")
        os.replace(os.path.join(work, os.listdir(work)[0]), target)
        os.rmdir(work)
    if sha256(target) != digest:
        found = subprocess.run(["dpkg-deb", "-f", target, "Version"], check=True, capture_output=True, text=True)
        if found.stdout.strip() == version:
            sys.exit(f"error: {name} {version} has another checksum than debian.lock says: do not use it.")
        print(f"note: {name} is {found.stdout.strip()} here and {version} in debian.lock: "
              "the image's digest will be another one.", file=sys.stderr)
    return target


# -- service -------------------------------------------------------------------------------------


def service(out, name, app, created):
    definition = services()[name]
    libraries, application = f"{out}/{name}/libraries", f"{out}/{name}/application"
    for folder in (libraries, application):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(f"{folder}/app")
    os.makedirs(f"{libraries}/app/lib")
    os.makedirs(f"{libraries}/app/native")
    names = []
    for folder in ("boot", "main"):
        for jar in sorted(os.listdir(f"{app}/lib/{folder}")):
            if jar.endswith(".jar"):
                copy_jar(f"{app}/lib/{folder}/{jar}", f"{libraries}/app/lib/{jar}", f"{libraries}/app/native")
                names.append(f"/app/lib/{jar}")
    own = []
    # Classes that the build changed come before those that they replace.
    for source in (f"{app}/quarkus/transformed-bytecode.jar", f"{app}/quarkus/generated-bytecode.jar",
                   *(f"{app}/app/{jar}" for jar in sorted(os.listdir(f"{app}/app")))):
        if os.path.exists(source):
            target = f"/app/{os.path.basename(source)}"
            shutil.copyfile(source, application + target)
            own.append(target)
    main = main_class(f"{app}/quarkus/quarkus-application.dat")
    launcher(f"{application}/app/run.jar", f"{app}/quarkus-run.jar", main, own + names)
    options = [*definition["options"], definition["memory"], HEAP_LIMIT, *PROPERTIES, "-jar", "/app/run.jar"]
    write(f"{application}/app/java.options", "\n".join(options) + "\n")
    set_times(libraries, created)
    set_times(application, created)


def main_class(data):
    """What Quarkus's own launcher would start: after a magic number and a version, as DataOutput.writeUTF writes it."""
    with open(data, "rb") as file:
        magic, version, length = struct.unpack(">IIH", file.read(10))
        if (magic, version) != (0xF0315432, 2):
            sys.exit(f"error: {data} begins with {magic:#x} and version {version}, which nobody has taught this script.")
        return file.read(length).decode()


def launcher(target, quarkus_run, main, class_path):
    """A jar that is only a manifest: the class path, and the packages that Quarkus's own launcher opens. As an
    option of the JVM the same would keep the cache of classes from holding the graph of modules."""
    with zipfile.ZipFile(quarkus_run) as jar:
        lines = jar.read("META-INF/MANIFEST.MF").decode().replace("\r\n ", "").split("\r\n")
    kept = [line for line in lines if line.startswith(("Manifest-Version:", "Add-Opens:", "Implementation-"))]
    kept += [f"Main-Class: {main}", "Class-Path: " + " ".join(path.removeprefix("/app/") for path in class_path)]
    # A line of a manifest has 72 bytes at most and goes on after a space.
    text = "".join(re.sub(r"(.{70})(?=.)", "\\1\r\n ", line) + "\r\n" for line in kept) + "\r\n"
    with zipfile.ZipFile(target, "w") as jar:
        jar.writestr(zipfile.ZipInfo("META-INF/MANIFEST.MF"), text)


def copy_jar(source, target, natives):
    with zipfile.ZipFile(source) as jar:
        entries = jar.infolist()
        if not any(NATIVE.search(entry.filename) for entry in entries):
            shutil.copyfile(source, target)
            return
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
            for entry in entries:
                if not NATIVE.search(entry.filename):
                    out.writestr(entry, jar.read(entry))
                elif entry.filename in NATIVES:
                    place = f"{natives}/{NATIVES[entry.filename]}"
                    with open(place, "wb") as file:
                        file.write(jar.read(entry))
                    os.chmod(place, 0o755)
                elif OF_THIS_SYSTEM.search(entry.filename) and entry.filename not in UNUSED_NATIVES:
                    sys.exit(f"error: {os.path.basename(source)} holds {entry.filename}, which stage.py does not "
                             "know: say in NATIVES where its loader finds it.")


# -- plan ----------------------------------------------------------------------------------------


def plan(out, name, version, revision, created, *labels):
    definition = services()[name]
    image_layers = [{"name": layer, "folder": folder} for layer, folder in layers(out, name)]
    entrypoint = ["/jre/bin/java", "-XX:+UseSerialGC"]
    if any(layer["name"] == "aot" for layer in image_layers):
        entrypoint.append("-XX:AOTCache=/app/service.aot")
    entrypoint.append("@/app/java.options")
    described = {
        "name": f"localhost/deepseek/{name}:{version}",
        "created": created,
        "user": USER,
        "written": ["/tmp", "/data"],
        "entrypoint": entrypoint,
        # Without a locale Java takes names of files and variables for ASCII: a model's folder may have a Chinese name.
        "environment": {"HOME": "/tmp", "LANG": "C.UTF-8", "XDG_CACHE_HOME": "/tmp/.cache", **definition["environment"]},
        "ports": definition["ports"],
        "volumes": definition["volumes"],
        "labels": {
            "org.opencontainers.image.title": name,
            "org.opencontainers.image.description": definition["description"],
            "org.opencontainers.image.version": version,
            "org.opencontainers.image.revision": revision,
            "org.opencontainers.image.created": created,
            **dict(label.split("=", 1) for label in labels),
        },
        "layers": image_layers,
    }
    write(f"{out}/{name}/plan.json", json.dumps(described, indent=2) + "\n")


AOT_LAYER = 3  # above base, libraries and application


def aot_of(out, name, image):
    """The cache of classes of an image that was built before, so that the same image comes out again."""
    with tarfile.open(image) as archive:
        manifest = described(archive)
        layer = archive.extractfile(blob(manifest["layers"][AOT_LAYER]["digest"]))
        with tarfile.open(fileobj=layer, mode="r:gz") as files:
            cache = files.extractfile("app/service.aot")
            shutil.rmtree(f"{out}/{name}/aot", ignore_errors=True)
            os.makedirs(f"{out}/{name}/aot/app")
            with open(f"{out}/{name}/aot/app/service.aot", "wb") as target:
                shutil.copyfileobj(cache, target)


def blob(digest):
    return "blobs/" + digest.replace(":", "/")


def described(archive):
    """The manifest of the one image in an OCI archive."""
    index = json.load(archive.extractfile("index.json"))
    return json.load(archive.extractfile(blob(index["manifests"][0]["digest"])))


def key(out, name):
    """One digest of all that a training run sees: where it has not changed, its cache holds."""
    total = hashlib.sha256()
    for layer in (f"{out}/base", f"{out}/{name}/libraries", f"{out}/{name}/application"):
        for parent, folders, files in os.walk(layer):
            folders[:] = sorted(folder for folder in folders if folder != "health")
            for file in sorted(files):
                path = os.path.join(parent, file)
                total.update(f"{os.path.relpath(path, layer)} {sha256(path)}\n".encode())
    return total.hexdigest()


if __name__ == "__main__":
    {"names": lambda: print(*names()), "application": lambda name: print(application(name)), "base": base, "service": service, "plan": plan, "aot": aot_of,
     "key": lambda *arguments: print(key(*arguments))}[sys.argv[1]](*sys.argv[2:])
