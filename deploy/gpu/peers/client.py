#!/usr/bin/env python3
"""Loads an OpenAI server with streaming completions in a closed loop: one JSON object a line on stdout.

Each of N clients keeps one connection and sends the next request when the last one has ended.
Prompts are fresh random token ids, so that nothing is taken from a prefix cache and nothing is
tokenized. Clients are spread over processes and read with epoll by hand (HTTP/1.1, chunked), which
takes over ten thousand events a second in each process; bodies are made before the clock starts.

A row has: tokens_per_second (as the server counts them in `usage`, from the first request's
beginning to the last one's end); ttft_ms (request sent to first event with text), of all requests
and, as ttft_steady_ms, without each client's first one, which all arrive at once; gap_ms between two
arrivals with text of one stream; request_ms; failed (a status other than 200, a stream that ends
early, or no end in time), with the first failure's words.
"""

import argparse
import array
import json
import multiprocessing
import os
import random
import re
import selectors
import socket
import sys
import time

TEXT = b'"text":'
USAGE = re.compile(rb'"completion_tokens":\s*(\d+)')
LAST_CHUNK = b"0\r\n\r\n"
END = b"data: [DONE]"


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument("--port", type=int, required=True)
    p.add_argument("--model", required=True, help="as GET /v1/models names it")
    p.add_argument("--label", default="", help="copied to the rows")
    p.add_argument("--clients", default="1,8,64,256", help="one row for each number")
    p.add_argument("--rounds", type=int, default=5, help="requests of each client")
    p.add_argument("--prompt", type=int, default=512, help="tokens of each prompt")
    p.add_argument("--tokens", type=int, default=128, help="tokens of each answer")
    p.add_argument("--ids", default="1000-150000", help="prompts are made of these")
    p.add_argument("--temperature", type=float, default=0)
    p.add_argument("--top-p", type=float, default=1)
    p.add_argument("--warm-up", type=int, default=32, help="requests before, 16 at a time")
    p.add_argument("--processes", type=int, default=0, help="default: cores - 4, 12 at most")
    p.add_argument("--seconds", type=float, default=120, help="of one row at most")
    p.add_argument("--seed", type=int, default=int(time.time()))
    return p.parse_args()  # the key is API_KEY in the environment


