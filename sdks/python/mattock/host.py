"""What a context needs of the process that runs its task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ._contracts.session_pb2 import Attempt, TaskLog, TaskMetric, TaskProgress, TaskStreamChunk, TimeoutRefresh

if TYPE_CHECKING:
    from .client import Mattock

Report = TaskLog | TaskStreamChunk | TimeoutRefresh | Attempt | TaskProgress | TaskMetric


class WorkerHandle(Protocol):
    """The worker that a task runs in."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def labels(self) -> Mapping[str, str | int]:
        """Its labels."""

    def upsert_labels(self, labels: Mapping[str, str | int]) -> None:
        """Sets labels, and leaves the others as they are."""


class Host(Protocol):
    """What a context needs of the process that runs its task."""

    client: Mattock
    lifespan: Any
    # The time, in seconds since 1970.
    clock: Callable[[], float]
    # The worker's event loop; None in a process of a pool.
    loop: asyncio.AbstractEventLoop | None

    @property
    def worker(self) -> WorkerHandle:
        """The worker."""

    def post(self, report: Report) -> None:
        """Sends something to the server, soon and in order. May be called in any thread."""
