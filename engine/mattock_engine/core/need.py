"""What must be loaded from the store before a command can be applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .command import (
    CancelRuns,
    Command,
    ExpireQueued,
    Listen,
    PutLogs,
    PutStream,
    ReplayRuns,
    Trigger,
    WatchRuns,
)
from .record import Need
from .state import State


def missing(state: State, command: Command) -> Need | None:
    """The rows that the command needs and memory lacks, or None if it can be applied now."""
    find = _FINDERS.get(type(command))
    return find(state, command) if find is not None else None


def refills(state: State) -> list[tuple[int, int, int]]:
    """Queues whose windows run low, as `(queue_id, after, limit)`; each is marked as being fetched."""
    found: list[tuple[int, int, int]] = []
    limit = state.window_limit
    for queue in state.partial.values():
        if queue.low(limit):
            queue.fetching = True
            found.append((queue.queue_id, queue.horizon, queue.fetch_size(limit)))
    return found


def _trigger(state: State, command: Trigger) -> Need | None:
    need: Need | None = None
    for item in command.items:
        if item.again and not state.known(item.run_id) and item.run_id not in state.recent:
            need = need or Need()
            need.ids.append(item.run_id)
        if item.parent_task_id:
            parent = state.tasks.get(item.parent_task_id)
            if parent is None or parent.children is None:
                need = need or Need()
                if item.parent_task_id not in need.children_of:
                    need.children_of.append(item.parent_task_id)
                    if parent is None:
                        need.ids.append(item.parent_task_id)
    return need


def _cancel(state: State, command: CancelRuns) -> Need | None:
    # What a run has spawned is known by the store alone, so the tree is always loaded.
    return Need(tree=list(command.ids)) if command.ids else None


def _replay(state: State, command: ReplayRuns) -> Need | None:
    ids = [run_id for run_id in command.ids if not state.known(run_id)]
    return Need(ids=ids) if ids else None


def _watch(state: State, command: WatchRuns) -> Need | None:
    ids = [run_id for run_id in command.ids if not state.known(run_id) and run_id not in state.recent]
    return Need(ids=ids) if ids else None


def _listen(state: State, command: Listen) -> Need | None:
    if command.metadata is not None or state.known(command.run_id) or command.run_id in state.recent:
        return None
    return Need(ids=[command.run_id])


def _put_stream(state: State, command: PutStream) -> Need | None:
    if command.task_id in state.tasks or command.task_id in state.recent:
        return None
    return Need(ids=[command.task_id])


def _put_logs(state: State, command: PutLogs) -> Need | None:
    ids = {
        line.task_id for line in command.lines if line.task_id not in state.tasks and line.task_id not in state.recent
    }
    return Need(ids=sorted(ids)) if ids else None


def _expire(state: State, command: ExpireQueued) -> Need | None:
    ids = {row.root_id or row.run_id for row in command.rows}
    return Need(ids=sorted(run_id for run_id in ids if not state.known(run_id))) if ids else None


_FINDERS: dict[type[Command], Callable[[State, Any], Need | None]] = {
    Trigger: _trigger,
    CancelRuns: _cancel,
    ReplayRuns: _replay,
    WatchRuns: _watch,
    Listen: _listen,
    PutStream: _put_stream,
    PutLogs: _put_logs,
    ExpireQueued: _expire,
}
