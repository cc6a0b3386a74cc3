"""kill -9 of the engine in the midst of each flow: a third way to run the same tests.

The tests are as they are. What they call of Hatchet's client is watched: once the engine has said that it has what
starts the flow (a run, an event, a schedule, a cron, a filter, a webhook), it is killed, and started again on the same
ports and data; then the call returns. It is killed a second time once a task has begun, or a durable task's wait is
recorded, if the test looks for that. So it dies with an assignment on its way, and with a task that runs or waits.

Workers stand still (SIGSTOP) from before the call until the engine is back, so that nothing is over before its midst.
There is another reason, too: when two reports of Hatchet's SDK find nobody, the one that closes the channel may cancel
the other, which is then never sent again.

A test that cannot be run so says why: `@pytest.mark.calm("why")`.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Protocol

import pytest

# (module, class, methods) that tell the engine to begin something.
BEGINNINGS = (
    (
        "hatchet_sdk.clients.admin",
        "AdminClient",
        ("run_workflow", "aio_run_workflow", "run_workflows", "aio_run_workflows", "schedule_workflow"),
    ),
    ("hatchet_sdk.clients.events", "EventClient", ("push", "aio_push", "bulk_push", "aio_bulk_push")),
    ("hatchet_sdk.features.scheduled", "ScheduledClient", ("create",)),
    ("hatchet_sdk.features.cron", "CronClient", ("create",)),
    ("hatchet_sdk.features.filters", "FiltersClient", ("create",)),
    ("hatchet_sdk.features.webhooks", "WebhooksClient", ("create",)),
    ("hatchet_sdk.features.runs", "RunsClient", ("create", "replay", "aio_replay", "aio_reset_durable_task")),
)

# Marks of tests whose durable tasks ask something in that moment, and of those that wish for a worker.
LOST = pytest.mark.calm("what a durable task of the SDK asks while nobody answers is lost")
AWAY = pytest.mark.calm("a worker is gone for a moment, and a soft wish does not wait")


class Mortal(Protocol):
    """A server with workers."""

    def kill(self) -> None:
        """Kills the engine and starts it again; blocking, until it is ready."""

    def rest(self) -> None:
        """Waits until what has begun is recorded."""

    def wait_for_step(self) -> None:
        """Waits until a durable task waits, or all have ended."""

    def wait_for_stream(self) -> None:
        """Waits until workers have the stream of durable tasks again that they had."""

    def freeze(self) -> None:
        """The workers stand still."""

    def thaw(self) -> None:
        """They go on."""


class Midst:
    """Kills once at each moment that a test comes to.

    Args:
        server: what is killed.
        durable: a flow of durable tasks. What Hatchet's SDK asks on their stream is lost while nobody answers, and the
            attempt fails a minute later; so the engine dies only once a step is recorded, and nothing is being asked.

    Attributes:
        moments: those at which it was killed, in order.
    """

    def __init__(self, server: Mortal, durable: bool = False) -> None:
        self._server = server
        self._durable = durable
        self.moments: list[str] = []

    def reach(self, moment: str) -> None:
        """A moment of the flow; blocking."""
        if moment not in self.moments:
            self.moments.append(moment)
            if self._durable:
                self._server.wait_for_step()
            elif moment != "accepted":
                self._server.rest()
            self._server.freeze()
            try:
                self._server.kill()
            finally:
                self._server.thaw()
            self._server.wait_for_stream()

    async def aio_reach(self, moment: str) -> None:
        """A moment of the flow; as `reach`."""
        if moment not in self.moments:
            await asyncio.to_thread(self.reach, moment)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Watches what the client begins."""
        import importlib

        with pytest.MonkeyPatch.context() as patch:
            for module, name, methods in BEGINNINGS[:1] if self._durable else BEGINNINGS:
                owner = getattr(importlib.import_module(module), name)
                for method in methods:
                    patch.setattr(owner, method, self._after(getattr(owner, method)))
            yield

    def _after(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, and the end of the engine at its end."""

        @functools.wraps(call)
        async def aio(*args: Any, **options: Any) -> Any:
            with self._still():
                found = await call(*args, **options)
                await self.aio_reach("accepted")
            return found

        @functools.wraps(call)
        def blocking(*args: Any, **options: Any) -> Any:
            with self._still():
                found = call(*args, **options)
                self.reach("accepted")
            return found

        return aio if inspect.iscoroutinefunction(call) else blocking

    @contextmanager
    def _still(self) -> Iterator[None]:
        if "accepted" not in self.moments and not self._durable:
            self._server.freeze()
        try:
            yield
        finally:
            self._server.thaw()


class Calm:
    """Kills nobody."""

    moments: tuple[str, ...] = ()

    def reach(self, moment: str) -> None:
        """A moment of the flow."""

    async def aio_reach(self, moment: str) -> None:
        """A moment of the flow."""

    def watch(self) -> nullcontext[None]:
        """Watches nothing."""
        return nullcontext()
