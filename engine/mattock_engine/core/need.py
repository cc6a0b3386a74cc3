"""What must be loaded from the store before a command can be applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .command import (
    BackfillCron,
    CancelRuns,
    Command,
    ExpireQueued,
    Listen,
    PushEvents,
    PutLogs,
    PutStream,
    ReplayRuns,
    Trigger,
    TriggerItem,
    WatchRuns,
)
from .cron import backfilled_ids
from .record import Need
from .state import State
from .user_event import run_ids_of


def missing(state: State, command: Command) -> Need | None:
    """The rows that the command needs and memory lacks, or None if it can be applied now."""
    find = _FINDERS.get(type(command))
    return find(state, command) if find is not None else None


def _unknown(state: State, ids: Iterable[str]) -> list[str]:
    """Those of the ids of which neither memory nor a load for this command has told anything."""
    return [
        run_id
        for run_id in ids
        if not state.known(run_id) and run_id not in state.recent and run_id not in state.looked_up
    ]


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
        if item.again and _unknown(state, (item.run_id,)):
            need = need or Need()
            need.ids.append(item.run_id)
        if item.parent_task_id:
            need = _children(state, item, command.watch_session != "", need)
    return need


def _children(state: State, item: TriggerItem, watched: bool, need: Need | None) -> Need | None:
    """A child that exists is the answer: its parent's children must be known, and its result if that is wanted."""
    parent = state.tasks.get(item.parent_task_id)
    children = parent.children if parent is not None else state.loaded_children.get(item.parent_task_id)
    if children is None:
        if item.parent_task_id not in state.looked_up:
            need = need or Need()
            if item.parent_task_id not in need.children_of:
                need.children_of.append(item.parent_task_id)
                need.ids.append(item.parent_task_id)
    elif watched and item.child_key in children and _unknown(state, (children[item.child_key],)):
        need = need or Need()
        need.ids.append(children[item.child_key])
    return need


def _backfill(state: State, command: BackfillCron) -> Need | None:
    ids = _unknown(state, backfilled_ids(state, command))
    return Need(ids=ids) if ids else None


def _push(state: State, command: PushEvents) -> Need | None:
    ids = _unknown(state, run_ids_of(state, command.events)) if command.again else []
    return Need(ids=ids) if ids else None


def _cancel(state: State, command: CancelRuns) -> Need | None:
    # What a run has spawned is known by the store alone, so the tree is always loaded.
    ids = [run_id for run_id in command.ids if run_id not in state.looked_up]
    return Need(tree=ids) if ids else None


def _replay(state: State, command: ReplayRuns) -> Need | None:
    ids = [run_id for run_id in command.ids if not state.known(run_id) and run_id not in state.looked_up]
    return Need(ids=ids) if ids else None


def _watch(state: State, command: WatchRuns) -> Need | None:
    ids = _unknown(state, command.ids)
    return Need(ids=ids) if ids else None


def _listen(state: State, command: Listen) -> Need | None:
    if command.metadata is not None or not _unknown(state, (command.run_id,)):
        return None
    return Need(ids=[command.run_id])


def _put_stream(state: State, command: PutStream) -> Need | None:
    return Need(ids=[command.task_id]) if _unknown(state, (command.task_id,)) else None


def _put_logs(state: State, command: PutLogs) -> Need | None:
    ids = _unknown(state, {line.task_id for line in command.lines})
    return Need(ids=sorted(ids)) if ids else None


def _expire(state: State, command: ExpireQueued) -> Need | None:
    ids = _unknown(state, {row.root_id or row.run_id for row in command.rows})
    return Need(ids=sorted(ids)) if ids else None


_FINDERS: dict[type[Command], Callable[[State, Any], Need | None]] = {
    BackfillCron: _backfill,
    PushEvents: _push,
    Trigger: _trigger,
    CancelRuns: _cancel,
    ReplayRuns: _replay,
    WatchRuns: _watch,
    Listen: _listen,
    PutStream: _put_stream,
    PutLogs: _put_logs,
    ExpireQueued: _expire,
}
