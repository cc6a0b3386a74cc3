"""Durable tasks: their code asks for steps, which are recorded before it goes on.

What comes in: `RecordSteps` (the next steps of an attempt), `FetchHistory` (those of earlier attempts), `AwaitSteps`
(it waits for some), `PutMemo` (a value), `EvictTask`, `RestoreTask`; and `ForkTask` (`fork`). What goes out: an answer
to each, and `StepSettled`, in order, as sleeps end, events come and child runs are final (`settling`). What is stored:
a `StepRow` for each step, once when it is recorded, and again when it is settled.
"""

from __future__ import annotations

from functools import lru_cache
from sys import intern

import msgspec

from . import settling, trigger
from .command import TriggerItem
from .definition import ConditionDefinition
from .dispatch import withdraw
from .error import Code, Refused, invalid
from .history import History, branch_at
from .message import StopTask
from .round import Round
from .row import StepRow
from .run import Task
from .state import State
from .status import Status, StepKind
from .step import (
    DEPARTURE,
    AwaitSteps,
    EvictTask,
    FetchHistory,
    PutMemo,
    RecordSteps,
    RestoreTask,
    StepAck,
    StepRefusal,
    StepRequest,
)
from .subscription import SIGNAL_PREFIX

STALE = "A newer attempt of this task has begun"


@lru_cache(maxsize=4096)
def _shared(conditions: tuple[ConditionDefinition, ...]) -> tuple[ConditionDefinition, ...]:
    """The same conditions as one object."""
    return conditions


def attempt_of(state: State, task_id: str, attempt: int) -> Task | None:
    """The durable task if that attempt of it runs."""
    task = state.tasks.get(task_id)
    if task is None or task.status != Status.RUNNING or task.attempt != attempt or not task.spec.definition.durable:
        return None
    return task


def record_steps(state: State, command: RecordSteps, now: float, round_: Round) -> list[StepAck | StepRefusal] | None:
    """Records the next steps of an attempt. (Its history is in memory now.)"""
    task = attempt_of(state, command.task_id, command.attempt)
    if task is None:
        return None
    history = _history(task)
    if not _find_cursor(state, task, history, command, now, round_):
        return None
    history.session, history.patient = command.session, command.patient
    reached, history.cursor = history.cursor, command.first - 1
    replies: list[StepAck | StepRefusal] = []
    try:
        # What is recorded already is not started again.
        fresh = command.steps[max(0, history.last - history.cursor) :]
        trigger.refuse_unknown(state, [step.item for step in fresh if step.item is not None])
        for step in command.steps:
            replies.append(_record(state, task, history, step, now, round_))
            if isinstance(replies[-1], StepRefusal):
                break
    except Refused as refused:
        node = history.cursor + 1
        replies.append(StepRefusal(refused.code, refused.message, branch_at(history.branches, node), node))
    history.cursor = max(history.cursor, reached)
    settling.tell(task, round_)
    return replies


def _history(task: Task) -> History:
    """The task's history, complete: what is not loaded by now is not there."""
    if task.history is None:
        task.history = History(task.extra.branches if task.extra is not None else ())
    if not task.history.complete:
        task.history.fill([])
    return task.history


def _find_cursor(state: State, task: Task, history: History, command: RecordSteps, now: float, round_: Round) -> bool:
    """Finds how far the attempt has come. False if it cannot be known: it is begun anew then."""
    if history.invocation != task.attempt and not _resume(state, task, history, command.first - 1, now, round_):
        return False
    if not command.first:
        # Applied again after a failed commit, it means the same place.
        command.first = history.cursor + 1
    elif command.first > history.last + 1:
        raise invalid("node", f"{command.first} is out of order; expected up to {history.last + 1}")
    elif command.first == 1 and history.cursor:
        # The worker was given the attempt a second time, and begins it again.
        history.begin(task.attempt)
    return True


