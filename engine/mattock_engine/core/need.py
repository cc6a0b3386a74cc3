"""What must be loaded from the store before a command can be applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from . import claim, trigger
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
from .durable import attempt_of, child_item, since_of
from .error import Refused
from .record import Need
from .state import State
from .status import Status
from .steer import DropOldest, PauseRuns
from .step import AwaitSteps, EvictTask, FetchHistory, ForkTask, PutMemo, RecordSteps, RestoreTask
from .user_event import items_of, run_ids_of
from .wait import LookBack, past_of


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
    for queue in state.partial.values():
        limit = state.window_of(queue, queue.head())
        if queue.low(limit):
            queue.fetching = True
            found.append((queue.queue_id, queue.horizon, queue.fetch_size(limit)))
    return found


def _trigger(state: State, command: Trigger) -> Need | None:
    need: Need | None = None
    for item in command.items:
        need = _claim(state, item, need)
        if item.again and _unknown(state, (item.run_id,)):
            need = need or Need()
            need.ids.append(item.run_id)
        if item.parent_task_id:
            need = _children(state, item, command.watch_session != "", need)
    return need


def _claim(state: State, item: TriggerItem, need: Need | None) -> Need | None:
    """Who has claimed the idempotency key of a run that is to be started."""
    version = state.workflows.get(item.workflow)
    if version is None or version.definition.idempotency is None:
        return need
    try:
        key = claim.key_of(version, item, trigger.full_metadata(version, item))
    except Refused:
        # It is refused when it is applied.
        return need
    if key and key not in state.claims and key not in state.loaded_claims:
        need = need or Need()
        need.claims.append(key)
    return need


def _children(state: State, item: TriggerItem, watched: bool, need: Need | None) -> Need | None:
    """A child that exists is the answer: its parent's children must be known, and its result if that is wanted."""
    parent = state.tasks.get(item.parent_task_id)
    children = parent.children if parent is not None else None
    if children is None:
        children = state.loaded_children.get(item.parent_task_id)
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
    need = Need(ids=ids) if ids else None
    for event in command.events:
        for item in items_of(state, event):
            need = _claim(state, item, need)
    return need


def _cancel(state: State, command: CancelRuns) -> Need | None:
    # What a run has spawned is known by the store alone, so the tree is always loaded; what has not begun has no tree,
    # and is not given the time to begin.
    unknown = _unknown(state, command.ids) if command.unbegun else command.ids
    ids = [run_id for run_id in unknown if run_id not in state.looked_up]
    return Need(tree=ids) if ids else None


def _pause_runs(state: State, command: PauseRuns) -> Need | None:
    ids = _unknown(state, command.ids)
    return Need(ids=ids) if ids else None


def _drop_oldest(state: State, command: DropOldest) -> Need | None:
    if not command.ids and state.loaded_oldest is None:
        return Need(oldest=command.count)
    command.ids = command.ids or tuple(state.loaded_oldest or ())
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


def _histories(state: State, attempts: Iterable[tuple[str, int]]) -> Need | None:
    """Histories of those attempts that run."""
    found: dict[str, None] = {}
    for task_id, attempt in attempts:
        task = attempt_of(state, task_id, attempt)
        if task is not None and (task.history is None or not task.history.complete):
            found[task_id] = None
    return Need(steps=list(found)) if found else None


def _one_history(state: State, command: EvictTask | FetchHistory | PutMemo) -> Need | None:
    return _histories(state, [(command.task_id, command.attempt)])


def _await(state: State, command: AwaitSteps) -> Need | None:
    return _histories(state, ((task_id, attempt) for task_id, attempt, _, _ in command.waits))


def _record(state: State, command: RecordSteps) -> Need | None:
    """The history, and for what is new in it: the task's children, and events of the past."""
    need = _histories(state, [(command.task_id, command.attempt)])
    task = attempt_of(state, command.task_id, command.attempt)
    if need is not None or task is None or task.history is None:
        return need
    history = task.history
    # Of an attempt that began under an earlier owner it is not known which of its steps are new.
    first = command.first or (history.cursor if history.invocation == task.attempt else history.last) + 1
    for step in command.steps[max(0, history.last + 1 - first) :]:
        if step.item is not None:
            need = _claim(state, step.item, _children(state, child_item(history, step.item), True, need))
        if state.looked_events is None:
            for each in step.conditions:
                if each.since:
                    need = need or Need()
                    need.events.append((each, since_of(task, each)))
    return need


def _look_back(state: State, command: LookBack) -> Need | None:
    wanted = past_of(state, command) if state.looked_events is None else []
    return Need(events=wanted) if wanted else None


def _restore(state: State, command: RestoreTask) -> Need | None:
    return Need(ids=[command.task_id]) if _unknown(state, (command.task_id,)) else None


def _fork(state: State, command: ForkTask) -> Need | None:
    task = state.tasks.get(command.task_id)
    found = task is not None or command.task_id in state.finished_rows or command.task_id in state.looked_up
    if found and command.task_id in state.loaded_steps:
        # Runs that it has started may have ended while nobody waited for them.
        steps = state.loaded_steps[command.task_id]
        children = _unknown(state, (step.child_id for step in steps if step.child_id and not step.order))
        return Need(ids=children) if children else None
    if task is not None and task.history is not None and task.history.complete and task.status == Status.RUNNING:
        return None
    return Need(ids=[command.task_id], steps=[command.task_id])


_FINDERS: dict[type[Command], Callable[[State, Any], Need | None]] = {
    AwaitSteps: _await,
    EvictTask: _one_history,
    FetchHistory: _one_history,
    ForkTask: _fork,
    PutMemo: _one_history,
    RecordSteps: _record,
    RestoreTask: _restore,
    BackfillCron: _backfill,
    PushEvents: _push,
    Trigger: _trigger,
    CancelRuns: _cancel,
    DropOldest: _drop_oldest,
    PauseRuns: _pause_runs,
    ReplayRuns: _replay,
    WatchRuns: _watch,
    Listen: _listen,
    LookBack: _look_back,
    PutStream: _put_stream,
    PutLogs: _put_logs,
    ExpireQueued: _expire,
}
