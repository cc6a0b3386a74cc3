"""The state machine of one tenant: commands in, records and messages out.

`Tenant.apply` changes memory at once; nothing that it says may leave the engine before the round's records are
committed. If they cannot be committed, the whole object is thrown away and built anew from the store (`recovery`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import (
    backlog,
    broadcast,
    capacity,
    claim,
    control,
    cron,
    durable,
    explanation,
    flow,
    fork,
    hold,
    lifecycle,
    need,
    pause,
    rate,
    recovery,
    schedule,
    session,
    settling,
    shedding,
    spike,
    trigger,
    user_event,
    wait,
    workflow,
)
from . import dispatch as dispatching
from .command import (
    AttachWorker,
    BackfillCron,
    CancelRuns,
    ChangeCron,
    ChangeSchedules,
    ChangeWorker,
    ClaimRow,
    CloseSession,
    Command,
    CronRow,
    DetachWorker,
    DropCron,
    DropFilter,
    DropRateLimit,
    DropSchedules,
    DropWorkflow,
    ExpireQueued,
    ExplainWait,
    FilterRow,
    Heartbeat,
    Listen,
    Loaded,
    PauseRateLimit,
    PauseRow,
    PauseWorkflow,
    PushEvents,
    PutCron,
    PutFilter,
    PutLogs,
    PutRateLimit,
    PutSchedules,
    PutStream,
    PutWorkflow,
    RefreshTimeout,
    RegisterWorker,
    ReleaseSlot,
    RemoveWorker,
    ReplayRuns,
    ReportTasks,
    RunCron,
    RunSchedule,
    StepRow,
    TenantLimits,
    Tick,
    Trigger,
    Undelivered,
    Unlisten,
    UnwatchRuns,
    WatchRuns,
    WatchTenant,
    WorkerRow,
    WorkflowRow,
)
from .command import RunRow as RunRow
from .limit import RateRow
from .record import Need
from .round import Round
from .run import Dag
from .state import State
from .status import Status
from .steer import CountWaiting, DropOldest, ListConcurrency, PauseRuns, PutTenantLimits
from .step import AwaitSteps, EvictTask, FetchHistory, ForkTask, PutMemo, RecordSteps, RestoreTask
from .tally import Tally

# Timer of the reports of starts. They matter after a crash alone, and mostly the outcome comes before: a transaction
# for each would be the larger part of a short task's cost.
LATE = "late"
LATE_BY = 0.05
# Notes of what left memory that are kept before those that no load can need are dropped.
PRUNE_TOMBSTONES = 10_000


class Tenant:
    """One tenant's runs, tasks, queues and workers, as its owner decides over them."""

    def __init__(self, tenant_id: str) -> None:
        self.state = State(tenant_id)

    def missing(self, command: Command) -> Need | None:
        """Rows to load before `command` can be applied, or None. (Load them, apply `Loaded`, then the command.)"""
        return need.missing(self.state, command)

    def load_begins(self) -> int:
        """A load from the store begins; returns its number, for `Loaded`. What leaves memory meanwhile is noted."""
        state = self.state
        if not state.loads:
            # Not at the end of a load: the command that asked for it has yet to look at them.
            state.recent_events.clear()
        state.last_load += 1
        state.loads[state.last_load] = None
        return state.last_load

    def load_ends(self, number: int) -> None:
        """The rows of a load have been applied, or will not come."""
        state = self.state
        state.loads.pop(number, None)
        if not state.loads:
            state.tombstones.clear()
        elif len(state.tombstones) > PRUNE_TOMBSTONES:
            oldest = next(iter(state.loads))
            state.tombstones = {key: last for key, last in state.tombstones.items() if last >= oldest}

    def apply(self, command: Command, now: float, round_: Round) -> Any:
        """Applies one command.

        Args:
            command: what is asked for.
            now: the time, seconds since 1970; never smaller than in the call before.
            round_: collects records and messages.

        Returns:
            The reply, to be given once the round is committed.

        Raises:
            Refused: the command is refused and has changed nothing.
        """
        reply = _HANDLERS[type(command)](self.state, command, now, round_)
        if type(command) is not Loaded:
            self.state.sweep()
        return reply

    def dispatch(self, now: float, round_: Round) -> None:
        """End of a round: assigns waiting tasks to workers with room."""
        state = self.state
        dispatching.dispatch(state, round_, now)
        while state.admitted:
            lifecycle.begin_admitted(state, now, round_)
            dispatching.dispatch(state, round_, now)
        while state.ended_children:
            settling.on_children(state, now, round_)
            dispatching.dispatch(state, round_, now)
        if state.ended_cron_runs:
            ended, state.ended_cron_runs = state.ended_cron_runs, []
            for run_id in ended:
                cron.on_run_finished(state, run_id, now, round_)
            dispatching.dispatch(state, round_, now)
        if state.victims:
            round_.followups.append(CancelRuns(list(state.victims), flow.REASON))
            state.victims = {}
        if state.looking:
            round_.followups.extend(wait.LookBack(task_id) for task_id in state.looking)
            state.looking = {}
        if state.capacity.overfull:
            capacity.drop_excess(state, now, round_)
        if state.late:
            if round_.records:
                _write_late(state, round_)
            else:
                state.timers.set(LATE, now + LATE_BY, keep=True)
        state.sweep()

    def refills(self) -> list[tuple[int, int, int]]:
        """Windows that run low, as `(queue_id, after sort key, limit)`: load them and apply `Loaded` for each."""
        return need.refills(self.state)

    def schedules_to_load(self, now: float) -> tuple[float, str, float, int] | None:
        """Schedules to load next, as `Need.schedules`: load them and apply `Loaded`."""
        return schedule.wanted(self.state, now)

    def next_due(self) -> float | None:
        """When the next timer is due: apply `Tick` then."""
        return self.state.timers.next_due()

    def recover(
        self,
        *,
        versions: list[WorkflowRow],
        workers: list[WorkerRow],
        rows: list[RunRow],
        tallies: list[Tally],
        tenant_limits: list[TenantLimits],
        members: list[RunRow],
        rates: list[RateRow],
        filters: list[FilterRow],
        crons: list[CronRow],
        active_cron_runs: list[str],
        steps: list[StepRow],
        claims: list[ClaimRow],
        pauses: list[PauseRow],
        unstarted: list[tuple[str, str]],
        sequence: int,
        now: float,
    ) -> None:
        """Builds the state from the store's rows of unfinished work (see `recovery.recover`)."""
        for row in versions:
            workflow.adopt(self.state, row)
        self.state.tallies.adopt(tallies)
        pause.adopt(self.state, pauses)
        user_event.adopt_filters(self.state, filters)
        cron.adopt_crons(self.state, crons, active_cron_runs)
        queue_ids = sorted(tally.queue_id for tally in tallies if tally.queue_id > 0)
        recovery.recover(self.state, workers, rows, queue_ids, members, rates, sequence, now)
        capacity.adopt(self.state, tenant_limits)
        settling.adopt(self.state, steps)
        claim.adopt(self.state, claims)
        spike.adopt(self.state, unstarted)


