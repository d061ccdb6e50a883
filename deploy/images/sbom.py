#!/usr/bin/env python3
"""What is in an image, and under which licences.

  sbom.py image OUT NAME BOM JDK   writes OUT/NAME.sbom.json (CycloneDX 1.6) and prints its SHA-256; BOM is what
                                   cyclonedx-maven-plugin says of the module
  sbom.py lock OUT NAME...         writes maven.lock anew from the SBOMs of these images
  sbom.py licences OUT NAME...     prints a table of all components by licence

To Maven's components come the Java runtime, the Debian packages and, on GPUs, those of cuda.lock. Every jar of the image has to be
a component. A component whose checksum is not that of maven.lock ends the build: a repository gave
another file for the same name.
"""

import hashlib
import json
import os
import re
import sys
import zipfile

import cuda
import stage

LOCK = os.path.join(stage.HERE, "maven.lock")


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def jar_name(component):
    return f"{component.get('group')}.{component['name']}-{component['version']}.jar"


def sha256_of(component):
    return next((entry["content"] for entry in component.get("hashes", []) if entry["alg"] == "SHA-256"), None)


def locked():
    if not os.path.exists(LOCK):
        return {}
    with open(LOCK, encoding="utf-8") as file:
        return dict(line.split() for line in file if line.strip() and not line.startswith("#"))


def conditional(jar, source, known):
    """Quarkus adds extensions that others call for together; Maven's tree does not have them."""
    with zipfile.ZipFile(source) as archive:
        name = next(entry for entry in archive.namelist() if re.fullmatch(r"META-INF/maven/.*/pom\.properties", entry))
        text = archive.read(name).decode()
    said = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    group, artifact, version = (said[key].strip() for key in ("groupId", "artifactId", "version"))
    siblings = [c for c in known.values() if c.get("group") == group and c["version"] == version]
    if not siblings or f"{group}.{artifact}-{version}.jar" != jar:
        sys.exit(f"error: {jar} is in the image and not in Maven's tree, and nothing tells its licence.")
    purl = f"pkg:maven/{group}/{artifact}@{version}?type=jar"
    return {"type": "library", "bom-ref": purl, "group": group, "name": artifact, "version": version,
            "hashes": [{"alg": "SHA-256", "content": stage.sha256(source)}],
            "licenses": siblings[0]["licenses"], "purl": purl}


def debian_component(name, version, digest):
    purl = f"pkg:deb/debian/{name}@{version}?arch=amd64"
    expression = {"libc6": "LGPL-2.1-or-later"}.get(name, "GPL-3.0-or-later WITH GCC-exception-3.1")
    return {"type": "library", "bom-ref": purl, "name": name, "version": version,
            "hashes": [{"alg": "SHA-256", "content": digest}], "licenses": [{"expression": expression}], "purl": purl}


def runtime_component(jdk):
    with open(f"{jdk}/release", encoding="utf-8") as file:
        release = dict(line.strip().split("=", 1) for line in file if "=" in line)
    version = release["JAVA_RUNTIME_VERSION"].strip('"')
    return {"type": "platform", "bom-ref": f"openjdk-{version}", "name": "OpenJDK",
            "publisher": release["IMPLEMENTOR"].strip('"'), "version": version,
            "licenses": [{"expression": "GPL-2.0-only WITH Classpath-exception-2.0"}],
            "properties": [{"name": "modules", "value": " ".join(stage.MODULES)}]}


def image(out, name, bom_file, jdk, app):
    bom = load(bom_file)
    known = {jar_name(component): component for component in bom["components"]}
    lock = locked()
    kept = []
    folder = f"{out}/{stage.application(name)}/libraries/app/lib"
    for jar in sorted(os.listdir(folder)):
        source = next(path for path in (f"{app}/lib/{part}/{jar}" for part in ("boot", "main")) if os.path.exists(path))
        component = known.get(jar) or conditional(jar, source, known)
        digest = sha256_of(component)
        expected = lock.get(component["purl"])
        if expected and digest != expected:
            sys.exit(f"error: {component['purl']} has the SHA-256 {digest}, and maven.lock says {expected}: find out "
                     "why before you use it.")
        if not expected:
            print(f"note: {component['purl']} is not in maven.lock: deploy/images/sbom.py lock writes it.", file=sys.stderr)
        in_image = stage.sha256(f"{folder}/{jar}")
        component["properties"] = [{"name": "file", "value": f"/app/lib/{jar}"},
                                   {"name": "file-sha256", "value": in_image}]
        kept.append(component)
    kept.append(runtime_component(jdk))
    kept += [debian_component(*package) for package in stage.locked_packages()]
    if ("cuda", f"{out}/cuda") in stage.layers(out, name):
        kept += cuda.components(out)
    references = {component["bom-ref"] for component in kept} | {bom["metadata"]["component"]["bom-ref"]}
    bom["components"] = kept
    bom["dependencies"] = [
        {**entry, "dependsOn": [ref for ref in entry.get("dependsOn", []) if ref in references]}
        for entry in bom["dependencies"] if entry["ref"] in references]
    bom["metadata"]["component"]["type"] = "container"
    text = json.dumps(bom, indent=1, sort_keys=True) + "\n"
    stage.write(f"{out}/{name}.sbom.json", text)
    print(hashlib.sha256(text.encode()).hexdigest())


def components(out, names):
    return {component["bom-ref"]: component
            for name in names for component in load(f"{out}/{name}.sbom.json")["components"]}


def lock(out, *names):
    elsewhere = {package.purl for package in cuda.packages()}
    lines = sorted(f"{component['purl']} {sha256_of(component)}" for component in components(out, names).values()
                   if component.get("purl", "").startswith("pkg:maven/") and component["purl"] not in elsewhere)
    stage.write(LOCK, "# Jars of the images: package URL, SHA-256 as Maven fetched it. sbom.py lock writes this file.\n"
                + "\n".join(lines) + "\n")


def licence_of(component):
    return " OR ".join(
        entry.get("expression") or entry["license"].get("id") or entry["license"]["name"]
        for entry in component["licenses"])


def licences(out, *names):
    by_licence = {}
    for component in components(out, names).values():
        by_licence.setdefault(licence_of(component), []).append(f"{component['name']} {component['version']}")
    print("| licence | components | |\n|---|---|---|")
    for licence, held in sorted(by_licence.items(), key=lambda item: (-len(item[1]), item[0])):
        print(f"| {licence} | {len(held)} | {', '.join(sorted(held))} |")


if __name__ == "__main__":
    {"image": image, "lock": lock, "licences": licences}[sys.argv[1]](*sys.argv[2:])
