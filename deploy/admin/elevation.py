"""What is remembered of an elevation. It opens nothing: it says until when the service needs no code again."""

import datetime
import json
import os
import sys
from pathlib import Path


def file():
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(state) / "deepseek-admin" / "elevation.json"


def keep(service, elevation):
    target = file()
    fresh = target.with_suffix(f".{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            json.dump({"service": service.address, **elevation}, out)
        os.replace(fresh, target)
    except OSError as error:
        # The key is elevated all the same; only `status` will not know until when.
        print(f"warning: until when is not remembered in {target} ({error.strerror}).", file=sys.stderr)


def until(service):
    """When the elevation of this key at this service ends; nothing where there is none."""
    try:
        kept = json.loads(file().read_text())
        same = kept["service"] == service.address and kept["key"] == service.key_id
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        return kept["expiresAt"] if same and kept["expiresAt"] > now else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget():
    try:
        file().unlink(missing_ok=True)
    except OSError as error:
        print(f"warning: {file()} stays ({error.strerror}).", file=sys.stderr)
