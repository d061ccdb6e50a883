"""A server behind the edge: tells what reached it, and streams events with the time of each."""

import contextlib
import hashlib
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EVENTS = 6
BETWEEN = 0.25

# A stream that is asked for step by step sends an event when the one before it was heard of, by POST /heard here;
# it waits so long at most.
HEARD = threading.Semaphore(0)
LONGEST = 15


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if "/stream" in self.path or b'"stream": true' in body[:200]:
            with contextlib.suppress(ConnectionError):  # whoever asked has left
                self.stream("step" in self.path or b"step by step" in body)
            return
        if self.path == "/heard":
            HEARD.release()
        told = {
            "path": self.path,
            "method": self.command,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "length": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        page = self.path.startswith("/logs/page")
        answer = b"<!doctype html><title>page</title>" if page else json.dumps(told).encode()
        self.send_response(200)
        self.send_header("content-type", "text/html" if page else "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    def stream(self, stepwise):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for number in range(EVENTS):
            event = b"data: %s\n\n" % json.dumps({"number": number, "sent": time.time()}).encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            self.wfile.flush()
            if stepwise:
                HEARD.acquire(timeout=LONGEST)
            else:
                time.sleep(BETWEEN)
        self.wfile.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = handle_any

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Upstream).serve_forever()
