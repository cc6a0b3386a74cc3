"""Paused workflows: what runs goes on, what is queued waits in its order, and nothing is lost.

A paused workflow is a closed gate before all its queues.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .command import PauseRow, PauseWorkflow
from .error import Code, Refused
from .queue import Queue
from .round import Round
from .row import RunRow

if TYPE_CHECKING:
    from .state import State

HELD_TOO_LONG = "Held for too long while its workflow was paused"


class PauseGate:
    """The gate of a workflow that is, or was, paused. (`Gate` tells of its attributes.)

    Attributes:
        row: what is stored of it.
    """

    __slots__ = ("key", "queues", "row", "waiting")

    def __init__(self, row: PauseRow) -> None:
        self.key = row.workflow_id
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
    """Pauses a workflow, or lets it go on."""
    workflow_id = command.workflow_id
    if not any(version.workflow_id == workflow_id for version in state.workflows.values()):
        raise Refused(Code.NOT_FOUND, f"workflow: no workflow {workflow_id!r}", "workflow")
    row = PauseRow(workflow_id, command.paused, now, command.drop_crons, command.drop_schedules, command.patience)
    gate = state.pauses.get(workflow_id)
    if gate is None:
        gate = state.pauses[workflow_id] = PauseGate(row)
    gate.row = row
    round_.records.pauses[workflow_id] = row
    if row.paused:
        for queue in state.queues.values():
            if queue.workflow_id == workflow_id:
                stand_before(queue, gate)
        return row
    for queue in state.queues.values():
        if queue.queue_id in gate.queues:
            queue.gates = tuple(hold for hold in queue.gates if hold[0] is not gate)
    gate.queues.clear()
    state.opened[id(gate)] = gate
    return row


def stand_before(queue: Queue, gate: PauseGate) -> None:
    """A queue is held back by its workflow's pause."""
    if queue.queue_id not in gate.queues:
        queue.gates = (*queue.gates, (gate, 1))
        gate.queues.add(queue.queue_id)


def is_paused(state: State, workflow_id: str) -> PauseRow | None:
    """The pause of a workflow that is paused."""
    gate = state.pauses.get(workflow_id)
    return gate.row if gate is not None and gate.row.paused else None


def deadline(state: State, row: RunRow, schedule_timeout: float, now: float) -> float:
    """Until when a queued row may wait. A pause does not count, and its time begins anew after one."""
    gate = state.pauses.get(row.workflow_id)
    if gate is None:
        return row.due_at
    if not gate.row.paused:
        return max(row.due_at, gate.row.since + schedule_timeout)
    if not gate.row.patience:
        return now + schedule_timeout
    return max(row.queued_at, gate.row.since) + gate.row.patience


def adopt(state: State, rows: list[PauseRow]) -> None:
    """Makes the stored pauses known, after a take-over."""
    for row in rows:
        state.pauses[row.workflow_id] = PauseGate(row)
