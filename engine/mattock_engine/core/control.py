"""What a person does to runs: cancel with all below, replay a run or a part of it."""

from __future__ import annotations

import msgspec

from . import dag as dag_rules
from . import flow
from .command import CancelRuns, Extra, ReplayRuns, RunRow
from .dispatch import cancellation, withdraw, withdraw_run
from .lifecycle import finish, finish_dag, start_dag
from .round import Round
from .run import Dag, Task, dag_from_row, is_final, is_unbegun, task_from_row
from .state import State
from .status import Kind, Status


def cancel_runs(state: State, command: CancelRuns, now: float, round_: Round) -> list[str]:
    """Cancels runs or tasks, and what they spawned. (The rows of the whole tree are in memory now.)"""
    taken: list[str] = []
    for run_id in command.ids:
        root = state.dags.get(run_id) or state.tasks.get(run_id)
        if root is not None and not is_final(root) and (is_unbegun(root) or not command.unbegun):
            taken.append(run_id)
            cancel_one(state, run_id, command.reason, now, round_)
    return taken


def cancel_one(state: State, run_id: str, reason: str, now: float, round_: Round) -> None:
    """Cancels a run or task, then the runs that its tasks spawned."""
    pending = [run_id]
    while pending:
        current = pending.pop()
        dag = state.dags.get(current)
        if dag is not None:
            tasks = dag.ordered_members()
        else:
            task = state.tasks.get(current)
            tasks = [task] if task is not None else []
        for task in tasks:
            pending.extend(state.below.get(task.run_id, ()))
        if dag is not None:
            cancel_dag(state, dag, reason, now, round_)
        else:
            for task in tasks:
                cancel_task(state, task, reason, now, round_)


def cancel_task(state: State, task: Task, reason: str, now: float, round_: Round) -> None:
    """Cancels a task that is not final; its worker is told."""
    if is_final(task):
        return
    worker = task.worker
    if worker is not None and worker.session:
        round_.send(worker.session, cancellation(task, worker))
    round_.event(task, "CANCELLED", now, reason)
    withdraw(state, task)
    finish(state, task, Status.CANCELLED, now, round_, error=reason)


def cancel_dag(state: State, dag: Dag, reason: str, now: float, round_: Round) -> None:
    """Cancels all that is left of a run."""
    withdraw_run(state, dag)
    for spec in dag.version.specs.values():
        task = dag.members.get(spec.name)
        if task is None or task.status == Status.PENDING:
            dag_rules.end_unrun(state, dag, spec, Status.CANCELLED, now, round_, reason)
    on_failure = dag.version.on_failure
    if on_failure is not None and on_failure.name not in dag.members:
        # Nothing more is to start in this run.
        dag_rules.end_unrun(state, dag, on_failure, Status.COMPLETED, now, round_)
    for task in dag.ordered_members():
        cancel_task(state, task, reason, now, round_)
    if dag.run_id in state.dags and dag_rules.complete(dag, now, round_):
        finish_dag(state, dag, now, round_)


def replay_runs(state: State, command: ReplayRuns, now: float, round_: Round) -> list[str]:
    """Runs final runs, or chosen tasks of them with all that is downstream, again."""
    taken: list[str] = []
    chosen: dict[str, set[str]] = {}
    for run_id in command.ids:
        rows = state.finished_rows.get(run_id)
        if not rows:
            continue
        root = next(row for row in rows if row.kind != Kind.TASK)
        chosen.setdefault(root.run_id, set()).add(run_id)
    for root_id, ids in chosen.items():
        rows = state.finished_rows[root_id]
        root = next(row for row in rows if row.kind != Kind.TASK)
        if root.kind == Kind.STANDALONE:
            again = _replay_standalone(state, root, now, round_)
        else:
            again = _replay_dag(state, root, rows, ids, now, round_)
        if not again:
            continue
        state.recent.pop(root_id, None)
        taken.extend(run_id for run_id in command.ids if run_id in ids)
    return taken


