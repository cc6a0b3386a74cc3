"""One replica: an engine with its gateways on the server's sockets.

Runs inside the server's process, or as a program of its own below the supervisor (`python -m mattock_engine.replica`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from importlib.metadata import version

import msgspec

from .supervisor import READY, ReplicaPlan

log = logging.getLogger("mattock.replica")

# Seconds that running calls get when the replica stops.
CALL_GRACE = 0.5
# Seconds between two rounds of upkeep: partitions of the days to come, and of those past retention.
UPKEEP_SECONDS = 900.0


def load() -> None:
    """Imports all that a replica needs: it takes a while."""
    from . import access, engine  # noqa: F401
    from .gateways import door, hatchet, rest, session  # noqa: F401
    from .gateways.rest import app  # noqa: F401


class Replica:
    """An engine with its gateways.

    Args:
        plan: what it has to know.
        grpc: listening socket.
        http: listening socket.
    """

    def __init__(self, plan: ReplicaPlan, grpc: socket.socket, http: socket.socket) -> None:
        self._plan = plan
        self._grpc = grpc
        self._http = http
        self._upkeep: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts to serve."""
        from .access import TokenService
        from .engine import Engine
        from .gateways import hatchet, rest, session
        from .gateways.door import open_door
        from .identity import new_id
        from .store import Store

        plan, limit = self._plan, self._plan.settings.max_message_bytes
        self._store = await Store.open(plan.database_url, migrate_schema=False)
        self._engine = Engine(self._store, replica_id=new_id())
        await self._engine.start()
        tokens = TokenService(self._store, plan.http_url, plan.grpc_address)
        await tokens.start()
        self._store.listen(tokens.on_notice, tokens.reload_soon)
        self._door = open_door(tokens, limit + ENVELOPE_BYTES)
        hatchet.register(self._door, self._engine, self._store, limit)
        session.register(self._door, self._engine, limit)
        await self._door.start(sock=self._grpc)
        app = rest.build_app(
            self._engine, self._store, tokens, max_payload_bytes=limit, version=version("mattock-engine")
        )
        self._web = await rest.serve(app, self._http)
        self._upkeep = asyncio.create_task(self._keep_up(), name="mattock-upkeep")

    async def _keep_up(self) -> None:
        from .store import StoreError

        while True:
            try:
                await self._store.add_partitions()
                await self._store.drop_partitions(self._plan.settings.retention_days)
            except StoreError as error:
                log.warning("upkeep failed, trying again later: %s", error)
            await asyncio.sleep(UPKEEP_SECONDS)

    async def stop(self) -> None:
        """Takes no more work, finishes what is being committed, and leaves. Harmless after a start that failed."""
        if self._upkeep is None:
            return
        self._upkeep.cancel()
        await self._web.stop()
        await self._door.stop(CALL_GRACE)
        await self._engine.stop()
        await self._store.close()


# A message holds a payload and what stands around it.
ENVELOPE_BYTES = 64 * 1024


async def _run_below_supervisor() -> None:
    loop = asyncio.get_running_loop()
    plan = msgspec.json.decode(
        await loop.run_in_executor(None, sys.stdin.buffer.readline), type=ReplicaPlan, dec_hook=_path
    )
    from .journal import start_log

    start_log(plan.settings.log_level, plan.settings.log_format)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    # The end of this pipe is the end of the supervisor.
    loop.add_reader(sys.stdin.fileno(), stop.set)
    grpc, http = socket.socket(fileno=plan.grpc_socket), socket.socket(fileno=plan.http_socket)
    replica = Replica(plan, grpc, http)
    await replica.start()
    sys.stdout.buffer.write(READY)
    sys.stdout.flush()
    await stop.wait()
    try:
        await asyncio.wait_for(replica.stop(), plan.settings.shutdown_grace)
    except TimeoutError:
        os._exit(1)


def _path(kind: type, value: object) -> object:
    return kind(value)


def main() -> None:
    """The program of a replica below the supervisor."""
    from .server import new_loop

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_run_below_supervisor())


if __name__ == "__main__":
    main()
