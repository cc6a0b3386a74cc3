"""Workflows for each option of the SDK's decorators, and their workers (`python -m tests.conformance.option_flow`)."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from datetime import timedelta
from typing import Any

from hatchet_sdk import (
    ConcurrencyExpression,
    ConcurrencyLimitStrategy,
    Context,
    DefaultFilter,
    DesiredWorkerLabel,
    EmptyModel,
    EvictionPolicy,
    Hatchet,
    Priority,
    RateLimit,
    StatusBasedIdempotencyConfig,
    TaskDefaults,
)
from hatchet_sdk.types.rate_limit import RateLimitDuration

from tests.conformance.told_flow import Asked, ToldFlows

WORKERS = ("options", "beside")
SLOTS = 40
# Longer than any test: the greatest pause between attempts has to count.
AGES = 1000.0
EVERY_SECOND = ["* * * * * *"]
ROUND_ROBIN = ConcurrencyLimitStrategy.GROUP_ROUND_ROBIN
ONE_A_KEY = [ConcurrencyExpression(expression="input.key", max_runs=1, limit_strategy=ROUND_ROBIN)]
NOWHERE = DesiredWorkerLabel(key="kind", value="none", required=True)


def once_a(window: RateLimitDuration) -> list[RateLimit]:
    """One run of each key in a window."""
    return [RateLimit(dynamic_key=f"'{window.value}-' + input.key", units=1, limit=1, duration=window)]


class Attempts:
    """When the attempts of each task began."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = {}

    async def fail_twice(self, of: Any, ctx: Any) -> dict[str, Any]:
        """Ends at its third attempt; tells the least time between two, in seconds."""
        times = self._times.setdefault(ctx.task_run_id, [])
        times.append(time.monotonic())
        if len(times) < 3:
            raise ValueError(f"attempt {len(times)}")
        return {"attempts": len(times), "least": min(b - a for a, b in itertools.pairwise(times))}

    async def hang_once(self, of: Any, ctx: Any) -> dict[str, Any]:
        """Hangs in its first attempt."""
        times = self._times.setdefault(ctx.task_run_id, [])
        times.append(time.monotonic())
        if len(times) == 1:
            await asyncio.Event().wait()
        return {"attempts": len(times)}


