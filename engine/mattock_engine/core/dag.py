"""A run of several tasks: which task becomes ready, skipped or cancelled when another is final.

The rules are in `spec/state_machine.md`. A task is made when it becomes ready (or final without having run).
"""

from __future__ import annotations

import msgspec

from . import flow
from .command import Extra
from .condition import can_change, decide, looks_back, parent_holds, waits_to_queue
from .round import Round
from .run import Dag, Task, TaskSpec, is_final, new_member
from .state import State
from .status import Action, Status

PARENT_FAILED = "A parent task failed"
PARENT_CANCELLED = "A parent task was cancelled"
CANCELLED_BY_CONDITION = "Cancelled by its conditions"
NEVER = "What it waits for can never hold"


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
    parents = [dag.members.get(name) for name in spec.definition.needs]
    if any(parent is not None and parent.status == Status.FAILED for parent in parents):
        return end_unrun(state, dag, spec, Status.CANCELLED, now, round_, PARENT_FAILED)
    if any(parent is not None and parent.status == Status.CANCELLED for parent in parents):
        return end_unrun(state, dag, spec, Status.CANCELLED, now, round_, PARENT_CANCELLED)
    if any(parent is None or not is_final(parent) for parent in parents):
        return None
    waiting = dag.members.get(spec.name)
    if waiting is not None and waiting.waits:
        return None
    overridden = {each.parent for each in spec.definition.conditions if each.action == Action.SKIP}
    plain = [parent for parent in parents if parent is not None and parent.task_name not in overridden]
    if plain and all(parent.skipped for parent in plain):
        return end_unrun(state, dag, spec, Status.COMPLETED, now, round_)
    if spec.definition.conditions:
        return _look_at_conditions(state, dag, spec, now, round_)
    return queue_member(state, dag, spec, now, round_)


def _look_at_conditions(state: State, dag: Dag, spec: TaskSpec, now: float, round_: Round) -> Task | None:
    """The parents of a task with conditions are final: acts by what they gave, or lets the task wait for the rest."""
    conditions = spec.definition.conditions
    satisfied = {
        index: "{}"
        for index, each in enumerate(conditions)
        if each.parent and parent_holds(each, output_of(dag.members[each.parent]))
    }
    action = decide(conditions, satisfied)
    if action is None and not waits_to_queue(conditions):
        action = Action.QUEUE
    if action is not None:
        return act(state, dag, spec, action, now, round_)
    if not can_change(conditions, satisfied):
        return end_unrun(state, dag, spec, Status.CANCELLED, now, round_, NEVER)
    task = dag.members.get(spec.name)
    if task is None:
        task = new_member(dag, spec, now)
        round_.insert(task)
    else:
        round_.update(task)
    task.extra = msgspec.structs.replace(task.extra or Extra(), waiting_since=now, satisfied=tuple(satisfied.items()))
    state.tasks[task.run_id] = task
    begin_waiting(state, task)
    return None


def output_of(parent: Task) -> str:
    """A parent's output as its children see it."""
    return '{"skipped":true}' if parent.skipped else parent.output


def begin_waiting(state: State, task: Task) -> None:
    """A task begins to wait, or is found waiting after a take-over: it looks at what has been, waits for the rest."""
    keep_waiting(state, task)
    assert task.extra is not None
    if looks_back(task.spec.definition.conditions, dict(task.extra.satisfied)):
        state.looking[task.run_id] = None


def keep_waiting(state: State, task: Task) -> None:
    """Notes what a waiting task waits for still: its next sleep, and its events."""
    extra = task.extra
    assert extra is not None
    met = dict(extra.satisfied)
    due = []
    for index, each in enumerate(task.spec.definition.conditions):
        if index in met:
            continue
        if each.sleep_text:
            due.append(extra.waiting_since + each.seconds)
        elif each.event_key:
            state.event_waits.setdefault(each.event_key, {})[task.run_id] = task
    task.due_at = min(due, default=0.0)
    if due:
        state.timers.set(task.run_id, task.due_at)


def stop_waiting(state: State, task: Task) -> None:
    """A task waits no more."""
    state.timers.clear(task.run_id)
    task.due_at = 0.0
    for each in task.spec.definition.conditions:
        waiting = state.event_waits.get(each.event_key)
        if waiting is not None:
            waiting.pop(task.run_id, None)
            if not waiting:
                del state.event_waits[each.event_key]
    if task.extra is not None and task.extra.waiting_since:
        task.extra = msgspec.structs.replace(task.extra, waiting_since=0.0)


def act(state: State, dag: Dag, spec: TaskSpec, action: Action, now: float, round_: Round) -> Task | None:
    """Does what a task's conditions say; returns the task if it ends without running."""
    if action == Action.SKIP:
        return end_unrun(state, dag, spec, Status.COMPLETED, now, round_)
    if action == Action.CANCEL:
        return end_unrun(state, dag, spec, Status.CANCELLED, now, round_, CANCELLED_BY_CONDITION)
    task = dag.members.get(spec.name)
    if task is not None:
        stop_waiting(state, task)
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
    if spec.definition.conditions:
        stop_waiting(state, task)
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
