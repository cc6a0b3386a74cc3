"""Rows of the tables, as the core sees them."""

from __future__ import annotations

import msgspec

from .definition import ConditionDefinition, LabelDefinition, WorkflowDefinition


class Extra(msgspec.Struct, frozen=True, omit_defaults=True):
    """What few runs have, in one column.

    Attributes:
        event_id: the event that started the run; event_key: its key.
        filter_payload: text of the JSON object of the filter that matched it.
        keys: values of its concurrency expressions, the workflow's before the task's.
        limits: values of their `max_runs_expression`, 0 for those without.
        rates: units that it takes of rate limits, by key.
        labels: what this run desires of its worker, beside what its definition says.
        worker_id: the worker that it is to go to.
        waiting_since: from when on sleeps of its conditions count, while it waits for them; 0 otherwise.
        satisfied: places of its conditions that are satisfied, with their data (JSON text).
        restores: of a durable task, how many of its attempts began because a wait was over.
        branches: of its history, from the second on: the branch that each leaves, and the first node that differs.
        forked_at: when its newest branch began; messages that came before are of no account to it.
        claim: the idempotency key that the run has claimed.
        input: what it is run with after a fork, in place of the run's input (JSON text).
        ttl: seconds that the run may wait for its start, in place of its tasks' own; 0 for those.
        paused_at: since when the run is paused; 0 if it is not.
        debounce: the key with which it waits for others that may take its place; held_since: since when the first did.
        batch_key: of a batch task: with whom it is run together; batch_id: the batch that its last attempt was in.
    """

    event_id: str = ""
    event_key: str = ""
    filter_payload: str = ""
    keys: tuple[str, ...] = ()
    limits: tuple[int, ...] = ()
    rates: tuple[tuple[str, int], ...] = ()
    labels: tuple[LabelDefinition, ...] = ()
    worker_id: str = ""
    waiting_since: float = 0.0
    satisfied: tuple[tuple[int, str], ...] = ()
    restores: int = 0
    branches: tuple[tuple[int, int], ...] = ()
    forked_at: float = 0.0
    claim: str = ""
    input: str = ""
    batch_key: str = ""
    batch_id: str = ""
    debounce: str = ""
    held_since: float = 0.0
    ttl: float = 0.0
    paused_at: float = 0.0


class RunRow(msgspec.Struct, array_like=True, kw_only=True):
    """A row of the run table, hot or finished, as the core sees it."""

    run_id: str
    kind: int
    root_id: str = ""
    workflow_id: str
    version_id: str
    task_name: str = ""
    status: int
    attempt: int = 0
    app_failures: int = 0
    reassignments: int = 0
    priority: int = 1
    queue_id: int = 0
    sort_key: int = 0
    input: str = ""
    metadata: str = ""
    output: str = ""
    error: str = ""
    skipped: bool = False
    slot_released: bool = False
    worker_id: str = ""
    parent_task_id: str = ""
    parent_run_id: str = ""
    child_key: str = ""
    # None leaves what is stored; replaced as a whole.
    extra: Extra | None = None
    created_at: float = 0.0
    queued_at: float = 0.0
    assigned_at: float = 0.0
    started_at: float = 0.0
    finished_at: float = 0.0
    # Next thing due: end of backoff (BACKOFF), schedule deadline (QUEUED), execution deadline (RUNNING).
    due_at: float = 0.0


class StepRow(msgspec.Struct, array_like=True, kw_only=True):
    """A step that a durable task recorded: a line of its history.

    Attributes:
        branch, node: its place; branches and nodes count from 1.
        kind: a `StepKind`.
        fingerprint: what must be the same when the task comes to this place again.
        what: the step in words.
        label: the task's own name for it.
        child_id: RUN: the run that was started.
        conditions: WAIT: what it waits for; met: places of those that hold, with their data (JSON text).
        invocation: the attempt that recorded it.
        order: place among the steps of the task that are settled, 0 while it is open. Grows, with gaps.
        payload: RUN: the child's output. WAIT: data of the conditions by their keys. MEMO: the value. JSON text.
        failed: RUN: the child failed or was cancelled; the payload is the error's text.
    """

    task_id: str
    branch: int
    node: int
    kind: int
    fingerprint: str
    what: str = ""
    label: str = ""
    child_id: str = ""
    conditions: tuple[ConditionDefinition, ...] = ()
    met: tuple[tuple[int, str], ...] = ()
    invocation: int = 0
    recorded_at: float = 0.0
    order: int = 0
    settled_at: float = 0.0
    payload: str = ""
    failed: bool = False


