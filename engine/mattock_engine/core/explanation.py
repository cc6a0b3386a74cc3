"""Why a task waits: in words for people, and as a reason to count by."""

from __future__ import annotations

from .batch import BatchGate
from .capacity import PACE_KEY
from .command import ExplainWait
from .gate import Gate, Group
from .limit import RateLimit
from .pause import PauseGate
from .queue import Queue
from .round import Round
from .run import Task, TaskSpec
from .state import State
from .status import Reason, Status

_RUN_PAUSED = "its run is paused"


def explain_wait(state: State, command: ExplainWait, now: float, round_: Round) -> str:
    """What a task (or run) waits for, "" if it does not, or is not at hand."""
    task = state.tasks.get(command.task_id)
    if task is not None:
        return _of_task(state, task, now)
    dag = state.dags.get(command.task_id)
    if dag is not None and dag.queue_id < 0:
        return _RUN_PAUSED
    if dag is not None and dag.waits and dag.queue_id in state.queues:
        return reason_of(state.queues[dag.queue_id], None, now)[1]
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
    if task.status == Status.QUEUED and task.queue_id < 0:
        return _RUN_PAUSED
    if task.status != Status.QUEUED or task.queue_id not in state.queues:
        return ""
    return reason_of(state.queues[task.queue_id], task.spec, now)[1]


def reason_of(queue: Queue, spec: TaskSpec | None, now: float) -> tuple[Reason, str]:
    """What the tasks of a queue wait for.

    Args:
        queue: which has something in it.
        spec: of the task at its head; None for a queue of runs.
        now: the time.
    """
    for gate, units in queue.gates:
        if not gate.has_room(units, now):
            found = _of_gate(queue, gate)
            if found is not None:
                return found
    if spec is None:
        return Reason.TURN, "its turn"
    if queue.pool is None or not queue.pool.workers:
        return Reason.NO_WORKER, f"a worker that runs {spec.action!r}"
    workers = queue.workers
    if not workers:
        return Reason.NO_WORKER, "a worker with the labels that it desires"
    if not any(worker.could_fit(spec.slots) for worker in workers):
        wanted = ", ".join(f"{units} {kind}" for kind, units in spec.slots)
        return Reason.NO_WORKER, f"a worker with so many slots: {wanted}"
    return Reason.NO_SLOT, "a free slot"


def _of_gate(queue: Queue, gate: Gate) -> tuple[Reason, str] | None:
    if isinstance(gate, PauseGate):
        return Reason.PAUSED, "its queue is paused" if gate.row.task_name else "its workflow is paused"
    if isinstance(gate, BatchGate):
        return Reason.BATCH, f"its batch, of {queue.live} now"
    if isinstance(gate, RateLimit):
        if gate.key == PACE_KEY:
            return Reason.TENANT_LIMIT, "the tenant's pace"
        return Reason.RATE_LIMIT, f"rate limit {gate.key!r}"
    if isinstance(gate, Group):
        if gate.scope == "tenant":
            return Reason.TENANT_LIMIT, f"the tenant's limit of {gate.limit} running tasks"
        if gate.scope.startswith("batch/"):
            return Reason.CONCURRENCY, f"one of the {gate.limit} batches of {gate.key!r} that run"
        return Reason.CONCURRENCY, f"concurrency limit of {gate.limit} for {gate.key!r}"
    return None
