"""Paused workflows and queues: what runs goes on, what is queued waits in its order, and nothing is lost.

A paused workflow is a closed gate before all its queues; a paused queue is one before those of one task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .command import PauseRow, PauseWorkflow
from .error import Code, Refused
from .queue import Queue
from .round import Round
from .row import RunRow

if TYPE_CHECKING:
    from .run import Dag, Task, Version
    from .state import State

HELD_TOO_LONG = "Held for too long while its workflow was paused"


class PauseGate:
    """The gate of a workflow or a queue that is, or was, paused. (`Gate` tells of its attributes.)

    Attributes:
        row: what is stored of it.
    """

    __slots__ = ("key", "queues", "row", "waiting")

    def __init__(self, row: PauseRow) -> None:
        self.key = key_of(row.workflow_id, row.task_name)
        self.row = row
        self.queues: set[int] = set()
        self.waiting: dict[int, Queue] = {}

    def has_room(self, units: int, now: float) -> bool:
        """True unless it is paused."""
        return not self.row.paused

    def opens_at(self, now: float) -> float | None:
        """It waits for a person."""
        return None

    def take(self, holder: str, units: int, now: float) -> None:
        """Takes no note of who passes."""

    def give(self, holder: str) -> bool:
        """Nobody makes room here."""
        return False


def pause_workflow(state: State, command: PauseWorkflow, now: float, round_: Round) -> PauseRow:
    """Pauses a workflow or one queue of it, or lets it go on."""
    workflow_id, task_name = command.workflow_id, command.task_name
    versions = [version for version in state.versions.values() if version.workflow_id == workflow_id]
    if not any(version.workflow_id == workflow_id for version in state.workflows.values()):
        raise Refused(Code.NOT_FOUND, f"workflow: no workflow {workflow_id!r}", "workflow")
    if task_name and not any(_has_task(version, task_name) for version in versions):
        raise Refused(Code.NOT_FOUND, f"task: no task {task_name!r} in this workflow", "task")
    row = PauseRow(
        workflow_id, command.paused, now, command.drop_crons, command.drop_schedules, command.patience, task_name
    )
    key = key_of(workflow_id, task_name)
    gate = state.pauses.get(key)
    if gate is None:
        gate = state.pauses[key] = PauseGate(row)
    gate.row = row
    round_.records.pauses[key] = row
    if row.paused:
        for queue in state.queues.values():
            if queue.workflow_id == workflow_id and task_name in ("", queue.task_name):
                _stand_before(queue, gate)
        if row.patience:
            _hurry_queued(state, gate, round_)
        return row
    for queue in state.queues.values():
        if queue.queue_id in gate.queues:
            queue.gates = tuple(hold for hold in queue.gates if hold[0] is not gate)
    gate.queues.clear()
    state.opened[id(gate)] = gate
    return row


def key_of(workflow_id: str, task_name: str) -> str:
    """Names the gate of a workflow, or of one queue of it."""
    return f"{workflow_id}/{task_name}" if task_name else workflow_id


def _has_task(version: Version, task_name: str) -> bool:
    on_failure = version.on_failure
    return task_name in version.specs or (on_failure is not None and on_failure.name == task_name)


def stand_before_pauses(state: State, queue: Queue) -> None:
    """A queue is new, or bound to its first task: it is held back by the pauses that there are."""
    for key in (queue.workflow_id, key_of(queue.workflow_id, queue.task_name)):
        gate = state.pauses.get(key)
        if gate is not None and gate.row.paused:
            _stand_before(queue, gate)


def _stand_before(queue: Queue, gate: PauseGate) -> None:
    if queue.queue_id not in gate.queues:
        queue.gates = (*queue.gates, (gate, 1))
        gate.queues.add(queue.queue_id)


def is_paused(state: State, workflow_id: str) -> PauseRow | None:
    """The pause of a workflow that is paused."""
    gate = state.pauses.get(workflow_id)
    return gate.row if gate is not None and gate.row.paused else None


def holds_back(state: State, row: RunRow) -> bool:
    """True if the row's workflow or queue is paused."""
    return any(gate.row.paused for gate in _gates_of(state, row))


def _gates_of(state: State, row: RunRow) -> list[PauseGate]:
    keys = (row.workflow_id, key_of(row.workflow_id, row.task_name)) if row.task_name else (row.workflow_id,)
    return [state.pauses[key] for key in keys if key in state.pauses]


def deadline(state: State, row: RunRow, schedule_timeout: float, now: float) -> float:
    """Until when a queued row may wait. A pause does not count, and its time begins anew after one."""
    due, end = row.due_at, float("inf")
    for gate in _gates_of(state, row):
        if not gate.row.paused:
            due = max(due, gate.row.since + schedule_timeout)
        elif gate.row.patience:
            end = min(end, max(row.queued_at, gate.row.since) + gate.row.patience)
        else:
            due = max(due, now + schedule_timeout)
    return end if end < float("inf") else due


def hurry(state: State, row: Task | Dag) -> None:
    """What is queued, or comes to be, waits no longer than its pause has patience."""
    for gate in _gates_of(state, row):
        if gate.row.paused and gate.row.patience:
            row.due_at = min(row.due_at, max(row.queued_at, gate.row.since) + gate.row.patience)


def _hurry_queued(state: State, gate: PauseGate, round_: Round) -> None:
    """(Those beyond the windows are looked at when they come into them, or when their own time is over.)"""
    items: list[Task | Dag] = [*state.tasks.values(), *state.dags.values()]
    for item in items:
        if item.windowed and item.queue_id in gate.queues:
            hurry(state, item)
            state.timers.set(item.run_id, item.due_at)
            round_.update(item)


def adopt(state: State, rows: list[PauseRow]) -> None:
    """Makes the stored pauses known, after a take-over."""
    for row in rows:
        gate = PauseGate(row)
        state.pauses[gate.key] = gate
