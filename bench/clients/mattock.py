"""Mattock's client, with our SDK."""

from __future__ import annotations

from typing import Any

from ..client import Client
from ..workers.mattock import dag, echo, fan, noop, parked, stamp

_CHUNK = 20_000


class MattockClient(Client):
    """Many at once, results awaited on the same stream."""

    async def burst(self, count: int, payload: str) -> None:
        """Runs all at once."""
        given: dict[str, Any] = {"payload": payload} if payload else {}
        await (echo if payload else noop).aio_run_many([given] * count)

    async def enqueue(self, count: int) -> None:
        """Triggers all, so many at a time that a million fits into memory."""
        for start in range(0, count, _CHUNK):
            await parked.aio_run_many_no_wait([{}] * min(_CHUNK, count - start))

    async def stamp(self) -> int:
        """Runs one."""
        return (await stamp.aio_run({}))["at"]

    async def fan(self, children: int) -> None:
        """A task that starts children."""
        await fan.aio_run({"children": children})

    async def dag(self) -> None:
        """A workflow of ten tasks."""
        await dag.aio_run({})


CLIENT = MattockClient
