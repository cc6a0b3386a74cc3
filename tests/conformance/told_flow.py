"""Workflows that tell where they run and what they are told; part of those of `option_flow`.

Annotations are no strings here: the SDK looks for `Depends` in them as they are.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from hatchet_sdk import (
    Context,
    DefaultFilter,
    Depends,
    DesiredWorkerLabel,
    Hatchet,
    StickyStrategy,
    TriggerWorkflowOptions,
)
from pydantic import BaseModel

BESIDE = DesiredWorkerLabel(key="kind", value="beside", required=True)


class Asked(BaseModel):
    key: str = ""
    n: int = 0


async def shouted(of: Asked, ctx: Context) -> str:
    """What a task depends on."""
    return of.key.upper()


class ToldFlows:
    """The workflows."""

    def __init__(self, hatchet: Hatchet) -> None:
        self.hatchet = hatchet
        self._running: Counter[str] = Counter()
        self._families()
        self._told()
        self._batches()

    def _overlap(self, name: str) -> Callable[..., Any]:
        """A task that tells how many of its key ran at once."""

        async def overlap(of: Asked, ctx: Any) -> dict[str, int]:
            at = f"{name}/{of.key}"
            self._running[at] += 1
            most = 0
            for _ in range(5):
                most = max(most, self._running[at])
                await asyncio.sleep(0.01)
            self._running[at] -= 1
            return {"most": most}

        return overlap

    def _families(self) -> None:
        """Children, and which worker runs them."""
        hatchet = self.hatchet
        soft = StickyStrategy.SOFT

        async def where(of: Asked, ctx: Any) -> dict[str, Any]:
            return {"worker": ctx.worker_id, "kind": ctx.worker.labels()["kind"]}

        async def batch_where(items: dict[Any, Asked], ctx: Any) -> dict[Any, Any]:
            return {member: {"worker": ctx.worker_id} for member in items}

        self.where = hatchet.task(name="options-where", input_validator=Asked, sticky=soft)(where)
        self.where_batch = hatchet.batch_task(
            name="options-where-batch", input_validator=Asked, sticky=soft, batch_max_size=1
        )(batch_where)
        self.where_durable = hatchet.durable_task(name="options-where-durable", input_validator=Asked, sticky=soft)(
            where
        )

        @hatchet.task(name="options-sticky-parent", input_validator=Asked, sticky=soft)
        async def parent(of: Asked, ctx: Context) -> dict[str, Any]:
            children = [
                await child.aio_run(of, sticky=True, child_key=f"{number}-{at}")
                for number, child in enumerate((self.where, self.where_batch, self.where_durable))
                for at in range(4)
            ]
            items = [self.where.create_bulk_run_item(of, sticky=True, child_key=f"many-{at}") for at in range(4)]
            children += await self.where.aio_run_many(items)
            stays = TriggerWorkflowOptions(sticky=True)
            refs = [await self.where.aio_run_no_wait(of, stays) for _ in range(4)]
            refs += [await self.where.aio_run_no_wait(of, sticky=True, child_key=f"ref-{at}") for at in range(4)]
            children += [await ref.aio_result() for ref in refs]
            return {"mine": ctx.worker_id, "workers": [child["worker"] for child in children]}

        @hatchet.task(name="options-keyed-parent", input_validator=Asked)
        async def keyed(of: Asked, ctx: Context) -> dict[str, Any]:
            refs = [await self.where.aio_run(of, wait_for_result=False, child_key="one") for _ in range(2)]
            many = [self.where.create_bulk_run_item(of, child_key=each) for each in ("one", "two")]
            refs += await self.where.aio_run_many(many, wait_for_result=False)
            for ref in refs:
                await ref.aio_result()
            return {"ids": [ref.workflow_run_id for ref in refs], "task": ctx.task_run_id}

        self.parent, self.keyed = parent, keyed

    def _told(self) -> None:
        """What a context has methods for."""
        hatchet = self.hatchet

        @hatchet.task(name="options-cancels-itself", input_validator=Asked)
        async def cancels_itself(of: Asked, ctx: Context) -> None:
            await ctx.aio_cancel()
            await asyncio.Event().wait()

        @hatchet.task(name="options-cancels-itself-blocking", input_validator=Asked)
        def cancels_itself_blocking(of: Asked, ctx: Context) -> None:
            ctx.cancel()
            while not ctx.done():
                time.sleep(0.01)

        @hatchet.task(name="options-told", input_validator=Asked, description="Tells.", version="seven")
        async def told(of: Asked, ctx: Context, shout: Annotated[str, Depends(shouted)]) -> dict[str, Any]:
            await ctx.aio_log(f"a line of {of.key}", raise_on_error=True)
            return {
                "shout": shout,
                "task": ctx.task_name,
                "workflow": ctx.workflow_name,
                "priority": ctx.priority,
                "metadata": ctx.additional_metadata,
                "kind": ctx.worker.labels()["kind"],
            }

        @hatchet.task(name="options-breaks", input_validator=Asked)
        async def breaks(of: Asked, ctx: Context) -> dict[str, int]:
            if of.n < 0:
                raise ValueError(f"broken {of.n}")
            return {"n": of.n}

        self.cancels_itself, self.cancels_itself_blocking = cancels_itself, cancels_itself_blocking
        self.told, self.breaks = told, breaks

    def _batches(self) -> None:
        """Batch tasks, alone and in a workflow."""
        hatchet = self.hatchet
        batch_only = [DefaultFilter(expression="input.n > 5", scope="batches", payload={"of": "batches"})]

        @hatchet.batch_task(
            name="options-batch-told",
            input_validator=Asked,
            default_priority=3,
            default_filters=batch_only,
            version="three",
            description="Tells, too.",
        )
        async def batch_told(items: dict[Any, Asked], ctx: Context) -> dict[Any, Any]:
            return {member: {"size": len(items)} for member in items}

        dag = hatchet.workflow(name="options-dag-batch", input_validator=Asked)

        @dag.batch_task(
            name="together",
            batch_max_size=10,
            batch_max_interval=timedelta(milliseconds=400),
            batch_group_key="input.key",
            batch_group_max_runs=1,
            broadcast_output=True,
        )
        async def together(items: dict[Any, Asked], ctx: Context) -> dict[str, Any]:
            most = await self._overlap("dag")(next(iter(items.values())), ctx)
            return {"keys": sorted({item.key for item in items.values()}), "size": len(items), **most}

        self.batch_told, self.dag_batch = batch_told, dag

    @property
    def placed(self) -> list[Any]:
        """What both workers run."""
        return [self.where, self.where_batch, self.where_durable, self.parent, self.told]
