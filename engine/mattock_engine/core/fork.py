"""Forks of durable tasks: the task runs again from a step on, with what is recorded before it."""

from __future__ import annotations

import msgspec

from . import control, settling
from .command import Extra, ReplayRuns
from .dispatch import withdraw
from .error import Code, Refused, invalid
from .history import Branches, History
from .message import StopTask
from .round import Round
from .row import RunRow, StepRow
from .run import RETRY_RANK, Task
from .state import State
from .status import Status
from .step import ForkTask


def fork_task(state: State, command: ForkTask, now: float, round_: Round) -> tuple[int, int]:
    """Runs a durable task again from a node on. (Its rows and its history are in memory now.)"""
    row = _find(state, command.task_id)
    branches = row.extra.branches if row.extra is not None else ()
    known = list(state.loaded_steps.get(command.task_id, ()))
    task = state.tasks.get(command.task_id)
    if task is not None and task.history is not None:
        known = [*task.history.steps.values(), *known]
    base = command.branch or len(branches) + 1
    steps = _check(command, branches, base, known)
    if task is None:
        if not control.replay_runs(state, ReplayRuns([command.task_id]), now, round_):
            raise Refused(Code.FAILED_PRECONDITION, "taskExternalId: the task cannot be run again", "taskExternalId")
        task = state.tasks.get(command.task_id)
        if task is None:
            raise Refused(Code.FAILED_PRECONDITION, "taskExternalId: it ends as it did, before its first step")
    else:
        _take_back(state, task, now, round_)
    branches = (*branches, (base, command.node))
    _branch_off(state, task, branches, steps, now, round_)
    if command.result is not None:
        _put_result(state, task, steps, command, now, round_)
    if command.input:
        root = task.root
        root.extra = msgspec.structs.replace(root.extra or Extra(), input=command.input)
        round_.update(root)
    round_.event(task, "RETRIED_BY_USER", now, f"Forked at step {command.node}")
    return command.node, len(branches) + 1


def _find(state: State, task_id: str) -> RunRow:
    task = state.tasks.get(task_id)
    row: RunRow | None = task
    if task is None:
        row = next((each for each in state.finished_rows.get(task_id, ()) if each.run_id == task_id), None)
    if row is None or not row.task_name:
        raise Refused(Code.NOT_FOUND, f"taskExternalId: no task {task_id!r}", "taskExternalId")
    if not state.versions[row.version_id].spec(row.task_name).definition.durable:
        raise invalid("taskExternalId", f"{task_id} is not a durable task")
    return row


def _check(command: ForkTask, branches: Branches, base: int, known: list[StepRow]) -> History:
    """Refuses a place that is not there. Returns the line that is left."""
    if not 1 <= base <= len(branches) + 1:
        raise invalid("branchId", f"{base} is not there; expected 1 to {len(branches) + 1}")
    line = History(branches[: base - 1])
    line.fill(known)
    if not 1 <= command.node <= line.last + 1:
        raise invalid("nodeId", f"{command.node} is not there; expected 1 to {line.last + 1}")
    if command.result is not None and line.at(command.node) is None:
        raise invalid("nodeId", f"no step is recorded at {command.node} whose result could be another")
    return line


def _take_back(state: State, task: Task, now: float, round_: Round) -> None:
    """An unfinished task begins its next attempt."""
    worker = task.worker
    if worker is not None and worker.session:
        session = task.history.session if task.history is not None and task.history.session else worker.session
        round_.send(session, StopTask(task.run_id, task.attempt, "The task was forked"))
    withdraw(state, task)
    task.status = Status.PENDING
    task.attempt += 1
    state.enqueue(task, now, RETRY_RANK, patience=settling.RESTORE_PATIENCE)
    round_.update(task)


def _branch_off(state: State, task: Task, branches: Branches, line: History, now: float, round_: Round) -> None:
    """The task's history is the new branch; what is open before its first node stays open."""
    settling.stop(state, task)
    task.extra = msgspec.structs.replace(task.extra or Extra(), branches=branches, forked_at=now)
    kept = History(branches)
    rows = [row for row in line.steps.values() if row.order == 0 and kept.on_line(row)]
    settling.adopt(state, rows)
    for row in rows:
        if row.child_id:
            settling.await_child(state, task, row, now, round_)


def _put_result(state: State, task: Task, line: History, command: ForkTask, now: float, round_: Round) -> None:
    """The first step of the new branch is the old one, with another result."""
    old = line.at(command.node)
    assert old is not None
    row = msgspec.structs.replace(
        old,
        branch=len(task.extra.branches if task.extra else ()) + 1,
        met=(),
        invocation=task.attempt,
        payload=command.result or "",
        failed=False,
        order=state.next_sequence(now),
        settled_at=now,
    )
    if row.child_id:
        # The run of the earlier branch has nothing to say here.
        row.child_id = ""
    round_.step(row)
