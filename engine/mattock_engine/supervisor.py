"""Several replicas of one server as child processes that share its listening sockets.

A replica gets its plan on standard input and keeps reading there: the end of that pipe is the end of the supervisor,
however that ended, and the replica stops. So no replica can be left behind. It is started as a new program, not
forked (threads and the gRPC stack do not survive a fork), in a session of its own, so that Ctrl-C reaches the
supervisor alone, which passes it on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable

import msgspec

from .setting import Settings

READY = b"ready\n"
# The variable that names the folder of what replicas count: prometheus_client's own.
FIGURES = "PROMETHEUS_MULTIPROC_DIR"
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
# A replica that ran for so long was healthy: the next start is not delayed.
HEALTHY_SECONDS = 30.0
log = logging.getLogger("mattock.supervisor")


class ReplicaPlan(msgspec.Struct, kw_only=True):
    """All that a replica has to know, sent to it as one line of JSON.

    Attributes:
        index: its number within the server, from 0.
        database_url: the store, embedded or not.
        grpc_socket: file descriptor of the listening socket for gRPC, inherited.
        http_socket: the same for HTTP.
        grpc_address: what clients are told.
        http_url: what clients are told.
    """

    settings: Settings
    database_url: str
    index: int = 0
    grpc_socket: int = -1
    http_socket: int = -1
    grpc_address: str
    http_url: str


class ReplicaFailed(Exception):
    """A replica ended while it started; what it said is on standard error already."""


class Supervisor:
    """Keeps a number of replicas running."""

    def __init__(self, count: int, sockets: tuple[int, int], started: Callable[[int, int], None]) -> None:
        """Makes it.

        Args:
            count: how many.
            sockets: file descriptors of the listening sockets for gRPC and HTTP.
            started: told index and pid of a replica that was started again.
        """
        self._count = count
        self._sockets = sockets
        self._started = started
        self._stopping = False
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._watches: list[asyncio.Task[None]] = []
        # Where the replicas put what they count.
        self._figures = tempfile.TemporaryDirectory(prefix="mattock-figures-")

    async def spawn(self) -> None:
        """Starts the processes, which load their code while the caller prepares the plan."""
        for index in range(self._count):
            self._processes[index] = await self._spawn_one()

    async def start(self, plan: ReplicaPlan) -> None:
        """Gives them the plan, and waits until all are ready.

        Raises:
            ReplicaFailed: one ended instead.
        """
        await asyncio.gather(*(self._begin(index, process, plan) for index, process in self._processes.items()))
        self._watches = [asyncio.create_task(self._watch(index, plan)) for index in self._processes]

    async def stop(self, grace: float) -> None:
        """Stops them all; those that take longer than `grace` seconds are killed. Harmless twice."""
        self._stopping = True
        for watch in self._watches:
            watch.cancel()
        living = [process for process in self._processes.values() if process.returncode is None]
        for process in living:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        if living:
            _, late = await asyncio.wait([asyncio.create_task(process.wait()) for process in living], timeout=grace)
            if late:
                log.warning("%d replicas did not stop within %g s and are killed", len(late), grace)
        self.kill()
        await asyncio.gather(*(process.wait() for process in living))
        self._figures.cleanup()

    def kill(self) -> None:
        """Ends them at once."""
        self._stopping = True
        for process in self._processes.values():
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()

    async def _spawn_one(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "mattock_engine.replica",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=self._sockets,
            start_new_session=True,
            env={**os.environ, FIGURES: self._figures.name},
        )

    async def _begin(self, index: int, process: asyncio.subprocess.Process, plan: ReplicaPlan) -> None:
        own = msgspec.structs.replace(plan, index=index, grpc_socket=self._sockets[0], http_socket=self._sockets[1])
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(ConnectionError):
            process.stdin.write(msgspec.json.encode(own, enc_hook=str) + b"\n")
            await process.stdin.drain()
        if await process.stdout.readline() != READY:
            raise ReplicaFailed(f"replica {index} ended with exit code {await process.wait()}")

    async def _watch(self, index: int, plan: ReplicaPlan) -> None:
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping:
            began = loop.time()
            code = await self._processes[index].wait()
            if self._stopping:
                return
            if loop.time() - began > HEALTHY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            log.error("replica %d ended with exit code %d; starting it again in %g s", index, code, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            process = self._processes[index] = await self._spawn_one()
            with contextlib.suppress(ReplicaFailed):
                await self._begin(index, process, plan)
                self._started(index, process.pid)
