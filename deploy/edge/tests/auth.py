"""A real auth-service, for the proxies that ask it: one for all tests of a run."""

import atexit
import functools
import pathlib
import shutil
import sys
import tempfile

from edge import ROOT, await_true, free_port

sys.path.insert(0, str(ROOT / "deploy" / "test"))
from services import Service  # noqa: E402


class AuthService:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="deepseek-edge-auth-"))
        self.port = free_port()
        environment = {"AUTH_PORT": str(self.port), "AUTH_MANAGEMENT_PORT": str(free_port()), "HOST": "127.0.0.1", "WORK": str(self.folder)}
        options = (
            f"-Ddeepseek.auth.data-folder={self.folder}/data",
            f"-Ddeepseek.auth.local-keys-folder={self.folder}/run",
            "-Ddeepseek.auth.trusted-proxies=127.0.0.1",
        )
        atexit.register(self.stop)
        self.service = Service("auth-service", self.port, environment, options).start()
        self.service.await_ready()
        key = self.folder / "run" / "admin-key"
        await_true(60, "the first administrator's key is there", key.exists)
        self.admin = key.read_text().strip()
        self.tenant = self.administer("tenants", {"name": "edge"})["id"]
        self.auditor, self.developer = self.key("auditor"), self.key("developer")

    def administer(self, path, body):
        """At auth-service itself: an administrator's key alone opens nothing from elsewhere."""
        answer = self.service.ask("POST", f"/v1/admin/{path}", body, authorization=f"Bearer {self.admin}")
        assert answer.status in (200, 201), answer.text
        return answer.json()

    def key(self, role, **more):
        return self.administer("keys", {"tenant": self.tenant, "name": "k", "role": role, **more})["key"]

    def stop(self):
        self.service.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@functools.cache
def auth_service():
    return AuthService()
