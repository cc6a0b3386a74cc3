"""Batch tasks, and the worker that runs them (`python batch_flow.py WORKER_NAME`)."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from typing import Any

from hatchet_sdk import Context, Hatchet
from pydantic import BaseModel

from tests.conformance.flow import Meeting, begin, permission

SLOTS = 4
SIZE = 5


class Item(BaseModel):
    value: int = 0
    key: str = "all"


class MeetingItem(Meeting):
    pass


class BatchFlows:
    """All workflows."""

    def __init__(self, hatchet: Hatchet) -> None:
        self.hatchet = hatchet
        self._running = 0

        @hatchet.batch_task(
            name="batch-double",
            input_validator=Item,
            batch_max_size=SIZE,
            batch_max_interval=timedelta(milliseconds=400),
            batch_group_key="input.key",
        )
        async def double(items: dict[Any, Item], ctx: Context) -> dict[Any, Any]:
            values = sorted(item.value for item in items.values())
            keys = sorted({item.key for item in items.values()})
            return {
                member: {"doubled": item.value * 2, "together": values, "keys": keys} for member, item in items.items()
            }

        @hatchet.batch_task(
            name="batch-broadcast",
            input_validator=Item,
            batch_max_size=3,
            batch_max_interval=timedelta(milliseconds=400),
            broadcast_output=True,
        )
        async def broadcast(items: dict[Any, Item], ctx: Context) -> dict[str, Any]:
            return {"sum": sum(item.value for item in items.values())}

        @hatchet.batch_task(
            name="batch-fails",
            input_validator=Item,
            batch_max_size=2,
            batch_max_interval=timedelta(milliseconds=300),
        )
        async def fails(items: dict[Any, Item], ctx: Context) -> dict[Any, Any]:
            raise ValueError("the whole batch")

        @hatchet.batch_task(
            name="batch-one-at-a-time",
            input_validator=Item,
            batch_max_size=2,
            batch_max_interval=timedelta(milliseconds=50),
            batch_group_max_runs=1,
        )
        async def one_at_a_time(items: dict[Any, Item], ctx: Context) -> dict[Any, Any]:
            self._running += 1
            await asyncio.sleep(0.05)
            most, self._running = self._running, self._running - 1
            return {member: {"most": most} for member in items}

        @hatchet.batch_task(
            name="batch-bad-key",
            input_validator=Item,
            batch_max_size=2,
            batch_group_key="input.nothing_of_the_kind",
        )
        async def bad_key(items: dict[Any, Item], ctx: Context) -> dict[Any, Any]:
            return {member: {} for member in items}

        @hatchet.batch_task(
            name="batch-meets",
            input_validator=MeetingItem,
            batch_max_size=2,
            batch_max_interval=timedelta(milliseconds=300),
        )
        async def meets(items: dict[Any, MeetingItem], ctx: Context) -> dict[Any, Any]:
            for item in items.values():
                begin(item)
            for item in items.values():
                await permission(item)
            return {member: {"together": len(items)} for member in items}

        chain = hatchet.workflow(name="batch-chain", input_validator=Item)

        @chain.task()
        async def first(input: Item, ctx: Context) -> dict[str, int]:
            return {"value": input.value + 1}

        @chain.batch_task(parents=[first], batch_max_size=3, batch_max_interval=timedelta(milliseconds=400))
        async def second(items: dict[Any, Item], ctx: Context) -> dict[Any, Any]:
            return {member: {"together": len(items)} for member in items}

        self.double, self.broadcast, self.fails, self.one_at_a_time = double, broadcast, fails, one_at_a_time
        self.bad_key, self.meets, self.chain = bad_key, meets, chain
        self.all: list[Any] = [double, broadcast, fails, one_at_a_time, bad_key, meets, chain]


if __name__ == "__main__":
    client = Hatchet()
    client.worker(sys.argv[1], slots=SLOTS, workflows=BatchFlows(client).all).start()