class Client:
    """One connection with one request at a time."""

    def __init__(self, args, bodies):
        self.args, self.bodies, self.rows = args, bodies, []
        self.socket = None

    def connect(self):
        self.socket = socket.create_connection((self.args.host, self.args.port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)

    def send(self):
        self.tail, self.head, self.gaps = b"", True, array.array("d")
        self.first = self.last = 0.0
        self.events = 0
        self.begun = time.perf_counter()
        body = self.bodies.pop()
        sent = self.socket.send(body)
        if sent != len(body):  # never for a few kilobytes on an idle connection
            raise OSError("the server does not take a request")

    def received(self, data):
        """Takes bytes; true when the answer is whole."""
        if self.head:
            data = self.tail + data
            at = data.find(b"\r\n\r\n")
            if at < 0:
                self.tail = data
                return False
            if b" 200" not in data[:at].split(b"\r\n", 1)[0]:
                raise OSError(data[:300].decode(errors="replace"))
            self.head, self.tail, data = False, b"", data[at + 2:]
        now = time.perf_counter()
        seen = self.tail + data
        # A word can be cut in two by a read; what is kept of the last one holds no whole word.
        events = seen.count(TEXT) - self.tail.count(TEXT)
        self.events += events
        if events:
            if self.first == 0.0:
                self.first = now
            else:
                self.gaps.append(now - self.last)
            self.last = now
        self.tail = seen[-600:]
        return self.tail.endswith(LAST_CHUNK) and END in self.tail

    def end(self):
        usage = USAGE.findall(self.tail)
        if not usage or self.first == 0.0:
            raise OSError("an answer without text or usage: " + self.tail.decode(errors="replace"))
        self.rows.append((self.begun, self.first, time.perf_counter(), int(usage[-1]), self.gaps,
                          self.events))


def body(args, rnd, low, high):
    request = {"model": args.model, "prompt": [rnd.randrange(low, high) for _ in range(args.prompt)],
               "max_tokens": args.tokens, "stream": True, "ignore_eos": True,
               "stream_options": {"include_usage": True}, "temperature": args.temperature}
    if args.top_p < 1:
        request["top_p"] = args.top_p
    text = json.dumps(request, separators=(",", ":")).encode()
    head = ("POST /v1/completions HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
            "Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n"
            % (args.host, os.environ.get("API_KEY", "none"), len(text)))
    return head.encode() + text


def process(args, shares, seed, start, results):
    """Runs clients with so many requests each."""
    rnd = random.Random(seed)
    low, high = map(int, args.ids.split("-"))
    clients = [Client(args, [body(args, rnd, low, high) for _ in range(n)]) for n in shares]
    failed, why = 0, ""
    selector = selectors.EpollSelector()
    for client in clients:
        client.connect()
        selector.register(client.socket, selectors.EVENT_READ, client)
    start.wait()
    deadline = time.perf_counter() + args.seconds
    running = 0

    def leave(client):
        selector.unregister(client.socket)
        client.socket.close()

    for client in clients:
        client.send()
        running += 1
    while running and time.perf_counter() < deadline:
        for key, _ in selector.select(1):
            client = key.data
            try:
                data = client.socket.recv(65536)
                if not data:
                    raise OSError("the server closed the connection")
                if client.received(data):
                    client.end()
                    if client.bodies:
                        client.send()
                    else:
                        running -= 1
                        leave(client)
            except OSError as failure:
                failed += 1 + len(client.bodies)
                why = why or str(failure)
                running -= 1
                leave(client)
    if running:
        late = [key.data for key in selector.get_map().values()]
        failed += sum(1 + len(client.bodies) for client in late)
        why = why or "no end within %.0f s" % args.seconds
    results.put(([c.rows for c in clients], failed, why))


def spread(values, *percents):
    values = sorted(values)
    if not values:
        return {}
    at = lambda p: round(values[min(len(values) - 1, int(len(values) * p / 100))] * 1e3, 3)
    return {("p%s" % p): at(p) for p in percents}


def measure(args, clients, rounds):
    count = min(clients, args.processes or max(1, min(12, (os.cpu_count() or 1) - 4)))
    start, results = multiprocessing.Barrier(count + 1), multiprocessing.Queue()
    children = []
    for i in range(count):
        shares = [rounds] * (clients // count + (1 if i < clients % count else 0))
        children.append(multiprocessing.Process(
            target=process, args=(args, shares, args.seed * 1000 + i, start, results), daemon=True))
        children[-1].start()
    start.wait(60)
    parts = [results.get(timeout=args.seconds + 60) for _ in children]
    for child in children:
        child.join()
    streams = [rows for part in parts for rows in part[0]]
    rows = [row for stream in streams for row in stream]
    failed, why = sum(part[1] for part in parts), next((part[2] for part in parts if part[2]), "")
    if not rows:
        return {"clients": clients, "requests": 0, "failed": failed, "why": why}
    wall = max(row[2] for row in rows) - min(row[0] for row in rows)
    tokens = sum(row[3] for row in rows)
    gaps = [gap for row in rows for gap in row[4]]
    result = {
        "clients": clients, "requests": len(rows), "failed": failed,
        "tokens": tokens, "seconds": round(wall, 3), "tokens_per_second": round(tokens / wall, 1),
        "requests_per_second": round(len(rows) / wall, 2),
        "events_per_token": round(sum(row[5] for row in rows) / max(1, tokens), 3),
        "arrivals_per_token": round((len(gaps) + len(rows)) / max(1, tokens), 3),
        "ttft_ms": spread([row[1] - row[0] for row in rows], 50, 90, 99),
        "ttft_steady_ms": spread([row[1] - row[0] for s in streams for row in s[1:]], 50, 90, 99),
        "gap_ms": spread(gaps, 50, 90, 99, 99.9),
        "request_ms": spread([row[2] - row[0] for row in rows], 50, 99)}
    if why:
        result["why"] = why
    return result


def main():
    args = arguments()
    if args.warm_up:
        measure(args, min(16, args.warm_up), max(1, args.warm_up // 16))
    failures = 0
    for clients in map(int, args.clients.split(",")):
        args.seed += 1
        result = measure(args, clients, args.rounds)
        failures += result["failed"]
        sampling = "greedy" if args.temperature == 0 else "t%g p%g" % (args.temperature, args.top_p)
        print(json.dumps({"label": args.label, "prompt": args.prompt, "sampling": sampling, **result}),
              flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
