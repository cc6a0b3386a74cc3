"""A run of several tasks: which task becomes ready, skipped or cancelled when another is final.

The rules are in `spec/state_machine.md`. A task is made when it becomes ready (or final without having run).
"""

from __future__ import annotations

from . import flow
from .round import Round
from .run import Dag, Task, TaskSpec, is_final, new_member
from .state import State
from .status import Status

PARENT_FAILED = "A parent task failed"
PARENT_CANCELLED = "A parent task was cancelled"


def start(state: State, dag: Dag, now: float, round_: Round) -> bool:
    """Queues the roots of a new run, or what a replay runs again; returns True if the run is complete."""
    settled = []
    for spec in dag.version.specs.values():
        member = dag.members.get(spec.name)
        if member is None or member.status == Status.PENDING:
            ended = settle(state, dag, spec, now, round_)
            if ended is not None:
                settled.append(ended)
    return _follow(state, dag, settled, now, round_)


def queue_member(state: State, dag: Dag, spec: TaskSpec, now: float, round_: Round) -> Task | None:
    """Makes a task ready: a new one, or one that a replay left PENDING. Returns it if it ends at once."""
    task = dag.members.get(spec.name)
    if task is None:
        task = new_member(dag, spec, now)
        round_.insert(task)
    else:
        round_.update(task)
    end = flow.arrive(state, task, now, round_)
    if end is None:
        return None
    return end_unrun(state, dag, spec, end[0], now, round_, end[1])


def after_member(state: State, dag: Dag, task: Task, now: float, round_: Round) -> bool:
    """A task of the run is final. Moves the run on; returns True if the run is complete."""
    return _follow(state, dag, [task], now, round_)


def _follow(state: State, dag: Dag, settled: list[Task], now: float, round_: Round) -> bool:
    """Looks at what stands below tasks that are final, and below what ends because of that."""
    while settled:
        task = settled.pop()
        if task.status == Status.FAILED and dag.version.on_failure is not None and not task.spec.is_on_failure:
            on_failure = dag.members.get(dag.version.on_failure.name)
            if on_failure is None or on_failure.status == Status.PENDING:
                queue_member(state, dag, dag.version.on_failure, now, round_)
        for name in task.spec.child_names:
            child = dag.members.get(name)
            if child is None or child.status == Status.PENDING:
                ended = settle(state, dag, dag.version.specs[name], now, round_)
                if ended is not None:
                    settled.append(ended)
    return complete(dag, now, round_)


def settle(state: State, dag: Dag, spec: TaskSpec, now: float, round_: Round) -> Task | None:
    """Looks at a task whose parent is final: queues it, ends it without running (and returns it), or lets it wait."""
    parents = [dag.members.get(name) for name in spec.parents]
    if any(parent is not None and parent.status == Status.FAILED for parent in parents):
        return end_unrun(state, dag, spec, Status.CANCELLED, now, round_, PARENT_FAILED)
    if any(parent is not None and parent.status == Status.CANCELLED for parent in parents):
        return end_unrun(state, dag, spec, Status.CANCELLED, now, round_, PARENT_CANCELLED)
    if any(parent is None or not is_final(parent) for parent in parents):
        return None
    if parents and all(parent is not None and parent.skipped for parent in parents):
        return end_unrun(state, dag, spec, Status.COMPLETED, now, round_)
    return queue_member(state, dag, spec, now, round_)


def end_unrun(
    state: State, dag: Dag, spec: TaskSpec, status: Status, now: float, round_: Round, error: str = ""
) -> Task:
    """Ends a task that never ran: CANCELLED, FAILED, or COMPLETED for a skipped one."""
    task = dag.members.get(spec.name)
    if task is None:
        task = new_member(dag, spec, now)
        round_.insert(task)
    else:
        round_.update(task)
    task.status = status
    task.error = error
    task.skipped = status == Status.COMPLETED
    task.finished_at = now
    if status == Status.FAILED:
        round_.event(task, "FAILED", now, error=error)
    else:
        round_.event(task, "SKIPPED" if task.skipped else "CANCELLED", now, error)
    return task


def complete(dag: Dag, now: float, round_: Round) -> bool:
    """True if all tasks of the run are final; the on-failure task is skipped then if nothing failed."""
    for name in dag.version.specs:
        member = dag.members.get(name)
        if member is None or not is_final(member):
            return False
    if dag.version.on_failure is None:
        return True
    on_failure = dag.members.get(dag.version.on_failure.name)
    if on_failure is None:
        return True
    if on_failure.status == Status.PENDING:
        on_failure.status = Status.COMPLETED
        on_failure.skipped = True
        on_failure.finished_at = now
        round_.update(on_failure)
        return True
    return is_final(on_failure)