def _write_late(state: State, round_: Round) -> None:
    """Writes the starts that were held back, but for those that what came since has overtaken."""
    for task in state.late.values():
        if task.status == Status.RUNNING and state.tasks.get(task.run_id) is task:
            round_.update(task)
    state.late.clear()
    state.timers.clear(LATE)


def _tick(state: State, command: Tick, now: float, round_: Round) -> None:
    for key in state.timers.due(now):
        kind, colon, _ = key.partition(":")
        if colon or kind in _TIMERS:
            _TIMERS[kind](state, key, now, round_)
            continue
        task = state.tasks.get(key)
        if task is None:
            if key in state.dags:
                _on_run_timer(state, state.dags[key], now, round_)
        elif task.due_at > now:
            state.timers.set(key, task.due_at)
        elif task.waits:
            wait.on_timer(state, task, now, round_)
        else:
            lifecycle.on_timer(state, task, now, round_)


# By what a timer's key begins with; the others are ids of tasks and runs.
_TIMERS: dict[str, Callable[[State, str, float, Round], None]] = {
    LATE: lambda state, key, now, round_: _write_late(state, round_),
    "batch": lambda state, key, now, round_: flow.on_batch_timer(state, key),
    "cron": cron.on_timer,
    "grace": session.on_worker_timer,
    "rate": lambda state, key, now, round_: flow.on_rate_timer(state, key),
    "schedule": schedule.on_timer,
    schedule.LOOK_TIMER: lambda state, key, now, round_: schedule.on_look(state),
    settling.WAKE.removesuffix(":"): settling.on_wake,
    "worker": session.on_worker_timer,
}