class OptionFlows(ToldFlows):
    """All workflows."""

    def __init__(self, hatchet: Hatchet) -> None:
        super().__init__(hatchet)
        self.attempts = Attempts()
        self._retried()
        self._limited()
        self._rated()
        self._homeless()
        self._hooks()
        self._started()
        self._once()

    def _retried(self) -> None:
        """Retries, their pauses, and the time an attempt may take."""
        again, slow = self.attempts.fail_twice, self.attempts.hang_once
        self.retried = wf = self.hatchet.workflow(name="options-retried", input_validator=Asked)
        # An attempt takes more than one slot, and each gives them back.
        wf.task(name="again", slot_cost=SLOTS // 2, retries=2, backoff_factor=AGES, backoff_max_seconds=1)(again)
        wf.task(name="slow", retries=1, execution_timeout=timedelta(seconds=1))(slow)
        wf.durable_task(name="durable-again", retries=2, backoff_factor=AGES, backoff_max_seconds=1)(again)
        wf.durable_task(name="durable-slow", retries=1, execution_timeout=timedelta(seconds=1))(slow)
        defaults = TaskDefaults(retries=2, backoff_factor=AGES, backoff_max_seconds=1, schedule_timeout="1s")
        self.defaulted = self.hatchet.workflow(name="options-defaulted", input_validator=Asked, task_defaults=defaults)
        self.defaulted.task(name="again")(again)
        self.defaulted_homeless = self.hatchet.workflow(name="options-defaulted-homeless", task_defaults=defaults)

        @self.defaulted_homeless.task(desired_worker_labels=[NOWHERE])
        async def nowhere(of: EmptyModel, ctx: Context) -> None:
            return None

        self.durable_again = self.hatchet.durable_task(
            name="options-durable-again", input_validator=Asked, retries=2, backoff_factor=AGES, backoff_max_seconds=1
        )(again)

        async def hang(items: dict[Any, Asked], ctx: Any) -> dict[Any, Any]:
            await asyncio.Event().wait()
            return {}

        self.batch_slow = self.hatchet.batch_task(
            name="options-batch-slow", input_validator=Asked, execution_timeout=timedelta(seconds=1)
        )(hang)
        self.dag_batch_slow = self.hatchet.workflow(name="options-dag-batch-slow", input_validator=Asked)
        self.dag_batch_slow.batch_task(name="slow", batch_max_size=1, execution_timeout=timedelta(seconds=1))(hang)

    def _limited(self) -> None:
        """One at a time of each key."""
        self.limited = wf = self.hatchet.workflow(name="options-limited", input_validator=Asked)
        wf.task(name="ordinary", concurrency=ONE_A_KEY)(self._overlap("ordinary"))
        wf.durable_task(name="durable", concurrency=ONE_A_KEY)(self._overlap("durable"))
        self.durable_limited = self.hatchet.durable_task(
            name="options-durable-limited", input_validator=Asked, concurrency=ONE_A_KEY
        )(self._overlap("alone"))

    def _rated(self) -> None:
        """One of each key in a window, each window by another decorator."""
        hatchet = self.hatchet

        async def done(of: Any, ctx: Any) -> dict[str, bool]:
            return {"done": True}

        async def all_done(items: dict[Any, Asked], ctx: Any) -> dict[Any, Any]:
            return {member: {"done": True} for member in items}

        hour = hatchet.workflow(name="options-hour", input_validator=Asked)
        hour.task(name="rated", rate_limits=once_a(RateLimitDuration.HOUR))(done)
        day = hatchet.workflow(name="options-day", input_validator=Asked)
        day.durable_task(name="rated", rate_limits=once_a(RateLimitDuration.DAY))(done)
        week = hatchet.durable_task(
            name="options-week", input_validator=Asked, rate_limits=once_a(RateLimitDuration.WEEK)
        )(done)
        month = hatchet.batch_task(
            name="options-month", input_validator=Asked, rate_limits=once_a(RateLimitDuration.MONTH)
        )(all_done)
        year = hatchet.workflow(name="options-year", input_validator=Asked)
        year.batch_task(name="rated", batch_max_size=1, rate_limits=once_a(RateLimitDuration.YEAR))(all_done)
        self.rated: dict[str, Any] = {"hour": hour, "day": day, "week": week, "month": month, "year": year}

    def _homeless(self) -> None:
        """Nobody has the label that they require, and they do not wait long."""
        hatchet = self.hatchet

        async def never(of: Any, ctx: Any) -> dict[str, Any]:
            return {}

        ordinary, durable, batch = (hatchet.workflow(name=f"options-homeless-{each}") for each in ("a", "b", "c"))
        ordinary.task(name="never", schedule_timeout="1s", desired_worker_labels=[NOWHERE])(never)
        durable.durable_task(name="never", schedule_timeout="1s", desired_worker_labels=[NOWHERE])(never)

        async def never_together(items: dict[Any, EmptyModel], ctx: Context) -> dict[Any, Any]:
            return {}

        nowhere = [NOWHERE]
        batch.batch_task(name="never", batch_max_size=1, schedule_timeout="1s", desired_worker_labels=nowhere)(
            never_together
        )
        alone = hatchet.durable_task(name="options-homeless-d", schedule_timeout="1s", desired_worker_labels=[NOWHERE])(
            never
        )
        batch_alone: Any = hatchet.batch_task(
            name="options-homeless-e", schedule_timeout="1s", desired_worker_labels={"kind": NOWHERE}
        )(never_together)
        self.homeless: dict[str, Any] = {
            "task": ordinary,
            "durable": durable,
            "batch": batch,
            "durable alone": alone,
            "batch alone": batch_alone,
        }

    def _hooks(self) -> None:
        """What runs after all tasks: after a failure if the key says so."""
        again, slow = self.attempts.fail_twice, self.attempts.hang_once
        self.hooks: dict[str, Any] = {}
        for kind in ("again", "slow", "limited", "rated", "late"):
            self.hooks[kind] = wf = self.hatchet.workflow(name=f"options-hook-{kind}", input_validator=Asked)

            @wf.task(name="work")
            async def work(of: Asked, ctx: Context) -> None:
                if of.n < 0:
                    raise ValueError("a negative number")

        wf = self.hooks["again"]
        wf.on_failure_task(name="failed", retries=2, backoff_factor=AGES, backoff_max_seconds=1)(again)
        wf.on_success_task(name="succeeded", retries=2, backoff_factor=AGES, backoff_max_seconds=1)(again)
        wf = self.hooks["slow"]
        wf.on_failure_task(name="failed", retries=1, execution_timeout=timedelta(seconds=1))(slow)
        wf.on_success_task(name="succeeded", retries=1, execution_timeout=timedelta(seconds=1))(slow)
        wf = self.hooks["limited"]
        wf.on_failure_task(name="failed", concurrency=ONE_A_KEY)(self._overlap("failed"))
        wf.on_success_task(name="succeeded", concurrency=ONE_A_KEY)(self._overlap("succeeded"))
        # The second one of a key waits for the next hour: in vain.
        hour = once_a(RateLimitDuration.HOUR)
        wf = self.hooks["rated"]
        wf.on_failure_task(name="failed", rate_limits=hour, schedule_timeout="1s")(self._overlap("a"))
        wf.on_success_task(name="succeeded", rate_limits=hour, schedule_timeout="1s")(self._overlap("b"))
        wf = self.hooks["late"]

        async def failed(of: Asked, ctx: Context) -> dict[str, Any]:
            return {"error": ctx.fetch_task_run_error(work)}

        wf.on_failure_task(name="failed")(failed)

    def _started(self) -> None:
        """By events, crons, and only once of a key."""
        hatchet = self.hatchet
        only = [DefaultFilter(expression="input.n > payload.least", scope="options", payload={"least": 5})]
        tick, held = Asked(key="tick"), EvictionPolicy(ttl=None)

        async def tell(of: Asked, ctx: Any) -> dict[str, Any]:
            return {
                "input": of.model_dump(),
                "priority": ctx.priority,
                "filter": ctx.filter_payload,
                "team": ctx.additional_metadata.get("team"),
            }

        wf = hatchet.workflow(
            name="options-event-workflow",
            input_validator=Asked,
            on_events=["options:workflow"],
            default_filters=only,
            default_priority=Priority.HIGH,
            version="two",
            description="Started by events.",
        )
        wf.task(name="tell")(tell)
        durable = hatchet.durable_task(
            name="options-event-durable",
            input_validator=Asked,
            on_events=["options:durable"],
            default_filters=only,
            default_priority=Priority.HIGH,
            default_additional_metadata={"team": "durable"},
            version="two",
            description="Started by events.",
            eviction_policy=held,
        )(tell)
        task = hatchet.task(
            name="options-event-task",
            input_validator=Asked,
            on_events=["options:task"],
            default_filters=only,
            default_priority=Priority.HIGH,
            version="two",
            description="Started by events.",
        )(tell)
        self.by_event: dict[str, Any] = {"workflow": wf, "durable": durable, "task": task}
        cron = hatchet.workflow(
            name="options-cron-workflow", input_validator=Asked, on_crons=EVERY_SECOND, cron_input=tick
        )
        cron.task(name="tell")(tell)
        self.by_cron: dict[str, Any] = {
            "workflow": cron,
            "task": hatchet.task(
                name="options-cron-task", input_validator=Asked, on_crons=EVERY_SECOND, cron_input=tick
            )(tell),
            "durable": hatchet.durable_task(
                name="options-cron-durable", input_validator=Asked, on_crons=EVERY_SECOND, cron_input=tick
            )(tell),
        }

    def _once(self) -> None:
        """Only once of a key; until it is cancelled, the key is taken."""
        hatchet = self.hatchet
        once = StatusBasedIdempotencyConfig(key_expression="input.key", fallback_ttl=timedelta(minutes=5))

        async def never(of: Asked, ctx: Any) -> dict[str, Any]:
            return {}

        single = hatchet.workflow(name="options-once-workflow", input_validator=Asked, idempotency=once)
        single.task(name="never", desired_worker_labels=[NOWHERE])(never)
        self.once: dict[str, Any] = {
            "workflow": single,
            "durable": hatchet.durable_task(
                name="options-once-durable",
                input_validator=Asked,
                idempotency=once,
                desired_worker_labels=[NOWHERE],
            )(never),
        }

    @property
    def all(self) -> list[Any]:
        """What the first worker runs."""
        return [
            *self.placed,
            *(self.retried, self.defaulted, self.defaulted_homeless, self.durable_again),
            *(self.batch_slow, self.dag_batch_slow, self.limited, self.durable_limited),
            *(self.keyed, self.cancels_itself, self.cancels_itself_blocking),
            *(self.breaks, self.batch_told, self.dag_batch),
            *self.rated.values(),
            *self.homeless.values(),
            *self.hooks.values(),
            *self.by_event.values(),
            *self.by_cron.values(),
            *self.once.values(),
        ]


def main() -> None:
    """Runs a worker."""
    kind = sys.argv[1]
    hatchet = Hatchet()
    flows = OptionFlows(hatchet)
    workflows = flows.all if kind == "options" else flows.placed
    hatchet.worker(kind, slots=SLOTS, durable_slots=SLOTS, labels={"kind": kind}, workflows=workflows).start()


if __name__ == "__main__":
    main()
