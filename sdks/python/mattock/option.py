"""Options of tasks and of runs, as keyword arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Required, TypedDict

from .condition import Conditions
from .duration import Duration
from .event import EventFilter
from .flow import Debounce, DesiredLabel, Idempotency, Limits, QueueLimit, RateLimit, RoundRobin, Sticky

Executor = Literal["async", "thread", "process"]
QueueOrder = Literal["FIFO", "LIFO"] | RoundRobin
Priority = Literal[1, 2, 3]


@dataclass(frozen=True)
class EvictionPolicy:
    """When a durable task that waits leaves its worker, to come back when its wait is over.

    Attributes:
        ttl: after it has waited for so long; None for never.
        allow_capacity_eviction: also when all durable slots are taken, and it has waited for 10 s.
        priority: of several, those with the lower one leave first.
    """

    ttl: Duration | None = field(default_factory=lambda: timedelta(minutes=15))
    allow_capacity_eviction: bool = True
    priority: int = 0


class BatchOptions(TypedDict, total=False):
    """Options of a batch task.

    Attributes:
        batch_size: how many runs go together at most; required.
        batch_interval: after how long fewer go together, from when the first of them was queued; 1 s by default.
        batch_key: CEL over `input`, `additional_metadata` and `parents`: only runs with one key go together.
        batch_max_runs: how many batches with one key run at once; 100 by default.
    """

    batch_size: Required[int]
    batch_interval: Duration
    batch_key: str
    batch_max_runs: int


class TaskOptions(TypedDict, total=False):
    """Options of one task.

    Attributes:
        name: the task's name; by default the function's.
        retries: attempts after the first one; 0 by default.
        backoff_factor: the n-th retry waits `backoff_factor ** n` seconds; retries at once by default.
        backoff_max_seconds: cap of that delay; 86 400 by default.
        execution_timeout: how long an attempt may take; 60 s by default.
        schedule_timeout: how long it may wait in the queue; 5 min by default.
        slots: how many of a worker's slots it takes; 1 by default.
        priority: 1 (low) to 3 (high) for its place in its queue; by default the run's.
        executor: where it runs: "async" (a coroutine function, the default for one), "thread" (the default for a plain
            function) or "process" (a plain function, for work that keeps a CPU busy).
        concurrency: limits of what runs at once: a number for all together, or one or several `Concurrency`.
        rate_limits: units of rate limits that an attempt uses up.
        desired_worker_labels: labels that it desires of its worker.
        wait_for: conditions that must all hold before it is queued; for a task of a workflow.
        skip_if: conditions that, if they all hold, skip it.
        cancel_if: conditions that, if they all hold, cancel it.
        eviction_policy: of a durable task: when it leaves its worker while it waits; by default after 15 minutes, or
            if slots are short; None for never.
    """

    name: str
    retries: int
    backoff_factor: float
    backoff_max_seconds: float
    execution_timeout: Duration
    schedule_timeout: Duration
    slots: int | Mapping[str, int]
    priority: Priority
    executor: Executor
    concurrency: Limits
    rate_limits: Sequence[RateLimit]
    desired_worker_labels: Sequence[DesiredLabel]
    wait_for: Conditions
    skip_if: Conditions
    cancel_if: Conditions
    eviction_policy: EvictionPolicy | None


class WorkflowOptions(TypedDict, total=False):
    """Options of a workflow.

    Attributes:
        description: for people.
        version: for people.
        default_priority: 1 (low, the default) to 3 (high) for runs that name none.
        queue_order: order within equal priority: "FIFO", the default, "LIFO", or `RoundRobin` over a key.
        priority_ageing: time in the queue that counts as one step of priority more, so that a low priority waits for
            so much longer at most; by default a higher priority always goes first.
        queue_limit: how many runs may wait for their start, and what becomes of more: spikes do not pile up.
        pace: how many runs start a second at most, spread evenly.
        debounce: of runs with one key that come in quick succession, the last one is started.
        default_additional_metadata: metadata of each run; a run's own keys win.
        concurrency: limits of how many runs there are at once: a number for all together, or one or several
            `Concurrency`. A run holds its place until it ends.
        on_events: keys of events that start it; `*` stands for any characters.
        default_filters: which of those events do, by their scope.
        on_crons: cron expressions that start it: five fields, six with leading seconds, or `@daily`.
        cron_input: the input of those runs.
        idempotency: which runs are the same as one that was started before, and refused.
        sticky: "SOFT": the tasks of a run prefer the worker of its first one; "HARD": they wait for it.
    """

    description: str
    version: str
    default_priority: Priority
    queue_order: QueueOrder
    default_additional_metadata: Mapping[str, Any]
    concurrency: Limits
    on_events: Sequence[str]
    default_filters: Sequence[EventFilter]
    on_crons: Sequence[str]
    cron_input: Mapping[str, Any]
    sticky: Sticky
    idempotency: Idempotency
    priority_ageing: Duration
    queue_limit: QueueLimit
    pace: float
    debounce: Debounce


class SoleTaskOptions(TaskOptions, WorkflowOptions, total=False):
    """Options of a task that is a workflow by itself."""


class BatchTaskOptions(BatchOptions, TaskOptions, total=False):
    """Options of a batch task of a workflow."""


class SoleBatchTaskOptions(BatchOptions, SoleTaskOptions, total=False):
    """Options of a batch task that is a workflow by itself."""


class RunOptions(TypedDict, total=False):
    """Options of one run.

    Attributes:
        additional_metadata: a JSON object to search runs by.
        priority: 1 (low) to 3 (high); by default the workflow's.
        child_key: names a child run within the task that starts it: the same key finds the same run again.
        child_index: the same, by a number. Without either, children are numbered in the order of their start.
        desired_worker_id: the worker that should run it, for a workflow that is sticky.
        desired_worker_labels: labels that it desires of its worker; they go before the task's own of the same key.
        ttl: how long the run may wait for its start, in place of its tasks' `schedule_timeout`; then it fails.
        when_full: what to do while as many runs wait as may, of the workflow (`QueueLimit`) or of the tenant: "raise" a
            `TriggerError` of code 8, which is the default, or "wait" for room, in no order among those who wait;
            `asyncio.timeout` bounds it. A child of a durable task does not wait.
        stream: hear what the run streams from its start, however soon it ends (`run_no_wait` only).
    """

    additional_metadata: Mapping[str, Any]
    priority: Priority
    child_key: str
    child_index: int
    desired_worker_id: str
    desired_worker_labels: Sequence[DesiredLabel]
    ttl: Duration
    when_full: Literal["raise", "wait"]
    stream: bool
