"""States of runs and tasks. The diagram with every transition by name is in `spec/state_machine.md`."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Status(IntEnum):
    """State of a run or a task as stored; the first five are the shared contract's `RunStatus` numbers."""

    QUEUED = 0
    RUNNING = 1
    COMPLETED = 2
    FAILED = 3
    CANCELLED = 4
    # A durable task that waits, and has left its worker meanwhile; readable as RUNNING.
    EVICTED = 5
    # Waiting for its next attempt (backoff); readable as QUEUED.
    BACKOFF = 6
    # A DAG's task, back from a replay, that waits for its parents; readable as QUEUED.
    PENDING = 7

    @property
    def final(self) -> bool:
        """True for a state that nothing but a replay leaves."""
        return self in FINAL


# With this the errors of those begin that a full queue has let go, for which there are two reasons.
DROPPED = "Dropped: "
DROPPED_BY_TENANT = f"{DROPPED}too many tasks of the tenant were queued, and newer runs have come"
DROPPED_BY_WORKFLOW = f"{DROPPED}too many runs of its workflow were queued, and newer ones have come"
FINAL = frozenset((Status.COMPLETED, Status.FAILED, Status.CANCELLED))


class Kind(IntEnum):
    """What a row of the run table stands for."""

    # A workflow of one task: its run and its task are one row and have one id.
    STANDALONE = 0
    # The run of a workflow with several tasks.
    DAG = 1
    # A task of such a run; `root_id` names the run.
    TASK = 2


class StepKind(IntEnum):
    """What a recorded step of a durable task is."""

    # A run that it started.
    RUN = 1
    # A wait for sleeps, events and signals.
    WAIT = 2
    # A value that was computed once.
    MEMO = 3


class QueueOrder(IntEnum):
    """The order in which the tasks of one queue start, within equal priority."""

    FIFO = 0
    LIFO = 1


class Strategy(IntEnum):
    """What becomes of those above a concurrency limit; the numbers are the shared contract's."""

    CANCEL_IN_PROGRESS = 0
    GROUP_ROUND_ROBIN = 3
    CANCEL_NEWEST = 4
    CANCEL_QUEUED_EXCEPT_NEWEST = 5
    CANCEL_QUEUED_EXCEPT_OLDEST = 6


class Reason(StrEnum):
    """Why a task waits."""

    NO_WORKER = "NO_WORKER"
    NO_SLOT = "NO_SLOT"
    CONCURRENCY = "CONCURRENCY"
    RATE_LIMIT = "RATE_LIMIT"
    TENANT_LIMIT = "TENANT_LIMIT"
    PAUSED = "PAUSED"
    BACKOFF = "BACKOFF"
    DEBOUNCE = "DEBOUNCE"
    CONDITIONS = "CONDITIONS"
    BATCH = "BATCH"
    # Others go first.
    TURN = "TURN"


class Action(IntEnum):
    """What a condition that holds does to its task; the numbers are the shared contract's."""

    QUEUE = 1
    CANCEL = 2
    SKIP = 3


class Sticky(IntEnum):
    """Whether the tasks of a run keep to the worker of its first one (the shared contract's numbers, plus one)."""

    NONE = 0
    # Prefer it.
    SOFT = 1
    # Wait for it.
    HARD = 2


class Comparator(IntEnum):
    """How a worker's label is compared with what a task desires; the numbers are the shared contract's."""

    EQUAL = 0
    NOT_EQUAL = 1
    GREATER_THAN = 2
    GREATER_THAN_OR_EQUAL = 3
    LESS_THAN = 4
    LESS_THAN_OR_EQUAL = 5
