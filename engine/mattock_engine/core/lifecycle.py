"""The life of an attempt: reports of workers, retries, time-outs, the end of a run."""

from __future__ import annotations

from . import broadcast, claim, debounce, flow, pause, settling, spike
from . import dag as dag_rules
from .command import (
    REPORT_CANCELLED,
    REPORT_COMPLETED,
    REPORT_FAILED,
    REPORT_STARTED,
    RefreshTimeout,
    ReleaseSlot,
    ReportTasks,
    TaskReport,
)
from .dag import after_member
from .dispatch import SKIPPED_OUTPUT, cancellation, withdraw, withdraw_run
from .error import Code, Refused
from .message import RunFinished, TaskResult
from .round import Round
from .run import RETRY_RANK, Dag, Task
from .state import State
from .status import DROPPED, Status

MAX_REASSIGNMENTS = 10
REASSIGNED_TOO_OFTEN = "Task reached its maximum reassignment count"
SCHEDULE_TIMEOUT_ERROR = "Task exceeded its schedule timeout: no worker took it in time"


def report_tasks(state: State, command: ReportTasks, now: float, round_: Round) -> list[bool]:
    """Applies what workers say of their attempts."""
    return [_report(state, report, now, round_) for report in command.reports]


def _report(state: State, report: TaskReport, now: float, round_: Round) -> bool:
    task = state.tasks.get(report.task_id)
    if task is None or task.status != Status.RUNNING or not _is_of_this_attempt(report, task):
        return False
    if task.worker is not None and task.worker.hear(now):
        round_.records.worker_seen[task.worker.worker_id] = now
    kind = report.kind
    if not task.started_at:
        task.started_at = report.at if report.at is not None and kind == REPORT_STARTED else task.assigned_at
        broadcast.emit(state, round_, task, broadcast.STARTED, now)
        if kind == REPORT_STARTED:
            state.late[task.run_id] = task
    if kind == REPORT_COMPLETED:
        withdraw(state, task)
        finish(state, task, Status.COMPLETED, now, round_, output=report.payload)
    elif kind == REPORT_FAILED:
        withdraw(state, task)
        fail(state, task, report.payload, now, round_, final=report.final, retry_after=report.retry_after)
    elif kind == REPORT_CANCELLED:
        withdraw(state, task)
        round_.event(task, "CANCELLED", now, "Cancelled by the worker")
        finish(state, task, Status.CANCELLED, now, round_, error="Cancelled by the worker")
    return True


def _is_of_this_attempt(report: TaskReport, task: Task) -> bool:
    if report.batch_id:
        return task.batch is not None and task.batch.batch_id == report.batch_id
    attempt = task.attempt - task.restores if report.plain else task.attempt
    return report.attempt is None or report.attempt == attempt


def fail(
    state: State,
    task: Task,
    error: str,
    now: float,
    round_: Round,
    *,
    final: bool = False,
    retry_after: float | None = None,
) -> None:
    """An attempt failed by the task's own fault: the next one, or the end. (Taken from its worker already.)"""
    task.app_failures += 1
    if final or task.app_failures > task.spec.definition.retries:
        finish(state, task, Status.FAILED, now, round_, error=error)
        return
    # The row keeps the times of the last attempt alone; this line keeps this one's.
    began = task.started_at or task.assigned_at
    round_.event(task, "FAILED", now, f"Ran for {now - began:.3f} s" if began else "", error=error)
    task.attempt += 1
    delay = retry_after if retry_after is not None else backoff(task)
    if delay <= 0:
        round_.event(task, "RETRYING", now)
        state.enqueue(task, now, RETRY_RANK)
    else:
        round_.event(task, "RETRYING", now, f"Next attempt in {delay:g} s")
        task.status = Status.BACKOFF
        task.worker_id = ""
        task.assigned_at = task.started_at = 0.0
        task.slot_released = False
        task.due_at = now + delay
        state.timers.set(task.run_id, task.due_at)
    round_.update(task)


def backoff(task: Task) -> float:
    """Seconds until the next attempt after the task's n-th failure: `min(factor ** n, cap)`, 0 without a factor."""
    factor = task.spec.definition.backoff_factor
    if factor is None:
        return 0.0
    try:
        delay = float(factor) ** task.app_failures
    except OverflowError:
        return task.spec.definition.backoff_max
    return min(delay, task.spec.definition.backoff_max)


def reassign(state: State, task: Task, now: float, round_: Round, why: str) -> None:
    """The attempt is lost by no fault of the task: to the head of its queue. (Taken from its worker already.)"""
    task.reassignments += 1
    if task.reassignments > MAX_REASSIGNMENTS:
        finish(state, task, Status.FAILED, now, round_, error=REASSIGNED_TOO_OFTEN)
        return
    round_.event(task, "REASSIGNED", now, why)
    task.attempt += 1
    state.enqueue(task, now, RETRY_RANK)
    round_.update(task)


