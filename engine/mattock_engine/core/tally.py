"""How many tasks wait in each queue, in its window and in the store alone: counted as they come and go."""

from __future__ import annotations

import msgspec

from .row import RunRow


class Tally(msgspec.Struct, array_like=True):
    """What waits in one queue.

    Attributes:
        queue_id: its number; negative for what is paused of it.
        task_name: "" for runs that wait for their workflow's limits.
    """

    queue_id: int
    workflow_id: str
    task_name: str
    count: int = 0


class Tallies:
    """The counts of a tenant.

    Attributes:
        by_queue: of the queues in which something waits.
        queued: all of them together, without what is paused by its run.
    """

    __slots__ = ("by_queue", "queued")

    def __init__(self) -> None:
        self.by_queue: dict[int, Tally] = {}
        self.queued = 0

    def came(self, item: RunRow) -> None:
        """A task (or run) is queued now."""
        tally = self.by_queue.get(item.queue_id)
        if tally is None:
            tally = self.by_queue[item.queue_id] = Tally(item.queue_id, item.workflow_id, item.task_name)
        tally.count += 1
        if item.queue_id > 0:
            self.queued += 1

    def went(self, item: RunRow) -> None:
        """It is queued no more."""
        tally = self.by_queue[item.queue_id]
        tally.count -= 1
        if not tally.count:
            del self.by_queue[item.queue_id]
        if item.queue_id > 0:
            self.queued -= 1

    def adopt(self, tallies: list[Tally]) -> None:
        """Takes the stored counts, after a take-over."""
        self.by_queue = {tally.queue_id: tally for tally in tallies}
        self.queued = sum(tally.count for tally in tallies if tally.queue_id > 0)
