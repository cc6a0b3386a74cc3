"""Workers and their sessions: registration, attachment, liveness, departure."""

from __future__ import annotations

from .command import (
    AttachWorker,
    ChangeWorker,
    DetachWorker,
    Heartbeat,
    RegisterWorker,
    RemoveWorker,
    Undelivered,
    WorkerRow,
)
from .dispatch import assignment, withdraw
from .error import Code, Refused
from .lifecycle import reassign
from .message import SessionReplaced
from .presence import close_worker, open_worker, relabel_worker
from .round import Round
from .run import Task
from .state import State
from .status import Status
from .worker import LOST_AFTER, START_GRACE, Worker

# Timer keys: a worker's liveness, and the end of the grace time after it attached.
LIVENESS = "worker:"
GRACE = "grace:"


def register_worker(state: State, command: RegisterWorker, now: float, round_: Round) -> None:
    """Makes a worker known; it gets work once it attaches."""
    row = WorkerRow(
        worker_id=command.worker_id,
        name=command.name,
        actions=command.actions,
        slots=command.slots,
        labels=command.labels,
        runtime=command.runtime,
        seen_at=now,
    )
    state.workers[command.worker_id] = Worker(row, now)
    state.timers.set(LIVENESS + command.worker_id, now + LOST_AFTER)
    round_.records.workers[command.worker_id] = row


def _worker(state: State, worker_id: str) -> Worker:
    worker = state.workers.get(worker_id)
    if worker is None:
        raise Refused(Code.NOT_FOUND, f"worker_id: no worker {worker_id!r}", "worker_id")
    return worker


def attach_worker(state: State, command: AttachWorker, now: float, round_: Round) -> list[tuple[str, int]]:
    """Opens a worker's session. What it was sent before and never got is sent again, or given to others."""
    worker = _worker(state, command.worker_id)
    if worker.session and worker.session != command.session:
        round_.send(worker.session, SessionReplaced(worker.worker_id))
    worker.session = command.session
    worker.lost = False
    heard(state, worker, now, round_)
    lost: list[tuple[str, int]] = []
    if command.held is None:
        if worker.tasks:
            worker.grace_from = now
            state.timers.set(GRACE + worker.worker_id, now + START_GRACE)
    else:
        lost = _compare(worker, command.held, round_)
    if worker.open:
        open_worker(state, worker)
    return lost


def _compare(worker: Worker, held: list[tuple[str, int]], round_: Round) -> list[tuple[str, int]]:
    """Sends again what the worker does not have; returns what it has and no longer holds."""
    theirs = set(held)
    ours = {(task.run_id, task.attempt) for task in worker.tasks.values()}
    for task in worker.tasks.values():
        if (task.run_id, task.attempt) not in theirs:
            round_.send(worker.session, assignment(task, worker))
    return [attempt for attempt in held if attempt not in ours]


def detach_worker(state: State, command: DetachWorker, now: float, round_: Round) -> None:
    """A worker's session ended."""
    worker = state.workers.get(command.worker_id)
    if worker is None or worker.session != command.session:
        return
    worker.session = ""
    close_worker(state, worker)


def heartbeat(state: State, command: Heartbeat, now: float, round_: Round) -> None:
    """The worker lives."""
    worker = _worker(state, command.worker_id)
    if not worker.session:
        raise Refused(
            Code.FAILED_PRECONDITION, f"worker_id: worker {worker.worker_id!r} has no open session", "worker_id"
        )
    heard(state, worker, now, round_)


def heard(state: State, worker: Worker, now: float, round_: Round) -> None:
    """Notes that the worker was heard of."""
    if worker.hear(now):
        round_.records.worker_seen[worker.worker_id] = now
    if worker.lost and worker.session:
        worker.lost = False
        open_worker(state, worker)
    state.timers.set(LIVENESS + worker.worker_id, now + LOST_AFTER)


def change_worker(state: State, command: ChangeWorker, now: float, round_: Round) -> None:
    """Changes a worker's labels, pauses, drains or resumes it."""
    worker = _worker(state, command.worker_id)
    row = worker.row
    labels = {**row.labels, **(command.labels or {})}
    if labels != row.labels:
        row.labels = labels
        if worker.open:
            relabel_worker(state, worker)
    paused = command.paused
    if command.draining is not None:
        row.draining = paused = command.draining
    elif paused is False:
        row.draining = False
    if paused is not None and paused != row.paused:
        row.paused = paused
        if row.paused:
            close_worker(state, worker)
        elif worker.open:
            open_worker(state, worker)
    round_.records.workers[worker.worker_id] = row


def remove_worker(state: State, command: RemoveWorker, now: float, round_: Round) -> None:
    """The worker leaves for good; what it holds goes to others."""
    worker = _worker(state, command.worker_id)
    close_worker(state, worker)
    worker.session = ""
    _give_up(state, worker, list(worker.tasks.values()), now, round_, "The worker left")
    del state.workers[worker.worker_id]
    state.timers.clear(LIVENESS + worker.worker_id)
    state.timers.clear(GRACE + worker.worker_id)
    round_.records.workers.pop(worker.worker_id, None)
    round_.records.removed_workers.append(worker.worker_id)


def on_worker_timer(state: State, key: str, now: float, round_: Round) -> None:
    """A worker was silent for too long, or its grace time is over."""
    is_grace = key.startswith(GRACE)
    worker = state.workers.get(key.removeprefix(GRACE).removeprefix(LIVENESS))
    if worker is None:
        return
    if is_grace:
        unstarted = [
            task for task in worker.tasks.values() if not task.started_at and task.assigned_at < worker.grace_from
        ]
        _give_up(state, worker, unstarted, now, round_, "The worker did not start it before it connected again")
        return
    due = worker.seen_at + LOST_AFTER
    if due > now:
        state.timers.set(LIVENESS + worker.worker_id, due)
        return
    worker.lost = True
    close_worker(state, worker)
    _give_up(state, worker, list(worker.tasks.values()), now, round_, f"The worker was silent for {LOST_AFTER:g} s")


def undelivered(state: State, command: Undelivered, now: float, round_: Round) -> None:
    """An assignment found its session closed."""
    task = state.tasks.get(command.task_id)
    if task is not None and task.status == Status.RUNNING and task.attempt == command.attempt:
        withdraw(state, task)
        reassign(state, task, now, round_, "The worker's connection was closed before the task was sent")


def _give_up(state: State, worker: Worker, tasks: list[Task], now: float, round_: Round, why: str) -> None:
    for task in tasks:
        if task.slot_released:
            # The contract: a task that released its slot is not reassigned.
            continue
        if task.status == Status.RUNNING:
            withdraw(state, task)
            reassign(state, task, now, round_, why)
