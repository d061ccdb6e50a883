"""The whole platform at 500 chat requests a second, answered out of the cache so that the engine is
not what is measured: how long inference-service waits for auth-service's decisions, by its own
histogram, and how long whole answers take. Open loop: a request's time counts from when it was due.

JAVA_HOME and DEMO_MODEL come from the environment; the services have to be built.
"""

import asyncio
import json
import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "test"))

from services import Platform  # noqa: E402

RATE = int(os.environ.get("RATE", "500"))
SECONDS = int(os.environ.get("SECONDS_EACH", "10"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
CONNECTIONS = 64
QUESTION = {
    "model": "demo",
    "messages": [{"role": "user", "content": "Why is the sky blue?"}],
    "temperature": 0,
    "stop": ["."],
    "max_tokens": 100,
}


class Load:
    def __init__(self, platform):
        self.platform = platform
        body = json.dumps(QUESTION)
        self.request = (
            "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\n"
            f"authorization: Bearer {platform.local_key('api-key')}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}"
        ).encode()

    async def client(self, due_times, took):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.platform.inference.port)
        while (due := await due_times.get()) is not None:
            writer.write(self.request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if not head.startswith("HTTP/1.1 200"):
                raise SystemExit(head)
            await self.skip_body(reader, head)
            took.append((time.perf_counter() - due, "x-cache: hit" in head.lower()))
        writer.close()

    @staticmethod
    async def skip_body(reader, head):
        length = re.search(r"content-length: (\d+)", head, re.I)
        if length:
            await reader.readexactly(int(length.group(1)))
            return
        chunk = -1  # what another request is computing comes in chunks
        while chunk != 0:
            chunk = int(await reader.readline(), 16)
            await reader.readexactly(chunk + 2)

    async def run(self, rate, seconds):
        due_times, took = asyncio.Queue(), []
        clients = [self.client(due_times, took) for _ in range(CONNECTIONS)]
        clients = [asyncio.create_task(client) for client in clients]
        begun = time.perf_counter()
        for number in range(rate * seconds):
            due = begun + number / rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            due_times.put_nowait(due)
        for _ in clients:
            due_times.put_nowait(None)
        await asyncio.gather(*clients)
        return took

    def decisions(self):
        name = 'deepseek_authorization_decision_seconds_bucket{answered="true",le="%s"}'
        metrics = self.platform.metrics()
        return [metrics[name % limit] for limit in ("0.001", "0.002", "0.005", "+Inf")]

    def measure(self):
        before = self.decisions()
        took = asyncio.run(self.run(RATE, SECONDS))
        counted = [now - then for now, then in zip(self.decisions(), before)]
        shares = [count / counted[-1] for count in counted]
        times = sorted(one for one, _ in took)
        print(
            f"  {len(took)} answers, {sum(hit for _, hit in took)} of them hits;"
            f" {counted[-1]:.0f} decisions, within 1 ms {shares[0]:.1%}, 2 ms {shares[1]:.1%},"
            f" 5 ms {shares[2]:.1%}; whole answers p50 {times[len(times) // 2] * 1e3:.1f} ms,"
            f" p99 {times[len(times) * 99 // 100] * 1e3:.1f} ms"
        )


def main():
    platform = Platform(os.environ["DEMO_MODEL"], cached=True)
    try:
        platform.start()
        platform.admin("PUT", "/limits/platform/all", {"requestsPerSecond": 10 * RATE})
        load = Load(platform)
        for rate in (20, 50, 100, RATE, RATE):  # the first ones compute; all gets compiled
            asyncio.run(load.run(rate, 10))
        print(f"{RATE} requests a second, {SECONDS} s each time:")
        for _ in range(ROUNDS):
            load.measure()
    finally:
        platform.stop()


if __name__ == "__main__":
    main()
