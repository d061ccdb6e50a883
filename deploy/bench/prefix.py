"""How long a prefix takes that cache-service has on its disk, after a restart of all services, and
how long computing it takes. Every figure is the time from a request to its first token. Before them
come a few short requests after each restart, because the first ones of a process pay for classes and
compilation whatever they ask: without them both figures are two seconds longer.

JAVA_HOME and DEMO_MODEL come from the environment; the services have to be built.
"""

import os
import pathlib
import random
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "test"))

from services import Platform, await_true  # noqa: E402

SHARED = int(os.environ.get("TOKENS", "2000"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
ENDING = 32
WARM_UPS = int(os.environ.get("WARM_UPS", "8"))


def tokens(name, count):
    """A text of its own for each name."""
    return random.Random(name).choices(range(1_000, 40_000), k=count)


class Bench:
    def __init__(self):
        self.platform = Platform(os.environ["DEMO_MODEL"], cached=True)
        # What is measured is what people get.
        for service in (self.platform.auth, self.platform.cache, self.platform.inference):
            service.environment.pop("DEEPSEEK_CACHE_PATIENCE", None)

    def first_token(self, prompt):
        body = {"model": "demo", "prompt": prompt, "max_tokens": 1, "temperature": 0}
        begun = time.monotonic()
        reply = self.platform.inference.ask(
            "POST",
            "/v1/completions",
            body,
            authorization="Bearer " + self.platform.local_key("api-key"),
            cache_control="no-cache, no-store",
        )
        took = time.monotonic() - begun
        if reply.status != 200:
            raise SystemExit(f"{reply.status}: {reply.text}")
        return took, reply.json()["usage"]["prompt_cache_hit_tokens"]

    def metric(self, name):
        return self.platform.metrics()[name]

    def reachable(self):
        return self.metric("deepseek_prefix_store_available") == 1

    def restart(self):
        self.platform.inference.stop()
        self.platform.cache.stop()
        self.platform.cache.start()
        self.platform.inference.start()
        self.platform.cache.await_ready()
        self.platform.inference.await_ready()
        await_true(60, "cache-service answers well", self.reachable)

    def run(self):
        shared = tokens("shared", SHARED)
        self.platform.start()
        await_true(60, "cache-service answers well", self.reachable)
        self.first_token(shared + tokens("first", ENDING))
        blocks = SHARED // 64
        kept = 'deepseek_prefix_store_blocks_total{event="kept"}'
        await_true(60, "all blocks are handed over", lambda: self.metric(kept) >= blocks)
        restored, computed, same = [], [], []
        for number in range(ROUNDS):
            self.restart()
            for warm_up in range(WARM_UPS):
                self.first_token(tokens(f"warm up {number} {warm_up}", 60))
            took, hits = self.first_token(shared + tokens(f"ending {number}", ENDING))
            if hits != blocks * 64:
                print(f"  round {number}: only {hits} tokens were restored in {took:.3f} s")
            fetch = self.metric("deepseek_prefix_store_restoration_seconds_sum")
            restored.append(took)
            other = tokens(f"other {number}", SHARED + ENDING)
            took, hits = self.first_token(other)
            computed.append(took)
            took, _ = self.first_token(shared + tokens(f"next {number}", ENDING))
            same.append(took)
            print(
                f"  round {number}: restored {restored[-1] * 1000:.0f} ms (of it on the way"
                f" {fetch * 1000:.0f} ms), computed {computed[-1] * 1000:.0f} ms,"
                f" in the engine's memory {same[-1] * 1000:.0f} ms"
            )
        megabytes = self.metric('deepseek_prefix_store_bytes_total{direction="in"}') / 1e6
        print(
            f"a shared prefix of {SHARED:,} tokens, {megabytes:.0f} MB, and {ENDING} tokens of its"
            f" own; medians of {ROUNDS} restarts:"
            f" restored {statistics.median(restored) * 1000:.0f} ms,"
            f" computed {statistics.median(computed) * 1000:.0f} ms:"
            f" {statistics.median(computed) / statistics.median(restored):.1f} times as long"
        )


if __name__ == "__main__":
    bench = Bench()
    try:
        bench.run()
    finally:
        bench.platform.stop()
