"""DBOS's client."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dbos import DBOSClient, EnqueueOptions

from ..client import Client
from ..workers.dbos import APPLICATION, POLL_SECONDS

_THREADS = 16


class DbosClient(Client):
    """Workflows one by one, from threads; results are polled."""

    async def open(self) -> None:
        """Connects."""
        self._threads = ThreadPoolExecutor(_THREADS)
        self._client = DBOSClient(
            system_database_url=os.environ["BENCH_DATABASE_URL"],
            application_name=APPLICATION,
            system_database_pool_size=_THREADS,
        )

    async def close(self) -> None:
        """Ends the connections."""
        self._client.destroy()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def burst(self, count: int, payload: str) -> None:
        """Enqueues all, then polls all results."""
        name, given = ("echo", (payload,)) if payload else ("noop", ())

        def start() -> Any:
            return self._enqueue("main", name, *given)

        for handle in await self._many(start, count):
            await asyncio.get_running_loop().run_in_executor(self._threads, _result, handle)

    async def limited(self, count: int, keys: int) -> None:
        """Enqueues all, each in its key's partition, then polls all results."""
        queue = "keyed" if keys > 0 else "rated" if keys else "main"
        numbers = itertools.count()

        def start() -> Any:
            return self._enqueue(queue, "noop", partition=f"k{next(numbers) % abs(keys)}" if keys else "")

        for handle in await self._many(start, count):
            await asyncio.get_running_loop().run_in_executor(self._threads, _result, handle)

    async def enqueue(self, count: int) -> None:
        """Enqueues all."""
        await self._many(lambda: self._enqueue("parked", "parked"), count)

    async def stamp(self) -> int:
        """Enqueues one, polls its result."""
        return int(await self._run("stamp"))

    async def fan(self, children: int) -> None:
        """A workflow that enqueues the children."""
        await self._run("fan", children)

    async def steps(self, count: int, steps: int) -> None:
        """Enqueues all, then polls all results."""
        handles = await self._many(lambda: self._enqueue("main", "steps", steps), count)
        for handle in handles:
            await asyncio.get_running_loop().run_in_executor(self._threads, _result, handle)

    async def durable_fan(self, children: int) -> None:
        """A workflow that enqueues the children."""
        await self._run("fan", children)

    async def dag(self) -> None:
        """A workflow that enqueues ten, in layers."""
        await self._run("dag")

    async def _run(self, name: str, *given: Any) -> Any:
        loop = asyncio.get_running_loop()
        handle = await loop.run_in_executor(self._threads, self._enqueue, "main", name, *given)
        # Not a thread for each: those that wait would keep others from starting.
        found: Any = await self._client.retrieve_workflow_async(handle.get_workflow_id())
        return await found.get_result(polling_interval_sec=POLL_SECONDS)

    def _enqueue(self, queue: str, name: str, *given: Any, partition: str = "") -> Any:
        options: EnqueueOptions = {"queue_name": queue, "workflow_name": name}
        if partition:
            options["queue_partition_key"] = partition
        return self._client.enqueue(options, *given)

    async def _many(self, start: Callable[[], Any], count: int) -> list[Any]:
        """Calls so often, evenly from all threads."""

        def some(size: int) -> list[Any]:
            return [start() for _ in range(size)]

        loop = asyncio.get_running_loop()
        sizes = [count // _THREADS + (number < count % _THREADS) for number in range(_THREADS)]
        parts = await asyncio.gather(*(loop.run_in_executor(self._threads, some, size) for size in sizes))
        return [each for part in parts for each in part]


def _result(handle: Any) -> Any:
    return handle.get_result(polling_interval_sec=POLL_SECONDS)


CLIENT = DbosClient