class WorkerRow(msgspec.Struct, array_like=True, kw_only=True):
    """A row of the worker table."""

    worker_id: str
    name: str
    actions: list[str]
    slots: dict[str, int]
    labels: dict[str, str | int] = {}
    runtime: dict[str, str] = {}
    paused: bool = False
    # Paused, and shown as drained once it holds nothing more.
    draining: bool = False
    seen_at: float = 0.0


class WorkflowRow(msgspec.Struct, array_like=True, kw_only=True):
    """A version of a workflow; `latest` marks the one that new runs use."""

    workflow_id: str
    version_id: str
    order: int
    definition: WorkflowDefinition
    latest: bool


class CronRow(msgspec.Struct, array_like=True, kw_only=True):
    """A cron.

    Attributes:
        workflow: the name of the workflow that it starts.
        name: for people; with the expression unique in its workflow. "" for one that a definition brings.
        timezone: name of the expression's time zone, "" for UTC.
        input, metadata, priority: of its runs.
        enabled: it fires.
        declared: it came with the workflow's definition.
        missed: what becomes of ticks of a time when no engine ran: "skip", "one" (the last) or "all".
        overlap: what becomes of a tick while the run of the one before has not ended: "allow", "skip", "queue" or
            "cancel" (that run).
        jitter: seconds by which ticks are late at most, spread evenly.
        next_at: the next tick, seconds since 1970.
        last_run_id: of the last tick.
        pending: ticks that wait for that run (`overlap` "queue").
        problem: why the last tick started nothing, or "".
    """

    cron_id: str
    workflow: str
    expression: str
    name: str = ""
    timezone: str = ""
    input: str = "{}"
    metadata: str = ""
    priority: int = 0
    enabled: bool = True
    declared: bool = False
    missed: str = "skip"
    overlap: str = "allow"
    jitter: float = 0.0
    created_at: float = 0.0
    next_at: float = 0.0
    last_run_id: str = ""
    pending: int = 0
    problem: str = ""


class ScheduleRow(msgspec.Struct, array_like=True, kw_only=True):
    """A run that is to be started once.

    Attributes:
        workflow: the name of its workflow.
        at: when, seconds since 1970.
        input, metadata, priority, parent_task_id, child_key: of the run.
        created_at: when it was made.
        run_id: of its run, once it has fired.
        problem: why it started nothing, or "".
    """

    schedule_id: str
    workflow: str
    at: float
    input: str = "{}"
    metadata: str = ""
    priority: int = 0
    parent_task_id: str = ""
    child_key: str = ""
    created_at: float = 0.0
    run_id: str = ""
    problem: str = ""


class FilterRow(msgspec.Struct, array_like=True):
    """A filter of a workflow; `declared` ones come with its definition, and are not stored."""

    filter_id: str
    workflow_id: str
    scope: str
    expression: str
    payload: str = ""
    declared: bool = False


class ClaimRow(msgspec.Struct, array_like=True):
    """An idempotency key that a run has claimed.

    Attributes:
        until: seconds since 1970; the key is free from then on.
        until_end: it is free before that when the run is final.
    """

    key: str
    run_id: str
    until: float
    until_end: bool


class TenantLimits(msgspec.Struct, array_like=True):
    """What a tenant may have at once; 0 for any number.

    Attributes:
        max_queued: tasks that are queued, when a run is started.
        drop_oldest: the oldest runs that have not begun are cancelled for one more; otherwise that one is refused.
        max_running: tasks that run.
        pace: tasks that start a second, spread evenly.
    """

    max_queued: int = 0
    drop_oldest: bool = False
    max_running: int = 0
    pace: float = 0.0


class PauseRow(msgspec.Struct, array_like=True):
    """A workflow, or a single queue of it, that is, or was, paused.

    Attributes:
        task_name: of the queue; "" for the whole workflow.
        since: when it was paused, or resumed.
        drop_crons, drop_schedules: what they would start is dropped meanwhile, and not held.
        patience: seconds that a run is held at most, then it is cancelled; 0 for any time.
    """

    workflow_id: str
    paused: bool
    since: float
    drop_crons: bool = False
    drop_schedules: bool = False
    patience: float = 0.0
    task_name: str = ""


class EventItem(msgspec.Struct, array_like=True):
    """A user event.

    Attributes:
        event_id: UUIDv7 text, made by whoever accepted it.
        key: by which workflows are registered for it.
        payload: text of a JSON object.
        metadata: text of a JSON object, or "".
        priority: of the runs that it starts, 0 for their workflows' defaults.
        scope: chooses filters; "" for none.
    """

    event_id: str
    key: str
    payload: str = "{}"
    metadata: str = ""
    priority: int = 0
    scope: str = ""


class LogLine(msgspec.Struct, array_like=True):
    """A line of a task's log; `fields` is the text of a JSON object or ""."""

    task_id: str
    at: float
    level: str
    message: str
    fields: str = ""
    attempt: int | None = None
