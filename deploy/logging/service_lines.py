"""What auth-service and inference-service log when they are asked for an answer: once for all tests of a run."""

import functools
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy" / "test"))
from services import Platform, await_true  # noqa: E402

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
PROMPT = "Once upon a time a prompt was logged by mistake"


@functools.cache
def service_lines():
    """The key that was shown, and the text of each service's log, by its name."""
    os.environ["DEEPSEEK_LOG_FORMAT"] = "json"
    platform = Platform(os.environ["DEMO_MODEL"])
    try:
        platform.start()
        key = platform.local_key("api-key")
        bearer = "Bearer " + key
        model = platform.inference.ask("GET", "/v1/models", authorization=bearer).json()["data"][0]["id"]
        body = {"model": model, "prompt": PROMPT, "max_tokens": 2}
        wrong = {**body, "temperature": "hot"}
        for path, sent in (("", body), ("", wrong), ("?user=secret", body)):
            platform.inference.ask("POST", "/v1/completions" + path, sent, authorization=bearer, traceparent=f"00-{TRACE}-{SPAN}-01")
        # A request's line is written after its answer.
        await_true(60, "three requests are logged", lambda: platform.inference.log.read_text().count("POST /v1/completions") == 3)
        return key, {service.name: service.log.read_text() for service in (platform.auth, platform.inference)}
    finally:
        platform.stop()
