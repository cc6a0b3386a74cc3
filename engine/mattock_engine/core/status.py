"""States of runs and tasks. The diagram with every transition by name is in `spec/state_machine.md`."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """State of a run or a task as stored; the first five are the shared contract's `RunStatus` numbers."""

    QUEUED = 0
    RUNNING = 1
    COMPLETED = 2
    FAILED = 3
    CANCELLED = 4
    # Waiting for its next attempt (backoff); readable as QUEUED.
    BACKOFF = 6
    # A DAG's task, back from a replay, that waits for its parents; readable as QUEUED.
    PENDING = 7

    @property
    def final(self) -> bool:
        """True for a state that nothing but a replay leaves."""
        return self in FINAL


FINAL = frozenset((Status.COMPLETED, Status.FAILED, Status.CANCELLED))


class Kind(IntEnum):
    """What a row of the run table stands for."""

    # A workflow of one task: its run and its task are one row and have one id.
    STANDALONE = 0
    # The run of a workflow with several tasks.
    DAG = 1
    # A task of such a run; `root_id` names the run.
    TASK = 2


class QueueOrder(IntEnum):
    """The order in which the tasks of one queue start, within equal priority."""

    FIFO = 0
    LIFO = 1
