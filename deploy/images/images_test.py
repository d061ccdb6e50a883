#!/usr/bin/env python3
"""What the images of a folder are, and are not: images_test.py IMAGES NAME... (test.sh builds them first).

Each image is unpacked as an engine would, layer over layer, and looked at; no engine is needed.
"""

import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import tarfile
import tempfile
import unittest

import cuda
import sbom
import stage

IMAGES, NAMES = "", []
SHELLS = {"sh", "bash", "dash", "ash", "zsh", "busybox", "toybox", "csh", "ksh"}
TOOLS = {"apt", "apt-get", "dpkg", "rpm", "yum", "dnf", "apk", "pip", "curl", "wget", "nc", "jspawnhelper", "javac",
         "keytool", "jcmd", "perl", "python3", "su", "sudo", "mount"}


class Image:
    def __init__(self, name, folder):
        self.root = f"{folder}/{name}"
        self.members = {}
        with tarfile.open(f"{IMAGES}/{name}.tar") as archive:
            index = json.load(archive.extractfile("index.json"))
            self.reference = index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"]
            self.digest = index["manifests"][0]["digest"]
            self.manifest = stage.described(archive)
            self.configuration = json.load(archive.extractfile(stage.blob(self.manifest["config"]["digest"])))
            for layer in self.manifest["layers"]:
                blob = archive.extractfile(stage.blob(layer["digest"]))
                if hashlib.file_digest(blob, "sha256").hexdigest() != layer["digest"].removeprefix("sha256:"):
                    raise AssertionError(f"{name}: a layer is not what its digest says")
                blob.seek(0)
                with tarfile.open(fileobj=blob, mode="r:gz") as files:
                    for member in files.getmembers():
                        self.members["/" + member.name.strip("/")] = member
                    files.extractall(self.root, filter="data")


class ImagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.TemporaryDirectory()
        cls.images = {name: Image(name, cls.work.name) for name in NAMES}

    @classmethod
    def tearDownClass(cls):
        cls.work.cleanup()

    def each(self):
        return self.images.items()

    def test_noFileRaisesRightsAndNoneIsWritableByAll(self):
        for _, image in self.each():
            raised = [path for path, member in image.members.items() if member.mode & (stat.S_ISUID | stat.S_ISGID)]
            writable = [path for path, member in image.members.items() if member.mode & stat.S_IWOTH]
            self.assertEqual(([], []), (raised, writable))
            self.assertEqual(set(), {member.type for member in image.members.values()} - {tarfile.REGTYPE, tarfile.DIRTYPE})

    def test_onlyTheFoldersOfVolumesBelongToTheUser(self):
        for _, image in self.each():
            owned = {path for path, member in image.members.items() if member.uid != 0 or member.gid != 0}
            self.assertEqual({"/tmp", "/data"}, owned)

    def test_javaIsTheOnlyProgram(self):
        for _, image in self.each():
            programs = set()
            for path, member in image.members.items():
                if member.isreg():
                    self.assertNotIn(os.path.basename(path), SHELLS | TOOLS, path)
                if member.isreg() and member.mode & 0o111 and ".so" not in os.path.basename(path):
                    programs.add(path)
            self.assertEqual({"/jre/bin/java"}, programs)

    def test_theUserIsNotRootAndTheEntrypointIsNoShell(self):
        for name, image in self.each():
            config = image.configuration["config"]
            self.assertEqual("10001:10001", config["User"])
            self.assertEqual("/jre/bin/java", config["Entrypoint"][0])
            self.assertEqual("@/app/java.options", config["Entrypoint"][-1])
            self.assertEqual({*stage.services()[name]["volumes"]}, set(config["Volumes"]))

    def test_onALargeMachineTheHeapIsAsSmallAsTheCacheOfClassesNeeds(self):
        for name, image in self.each():
            with open(f"{image.root}/app/java.options", encoding="utf-8") as file:
                options = file.read().split("\n-jar\n")[0].split("\n")
            for memory, most in (("8g", 8 << 30), ("256g", 32 << 30)):
                shown = subprocess.run(
                    [f"{image.root}/jre/bin/java", "-XX:+UseSerialGC", *options, f"-XX:MaxRAM={memory}",
                     "-XX:+PrintFlagsFinal", "-version"], check=True, capture_output=True, text=True).stdout
                flags = dict(re.findall(r"(MaxHeapSize|UseCompressedOops) += (\S+)", shown))
                self.assertEqual("true", flags["UseCompressedOops"], f"{name} with {memory}")
                self.assertLess(int(flags["MaxHeapSize"]), most, f"{name} with {memory}")

    def test_everyNativeLibraryFindsWhatItNeedsInsideTheImage(self):
        for _, image in self.each():
            loader = f"{image.root}/lib64/ld-linux-x86-64.so.2"
            os.chmod(loader, 0o755)
            places = ":".join(image.root + place for place in (
                "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/jre/lib", "/jre/lib/server", "/app/native", "/app/cuda"))
            libraries = [path for path in image.members if re.search(r"\.so(\.\d+)*$|bin/java$", path)]
            self.assertGreater(len(libraries), 30)
            for library in libraries:
                if library.endswith("ld-linux-x86-64.so.2"):
                    continue
                # As ldd does: what is missing is said, and no reason to end.
                listed = subprocess.run([loader, "--library-path", places, image.root + library], check=False,
                                        env={"LD_TRACE_LOADED_OBJECTS": "1"}, capture_output=True, text=True)
                self.assertEqual(0, listed.returncode, f"{library}: {listed.stderr}")
                for needed, found in re.findall(r"(\S+) => (not found|\S+)", listed.stdout):
                    # The driver's come with the machine.
                    if not (library.startswith("/app/cuda/") and needed in cuda.DRIVER):
                        self.assertTrue(found.startswith(image.root), f"{library} needs {needed} and finds {found}")

    def test_jarsHoldNoNativeLibraries(self):
        for _, image in self.each():
            for path in image.members:
                if path.endswith(".jar"):
                    with stage.zipfile.ZipFile(image.root + path) as jar:
                        self.assertEqual([], [entry for entry in jar.namelist() if stage.NATIVE.search(entry)], path)

    def test_theSbomIsTheImagesAndNamesEveryJarAndItsLicence(self):
        for name, image in self.each():
            labels = image.configuration["config"]["Labels"]
            self.assertEqual(labels["platform.deepseek.sbom.sha256"], stage.sha256(f"{IMAGES}/{name}.sbom.json"))
            components = sbom.load(f"{IMAGES}/{name}.sbom.json")["components"]
            named = {}
            for component in components:
                self.assertTrue(sbom.licence_of(component), component["name"])
                properties = {entry["name"]: entry["value"] for entry in component.get("properties", [])}
                if "file" in properties:
                    named[properties["file"]] = properties["file-sha256"]
            held = {path: stage.sha256(image.root + path) for path in image.members if path.startswith("/app/lib/") and path.endswith(".jar")}
            self.assertEqual(held, named)
            packages = {component["name"] for component in components if component.get("purl", "").startswith("pkg:deb")}
            self.assertEqual({os.path.basename(path) for path in image.members if path.startswith("/var/lib/dpkg/status.d/")}, packages)

    def test_anImageForGpusHoldsTheLockedLibrariesAndTheirTerms(self):
        for name, image in self.each():
            held = {path for path in image.members if path.startswith("/app/cuda/")}
            if name == stage.application(name):
                self.assertEqual(set(), held)
                continue
            components = {entry["name"]: entry for entry in sbom.load(f"{IMAGES}/{name}.sbom.json")["components"]}
            named = {}
            for package in cuda.packages():
                component = components[package.name]
                self.assertEqual((package.version, package.digest), (component["version"], sbom.sha256_of(component)))
                self.assertTrue(any(path.startswith(f"/usr/share/doc/{package.name}/") and "icense" in path.lower()
                                    for path in image.members), package.name)
                named.update({file["name"]: sbom.sha256_of(file) for file in component["components"]})
            self.assertEqual(held, set(named))
            self.assertEqual(named, {path: stage.sha256(image.root + path) for path in held})
            self.assertEqual(components["onnxruntime"]["version"], components["onnxruntime_gpu"]["version"])
            variables = dict(entry.split("=", 1) for entry in image.configuration["config"]["Env"])
            self.assertIn(variables["DEEPSEEK_ORT_LIBRARY"], held)
            self.assertEqual("compute,utility", variables["NVIDIA_DRIVER_CAPABILITIES"])
            # Who gets which GPU is said by the device plugin or by docker run --gpus.
            self.assertNotIn("NVIDIA_VISIBLE_DEVICES", variables)

    def test_anImageForGpusSharesAllOtherLayers(self):
        for name, image in self.each():
            shared = stage.application(name)
            if shared != name and shared in self.images:
                digests = [layer["digest"] for layer in image.manifest["layers"]]
                self.assertEqual([layer["digest"] for layer in self.images[shared].manifest["layers"]], digests[:-1])

    def test_theDockerfilesSayWhatTheImagesSay(self):
        for name, image in self.each():
            config = image.configuration["config"]
            with open(f"{stage.HERE}/docker/{name}.Dockerfile", encoding="utf-8") as file:
                text = file.read().replace("\\\n", " ")
            said = dict(re.findall(r"^(USER|WORKDIR|EXPOSE|VOLUME|ENTRYPOINT|ENV) (.*)$", text, re.MULTILINE))
            self.assertEqual(config["User"], said["USER"])
            self.assertEqual(config["WorkingDir"], said["WORKDIR"])
            self.assertEqual({port.removesuffix("/tcp") for port in config["ExposedPorts"]}, set(said["EXPOSE"].split()))
            self.assertEqual(set(config["Volumes"]), set(json.loads(said["VOLUME"])))
            variables = {entry for entry in config["Env"] if not entry.startswith("DEEPSEEK_ORT_LIBRARY=/app/native/")}
            self.assertEqual(variables, set(said["ENV"].split()))
            definition = stage.services()[name]
            entrypoint = json.loads(said["ENTRYPOINT"])
            self.assertEqual(config["Entrypoint"][:2], entrypoint[:2])
            self.assertEqual([*definition["options"], definition["memory"], stage.HEAP_LIMIT], entrypoint[2:-3])
            self.assertEqual(set(stage.MODULES), set(re.search(r"MODULES=(\S+)", text).group(1).split(",")))

    def test_timesAreTheSameSecondAndTellContentsApart(self):
        times = []
        for content in ("one", "two", "one"):
            with tempfile.TemporaryDirectory() as folder:
                stage.write(f"{folder}/file", content)
                stage.set_times(folder, "2026-01-01T00:00:00Z")
                times.append(os.stat(f"{folder}/file").st_mtime_ns)
        self.assertEqual([1767225600] * 3, [time // 10**9 for time in times])
        self.assertEqual(times[0], times[2])
        self.assertNotEqual(times[0], times[1])

    def test_theRuntimeHasTheModulesThatClassesAskFor(self):
        # H2 compiles triggers and Vert.x generates code with these two, which no service does.
        left_out = {"java.scripting", "jdk.compiler"}
        for _, image in self.each():
            with tempfile.NamedTemporaryFile(suffix=".jar") as flat:
                self.flatten(image, flat.name)
                asked = subprocess.run(
                    [f"{os.environ['JAVA_HOME']}/bin/jdeps", "--ignore-missing-deps", "-q", "--print-module-deps", flat.name],
                    capture_output=True, text=True, check=True).stdout.strip().split(",")
            self.assertEqual(set(), set(asked) - set(stage.MODULES) - left_out)

    @staticmethod
    def flatten(image, target):
        """All classes in one jar without module descriptions, which jdeps would want whole."""
        seen = set()
        with stage.zipfile.ZipFile(target, "w") as flat:
            for path in image.members:
                if path.endswith(".jar"):
                    with stage.zipfile.ZipFile(image.root + path) as jar:
                        for entry in jar.namelist():
                            if entry.endswith(".class") and not entry.startswith("META-INF") and entry not in seen \
                                    and "module-info" not in entry:
                                seen.add(entry)
                                flat.writestr(entry, jar.read(entry))


if __name__ == "__main__":
    IMAGES, NAMES = os.path.abspath(sys.argv[1]), sys.argv[2:]
    unittest.main(argv=sys.argv[:1])
