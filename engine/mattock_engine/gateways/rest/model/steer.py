"""Limits of the tenant, pauses, and what waits."""

from __future__ import annotations

from typing import Literal

from .base import Body

WaitReason = Literal[
    "NO_WORKER",
    "NO_SLOT",
    "CONCURRENCY",
    "RATE_LIMIT",
    "TENANT_LIMIT",
    "PAUSED",
    "BACKOFF",
    "DEBOUNCE",
    "CONDITIONS",
    "BATCH",
    "TURN",
]


class TenantLimits(Body):
    """What a tenant may have at once; null for any number.

    `maxQueued` counts tasks that are queued when a run is started; `whenFull` says what becomes of one more.
    `maxRunning` counts tasks that run, `pace` tasks that start a second; what is above them waits.
    """

    max_queued: int | None = None
    when_full: Literal["REJECT", "DROP_OLDEST"] = "REJECT"
    max_running: int | None = None
    pace: float | None = None


class Queue(Body):
    """The waiting tasks of one task of a workflow."""

    task_name: str
    action: str
    is_paused: bool
    queued: int


class QueueList(Body):
    """The queues of a workflow."""

    rows: list[Queue]


class QueueChange(Body):
    """Pauses a queue, or lets it go on."""

    is_paused: bool


class Waiting(Body):
    """Tasks that wait for one reason; `taskName` is empty for runs that wait for their workflow's limits."""

    workflow_id: str
    workflow_name: str
    task_name: str
    reason: WaitReason
    count: int


class WaitingList(Body):
    """What waits, and why."""

    rows: list[Waiting]
    total: int


class ConcurrencyKey(Body):
    """A key of a concurrency limit that somebody holds or waits for.

    `name` is that of a shared limit; others belong to a workflow, or (with `taskName`) to a task of it. `holders` are
    ids of the first runs or tasks that have a place.
    """

    name: str | None = None
    workflow_id: str | None = None
    workflow_name: str | None = None
    task_name: str | None = None
    expression: str | None = None
    key: str
    limit: int
    strategy: str
    running: int
    waiting: int
    holders: list[str]


class ConcurrencyList(Body):
    """A page of keys; `nextCursor` is null on the last one."""

    rows: list[ConcurrencyKey]
    next_cursor: str | None = None
