"""Commands: what the edges ask of a tenant's state machine.

A command is plain data, so that it can travel to the replica that owns the tenant. Ids that are new in a command were
made by whoever sends it. Replies are given once everything that they depend on is committed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from .definition import LabelDefinition, WorkflowDefinition
from .row import ClaimRow as ClaimRow
from .row import CronRow as CronRow
from .row import EventItem as EventItem
from .row import Extra as Extra
from .row import FilterRow as FilterRow
from .row import LogLine as LogLine
from .row import PauseRow as PauseRow
from .row import RunRow as RunRow
from .row import ScheduleRow as ScheduleRow
from .row import StepRow as StepRow
from .row import TenantLimits as TenantLimits
from .row import WorkerRow as WorkerRow
from .row import WorkflowRow as WorkflowRow


class Command(msgspec.Struct, tag=True, array_like=True):
    """Base of all commands."""


class PutWorkflow(Command):
    """Registers a workflow. Reply: `(workflow_id, version_id)`; an identical definition keeps its version."""

    definition: WorkflowDefinition
    # Used when the workflow, or this version of it, is new.
    new_workflow_id: str
    new_version_id: str


class TriggerItem(msgspec.Struct, array_like=True):
    """One run to start.

    Attributes:
        run_id: the id of the run to be (UUIDv7 text).
        workflow: the workflow's name.
        input: text of a JSON object.
        metadata: text of a JSON object, or "".
        priority: 1 to 3, 0 for the workflow's default.
        parent_task_id: the task that spawns it, or "".
        child_key: what tells the children of one parent apart; with a parent, the same key names the same run.
        desired_worker_id: for a workflow that is sticky, the worker that it is to go to.
        desired_labels: labels that it desires of its worker; they go before its definition's of the same key.
        extra: what an event or a timer tells of the run, and for how long it may wait for its start.
        again: the item may have been sent before: a run with this id is not an error, it is the answer.
    """

    run_id: str
    workflow: str
    input: str = "{}"
    metadata: str = ""
    priority: int = 0
    parent_task_id: str = ""
    child_key: str = ""
    desired_worker_id: str = ""
    again: bool = False
    desired_labels: tuple[LabelDefinition, ...] = ()
    extra: Extra | None = None


class Trigger(Command):
    """Starts runs. Reply: for each item the id of its run, or a `Refusal`; with `atomic`, all or none.

    With `watch_session` the session also watches each of them, as by `WatchRuns`. `enqueued`: places of the rows that
    the items stand for, which go when their runs come; `problems`: rows that can be no run, and why.
    """

    items: list[TriggerItem]
    atomic: bool = False
    watch_session: str = ""
    enqueued: list[int] = []
    problems: list[tuple[int, str]] = []


class EnqueuedRow(msgspec.Struct, array_like=True):
    """A run that was enqueued in a transaction of a user; `place` is its order."""

    place: int
    run_id: str
    workflow: str
    input: str
    metadata: str
    priority: int


class Refusal(msgspec.Struct, tag=True, array_like=True):
    """An item of a batch that was refused: gRPC code, message, field; `existing`: the run that has its key."""

    code: int
    message: str
    field: str = ""
    existing: str = ""


class RegisterWorker(Command):
    """Makes a worker known. Reply: None."""

    worker_id: str
    name: str
    actions: list[str]
    slots: dict[str, int]
    labels: dict[str, str | int] = {}
    # sdk_version, language, language_version, os, extra
    runtime: dict[str, str] = {}


class AttachWorker(Command):
    """Opens a worker's session: from now on its assignments go there. A second session replaces the first.

    Reply: the attempts in `held` that it no longer holds, as `(task_id, attempt)`. With `held` None (the shared
    protocol does not tell) nothing is known of what the worker has; tasks that were assigned and whose start was never
    reported are given to others after a grace time.
    """

    worker_id: str
    session: str
    held: list[tuple[str, int]] | None = None


class DetachWorker(Command):
    """A worker's session ended; ignored if another one has replaced it."""

    worker_id: str
    session: str


class Heartbeat(Command):
    """The worker lives. Reply: None; refused with NOT_FOUND, or FAILED_PRECONDITION when it has no session."""

    worker_id: str


