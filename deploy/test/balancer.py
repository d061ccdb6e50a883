"""What stands before replicas, as a Service of Kubernetes does: connections, not requests, each led
to a replica that says it is ready; another one is tried only where a connection was refused."""

import asyncio
import contextlib
import itertools
import threading

PROBE_SECONDS = 0.2


class Balancer:
    """Listens on a port of its own; a replica is the pair of its port and that of its probes."""

    def __init__(self, replicas):
        self.replicas = replicas
        self.ready = set()
        self.turn = itertools.count()
        self.refused = 0
        self.open = set()
        self.loop = asyncio.new_event_loop()
        listening = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(listening,), daemon=True)
        self.thread.start()
        listening.wait()

    def _run(self, listening):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        )
        self.port = self.server.sockets[0].getsockname()[1]
        self.probing = self.loop.create_task(self._probe())
        listening.set()
        self.loop.run_forever()

    def stop(self):
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def _end(self):
        self.server.close()
        self.probing.cancel()
        for writer in list(self.open):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _probe(self):
        while True:
            for replica in self.replicas:
                with contextlib.suppress(asyncio.TimeoutError):  # a busy machine tells nothing
                    if await asyncio.wait_for(self._is_ready(replica[1]), 2):
                        self.ready.add(replica)
                    else:
                        self.ready.discard(replica)
            await asyncio.sleep(PROBE_SECONDS)

    @staticmethod
    async def _is_ready(port):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        try:
            writer.write(b"GET /q/health/ready HTTP/1.0\r\n\r\n")
            return b" 200 " in await reader.readline()
        except OSError:
            return False
        finally:
            writer.close()

    async def _serve(self, reader, writer):
        writers = {writer}
        try:
            there = await self._connect()
            writers.add(there[1])
            self.open |= writers
            await asyncio.gather(self._copy(reader, there[1]), self._copy(there[0], writer))
        except OSError:
            pass  # one side is gone: the other one hears of it
        finally:
            self.open -= writers
            for one in writers:
                one.close()

    async def _connect(self):
        start = next(self.turn)
        order = sorted(self.ready) or self.replicas
        for i in range(len(order)):
            with contextlib.suppress(ConnectionRefusedError):
                return await asyncio.open_connection("127.0.0.1", order[(start + i) % len(order)][0])
            self.refused += 1
        raise ConnectionRefusedError("no replica takes connections")

    @staticmethod
    async def _copy(reader, writer):
        try:
            while piece := await reader.read(1 << 16):
                writer.write(piece)
                await writer.drain()
            writer.write_eof()
        except OSError:
            writer.transport.abort()  # cut here, cut there
            raise