def _replay_standalone(state: State, row: RunRow, now: float, round_: Round) -> bool:
    version = state.versions[row.version_id]
    task = task_from_row(row, version.spec(row.task_name), None)
    if task.parent_task_id:
        state.link(task)
    _reset(task, now, round_)
    if not flow.arrive_again(state, task, now, round_):
        state.forget(task)
        return False
    round_.reopen(task)
    round_.event(task, "RETRIED_BY_USER", now)
    return True


def _reset(task: Task, now: float, round_: Round) -> None:
    """The next attempt, with counters, output and error as at the beginning; the last one goes into the history."""
    if task.started_at:
        round_.event(task, "STARTED", task.started_at)
    if task.status == Status.COMPLETED and not task.skipped:
        round_.event(task, "FINISHED", task.finished_at)
    task.attempt += 1
    task.app_failures = task.reassignments = 0
    task.output = task.error = ""
    task.skipped = False
    if task.extra is not None:
        task.extra = msgspec.structs.replace(task.extra, waiting_since=0.0, satisfied=(), paused_at=0.0)
    if task.spec.definition.durable:
        # From its beginning, and nothing of what it recorded is kept (`fork` keeps some).
        extra = task.extra or Extra()
        branches = (*extra.branches, (len(extra.branches) + 1, 1))
        task.extra = msgspec.structs.replace(extra, branches=branches, forked_at=now)
    task.finished_at = task.due_at = task.assigned_at = task.started_at = 0.0
    task.status = Status.PENDING


def _replay_dag(state: State, row: RunRow, rows: list[RunRow], ids: set[str], now: float, round_: Round) -> bool:
    version = state.versions[row.version_id]
    dag = dag_from_row(row, version)
    for member in rows:
        if member.kind == Kind.TASK:
            task_from_row(member, version.spec(member.task_name), dag)
    again = _downstream(dag, ids)
    if not _can_start(dag, again):
        return False
    state.dags[dag.run_id] = dag
    if dag.parent_task_id:
        state.link(dag)
    dag.status = Status.QUEUED
    dag.error = ""
    dag.finished_at = dag.started_at = 0.0
    dag.queued_at = now
    if dag.extra is not None and dag.extra.paused_at:
        dag.extra = msgspec.structs.replace(dag.extra, paused_at=0.0)
    kept = [task for task in dag.members.values() if not (task.spec.is_on_failure or task.task_name in again)]
    if dag.extra is not None and not any(task.assigned_at for task in kept) and _is_gone(state, dag.extra.worker_id):
        # Nothing keeps it there.
        dag.extra = msgspec.structs.replace(dag.extra, worker_id="")
    round_.reopen(dag)
    for task in dag.members.values():
        state.tasks[task.run_id] = task
        round_.reopen(task)
        if task.spec.is_on_failure or task.task_name in again:
            _reset(task, now, round_)
            if not task.spec.is_on_failure:
                round_.event(task, "RETRIED_BY_USER", now)
    start_dag(state, dag, now, round_, again=True)
    return True


def _is_gone(state: State, worker_id: str) -> bool:
    """True if a worker has left, or was silent for too long."""
    worker = state.workers.get(worker_id)
    return worker is None or worker.lost


def _downstream(dag: Dag, ids: set[str]) -> set[str]:
    """Names of the chosen tasks and all below them; all tasks when the run itself is chosen."""
    if dag.run_id in ids:
        return set(dag.version.specs)
    pending = [task.task_name for task in dag.members.values() if task.run_id in ids and not task.spec.is_on_failure]
    found: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(dag.version.specs[name].child_names)
    return found


def _can_start(dag: Dag, again: set[str]) -> bool:
    """True if one of the tasks could run: all its parents are kept, and COMPLETED."""
    return any(
        all(
            parent not in again and dag.members[parent].status == Status.COMPLETED
            for parent in dag.version.specs[name].parents
        )
        for name in again
    )