def _resume(state: State, task: Task, history: History, cursor: int, now: float, round_: Round) -> bool:
    """Goes on with an attempt that began under an earlier owner; `cursor`: how far it has come, -1 if that is open."""
    if cursor == 0:
        history.begin(task.attempt)
    elif cursor > 0:
        history.resume(task.attempt, cursor)
    elif any(row.invocation == task.attempt and history.on_line(row) for row in history.steps.values()):
        # It has recorded something new: all that was there before, it had come to.
        history.resume(task.attempt, history.last)
    elif not history.last:
        history.begin(task.attempt)
    else:
        _begin_anew(state, task, now, round_)
        return False
    return True


def _begin_anew(state: State, task: Task, now: float, round_: Round) -> None:
    worker = task.worker
    if worker is not None and worker.session:
        round_.send(worker.session, StopTask(task.run_id, task.attempt, "The engine was restarted"))
    withdraw(state, task)
    settling.restore(state, task, now, round_, "The engine was restarted while the attempt repeated its history")


def _record(
    state: State, task: Task, history: History, step: StepRequest, now: float, round_: Round
) -> StepAck | StepRefusal:
    """Records one step, or finds it recorded."""
    node = history.cursor + 1
    branch = branch_at(history.branches, node)
    row = history.steps.get((branch, node))
    if row is not None:
        if (row.kind, row.fingerprint) != (step.kind, step.fingerprint):
            return StepRefusal(DEPARTURE, _departure(task, row, step), branch, node)
        history.cursor = node
        if step.value is not None and row.order == 0:
            _remember(state, row, step.value, now, round_)
            return StepAck(branch, node)
        return _ack(row)
    row = StepRow(
        task_id=task.run_id,
        branch=branch,
        node=node,
        kind=step.kind,
        # Many tasks wait at the same place, for long: they share what is the same.
        fingerprint=intern(step.fingerprint),
        what=intern(step.what),
        label=intern(step.label),
        conditions=_shared(step.conditions),
        invocation=task.attempt,
        recorded_at=now,
    )
    if step.item is not None:
        earlier = _start_child(state, history, row, step.item, now, round_)
        if earlier is not None:
            return _ack(earlier)
    history.cursor = node
    round_.step(row)
    if step.value is not None:
        _remember(state, row, step.value, now, round_)
    history.add(row)
    if row.kind == StepKind.RUN:
        settling.await_child(state, task, row, now, round_)
    elif row.kind == StepKind.WAIT:
        settling.begin_wait(state, task, row, now, round_)
        _look_back(state, task, row, now, round_)
    return StepAck(branch, node, row.child_id)


def _start_child(
    state: State, history: History, row: StepRow, item: TriggerItem, now: float, round_: Round
) -> StepRow | None:
    """Starts a child run. Returns the step that has started it before, if one has."""
    row.child_id = trigger.start_one(state, child_item(history, item), now, round_)
    if row.child_id == item.run_id:
        return None
    return next((each for each in history.steps.values() if each.child_id == row.child_id), None)


def child_item(history: History, item: TriggerItem) -> TriggerItem:
    """A child of a later branch is another one than that of an earlier branch."""
    branch = len(history.branches) + 1
    if branch == 1:
        return item
    return msgspec.structs.replace(item, child_key=f"{branch}~{item.child_key}")


def _look_back(state: State, task: Task, row: StepRow, now: float, round_: Round) -> None:
    """Each condition that looks back takes the first event that it would have taken."""
    since = [since_of(task, each) for each in row.conditions]
    if any(since):
        for at, event in [*(state.looked_events or ()), *state.recent_events]:
            if row.order == 0:
                places = [index for index, each in enumerate(since) if each and at >= each]
                settling.take_event(state, task, row, event, places, now, round_)


def since_of(task: Task, condition: ConditionDefinition) -> float:
    """From when on events of the past count. What was said to an earlier branch is not said to this one."""
    if condition.since and task.extra is not None and condition.event_key.startswith(SIGNAL_PREFIX):
        return max(condition.since, task.extra.forked_at)
    return condition.since


def _ack(row: StepRow) -> StepAck:
    known = row.kind == StepKind.MEMO and row.order > 0
    return StepAck(row.branch, row.node, row.child_id, known, row.payload if known else "")


def _departure(task: Task, row: StepRow, step: StepRequest) -> str:
    return (
        f"non-determinism error in task {task.run_id} at node {row.node}:{row.branch}\n"
        f"expected: {row.what or row.fingerprint}\nreceived: {step.what or step.fingerprint}"
    )


