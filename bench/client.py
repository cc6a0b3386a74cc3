"""The client program: requests as lines of JSON in, answers out; `python -m bench.client SYSTEM`.

Operations (`peers/bullmq/client.mjs` has the same):

- `burst(count, payload_bytes)`: triggers tasks, awaits all results → seconds
- `paced(rate, seconds)`: triggers at a fixed rate, whatever comes back → microseconds from each call to the task's
  first line (`starts`), and to the result (`trips`)
- `enqueue(count)`: parks tasks → seconds until all are acknowledged
- `fan(children)`: one parent with so many children → seconds until its result
- `limited(count, keys)`: tasks with a limit for each of so many keys; below 0: with a rate limit, 0: none
- `events(count)`: events that match nothing; `filtered(count, filters)`: events looked at by so many filters
- `crons(count)`: so many crons that are not due
- `schedules(count, apart)`: one-time schedules, so many seconds apart → seconds by which each starts late
- `steps(count, steps)`: durable tasks of so many steps; `durable_fan(children)`; `sleep(count)`: tasks that wait
- `dags(count, together)`: DAGs of 10 tasks, one after the other or all at once → seconds of each, or of all
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from abc import ABC, abstractmethod
from typing import Any, ClassVar

READY = "READY"
# The wait for the last results of a paced measurement.
_LAST_SECONDS = 60.0


class Client(ABC):
    """One system's way to trigger tasks.

    Attributes:
        round_trip: it can await results.
    """

    round_trip: ClassVar[bool] = True

    async def open(self) -> None:  # noqa: B027 (not all need it)
        """Connects."""

    async def close(self) -> None:  # noqa: B027
        """Ends the connections."""

    @abstractmethod
    async def burst(self, count: int, payload: str) -> None:
        """Runs no-op tasks (with a payload: ones that return it), and awaits all results."""

    @abstractmethod
    async def enqueue(self, count: int) -> None:
        """Triggers parked tasks; returns when all are acknowledged."""

    async def stamp(self) -> int:
        """Runs a task that tells when it began, in nanoseconds since 1970, and awaits that."""
        raise NotImplementedError

    async def fan(self, children: int) -> None:
        """Runs one parent with so many children, and awaits its result."""
        raise NotImplementedError

    async def limited(self, count: int, keys: int) -> None:
        """Runs tasks with limits."""
        raise NotImplementedError

    async def events(self, count: int) -> None:
        """Pushes events that start nothing."""
        raise NotImplementedError

    async def filtered(self, count: int, filters: int) -> float:
        """Pushes events one by one, each looked at by so many filters; seconds of one."""
        raise NotImplementedError

    async def crons(self, count: int) -> None:
        """Makes so many crons, none of which is due soon."""
        raise NotImplementedError

    async def schedules(self, count: int, apart: float) -> list[float]:
        """Makes schedules that are soon due, one after the other; seconds from the time of each to its first line."""
        raise NotImplementedError

    async def steps(self, count: int, steps: int) -> None:
        """Runs durable tasks of so many steps."""
        raise NotImplementedError

    async def durable_fan(self, children: int) -> None:
        """Runs a durable parent with so many children."""
        raise NotImplementedError

    async def sleep(self, count: int) -> None:
        """Starts durable tasks that sleep; returns once they all do, and have left their worker."""
        raise NotImplementedError

    async def dag(self) -> None:
        """Runs a DAG of 10 tasks, and awaits its result."""
        raise NotImplementedError

    async def paced(self, rate: float, seconds: float) -> dict[str, list[int]]:
        """Triggers at a fixed rate for so long."""
        interval, count = 1 / rate, int(rate * seconds)
        running: set[asyncio.Task[tuple[int, int]]] = set()
        began = time.perf_counter()
        for number in range(count):
            pause = began + number * interval - time.perf_counter()
            if pause > 0:
                await asyncio.sleep(pause)
            running.add(asyncio.create_task(self._timed_stamp()))
        found = await asyncio.wait_for(asyncio.gather(*running), _LAST_SECONDS)
        trips = [trip for _, trip in found] if self.round_trip else []
        return {"starts": [start for start, _ in found], "trips": trips}

    async def _timed_stamp(self) -> tuple[int, int]:
        called = time.time_ns()
        began = await self.stamp()
        return (began - called) // 1000, (time.time_ns() - called) // 1000


async def handle(client: Client, operation: str, given: dict[str, Any]) -> dict[str, Any]:
    """Does what one request asks for."""
    began = time.perf_counter()
    if operation == "burst":
        await client.burst(given["count"], "x" * given["payload_bytes"])
    elif operation == "enqueue":
        await client.enqueue(given["count"])
    elif operation == "paced":
        return dict(await client.paced(given["rate"], given["seconds"]))
    elif operation == "fan":
        await client.fan(given["children"])
    elif operation in ("limited", "events", "crons", "steps", "durable_fan", "sleep"):
        await getattr(client, operation)(**given)
    elif operation == "filtered":
        return {"each": await client.filtered(**given)}
    elif operation == "schedules":
        return {"late": await client.schedules(**given)}
    elif operation == "dags" and given["together"]:
        await asyncio.gather(*(client.dag() for _ in range(given["count"])))
    elif operation == "dags":
        each = []
        for _ in range(given["count"]):
            start = time.perf_counter()
            await client.dag()
            each.append(time.perf_counter() - start)
        return {"each": each}
    else:
        raise ValueError(f"there is no operation {operation!r}")
    return {"seconds": time.perf_counter() - began}


async def serve(client: Client) -> None:
    """Answers requests until standard input ends."""
    await client.open()
    print(READY, flush=True)
    try:
        while line := await asyncio.to_thread(sys.stdin.readline):
            given = json.loads(line)
            try:
                answer = await handle(client, given.pop("operation"), given)
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"[:1000]}
            print(json.dumps(answer), flush=True)
    finally:
        await client.close()


def main() -> None:
    """Runs the client of the system that is named on the command line."""
    module = importlib.import_module(f"bench.clients.{sys.argv[1]}")
    asyncio.run(serve(module.CLIENT()))


if __name__ == "__main__":
    main()
