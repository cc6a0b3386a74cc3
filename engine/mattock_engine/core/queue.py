"""Queues: the waiting tasks of one action, of which memory holds a bounded window at the head.

The store holds every queued task; the window holds those that start next. `horizon` is the highest sort key up to
which the window is complete: while `more` is set, the store may hold tasks beyond it, and a task that arrives beyond
it stays in the store alone. When the window runs low it is refilled from the store, from the horizon on.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from .status import Status

if TYPE_CHECKING:
    from .batch import BatchGate
    from .choice import Choice
    from .gate import Hold
    from .run import Dag, Task
    from .worker import Worker

# Tasks in the window of one queue, and bytes of input; and tasks in all windows of a tenant together.
WINDOW_TASKS = 4096
WINDOW_BYTES = 16 << 20
ALL_WINDOWS_TASKS = 60_000
SMALLEST_WINDOW = 8

_NO_HORIZON = -1

# Sort key, number of the entry, what waits: a task, or a run that waits for its workflow's limits.
Entry = tuple[int, int, "Task | Dag"]


class Pool:
    """The open workers that can run an action, in turn."""

    __slots__ = ("turn", "workers")

    def __init__(self, workers: list[Worker]) -> None:
        self.workers = workers
        self.turn = 0


class Queue:
    """A queue of one action: of all its tasks, or of those that stand before the same gates and ask for the same.

    Attributes:
        pool: open workers that can run the action; None until a task is known, which tells the action.
        gates: what a task must pass, beside a worker's slot.
        choice: what its tasks ask of their worker.
        batch: of a batch task: the gate that gathers them.
        bytes: of input, in the window.
        keyed: it is one of many of its action, and is forgotten when it is empty.
        parked: it stands in the `waiting` of a gate.
        waiting: its head found no room at any worker, and it stands in their `waiting`.
        fetching: a refill is on its way.
        of_runs: what waits in it are runs, for their workflow's limits.
        task_name: of its tasks, "" for one of runs.
        live: tasks in the window.
        dropped: tasks that a full window let go, for the caller of `push` to take out of memory.
    """

    __slots__ = (
        "_arrivals",
        "_entries",
        "_heap",
        "_max_key",
        "batch",
        "bytes",
        "choice",
        "dropped",
        "fetching",
        "gates",
        "horizon",
        "keyed",
        "live",
        "more",
        "of_runs",
        "parked",
        "pool",
        "queue_id",
        "task_name",
        "waiting",
        "workflow_id",
    )

    def __init__(self, queue_id: int, more: bool = False) -> None:
        self.queue_id = queue_id
        self.pool: Pool | None = None
        self.gates: tuple[Hold, ...] = ()
        self.workflow_id = ""
        self.task_name = ""
        self.of_runs = False
        self.choice: Choice | None = None
        self.batch: BatchGate | None = None
        self.bytes = 0
        self.keyed = False
        self.parked = False
        self.waiting = False
        self.fetching = False
        self.more = more
        self.horizon = _NO_HORIZON
        self.live = 0
        self.dropped: list[Task | Dag] = []
        self._heap: list[Entry] = []
        self._entries = 0
        self._max_key = _NO_HORIZON
        # Keys of the tasks that arrived beyond the horizon while a refill was on its way: it may have missed them.
        self._arrivals: dict[str, int] = {}

    @property
    def workers(self) -> list[Worker]:
        """Open workers that its tasks may go to."""
        if self.pool is None:
            return []
        choice = self.choice
        return self.pool.workers if choice is None else [w for w in self.pool.workers if choice.allows(w)]

    @property
    def empty(self) -> bool:
        """True if nothing waits, here or in the store."""
        return not (self.live or self.more or self.fetching)

    def push(self, task: Task | Dag, limit: int) -> bool:
        """Adds a queued task.

        Args:
            task: status QUEUED, with its sort key.
            limit: size of the window at present.

        Returns:
            False if it stays in the store alone (beyond the window).
        """
        key = task.sort_key
        if self.more:
            if key > self.horizon:
                if self.fetching:
                    self._arrivals[task.run_id] = key
                return False
        elif (self.live >= limit or self.bytes >= WINDOW_BYTES) and key > self._max_key:
            self.more = True
            self.horizon = self._max_key
            return False
        self._add(key, task)
        if self.live > 2 * limit:
            self._trim(limit)
        return task.windowed

    def _add(self, key: int, task: Task | Dag) -> None:
        task.windowed = True
        self.live += 1
        self.bytes += len(task.input)
        if key > self._max_key:
            self._max_key = key
        # The number keeps two entries of one place apart: tasks themselves have no order.
        self._entries += 1
        heapq.heappush(self._heap, (key, self._entries, task))

    def _trim(self, limit: int) -> None:
        """Drops the tail: those tasks are in the store."""
        # A task that left the window and came back may have two entries.
        standing = {entry[2].run_id: entry for entry in self._heap if _stands(entry)}
        entries = sorted(standing.values(), key=_key)
        for key, _, task in entries[limit:]:
            task.windowed = False
            self.live -= 1
            self.bytes -= len(task.input)
            if self.fetching:
                self._arrivals[task.run_id] = key
            self.dropped.append(task)
        self._heap = entries[:limit]
        self._max_key = self.horizon = self._heap[-1][0]
        self.more = True

    def head(self) -> Task | Dag | None:
        """The task that starts next, left in place."""
        heap = self._heap
        while heap:
            entry = heap[0]
            if _stands(entry):
                return entry[2]
            heapq.heappop(heap)
        if not self.more:
            self._max_key = _NO_HORIZON
        return None

    def remove(self, task: Task | Dag) -> None:
        """Takes a task out (it starts, or is final); its entry is dropped when it comes up."""
        if task.windowed:
            task.windowed = False
            self.live -= 1
            self.bytes -= len(task.input)
            if not self.live:
                # Nothing waits any more; workers drop the queue when its turn comes.
                self.waiting = False

    def low(self, limit: int) -> bool:
        """True if the window should be refilled now."""
        return self.more and not self.fetching and self.live <= limit // 2

    def fetch_size(self, limit: int) -> int:
        """Rows to ask the store for: fewer when tasks are large."""
        average = self.bytes // self.live if self.live else 0
        return max(16, min(limit, WINDOW_BYTES // (average + 256)))

    def refill(self, tasks: list[Task | Dag], last_key: int | None, passed_over: list[int]) -> None:
        """Takes the rows behind the horizon that the store had.

        What arrived meanwhile and is not among them stands in the store alone: the window is complete only up to it.

        Args:
            tasks: in key order; those that no longer wait are passed over.
            last_key: of the last row that was read, None if nothing more was behind it.
            passed_over: keys of rows that came too and could not be trusted: they are looked for again.
        """
        self.fetching = False
        arrivals, self._arrivals = self._arrivals, {}
        for task in tasks:
            arrivals.pop(task.run_id, None)
        bound = last_key
        missing = [*arrivals.values(), *passed_over]
        if missing:
            earliest = min(missing) - 1
            bound = earliest if bound is None else min(bound, earliest)
        for task in tasks:
            if task.windowed or task.status != Status.QUEUED:
                continue
            if bound is None or task.sort_key <= bound:
                self._add(task.sort_key, task)
        self.more = bound is not None
        if bound is not None:
            self.horizon = max(self.horizon, bound)


def _key(entry: Entry) -> int:
    return entry[0]


def _stands(entry: Entry) -> bool:
    task = entry[2]
    return task.windowed and task.sort_key == entry[0]
