"""What the engine itself sends: time, and rows that the core had asked for."""

from __future__ import annotations

from ..row import ClaimRow, EventItem, RunRow, ScheduleRow, StepRow, WorkflowRow
from .base import Command


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
