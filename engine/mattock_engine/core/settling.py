"""Steps of durable tasks that are settled: a sleep ends, an event comes, a child run is final.

A step is settled once, in one order for all times (`StepRow.order`); attempts are told in that order, each step after
the code has come to it. So code that runs again sees what it saw the first time.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence

import msgspec

from .command import EventItem, Extra
from .condition import data_text, decide, event_holds
from .history import History
from .message import RunFinished, StepSettled
from .round import Round
from .row import StepRow
from .run import RETRY_RANK, Task
from .state import State
from .status import Status, StepKind

# Timer key of a durable task's next sleep.
WAKE = "wake:"
# Seconds in a queue after which a restored task is given up: it has done work that nobody wants to lose.
RESTORE_PATIENCE = 10 * 366 * 86_400.0
CHILD_CANCELLED = "task was cancelled"


# ---- waits ----


def begin_wait(state: State, task: Task, row: StepRow, now: float, round_: Round) -> None:
    """A recorded wait begins; one that holds at once is settled."""
    met = dict(row.met)
    for index, each in enumerate(row.conditions):
        if index not in met and each.sleep_text and row.recorded_at + each.seconds <= now:
            met[index] = data_text(each, "")
    if not _progress(state, task, row, met, now, round_):
        keep_waiting(state, task, row)


def keep_waiting(state: State, task: Task, row: StepRow) -> None:
    """Notes what an open wait waits for."""
    met = dict(row.met)
    for index, each in enumerate(row.conditions):
        if index in met:
            continue
        if each.event_key:
            state.step_waits.setdefault((each.event_key, each.scope), {})[task.run_id] = task
        elif each.sleep_text:
            key, due = WAKE + task.run_id, row.recorded_at + each.seconds
            if due < state.wakes.get(task.run_id, float("inf")):
                state.wakes[task.run_id] = due
                state.timers.set(key, due)


def _progress(state: State, task: Task, row: StepRow, met: dict[int, str], now: float, round_: Round) -> bool:
    """More of a wait's conditions hold. Returns True if it is over."""
    if len(met) == len(row.met) and row.met:
        return False
    if decide(row.conditions, met) is None:
        if len(met) > len(row.met):
            row.met = tuple(met.items())
            round_.step(row)
        return False
    row.met = tuple(met.items())
    data: dict[str, list[str]] = {}
    for index, text in met.items():
        data.setdefault(row.conditions[index].key, []).append(text)
    inner = ",".join(f"{json.dumps(key)}:[{','.join(texts)}]" for key, texts in data.items())
    _settle(state, task, row, f"{{{inner}}}", False, now, round_)
    return True


def on_wake(state: State, key: str, now: float, round_: Round) -> None:
    """A sleep of a durable task has ended."""
    task_id = key.removeprefix(WAKE)
    state.wakes.pop(task_id, None)
    task = state.tasks.get(task_id)
    if task is None or task.history is None:
        return
    for row in list(task.history.waits.values()):
        met = dict(row.met)
        for index, each in enumerate(row.conditions):
            if index not in met and each.sleep_text and row.recorded_at + each.seconds <= now:
                met[index] = data_text(each, "")
        if not _progress(state, task, row, met, now, round_):
            keep_waiting(state, task, row)


def on_event(state: State, event: EventItem, now: float, round_: Round) -> None:
    """An event came: the durable tasks that wait for it look at it."""
    for scope in {"", event.scope}:
        for task in list(state.step_waits.get((event.key, scope), {}).values()):
            if task.history is not None:
                for row in list(task.history.waits.values()):
                    take_event(state, task, row, event, range(len(row.conditions)), now, round_)


def take_event(
    state: State, task: Task, row: StepRow, event: EventItem, places: Sequence[int], now: float, round_: Round
) -> None:
    """The conditions of a wait at these places look at an event."""
    met = dict(row.met)
    for index in places:
        each = row.conditions[index]
        if index not in met and event_holds(each, event.key, event.scope, event.payload):
            met[index] = data_text(each, event.payload)
    if len(met) > len(row.met):
        _progress(state, task, row, met, now, round_)


def _stop_waiting(state: State, task: Task, row: StepRow) -> None:
    """A wait is over: its events are not looked at any more, unless another wait of the task does."""
    history = task.history
    assert history is not None
    history.waits.pop((row.branch, row.node), None)
    others = [other for other in history.waits.values() if other is not row]
    for each in row.conditions:
        if not each.event_key:
            continue
        key = (each.event_key, each.scope)
        if any((c.event_key, c.scope) == key for other in others for c in other.conditions):
            continue
        waiting = state.step_waits.get(key)
        if waiting is not None:
            waiting.pop(task.run_id, None)
            if not waiting:
                del state.step_waits[key]


# ---- children ----


def await_child(state: State, task: Task, row: StepRow, now: float, round_: Round) -> None:
    """A recorded child run is waited for; one that is final already settles its step."""
    result = state.result(row.child_id)
    if result is not None:
        settle_child(state, task, row, result, now, round_)
    else:
        state.child_waits[row.child_id] = (task.run_id, row.branch, row.node)


