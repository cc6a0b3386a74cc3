"""Rounds of records as arguments of statements.

Columns are taken off the live objects at once: they go on changing while the transaction is on its way.
"""

from __future__ import annotations

from typing import Any

from ..core.command import FilterRow, LogLine, WorkerRow, WorkflowRow
from ..core.record import Records, UserEventRow
from .column import (
    BORN_FINAL,
    CLAIMS,
    CRONS,
    EVENTS,
    FINISHED,
    INSERTED,
    LOGS,
    PAUSES,
    RATES,
    SCHEDULES,
    STEPS,
    UPDATED,
    USER_EVENTS,
    as_json,
)
from .sealing import Seal, sealed_records


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
        self.hot: list[Any] = [
            *INSERTED.of(records.inserted.values()),
            *UPDATED.of(records.updated.values()),
            *FINISHED.of(records.finished.values()),
        ]
        self.rare = _rare(records)


Statements = list[tuple[str, list[Any]]]


def _rare(records: Records) -> Statements:
    """Statements beside the hot one, as names of `queries/write.sql` with their arguments after the tenant."""
    return [*_of_runs(records), *_of_holds_and_times(records), *_of_events_and_rates(records), *_of_workers(records)]


def _of_runs(records: Records) -> Statements:
    found: Statements = []
    if records.reopened:
        found.append(("reopen", UPDATED.of(records.reopened.values())))
    if records.born_final:
        found.append(("insert_born_final", BORN_FINAL.of(records.born_final.values())))
    if records.refinished:
        found.append(("refinish", FINISHED.of(records.refinished.values())))
    if records.taken:
        found.append(("take_enqueued", [records.taken]))
    if records.refused:
        found.append(("refuse_enqueued", [list(column) for column in zip(*records.refused, strict=True)]))
    found.extend(("put_limits", [r.max_queued, r.drop_oldest, r.max_running, r.pace]) for r in records.tenant_limits)
    return found


def _of_holds_and_times(records: Records) -> Statements:
    found: Statements = []
    if records.pauses:
        found.append(("put_pauses", PAUSES.of(records.pauses.values())))
    if records.claims:
        found.append(("put_claims", CLAIMS.of(records.claims.values())))
    if records.ended_claims:
        found.append(("end_claims", [list(column) for column in zip(*records.ended_claims, strict=True)]))
    if records.steps:
        found.append(("put_steps", STEPS.of(records.steps.values())))
    if records.crons:
        found.append(("put_crons", CRONS.of(records.crons.values())))
    if records.dropped_workflows:
        found.append(("drop_workflows", [records.dropped_workflows]))
    if records.dropped_crons:
        found.append(("drop_crons", [records.dropped_crons]))
    if records.schedules:
        found.append(("put_schedules", SCHEDULES.of(records.schedules.values())))
    if records.dropped_schedules:
        found.append(("drop_schedules", [records.dropped_schedules]))
    return found


def _of_events_and_rates(records: Records) -> Statements:
    found: Statements = []
    if records.user_events:
        found.append(("insert_user_events", [*USER_EVENTS.of(records.user_events), _problems(records.user_events)]))
        if any(row.runs for row in records.user_events):
            found.append(("insert_event_runs", _event_runs(records.user_events)))
    found.extend(("put_filter", _filter(row)) for row in records.filters.values())
    if records.dropped_filters:
        found.append(("drop_filters", [records.dropped_filters]))
    if records.rates:
        found.append(("put_rates", RATES.of(records.rates.values())))
    if records.dropped_rates:
        found.append(("drop_rates", [records.dropped_rates]))
    return found


def _of_workers(records: Records) -> Statements:
    found: Statements = []
    for workflow in records.workflows:
        found.append(("insert_version", _version(workflow)))
        found.append(("mark_latest", [workflow.version_id]))
    found.extend(("put_worker", _worker(worker)) for worker in records.workers.values())
    if records.worker_seen:
        found.append(("mark_seen", [list(records.worker_seen), list(records.worker_seen.values())]))
    if records.removed_workers:
        found.append(("remove_workers", [records.removed_workers]))
    if records.events:
        found.append(("insert_events", EVENTS.of(records.events)))
    if records.logs:
        found.append(("insert_logs", _logs(records.logs)))
    return found


def _logs(lines: list[LogLine]) -> list[Any]:
    task_ids, attempts, *others = LOGS.of(lines)
    return [task_ids, [attempt or 0 for attempt in attempts], *others]


def _problems(rows: list[UserEventRow]) -> list[str | None]:
    return ["; ".join(row.problems) or None for row in rows]


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


def _version(row: WorkflowRow) -> list[Any]:
    definition = as_json(row.definition)
    return [row.workflow_id, row.version_id, row.definition.name, row.order, definition]


def _worker(row: WorkerRow) -> list[Any]:
    return [
        row.worker_id,
        row.name,
        list(row.actions),
        as_json(row.slots),
        as_json(row.labels),
        as_json(row.runtime),
        row.paused,
        row.seen_at,
        row.draining,
    ]
