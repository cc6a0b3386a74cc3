"""Paused runs: what runs of them goes on, what is queued of them waits, and nothing is lost.

What is queued of a paused run is taken out of its queue, and stored under the negative number of it, with its place:
no window is filled from there. When the run goes on, it comes back to its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from . import settling
from .command import Extra
from .dispatch import take_out
from .round import Round
from .row import RunRow
from .run import Dag, Task, is_final
from .status import Status
from .steer import PauseRuns

if TYPE_CHECKING:
    from .state import State


def pause_runs(state: State, command: PauseRuns, now: float, round_: Round) -> list[str]:
    """Pauses runs, or lets them go on. (Their rows are in memory now.)"""
    changed: dict[str, None] = {}
    for run_id in command.ids:
        task = state.tasks.get(run_id)
        root = (task.dag or task) if task is not None else state.dags.get(run_id)
        if root is None or is_final(root) or is_paused(root) == command.paused:
            continue
        root.extra = msgspec.structs.replace(root.extra or Extra(), paused_at=now if command.paused else 0.0)
        round_.update(root)
        changed[root.run_id] = None
        items: list[Task | Dag] = [root, *root.ordered_members()] if isinstance(root, Dag) else [root]
        for item in items:
            if item.status == Status.QUEUED and item.queue_id:
                if command.paused:
                    _hold(state, item)
                else:
                    _let_go(state, item, now)
                round_.update(item)
    return list(changed)


def is_paused(root: RunRow) -> bool:
    """True for the row of a run that is paused."""
    return root.extra is not None and root.extra.paused_at > 0


def _hold(state: State, item: Task | Dag) -> None:
    state.timers.clear(item.run_id)
    if item.windowed:
        take_out(state, item)
    state.tallies.went(item)
    item.queue_id = -item.queue_id
    item.due_at = 0.0
    state.admit(item)


def _let_go(state: State, item: Task | Dag, now: float) -> None:
    """Back to its place, with its whole time to be started in."""
    state.tallies.went(item)
    item.queue_id = -item.queue_id
    patience = state.patience_of(item)
    if isinstance(item, Task) and item.restores:
        patience = settling.RESTORE_PATIENCE
    item.due_at = now + patience
    state.admit(item)
