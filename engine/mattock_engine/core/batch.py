"""Batch tasks: queued tasks of one key gather until there is a batch of them, which one attempt's slots run together.

The queue of a batch task stands before a `BatchGate`, closed until the batch is full, its oldest task has waited for
long enough, or its payloads are large. What then starts is a `Batch`: it holds the slots of one task, and one place in
the group that limits how many batches of a key run at once, until the last of its tasks has left the worker.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from .definition import BatchDefinition
from .gate import Group

if TYPE_CHECKING:
    from .queue import Queue
    from .run import Task

# Bytes from which a batch is started before it is full: a worker is told of it in one message, which may have 4 MiB.
FULL_BYTES = 3_500_000
# What a member takes of them beside its input.
MEMBER_BYTES = 400
DEFAULT_KEY = "default"

FULL = "batch_size_reached"
LARGE = "memory_size_reached"
OVERDUE = "interval_elapsed"


class BatchGate:
    """Before the queue of a batch task: closed until there is a batch to start. (`Gate` tells of its attributes.)

    Attributes:
        queue: the one that it stands before.
        group: limits how many batches of its key run at once.
        since: from when on the oldest of what waits has waited; None if nothing does.
    """

    __slots__ = ("group", "key", "queue", "queues", "since", "waiting")

    def __init__(self, queue: Queue, group: Group) -> None:
        self.key = str(queue.queue_id)
        self.queue = queue
        self.group = group
        self.queues: set[int] = set()
        self.waiting: dict[int, Queue] = {}
        self.since: float | None = None

    def has_room(self, units: int, now: float) -> bool:
        """True if a batch can be started."""
        return self.reason(now) != ""

    def opens_at(self, now: float) -> float | None:
        """When the oldest task has waited for long enough."""
        definition, since = self._definition, self._oldest()
        return None if definition is None or since is None else since + definition.interval

    def take(self, holder: str, units: int, now: float) -> None:
        """Takes no note of who passes: `flushed` does."""

    def give(self, holder: str) -> bool:
        """Nobody makes room here."""
        return False

    def reason(self, now: float) -> str:
        """Why a batch can be started, "" if none can."""
        definition, queue = self._definition, self.queue
        if definition is None:
            return ""
        if queue.live >= definition.max_size:
            return FULL
        if queue.bytes + queue.live * MEMBER_BYTES >= FULL_BYTES:
            return LARGE
        since = self._oldest()
        return OVERDUE if since is not None and now >= since + definition.interval else ""

    def came(self, task: Task) -> bool:
        """A task has come to the queue. True if that makes the batch ready."""
        if self.since is None:
            self.since = task.queued_at
        return self.calls(task.queued_at)

    def calls(self, now: float) -> bool:
        """True if the queue waits here, and there is a batch to start."""
        return bool(self.waiting) and self.has_room(1, now)

    def flushed(self) -> None:
        """A batch was started: what is left waits from its first one's time on."""
        self.since = None
        self.since = self._oldest()

    @property
    def _definition(self) -> BatchDefinition | None:
        head = self.queue.head()
        return None if head is None else head.spec.definition.batch  # type: ignore[union-attr]

    def _oldest(self) -> float | None:
        head = self.queue.head()
        if head is None:
            return None
        return head.queued_at if self.since is None else min(self.since, head.queued_at)


class Batch:
    """Tasks that one attempt's slots run together.

    Attributes:
        batch_id: UUID text.
        slots: what it holds of its worker.
        members: those that are still there, by id.
        group: limits how many batches of its key run at once.
    """

    __slots__ = ("batch_id", "group", "members", "slots")

    def __init__(self, batch_id: str, slots: tuple[tuple[str, int], ...], group: Group) -> None:
        self.batch_id = batch_id
        self.slots = slots
        self.members: dict[str, Task] = {}
        self.group = group


def batch_id_of(task: Task) -> str:
    """The id of the batch that a task is the first of: a UUID that depends on its attempt."""
    text = blake2b(f"{task.run_id}/{task.attempt}".encode(), digest_size=16).hexdigest()
    return f"{text[:8]}-{text[8:12]}-8{text[13:16]}-a{text[17:20]}-{text[20:]}"
