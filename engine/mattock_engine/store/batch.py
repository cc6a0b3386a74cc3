"""Rounds of records as columns, for set-based statements.

Columns are taken off the live objects at once: they go on changing while the transaction is on its way.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ..core.command import (
    ClaimRow,
    CronRow,
    FilterRow,
    LogLine,
    PauseRow,
    RunRow,
    ScheduleRow,
    StepRow,
    WorkerRow,
    WorkflowRow,
)
from ..core.limit import RateRow
from ..core.record import Event, Records, UserEventRow
from .sealing import Seal, sealed_records

Columns = list[list[Any]]


class Batch:
    """A round of one tenant.

    Args:
        tenant_id: whose.
        epoch: of the owner's lease.
        records: what to write.
        seal: encrypts payloads; None leaves them as they are.
    """

    __slots__ = ("epoch", "hot", "rare", "tenant_id")

    def __init__(self, tenant_id: str, epoch: int, records: Records, seal: Seal | None = None) -> None:
        if seal is not None:
            records = sealed_records(records, seal)
        self.tenant_id = tenant_id
        self.epoch = epoch
        self.hot: Columns = [
            *_insert_columns(records.inserted.values()),
            *_update_columns(records.updated.values()),
            *_finish_columns(records.finished.values()),
        ]
        self.rare = _rare(records)


def _extra(row: RunRow) -> str | None:
    return None if row.extra is None else msgspec.json.encode(row.extra).decode()


def _insert_columns(rows: Iterable[RunRow]) -> Columns:
    rows = list(rows)
    return [
        [r.run_id for r in rows],
        [r.kind for r in rows],
        [r.root_id or None for r in rows],
        [r.workflow_id for r in rows],
        [r.version_id for r in rows],
        [r.task_name or None for r in rows],
        [r.status for r in rows],
        [r.attempt for r in rows],
        [r.priority for r in rows],
        [r.queue_id for r in rows],
        [r.sort_key for r in rows],
        [r.input or None for r in rows],
        [r.metadata or None for r in rows],
        [r.error or None for r in rows],
        [r.skipped for r in rows],
        [r.worker_id or None for r in rows],
        [r.parent_task_id or None for r in rows],
        [r.parent_run_id or None for r in rows],
        [r.child_key or None for r in rows],
        [_extra(r) for r in rows],
        [r.created_at for r in rows],
        [r.queued_at or None for r in rows],
        [r.assigned_at or None for r in rows],
        [r.started_at or None for r in rows],
        [r.finished_at or None for r in rows],
        [r.due_at or None for r in rows],
    ]


def _update_columns(rows: Iterable[RunRow]) -> Columns:
    rows = list(rows)
    return [
        [r.run_id for r in rows],
        [r.status for r in rows],
        [r.attempt for r in rows],
        [r.app_failures for r in rows],
        [r.reassignments for r in rows],
        [r.queue_id for r in rows],
        [r.sort_key for r in rows],
        [r.output or None for r in rows],
        [r.error or None for r in rows],
        [r.skipped for r in rows],
        [r.slot_released for r in rows],
        [r.worker_id or None for r in rows],
        [_extra(r) for r in rows],
        [r.queued_at or None for r in rows],
        [r.assigned_at or None for r in rows],
        [r.started_at or None for r in rows],
        [r.finished_at or None for r in rows],
        [r.due_at or None for r in rows],
    ]


def _finish_columns(rows: Iterable[RunRow]) -> Columns:
    rows = list(rows)
    return [
        [r.run_id for r in rows],
        [r.status for r in rows],
        [r.attempt for r in rows],
        [r.app_failures for r in rows],
        [r.reassignments for r in rows],
        [r.output or None for r in rows],
        [r.error or None for r in rows],
        [r.skipped for r in rows],
        [r.worker_id or None for r in rows],
        [_extra(r) for r in rows],
        [r.queued_at or None for r in rows],
        [r.assigned_at or None for r in rows],
        [r.started_at or None for r in rows],
        [r.finished_at for r in rows],
    ]


def _born_final_columns(rows: Iterable[RunRow]) -> Columns:
    rows = list(rows)
    return [
        [r.run_id for r in rows],
        [r.kind for r in rows],
        [r.root_id or None for r in rows],
        [r.workflow_id for r in rows],
        [r.version_id for r in rows],
        [r.task_name or None for r in rows],
        [r.status for r in rows],
        [r.attempt for r in rows],
        [r.app_failures for r in rows],
        [r.reassignments for r in rows],
        [r.priority for r in rows],
        [r.queue_id for r in rows],
        [r.sort_key for r in rows],
        [r.input or None for r in rows],
        [r.metadata or None for r in rows],
        [r.output or None for r in rows],
        [r.error or None for r in rows],
        [r.skipped for r in rows],
        [r.worker_id or None for r in rows],
        [r.parent_task_id or None for r in rows],
        [r.parent_run_id or None for r in rows],
        [r.child_key or None for r in rows],
        [_extra(r) for r in rows],
        [r.created_at for r in rows],
        [r.queued_at or None for r in rows],
        [r.assigned_at or None for r in rows],
        [r.started_at or None for r in rows],
        [r.finished_at for r in rows],
    ]


def _rare(records: Records) -> list[tuple[str, list[Any]]]:
    """Statements beside the hot one, as names of `queries/write.sql` with their arguments after the tenant."""
    found: list[tuple[str, list[Any]]] = []
    if records.reopened:
        found.append(("reopen", [*_update_columns(records.reopened.values())]))
    if records.born_final:
        found.append(("insert_born_final", [*_born_final_columns(records.born_final.values())]))
    if records.refinished:
        found.append(("refinish", [*_finish_columns(records.refinished.values())]))
    if records.taken:
        found.append(("take_enqueued", [records.taken]))
    if records.refused:
        found.append(("refuse_enqueued", [list(column) for column in zip(*records.refused, strict=True)]))
    found.extend(("put_limits", [r.max_queued, r.drop_oldest, r.max_running, r.pace]) for r in records.tenant_limits)
    if records.pauses:
        found.append(("put_pauses", _pauses(records.pauses.values())))
    if records.claims:
        found.append(("put_claims", _claims(records.claims.values())))
    if records.ended_claims:
        found.append(("end_claims", [list(column) for column in zip(*records.ended_claims, strict=True)]))
    if records.steps:
        found.append(("put_steps", _steps(records.steps.values())))
    if records.crons:
        found.append(("put_crons", _crons(records.crons.values())))
    if records.dropped_workflows:
        found.append(("drop_workflows", [records.dropped_workflows]))
    if records.dropped_crons:
        found.append(("drop_crons", [records.dropped_crons]))
    if records.schedules:
        found.append(("put_schedules", _schedules(records.schedules.values())))
    if records.dropped_schedules:
        found.append(("drop_schedules", [records.dropped_schedules]))
    if records.user_events:
        found.append(("insert_user_events", _user_events(records.user_events)))
        if any(row.runs for row in records.user_events):
            found.append(("insert_event_runs", _event_runs(records.user_events)))
    found.extend(("put_filter", _filter(row)) for row in records.filters.values())
    if records.dropped_filters:
        found.append(("drop_filters", [records.dropped_filters]))
    if records.rates:
        found.append(("put_rates", _rates(records.rates.values())))
    if records.dropped_rates:
        found.append(("drop_rates", [records.dropped_rates]))
    for workflow in records.workflows:
        found.append(("insert_version", _version(workflow)))
        found.append(("mark_latest", [workflow.version_id]))
    found.extend(("put_worker", _worker(worker)) for worker in records.workers.values())
    if records.worker_seen:
        found.append(("mark_seen", [list(records.worker_seen), list(records.worker_seen.values())]))
    if records.removed_workers:
        found.append(("remove_workers", [records.removed_workers]))
    if records.events:
        found.append(("insert_events", _events(records.events)))
    if records.logs:
        found.append(("insert_logs", _logs(records.logs)))
    return found


def _pauses(rows: Iterable[PauseRow]) -> list[Any]:
    rows = list(rows)
    return [
        [r.workflow_id for r in rows],
        [r.paused for r in rows],
        [r.since for r in rows],
        [r.drop_crons for r in rows],
        [r.drop_schedules for r in rows],
        [r.patience for r in rows],
        [r.task_name for r in rows],
    ]


def _claims(rows: Iterable[ClaimRow]) -> list[Any]:
    rows = list(rows)
    return [[r.key for r in rows], [r.run_id for r in rows], [r.until for r in rows], [r.until_end for r in rows]]


def _steps(rows: Iterable[StepRow]) -> list[Any]:
    rows = list(rows)
    return [
        [r.task_id for r in rows],
        [r.branch for r in rows],
        [r.node for r in rows],
        [r.kind for r in rows],
        [r.fingerprint for r in rows],
        [r.what for r in rows],
        [r.label for r in rows],
        [r.child_id or None for r in rows],
        [msgspec.json.encode(r.conditions).decode() if r.conditions else None for r in rows],
        [msgspec.json.encode(r.met).decode() if r.met else None for r in rows],
        [r.invocation for r in rows],
        [r.recorded_at for r in rows],
        [r.order for r in rows],
        [r.settled_at for r in rows],
        [r.payload or None for r in rows],
        [r.failed for r in rows],
    ]


def _crons(rows: Iterable[CronRow]) -> list[Any]:
    rows = list(rows)
    return [
        [r.cron_id for r in rows],
        [r.workflow for r in rows],
        [r.expression for r in rows],
        [r.name for r in rows],
        [r.timezone for r in rows],
        [r.input for r in rows],
        [r.metadata for r in rows],
        [r.priority for r in rows],
        [r.enabled for r in rows],
        [r.declared for r in rows],
        [r.missed for r in rows],
        [r.overlap for r in rows],
        [r.jitter for r in rows],
        [r.created_at for r in rows],
        [r.next_at for r in rows],
        [r.last_run_id or None for r in rows],
        [r.pending for r in rows],
        [r.problem for r in rows],
    ]


def _schedules(rows: Iterable[ScheduleRow]) -> list[Any]:
    rows = list(rows)
    return [
        [r.schedule_id for r in rows],
        [r.workflow for r in rows],
        [r.at for r in rows],
        [r.input for r in rows],
        [r.metadata or None for r in rows],
        [r.priority for r in rows],
        [r.parent_task_id or None for r in rows],
        [r.child_key for r in rows],
        [r.created_at for r in rows],
        [r.run_id or None for r in rows],
        [r.problem for r in rows],
    ]


def _user_events(rows: list[UserEventRow]) -> list[Any]:
    return [
        [r.event.event_id for r in rows],
        [r.at for r in rows],
        [r.event.key for r in rows],
        [r.event.payload for r in rows],
        [r.event.metadata or None for r in rows],
        [r.event.scope or None for r in rows],
        [r.event.priority for r in rows],
        ["; ".join(r.problems) or None for r in rows],
    ]


def _event_runs(rows: list[UserEventRow]) -> list[Any]:
    pairs = [(r, run_id, filter_id) for r in rows for run_id, filter_id in r.runs]
    return [
        [r.event.event_id for r, _, _ in pairs],
        [r.at for r, _, _ in pairs],
        [run_id for _, run_id, _ in pairs],
        [filter_id or None for _, _, filter_id in pairs],
    ]


def _filter(row: FilterRow) -> list[Any]:
    return [row.filter_id, row.workflow_id, row.scope, row.expression, row.payload]


def _rates(rows: Iterable[RateRow]) -> list[Any]:
    rows = list(rows)
    return [
        [r.key for r in rows],
        [r.limit for r in rows],
        [r.window for r in rows],
        [r.value for r in rows],
        [r.began_at for r in rows],
        [r.paused_until for r in rows],
        [r.declared for r in rows],
    ]


def _version(row: WorkflowRow) -> list[Any]:
    definition = msgspec.json.encode(row.definition).decode()
    return [row.workflow_id, row.version_id, row.definition.name, row.order, definition]


def _worker(row: WorkerRow) -> list[Any]:
    def text(value: Any) -> str:
        return msgspec.json.encode(value).decode()

    return [
        row.worker_id,
        row.name,
        list(row.actions),
        text(row.slots),
        text(row.labels),
        text(row.runtime),
        row.paused,
        row.seen_at,
        row.draining,
    ]


def _events(events: list[Event]) -> list[Any]:
    return [
        [e.task_id for e in events],
        [e.run_id for e in events],
        [e.attempt for e in events],
        [e.kind for e in events],
        [e.at for e in events],
        [e.message for e in events],
        [e.error for e in events],
        [e.worker_id or None for e in events],
    ]


def _logs(lines: list[LogLine]) -> list[Any]:
    return [
        [line.task_id for line in lines],
        [line.attempt or 0 for line in lines],
        [line.at for line in lines],
        [line.level for line in lines],
        [line.message for line in lines],
        [line.fields for line in lines],
    ]