def arrive(state: State, task: Task, now: float, round_: Round) -> None:
    """A task that comes into being is queued, or ends at once. (Its row is recorded already.)"""
    end = flow.arrive(state, task, now, round_)
    if end is not None:
        finish(state, task, end[0], now, round_, error=end[1])


def on_timer(state: State, task: Task, now: float, round_: Round) -> None:
    """The task's timer is due: what that means depends on its state."""
    if task.status == Status.RUNNING:
        _time_out(state, task, now, round_)
    elif task.status == Status.BACKOFF and debounce.release(state, task):
        task.status = Status.QUEUED
        round_.update(task)
        arrive(state, task, now, round_)
    elif task.status == Status.BACKOFF:
        state.enqueue(task, now, RETRY_RANK)
        round_.update(task)
    elif task.status == Status.QUEUED:
        expire(state, task, now, round_)


def _time_out(state: State, task: Task, now: float, round_: Round) -> None:
    # The contract: what runs together times out together, and both texts are its words.
    words = "Task" if task.batch is None else "Task failed due to batch timeout,"
    text = f"{words} exceeded timeout of {task.spec.definition.execution_timeout_text}"
    for each in [task] if task.batch is None else list(task.batch.members.values()):
        _time_out_attempt(state, each, text, now, round_)


def _time_out_attempt(state: State, task: Task, text: str, now: float, round_: Round) -> None:
    worker = task.worker
    if worker is not None and worker.session:
        round_.send(worker.session, cancellation(task, worker))
    round_.event(task, "TIMED_OUT", now, error=text)
    broadcast.emit(state, round_, task, broadcast.TIMED_OUT, now, text)
    withdraw(state, task)
    fail(state, task, text, now, round_)


def expire(state: State, task: Task, now: float, round_: Round) -> None:
    """A queued task's schedule deadline has passed, unless its workflow is paused."""
    due = pause.deadline(state, task, state.patience_of(task), now)
    if due > now:
        task.due_at = due
        if task.windowed:
            state.timers.set(task.run_id, due)
        round_.update(task)
        return
    withdraw(state, task)
    if pause.holds_back(state, task):
        round_.event(task, "CANCELLED", now, pause.HELD_TOO_LONG)
        finish(state, task, Status.CANCELLED, now, round_, error=pause.HELD_TOO_LONG)
        return
    round_.event(task, "SCHEDULING_TIMED_OUT", now, error=SCHEDULE_TIMEOUT_ERROR)
    finish(state, task, Status.FAILED, now, round_, error=SCHEDULE_TIMEOUT_ERROR)


def finish(
    state: State, task: Task, status: Status, now: float, round_: Round, *, output: str = "", error: str = ""
) -> None:
    """A task is final. (Taken from its queue or worker already.)"""
    debounce.release(state, task)
    task.status = status
    task.output = output
    task.error = error
    task.finished_at = now
    task.due_at = 0.0
    if task.spec.concurrency:
        flow.leave(state, task, task.spec.concurrency)
    if task.spec.definition.conditions:
        dag_rules.stop_waiting(state, task)
    if task.history is not None:
        settling.stop(state, task)
    broadcast.emit_outcome(state, round_, task, now)
    if task.dag is not None:
        round_.update(task)
        if after_member(state, task.dag, task, now, round_):
            finish_dag(state, task.dag, now, round_)
        else:
            # The rest of the run may stand in the store alone.
            state.overflowed.append(task)
        return
    round_.finish(task)
    spike.begun(state, task)
    claim.release(state, task, round_)
    state.bury(task.run_id)
    state.forget(task)
    result = TaskResult(task.run_id, task.task_name, status, output, _error_of(task), task.skipped)
    announce(state, RunFinished(task.run_id, status, [result]), now, round_)


def start_dag(state: State, dag: Dag, now: float, round_: Round, *, again: bool = False) -> None:
    """A new run (or, `again`, one that is replayed) begins, once its workflow's limits have room for it."""
    if not dag.version.concurrency:
        _begin_dag(state, dag, now, round_)
        return
    if again:
        flow.arrive_run_again(state, dag, now)
        return
    end = flow.arrive_run(state, dag, now)
    if end is not None:
        end_dag(state, dag, end, now, round_)


def begin_admitted(state: State, now: float, round_: Round) -> bool:
    """The runs that have passed their workflow's limits begin. Returns True if there were any."""
    admitted, state.admitted = state.admitted, []
    for dag in admitted:
        _begin_dag(state, dag, now, round_)
    return bool(admitted)


def _begin_dag(state: State, dag: Dag, now: float, round_: Round) -> None:
    if dag_rules.start(state, dag, now, round_):
        finish_dag(state, dag, now, round_)


