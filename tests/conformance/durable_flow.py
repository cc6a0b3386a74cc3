"""Durable workflows, and the worker that runs them (`python -m tests.conformance.durable_flow`)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from hatchet_sdk import (
    Context,
    DurableContext,
    EvictionPolicy,
    Hatchet,
    SleepCondition,
    UserEventCondition,
    or_,
)
from pydantic import BaseModel

QUICK = EvictionPolicy(ttl=timedelta(seconds=1), allow_capacity_eviction=True, priority=0)


class Key(BaseModel):
    key: str = ""
    count: int = 0


class Amount(BaseModel):
    amount: int


class DurableFlows:
    """All workflows.

    Attributes:
        midst: what happens to the engine in the midst of a test (see `midst`); set by each.
    """

    midst: Any

    def __init__(self, hatchet: Hatchet) -> None:
        self.hatchet = hatchet
        started: dict[str, int] = {}

        @hatchet.task(name="durable-child", input_validator=Key)
        async def child(of: Key, ctx: Context) -> dict[str, Any]:
            if of.key == "fail":
                raise ValueError("the child fails")
            return {"count": of.count * 2}

        @hatchet.durable_task(name="durable-sleep", input_validator=Key)
        async def sleep(of: Key, ctx: DurableContext) -> dict[str, Any]:
            before = await ctx.aio_now()
            slept = await ctx.aio_sleep_for(timedelta(seconds=of.count), label="a nap")
            after = await ctx.aio_now()
            return {"slept": (after - before).total_seconds(), "duration": slept.duration.total_seconds()}

        @hatchet.durable_task(name="durable-event", input_validator=Key)
        async def event(of: Key, ctx: DurableContext) -> dict[str, Any]:
            found = await ctx.aio_wait_for_event(
                of.key, "input.amount > 10", payload_validator=Amount, label="a large amount"
            )
            return {"event": {"amount": found.amount}}

        @hatchet.durable_task(name="durable-lookback", input_validator=Key)
        async def lookback(of: Key, ctx: DurableContext) -> dict[str, Any]:
            found = await ctx.aio_wait_for_event("durable:back", scope=of.key, lookback_window=timedelta(minutes=1))
            return {"event": found}

        @hatchet.durable_task(name="durable-race", input_validator=Key)
        async def race(of: Key, ctx: DurableContext) -> dict[str, Any]:
            found = await ctx.aio_wait_for(
                "race", or_(SleepCondition(timedelta(seconds=of.count)), UserEventCondition(event_key=of.key))
            )
            return {"found": found}

        @hatchet.durable_task(name="durable-groups", input_validator=Key)
        async def groups(of: Key, ctx: DurableContext) -> dict[str, Any]:
            first = UserEventCondition(event_key=f"{of.key}:a", readable_data_key="a")
            second = UserEventCondition(event_key=f"{of.key}:b", readable_data_key="b")
            found = await ctx.aio_wait_for("both", or_(SleepCondition(timedelta(hours=1)), first), second)
            return {"found": found}

        @hatchet.durable_task(name="durable-children", input_validator=Key, execution_timeout=timedelta(minutes=2))
        async def children(of: Key, ctx: DurableContext) -> dict[str, Any]:
            one = await child.aio_run(Key(count=1))
            many = await child.aio_run_many([child.create_bulk_run_item(Key(count=n)) for n in range(of.count)])
            failure = ""
            try:
                await child.aio_run(Key(key="fail"))
            except Exception as error:
                failure = str(error)
            return {"one": one["count"], "many": sum(each["count"] for each in many), "failure": failure}

        @hatchet.durable_task(
            name="durable-evicted", input_validator=Key, eviction_policy=QUICK, execution_timeout=timedelta(seconds=30)
        )
        async def evicted(of: Key, ctx: DurableContext) -> dict[str, Any]:
            began = await ctx.aio_now()
            first = await ctx.aio_wait_for_event(of.key)
            second = await ctx.aio_wait_for_event(of.key + ":2")
            return {
                "first": first,
                "second": second,
                "began": began.isoformat(),
                "invocation": ctx.invocation_count,
                "attempt": ctx.attempt_number,
            }

        @hatchet.durable_task(name="durable-steps", input_validator=Key, execution_timeout=timedelta(minutes=1))
        async def steps(of: Key, ctx: DurableContext) -> dict[str, Any]:
            times = []
            for _ in range(3):
                await ctx.aio_sleep_for(timedelta(seconds=1))
                times.append((await ctx.aio_now()).timestamp())
            return {"times": times}

        @hatchet.durable_task(name="durable-retried", input_validator=Key, retries=1)
        async def retried(of: Key, ctx: DurableContext) -> dict[str, Any]:
            at = await ctx.aio_now()
            spawned = await child.aio_run(Key(count=3))
            if ctx.retry_count == 0:
                raise ValueError("once")
            return {"at": at.isoformat(), "count": spawned["count"], "invocation": ctx.invocation_count}

        @hatchet.durable_task(name="durable-departing", input_validator=Key, retries=3)
        async def departing(of: Key, ctx: DurableContext) -> dict[str, Any]:
            attempt = started[of.key] = started.get(of.key, 0) + 1
            await ctx.aio_sleep_for(timedelta(seconds=attempt))
            if attempt == 1:
                raise ValueError("once")
            return {}

        workflow = hatchet.workflow(name="durable-dag", input_validator=Key)

        @workflow.task()
        async def first(of: Key, ctx: Context) -> dict[str, Any]:
            return {"n": 1}

        @workflow.durable_task(parents=[first])
        async def second(of: Key, ctx: DurableContext) -> dict[str, Any]:
            await ctx.aio_sleep_for(timedelta(seconds=1))
            inner = await asyncio.gather(child.aio_run(Key(count=4)), child.aio_run(Key(count=5)))
            return {"n": ctx.task_output(first)["n"] + sum(each["count"] for each in inner)}

        leaves = hatchet.workflow(name="durable-dag-evicted", input_validator=Key)

        @leaves.durable_task(eviction_policy=QUICK)
        async def waits(of: Key, ctx: DurableContext) -> dict[str, Any]:
            return {"event": await ctx.aio_wait_for_event(of.key)}

        self.leaves = leaves
        self.child, self.sleep, self.event, self.lookback, self.race = child, sleep, event, lookback, race
        self.children, self.evicted, self.steps, self.retried = children, evicted, steps, retried
        self.departing, self.dag, self.groups = departing, workflow, groups

    @property
    def all(self) -> list[Any]:
        """What the worker runs."""
        return [
            self.child,
            self.sleep,
            self.event,
            self.lookback,
            self.race,
            self.children,
            self.evicted,
            self.steps,
            self.retried,
            self.departing,
            self.dag,
            self.groups,
            self.leaves,
        ]


def main() -> None:
    """Runs the worker."""
    hatchet = Hatchet()
    hatchet.worker("durable", slots=50, durable_slots=50, workflows=DurableFlows(hatchet).all).start()


if __name__ == "__main__":
    main()
