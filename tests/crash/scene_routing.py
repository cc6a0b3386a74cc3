"""Which worker gets what, when the engine dies: labels that were changed, and runs that stay with their worker."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

from mattock import Context, DesiredLabel

from .scene import Door, Input, Scene, until

PATIENT: dict[str, Any] = {"schedule_timeout": "1h", "execution_timeout": "1h"}


def required(key: str, value: str) -> dict[str, Any]:
    """Options of a run that only a worker with this label may take."""
    return {"desired_worker_labels": [DesiredLabel(key, value, required=True)]}


class Labelled(Scene):
    """Labels that were changed before the death hold after it, and what waits for a label gets its worker."""

    def declare(self) -> None:
        @self.client.task(name="midst-mark", **PATIENT)
        async def mark(input: Input, ctx: Context) -> None:
            ctx.worker.upsert_labels({"midst-model": input["model"]})

        @self.client.task(name="midst-where", **PATIENT)
        async def where(input: Input, ctx: Context) -> str:
            return ctx.worker.name

        self.mark, self.where = mark, where

    async def begin(self) -> None:
        self.stack = AsyncExitStack()
        for name in ("left", "right"):
            serving = self.serve(f"midst-{name}", self.mark, self.where, labels={"midst-side": name})
            await self.stack.enter_async_context(serving)
        await self.mark.aio_run({"model": "a"}, **required("midst-side", "right"))
        self.waiting = await self.where.aio_run_no_wait({}, **required("midst-model", "b"))

    async def end(self) -> None:
        assert await self.where.aio_run({}, **required("midst-model", "a")) == "midst-right"
        reason = (await self.client.runs.aio_get_task(self.waiting.run_id)).wait_reason
        assert reason is not None
        assert "label" in reason
        await self.mark.aio_run({"model": "b"}, **required("midst-side", "left"))
        assert await self.waiting.aio_result() == "midst-left"
        await self.stack.aclose()


class Stuck(Scene):
    """A run that must stay on its worker waits for it, also after the death; one that would rather does not."""

    def declare(self) -> None:
        self.door = Door()
        self.flows = {}
        for sticky in ("SOFT", "HARD"):
            flow = self.flows[sticky] = self.client.workflow(f"midst-{sticky}", sticky=sticky)

            async def first(input: Input, ctx: Context) -> str:
                await self.door.knock(ctx.worker.id)
                return ctx.worker.id

            async def second(input: Input, ctx: Context) -> str:
                return ctx.worker.id

            flow.task(parents=[flow.task(**PATIENT)(first)], **PATIENT)(second)

    async def begin(self) -> None:
        self.stack = AsyncExitStack()
        flows = self.flows.values()
        self.ids = [await self.stack.enter_async_context(self.serve(f"midst-stuck-{n}", *flows)) for n in range(2)]
        self.soft = await self.flows["SOFT"].aio_run_no_wait({})
        await self.door.until(1)
        self.hard = await self.flows["HARD"].aio_run_no_wait({})
        await self.door.until(2)
        for worker_id in self.ids:
            await self.client.workers.aio_pause(worker_id)
        self.door.open()

        async def waits() -> bool:
            details = await self.client.runs.aio_get(self.hard.run_id)
            return [task.status for task in details.tasks] == ["COMPLETED", "QUEUED"]

        await until(waits)

    async def end(self) -> None:
        for_soft, for_hard = self.door.came
        elsewhere = next(each for each in self.ids if each != for_hard)
        await self.client.workers.aio_pause(elsewhere, False)
        assert (await self.soft.aio_result())["second"] == elsewhere
        details = await self.client.runs.aio_get(self.hard.run_id)
        assert [task.status for task in details.tasks] == ["COMPLETED", "QUEUED"]
        await self.client.workers.aio_pause(for_hard, False)
        assert await self.hard.aio_result() == {"first": for_hard, "second": for_hard}
        assert for_soft in self.ids
        await self.stack.aclose()
