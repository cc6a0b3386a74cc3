"""What a tenant's limit of queued tasks does to the oldest runs: they are dropped for those that come."""

from __future__ import annotations

from .control import cancel_one
from .round import Round
from .run import is_unbegun
from .state import State
from .status import DROPPED_BY_TENANT
from .steer import DropOldest


def drop_oldest(state: State, command: DropOldest, now: float, round_: Round) -> list[str]:
    """Cancels the oldest runs that have not begun, while there are too many. (Their rows are in memory now.)"""
    capacity = state.capacity
    capacity.dropping_until = 0.0
    dropped: list[str] = []
    for run_id in command.ids:
        if not capacity.row.drop_oldest or state.tallies.queued <= capacity.row.max_queued:
            break
        root = state.dags.get(run_id) or state.tasks.get(run_id)
        if root is not None and is_unbegun(root):
            cancel_one(state, run_id, DROPPED_BY_TENANT, now, round_)
            dropped.append(run_id)
    # Others may have come meanwhile.
    capacity.overfull = bool(dropped)
    return dropped
