"""Mattock's client, with Hatchet's published Python SDK."""

from __future__ import annotations

import asyncio
from typing import Any

from ..client import Client
from ..workers.hatchet import Payload, Size, dag, echo, fan, noop, parked, stamp

# What it may trigger in one call.
_CHUNK = 1000


class HatchetClient(Client):
    """In bulk, results awaited by subscription."""

    async def burst(self, count: int, payload: str) -> None:
        """Runs all."""
        task: Any = echo if payload else noop
        given = {"input": Payload(payload=payload)} if payload else {}
        sizes = [min(_CHUNK, count - start) for start in range(0, count, _CHUNK)]
        await asyncio.gather(
            *(task.aio_run_many([task.create_bulk_run_item(**given) for _ in range(size)]) for size in sizes)
        )

    async def enqueue(self, count: int) -> None:
        """Triggers all in bulk."""
        for start in range(0, count, _CHUNK):
            size = min(_CHUNK, count - start)
            await parked.aio_run_many([parked.create_bulk_run_item() for _ in range(size)], wait_for_result=False)

    async def stamp(self) -> int:
        """Runs one."""
        return int((await stamp.aio_run())["at"])

    async def fan(self, children: int) -> None:
        """A task that starts children."""
        await fan.aio_run(Size(children=children))

    async def dag(self) -> None:
        """A workflow of ten tasks."""
        await dag.aio_run()


CLIENT = HatchetClient
