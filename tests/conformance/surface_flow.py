"""Workflows for what is left of the SDK's surface, and their worker (`python -m tests.conformance.surface_flow`)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

from hatchet_sdk import Context, DurableContext, EmptyModel, Hatchet, TaskDefaults
from hatchet_sdk.rate_limit import RateLimit
from pydantic import BaseModel

RATE = "surface-rate"


class Amount(BaseModel):
    n: int = 0
    key: str = ""


async def lifespan() -> AsyncGenerator[dict[str, str], None]:
    """What the worker has while it lives."""
    yield {"pool": "open"}


class SurfaceFlows:
    """All workflows."""

    def __init__(self, hatchet: Hatchet) -> None:
        self.hatchet = hatchet

        @hatchet.task(name="told", input_validator=Amount, on_events=["surface:told"])
        async def told(of: Amount, ctx: Context) -> dict[str, Any]:
            return {
                "lifespan": ctx.lifespan["pool"],
                "worker": ctx.worker_id,
                "labels": sorted(ctx.worker_labels),
                "run": ctx.workflow_run_id,
                "task": ctx.task_run_id,
                "version": ctx.workflow_version_id,
                "parent": ctx.parent_workflow_run_id,
                "child_index": ctx.child_index,
                "child_key": ctx.child_key,
                "event_id": ctx.triggering_event_id,
                "event_key": ctx.triggering_event_key,
                "input": ctx.workflow_input,
                "cancelled": ctx.is_cancelled or ctx.done(),
                "priority": ctx.priority,
            }

        @hatchet.task(name="parental", input_validator=Amount)
        async def parental(of: Amount, ctx: Context) -> dict[str, Any]:
            first = await told.aio_run(Amount(n=1))
            second = await told.aio_run(Amount(n=2), additional_metadata={"of": "parental"})
            return {"children": [first, second]}

        @hatchet.task(name="labelled", input_validator=EmptyModel)
        async def labelled(of: EmptyModel, ctx: Context) -> None:
            ctx.upsert_worker_labels({"model": "large", "memory": 64})

        @hatchet.task(name="pausing", input_validator=EmptyModel)
        async def pausing(of: EmptyModel, ctx: Context) -> dict[str, str]:
            until = ctx.pause_rate_limit(RATE, datetime.now(UTC) + timedelta(seconds=2))
            return {"until": until.isoformat()}

        @hatchet.task(name="rated", input_validator=EmptyModel, rate_limits=[RateLimit(static_key=RATE, units=1)])
        async def rated(of: EmptyModel, ctx: Context) -> dict[str, float]:
            return {"at": datetime.now(UTC).timestamp()}

        @hatchet.durable_task(name="until", input_validator=Amount, execution_timeout=timedelta(minutes=2))
        async def until(of: Amount, ctx: DurableContext) -> dict[str, Any]:
            wake = await ctx.aio_now() + timedelta(seconds=of.n)
            await ctx.aio_sleep_until(wake, label="until then")
            return {"late": (await ctx.aio_now() - wake).total_seconds()}

        defaults = TaskDefaults(retries=2, execution_timeout=timedelta(seconds=30), priority=2)
        self.defaulted = hatchet.workflow(
            name="defaulted",
            description="Defaults for all of its tasks.",
            input_validator=Amount,
            default_priority=3,
            task_defaults=defaults,
            default_additional_metadata={"team": "surface"},
        )

        @self.defaulted.task(name="stubborn")
        async def stubborn(of: Amount, ctx: Context) -> dict[str, Any]:
            if ctx.retry_count < 2:
                raise ValueError("not yet")
            return {"retries": ctx.retry_count, "priority": ctx.priority}

        failing = hatchet.workflow(name="told-of-errors", input_validator=EmptyModel)

        @failing.task(name="breaks")
        async def breaks(of: EmptyModel, ctx: Context) -> None:
            raise ValueError("broken")

        @failing.on_failure_task(name="cleanup")
        async def cleanup(of: EmptyModel, ctx: Context) -> dict[str, str]:
            error = ctx.get_task_run_error(breaks)
            return {"error": str(error.exc if error else "none")}

        self.told, self.parental, self.labelled, self.pausing = told, parental, labelled, pausing
        self.rated, self.until, self.failing = rated, until, failing

    @property
    def all(self) -> list[Any]:
        """What the worker runs."""
        return [
            *(self.told, self.parental, self.labelled, self.pausing),
            *(self.rated, self.until, self.defaulted, self.failing),
        ]


def main() -> None:
    """Runs the worker."""
    hatchet = Hatchet()
    hatchet.rate_limits.put(RATE, 100)
    worker = hatchet.worker(
        "surface", workflows=SurfaceFlows(hatchet).all, lifespan=lifespan, labels={"kind": "surface"}
    )
    worker.start()


if __name__ == "__main__":
    main()
