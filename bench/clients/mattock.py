"""Mattock's client, with our SDK."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from mattock import Event, EventFilter
from mattock.registration import register

from ..client import Client
from ..workers.cron import far
from ..workers.mattock import dag, durable_fan, echo, fan, keyed, noop, parked, rated, sleeper, stamp
from ..workers.mattock import steps as recorded

_CHUNK = 20_000
# Schedules are due so long after they were made, and for each of them so much longer.
_LEAD_SECONDS = 2.0
_MAKE_SECONDS = 0.05


async def never(input: dict[str, Any]) -> None:
    """Is not run."""


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

    async def limited(self, count: int, keys: int) -> None:
        """Runs all at once."""
        task = keyed if keys > 0 else rated if keys else noop
        await task.aio_run_many([{"key": f"k{number % (abs(keys) or 1)}"} for number in range(count)])

    async def events(self, count: int) -> None:
        """Bulks of a thousand."""
        bulk = [Event("nobody:waits", {"number": number}) for number in range(1000)]
        for _ in range(count // 1000):
            await noop.client.events.aio_push_many(bulk)

    async def filtered(self, count: int, filters: int) -> float:
        """A workflow with so many filters; it needs no worker."""
        expressions = [EventFilter(f"input.number == {-number}", scope="s") for number in range(1, filters + 1)]
        workflow = noop.client.workflow("filtered", on_events=["filtered"], default_filters=expressions)
        workflow.task(name="never")(never)
        session = noop.client.session
        await register(session.channel, session.settings, [workflow])
        begun = time.perf_counter()
        for _ in range(count):
            await noop.client.events.aio_push("filtered", {"number": 1}, scope="s")
        filtered = time.perf_counter() - begun
        begun = time.perf_counter()
        for _ in range(count):
            await noop.client.events.aio_push("nobody:waits", {"number": 1}, scope="s")
        # Without what a push costs by itself.
        return max(0.0, filtered - (time.perf_counter() - begun)) / count

    async def crons(self, count: int) -> None:
        """Each at a time of its own, months from now."""
        for start in range(0, count, 100):
            numbers = range(start, min(start + 100, count))
            await asyncio.gather(*(self._cron(number) for number in numbers))

    async def _cron(self, number: int) -> None:
        await noop.client.crons.aio_create(noop.name, f"c{number}", far(number))

    async def schedules(self, count: int, apart: float) -> list[float]:
        """Made first, then awaited."""
        schedules = noop.client.schedules
        begin = time.time() + _LEAD_SECONDS + count * _MAKE_SECONDS
        times = [begin + number * apart for number in range(count)]
        ids: list[str] = []
        for start in range(0, count, 20):
            made = [
                schedules.aio_create(stamp.name, datetime.fromtimestamp(at, UTC)) for at in times[start : start + 20]
            ]
            ids += [each.schedule_id for each in await asyncio.gather(*made)]
        if time.time() > begin:
            raise RuntimeError("the schedules could not be made before the first was due")
        # Nobody looks while they fire.
        await asyncio.sleep(times[-1] + _LEAD_SECONDS - time.time())
        return [await self._late(schedule_id, at) for schedule_id, at in zip(ids, times, strict=True)]

    async def _late(self, schedule_id: str, at: float) -> float:
        fired = await noop.client.schedules.aio_get(schedule_id)
        output = await noop.client.runs.ref(fired.run_id or "").aio_result()
        return float(output[stamp.name]["at"] / 1e9 - at)

    async def steps(self, count: int, steps: int) -> None:
        """All at once."""
        await recorded.aio_run_many([{"steps": steps}] * count)

    async def durable_fan(self, children: int) -> None:
        """A durable task that starts children."""
        found = await durable_fan.aio_run({"children": children})
        assert found == children, f"the parent has {found} of {children} children's results"

    async def sleep(self, count: int) -> None:
        """All at once; looks until all have left."""
        for start in range(0, count, _CHUNK):
            await sleeper.aio_run_many_no_wait([{}] * min(_CHUNK, count - start))
        # The server tells nobody when a task leaves its worker.
        while await self._evicted() < count:  # noqa: ASYNC110
            await asyncio.sleep(1.0)

    async def _evicted(self) -> int:
        settings = noop.client.settings
        since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {settings.token}"}, timeout=60) as http:
            url = f"{settings.server_url}/api/v1/stable/tenants/{settings.tenant_id}/task-metrics"
            rows = (await http.get(url, params={"since": since})).json()
        return next(int(row["runningDetailCount"]["evicted"]) for row in rows if row["status"] == "RUNNING")

    async def dag(self) -> None:
        """A workflow of ten tasks."""
        await dag.aio_run({})


CLIENT = MattockClient
