"""Celery's client. It blocks: nothing else runs in this process's event loop."""

from __future__ import annotations

import time
from typing import Any

from celery import chain, chord, group  # type: ignore[import-untyped]

from ..client import Client
from ..workers.celery import app, echo, noop, parked, stamp, total
from ..workers.dag import LAYERS

_LIMIT_SECONDS = 3600


class CeleryClient(Client):
    """Tasks one by one, results from Redis by subscription."""

    async def burst(self, count: int, payload: str) -> None:
        """Sends all, then reads all results."""
        results = [echo.delay(payload) if payload else noop.delay() for _ in range(count)]
        for result in results:
            result.get(_LIMIT_SECONDS)

    async def enqueue(self, count: int) -> None:
        """Sends all."""
        for _ in range(count):
            parked.delay()

    async def paced(self, rate: int, seconds: float) -> dict[str, list[int]]:
        """Sends at a fixed rate; takes in results between two sends."""
        consumer = app.backend.result_consumer
        starts: list[int] = []
        trips: list[int] = []

        def send() -> None:
            called = time.time_ns()
            result = stamp.delay()

            def note(done: Any) -> None:
                trips.append((time.time_ns() - called) // 1000)
                starts.append((done.result - called) // 1000)

            result.then(note)

        count, began = int(rate * seconds), time.perf_counter()
        for number in range(count):
            while (pause := began + number / rate - time.perf_counter()) > 0:
                consumer.drain_events(timeout=pause)
            send()
        limit = time.perf_counter() + 60
        while len(trips) < count and time.perf_counter() < limit:
            consumer.drain_events(timeout=0.1)
        if len(trips) < count:
            raise TimeoutError(f"{count - len(trips)} of {count} results did not come")
        return {"starts": starts, "trips": trips}

    async def fan(self, children: int) -> None:
        """A chord: a group and what comes after it."""
        chord([noop.si() for _ in range(children)])(total.s()).get(_LIMIT_SECONDS)

    async def dag(self) -> None:
        """A chain of groups: layers, for it does not know edges."""
        layers = [noop.si() if size == 1 else group([noop.si() for _ in range(size)]) for size in LAYERS]
        # Two groups cannot follow each other without a task between them that joins the first.
        chain(*layers).apply_async().get(_LIMIT_SECONDS)


CLIENT = CeleryClient