def on_children(state: State, now: float, round_: Round) -> None:
    """Child runs of durable tasks have ended in this round."""
    ended, state.ended_children = state.ended_children, []
    for result in ended:
        task_id, branch, node = state.child_waits.pop(result.run_id, ("", 0, 0))
        task = state.tasks.get(task_id)
        row = task.history.steps.get((branch, node)) if task is not None and task.history is not None else None
        if task is not None and row is not None and row.order == 0:
            settle_child(state, task, row, result, now, round_)


def settle_child(state: State, task: Task, row: StepRow, result: RunFinished, now: float, round_: Round) -> None:
    """A child run is final."""
    if result.status == Status.COMPLETED:
        payload = _output_of(result)
    elif result.status == Status.CANCELLED:
        payload = CHILD_CANCELLED
    else:
        payload = next((each.error for each in result.tasks if each.error), "") or "the run failed"
    _settle(state, task, row, payload, result.status != Status.COMPLETED, now, round_)


def _output_of(result: RunFinished) -> str:
    if len(result.tasks) == 1 and result.tasks[0].task_id == result.run_id:
        return result.tasks[0].output or "{}"
    inner = ",".join(f"{json.dumps(each.task_name)}:{each.output or '{}'}" for each in result.tasks)
    return f"{{{inner}}}"


# ---- settling and telling ----


def _settle(state: State, task: Task, row: StepRow, payload: str, failed: bool, now: float, round_: Round) -> None:
    history = task.history
    assert history is not None
    row.order = state.next_sequence(now)
    row.settled_at = now
    row.payload = payload
    row.failed = failed
    round_.step(row)
    if row.kind == StepKind.WAIT:
        _stop_waiting(state, task, row)
    if not history.on_line(row):
        return
    if history.complete:
        history.settled.append(row)
    if task.status == Status.EVICTED:
        restore(state, task, now, round_, f"Step {row.node} is settled")
    elif task.status == Status.RUNNING:
        tell(task, round_)


def tell(task: Task, round_: Round) -> None:
    """Tells the present attempt what is settled of the steps that it has come to, in order."""
    history = task.history
    if history is None or not history.session or not history.complete:
        return
    while history.told < len(history.settled):
        row = history.settled[history.told]
        if row.node > history.cursor:
            # The code has yet to come there: what was settled later waits.
            return
        history.told += 1
        place = (row.branch, row.node)
        if history.patient and row.kind == StepKind.RUN and place not in history.awaited:
            history.passed[place] = None
        else:
            tell_step(task, row, round_)


def tell_step(task: Task, row: StepRow, round_: Round) -> None:
    """Tells the present attempt of a settled step."""
    history = task.history
    assert history is not None
    history.passed.pop((row.branch, row.node), None)
    # Clients count the settled steps of a task from 1.
    rank = bisect_right(history.settled, row.order, key=lambda each: each.order)
    message = StepSettled(task.run_id, task.attempt, row.branch, row.node, row.kind, row.payload, row.failed, rank)
    round_.send(history.session, message)


def restore(state: State, task: Task, now: float, round_: Round, why: str) -> None:
    """Brings an evicted task back into its queue, ahead of those that have not begun."""
    round_.event(task, "DURABLE_RESTORING", now, why)
    extra = task.extra or Extra()
    task.extra = msgspec.structs.replace(extra, restores=extra.restores + 1)
    task.attempt += 1
    state.enqueue(task, now, RETRY_RANK, patience=RESTORE_PATIENCE)
    round_.update(task)


# ---- the end, and a new beginning ----


def stop(state: State, task: Task) -> None:
    """A durable task is final, or leaves memory: nothing of its history is waited for."""
    history, task.history = task.history, None
    if history is None:
        return
    state.bury(task.run_id)
    state.timers.clear(WAKE + task.run_id)
    state.wakes.pop(task.run_id, None)
    for row in history.steps.values():
        if row.child_id and row.order == 0:
            state.child_waits.pop(row.child_id, None)
        for each in row.conditions if row.order == 0 else ():
            waiting = state.step_waits.get((each.event_key, each.scope))
            if waiting is not None:
                waiting.pop(task.run_id, None)
                if not waiting:
                    del state.step_waits[(each.event_key, each.scope)]


def adopt(state: State, rows: list[StepRow]) -> None:
    """Makes the stored open steps known, after a take-over. (Their tasks are in memory.)"""
    for row in rows:
        task = state.tasks.get(row.task_id)
        if task is None:
            continue
        if task.history is None:
            task.history = History(task.extra.branches if task.extra is not None else ())
        if not task.history.on_line(row):
            continue
        task.history.add(row)
        if row.kind == StepKind.WAIT:
            keep_waiting(state, task, row)
        elif row.child_id:
            state.child_waits[row.child_id] = (row.task_id, row.branch, row.node)