class ChangeWorker(Command):
    """Changes labels (added to those it has), or pauses (True) or resumes (False) a worker.

    With `draining` it is paused too, and shown as drained once it holds nothing; to resume it ends that.
    """

    worker_id: str
    labels: dict[str, str | int] | None = None
    paused: bool | None = None
    draining: bool | None = None


class RemoveWorker(Command):
    """The worker leaves for good; what it still holds goes back to the queue."""

    worker_id: str


class TaskReport(msgspec.Struct, array_like=True):
    """What a worker says of one attempt.

    Attributes:
        kind: one of the `REPORT_…` numbers.
        attempt: None for the task's current one.
        payload: output (JSON text or "") of a completion, error text of a failure.
        final: a failure that must not be retried.
        retry_after: seconds until the next attempt, in place of the backoff.
        plain: `attempt` does not count those that began because a durable task's wait was over (shared contract).
    """

    task_id: str
    kind: int
    attempt: int | None = None
    payload: str = ""
    final: bool = False
    retry_after: float | None = None
    at: float | None = None
    plain: bool = False


REPORT_STARTED = 1
REPORT_COMPLETED = 2
REPORT_FAILED = 3
REPORT_CANCELLED = 5


class ReportTasks(Command):
    """Reports of attempts, applied in order. Reply: a bool for each, False where it no longer counts."""

    reports: list[TaskReport]


class RefreshTimeout(Command):
    """Adds `by` seconds to the deadline of a running attempt. Reply: the new deadline; NOT_FOUND if none runs."""

    task_id: str
    by: float
    attempt: int | None = None


class ReleaseSlot(Command):
    """Frees the slot of a running attempt, which goes on. NOT_FOUND if none runs."""

    task_id: str
    attempt: int | None = None


class CancelRuns(Command):
    """Cancels runs or single tasks, and all that they spawned. Reply: the ids (of `ids`) that were not final yet.

    With `unbegun`, runs that have begun are left alone.
    """

    ids: list[str]
    reason: str = "Cancelled by user"
    unbegun: bool = False


class ReplayRuns(Command):
    """Runs final runs again, or chosen tasks of a run with all that is downstream. Reply: the ids that it took."""

    ids: list[str]


class WatchRuns(Command):
    """The session wants `RunFinished` of these runs, also of those that are final, and of ids not known yet."""

    session: str
    ids: list[str]


class UnwatchRuns(Command):
    """The session no longer wants these."""

    session: str
    ids: list[str]


class Listen(Command):
    """The session wants the events of a run (`TaskEvent`, `StreamChunk`), or of all runs with a metadata pair.

    `logs`: log lines too (`TaskLogged`); of a run alone.

    Reply: True if the run is final already. NOT_FOUND for an unknown run.
    """

    session: str
    run_id: str = ""
    metadata: tuple[str, str] | None = None
    logs: bool = False


class WatchTenant(Command):
    """The session wants to be told, in digests (`TenantChanged`), what changes in the tenant."""

    session: str


class PutStream(Command):
    """Chunks of a task's stream: `(index, data)`; index None is arrival order. NOT_FOUND for an unknown task."""

    task_id: str
    chunks: list[tuple[int | None, bytes]]
    attempt: int | None = None


class PutLogs(Command):
    """Stores log lines. Reply: a bool for each, False for an unknown task."""

    lines: list[LogLine]


class Undelivered(Command):
    """An assignment could not be handed to the worker's session: the attempt goes to others at once."""

    task_id: str
    attempt: int


class PutRateLimit(Command):
    """Declares a rate limit of `limit` units a `window` (seconds), or changes it. Reply: None."""

    key: str
    limit: int
    window: float


class PauseRateLimit(Command):
    """Lets nothing use a rate limit before `until` (seconds since 1970). Reply: when its pause ends."""

    key: str
    until: float


class DropRateLimit(Command):
    """Forgets a rate limit. NOT_FOUND; FAILED_PRECONDITION while tasks wait for it."""

    key: str


class PushEvents(Command):
    """Accepts events, all or none. Reply: their ids. `again`: they may have been accepted before."""

    events: list[EventItem]
    again: bool = False


class PutFilter(Command):
    """Adds a filter, or changes the one of that id. Reply: the filter. NOT_FOUND for an unknown workflow."""

    filter: FilterRow


class DropFilter(Command):
    """Takes a filter away. Reply: what it was. NOT_FOUND."""

    filter_id: str


