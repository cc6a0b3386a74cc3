"""Why a task waits, in words for people."""

from __future__ import annotations

from .batch import BatchGate
from .command import ExplainWait
from .gate import Group
from .limit import RateLimit
from .pause import PauseGate
from .queue import Queue
from .round import Round
from .run import Dag, Task
from .state import State
from .status import Status


def explain_wait(state: State, command: ExplainWait, now: float, round_: Round) -> str:
    """What a task (or run) waits for, "" if it does not, or is not at hand."""
    task = state.tasks.get(command.task_id)
    if task is not None:
        return _of_task(state, task, now)
    dag = state.dags.get(command.task_id)
    if dag is not None and dag.waits and dag.queue_id in state.queues:
        return _of_queue(state.queues[dag.queue_id], dag, now)
    return ""


def _of_task(state: State, task: Task, now: float) -> str:
    if task.extra is not None and task.extra.debounce:
        rest = max(0.0, task.due_at - now)
        return f"others with the key {task.extra.debounce!r} that may take its place, for {rest:.0f} s"
    if task.status == Status.BACKOFF:
        return f"the next attempt, in {max(0.0, task.due_at - now):.0f} s"
    if task.status == Status.EVICTED:
        history = task.history
        open_steps = sorted(history.steps.values(), key=lambda row: row.node) if history is not None else []
        return open_steps[0].what if open_steps else ""
    if task.waits:
        return "its conditions"
    if task.status != Status.QUEUED or task.queue_id not in state.queues:
        return ""
    return _of_queue(state.queues[task.queue_id], task, now)


def _of_queue(queue: Queue, item: Task | Dag, now: float) -> str:
    for gate, units in queue.gates:
        if gate.has_room(units, now):
            continue
        if isinstance(gate, PauseGate):
            return "its workflow is paused"
        if isinstance(gate, BatchGate):
            return f"its batch, of {queue.live} now"
        if isinstance(gate, RateLimit):
            return f"rate limit {gate.key!r}"
        if isinstance(gate, Group):
            if gate.scope.startswith("batch/"):
                return f"one of the {gate.limit} batches of {gate.key!r} that run"
            return f"concurrency limit of {gate.limit} for {gate.key!r}"
    if isinstance(item, Dag):
        return "its turn"
    if queue.pool is None or not queue.pool.workers:
        return f"a worker that runs {item.spec.action!r}"
    workers = queue.workers
    if not workers:
        return "a worker with the labels that it desires"
    if not any(worker.could_fit(item.spec.slots) for worker in workers):
        wanted = ", ".join(f"{units} {kind}" for kind, units in item.spec.slots)
        return f"a worker with so many slots: {wanted}"
    return "a free slot"
