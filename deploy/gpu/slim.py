#!/usr/bin/env python3
"""Copies a packaged service without what a Linux machine with a GPU never opens: slim.py QUARKUS_APP OUT

Left out of the jars: native libraries of other systems, ONNX Runtime's for processors (the bundle
has its own), and the small embedding model. What remains is a third of the size.
"""

import os
import re
import shutil
import sys
import zipfile

LEFT_OUT = re.compile(
    r"ai/onnxruntime/native/|native/lib/(?!linux-x86_64/|tokenizers\.properties)[^/]+/|.*\.onnx$|"
    r"com/sun/jna/(?!linux-x86-64/)[a-z0-9]+-[^/]+/")


def copy(jar, target):
    with zipfile.ZipFile(jar) as source:
        if not any(LEFT_OUT.match(entry.filename) for entry in source.infolist()):
            shutil.copyfile(jar, target)
            return
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
            for entry in source.infolist():
                if not LEFT_OUT.match(entry.filename):
                    out.writestr(entry, source.read(entry))


def main(app, out):
    for folder, _, names in os.walk(app):
        here = os.path.join(out, os.path.relpath(folder, app))
        os.makedirs(here, exist_ok=True)
        for name in names:
            source, target = os.path.join(folder, name), os.path.join(here, name)
            copy(source, target) if name.endswith(".jar") else shutil.copyfile(source, target)


if __name__ == "__main__":
    main(*sys.argv[1:3])
