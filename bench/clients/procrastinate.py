"""Procrastinate's client."""

from __future__ import annotations

import asyncio
import socket
from itertools import count as counter
from typing import Any

from ..client import Client
from ..workers.procrastinate import STAMP, app, echo, fan, noop, parked, stamp, stamp_address

_BATCH = 1000
_POLL_SECONDS = 0.01
_UNFINISHED = """
select count(*) as left from procrastinate_jobs where id between %(first)s and %(last)s and status in ('todo', 'doing')
"""


class ProcrastinateClient(Client):
    """Jobs in batches; it keeps no results, so that their end is looked up in the table."""

    round_trip = False

    async def open(self) -> None:
        """Connects, and listens for what tasks tell."""
        self._numbers = counter()
        self._told: dict[int, asyncio.Future[int]] = {}
        path = stamp_address()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(path)
        self._socket.setblocking(False)
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        self._app = app.open_async()
        await self._app.__aenter__()

    async def close(self) -> None:
        """Ends the connections."""
        await self._app.__aexit__(None, None, None)
        self._socket.close()

    async def burst(self, count: int, payload: str) -> None:
        """Defers all, then waits until none is unfinished."""
        ids: list[int] = []
        for size in _batches(count):
            task: Any = echo if payload else noop
            ids += await task.batch_defer_async(*({"payload": payload} if payload else {} for _ in range(size)))
        await self._finished(min(ids), max(ids))

    async def enqueue(self, count: int) -> None:
        """Defers all."""
        for size in _batches(count):
            await parked.batch_defer_async(*({} for _ in range(size)))

    async def stamp(self) -> int:
        """Defers one, and awaits what it tells."""
        number, told = self._expect()
        await stamp.defer_async(number=number)
        return await told

    async def fan(self, children: int) -> None:
        """A job that defers the children; they are awaited here."""
        number, told = self._expect()
        await fan.defer_async(children=children, number=number)
        last = await told
        await self._finished(last - children + 1, last)

    async def _finished(self, first: int, last: int) -> None:
        # The last jobs are the last to end, nearly; so the whole range is looked at when they have.
        for start in (max(first, last - 100), first):
            while (await app.connector.execute_query_one_async(_UNFINISHED, first=start, last=last))["left"]:  # noqa: ASYNC110 (another process ends them)
                await asyncio.sleep(_POLL_SECONDS)

    def _expect(self) -> tuple[int, asyncio.Future[int]]:
        number = next(self._numbers)
        told = self._told[number] = asyncio.get_running_loop().create_future()
        return number, told

    def _read(self) -> None:
        try:
            while True:
                number, value = STAMP.unpack(self._socket.recv(STAMP.size))
                self._told.pop(number).set_result(value)
        except BlockingIOError:
            return


def _batches(count: int) -> list[int]:
    return [min(_BATCH, count - start) for start in range(0, count, _BATCH)]


CLIENT = ProcrastinateClient