def await_steps(state: State, command: AwaitSteps, now: float, round_: Round) -> list[tuple[str, int]]:
    """A session says what its attempts wait for, after it was connected again, or because it is patient."""
    stale: dict[tuple[str, int], None] = {}
    met: dict[str, Task] = {}
    reached: dict[str, int] = {}
    for task_id, _, _, node in command.waits:
        reached[task_id] = max(node, reached.get(task_id, 0))
    for task_id, attempt, _, _ in command.waits:
        task = attempt_of(state, task_id, attempt)
        if task is None:
            stale[(task_id, attempt)] = None
        elif task_id not in met:
            history = _history(task)
            known = history.invocation == attempt
            if known or _resume(state, task, history, reached[task_id], now, round_):
                met[task_id] = task
                history.session, history.patient = command.session, command.patient
            else:
                stale[(task_id, attempt)] = None
    for task_id, _, branch, node in command.waits:
        task = met.get(task_id)
        if task is None or task.history is None:
            continue
        history, place = task.history, (branch, node)
        history.awaited[place] = None
        row = history.steps.get(place)
        if row is not None and row.order and (place in history.passed or _told(history, row)):
            settling.tell_step(task, row, round_)
    for task in met.values():
        settling.tell(task, round_)
    return list(stale)


def _told(history: History, row: StepRow) -> bool:
    return bool(history.told) and row.order <= history.settled[history.told - 1].order


def fetch_history(state: State, command: FetchHistory, now: float, round_: Round) -> list[StepRow] | None:
    """Gives an attempt all that is recorded, at its beginning; from then on it is told of what is settled anew."""
    task = attempt_of(state, command.task_id, command.attempt)
    if task is None:
        return None
    history = _history(task)
    history.resume(task.attempt, history.last)
    history.session, history.patient = command.session, False
    return sorted((row for row in history.steps.values() if history.on_line(row)), key=lambda row: row.node)


def put_memo(state: State, command: PutMemo, now: float, round_: Round) -> None:
    """The value of a memo has been computed."""
    task = attempt_of(state, command.task_id, command.attempt)
    row = _history(task).steps.get((command.branch, command.node)) if task is not None else None
    if row is not None and row.kind == StepKind.MEMO and row.order == 0:
        _remember(state, row, command.value, now, round_)


def _remember(state: State, row: StepRow, value: str, now: float, round_: Round) -> None:
    """A memo has its value, for all times."""
    row.payload, row.order, row.settled_at = value, state.next_sequence(now), now
    round_.step(row)


def evict_task(state: State, command: EvictTask, now: float, round_: Round) -> None:
    """A waiting task leaves its worker; one whose wait is over meanwhile comes back at once."""
    task = attempt_of(state, command.task_id, command.attempt)
    if task is None:
        return
    history = _history(task)
    round_.event(task, "DURABLE_EVICTED", now, command.reason)
    withdraw(state, task)
    task.status = Status.EVICTED
    task.worker_id = ""
    task.due_at = 0.0
    task.slot_released = False
    state.bury(task.run_id)
    fresh = history.told < len(history.settled) or _settled_lately(task, history)
    history.rest()
    round_.update(task)
    if fresh or not history.steps:
        settling.restore(state, task, now, round_, "What it waits for is settled")


def _settled_lately(task: Task, history: History) -> bool:
    """True if the attempt may have left while it was being told of a settled step: it has recorded nothing since."""
    last = history.at(history.last)
    recorded_at = last.recorded_at if last is not None else 0.0
    return bool(history.settled) and history.settled[-1].settled_at > max(task.assigned_at, recorded_at)


def restore_task(state: State, command: RestoreTask, now: float, round_: Round) -> bool:
    """Brings an evicted task back at once."""
    task = state.tasks.get(command.task_id)
    if task is None or task.status != Status.EVICTED:
        if task is None and command.task_id not in state.finished_rows:
            raise Refused(Code.NOT_FOUND, f"task: no task {command.task_id!r}", "task")
        return False
    settling.restore(state, task, now, round_, "Restored by user")
    return True
