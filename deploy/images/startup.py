#!/usr/bin/env python3
"""Seconds from the start of a service's process to its first ready answer, with the cache of classes
and without, in turn, out of the same layers in a root folder: startup.py OUT ROUNDS [SERVICE...]

"Without" has the archive of the JDK's own classes that an installed JDK brings along, so the
difference is what the image's cache gives beyond that.
"""

import os
import statistics
import subprocess
import sys

import train


def archive_of_jdk(out):
    """The runtime's default archive, as jlink --generate-cds-archive makes it."""
    made = f"{out}/jre-with-archive"
    if not os.path.exists(f"{made}/lib/server/classes.jsa"):
        subprocess.run(
            [f"{os.environ['JAVA_HOME']}/bin/jlink", "--add-modules",
             ",".join(train.stage.MODULES), "--no-man-pages", "--no-header-files", "--vm", "server",
             "--generate-cds-archive", "--output", made],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return f"{made}/lib/server/classes.jsa"


def seconds(out, name, options, archive):
    root = train.Root(out, name)
    try:
        os.link(archive, f"{root.folder}/jre/lib/server/classes.jsa")
        with open(f"{out}/{name}/startup.log", "w", encoding="utf-8") as log:
            service = train.Service(root, name, options, log)
            try:
                return service.await_ready()
            finally:
                service.stop()
    finally:
        root.remove()


def main(out, rounds, *names):
    archive = archive_of_jdk(out)
    for name in names or train.stage.names():
        found = {"without": [], "with": []}
        for _ in range(int(rounds)):
            found["without"].append(seconds(out, name, [], archive))
            found["with"].append(seconds(out, name, ["-XX:AOTCache=/app/service.aot"], archive))
        print(name, *(f"{kind} {statistics.median(values):.2f} s ({', '.join(f'{v:.2f}' for v in values)})"
                      for kind, values in found.items()), sep="; ", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