class PutCron(Command):
    """Makes a cron. Reply: it. NOT_FOUND for an unknown workflow, ALREADY_EXISTS for one like it."""

    cron: CronRow


class ChangeCron(Command):
    """Pauses a cron (`enabled` False), lets it go on, or gives it other values; None leaves one as it is.

    The fields are those of `CronRow`.
    """

    cron_id: str
    enabled: bool | None = None
    expression: str | None = None
    name: str | None = None
    timezone: str | None = None
    input: str | None = None
    metadata: str | None = None
    priority: int | None = None
    missed: str | None = None
    overlap: str | None = None
    jitter: float | None = None


class DropCron(Command):
    """Takes a cron away."""

    cron_id: str


class RunCron(Command):
    """Starts a run of a cron at once. Reply: its id."""

    cron_id: str
    run_id: str


class BackfillCron(Command):
    """Starts the runs of all ticks from `since` to before `until` that have none. Reply: their ids."""

    cron_id: str
    since: float
    until: float


class PutSchedules(Command):
    """Makes schedules, all or none. Reply: their ids. NOT_FOUND for an unknown workflow."""

    schedules: list[ScheduleRow]


class ChangeSchedules(Command):
    """Moves schedules (as they are stored) to these times. Reply: the ids of those that have not fired."""

    rows: list[ScheduleRow]
    times: list[float]


class DropSchedules(Command):
    """Takes schedules away. Reply: their ids."""

    ids: list[str]


class RunSchedule(Command):
    """Lets a schedule (as it is stored) fire now. Reply: its run's id. FAILED_PRECONDITION if it has fired."""

    row: ScheduleRow


class ExplainWait(Command):
    """Why a task or run waits. Reply: text, "" if it does not, or stands in the store alone (others go first)."""

    task_id: str


class PauseWorkflow(Command):
    """Pauses a workflow, or the queue of one task of it, or (`paused` False) lets it go on. Reply: its `PauseRow`.

    NOT_FOUND for an unknown workflow or task.
    """

    workflow_id: str
    paused: bool
    drop_crons: bool = False
    drop_schedules: bool = False
    patience: float = 0.0
    task_name: str = ""


class DropWorkflow(Command):
    """Takes a workflow away: nothing starts it any more, until it is registered again. Reply: None. NOT_FOUND."""

    workflow_id: str


class CloseSession(Command):
    """The session is gone: forget what it watches and listens to. (Workers are detached by `DetachWorker`.)"""

    session: str


# ---- what the engine itself sends: time, and rows that the core had asked for ------------------------------------


class Tick(Command):
    """Time has passed; due timers fire."""


class Loaded(Command):
    """Rows that the core had asked for (see `record.Need`), or that make up its state after a take-over.

    Attributes:
        rows: rows of unfinished runs and of all tasks of a DAG run that is among them.
        finished: rows of finished runs that were asked for by id (with all tasks, for a DAG run).
        children: of the parents asked for: `parent_task_id -> {child_key: run_id}`, finished children included.
        queue: set for the answer to `Need.refill`: the queue, and whether nothing is left behind the last row.
        number: of the load (`Tenant.load_begins`).
        schedules, schedules_until: set for the answer to `Need.schedules`: the schedules, and up to which time and id.
        asked: ids that were asked for; those of which nothing came exist nowhere.
        steps: histories of durable tasks that were asked for, by task.
        claims: set for the answer to `Need.claims`: those that hold, by key.
        events: set for the answer to `Need.events`: events of the past, the oldest first.
        oldest: set for the answer to `Need.oldest`: runs that have not begun, the oldest first.
    """

    rows: list[RunRow] = []
    finished: list[RunRow] = []
    children: dict[str, dict[str, str]] = {}
    versions: list[WorkflowRow] = []
    queue: tuple[int, bool] | None = None
    number: int = 0
    asked: list[str] = []
    steps: dict[str, list[StepRow]] = {}
    events: list[EventItem] | None = None
    claims: dict[str, ClaimRow | None] = {}
    schedules: list[ScheduleRow] = []
    schedules_until: tuple[float, str] | None = None
    oldest: list[str] | None = None


class ExpireQueued(Command):
    """Queued tasks whose schedule deadline has passed, found in the store behind the windows of their queues."""

    rows: list[RunRow]


CommandReply = Any
