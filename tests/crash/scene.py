"""Scenes: each brings one feature into its midst before the engine is killed, and sees it to its end afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from mattock import Mattock, SoleTask, Workflow

from .process import ServerProcess

Input = dict[str, Any]
Declared = SoleTask[Any, Any] | Workflow[Any]


class Door:
    """What tasks come to, and wait before until it is opened."""

    def __init__(self) -> None:
        self.came: list[Any] = []
        self._go = asyncio.Event()
        self._news = asyncio.Condition()

    async def knock(self, who: Any) -> None:
        """A task has begun; goes on once the door is open."""
        async with self._news:
            self.came.append(who)
            self._news.notify_all()
        await self._go.wait()

    async def until(self, count: int) -> None:
        """Returns once so many have come."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.came) >= count)

    def open(self) -> None:
        """From now on nobody waits here."""
        self._go.set()


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """Asks the server again and again until the answer is one. (It tells nobody of what is asked for here.)"""
    while True:
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.05)


class Scene:
    """One feature.

    Attributes:
        workflows: what the worker that all scenes share runs of it.
    """

    scenes: ClassVar[list[type[Scene]]] = []

    def __init_subclass__(cls) -> None:
        Scene.scenes.append(cls)

    def __init__(self, client: Mattock, server: ServerProcess) -> None:
        self.client = client
        self.server = server
        self.workflows: Sequence[Declared] = ()
        self.declare()

    def declare(self) -> None:
        """Declares what is run."""

    async def begin(self) -> None:
        """Comes into the midst."""

    async def hurry(self) -> None:
        """What must be no older than it can be when the engine is killed: done right before."""

    def dead(self) -> None:
        """Looks whether it is in its midst, while there is no engine."""

    async def end(self) -> None:
        """There is an engine again: comes to its end, and checks it."""

    async def left(self, task_id: str) -> None:
        """Waits until a durable task has left its worker."""

        async def evicted() -> bool:
            return bool((await self.client.runs.aio_get_task(task_id)).is_evicted)

        await until(evicted)

    async def recorded(self, task_id: str, node: int) -> None:
        """Waits until a durable task has come to a step."""

        async def there() -> bool:
            return any(step.node == node for step in await self.client.durable.aio_history(task_id))

        await until(there)

    @asynccontextmanager
    async def serve(self, name: str, *workflows: Declared, **options: Any) -> AsyncIterator[str]:
        """A worker of the scene's own; gives its id."""
        worker = self.client.worker(name, workflows=workflows, **options)
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        try:
            yield next(each.metadata.id for each in await self.client.workers.aio_list(["ACTIVE"]) if each.name == name)
        finally:
            worker.stop()
            await serving