def end_dag(state: State, dag: Dag, end: flow.End, now: float, round_: Round) -> None:
    """Ends a run of which nothing runs: its first tasks with that end, the rest cancelled."""
    status, error = end
    for spec in dag.version.specs.values():
        task = dag.members.get(spec.name)
        if task is None or task.status == Status.PENDING:
            own = status if not spec.parents else Status.CANCELLED
            dag_rules.end_unrun(state, dag, spec, own, now, round_, error)
    if dag_rules.complete(dag, now, round_):
        finish_dag(state, dag, now, round_)


def expire_run(state: State, dag: Dag, now: float, round_: Round) -> None:
    """A run has waited too long for its workflow's limits, unless that is paused."""
    due = pause.deadline(state, dag, state.patience_of(dag), now)
    if due > now:
        dag.due_at = due
        if dag.windowed:
            state.timers.set(dag.run_id, due)
        round_.update(dag)
        return
    if pause.holds_back(state, dag):
        withdraw_run(state, dag)
        end_dag(state, dag, (Status.CANCELLED, pause.HELD_TOO_LONG), now, round_)
        return
    withdraw_run(state, dag)
    end_dag(state, dag, (Status.FAILED, SCHEDULE_TIMEOUT_ERROR), now, round_)


def finish_dag(state: State, dag: Dag, now: float, round_: Round) -> None:
    """All tasks of a run are final: so is the run, and all its rows move to the history."""
    if dag.waits:
        # Its last task was cancelled before it passed its workflow's limits.
        withdraw_run(state, dag)
    members = dag.ordered_members()
    failed = [member for member in members if member.status == Status.FAILED]
    if failed:
        dag.status, dag.error = Status.FAILED, failed[0].error
    elif any(member.status == Status.CANCELLED for member in members):
        dag.status = Status.CANCELLED
        dag.error = next((member.error for member in members if member.error.startswith(DROPPED)), "")
    else:
        dag.status = Status.COMPLETED
    dag.finished_at = now
    if dag.version.concurrency:
        flow.leave_run_gates(state, dag)
        flow.leave(state, dag, dag.version.concurrency)
    round_.finish(dag)
    spike.begun(state, dag)
    claim.release(state, dag, round_)
    state.bury(dag.run_id)
    results: list[TaskResult] = []
    for member in members:
        round_.finish(member)
        if not (member.skipped and member.spec.is_on_failure):
            results.append(result_of(member))
    state.forget_dag(dag)
    announce(state, RunFinished(dag.run_id, dag.status, results), now, round_)


def result_of(task: Task) -> TaskResult:
    """The outcome of a final task."""
    output = SKIPPED_OUTPUT if task.skipped else task.output
    return TaskResult(task.run_id, task.task_name, task.status, output, _error_of(task), task.skipped)


def _error_of(task: Task) -> str | None:
    return None if task.status == Status.COMPLETED else task.error


def announce(state: State, result: RunFinished, now: float, round_: Round) -> None:
    """Tells a run's result to all who want it."""
    state.remember(result)
    run_id = result.run_id
    if run_id in state.cron_runs:
        state.ended_cron_runs.append(run_id)
    if run_id in state.child_waits:
        state.ended_children.append(result)
    sessions = state.watchers.pop(run_id, None)
    if sessions is not None:
        for session in sessions:
            state.watched_by[session].pop(run_id, None)
            round_.send(session, result)
    broadcast.end_run(state, round_, run_id, result.status, now)


def running(state: State, task_id: str, attempt: int | None) -> Task:
    """The running task of that id (and attempt). Raises NOT_FOUND otherwise."""
    task = state.tasks.get(task_id)
    if task is None or task.status != Status.RUNNING or (attempt is not None and attempt != task.attempt):
        raise Refused(Code.NOT_FOUND, f"task_run_external_id: no running attempt of task {task_id!r}", "task_id")
    return task


def refresh_timeout(state: State, command: RefreshTimeout, now: float, round_: Round) -> float:
    """Moves the deadline of a running attempt."""
    task = running(state, command.task_id, command.attempt)
    task.due_at += command.by
    state.timers.set(task.run_id, task.due_at)
    round_.event(task, "TIMEOUT_REFRESHED", now, f"Timeout extended by {command.by:g} s")
    round_.update(task)
    return task.due_at


def release_slot(state: State, command: ReleaseSlot, now: float, round_: Round) -> None:
    """Frees the slots of a running attempt, which goes on."""
    task = running(state, command.task_id, command.attempt)
    if task.slot_released or task.worker is None or task.batch is not None:
        # The slots of a batch are not one task's to give.
        return
    worker = task.worker
    worker.free_slots(task)
    task.slot_released = True
    if worker.waiting:
        state.freed[worker.worker_id] = worker
    round_.event(task, "SLOT_RELEASED", now)
    round_.update(task)
