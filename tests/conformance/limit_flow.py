"""Workflows with limits and wishes of their worker, and the worker that runs them (`python limit_flow.py KIND`)."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from datetime import timedelta
from typing import Any

from hatchet_sdk import (
    ConcurrencyExpression,
    ConcurrencyLimitStrategy,
    Context,
    DesiredWorkerLabel,
    EmptyModel,
    Hatchet,
    RateLimit,
    StatusBasedIdempotencyConfig,
    StickyStrategy,
    TTLBasedIdempotencyConfig,
    WorkerLabelComparator,
)
from hatchet_sdk.types.rate_limit import RateLimitDuration
from pydantic import BaseModel

from tests.conformance.flow import Meeting, begin, cancelled, permission

SLOTS = 20
LABELS: dict[str, dict[str, str | int]] = {
    "large": {"model": "large", "memory": 256},
    "small": {"model": "small", "memory": 64},
}


class Key(BaseModel):
    key: str
    units: int = 1


class KeyedMeeting(Meeting):
    key: str


def by_key(max_runs: int | str, strategy: ConcurrencyLimitStrategy, **options: Any) -> ConcurrencyExpression:
    """A limit for each key of the input."""
    return ConcurrencyExpression(expression="input.key", max_runs=max_runs, limit_strategy=strategy, **options)


class LimitFlows:
    """All workflows."""

    def __init__(self, hatchet: Hatchet) -> None:
        self.hatchet = hatchet
        self._running: Counter[str] = Counter()
        self._round_robin()
        self._cancelling()
        self._rates()
        self._placed()
        self._routed()
        self._once()

    async def _overlap(self, key: str) -> int:
        """How many of a key ran at once, seen by one of them."""
        self._running[key] += 1
        most = 0
        for _ in range(5):
            most = max(most, self._running[key])
            await asyncio.sleep(0.01)
        self._running[key] -= 1
        return most

    def _once(self) -> None:
        hatchet = self.hatchet
        for_a_while = TTLBasedIdempotencyConfig(key_expression="'ttl/' + input.key", ttl=timedelta(seconds=2))
        until_the_end = StatusBasedIdempotencyConfig(
            key_expression="'status/' + input.key", fallback_ttl=timedelta(minutes=5)
        )

        @hatchet.task(name="once-a-while", input_validator=Key, idempotency=for_a_while)
        async def once_a_while(of: Key, ctx: Context) -> dict[str, str]:
            return {"key": of.key}

        @hatchet.task(name="once-at-a-time", input_validator=KeyedMeeting, idempotency=until_the_end)
        async def once_at_a_time(of: KeyedMeeting, ctx: Context) -> dict[str, str]:
            begin(of, "")
            await permission(of)
            return {"key": of.key}

        self.once_a_while, self.once_at_a_time = once_a_while, once_at_a_time

    def _round_robin(self) -> None:
        hatchet = self.hatchet
        strategy = ConcurrencyLimitStrategy.GROUP_ROUND_ROBIN

        @hatchet.task(name="two-a-key", input_validator=Key, concurrency=by_key(2, strategy))
        async def two_a_key(of: Key, ctx: Context) -> dict[str, int]:
            return {"most": await self._overlap(f"two/{of.key}")}

        @hatchet.task(name="three-in-all", input_validator=Key, concurrency=3)
        async def three_in_all(of: Key, ctx: Context) -> dict[str, int]:
            return {"most": await self._overlap("three")}

        shared = by_key(1, strategy, name="shared-limit", is_tenant_scoped=True)

        @hatchet.task(name="share-one", input_validator=Key, concurrency=shared)
        async def share_one(of: Key, ctx: Context) -> dict[str, int]:
            return {"most": await self._overlap(f"shared/{of.key}")}

        @hatchet.task(name="share-other", input_validator=Key, concurrency=shared)
        async def share_other(of: Key, ctx: Context) -> dict[str, int]:
            return {"most": await self._overlap(f"shared/{of.key}")}

        chain = hatchet.workflow(name="chain-a-key", input_validator=Key, concurrency=by_key(1, strategy))

        @chain.task()
        async def first(of: Key, ctx: Context) -> dict[str, int]:
            self._running[f"chain/{of.key}"] += 1
            return {"most": self._running[f"chain/{of.key}"]}

        @chain.task(parents=[first])
        async def second(of: Key, ctx: Context) -> dict[str, int]:
            most = self._running[f"chain/{of.key}"]
            self._running[f"chain/{of.key}"] -= 1
            return {"most": most}

        @hatchet.task(name="by-expression", input_validator=Key, concurrency=by_key("input.units", strategy))
        async def by_expression(of: Key, ctx: Context) -> dict[str, int]:
            return {"most": await self._overlap(f"expression/{of.key}")}

        bad = ConcurrencyExpression(expression="input.nothing", max_runs=1, limit_strategy=strategy)

        @hatchet.task(name="bad-key", input_validator=Key, concurrency=bad)
        async def bad_key(of: Key, ctx: Context) -> None:
            return None

        self.two_a_key, self.three_in_all, self.chain, self.bad_key = two_a_key, three_in_all, chain, bad_key
        self.share_one, self.share_other, self.by_expression = share_one, share_other, by_expression

    def _cancelling(self) -> None:
        self.meetings: dict[str, Any] = {}
        for strategy in (
            ConcurrencyLimitStrategy.CANCEL_IN_PROGRESS,
            ConcurrencyLimitStrategy.CANCEL_NEWEST,
            ConcurrencyLimitStrategy.CANCEL_QUEUED_EXCEPT_NEWEST,
            ConcurrencyLimitStrategy.CANCEL_QUEUED_EXCEPT_OLDEST,
        ):
            name = strategy.value.lower().replace("_", "-")

            @self.hatchet.task(name=name, input_validator=KeyedMeeting, concurrency=by_key(1, strategy))
            async def meet(at: KeyedMeeting, ctx: Context) -> dict[str, str]:
                begin(at)
                try:
                    await permission(at)
                except asyncio.CancelledError:
                    cancelled(at)
                    raise
                return {"name": at.name}

            self.meetings[strategy.value] = meet

    def _rates(self) -> None:
        hatchet = self.hatchet
        a_minute = RateLimit(dynamic_key="'minute-' + input.key", units="input.units", limit=3)
        a_second = RateLimit(dynamic_key="'second-' + input.key", limit=2, duration=RateLimitDuration.SECOND)

        @hatchet.task(name="three-a-minute", input_validator=Key, rate_limits=[a_minute])
        async def three_a_minute(of: Key, ctx: Context) -> dict[str, float]:
            return {"at": time.time()}

        @hatchet.task(name="two-a-second", input_validator=Key, rate_limits=[a_second])
        async def two_a_second(of: Key, ctx: Context) -> dict[str, float]:
            return {"at": time.time()}

        @hatchet.task(name="static-rate", input_validator=Key, rate_limits=[RateLimit(static_key="static", units=1)])
        async def static_rate(of: Key, ctx: Context) -> dict[str, float]:
            return {"at": time.time()}

        self.three_a_minute, self.two_a_second, self.static_rate = three_a_minute, two_a_second, static_rate

    def _placed(self) -> None:
        hatchet = self.hatchet

        async def tell(of: EmptyModel, ctx: Context) -> dict[str, Any]:
            return {"model": ctx.worker.labels()["model"]}

        required = DesiredWorkerLabel(key="model", value="large", required=True)
        self.on_large = hatchet.task(name="on-large", desired_worker_labels=[required])(tell)
        most = DesiredWorkerLabel(
            key="memory", value=100, required=True, comparator=WorkerLabelComparator.LESS_THAN_OR_EQUAL
        )
        self.on_little_memory = hatchet.task(name="on-little-memory", desired_worker_labels=[most])(tell)
        preferred = DesiredWorkerLabel(key="model", value="small", weight=5)
        self.rather_small = hatchet.task(name="rather-small", desired_worker_labels=[preferred])(tell)
        self.anywhere = hatchet.task(name="anywhere")(tell)
        nowhere = DesiredWorkerLabel(key="model", value="none", required=True)
        self.nowhere = hatchet.task(name="nowhere", schedule_timeout="1s", desired_worker_labels=[nowhere])(tell)
        self.sticky = {}
        for strategy in StickyStrategy:
            workflow = hatchet.workflow(name=f"sticky-{strategy.value.lower()}", sticky=strategy)
            head = workflow.task(name="head")(tell)
            for number in range(4):
                workflow.task(name=f"tail-{number}", parents=[head])(tell)
            self.sticky[strategy.value] = workflow

    def _routed(self) -> None:
        hatchet = self.hatchet

        async def meet(at: Meeting, ctx: Context) -> dict[str, Any]:
            begin(at, str(ctx.worker.labels()["model"]))
            await permission(at)
            return {"model": ctx.worker.labels()["model"]}

        async def tell(of: Any, ctx: Context) -> dict[str, Any]:
            return {"model": ctx.worker.labels()["model"]}

        @hatchet.task(name="relabel", input_validator=Key)
        async def relabel(of: Key, ctx: Context) -> dict[str, Any]:
            await ctx.aio_upsert_worker_labels({of.key: of.units})
            return {"model": ctx.worker.labels()["model"]}

        fill = hatchet.task(name="fill", slot_cost=SLOTS, input_validator=Meeting, execution_timeout="5m")
        half = hatchet.task(name="half", slot_cost=SLOTS // 2, input_validator=Meeting, execution_timeout="5m")
        self.fill, self.half = fill(meet), half(meet)
        self.followed = {}
        self.sticky_child = {}
        for strategy in StickyStrategy:
            name = strategy.value.lower()
            workflow = hatchet.workflow(name=f"followed-{name}", sticky=strategy, input_validator=Meeting)
            head = workflow.task(name="head", execution_timeout="5m")(meet)
            workflow.task(name="tail", parents=[head])(tell)
            self.followed[strategy.value] = workflow
            self.sticky_child[strategy.value] = hatchet.task(name=f"child-{name}", sticky=strategy)(tell)

        @hatchet.task(name="sticky-parent", sticky=StickyStrategy.SOFT, execution_timeout="5m")
        async def sticky_parent(of: EmptyModel, ctx: Context) -> dict[str, Any]:
            children = [child for _ in range(2) for child in self.sticky_child.values()]
            found = await asyncio.gather(*(child.aio_run(sticky=True) for child in children))
            return {"model": ctx.worker.labels()["model"], "children": [each["model"] for each in found]}

        self.relabel, self.sticky_parent = relabel, sticky_parent

    @property
    def all(self) -> list[Any]:
        """What the workers run."""
        return [
            *(self.two_a_key, self.three_in_all, self.chain, self.bad_key, self.share_one, self.share_other),
            *(self.by_expression, *self.meetings.values(), self.three_a_minute, self.two_a_second, self.static_rate),
            *(self.once_a_while, self.once_at_a_time),
        ]

    @property
    def placed(self) -> list[Any]:
        """What both workers run."""
        return [
            *(self.on_large, self.on_little_memory, self.rather_small, self.anywhere, self.nowhere),
            *(*self.sticky.values(), *self.followed.values(), *self.sticky_child.values(), self.sticky_parent),
            *(self.relabel, self.fill, self.half),
        ]


def main() -> None:
    """Runs a worker."""
    kind = sys.argv[1]
    hatchet = Hatchet()
    flows = LimitFlows(hatchet)
    # Overlaps are counted within one process: the large worker runs all that has a limit.
    workflows = [*flows.placed, *(flows.all if kind == "large" else ())]
    if kind == "large":
        hatchet.rate_limits.put("static", 2, RateLimitDuration.MINUTE)
    hatchet.worker(kind, slots=SLOTS, labels=LABELS[kind], workflows=workflows).start()


if __name__ == "__main__":
    main()
