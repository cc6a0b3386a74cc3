"""Workflows written with Hatchet's published SDK, and the worker that runs them (`python flow.py`).

Tests and tasks meet by files in a folder that the input names: a task says that it has begun, and waits to be let go.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from hatchet_sdk import Context, EmptyModel, Hatchet, NonRetryableException, RetryAfterException
from pydantic import BaseModel

PAUSE = 0.01
SLOTS = 40


class Number(BaseModel):
    n: int = 0


class Meeting(BaseModel):
    folder: str
    name: str = "task"
    times: int = 1


def begin(at: Meeting, text: str = "") -> None:
    """Says that a task has begun."""
    Path(at.folder, f"{at.name}.begun").write_text(text or str(os.getpid()))


def may_go(at: Meeting) -> bool:
    """Whether the test lets it go."""
    return Path(at.folder, f"{at.name}.go").exists()


async def permission(at: Meeting) -> None:
    """Waits until the test lets it go."""
    while not may_go(at):  # noqa: ASYNC110  (the test is another process)
        await asyncio.sleep(PAUSE)


def cancelled(at: Meeting) -> None:
    """Says that a task was cancelled."""
    Path(at.folder, f"{at.name}.cancelled").touch()


class Flows:
    """All workflows."""

    def __init__(self, hatchet: Hatchet) -> None:
        self.hatchet = hatchet
        self._tasks()
        self._failures()
        self._dags()
        self._long()
        self._families()
        self._serial()

    def _tasks(self) -> None:
        hatchet = self.hatchet

        @hatchet.task(name="double", input_validator=Number)
        def double(of: Number, ctx: Context) -> dict[str, int]:
            return {"n": of.n * 2}

        @hatchet.task(name="aio-double", input_validator=Number)
        async def aio_double(of: Number, ctx: Context) -> dict[str, int]:
            return {"n": of.n * 2}

        @hatchet.task(name="Tell.Context", default_additional_metadata={"team": "core", "kind": "default"})
        async def tell_context(of: EmptyModel, ctx: Context) -> dict[str, Any]:
            return {
                "metadata": ctx.additional_metadata,
                "priority": ctx.priority,
                "run": ctx.workflow_run_id,
                "task": ctx.step_run_id,
                "attempt": ctx.attempt_number,
                "workflow": ctx.workflow_id,
            }

        @hatchet.task(name="nothing")
        async def nothing(of: EmptyModel, ctx: Context) -> None:
            return None

        self.double, self.aio_double, self.tell_context, self.nothing = double, aio_double, tell_context, nothing

    def _failures(self) -> None:
        hatchet = self.hatchet

        @hatchet.task(name="flaky", retries=2, backoff_factor=1.0, backoff_max_seconds=1)
        def flaky(of: EmptyModel, ctx: Context) -> dict[str, int]:
            if ctx.retry_count < 2:
                raise ValueError(f"attempt {ctx.retry_count}")
            return {"retry_count": ctx.retry_count}

        @hatchet.task(name="broken", retries=1)
        async def broken(of: EmptyModel, ctx: Context) -> None:
            raise KeyError(f"attempt {ctx.retry_count} of: {ctx.max_attempts}")

        @hatchet.task(name="hopeless", retries=5)
        async def hopeless(of: EmptyModel, ctx: Context) -> None:
            raise NonRetryableException("not again")

        @hatchet.task(name="late", retries=1, backoff_factor=100.0)
        async def late(of: EmptyModel, ctx: Context) -> dict[str, int]:
            if ctx.retry_count == 0:
                raise RetryAfterException("soon", after=timedelta(milliseconds=50))
            return {"retry_count": ctx.retry_count}

        @hatchet.task(name="slow", execution_timeout="1s", retries=1)
        async def slow(of: EmptyModel, ctx: Context) -> dict[str, int]:
            if ctx.retry_count == 0:
                await asyncio.Event().wait()
            return {"retry_count": ctx.retry_count}

        # More slots than any worker has: nobody ever takes it.
        @hatchet.task(name="homeless", schedule_timeout="1s", slot_cost=10 * SLOTS)
        async def homeless(of: EmptyModel, ctx: Context) -> None:
            return None

        @hatchet.task(name="fails-until", input_validator=Meeting)
        async def fails_until(at: Meeting, ctx: Context) -> dict[str, int]:
            if not may_go(at):
                raise RuntimeError("not yet")
            return {"retry_count": ctx.retry_count}

        self.flaky, self.broken, self.hopeless, self.late = flaky, broken, hopeless, late
        self.slow, self.homeless, self.fails_until = slow, homeless, fails_until

    def _dags(self) -> None:
        hatchet = self.hatchet
        self.diamond = diamond = hatchet.workflow(name="Diamond", input_validator=Number)

        @diamond.task()
        def top(of: Number, ctx: Context) -> dict[str, int]:
            return {"n": of.n}

        @diamond.task(parents=[top])
        async def left(of: Number, ctx: Context) -> dict[str, int]:
            return {"n": ctx.task_output(top)["n"] + 1}

        @diamond.task(parents=[top])
        def right(of: Number, ctx: Context) -> dict[str, int]:
            return {"n": ctx.task_output(top)["n"] * 10}

        @diamond.task(parents=[left, right])
        async def bottom(of: Number, ctx: Context) -> dict[str, int]:
            return {"n": ctx.task_output(left)["n"] + ctx.task_output(right)["n"]}

        self.careful = careful = hatchet.workflow(name="careful", input_validator=Number)

        @careful.task()
        async def work(of: Number, ctx: Context) -> dict[str, int]:
            if of.n < 0:
                raise ValueError("a negative number: refused")
            return {"n": of.n}

        @careful.on_failure_task()
        async def report(of: Number, ctx: Context) -> dict[str, Any]:
            return {"errors": {name: str(error) for name, error in ctx.task_run_errors.items()}}

        @careful.on_success_task()
        async def celebrate(of: Number, ctx: Context) -> dict[str, Any]:
            return {"after": ctx.task_output(work)["n"]}

        self.counting = counting = hatchet.workflow(name="counting", input_validator=Meeting)
        calls: Counter[str] = Counter()

        @counting.task()
        async def first(at: Meeting, ctx: Context) -> dict[str, int]:
            calls[f"first/{ctx.workflow_run_id}"] += 1
            return {"calls": calls[f"first/{ctx.workflow_run_id}"]}

        @counting.task(parents=[first])
        async def second(at: Meeting, ctx: Context) -> dict[str, int]:
            if not may_go(at):
                raise RuntimeError("not yet")
            return {"first": ctx.task_output(first)["calls"]}

        @counting.task(parents=[second])
        async def third(at: Meeting, ctx: Context) -> dict[str, int]:
            return {"first": ctx.task_output(second)["first"]}

    def _long(self) -> None:
        hatchet = self.hatchet

        @hatchet.task(name="wait", input_validator=Meeting, execution_timeout="5m")
        async def wait(at: Meeting, ctx: Context) -> dict[str, int]:
            begin(at)
            try:
                await permission(at)
            except asyncio.CancelledError:
                cancelled(at)
                raise
            return {"retry_count": ctx.retry_count}

        @hatchet.task(name="extended", execution_timeout="2s", input_validator=Meeting)
        async def extended(at: Meeting, ctx: Context) -> dict[str, bool]:
            await ctx.aio_refresh_timeout("60s")
            begin(at)
            await permission(at)
            return {"done": True}

        @hatchet.task(name="tell-stream", input_validator=Meeting)
        async def tell_stream(at: Meeting, ctx: Context) -> dict[str, int]:
            begin(at)
            await permission(at)
            for number in range(at.times):
                await ctx.aio_put_stream(f"chunk {number}")
            return {"chunks": at.times}

        @hatchet.task(name="tell-log", input_validator=Number)
        async def tell_log(of: Number, ctx: Context) -> None:
            for number in range(of.n):
                ctx.log(f"line {number}")

        self.wait, self.extended, self.tell_stream, self.tell_log = wait, extended, tell_stream, tell_log

    def _families(self) -> None:
        hatchet = self.hatchet
        double = self.double
        spawned: dict[str, list[str]] = {}

        @hatchet.task(name="parent", retries=1, input_validator=Number)
        async def parent(of: Number, ctx: Context) -> dict[str, Any]:
            items = [double.create_bulk_run_item(input=Number(n=n), key=f"child {n}") for n in range(of.n)]
            refs = await double.aio_run_many_no_wait(items)
            ids = [ref.workflow_run_id for ref in refs]
            before = spawned.setdefault(ctx.workflow_run_id, ids)
            if ctx.retry_count == 0:
                raise RuntimeError("after its children were started")
            results = [await ref.aio_result() for ref in refs]
            return {"same": before == ids, "ids": ids, "sum": sum(result["n"] for result in results)}

        @hatchet.task(name="guardian", input_validator=Meeting, execution_timeout="5m")
        async def guardian(at: Meeting, ctx: Context) -> None:
            ref = await self.wait.aio_run(Meeting(folder=at.folder, name="child"), wait_for_result=False)
            begin(at, ref.workflow_run_id)
            await ref.aio_result()

        @hatchet.task(name="unhappy-parent")
        async def unhappy_parent(of: EmptyModel, ctx: Context) -> dict[str, str]:
            try:
                await self.broken.aio_run()
            except Exception as error:
                return {"type": type(error).__name__, "text": str(error)}
            return {}

        self.parent, self.guardian, self.unhappy_parent = parent, guardian, unhappy_parent

    def _serial(self) -> None:
        """Those of the worker with one slot."""
        hatchet = self.hatchet
        numbers = itertools.count(1)

        @hatchet.task(name="hold", input_validator=Meeting, execution_timeout="5m")
        async def hold(at: Meeting, ctx: Context) -> None:
            begin(at)
            await permission(at)

        @hatchet.task(name="take-number", input_validator=Number)
        async def take_number(of: Number, ctx: Context) -> dict[str, float]:
            return {"number": next(numbers), "at": time.monotonic()}

        @hatchet.task(name="release", input_validator=Meeting, execution_timeout="5m")
        async def release(at: Meeting, ctx: Context) -> None:
            await ctx.aio_release_slot()
            begin(at)
            await permission(at)

        self.hold, self.take_number, self.release = hold, take_number, release

    @property
    def serial(self) -> list[Any]:
        return [self.hold, self.take_number, self.release]

    @property
    def parallel(self) -> list[Any]:
        return [
            *(self.double, self.aio_double, self.tell_context, self.nothing),
            *(self.flaky, self.broken, self.hopeless, self.late, self.slow, self.homeless, self.fails_until),
            *(self.diamond, self.careful, self.counting),
            *(self.wait, self.extended, self.tell_stream, self.tell_log),
            *(self.parent, self.guardian, self.unhappy_parent),
        ]


def main(kind: str) -> None:
    """Runs a worker: `parallel`, or `serial` with one slot."""
    hatchet = Hatchet()
    flows = Flows(hatchet)
    if kind == "serial":
        hatchet.worker("serial", slots=1, workflows=flows.serial).start()
    else:
        hatchet.worker("parallel", slots=SLOTS, labels={"zone": "a"}, workflows=flows.parallel).start()


if __name__ == "__main__":
    import sys

    main(sys.argv[1])
