"""Workers in memory: slots, session, liveness."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from .command import WorkerRow

if TYPE_CHECKING:
    from .queue import Queue
    from .run import Task

# Seconds of silence after which a worker is lost and its tasks are given to others (shared contract: 30).
LOST_AFTER = 30.0
# Seconds after a session opens in which a worker must have reported the start of what it was sent before.
START_GRACE = 5.0
# Seconds between two writes of a worker's `seen_at`.
SEEN_EVERY = 5.0


def queue_id_of(action: str) -> int:
    """The number of an action's queue: 63 bits of a hash, the same in every replica and version."""
    return int.from_bytes(blake2b(action.encode(), digest_size=8).digest(), "big") >> 1


class Worker:
    """A worker that the tenant knows.

    Attributes:
        row: what is stored of it.
        actions: lower-case action -> as the worker spelled it.
        queue_ids: the queues of those actions.
        free: free slots by kind.
        session: where its assignments go, "" without one.
        tasks: what it holds, by task id.
        waiting: queues whose head found no room here, by the kinds of slots it needs, in turn: the first is next.
        lost: silent for too long; gets nothing until it opens a session again.
        stored_seen_at: `seen_at` as last written.
        grace_from: attempts assigned before this time and not started by the end of the grace time go to others.
    """

    __slots__ = (
        "actions",
        "free",
        "grace_from",
        "lost",
        "queue_ids",
        "row",
        "seen_at",
        "session",
        "stored_seen_at",
        "tasks",
        "waiting",
        "worker_id",
    )

    def __init__(self, row: WorkerRow, now: float) -> None:
        self.row = row
        self.worker_id = row.worker_id
        self.actions = {action.lower(): action for action in row.actions}
        self.queue_ids = {queue_id_of(action) for action in self.actions}
        self.free = dict(row.slots)
        self.session = ""
        self.tasks: dict[str, Task] = {}
        self.waiting: dict[tuple[str, ...], dict[int, Queue]] = {}
        self.lost = False
        self.seen_at = now
        self.stored_seen_at = 0.0
        self.grace_from = 0.0

    def hear(self, now: float) -> bool:
        """Notes that it was heard of; True if that is to be stored."""
        self.seen_at = now
        if now - self.stored_seen_at < SEEN_EVERY:
            return False
        self.stored_seen_at = self.row.seen_at = now
        return True

    @property
    def open(self) -> bool:
        """True if it may be given work."""
        return self.session != "" and not self.row.paused and not self.lost

    def fits(self, slots: tuple[tuple[str, int], ...]) -> bool:
        """True if it has the free slots."""
        free = self.free
        return all(free.get(kind, 0) >= units for kind, units in slots)

    def could_fit(self, slots: tuple[tuple[str, int], ...]) -> bool:
        """True if it had them when it held nothing."""
        total = self.row.slots
        return all(total.get(kind, 0) >= units for kind, units in slots)

    def take(self, task: Task) -> None:
        """Gives it the task and takes its slots."""
        self.tasks[task.run_id] = task
        task.worker = self
        task.worker_id = self.worker_id
        self.take_slots(task)

    def take_slots(self, task: Task) -> None:
        """Takes a task's slots; a batch takes those of its first task alone."""
        if task.batch is not None:
            task.batch.members[task.run_id] = task
            if len(task.batch.members) > 1:
                return
        for kind, units in task.spec.slots:
            self.free[kind] = self.free.get(kind, 0) - units

    def give_back(self, task: Task) -> None:
        """The task is no longer here; its slots are free unless they were released before."""
        if self.tasks.pop(task.run_id, None) is not None and not task.slot_released:
            self.free_slots(task)

    def free_slots(self, task: Task) -> None:
        """Frees the slots of a task; those of a batch with the last one of it."""
        slots = task.spec.slots
        if task.batch is not None:
            task.batch.members.pop(task.run_id, None)
            if task.batch.members:
                return
            slots = task.batch.slots
        for kind, units in slots:
            self.free[kind] = self.free.get(kind, 0) + units
