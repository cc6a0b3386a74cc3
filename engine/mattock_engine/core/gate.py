"""Gates: what must have room before a task may start, beside a worker's slot.

A queue's tasks all stand before the same gates. A queue whose head finds one of them closed waits at that gate, and is
called in, in turn, when it has room again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .status import Strategy

if TYPE_CHECKING:
    from .queue import Queue


class Gate(Protocol):
    """What a gate can do.

    Attributes:
        key: names it among the gates of its tenant.
        queues: ids of the queues that stand before it.
        waiting: queues whose head it holds back, in turn.
    """

    key: str
    queues: set[int]
    waiting: dict[int, Queue]

    def has_room(self, units: int, now: float) -> bool:
        """True if a task that takes so many units may pass now."""

    def opens_at(self, now: float) -> float | None:
        """When a closed gate opens by itself, None if it waits for a task to leave."""

    def take(self, holder: str, units: int, now: float) -> None:
        """A task (or run) passes."""

    def give(self, holder: str) -> bool:
        """It is through. Returns True if that may have made room."""


# A gate with the units that a task takes of it.
Hold = tuple[Gate, int]


class Group:
    """Runs or tasks with one key of a concurrency expression: at most `limit` of them run at once.

    Attributes:
        scope: what declares the limit (a workflow, a task, or a shared name); the key is within it.
        holders: ids of those that run.
        members: for strategies that cancel: id -> (priority, order of arrival) of all that are not final.
        queues: ids of the queues that stand before it.
    """

    __slots__ = ("holders", "key", "limit", "members", "queues", "scope", "strategy", "waiting")

    def __init__(self, key: str, scope: str, limit: int, strategy: Strategy) -> None:
        self.key = key
        self.scope = scope
        self.limit = limit
        self.strategy = strategy
        self.holders: dict[str, None] = {}
        self.members: dict[str, tuple[int, int]] = {}
        self.queues: set[int] = set()
        self.waiting: dict[int, Queue] = {}

    def has_room(self, units: int, now: float) -> bool:
        """True if fewer than `limit` run."""
        return len(self.holders) < self.limit

    def opens_at(self, now: float) -> float | None:
        """It waits for a holder to leave."""
        return None

    def take(self, holder: str, units: int, now: float) -> None:
        """One more runs."""
        self.holders[holder] = None

    def give(self, holder: str) -> bool:
        """One ran, and leaves."""
        self.holders.pop(holder, None)
        return bool(self.waiting)

    @property
    def idle(self) -> bool:
        """True if nothing depends on it any more."""
        return not (self.holders or self.members or self.queues)

    def join(self, member: str, priority: int, order: int) -> list[str]:
        """Another one has come. Returns the ids that its strategy cancels for it (it may be among them)."""
        if self.strategy == Strategy.GROUP_ROUND_ROBIN:
            return []
        self.members[member] = (priority, order)
        if self.strategy == Strategy.CANCEL_IN_PROGRESS:
            count = len(self.members) - self.limit
            return sorted(self.members, key=self.members.__getitem__)[:count] if count > 0 else []
        if self.strategy == Strategy.CANCEL_NEWEST:
            return [member] if len(self.members) > self.limit else []
        # Those that run go on; of those that wait, one stays.
        queued = [other for other in self.members if other not in self.holders]
        if len(self.members) <= self.limit or len(queued) < 2:
            return []
        if self.strategy == Strategy.CANCEL_QUEUED_EXCEPT_OLDEST:
            return [member]
        return [other for other in queued if other != member]

    def leave(self, member: str) -> None:
        """A member is final."""
        self.members.pop(member, None)
