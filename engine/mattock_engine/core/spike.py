"""Spike protection: how many runs of a workflow may wait for their start, and what becomes of more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .command import CancelRuns
from .error import Code, Refused
from .round import Round
from .row import RunRow
from .status import DROPPED_BY_WORKFLOW

if TYPE_CHECKING:
    from .run import Version
    from .state import State


def check(state: State, version: Version, count: int = 1) -> None:
    """So many runs of a workflow are to be started.

    Raises:
        Refused: RESOURCE_EXHAUSTED; more would wait than may.
    """
    limit = version.definition.queue_limit
    if limit is None or limit.drop_oldest:
        return
    queued = len(state.unstarted.get(version.workflow_id, ()))
    if queued + count > limit.max_queued:
        text = f"workflow: {version.name!r} has {queued} queued runs, and may have {limit.max_queued}"
        if count > 1:
            text += f"; none of these {count} was started"
        raise Refused(Code.RESOURCE_EXHAUSTED, text, "workflow")


def admit(state: State, version: Version, run_id: str, round_: Round) -> None:
    """A run comes to wait for its start; the oldest goes if there are too many."""
    limit = version.definition.queue_limit
    if limit is None:
        return
    waiting = state.unstarted.setdefault(version.workflow_id, {})
    # There may be more than one too many: the engine may have died before it dropped those that it had made room for.
    while len(waiting) >= limit.max_queued and limit.drop_oldest:
        oldest = next(iter(waiting))
        del waiting[oldest]
        round_.followups.append(CancelRuns([oldest], DROPPED_BY_WORKFLOW, unbegun=True))
    waiting[run_id] = None


def begun(state: State, row: RunRow) -> None:
    """A run has started, or has ended before it did."""
    if state.unstarted:
        waiting = state.unstarted.get(row.workflow_id)
        if waiting is not None:
            waiting.pop(row.run_id, None)


def adopt(state: State, rows: list[tuple[str, str]]) -> None:
    """Counts the runs that wait, after a take-over: ids of workflows and runs, the oldest first."""
    for workflow_id, run_id in rows:
        state.unstarted.setdefault(workflow_id, {})[run_id] = None