def _on_run_timer(state: State, dag: Dag, now: float, round_: Round) -> None:
    if dag.due_at > now:
        state.timers.set(dag.run_id, dag.due_at)
    elif dag.windowed:
        lifecycle.expire_run(state, dag, now, round_)


def _put_logs(state: State, command: PutLogs, now: float, round_: Round) -> list[bool]:
    replies: list[bool] = []
    for line in command.lines:
        task = state.tasks.get(line.task_id)
        known = task is not None or line.task_id in state.recent or line.task_id in state.finished_rows
        if known:
            if line.attempt is None:
                line.attempt = task.attempt if task is not None else 0
            round_.records.logs.append(line)
            if task is not None and state.listeners:
                broadcast.emit_log(state, round_, task, line)
        replies.append(known)
    return replies


_HANDLERS: dict[type[Command], Callable[[State, Any, float, Round], Any]] = {
    AwaitSteps: durable.await_steps,
    EvictTask: durable.evict_task,
    FetchHistory: durable.fetch_history,
    ForkTask: fork.fork_task,
    PutMemo: durable.put_memo,
    RecordSteps: durable.record_steps,
    RestoreTask: durable.restore_task,
    AttachWorker: session.attach_worker,
    CancelRuns: control.cancel_runs,
    CountWaiting: backlog.count_waiting,
    DropOldest: shedding.drop_oldest,
    wait.LookBack: wait.look_back,
    ListConcurrency: backlog.list_concurrency,
    PauseRuns: hold.pause_runs,
    PutTenantLimits: capacity.put_tenant_limits,
    BackfillCron: cron.backfill_cron,
    ChangeCron: cron.change_cron,
    ChangeSchedules: schedule.change_schedules,
    ChangeWorker: session.change_worker,
    CloseSession: broadcast.close_session,
    DetachWorker: session.detach_worker,
    DropCron: cron.drop_cron,
    DropSchedules: schedule.drop_schedules,
    DropWorkflow: workflow.drop_workflow,
    PutCron: cron.put_cron,
    PutSchedules: schedule.put_schedules,
    RunCron: cron.run_cron,
    RunSchedule: schedule.run_schedule,
    DropFilter: user_event.drop_filter,
    ExplainWait: explanation.explain_wait,
    ExpireQueued: recovery.expire_queued,
    Heartbeat: session.heartbeat,
    Listen: broadcast.listen,
    Unlisten: broadcast.unlisten,
    Loaded: recovery.loaded,
    DropRateLimit: rate.drop_rate_limit,
    PauseRateLimit: rate.pause_rate_limit,
    PauseWorkflow: pause.pause_workflow,
    PushEvents: user_event.push_events,
    PutFilter: user_event.put_filter,
    PutLogs: _put_logs,
    PutRateLimit: rate.put_rate_limit,
    PutStream: broadcast.put_stream,
    PutWorkflow: workflow.put_workflow,
    RefreshTimeout: lifecycle.refresh_timeout,
    RegisterWorker: session.register_worker,
    ReleaseSlot: lifecycle.release_slot,
    RemoveWorker: session.remove_worker,
    ReplayRuns: control.replay_runs,
    ReportTasks: lifecycle.report_tasks,
    Tick: _tick,
    Trigger: trigger.trigger,
    Undelivered: session.undelivered,
    UnwatchRuns: broadcast.unwatch_runs,
    WatchRuns: broadcast.watch_runs,
    WatchTenant: broadcast.watch_tenant,
}
